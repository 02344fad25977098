"""What cells express under each perturbation, and how genes go together in control cells."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.circuit.cells import mean_effects, read_cells
from workflow_scripts.circuit.coexpression import coexpression as gene_vectors
from workflow_scripts.contracts import effects as effects_table
from workflow_scripts.contracts import gene_embedding
from workflow_scripts.contracts import provenance as provenances


def prepare_effects(*, cells: Path, provenance: Path, effects: Path, coexpression: Path, spec: dict) -> None:
    """Write Effects, and a GeneEmbedding of control cells' co-expression; see `cells.py` and `coexpression.py`."""
    found = read_cells(cells, spec)
    means = mean_effects(cells, spec["layer"], found, spec["seed"])
    effects_table.write(means.mean, means.halves, found.rows, found.genes, effects, unit=spec["unit"])
    logging.info("%d rows of %d cells", len(found.rows), (found.row >= 0).sum())
    vectors = gene_vectors(cells, spec["layer"], found, spec["seed"])
    about = {"symbol": found.genes, "length": 0, "windows": 0, "missing": np.isnan(vectors).any(1)}
    obs = pd.DataFrame(about, index=found.genes)
    known = provenances.identify(provenance)
    gene_embedding.write(vectors, obs, coexpression, model="coexpression", architecture="co-expression", **known)


if "snakemake" in globals():
    run(prepare_effects, snakemake)  # noqa: F821
