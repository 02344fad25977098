"""Samples that stand twice, within a corpus or across corpora, and which one of them stays."""

from workflow_scripts.rule import run

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk import duplicates as found
from workflow_scripts.prebulk import sketch

log = logging.getLogger(__name__)

ROWS = 4096  # of X in memory at once
PAIRS = 512  # compared at once


def find_duplicates(
    *, sketches: list[Path], expression: list[Path], duplicates: Path, spec: dict, threads: int
) -> None:
    """Write the table of duplicates over all shards (see `prebulk/duplicates`).

    Two samples are the same if log(TPM+1) correlates with at least `min_correlation` (Pearson) over the genes
    that both measure. Candidates come from the sketches; only their rows are read from the expression, and only
    of pairs that are not in one set by way of others.
    """
    samples, values = _read(sketches, expression)
    limit, sets = spec["min_correlation"], found.Sets(len(samples))
    compared, lowest, below = 0, 1.0, -1.0
    for candidates in found.candidate_pairs(values, limit, sets, threads):
        for pairs, correlation in _compared(expression, samples, candidates, sets):
            same = correlation >= limit
            sets.join(pairs[same], correlation[same])
            compared += len(pairs)
            lowest, below = correlation[same].min(initial=lowest), correlation[~same].max(initial=below)
    log.info(
        "%d samples: %d pairs compared, lowest correlation of the same %.5f, highest below the limit %.5f",
        len(samples), compared, lowest, below,
    )  # fmt: skip
    table = found.drop_all_but_one(samples, sets, spec["prefer"])
    found.write(table.astype({"correlation": np.float64}), duplicates)
    for corpus, count in table["corpus"].value_counts().sort_index().items():
        log.info("%s: %d samples dropped as duplicates", corpus, count)


def _read(sketches: list[Path], expression: list[Path]) -> tuple[pd.DataFrame, np.ndarray]:
    """All kept samples (sample_id, corpus, label, shard, row) and their sketches, in the order of the files."""
    frames, values, gene_order = [], [], None
    for index, (sketch_path, path) in enumerate(zip(sketches, expression, strict=True)):
        read = sketch.read(sketch_path, gene_order)
        gene_order = read.gene_order
        with expression_store.opened(path, gene_order) as data:
            if list(data.obs_names) != list(read.sample_id):
                raise BadInput(sketch_path, "sample_id", f"not the samples of {path}", "Run normalize_counts again.")
            frame = data.obs[["corpus", "label"]].astype(str).rename_axis("sample_id").reset_index()
        frames.append(frame.assign(shard=index, row=np.arange(len(frame))))
        values.append(read.values)
    samples = pd.concat(frames, ignore_index=True)
    repeated = samples[samples["sample_id"].duplicated(keep=False)]
    if len(repeated):
        name, where = repeated["sample_id"].iloc[0], ", ".join(sorted(set(repeated["corpus"])))
        remedy = "Give each file to one corpus, once."
        raise BadInput("corpora", f"sample {name!r}", f"stands twice under one identifier ({where})", remedy)
    return samples, np.concatenate(values)


def _compared(
    expression: list[Path], samples: pd.DataFrame, pairs: np.ndarray, sets: found.Sets
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (pairs, Pearson correlation of each over all genes, float64) of those of `pairs` that are apart.

    Looks at `sets` anew after every yield. Pairs of few rows go together, so that each row is seldom read twice.
    """
    pairs = pairs[sets.apart(pairs)]
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0], pairs[:, 1] // (ROWS // 2)))]
    rows = np.unique(pairs)
    if len(rows) > ROWS:
        for half in np.array_split(pairs, 2):
            yield from _compared(expression, samples, half, sets)
    elif len(rows):
        x = _rows(expression, samples["shard"].to_numpy()[rows], samples["row"].to_numpy()[rows])
        for first in range(0, len(pairs), PAIRS):
            some = pairs[first : first + PAIRS]
            some = some[sets.apart(some)]
            if len(some):
                yield some, found.correlations(*x[np.searchsorted(rows, some.T)])


def _rows(expression: list[Path], shard: np.ndarray, row: np.ndarray) -> np.ndarray:
    """X (len(row) x genes) of the given rows of the given shards; both ascend."""
    blocks = []
    for index in np.unique(shard):
        with expression_store.opened(expression[index]) as data:
            blocks.append(expression_store.read_rows(data, row[shard == index], expression[index]))
    return np.concatenate(blocks)


if "snakemake" in globals():
    run(find_duplicates, snakemake)  # noqa: F821
