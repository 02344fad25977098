"""The edges of one circuit by methods that are known, beside which those of runs stand."""

from workflow_scripts.rule import run

import logging
import time
from pathlib import Path

from workflow_scripts.circuit.data import circuit, imputed
from workflow_scripts.circuit.evidence import Inferred
from workflow_scripts.circuit.inference_baselines import INFERENCE, infer
from workflow_scripts.contracts import candidates as candidates_table
from workflow_scripts.contracts import edges as edges_table
from workflow_scripts.contracts import experiments as contract

log = logging.getLogger(__name__)


def infer_baselines(*, experiments: Path, candidates: Path | None, edges: Path, spec: dict) -> None:
    """Write the Edges of every method of the registry that the experiments allow."""
    measured = contract.read(experiments)
    possible = None if candidates is None else candidates_table.read(candidates)
    filled, _ = imputed(circuit(measured, possible))
    found: dict[str, Inferred | None] = {}
    for name in INFERENCE:
        started = time.monotonic()
        found[name] = infer(name, filled, spec["seed"], spec, found)
        said = "the experiments are not of the kind that it needs" if found[name] is None else "inferred"
        log.info("%s: %s (%.1f s)", name, said, time.monotonic() - started)
    tables = {name: edges_table.of_matrix(of.weights, filled.genes, of.signs) for name, of in found.items() if of}
    edges_table.write_methods(tables, edges)


if "snakemake" in globals():
    run(infer_baselines, snakemake)  # noqa: F821
