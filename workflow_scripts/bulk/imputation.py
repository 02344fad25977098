"""Hidden values of samples, the same for every imputer, and what each imputer makes of them."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts import expression
from workflow_scripts.evaluation.imputers import Imputer
from workflow_scripts.evaluation.intervals import same_groups
from workflow_scripts.evaluation.reconstruction import BLOCKS, Reconstruction

ROWS = 128  # samples at once
log = logging.getLogger(__name__)

Candidates = dict[tuple[str, str], Imputer]  # by model and setting


class Cohort:
    """The samples that are scored: where they are, their groups, and the train mean of each gene."""

    def __init__(
        self, paths: list[Path], gene_order: str, splits: pd.DataFrame, mean: np.ndarray, spec: dict[str, Any]
    ) -> None:
        """splits: a Splits table; mean (G,) float32, NaN for a gene that no train sample measures.

        At most `spec["max_samples"]` samples of a split are scored, chosen at random.
        """
        self.paths, self.gene_order, self.spec = paths, gene_order, spec
        drawn = splits.sample(frac=1, random_state=spec["seed"]).groupby("split").head(spec["max_samples"])
        self.splits = drawn.set_index("sample_id").sort_index()
        self.known = np.isfinite(mean)
        self.mean = np.where(self.known, mean, np.float32(0))

    def samples(self, split: str) -> pd.Index:
        return self.splits.index[self.splits["split"] == split]

    def blocks(self, split: str):
        """Yield (sample ids, values (N, G) with NaN where unmeasured or unknown)."""
        for obs, values in expression.blocks(self.paths, self.samples(split), self.gene_order, ROWS):
            yield obs.index, np.where(self.known, values, np.float32(np.nan))

    def resampling_blocks(self, split: str) -> pd.Series:
        """For each sample the number of what a bootstrap draws as one: its group, or several groups together.

        There are at most `BLOCKS`, which bounds the memory of a Reconstruction.
        """
        return self.splits.loc[self.samples(split), "group"].rank(method="dense").astype(int) % BLOCKS

    def groups(self, split: str) -> str:
        """Digest of the samples of a split, of what is drawn as one, and of the draws."""
        blocks = self.resampling_blocks(split)
        return same_groups(np.stack([blocks.index.to_numpy(str), blocks.to_numpy(str)]), self.spec)


def score(cohort: Cohort, candidates: Candidates, spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of Replicates of each model: its best setting on validation, scored on validation and on test.

    spec: `bulk/imputation`; each mask ratio is a dataset. The test split is read once, after the choice.
    """
    ratios = spec["mask_ratios"]
    of_validation = reconstruct(cohort, "validation", dict.fromkeys(ratios, candidates), spec["seed"])
    chosen = {ratio: choose(made) for ratio, made in of_validation.items()}
    log.info("chosen on validation, by mask ratio: %s", chosen)
    kept = {ratio: {key: candidates[key] for key in keys} for ratio, keys in chosen.items()}
    of_test = reconstruct(cohort, "test", kept, spec["seed"])
    return [
        row
        for split, made in (("validation", of_validation), ("test", of_test))
        for ratio, keys in chosen.items()
        for model, setting in keys
        for row in made[ratio][model, setting].rows(
            spec, model=model, dataset=f"mask_{ratio:g}", split=split, groups=cohort.groups(split)
        )
    ]


def reconstruct(
    cohort: Cohort, split: str, candidates: dict[float, Candidates], seed: int
) -> dict[float, dict[tuple[str, str], Reconstruction]]:
    """Read one split once and let the candidates of each mask ratio predict what is hidden of it."""
    made = {ratio: {key: Reconstruction(cohort.mean) for key in of} for ratio, of in candidates.items()}
    resampled = cohort.resampling_blocks(split)
    for samples, values in cohort.blocks(split):
        measured = np.isfinite(values)
        for ratio, of_ratio in candidates.items():
            hidden = hide(measured, samples, ratio, seed)
            for key, imputer in of_ratio.items():
                predicted = imputer(values, measured & ~hidden)
                made[ratio][key].add(values, predicted, hidden, resampled[samples].to_numpy())
    return made


def choose(made: dict[tuple[str, str], Reconstruction]) -> list[tuple[str, str]]:
    """The setting of each model with the least squared error; the first of equals."""
    best: dict[str, tuple[str, str]] = {}
    for key, sums in made.items():
        if key[0] not in best or sums.squared_error < made[best[key[0]]].squared_error:
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
