"""One vector a gene from the complexes and interactions of its protein."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import pandas as pd

from workflow_scripts.circuit.interactome import read_complexes, spectral_embedding
from workflow_scripts.contracts import gene_embedding
from workflow_scripts.contracts import provenance as provenances


def embed_interactome(*, network: Path, provenance: Path, embedding: Path, spec: dict) -> None:
    """Write the GeneEmbedding of all genes of a network; see `interactome.py`."""
    complexes = read_complexes(network, spec)
    genes, vectors = spectral_embedding(complexes, spec["dimensions"])
    logging.info("%d genes of %d complexes", len(genes), len(complexes))
    obs = pd.DataFrame({"symbol": genes, "length": 0, "windows": 0, "missing": False}, index=genes)
    known = provenances.identify(provenance)
    gene_embedding.write(vectors, obs, embedding, model=embedding.stem, architecture="spectral embedding", **known)


if "snakemake" in globals():
    run(embed_interactome, snakemake)  # noqa: F821
