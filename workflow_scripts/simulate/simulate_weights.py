"""A tiny ESM-2 checkpoint with random weights, in fair-esm's own format, and its provenance."""

from workflow_scripts.rule import run

from datetime import UTC, datetime
from pathlib import Path

from workflow_scripts.contracts import provenance as contract
from workflow_scripts.io.files import digest
from workflow_scripts.simulate.layout import LICENCE
from workflow_scripts.simulate.weights import make_checkpoint, statement, write_checkpoint


def simulate_weights(*, weights: Path, provenance: Path, spec: dict) -> None:
    """Write the checkpoint and its provenance; the same `spec` gives the same bytes of the checkpoint.

    The weights carry no knowledge of proteins: an embedding with them is a random projection of
    the sequence. Raises BadInput where embed_dim does not fit attention_heads.
    """
    write_checkpoint(make_checkpoint(spec), weights)
    record = {
        "dataset": weights.name,
        "release": "simulated",
        "url": "",
        "source": "simulate_weights",
        "sha256": digest(weights),
        "bytes": weights.stat().st_size,
        "checksum": "none: made here",
        "licence": LICENCE,
        "simulated": True,
        "note": f"SIMULATED: {statement(spec)}",
        "retrieved": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    contract.write(record, provenance)


if "snakemake" in globals():
    run(simulate_weights, snakemake)  # noqa: F821
