"""Hidden values of samples, the same for every imputer, and what each imputer makes of them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

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

        At most `spec["max_samples"]` samples of a split are scored, chosen at random, whatever is in train.
        """
        self.paths, self.gene_order, self.spec = paths, gene_order, spec
        held_out = splits[splits["split"] != "train"]
        drawn = held_out.sample(frac=1, random_state=spec["seed"]).groupby("split").head(spec["max_samples"])
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
    of_ratio = dict.fromkeys(spec["mask_ratios"], candidates)
    chosen = {ratio: choose(candidates, found) for ratio, found in errors(cohort, of_ratio, spec["seed"]).items()}
    log.info("chosen on validation, by mask ratio: %s", {ratio: list(kept) for ratio, kept in chosen.items()})
    return [
        row
        for split in ("validation", "test")
        for ratio, made in reconstruct(cohort, split, chosen, spec["seed"]).items()
        for (model, _), sums in made.items()
        for row in sums.rows(spec, model=model, dataset=f"mask_{ratio:g}", split=split, groups=cohort.groups(split))
    ]


def errors(cohort: Cohort, candidates: dict[float, Candidates], seed: int) -> dict[float, dict[tuple[str, str], float]]:
    """By mask ratio, the squared error on validation of each candidate of the models that offer several."""
    several = {
        ratio: {key: of[key] for key in of if sum(other[0] == key[0] for other in of) > 1}
        for ratio, of in candidates.items()
    }
    found = {ratio: dict.fromkeys(of, 0.0) for ratio, of in several.items()}
    if any(several.values()):
        for guess in guesses(cohort, "validation", several, seed):
            missed = (guess.predicted - guess.values)[guess.hidden]
            found[guess.ratio][guess.key] += float(np.square(missed, dtype=np.float64).sum())
    return found


def choose(candidates: Candidates, errors: dict[tuple[str, str], float]) -> Candidates:
    """Of each model the candidate with the least error, the first of equals; or the only one, which needs no error."""
    best: dict[str, tuple[str, str]] = {}
    for key in candidates:
        if key[0] not in best or errors[key] < errors[best[key[0]]]:
            best[key[0]] = key
    return {key: candidates[key] for key in best.values()}


def reconstruct(
    cohort: Cohort, split: str, candidates: dict[float, Candidates], seed: int
) -> dict[float, dict[tuple[str, str], Reconstruction]]:
    """Read one split once and let the candidates of each mask ratio predict what is hidden of it."""
    made = {ratio: {key: Reconstruction(cohort.mean) for key in of} for ratio, of in candidates.items()}
    resampled = cohort.resampling_blocks(split)
    for guess in guesses(cohort, split, candidates, seed):
        blocks = resampled[guess.samples].to_numpy()
        made[guess.ratio][guess.key].add(guess.values, guess.predicted, guess.hidden, blocks)
    return made


class Guess(NamedTuple):
    """What one candidate says of what is hidden of some samples."""

    ratio: float
    key: tuple[str, str]
    samples: pd.Index  # (N,) sample ids
    values: np.ndarray  # (N, G), NaN where unmeasured
    hidden: np.ndarray  # (N, G) bool
    predicted: np.ndarray  # (N, G)


def guesses(cohort: Cohort, split: str, candidates: dict[float, Candidates], seed: int) -> Iterator[Guess]:
    """What the candidates of each mask ratio predict of one split, which is read once."""
    for samples, values in cohort.blocks(split):
        measured = np.isfinite(values)
        for ratio, of_ratio in candidates.items():
            hidden = hide(measured, samples, ratio, seed)
            visible = measured & ~hidden
            for key, imputer in of_ratio.items():
                yield Guess(ratio, key, samples, values, hidden, imputer(values, visible))


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
