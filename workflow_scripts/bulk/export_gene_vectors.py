"""One vector per gene out of a trained model: what the gene is to it."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

from workflow_scripts.bulk import bundle
from workflow_scripts.contracts import gene_table, gene_vectors


def export_gene_vectors(*, model: Path, genes: Path, vectors: Path, run: str) -> None:
    """Write the GeneVectors of one run, whose model's family has `embed_genes`; see `models/registry`."""
    table, order = gene_table.read(genes)
    family, trained, _, _ = bundle.read(model, order)
    obs = table.set_index("gene_id")[["symbol"]].assign(known=trained.base.known.cpu().numpy())
    found = family.embed_genes(trained.network, trained.base)
    gene_vectors.write(found, obs, vectors, run=run, family=family.__name__.rpartition(".")[2])


if "snakemake" in globals():
    run_door(export_gene_vectors, snakemake)  # noqa: F821
