"""What one model says of every pair, fitted for each chromosome to the others."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
from scipy.special import expit

from workflow_scripts.circuit.link_features import candidates
from workflow_scripts.circuit.link_folds import predict_held_out
from workflow_scripts.circuit.link_models import MODELS
from workflow_scripts.contracts import enhancer_links, enhancer_pairs
from workflow_scripts.io.registry import load


def link_enhancers(*, pairs: Path, links: Path, spec: dict, model: str) -> None:
    """Write EnhancerLinks of one of `link_models`."""
    table, scales, activity = enhancer_pairs.read(pairs)
    scores = predict_held_out(candidates(table, scales, activity), load(MODELS[model].function), spec)
    found = table[enhancer_pairs.KEYS].assign(score=scores)
    enhancer_links.write(found.assign(probability=expit(scores) if MODELS[model].logits else np.nan), links)


if "snakemake" in globals():
    run(link_enhancers, snakemake)  # noqa: F821
