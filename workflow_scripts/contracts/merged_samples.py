"""MergedSamples: all samples that a run was trained and tested on in one file, for scanpy.

`results/report/{run}/samples.h5ad`, written by `report/merge_samples`:

- X: float32, samples x genes, natural log of TPM+1, finite; TPM over all genes that the source of a sample measures.
  Genes stand in gene-table order; those that some source does not measure are left out, since a value that is missing
  would be an error to some functions of scanpy, and a wrong result of others.
- layers: counts (float32), where the sources of all samples are counts; otherwise there is none. See
  `report/counts.py` for how they follow from X and how exact they are.
- obs (index sample_id): corpus, group, label (empty: unlabelled), split, total_counts (float64, over all genes that the
  source measures; NaN of a source of TPM), nonzero_genes (int64, likewise), and the further columns of sample sheets.
- var (index gene_id): symbol, chrom, start, end, strand, exon_length, as in the gene table.
- obsm: X_genelm (float32, samples x d), the SampleEmbedding of the run; X_umap and X_tsne (float32, samples x 2), its
  SampleLayout: what the figures of the report show, NaN for samples that they do not draw.
- uns: gene_order (digest of the whole gene table), var_order (digest of the genes that are here), run, genes_left_out
  (their gene_id), log1p (base e, as scanpy keeps it), units (what each of all these is, in words).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.annotated import read_annotated, require, write_blocks
from workflow_scripts.io.errors import BadInput

OBS = ("corpus", "group", "label", "split", "total_counts", "nonzero_genes")
VAR = ("symbol", "chrom", "start", "end", "strand", "exon_length")
OBSM = ("X_genelm", "X_umap", "X_tsne")
UNS = ("gene_order", "var_order", "run", "genes_left_out", "log1p", "units")
COUNTS = "counts"


def validate(data: anndata.AnnData, where: Path | str = "MergedSamples", gene_order: str | None = None) -> None:
    """Raise BadInput unless `data`, with or without its X, is MergedSamples of a run over the genes of `gene_order`."""
    require(data, where, OBS, UNS)
    missing = [f"var/{name}" for name in VAR if name not in data.var]
    missing += [f"obsm/{name}" for name in OBSM if name not in data.obsm]
    if missing:
        raise BadInput(where, missing[0], "is missing", "Remove the file and run its rule again.")
    require_order(where, str(data.uns["gene_order"]), gene_order)
    require_order(where, str(data.uns["var_order"]), order_digest(data.var_names))


def write(
    blocks: Iterable[tuple[np.ndarray, ...]],
    obs: pd.DataFrame,
    var: pd.DataFrame,
    obsm: dict[str, np.ndarray],
    path: Path,
    *,
    run: str,
    gene_order: str,
    left_out: list[str],
    units: dict[str, str],
    counts: bool,
) -> None:
    """Write obs (index sample_id), var (index gene_id), obsm, and `blocks` of rows: X, and with `counts` those too.

    Raises BadInput at a block that is not finite.
    """
    uns = {
        "gene_order": gene_order,
        "var_order": order_digest(var.index),
        "run": run,
        "genes_left_out": np.array(left_out, str),
        "log1p": {"base": np.e},
        "units": units,
    }
    data = anndata.AnnData(
        obs=obs.rename_axis("sample_id"),
        var=var.rename_axis("gene_id"),
        obsm={name: np.asarray(values, np.float32) for name, values in obsm.items()},
        uns=uns,
    )
    validate(data, path)
    write_blocks(data, [COUNTS] if counts else [], (_finite(block, path) for block in blocks), path)


def _finite(block: tuple[np.ndarray, ...], path: Path) -> tuple[np.ndarray, ...]:
    if not all(np.isfinite(part).all() for part in block):
        raise BadInput(path, "X", "a value of a gene that every source measures is missing", "Run prebulk again.")
    return block


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    _finite((data.X, *data.layers.values()), path)
    return data
