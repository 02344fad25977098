"""What every model says of every pair, fitted for each chromosome to the others."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import torch
from scipy.special import expit

from workflow_scripts.circuit.link_features import candidates
from workflow_scripts.circuit.link_folds import predict_held_out
from workflow_scripts.circuit.link_models import MODELS
from workflow_scripts.contracts import enhancer_links, enhancer_pairs
from workflow_scripts.io.files import replacing
from workflow_scripts.io.registry import load


def link_enhancers(*, pairs: Path, links: Path, spec: dict) -> None:
    """Write EnhancerLinks of each of `link_models` to a folder."""
    torch.set_num_threads(1)  # a step of these networks is so short that two threads mostly wait for each other
    table, scales, activity = enhancer_pairs.read(pairs)
    data = candidates(table, scales, activity)
    with replacing(links) as place:
        for name, model in MODELS.items():
            logging.info("%s", name)
            scores = predict_held_out(data, load(model.function), spec)
            probability = expit(scores) if model.logits else np.nan
            found = table[enhancer_pairs.KEYS].assign(score=scores, probability=probability)
            enhancer_links.write(found, place / f"{name}.parquet")


if "snakemake" in globals():
    run(link_enhancers, snakemake)  # noqa: F821
