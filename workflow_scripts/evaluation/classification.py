"""One classifier on one set of features: chosen on validation, then scored on validation and test."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.contracts import predictions
from workflow_scripts.evaluation.baselines import Candidates, select
from workflow_scripts.evaluation.class_counts import class_counts
from workflow_scripts.evaluation.intervals import draws, interval, same_groups
from workflow_scripts.evaluation.metrics import scorers

DATASET = "all"  # all labelled samples of all corpora together
SCORED = ("validation", "test")
log = logging.getLogger(__name__)


class Classified(NamedTuple):
    """What `classify` returns."""

    rows: list[dict[str, Any]]  # of Replicates
    predictions: pd.DataFrame  # a Predictions
    classifier: Any | None  # the fitted one; None where there was nothing to classify


def classify(
    model: str, candidates: Candidates, x: np.ndarray, samples: pd.DataFrame, spec: dict[str, Any]
) -> Classified:
    """Choose, fit and score one classifier.

    x (samples, features) float32; samples (index sample_id; split, group, label) in the order of x,
    labelled ones only. The test split is predicted once, after the choice on validation. There is no
    row where a split has no labelled sample, or the train split fewer than two classes.
    """
    of = {name: (samples["split"] == name).to_numpy() for name in ("train", *SCORED)}
    labels, groups = samples["label"].to_numpy(str), samples["group"].to_numpy(str)
    if len(np.unique(labels[of["train"]])) < 2 or not all(chosen.any() for chosen in of.values()):
        counts = {name: int(chosen.sum()) for name, chosen in of.items()}
        log.warning("%s: nothing to classify; labelled samples by split: %s", model, counts)
        return Classified([], pd.DataFrame(columns=predictions.COLUMNS, dtype=str), None)
    chosen = select(candidates, *((x[of[name]], labels[of[name]]) for name in ("train", "validation")), spec)
    rows, tables = [], []
    for split in SCORED:
        predicted = chosen.predict(x[of[split]]).astype(str)
        names = {"model": model, "dataset": DATASET, "split": split}
        rows += score_classes(labels[of[split]], predicted, groups[of[split]], spec, **names)
        table = pd.DataFrame({**names, "sample_id": samples.index[of[split]], "group": groups[of[split]]})
        tables.append(table.assign(label=labels[of[split]], predicted=predicted))
    return Classified(rows, pd.concat(tables, ignore_index=True)[[*predictions.COLUMNS]], chosen)


def score_classes(
    labels: np.ndarray, predicted: np.ndarray, groups: np.ndarray, spec: dict[str, Any], **row: str
) -> list[dict[str, Any]]:
    """Rows of Replicates for one model on one split: every metric pooled, and those of each class that occurs.

    labels, predicted, groups: (samples,) str. `row` gives model, dataset, split. The intervals are
    percentiles of `spec["bootstrap_samples"]` resamples of whole groups, drawn from `spec["seed"]`.
    """
    classes = np.union1d(labels, predicted)
    per_group = class_counts(labels, predicted, groups, classes)
    total = per_group.sum(0)
    resampled = np.tensordot(draws(len(per_group), spec["bootstrap_samples"], spec["seed"]), per_group, 1)
    row = {**row, "task": "classification", "groups": same_groups(np.stack([groups, labels]), spec)}
    rows = []
    for (level, metric), score in scorers("classification").items():
        if level == "pooled":
            rows.append({**row, **_numbers(level, metric, float(score(total)), score(resampled)), "n": len(labels)})
            continue
        # A resample without a sample of the class says nothing of it.
        of_class, of_resample = score(total), np.where(resampled[..., 0] > 0, score(resampled), np.nan)
        rows += [
            {
                **row,
                **_numbers(level, f"{metric}:{name}", float(of_class[at]), of_resample[:, at]),
                "n": int(total[at, 0]),
            }
            for at, name in enumerate(classes)
            if total[at, 0]
        ]
    return rows


def _numbers(level: str, metric: str, value: float, replicates: np.ndarray) -> dict[str, Any]:
    low, high = interval(level, value, replicates)
    return {
        "level": level,
        "metric": metric,
        "value": value,
        "ci_low": low,
        "ci_high": high,
        "replicates": replicates,
    }
