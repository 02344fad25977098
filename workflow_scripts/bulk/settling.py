"""How much a trained run takes of each of its members, and what stands in its embedding: chosen on validation."""

from __future__ import annotations

import logging
from itertools import product
from types import ModuleType

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression

from workflow_scripts.bulk.fitting import Learned, hide
from workflow_scripts.bulk.stack import MEMBERS, PARTS, Stack, coordinates, say
from workflow_scripts.contracts.separation import MEASURES
from workflow_scripts.evaluation.baselines import standardize, weighted_f1_of
from workflow_scripts.evaluation.separation import neighbour_accuracy, silhouette

STEPS = 20  # of a weight, from 0 to 1
FEWER = (64, 32, 16)  # coordinates in an embedding, to choose from, beside all
LEAST_GAIN = 1e-4  # share of the squared error; what is less may be rounding, of a network that learned nothing
STRENGTH = 0.01  # inverse, of the L2 penalty of a logistic regression
log = logging.getLogger(__name__)


def settle_weights(
    family: ModuleType, model: Stack, values: np.ndarray, groups: np.ndarray, penalties: list[float], seed: int
) -> pd.DataFrame:
    """Give `model` the penalty and the weights that predict hidden values of the validation split best.

    values (V, G) ln(TPM+1), NaN where unmeasured; groups (V,) str. The network has a weight only if the squared error
    with it is lower than without by more than the standard error of their difference over groups (Breiman et al. 1984,
    section 3.4.3), and by more than rounding. Returns a Selection.
    """
    visible, hidden = hide(values, model.base.known.cpu().numpy(), seed)

    def errors(member: str, penalty: float = 1.0) -> np.ndarray:
        return np.where(hidden, say(family, model, member, values, visible, penalty) - values, 0)

    of_mean = np.where(hidden, model.base.mean.cpu().numpy() - values, 0)
    factors, network = errors("factors"), errors("network")
    tried = {
        penalty: _products(np.stack([factors, errors("kernel_ridge", penalty), network], axis=1))
        for penalty in penalties
    }
    weights = _weights()
    without = weights[weights[:, 2] == 0]
    best = {penalty: min(without, key=lambda w, of=of: _error(of, w).sum()) for penalty, of in tried.items()}
    penalty = min(best, key=lambda penalty: _error(tried[penalty], best[penalty]).sum())
    found, base = tried[penalty], best[penalty]
    whole = min(weights, key=lambda w: _error(found, w).sum())
    gained = pd.Series(_error(found, base) - _error(found, whole)).groupby(groups).sum()
    spread = float(gained.std() * np.sqrt(len(gained))) if len(gained) > 1 else np.inf
    kept = whole if gained.sum() > max(spread, LEAST_GAIN * _error(found, base).sum()) else base
    model.penalty.fill_(penalty)
    model.weights.copy_(torch.from_numpy(kept))
    model.of_base.copy_(torch.from_numpy(base))

    count, total = max(1, int(hidden.sum())), float(np.square(of_mean, dtype=np.float64).sum())
    rows = [(name, kept[place], float(found[:, place, place].sum())) for place, name in enumerate(MEMBERS)]
    rows += [("base", kept[:2].sum(), _error(found, base).sum()), ("stack", 1.0, _error(found, kept).sum())]
    table = pd.DataFrame(rows, columns=["member", "weight", "squared_error"])
    table["skill"] = 1 - table["squared_error"] / total if total else np.nan
    table["squared_error"] /= count
    log.info("penalty %g; the network gains %.6f, spread %.6f", penalty, gained.sum() / count, spread / count)
    log.info("on validation:\n%s", table)
    return table


def _products(errors: np.ndarray) -> np.ndarray:
    """(V, 3, 3) float64, over genes, of errors (V, 3, G) with one another."""
    return np.einsum("vmg,vng->vmn", errors, errors, dtype=np.float64, optimize=True)


def _error(products: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Squared error (V,) of a weighted mean of members (3,) whose errors have these products."""
    return np.einsum("m,vmn,n->v", weights, products, weights)


def _weights() -> np.ndarray:
    """All weights (W, 3) float64 in steps, 1 together."""
    steps = [step for step in product(range(STEPS + 1), repeat=len(MEMBERS)) if sum(step) == STEPS]
    return np.array(steps) / STEPS


def settle_embedding(
    family: ModuleType, model: Stack, learned: Learned, labels: np.ndarray, of_validation: np.ndarray
) -> pd.DataFrame:
    """Choose what stands in the embedding of `model`: the first so many coordinates, the states, or both.

    Both are brought to one size. labels (N,), of_validation (V,) str: of train and validation samples, "" where
    unknown. That is kept which tells those of validation samples best, by 5-NN accuracy, weighted F1 of a logistic
    regression and silhouette together; all coordinates, where none is known. Returns a Separation.
    """
    sides = (learned.train, learned.folds), (learned.validation, None)
    parts = {"coordinates": [coordinates(model.base, *side) for side in sides]}
    parts["states"] = [family.embed(model.network, model.base, values) for values, _ in sides]
    for place, name in enumerate(PARTS):
        train = parts[name][0]
        size = np.sqrt(np.square(train - train.mean(axis=0), dtype=np.float64).sum(axis=1).mean())
        model.scales[place] = 1 / size if size > 0 else 0
        parts[name] = [side * model.scales[place].item() for side in parts[name]]

    number, states = (parts[name][0].shape[1] for name in PARTS)
    rows = []
    for kept in product([number, *(few for few in FEWER if few < number), 0], (0, states)):
        if any(kept):
            train, validation = (np.concatenate(_first(kept, parts, side), axis=1) for side in (0, 1))
            rows.append((*kept, *_separation(train, validation, labels, of_validation)))
    table = pd.DataFrame(rows, columns=["coordinates", "states", *MEASURES])
    table["separation"] = [float(np.nansum(row[2:])) for row in rows]
    table["kept"] = table.index == table["separation"].argmax()  # the first of equals
    log.info("labels of validation samples are told by:\n%s", table)
    model.kept.copy_(torch.tensor(rows[table["separation"].argmax()][:2]))
    return table


def _first(kept: tuple[int, int], parts: dict[str, list[np.ndarray]], side: int) -> list[np.ndarray]:
    """So many columns of each of `PARTS`, of train (side 0) or of validation samples (1)."""
    return [parts[name][side][:, :number] for name, number in zip(PARTS, kept, strict=True)]


def _separation(
    train: np.ndarray, validation: np.ndarray, labels: np.ndarray, of_validation: np.ndarray
) -> tuple[float, float, float]:
    """The `MEASURES` of the labels of validation samples; NaN for what is not defined."""
    known, told = labels != "", of_validation != ""
    train, labels, validation, of_validation = train[known], labels[known], validation[told], of_validation[told]
    f1 = np.nan
    if len(np.unique(labels)) > 1 and len(validation):
        mean, sd = train.mean(axis=0), train.std(axis=0)
        probe = LogisticRegression(C=STRENGTH, max_iter=1000).fit(standardize(train, mean, sd), labels)
        f1 = weighted_f1_of(of_validation, probe.predict(standardize(validation, mean, sd)))
    return (
        neighbour_accuracy(train, labels, validation, of_validation),
        f1,
        silhouette(validation, of_validation),
    )
