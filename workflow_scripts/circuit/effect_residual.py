"""The stage's own model of perturbed cells: a rule, and as much of an ensemble upon it as held-out perturbations say.

The rule is the sum of the two singles for a double, and the mean of what is known for a gene that was never perturbed.
Networks learn what it leaves, in the first axes of what is known, from vectors of the perturbed genes and, of doubles,
from what the two do alone. Of each seed there is a network an inner fold of the known perturbations, which has not seen
this fold, neither its rule nor its axes: there it tells how much of it is worth taking.

R rows known, of which N are learned from; W rows asked, G genes, S seeds, J inner folds, K axes.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import t

from workflow_scripts.circuit.effect_network import said, train
from workflow_scripts.circuit.effect_rules import additive, train_mean
from workflow_scripts.circuit.effect_tasks import Asked, Known, parted
from workflow_scripts.circuit.effect_vectors import Vectors
from workflow_scripts.evaluation.cell_models import DOUBLES

FEWEST = 3  # perturbations to learn from
CONFIDENCE = 0.95  # one-sided, with which a gain is one
BASE = {True: additive, False: train_mean}  # the rule, of doubles and of unseen genes
log = logging.getLogger(__name__)


class Found(NamedTuple):
    """What is predicted of W asked perturbations."""

    base: np.ndarray  # (W, G) by the rule
    added: np.ndarray  # (S, W, G) what each seed adds to it
    share: np.ndarray  # (S,) how much of its networks that is


class Seen(NamedTuple):
    """What the networks of one inner fold see."""

    axes: np.ndarray  # (K, G)
    features: np.ndarray  # (N, F)
    wanted: np.ndarray  # (N, K) coordinates of what the rule leaves
    asked: np.ndarray  # (W, F)


def predict(known: Known, asked: Asked, vectors: Vectors, task: str, spec: dict[str, Any]) -> Found:
    """spec: seed, seeds, inner_folds, rank, and as of `effect_network.train`."""
    rule = BASE[task == DOUBLES]
    learned = known.take(known.number == (2 if task == DOUBLES else 1))
    base = rule(known, asked)
    fold = parted(learned.targets, spec["inner_folds"], spec["seed"]) if learned.targets else np.zeros(0, int)
    if len(set(learned.targets)) < FEWEST:
        return Found(base, np.zeros((spec["seeds"], *base.shape)), np.zeros(spec["seeds"]))
    folds = range(fold.max() + 1)
    left = np.stack([_left(known, learned, learned.take(fold == own), rule) for own in folds])  # (J, N, G)
    rank = min(spec["rank"], min((fold != own).sum() for own in folds), left.shape[2])
    seen = [_seen(known, learned, fold != own, left[own], asked, vectors, task, rank) for own in folds]
    seeds = [spec["seed"] + number for number in range(spec["seeds"]) for _ in folds]
    x, y, wanted = (np.stack([getattr(of, name) for of in seen] * spec["seeds"]) for name in Seen._fields[1:])
    members = train(x, y, np.stack([fold != own for own in folds] * spec["seeds"]), spec, seeds)
    axes = np.stack([of.axes for of in seen])
    inner = said(members, x).reshape(spec["seeds"], len(folds), len(fold), rank)
    outer = said(members, wanted).reshape(spec["seeds"], len(folds), -1, rank)
    rows = np.arange(len(fold))
    unseen = np.einsum("snk,nkg->sng", inner[:, fold, rows], axes[fold])
    share = np.array([taken(left[fold, rows], of_seed, learned.targets) for of_seed in unseen])
    added = np.einsum("sjwk,jkg->swg", outer, axes) / len(folds)
    return Found(base, share[:, None, None] * added, share)


def taken(left: np.ndarray, said: np.ndarray, targets: list[tuple[str, ...]]) -> float:
    """How much (0 to 1) of what was `said` to what a rule left (both N, G), of perturbations that were not seen.

    The share with the least squared error; 0 where a t-test over perturbations does not tell its gain from none.
    """
    size = (said**2).sum()
    share = float(np.clip((left * said).sum() / size, 0, 1)) if size > 0 else 0.0
    gain = (left**2 - (left - share * said) ** 2).sum(1)
    _, group = np.unique(["+".join(genes) for genes in targets], return_inverse=True)
    gains = np.bincount(group, gain)
    least = t.ppf(CONFIDENCE, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains))
    return share if gains.mean() > least else 0.0


def permuted_labels(known: Known, task: str, seed: int) -> Known:
    """The same, with what the rule leaves of each perturbation that of another one of the context, none its own."""
    rows = np.flatnonzero(known.number == (2 if task == DOUBLES else 1))
    if not len(rows):
        return known
    learned = known.take(rows)
    base = BASE[task == DOUBLES](known, Asked(learned.targets, learned.context))
    generator, change = np.random.default_rng(seed), known.change.copy()
    for name in np.unique(learned.context):
        places = generator.permutation(np.flatnonzero(learned.context == name))
        change[rows[places]] = base[places] + (learned.change - base)[np.roll(places, 1)]
    return known._replace(change=change)


def _left(known: Known, learned: Known, out: Known, rule: Any) -> np.ndarray:
    """What the rule leaves (N, G) of each perturbation that is learned from, when those of `out` are not known."""
    hidden = set(out.targets)
    others = known.take(np.array([genes not in hidden for genes in known.targets]))
    return learned.change - rule(others, Asked(learned.targets, learned.context))


def _seen(
    known: Known,
    learned: Known,
    rows: np.ndarray,
    left: np.ndarray,
    asked: Asked,
    vectors: Vectors,
    task: str,
    rank: int,
) -> Seen:
    """rows (N,) bool: those that the networks of this fold may see; left (N, G)."""
    singles = known.singles()
    of = np.concatenate([learned.change[rows], known.change[known.number == 1]]) if task == DOUBLES else left[rows]
    axes = np.linalg.svd(of, full_matrices=False)[2][:rank]
    coordinates = left @ axes.T
    size = np.sqrt((coordinates[rows] ** 2).mean()) or 1.0
    contexts = np.unique(known.context)

    def features(some: Asked) -> np.ndarray:
        parts = [_together(vectors.rows(some.targets), task)]
        if task == DOUBLES:
            alone = [
                np.array([singles[gene, str(context)] for gene in genes]) @ axes.T / size
                for genes, context in zip(some.targets, some.context, strict=True)
            ]
            parts.append(_together(alone, task))
        if len(contexts) > 1:
            parts.append((some.context[:, None] == contexts).astype(float))
        return np.concatenate(parts, axis=1)

    return Seen(axes * size, features(Asked(learned.targets, learned.context)), coordinates / size, features(asked))


def _together(rows: list[np.ndarray], task: str) -> np.ndarray:
    """Sums of vectors (R, D), and of doubles their products as well (R, 2 D): of either order the same."""
    sums = np.array([of.sum(0) for of in rows])
    return np.column_stack([sums, [of.prod(0) for of in rows]]) if task == DOUBLES else sums
