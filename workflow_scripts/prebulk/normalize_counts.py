"""Raw counts of one shard of a corpus to log(TPM+1), filtered and aligned to the gene table."""

from workflow_scripts.rule import run

import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts import gene_aliases, gene_mapping, gene_table, sample_sheet, transcript_table
from workflow_scripts.contracts import samples as samples_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load
from workflow_scripts.prebulk import sample_list
from workflow_scripts.prebulk import sketch as sketches
from workflow_scripts.prebulk.gene_mapping import map_rows
from workflow_scripts.prebulk.measured import require_measured
from workflow_scripts.prebulk.quality import KEPT, fates_by_counts, fates_by_metadata
from workflow_scripts.prebulk.readers.registry import READERS, options, scale_of
from workflow_scripts.prebulk.sample_fields import describe, group_fields, label_fields
from workflow_scripts.prebulk.sample_files import SampleFiles
from workflow_scripts.prebulk.scales import are_counts
from workflow_scripts.prebulk.tpm import log_tpm

log = logging.getLogger(__name__)


def normalize_counts(
    *,
    counts: list[Path],
    genes: Path,
    found: Path | None,
    sheet: Path | None,
    aliases: Path | None,
    transcripts: Path | None,
    qc: list[Path],
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

    A file of counts is split into `shards_per_file` ranges of samples; this shard is one of them. Of files of one
    sample each, it is so many files. Rows of one gene are summed; TPM is taken over the genes of the table that the
    source measures. X is natural log(TPM+1), float32; a gene that the source does not measure is NaN in every row. Of a
    source of TPM total_counts is NaN.

    The reader of a format is one of `prebulk/readers`. `found` is the SampleList of the file, where its corpus has a
    search, and `sheet` the SampleSheet of a corpus that has one: samples that are not in it are dropped. `aliases` are
    the GeneAliases, `transcripts` the TranscriptTable, `qc` the tables that the reader of a format asks for.

    Raises BadInput where the source measures fewer genes of the table than `filters/min_measured_genes`.
    """
    table, gene_order = gene_table.read(genes)
    reader = load(READERS[spec["format"]])
    known = sample_sheet.read(sheet) if sheet else None
    path, filters = counts[0], spec["filters"]
    if reader.IN_FOLDER:
        source, part, parts = SampleFiles.of_shard(known, counts, int(shard), spec["files_per_shard"]), 0, 1
    else:
        source, part, parts = path, int(shard) % spec["shards_per_file"], spec["shards_per_file"]
    gene_of = transcript_table.gene_of(transcript_table.read(transcripts)) if transcripts else {}
    given = options(reader, spec, known, qc=qc, transcripts=gene_of, lengths=table["exon_length"].to_numpy())

    single_cell = "singlecellprobability" in reader.QUALITY and filters["max_singlecellprobability"] < 1
    group, label = group_fields(spec["group"], reader.GROUPS), label_fields(spec["label"], reader.LABELS)
    if spec["predict_only"]:  # nothing straddles, and a class may be unknown
        group, label = ["sample_id"], label if known is not None and {*label} <= {*known.columns} else []
    fields = {*group, *label} - (set() if known is None else {*known.columns})
    fields |= {"singlecellprobability"} if single_cell else set()
    fields |= {"alignedreads"} if filters["min_aligned_reads"] > 0 else set()
    read = reader.read_samples(source, part, parts, fields, **given)
    described = describe(read, known, group, label, spec, path)
    described = described.assign(corpus=corpus, shard=shard, file=path.name if source is path else source.called)
    _require_names(described, path)
    fate = fates_by_metadata(described, filters, single_cell)
    if found:
        fate[~described["sample_id"].isin(sample_list.read(found)["sample_id"]).to_numpy()] = "not_in_search"
    if known is not None:
        fate[~described["sample_id"].isin(known["sample_id"]).to_numpy()] = "not_in_sheet"

    names = reader.read_genes(source, **given)
    rows = map_rows(names, table, gene_aliases.read(aliases) if aliases else None)
    require_measured(path, names, rows, table, filters["min_measured_genes"])
    wanted = fate == KEPT
    counted = are_counts(scale_of(reader, spec))
    length = table["exon_length"].to_numpy() if counted else np.ones(len(table))  # TPM have it in them
    x = np.empty((wanted.sum(), len(table)), np.float32)
    total, nonzero = np.full(len(fate), np.nan), np.full(len(fate), np.nan)
    filled = 0
    for positions, block in reader.read_counts(source, rows, part, parts, wanted, threads, **given):
        total[positions], nonzero[positions] = block.sum(axis=0), (block > 0).sum(axis=0)
        fate[positions] = fates_by_counts(total[positions], nonzero[positions], filters)
        passed = block[:, fate[positions] == KEPT]
        x[filled : filled + passed.shape[1]] = log_tpm(passed, length).T
        filled += passed.shape[1]
    x = x[:filled]
    x[:, ~rows.measured] = np.nan
    total = total if counted else np.full(len(fate), np.nan)
    described = described.assign(fate=fate, total_counts=total, nonzero_genes=nonzero)
    described = described[list(samples_table.SHARD.columns)]

    kept = described[fate == KEPT].set_index("sample_id")
    obs = kept[["corpus", "group", "label", "total_counts", "nonzero_genes"]].astype({"nonzero_genes": "int64"})
    expression_store.write(x, obs, list(table["gene_id"]), rows.measured, expression)
    sketches.write(list(kept.index), x, gene_order, sketch)
    samples_table.write_shard(described, samples)
    mapped = rows.table.assign(corpus=corpus, file=path.name)[list(gene_mapping.ROWS.columns)]
    mapped = mapped if part == 0 else mapped.head(0)  # the same for all shards of a file
    gene_mapping.write_rows(mapped, mapping)
    log.info("%s %s: %d samples of %s: %s", corpus, shard, len(fate), path.name, _tally(fate))
    log.info("gene rows and genes: %s", _tally(rows.table["fate"]))


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
