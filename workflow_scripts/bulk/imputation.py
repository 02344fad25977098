"""Hidden values of samples, the same for every imputer, and what each imputer makes of them."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import expression
from workflow_scripts.training.imputers import IMPUTERS, Imputer
from workflow_scripts.training.reconstruction import Reconstruction

MOST_REFERENCES = 8192  # train samples that baselines are fitted to, which bounds their memory
ROWS = 128  # samples at once
log = logging.getLogger(__name__)

Candidates = dict[tuple[str, str], Imputer]  # by model and setting


class Cohort:
    """The samples of one run: where they are, their split and group, and the train mean of each gene."""

    def __init__(self, paths: list[Path], gene_order: str, splits: pd.DataFrame, mean: np.ndarray) -> None:
        """splits: a Splits table; mean (G,) float32, NaN for a gene that no train sample measures."""
        self.paths, self.gene_order = paths, gene_order
        self.splits = splits.set_index("sample_id")
        self.known = np.isfinite(mean)
        self.mean = np.where(self.known, mean, np.float32(0))

    def samples(self, split: str) -> pd.Index:
        return self.splits.index[self.splits["split"] == split]

    def blocks(self, samples: pd.Index):
        """Yield (sample ids, values (N, G) with NaN where unmeasured or unknown)."""
        for obs, values in expression.blocks(self.paths, samples, self.gene_order, ROWS):
            yield obs.index, np.where(self.known, values, np.float32(np.nan))


def baselines(cohort: Cohort, spec: dict) -> Candidates:
    """The candidates of every baseline imputer, fitted to the train split (a part of it, if it is large)."""
    train = cohort.samples("train")
    if len(train) > MOST_REFERENCES:
        log.info("baselines are fitted to %d of %d train samples", MOST_REFERENCES, len(train))
        chosen = np.random.default_rng(spec["seed"]).choice(len(train), MOST_REFERENCES, replace=False)
        train = train[np.sort(chosen)]
    references = np.concatenate([values for _, values in cohort.blocks(train)])
    return {
        (name, setting): imputer
        for name, fit in IMPUTERS.items()
        for setting, imputer in fit(references, cohort.mean, spec).items()
    }


def score(
    cohort: Cohort, split: str, candidates: dict[float, Candidates], seed: int
) -> dict[float, dict[tuple[str, str], Reconstruction]]:
    """Read one split once and score the candidates of each mask ratio on it."""
    scored = {ratio: {key: Reconstruction(cohort.mean) for key in of} for ratio, of in candidates.items()}
    for samples, values in cohort.blocks(cohort.samples(split)):
        groups = cohort.splits.loc[samples, "group"].to_numpy(str)
        measured = np.isfinite(values)
        for ratio, of_ratio in candidates.items():
            hidden = hide(measured, samples, ratio, seed)
            for key, imputer in of_ratio.items():
                scored[ratio][key].add(values, imputer(values, measured & ~hidden), hidden, groups)
    return scored


def choose(scored: dict[tuple[str, str], Reconstruction]) -> list[tuple[str, str]]:
    """The setting of each model with the least squared error; the first of equals."""
    best: dict[str, tuple[str, str]] = {}
    for key, sums in scored.items():
        if key[0] not in best or sums.squared_error < scored[best[key[0]]].squared_error:
            best[key[0]] = key
    return list(best.values())


def hide(measured: np.ndarray, samples: pd.Index, ratio: float, seed: int) -> np.ndarray:
    """Choose the share `ratio` of the measured genes of each sample, whatever the order of samples.

    measured (N, G) bool; returns (N, G) bool.
    """
    hidden = np.zeros_like(measured)
    for row, sample in enumerate(samples):
        name = hashlib.sha256(f"{ratio:g} {sample}".encode()).digest()
        generator = np.random.default_rng([seed, int.from_bytes(name[:8])])
        genes = np.flatnonzero(measured[row])
        hidden[row, generator.choice(genes, round(ratio * len(genes)), replace=False)] = True
    return hidden
