"""What a trained circuit predicts of perturbations that it was not shown."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

import torch

from workflow_scripts.circuit import bundle, responses
from workflow_scripts.circuit.data import circuit, imputed
from workflow_scripts.circuit.response_baselines import predict_responses as by_rule
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import responses as responses_table
from workflow_scripts.contracts.perturbations import parsed


def predict_responses(
    *, experiments: Path, outcomes: Path, model: Path, predicted: Path, run: str, threads: int
) -> None:
    """Write Responses to the perturbations of `outcomes`, of which nothing but these is looked at."""
    torch.set_num_threads(threads)
    measured = contract.read(experiments)
    order = str(measured.uns["gene_order"])
    known, _ = imputed(circuit(measured))
    asked = contract.read(outcomes, order).obs["perturbation"].astype(str)
    done = [tuple(parsed(text, outcomes)) for text in asked]
    trained = bundle.read(model, order)
    rule = by_rule("largest_denoised", known, done)
    found = responses.combined(trained.model, trained.calibrations.at_rest, known, done, rule)
    unit = str(measured.uns["unit"])
    responses_table.write(*found, asked, known.genes, predicted, unit=unit, run=run)


if "snakemake" in globals():
    run_door(predict_responses, snakemake)  # noqa: F821
