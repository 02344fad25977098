"""Train, validation and test, by whole groups (patients, connected series), stratified by label."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.rule import run

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)


def split_samples(*, expression: list[Path], duplicates: Path, splits: Path, spec: dict) -> None:
    """Write the Splits of all kept samples that are not duplicates.

    Raises BadInput where a split would be empty, and where a label has no sample in train or in test; a label
    without a sample in validation is a warning.
    """
    import pandas as pd

    from workflow_scripts.contracts import splits as contract
    from workflow_scripts.contracts.errors import BadInput
    from workflow_scripts.prebulk import duplicates as found
    from workflow_scripts.prebulk.grouping import assign_splits, connected_groups

    fractions = {name: spec[name] for name in contract.NAMES}
    if abs(sum(fractions.values()) - 1) > 1e-6:
        remedy = "Let train, validation and test add up to 1."
        raise BadInput("configuration", "prebulk/splits", f"the parts add up to {sum(fractions.values()):g}", remedy)
    samples = pd.concat([_read_samples(path) for path in expression], ignore_index=True)
    dropped = set(found.read(duplicates)["sample_id"])
    samples = samples[~samples["sample_id"].isin(dropped)].reset_index(drop=True)

    samples["group"] = connected_groups(samples["group"].tolist())
    chosen = assign_splits(samples["group"].tolist(), samples["label"].tolist(), fractions, spec["seed"])
    samples["split"] = samples["group"].map(chosen)
    _require_coverage(samples, splits)
    contract.write(samples[["sample_id", "corpus", "split", "group", "label"]], splits)
    for name in contract.NAMES:
        part = samples[samples["split"] == name]
        log.info(
            "%s: %d samples (%.3f), %d groups, %d labels",
            name, len(part), len(part) / len(samples), part["group"].nunique(), part["label"].nunique(),
        )  # fmt: skip


def _read_samples(path: Path) -> "pd.DataFrame":
    """sample_id, corpus, group and label of one shard; X stays on disk."""
    from workflow_scripts.contracts import expression

    with expression.opened(path) as data:
        return data.obs[["corpus", "group", "label"]].astype(str).rename_axis("sample_id").reset_index()


def _require_coverage(samples: "pd.DataFrame", path: Path) -> None:
    from workflow_scripts.contracts.errors import BadInput
    from workflow_scripts.contracts.splits import NAMES

    for name in NAMES:
        if not (samples["split"] == name).any():
            reason = f"no sample: {len(samples)} samples in {samples['group'].nunique()} groups are too few"
            raise BadInput(path, name, reason, "Give more groups, or group by what is finer.")
    labelled = samples[samples["label"] != ""]
    for label, rows in labelled.groupby("label"):
        absent = [name for name in NAMES if not (rows["split"] == name).any()]
        if "train" in absent or "test" in absent:
            reason = (
                f"no sample in {' and '.join(absent)}: its {len(rows)} samples are {rows['group'].nunique()} groups"
            )
            remedy = (
                "A label needs three groups: give more samples, or leave it out by prebulk/corpora/*/label/pattern."
            )
            raise BadInput(path, f"label {label!r}", reason, remedy)
        if absent:
            log.warning("label %r has no sample in validation (%d groups)", label, rows["group"].nunique())


if "snakemake" in globals():
    run(split_samples, snakemake)  # noqa: F821
