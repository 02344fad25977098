"""Raw counts of one shard of a corpus to log(TPM+1), filtered and aligned to the gene table."""

from workflow_scripts.rule import run

import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts import gene_mapping, gene_table
from workflow_scripts.contracts import samples as samples_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load
from workflow_scripts.prebulk import sample_list
from workflow_scripts.prebulk import sketch as sketches
from workflow_scripts.prebulk.quality import KEPT, fates_by_counts, fates_by_metadata
from workflow_scripts.prebulk.readers.registry import READERS
from workflow_scripts.prebulk.sample_fields import group_fields, joined, label_fields
from workflow_scripts.prebulk.tpm import log_tpm

log = logging.getLogger(__name__)


def normalize_counts(
    *,
    counts: Path,
    genes: Path,
    found: Path | None,
    expression: Path,
    sketch: Path,
    samples: Path,
    mapping: Path,
    spec: dict,
    corpus: str,
    shard: str,
    threads: int,
) -> None:
    """Write one shard: ExpressionStore, its sketch, the fate of every sample and of every gene row.

    A file of counts is split into `shards_per_file` ranges of samples; this shard is one of them. Rows of one
    gene are summed; TPM is taken over the genes of the table that the source measures. X is natural
    log(TPM+1), float32; a gene that the source does not measure is NaN in every row.

    The reader of a format is one of `prebulk/readers`. `found` is the SampleList of the file, where its corpus has a
    search: samples that are not in it are dropped.
    """
    table, gene_order = gene_table.read(genes)
    reader = load(READERS[spec["format"]])
    parts, filters = spec["shards_per_file"], spec["filters"]
    part = int(shard) % parts

    single_cell = "singlecellprobability" in reader.QUALITY and filters["max_singlecellprobability"] < 1
    group, label = group_fields(spec["group"], reader.GROUPS), label_fields(spec["label"], reader.LABELS)
    fields = {*group, *label}
    fields |= {"singlecellprobability"} if single_cell else set()
    fields |= {"alignedreads"} if filters["min_aligned_reads"] > 0 else set()
    described = _describe(reader.read_samples(counts, part, parts, fields), group, label, spec)
    described = described.assign(corpus=corpus, shard=shard, file=counts.name)
    _require_names(described, counts)
    fate = fates_by_metadata(described, filters, single_cell)
    if found:
        fate[~described["sample_id"].isin(sample_list.read(found)["sample_id"]).to_numpy()] = "not_in_search"

    rows = reader.read_mapping(counts, table)
    if not rows.measured.any():
        remedy = "Check that counts and proteome are of one organism, and the identifiers of the genes."
        raise BadInput(counts, "genes", "holds no gene of the gene table", remedy)
    wanted = fate == KEPT
    length = table["exon_length"].to_numpy()
    x = np.empty((wanted.sum(), len(table)), np.float32)
    total, nonzero = np.full(len(fate), np.nan), np.full(len(fate), np.nan)
    filled = 0
    for positions, block in reader.read_counts(counts, rows, part, parts, wanted, threads):
        total[positions], nonzero[positions] = block.sum(axis=0), (block > 0).sum(axis=0)
        fate[positions] = fates_by_counts(total[positions], nonzero[positions], filters)
        passed = block[:, fate[positions] == KEPT]
        x[filled : filled + passed.shape[1]] = log_tpm(passed, length).T
        filled += passed.shape[1]
    x = x[:filled]
    x[:, ~rows.measured] = np.nan
    described = described.assign(fate=fate, total_counts=total, nonzero_genes=nonzero)
    described = described[list(samples_table.SHARD.columns)]

    kept = described[fate == KEPT].set_index("sample_id")
    obs = kept[["corpus", "group", "label", "total_counts", "nonzero_genes"]].astype({"nonzero_genes": "int64"})
    expression_store.write(x, obs, list(table["gene_id"]), rows.measured, expression)
    sketches.write(list(kept.index), x, gene_order, sketch)
    samples_table.write_shard(described, samples)
    mapped = rows.table.assign(corpus=corpus, file=counts.name)[list(gene_mapping.ROWS.columns)]
    mapped = mapped if part == 0 else mapped.head(0)  # the same for all shards of a file
    gene_mapping.write_rows(mapped, mapping)
    log.info("%s %s: %d samples of %s: %s", corpus, shard, len(fate), counts.name, _tally(fate))
    log.info("gene rows and genes: %s", _tally(rows.table["fate"]))
    if rows.measured.mean() < 0.5:
        log.warning("%s measures only %d of %d genes of the table", counts.name, rows.measured.sum(), len(table))


def _describe(found: pd.DataFrame, group: list[str], label: list[str], spec: dict) -> pd.DataFrame:
    """What the source says of its samples: sample_id, group, label and the quality columns (NaN: unknown)."""
    return pd.DataFrame(
        {
            "sample_id": found["sample_id"],
            "group": joined(found, group, spec["group"]["pattern"]),
            "label": joined(found, label, spec["label"]["pattern"]),
            "singlecellprobability": found.get("singlecellprobability", np.nan),
            "alignedreads": found.get("alignedreads", np.nan),
        }
    )


def _require_names(described: pd.DataFrame, counts: Path) -> None:
    """Raise BadInput unless every sample has a name of its own, and no text holds what HDF5 cannot: NUL."""
    names = described["sample_id"]
    for column in ("sample_id", "group", "label"):
        cut = described[column].astype(str).str.contains("\0", regex=False)
        if cut.any():
            reason = f"its {column} {described.loc[cut, column].iloc[0]!r} holds the character NUL"
            remedy = "Correct the file, or name another field."
            raise BadInput(counts, f"sample {names[cut].iloc[0]!r}", reason, remedy)
    wrong = names[names.duplicated() | (names == "")]
    if len(wrong):
        reason = "stands twice" if wrong.iloc[0] else "has no name"
        raise BadInput(counts, f"sample {wrong.iloc[0]!r}", reason, "Give every sample an identifier of its own.")


def _tally(fates: Iterable[str]) -> str:
    return ", ".join(f"{count} {fate}" for fate, count in sorted(Counter(fates).items()))


if "snakemake" in globals():
    run(normalize_counts, snakemake)  # noqa: F821
