"""ExpressionStore: log(TPM+1) of one shard of one corpus.

`results/prebulk/expression/{corpus}/{shard}.h5ad`, written by `prebulk/normalize_counts`:

- X: float32, samples x genes, natural log of TPM+1, chunked by samples. Genes stand in gene-table
  order. A gene that the source does not measure is NaN in every row, never 0.
- obs (index sample_id): corpus, group, label (empty string: unlabelled) and the quality columns
  total_counts (float64; NaN of a source of TPM), nonzero_genes (int64).
- var (index gene_id): measured (bool).
- uns: gene_order (digest of the gene table).

One shard is one job, so that a corpus scales over jobs and never has to fit in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.annotated import ROWS_PER_CHUNK, read_annotated, require, write_annotated
from workflow_scripts.io.errors import BadInput

OBS = ("corpus", "group", "label", "total_counts", "nonzero_genes")


def validate(data: anndata.AnnData, where: Path | str = "ExpressionStore", gene_order: str | None = None) -> None:
    """Raise BadInput unless `data` is an ExpressionStore over the genes of `gene_order`."""
    require(data, where, OBS, ("gene_order",))
    if not data.obs_names.is_unique:
        repeated = data.obs_names[data.obs_names.duplicated()][0]
        raise BadInput(where, f"sample {repeated!r}", "stands twice", "Give every sample of a corpus one identifier.")
    require_order(where, str(data.uns["gene_order"]), gene_order)
    require_order(where, str(data.uns["gene_order"]), order_digest(data.var_names))


def write(x: np.ndarray, obs: pd.DataFrame, gene_ids: list[str], measured: np.ndarray, path: Path) -> None:
    """Write X (samples x genes, float32), obs (index sample_id) and measured (genes, bool) to `path`."""
    var = pd.DataFrame({"measured": np.asarray(measured, bool)}, index=pd.Index(gene_ids, name="gene_id"))
    obs = obs.rename_axis("sample_id")
    data = anndata.AnnData(X=np.asarray(x, np.float32), obs=obs, var=var, uns={"gene_order": order_digest(gene_ids)})
    validate(data, path)
    wrong = (np.isnan(data.X) == data.var["measured"].to_numpy()).any(axis=0)
    if wrong.any():
        raise BadInput(
            path, f"gene {data.var_names[wrong][0]}", "values and `measured` disagree", "Normalize the counts again."
        )
    write_annotated(data, path)


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    return data


@contextmanager
def opened(path: Path, gene_order: str | None = None) -> Iterator[anndata.AnnData]:
    """One shard with X left on disk, closed at the end; `read_rows` reads of it."""
    data = read_annotated(path, backed=True)
    try:
        validate(data, path, gene_order)
        yield data
    finally:
        data.file.close()


def read_rows(data: anndata.AnnData, rows: np.ndarray, path: Path) -> np.ndarray:
    """X (len(rows) x genes, float32) of the given ascending rows of an opened shard; damage raises BadInput."""
    try:
        return np.asarray(data.X[rows], np.float32)
    except OSError as error:
        raise BadInput(path, "X", f"damaged ({error})", "Remove it and run its rule again.") from error


def blocks(
    paths: list[Path], samples: pd.Index, gene_order: str | None = None, size: int = 1024
) -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
    """Yield (obs, X) of at most `size` rows, over all shards, for the given sample ids only.

    Order: by path, then as stored. Memory is bounded by one block, whatever the corpus.
    """
    for path in paths:
        with opened(path, gene_order) as data:
            rows = np.flatnonzero(data.obs_names.isin(samples))
            for first in range(0, len(rows), size):
                chosen = rows[first : first + size]
                yield data.obs.iloc[chosen].copy(), read_rows(data, chosen, path)


def scattered(
    paths: list[Path], samples: pd.Index, gene_order: str | None, generator: np.random.Generator
) -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
    """As `blocks`, but blocks of all shards in random order, each as many rows as are stored together.

    All shards are open at once; of them the obs are in memory, and of X one block.
    """
    with ExitStack() as stack:
        shards = [stack.enter_context(opened(path, gene_order)) for path in paths]
        runs = []
        for place, data in enumerate(shards):
            rows = np.flatnonzero(data.obs_names.isin(samples))
            parted = np.flatnonzero(np.diff(rows // ROWS_PER_CHUNK)) + 1
            runs += [(place, run) for run in np.split(rows, parted) if len(run)]
        for number in generator.permutation(len(runs)):
            place, run = runs[number]
            yield shards[place].obs.iloc[run].copy(), read_rows(shards[place], run, paths[place])


def load(paths: list[Path], samples: pd.Index, gene_order: str | None = None) -> tuple[pd.Index, np.ndarray]:
    """Return (sample ids, X) of the given samples over all shards, in the order of `samples`.

    For data that fits in memory; `blocks` is for what does not. Raises BadInput on a missing sample.
    """
    names, rows = [], []
    for obs, x in blocks(paths, samples, gene_order):
        names.append(obs.index)
        rows.append(x)
    found = names[0].append(names[1:]) if names else pd.Index([])
    position = found.get_indexer(samples)
    if (position < 0).any():
        absent = samples[position < 0][0]
        raise BadInput(paths[0].parent, f"sample {absent!r}", "is in no shard", "Run the prebulk stage again.")
    return samples, np.concatenate(rows)[position]
