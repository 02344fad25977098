"""Survival from vectors of samples: Cox's proportional hazards, and who of two samples of one label lives longer.

N samples, d coordinates. Labels (types of cancer) differ in survival, and telling them apart is no prognosis: each
label has a baseline hazard of its own, and only samples of one label are compared.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from workflow_scripts.evaluation.metrics import SURVIVAL
from workflow_scripts.evaluation.resampling import ratio, score_resamples

DATASET = "survival"
log = logging.getLogger(__name__)


class Ordered(NamedTuple):
    """Pairs of samples; the leading axes are of resamples, or there is none."""

    right: np.ndarray  # (...,) pairs in which the higher risk died first, and half of those with equal risks
    pairs: np.ndarray  # (...,) all comparable pairs


def concordance(ordered: Ordered) -> np.ndarray:
    """Harrell's C (Harrell et al. 1996): of comparable pairs of one label, the share that is in the right order."""
    return ratio(ordered.right, ordered.pairs)


def score_survival(model: str, x: np.ndarray, samples: pd.DataFrame, spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of Replicates of the validation and of the test split.

    x (N, d) float32, less the mean of the train samples; samples (index sample_id; split, group, label, time, event) in
    its order, those with a known time alone. spec: penalties, seed, bootstrap_samples. The penalty with the most
    concordance on validation is kept, the strongest of equals; the test split is read once, after it. No row where a
    split has no comparable pair.
    """
    of = {name: np.flatnonzero((samples["split"] == name).to_numpy()) for name in ("train", "validation", "test")}
    comparable = {name: compared(samples.iloc[rows]) for name, rows in of.items()}
    if not all(pairs.any() for pairs in comparable.values()):
        log.warning("%s: no survival to score: pairs %s", model, {name: int(p.sum()) for name, p in comparable.items()})
        return []
    best, best_score = np.zeros(x.shape[1]), -1.0
    for penalty in sorted(spec["penalties"], reverse=True):
        weights = fit_cox(x[of["train"]], samples.iloc[of["train"]], penalty)
        score = float(concordance(count(x[of["validation"]] @ weights, comparable["validation"])))
        log.info("%s, penalty %g: concordance %.4f on validation", model, penalty, score)
        if score > best_score:
            best, best_score = weights, score
    rows = []
    for split in ("validation", "test"):
        scored, risk = samples.iloc[of[split]], x[of[split]] @ best
        total, resampled = count(risk, comparable[split]), Resampled(risk, comparable[split], scored["group"])
        place = {"model": model, "dataset": DATASET, "split": split}
        rows += score_resamples(SURVIVAL, total, resampled, scored, spec, **place)
    return rows


class Resampled:
    """Pairs in resamples of groups: a pair counts as often as both of its groups were drawn."""

    def __init__(self, risk: np.ndarray, comparable: np.ndarray, groups: pd.Series) -> None:
        names, group = np.unique(groups.to_numpy(str), return_inverse=True)
        of = (np.arange(len(names))[:, None] == group).astype(float)
        self.right = of @ _in_order(risk, comparable) @ of.T
        self.pairs = of @ comparable @ of.T

    def __call__(self, drawn: np.ndarray) -> Ordered:
        """drawn (resamples, groups): how often each group was drawn."""
        return Ordered(*(((drawn @ pairs) * drawn).sum(1) for pairs in (self.right, self.pairs)))


def compared(samples: pd.DataFrame) -> np.ndarray:
    """Of each two samples (label, time, event) whether the first is known to have died before the other (N, N) bool.

    One whose time ends without death is known to have lived longer than who died before or at that very time.
    """
    label, time, event = (samples[name].to_numpy() for name in ("label", "time", "event"))
    event = event.astype(bool)
    later = (time[:, None] < time) | ((time[:, None] == time) & ~event)
    return event[:, None] & later & (label[:, None] == label)


def count(risk: np.ndarray, comparable: np.ndarray) -> Ordered:
    """The pairs of samples with these risks (N,)."""
    return Ordered(_in_order(risk, comparable).sum(), comparable.sum())


def _in_order(risk: np.ndarray, comparable: np.ndarray) -> np.ndarray:
    """Of each two samples 1 where the first has the higher risk, half where both have the same, 0 if not compared."""
    return comparable * ((risk[:, None] > risk) + (risk[:, None] == risk) / 2)


def fit_cox(x: np.ndarray, samples: pd.DataFrame, penalty: float) -> np.ndarray:
    """Weights (d,) of the log hazard ratio, by the greatest penalized partial likelihood of Cox (1972).

    x (N, d); samples (label, time, event) in its order. Breslow's (1974) form where several die at one time; a baseline
    hazard for each label. `penalty` is that of the squared length of the weights, of x scaled to a mean squared
    length of 1, beside the mean over deaths of the log likelihood.
    """
    size = np.sqrt(np.square(x, dtype=float).sum(1).mean()) or 1.0
    basis, narrow = np.linalg.qr(x.T.astype(float) / size) if x.shape[1] > len(x) else (None, x.T.astype(float) / size)
    of = narrow.T  # the best weights lie among the samples: so many coordinates are enough
    strata = [samples["label"].to_numpy() == name for name in samples["label"].unique()]
    time, event = samples["time"].to_numpy(float), samples["event"].to_numpy(bool)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        risk = of @ weights
        value, slope = 0.0, np.zeros(len(risk))
        for rows in strata:
            value_of, slope[rows] = _partial_likelihood(risk[rows], time[rows], event[rows])
            value += value_of
        deaths = event.sum()
        return penalty * weights @ weights / 2 - value / deaths, penalty * weights - of.T @ slope / deaths

    found = minimize(loss, np.zeros(of.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x / size
    return found if basis is None else basis @ found


def _partial_likelihood(risk: np.ndarray, time: np.ndarray, event: np.ndarray) -> tuple[float, np.ndarray]:
    """Log partial likelihood of log hazards (N,) of one stratum, and its slope (N,) in them."""
    order = np.argsort(-time, kind="stable")
    risk, time, event = risk[order], time[order], event[order]
    hazard = np.exp(risk - risk.max())
    last = np.searchsorted(-time, -time, side="right") - 1  # of those who live as long at least, ties among them
    at_risk = np.cumsum(hazard)[last]
    value = (risk - risk.max() - np.log(at_risk))[event].sum()
    shares = np.cumsum((event / at_risk)[::-1])[::-1]  # of this death and all earlier ones
    first = np.searchsorted(-time, -time, side="left")  # ties die together
    slope = np.empty(len(risk))
    slope[order] = event - hazard * shares[first]
    return float(value), slope
