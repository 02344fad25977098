"""The stage's own model of enhancers: logistic regression, and so much of a network upon it as inner folds ask for.

Each inner fold of chromosomes has one network, with a seed of its own: it learns from the others, stops by the fold
after it, and so has seen nothing of its own. There it tells how much of the network is worth taking, from 0 (which
leaves the logistic regression) to 1. On the chromosome that is held out their mean counts.

Each public function is as `link_models` says.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from scipy.special import expit, logit

from workflow_scripts.circuit.link_baselines import Linear, choose_strength, cross_entropy, fit_linear
from workflow_scripts.circuit.link_features import Candidates
from workflow_scripts.circuit.link_folds import inner_folds
from workflow_scripts.circuit.link_network import by_gene, residuals, train

SHARES = np.linspace(0, 1, 11)  # of the network that may be taken
log = logging.getLogger(__name__)


def attention(data: Candidates, spec: dict[str, Any]) -> np.ndarray:
    """Logits: those of the logistic regression, and what elements of one gene say of each other."""
    return _fit(data, spec)


def without_neighbours(data: Candidates, spec: dict[str, Any]) -> np.ndarray:
    """The same network, in which each element sees itself alone."""
    return _fit(data, spec, neighbours=False)


def without_linear(data: Candidates, spec: dict[str, Any]) -> np.ndarray:
    """The same network upon a constant."""
    return _fit(data, spec, linear=False)


def permuted_labels(data: Candidates, spec: dict[str, Any]) -> np.ndarray:
    """The same model of train labels that were exchanged within their chromosome: it can only be at chance."""
    generator = np.random.default_rng(spec["seed"])
    regulated = data.regulated.copy()
    for chrom in np.unique(data.chrom):
        rows = np.flatnonzero((data.chrom == chrom) & np.isfinite(regulated))
        regulated[rows] = regulated[generator.permutation(rows)]
    return _fit(data._replace(regulated=regulated), spec)


def _fit(data: Candidates, spec: dict[str, Any], neighbours: bool = True, linear: bool = True) -> np.ndarray:
    strength = choose_strength(data, spec) if linear else 0.0
    fold = inner_folds(data, spec["inner_folds"])
    number = fold.max() + 1
    genes = by_gene(data.gene, data.distance, spec["network"]["max_elements"])
    of_gene = np.array([fold[rows[0]] for rows in genes])
    base, said, added = np.zeros(len(fold)), np.zeros(len(fold)), np.zeros(len(fold))
    for own in range(number):
        after = (own + 1) % number
        learned = (fold != own) & (fold != after)
        below = _linear(data, strength, learned, linear)
        x = below.standardizer(data.x).astype(np.float32)
        members = {
            "train": [rows for rows, at in zip(genes, of_gene, strict=True) if at not in (own, after, -1)],
            "validation": [rows for rows, at in zip(genes, of_gene, strict=True) if at == after],
        }
        network = train(x, below(data.x), data.regulated, members, spec["network"], neighbours, spec["seed"] + own)
        found = residuals(network, x, genes)
        base[fold == own], said[fold == own] = below(data.x)[fold == own], found[fold == own]
        added += found / number
    tested = np.isfinite(data.regulated)
    losses = [cross_entropy(data.regulated[tested], expit((base + share * said)[tested])) for share in SHARES]
    share = SHARES[np.argmin(losses)]
    log.info("%.1f of the network is taken: loss %.2f on inner folds, %.2f without it", share, min(losses), losses[0])
    return _linear(data, strength, np.full(len(fold), True), linear)(data.x) + share * added


def _linear(data: Candidates, strength: float, rows: np.ndarray, linear: bool) -> Linear:
    """The logistic regression of `rows` (N,) bool; where it is not `linear`, the share of them that is regulated."""
    fitted = fit_linear(data, strength or 1.0, rows)
    if linear:
        return fitted
    share = np.nanmean(data.regulated[rows])
    return Linear(fitted.standardizer, np.zeros_like(fitted.weights), float(logit(share)))
