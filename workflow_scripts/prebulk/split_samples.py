"""Train, validation and test, by whole groups (patients, connected series), stratified by label."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import samples as samples_table
from workflow_scripts.contracts import splits as contract
from workflow_scripts.contracts.samples import KEPT
from workflow_scripts.contracts.splits import NAMES
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk import duplicates as found
from workflow_scripts.prebulk.grouping import connected_groups
from workflow_scripts.prebulk.quality import SETTING
from workflow_scripts.prebulk.stratification import assign_splits

log = logging.getLogger(__name__)


def split_samples(*, samples: list[Path], duplicates: Path, splits: Path, spec: dict) -> None:
    """Write the Splits of all kept samples that are not duplicates.

    Groups are connected first and samples dropped after: a dropped sample of two series says that these overlap
    as well as a kept one does, and so do the two groups of a duplicate and the sample kept instead.

    Raises BadInput where a corpus keeps no sample, where a split would be empty, and where a label has no sample
    in train or in test; a label without a sample in validation is a warning.
    """
    fractions = {name: spec[name] for name in NAMES}
    table = samples_table.read_shards(samples)
    _require_kept(table, sorted({path.parent.name for path in samples}))
    twice = found.read(duplicates)
    kept = table["fate"] == "kept"
    group_of = table[kept].set_index("sample_id")["group"]
    same = zip(group_of[twice["sample_id"]], group_of[twice["duplicate_of"]], strict=True)
    table["group"] = connected_groups(table["group"].tolist(), same)
    table = table[kept & ~table["sample_id"].isin(twice["sample_id"])].reset_index(drop=True)

    chosen = assign_splits(table["group"].tolist(), table["label"].tolist(), fractions, spec["seed"])
    table["split"] = table["group"].map(chosen)
    _require_coverage(table, splits)
    contract.write(table[["sample_id", "corpus", "split", "group", "label"]], splits)
    for name in NAMES:
        part = table[table["split"] == name]
        log.info(
            "%s: %d samples (%.3f), %d groups (the largest of %d samples), %d labels", name, len(part),
            len(part) / len(table), part["group"].nunique(), part["group"].value_counts().max(),
            part["label"].nunique(),
        )  # fmt: skip


def _require_kept(samples: "pd.DataFrame", corpora: list[str]) -> None:
    """Raise BadInput where a filter drops all samples of a corpus (shards lie in the folder of their corpus)."""
    for corpus in corpora:
        place, counts = f"prebulk/corpora/{corpus}", samples["fate"][samples["corpus"] == corpus].value_counts()
        if counts.empty:
            raise BadInput("configuration", place, "its files hold no sample", "Leave the corpus out.")
        if KEPT not in counts:
            fates = ", ".join(f"{count} {fate}" for fate, count in counts.items())
            reason = f"{counts.sum()} of {counts.sum()} samples dropped: {fates}"
            remedy = f"Change {place}/{SETTING[counts.index[0]]}, or leave the corpus out."
            raise BadInput("configuration", place, reason, remedy)


def _require_coverage(samples: "pd.DataFrame", path: Path) -> None:
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
