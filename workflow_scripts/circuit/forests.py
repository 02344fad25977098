"""Edges by trees: what the level of a gene is predicted from, by the genes that its trees split on.

One regression a target, on all G genes that may regulate it: the time of each grows with sqrt(G) features a split, so
that of all grows with G^1.5 and with samples x log(samples). Samples in which a target itself is perturbed are not
those of its regulators, and are left out of its regression.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor

from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.evidence import FEW, Inferred, states, without_self
from workflow_scripts.circuit.lagged import steps

WINDOW = 25  # trees over which the gain out of bag is averaged
SMALL = 1e-3  # of the highest level of a gene: below it, its decay is lost in noise


def genie3(circuit: Circuit, seed: int, settings: dict[str, Any]) -> Inferred | None:
    """GENIE3 (Huynh-Thu et al. 2010, doi:10.1371/journal.pone.0012776): random forests on steady states, see `states`.

    sqrt(G) genes are tried at each split; `trees` of the settings a target. A weight is the share of a source in the
    fall of variance by all splits.
    """
    x, free = _steady(circuit)
    return _forests(circuit, x, x, free, seed, settings["trees"], with_self=False)


def grnboost2(circuit: Circuit, seed: int, settings: dict[str, Any]) -> Inferred | None:
    """GRNBoost2 (Moerman et al. 2019, doi:10.1093/bioinformatics/bty916): stochastic gradient boosting, as `genie3`.

    A tenth of the genes at each split, nine tenths of the samples a tree. It stops where the mean gain out of bag over
    the last `WINDOW` trees is not above 0, at the latest at 10 x `trees`; scikit-learn takes this gain over the tree
    before on other samples, so that noise stops it sooner than its authors meant. A weight is the share of a source
    times the number of trees, so that targets that can be predicted weigh more.
    """
    x, free = _steady(circuit)
    weights = np.zeros((x.shape[1],) * 2)

    def stop(tree: int, of: GradientBoostingRegressor, _: dict[str, Any]) -> bool:
        return tree >= WINDOW and of.oob_improvement_[tree - WINDOW + 1 : tree + 1].mean() <= 0

    for target in range(x.shape[1]):
        rows, others = free[:, target], circuit.regulators(target)
        if rows.sum() >= FEW and x[rows, target].std() > 0 and others.any():
            model = GradientBoostingRegressor(
                learning_rate=0.01,
                n_estimators=10 * settings["trees"],
                max_features=0.1,
                subsample=0.9,
                random_state=_seed(seed, target),
            ).fit(x[np.ix_(rows, others)], _standardized(x[rows, target]), monitor=stop)
            weights[others, target] = model.feature_importances_ * len(model.estimators_)
    return Inferred(weights) if weights.any() else None


def dyngenie3(circuit: Circuit, seed: int, settings: dict[str, Any]) -> Inferred | None:
    """dynGENIE3 (Huynh-Thu and Geurts 2018, doi:10.1038/s41598-018-21715-0): random forests on series, and at rest.

    Predicted is dx/dt + alpha x, which is alpha x at rest; alpha is the decay of a gene from its highest to its lowest
    level in a series, the fastest over series. None without series.
    """
    if not circuit.series:
        return None
    now, after = steps(circuit)
    x, decay = circuit.levels, decays(circuit)
    time = (circuit.times[after] - circuit.times[now])[:, None]
    production = np.concatenate([(x[after] - x[now]) / time + decay * x[now], decay * x[circuit.at_rest]])
    rows = np.concatenate([now, circuit.at_rest])
    return _forests(circuit, x[rows], production, circuit.rates[rows] == 1, seed, settings["trees"], with_self=True)


def decays(circuit: Circuit) -> np.ndarray:
    """The rate of decay (G,) per unit of time, ln(highest / lowest) / the time between them, greatest over series."""
    rates = np.zeros((len(circuit.series), len(circuit.genes)))
    floor = np.maximum(SMALL * np.abs(circuit.levels).max(0), np.finfo(float).tiny)
    for place, rows in enumerate(circuit.series):
        levels, times = np.maximum(circuit.levels[rows], floor), circuit.times[rows]
        apart = np.abs(times[levels.argmax(0)] - times[levels.argmin(0)])
        fall = np.log(levels.max(0) / levels.min(0))
        rates[place] = np.divide(fall, apart, out=np.zeros(len(fall)), where=apart > 0)
    return rates.max(0)


def _forests(
    circuit: Circuit, x: np.ndarray, y: np.ndarray, free: np.ndarray, seed: int, trees: int, with_self: bool
) -> Inferred | None:
    """Importances of x (N, G) for each column of y (N, G), over rows where it is `free` (N, G) bool."""
    weights = np.zeros((x.shape[1],) * 2)
    for target in range(x.shape[1]):
        rows, others = free[:, target], circuit.regulators(target)
        others[target] = with_self
        if rows.sum() >= FEW and y[rows, target].std() > 0 and others.any():
            model = RandomForestRegressor(trees, max_features="sqrt", random_state=_seed(seed, target))
            model.fit(x[np.ix_(rows, others)], _standardized(y[rows, target]))
            weights[others, target] = model.feature_importances_
    return Inferred(without_self(weights)) if weights.any() else None


def _steady(circuit: Circuit) -> tuple[np.ndarray, np.ndarray]:
    """Levels (K, G) of `states`, and (K, G) bool whether a gene is itself unperturbed there."""
    rows = states(circuit)
    return circuit.levels[rows], circuit.rates[rows] == 1


def _standardized(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def _seed(seed: int, target: int) -> int:
    return int(np.random.SeedSequence([seed, target]).generate_state(1)[0])
