"""A circuit of three genes whose levels are computed here in plain numpy: a -> b, b -| c, no other edge."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd

GENES = ["a", "b", "c"]
WEIGHTS = np.array([[0.0, 0, 0], [0.8, 0, 0], [0, -0.6, 0]])  # targets x sources, of levels
BASE = np.array([0.5, 0.2, 0.9])
GATE = 0.4


def made(levels: np.ndarray, rates: np.ndarray, extra: np.ndarray) -> np.ndarray:
    return rates * np.clip(BASE + WEIGHTS @ levels + extra, 0, 2)


def rest(rates: np.ndarray, extra: np.ndarray | float = 0.0) -> np.ndarray:
    levels = BASE.copy()
    for _ in range(200):
        levels = levels + 0.5 * (made(levels, rates, extra) - levels)
    return levels


def series(extra: np.ndarray, points: int = 13, disturbed: int = 6) -> np.ndarray:
    levels = [rest(np.ones(3))]
    for number in range(points - 1):
        acting = extra if number < disturbed else 0.0
        levels.append(levels[-1] + GATE * (made(levels[-1], np.ones(3), acting) - levels[-1]))
    return np.array(levels)


def experiments(noise: float = 0.0, number: int = 5, seed: int = 0) -> anndata.AnnData:
    """Knock-outs and knock-downs of each gene, the wild type, and series in each of which one gene is disturbed."""
    rows, obs = [], []
    for kind, dose in (("knockout", 0.0), ("knockdown", 0.5)):
        for place, gene in enumerate(GENES):
            rates = np.ones(3)
            rates[place] = dose
            rows.append(rest(rates))
            obs.append((f"{gene}:{kind}" + (":0.5" if dose else ""), "", np.nan, False))
    rows.append(rest(np.ones(3)))
    obs.append(("", "", np.nan, False))
    for name in range(number):
        extra = np.zeros(3)
        extra[name % 3] = 0.3 if name % 2 else -0.2
        for point, levels in enumerate(series(extra)):
            rows.append(levels)
            obs.append(("", f"s{name}", 50.0 * point, point < 6))
    about = pd.DataFrame(obs, columns=["perturbation", "series", "time", "disturbed"])
    about["replicates"] = 1
    about.index = [f"x{row}" for row in range(len(about))]
    values = np.array(rows)
    values = values + noise * np.random.default_rng(seed).standard_normal(values.shape) * (values > 0)
    return anndata.AnnData(values.astype(np.float32), obs=about, var=pd.DataFrame(index=GENES))


SPEC = {
    "seed": 1,
    "members": 5,
    "candidates": 512,
    "attention": 0,
    "recurrent": True,
    "evidence": True,
    "penalties": [0.01, 0.3],
    "rest_weight": 0.3,
    "input_penalty": 0.1,
    "training": {"steps": 200, "window": 4, "learning_rate": 0.02},
}
