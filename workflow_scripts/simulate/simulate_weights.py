"""A tiny ESM-2 checkpoint with random weights, in fair-esm's own format, and its provenance."""

from workflow_scripts.rule import run

from pathlib import Path

from workflow_scripts.simulate.origin import write_provenance
from workflow_scripts.simulate.weights import make_checkpoint, statement, write_checkpoint


def simulate_weights(*, weights: Path, provenance: Path, spec: dict) -> None:
    """Write the checkpoint and its provenance; the same `spec` gives the same bytes of the checkpoint.

    The weights carry no knowledge of proteins: an embedding with them is a random projection of
    the sequence. Raises BadInput where embed_dim does not fit attention_heads.
    """
    write_checkpoint(make_checkpoint(spec), weights)
    write_provenance(weights, provenance, "simulate_weights", statement(spec))


if "snakemake" in globals():
    run(simulate_weights, snakemake)  # noqa: F821
