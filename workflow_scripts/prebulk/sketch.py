"""Sketches: a few genes of every kept sample, in which duplicates are looked for.

`results/prebulk/sketch/{corpus}/{shard}.npz`: sample_id (str), values (samples x k, float16, ln(TPM+1) of k
genes of the table; NaN where the source does not measure the gene), gene_order (digest). The k genes are drawn
once by a generator seeded with the gene order, so that all shards of a run have the same. Real values of some
genes, and not projections of all, since sources measure different genes: any two shards can be compared on
those that both measure.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts.gene_order import require_order
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import require_intact, seal

GENES = 512


class Sketch(NamedTuple):
    sample_id: np.ndarray  # str
    values: np.ndarray  # samples x k, float16
    gene_order: str


def sketch_genes(gene_order: str, genes: int) -> np.ndarray:
    """Positions of the genes of a sketch, ascending."""
    generator = np.random.default_rng(int(gene_order[:16], 16))
    return np.sort(generator.choice(genes, min(genes, GENES), replace=False))


def write(sample_id: list[str], x: np.ndarray, gene_order: str, path: Path) -> None:
    """Write the sketch of x (samples x genes of the table, float32)."""
    values = x[:, sketch_genes(gene_order, x.shape[1])].astype(np.float16)
    with replacing(path) as temporary:
        np.savez(temporary, sample_id=np.array(sample_id, dtype=str), values=values, gene_order=gene_order)
        seal(temporary)


def read(path: Path, gene_order: str | None = None) -> Sketch:
    require_intact(path)
    try:
        with np.load(path) as file:
            found = Sketch(file["sample_id"], file["values"], str(file["gene_order"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(path, "", f"not a readable sketch ({error})", "Remove it and run its rule again.") from error
    require_order(path, found.gene_order, gene_order)
    return found
