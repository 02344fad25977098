"""What models say of perturbations that they were not shown, by one kind of vectors of the perturbed genes."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from workflow_scripts.circuit.cells import JOIN
from workflow_scripts.circuit.effect_models import offered, predictions
from workflow_scripts.circuit.effect_tasks import changes, held_out, tasks
from workflow_scripts.circuit.effect_vectors import NOTHING, read_vectors
from workflow_scripts.contracts import effects as effects_table
from workflow_scripts.contracts import predicted_effects
from workflow_scripts.evaluation.cell_models import WITHOUT


def predict_effects(*, effects: Path, vectors: Path | None, predicted: Path, spec: dict, embedding: str) -> None:
    """Write PredictedEffects of each of `effect_models`, each perturbation by what was learned without it."""
    torch.set_num_threads(1)  # of so small networks several would wait for each other
    data = effects_table.read(effects)
    known, _ = changes(data)
    genes = {gene for of in known.targets for gene in of}
    of_genes = NOTHING if vectors is None else read_vectors(vectors, genes)
    if embedding != WITHOUT:
        logging.info("%d of %d perturbed genes have no vector", len(genes) - len(of_genes.of), len(genes))
    rows, values = [], []
    for task in tasks(known, spec["folds"], spec["seed"]):
        for fold, _, others, asked in held_out(known, task):
            unknown = of_genes.unknown(asked.targets)
            for model in offered(embedding):
                for seed, share, found in predictions(model, others, asked, of_genes, task.name, spec):
                    about = {"model": f"{model}:{embedding}", "seed": seed, "task": task.name, "fold": fold}
                    names = [JOIN.join(of) for of in asked.targets]
                    about |= {"perturbation": names, "context": asked.context, "share": share, "unknown": unknown}
                    rows.append(pd.DataFrame(about))
                    values.append(found)
    table, genes = pd.concat(rows), list(data.var_names)
    predicted_effects.write(np.concatenate(values), table, genes, predicted, unit=str(data.uns["unit"]))


if "snakemake" in globals():
    run(predict_effects, snakemake)  # noqa: F821
