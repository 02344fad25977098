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

    With `spec["by"]` "group" every part is drawn from all corpora; with "corpus" `train` and `test` list corpora, and
    `validation` is drawn from the former (see `by_corpus`).

    Raises BadInput where a corpus keeps no sample, where a split would be empty, and where a label has no sample
    in train or in test (by corpus: is tested and has none in train); a label without a sample in validation is a
    warning.
    """
    table = samples_table.read_shards(samples)
    _require_kept(table, sorted({path.parent.name for path in samples}))
    twice = found.read(duplicates)
    kept = table["fate"] == "kept"
    group_of = table[kept].set_index("sample_id")["group"]
    same = zip(group_of[twice["sample_id"]], group_of[twice["duplicate_of"]], strict=True)
    table["group"] = connected_groups(table["group"].tolist(), same)
    table = table[kept & ~table["sample_id"].isin(twice["sample_id"])].reset_index(drop=True)

    if spec["by"] == "corpus":
        table = by_corpus(table, spec)
    else:
        fractions = {name: spec[name] for name in NAMES}
        chosen = assign_splits(table["group"].tolist(), table["label"].tolist(), fractions, spec["seed"])
        table["split"] = table["group"].map(chosen)
    _require_coverage(table, splits, spec["by"])
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


def by_corpus(samples: "pd.DataFrame", spec: dict) -> "pd.DataFrame":
    """The samples of the corpora of `train` and `test`, with their split; those of other corpora are in none.

    A group that has a sample in a corpus of `test` is tested: what other corpora hold of it is left out. Of the rest
    of `train`, whole groups are drawn for validation, stratified by label.
    """
    tested = samples[samples["corpus"].isin(spec["test"])].assign(split="test")
    trained = samples[samples["corpus"].isin(spec["train"])]
    shared = trained["group"].isin(tested["group"])
    log.info("%d samples of train are left out: their groups are in test", shared.sum())
    trained = trained[~shared]
    half = spec["validation"] / 2  # what is drawn has two held-out parts, which are one here
    fractions = {"train": 1 - spec["validation"], "validation": half, "test": half}
    drawn = assign_splits(trained["group"].tolist(), trained["label"].tolist(), fractions, spec["seed"])
    held_out = trained["group"].map(drawn) != "train"
    trained = trained.assign(split=held_out.map({True: "validation", False: "train"}))
    return pd.concat([trained, tested]).sort_index()


def _require_coverage(samples: "pd.DataFrame", path: Path, by: str) -> None:
    for name in NAMES:
        if not (samples["split"] == name).any():
            reason = f"no sample: {len(samples)} samples in {samples['group'].nunique()} groups are too few"
            raise BadInput(path, name, reason, "Give more groups, or group by what is finer.")
    labelled = samples[samples["label"] != ""]
    for label, rows in labelled.groupby("label"):
        absent = [name for name in NAMES if not (rows["split"] == name).any()]
        if "train" in absent or ("test" in absent and by == "group"):
            reason = (
                f"no sample in {' and '.join(absent)}: its {len(rows)} samples are {rows['group'].nunique()} groups"
            )
            remedy = (
                "A label needs three groups: give more samples, or leave it out by prebulk/corpora/*/label/pattern."
            )
            if by == "corpus":
                remedy = "What is tested has to be learned: make it no label by prebulk/corpora/*/label/classes."
            raise BadInput(path, f"label {label!r}", reason, remedy)
        if absent:
            log.warning(
                "label %r has no sample in %s (%d groups)", label, " and ".join(absent), rows["group"].nunique()
            )


if "snakemake" in globals():
    run(split_samples, snakemake)  # noqa: F821
