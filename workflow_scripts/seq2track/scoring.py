"""Scores of what was predicted of one track on one fold, and of the same prediction exchanged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.predicted_tracks import Predicted
from workflow_scripts.evaluation import tracks
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.resampling import ratio
from workflow_scripts.seq2track import genes
from workflow_scripts.seq2track.track_baselines import flatten, unflatten

SWAPPED, OTHER, CEILING = "swapped_strands", "other_track", "counting_ceiling"
LEVELS = "profile_and_level"  # the baseline that says what level genes have
KEYS = ["model", "split", "task", "level", "metric"]


def of_run(predicted: Predicted, run: str, track: int) -> dict[str, np.ndarray]:
    """What a run says of a track (W, 2, N), and the same exchanged: with the strands, and with the next track."""
    values, number = predicted.values[run], len(predicted.tracks)
    own = values[:, track : track + 2]
    found = {run: own, SWAPPED: own[:, ::-1]}
    if number > 2:
        other = (track + 2) % number
        found[OTHER] = values[:, other : other + 2]
    return found


def with_levels(values: np.ndarray, leveled: np.ndarray, placed: list[genes.Placed]) -> np.ndarray:
    """What is said of a track (W, 2, N), with the total of each gene half-way to that of `leveled` (W, 2, N).

    That is their geometric mean: two opinions of equal weight. Where genes overlap a bin is rescaled by the geometric
    mean of theirs.
    """
    flat, other = flatten(values), flatten(leveled)
    logs, number = np.zeros(flat.shape), np.zeros(flat.shape)
    for gene in placed:
        own, told = flat[gene.side, gene.bins].sum(), other[gene.side, gene.bins].sum()
        if own > 0 and told > 0:
            logs[gene.side, gene.bins] += np.log(told / own) / 2
            number[gene.side, gene.bins] += 1
    return unflatten(flat * np.exp(logs / np.maximum(number, 1)), values.shape[-1]).astype(np.float32)


def score(
    said: dict[str, np.ndarray],
    signal: np.ndarray,
    mask: np.ndarray,
    placed: list[genes.Placed],
    windows: list[str],
    bin: int,
    spec: dict[str, Any],
    counts: bool,
    **row: str,
) -> list[dict[str, Any]]:
    """Rows of Replicates of each model of `said` (W, 2, N), all over the same bins and genes.

    signal, mask (W, 2, N) of the track; windows: their names; spec: `seq2track/evaluation`; counts: whether the signal
    is of reads, of which there is a ceiling; row: dataset, split.
    """
    flat_signal, flat_mask = flatten(signal), flatten(mask)
    chosen = genes.chosen(placed, flat_signal, flat_mask)
    names = [gene.gene_id for gene in chosen]

    def rows(predicted: np.ndarray, true: np.ndarray, model: str) -> list[dict[str, Any]]:
        terms = tracks.bin_terms(predicted, true, mask)
        found = tracks.score_bins(terms, windows, spec, model=model, **row)
        if not chosen:
            return found
        values = genes.values(chosen, flatten(predicted), flatten(true), flat_mask, bin, spec)
        return found + tracks.score_genes(values, names, spec, model=model, **row)

    found = [each for model, predicted in said.items() for each in rows(predicted, signal, model)]
    whole = signal.astype(np.int64)
    if counts and (whole == signal).all():
        half = np.random.default_rng(spec["seed"]).binomial(whole, 0.5)
        found += [of_both_halves(each) for each in rows(half, whole - half, CEILING)]
    return found


def of_both_halves(row: dict[str, Any]) -> dict[str, Any]:
    """A correlation between halves of the reads as it would be of all with as many (Spearman 1910, Brown 1910)."""
    value, replicates = (ratio(2 * of, 1 + of) for of in (np.asarray(row["value"]), np.asarray(row["replicates"])))
    value = float(value)
    low, high = interval(row["level"], value, replicates)
    return {**row, "value": value, "replicates": replicates, "ci_low": low, "ci_high": high}


def mean_over_folds(rows: pd.DataFrame, track: str) -> pd.DataFrame:
    """Replicates of the mean of each number over the folds of a track; resample k is the mean of those of the folds."""
    found = []
    for key, group in rows.groupby(KEYS, sort=False):
        value, replicates = group["value"].mean(skipna=False), np.mean(list(group["replicates"]), axis=0)
        level = dict(zip(KEYS, key, strict=True))["level"]
        low, high = interval(level, value, replicates)
        found.append(
            {
                **dict(zip(KEYS, key, strict=True)),
                "dataset": track,
                "value": value,
                "ci_low": low,
                "ci_high": high,
                "n": int(group["n"].sum()),
                "replicates": replicates,
                "groups": " ".join(group["groups"]),
            }
        )
    return pd.DataFrame(found)
