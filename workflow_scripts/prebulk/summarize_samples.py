"""The fate of every sample of every corpus, and of the gene rows of every file of counts."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import gene_mapping
from workflow_scripts.contracts import samples as samples_table
from workflow_scripts.contracts import splits as split_table
from workflow_scripts.contracts.samples import KEPT
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk import duplicates as found

log = logging.getLogger(__name__)

EXAMPLES = 3


def summarize_samples(
    *,
    sample_shards: list[Path],
    mapping_shards: list[Path],
    duplicates: Path,
    splits: Path,
    samples: Path,
    mapping: Path,
) -> None:
    """Write one row per input sample with its final fate and split, and gene rows counted by fate.

    The tables are described in `contracts/samples` and `contracts/gene_mapping`.
    """
    table = samples_table.read_shards(sample_shards)
    kept_instead = found.read(duplicates).set_index("sample_id")["duplicate_of"]
    split = split_table.read(splits).set_index("sample_id")["split"]
    passed = table["fate"] == KEPT
    table["duplicate_of"] = table["sample_id"].map(kept_instead).where(passed).fillna("").astype(str)
    table["split"] = table["sample_id"].map(split).where(passed).fillna("").astype(str)
    table.loc[table["duplicate_of"] != "", "fate"] = "duplicate"
    _require_split(table, split.index, splits)
    table.loc[(table["fate"] == KEPT) & (table["split"] == ""), "fate"] = "not_split"
    samples_table.write(table, samples)

    counted: dict[tuple[str, str], pd.DataFrame] = {}
    for path in mapping_shards:
        rows = gene_mapping.read_rows(path)
        if len(rows):  # only the first shard of a file has them
            counted.setdefault((rows["corpus"].iloc[0], rows["file"].iloc[0]), _count(rows))
    gene_mapping.write(pd.concat(counted.values(), ignore_index=True), mapping)
    for (corpus, fate), count in table.groupby(["corpus", "fate"]).size().items():
        log.info("%s: %d samples %s", corpus, count, fate)


def _count(rows: pd.DataFrame) -> pd.DataFrame:
    """Gene rows of one file by fate, with the first few identifiers."""
    named = rows.assign(name=rows["source_id"].where(rows["source_id"] != "", rows["gene_id"]))
    counts = named.groupby(["corpus", "file", "fate"])["name"].agg(
        genes="size", examples=lambda names: ", ".join(names.iloc[:EXAMPLES])
    )
    return counts.reset_index()


def _require_split(table: pd.DataFrame, split: pd.Index, splits: Path) -> None:
    """Raise BadInput where a sample of `split` is not kept."""
    wrong = split.difference(table.loc[table["fate"] == KEPT, "sample_id"])
    if len(wrong):
        reason = "has a split, and is kept in no corpus"
        raise BadInput(splits, f"sample {wrong[0]!r}", reason, "Run the prebulk stage again.")


if "snakemake" in globals():
    run(summarize_samples, snakemake)  # noqa: F821
