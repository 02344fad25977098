"""All samples of a run in one file that scanpy opens: expression, counts, embedding, and what is known of each."""

from workflow_scripts.rule import run

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts import gene_table, merged_samples, sample_embedding, sample_layout, sample_sheet
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report.counts import counts_of
from workflow_scripts.report.sheets import further_columns

ROWS = 256  # held at once
UNITS = {
    "X": "ln(TPM + 1); TPM over all genes that the source of a sample measures",
    "counts": "reads or fragments; whole numbers where the source's were, exact below 300,000 and above within 1.8e-6 "
    "of themselves; expected counts are not rounded, and as exact",
    "total_counts": "reads or fragments, over all genes that the source of a sample measures",
    "nonzero_genes": "genes above 0, of all that the source of a sample measures",
    "X_genelm": "the sample embedding of the run; no unit",
    "X_umap": "as the report draws it; no unit; NaN of a sample that the report does not draw",
    "X_tsne": "as the report draws it; no unit; NaN of a sample that the report does not draw",
    "genes_left_out": "gene_id of those that the source of some sample does not measure",
    "start": "bp, 0-based",
    "end": "bp, half-open",
    "exon_length": "bp",
}
log = logging.getLogger(__name__)


def merge_samples(
    *, expression: list[Path], embeddings: Path, layout: Path, sheets: list[Path], genes: Path, merged: Path
) -> None:
    """Write the MergedSamples of one run, block by block: memory is bounded by the embeddings and one block.

    expression: ExpressionStore shards; embeddings, layout: SampleEmbedding and SampleLayout of the run, which say which
    samples it has; sheets: SampleSheets. Raises BadInput where no gene is measured by all.
    """
    table, order = gene_table.read(genes)
    table = table.set_index("gene_id")
    embedded = sample_embedding.read(embeddings, order)
    quality, measured = _survey(expression, embedded.obs_names, order)
    if not embedded.obs_names.isin(quality.index).all():
        raise BadInput(embeddings, "", "holds samples that are in no shard", "Remove it and run its rule again.")
    if not measured.any():
        raise BadInput(expression[0].parent, "", "no gene is measured by every source", "Leave one of them out.")
    embedded = embedded[quality.index]
    known = embedded.obs.join(quality)
    told = further_columns(known, {path.stem: sample_sheet.read(path) for path in sheets})
    told = told.rename(columns=lambda name: name.replace("/", "|"))  # a way into groups of HDF5
    drawn = sample_layout.read(layout).set_index("sample_id").reindex(known.index).to_numpy()
    counted = known["total_counts"].notna()
    units = dict(UNITS)
    if not counted.all():
        without = ", ".join(sorted(known.loc[~counted, "corpus"].unique()))
        units["counts"] = f"none: a source of TPM has no counts ({without})"
    merged_samples.write(
        _blocks(expression, known, table["exon_length"].to_numpy(), measured, order, bool(counted.all())),
        pd.concat([known, told], axis=1).astype(dict.fromkeys(["corpus", "label", "split", *told], "category")),
        table.loc[measured, [*merged_samples.VAR]],
        {"X_genelm": embedded.X, "X_umap": drawn[:, :2], "X_tsne": drawn[:, 2:]},
        merged,
        run=str(embedded.uns["run"]),
        gene_order=order,
        left_out=list(table.index[~measured]),
        units=units,
        counts=bool(counted.all()),
    )
    log.info("%d samples, %d genes, %d left out", len(known), measured.sum(), (~measured).sum())


def _survey(paths: list[Path], samples: pd.Index, order: str) -> tuple[pd.DataFrame, np.ndarray]:
    """total_counts and nonzero_genes of `samples` as they come in blocks; and (G,) bool, the genes that all measure."""
    found, measured = [], []
    for path in paths:
        with expression_store.opened(path, order) as data:
            own = data.obs.loc[data.obs_names.isin(samples), ["total_counts", "nonzero_genes"]]
            if len(own):
                found.append(own)
                measured.append(data.var["measured"].to_numpy(bool))
    return pd.concat(found), np.logical_and.reduce(measured)


def _blocks(
    paths: list[Path], known: pd.DataFrame, length: np.ndarray, measured: np.ndarray, order: str, counted: bool
) -> Iterator[tuple[np.ndarray, ...]]:
    for obs, x in expression_store.blocks(paths, known.index, order, ROWS):
        counts = [counts_of(x, length, obs["total_counts"].to_numpy())] if counted else []
        yield tuple(part[:, measured] for part in (x, *counts))


if "snakemake" in globals():
    run(merge_samples, snakemake)  # noqa: F821
