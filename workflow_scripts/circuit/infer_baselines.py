"""The edges of one circuit by methods that are known, beside which those of runs stand."""

from workflow_scripts.rule import run

import logging
import time
from pathlib import Path

from workflow_scripts.circuit.data import circuit, imputed
from workflow_scripts.circuit.inference_baselines import INFERENCE, infer
from workflow_scripts.contracts import edges as edges_table
from workflow_scripts.contracts import experiments as contract

log = logging.getLogger(__name__)


def infer_baselines(*, experiments: Path, edges: Path, spec: dict) -> None:
    """Write the Edges of every method of the registry that the experiments allow."""
    measured = contract.read(experiments)
    filled, _ = imputed(circuit(measured))
    found = {}
    for name in INFERENCE:
        started = time.monotonic()
        inferred = infer(name, filled, spec["seed"], spec)
        if inferred is None:
            log.info("%s: the experiments are not of the kind that it needs", name)
            continue
        found[name] = edges_table.of_matrix(inferred.weights, filled.genes, inferred.signs)
        log.info("%s: %d edges in %.1f s", name, len(found[name]), time.monotonic() - started)
    edges_table.write_methods(found, edges)


if "snakemake" in globals():
    run(infer_baselines, snakemake)  # noqa: F821
