"""One classifier on one set of features: chosen on validation, then scored on validation and test."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.training.baselines import Candidates, select
from workflow_scripts.training.scores import score_classes

DATASET = "all"  # all labelled samples of all corpora together
SCORED = ("validation", "test")
log = logging.getLogger(__name__)


def classify(
    model: str, candidates: Candidates, x: np.ndarray, samples: pd.DataFrame, spec: dict[str, Any]
) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """Rows of Metrics and of Predictions for one classifier.

    x (samples, features) float32; samples (index sample_id; split, group, label) in the order of x,
    labelled ones only. The test split is predicted once, after the choice on validation. There is no
    row where a split has no labelled sample, or the train split fewer than two classes.
    """
    of = {name: (samples["split"] == name).to_numpy() for name in ("train", *SCORED)}
    labels, groups = samples["label"].to_numpy(str), samples["group"].to_numpy(str)
    columns = ["model", "dataset", "sample_id", "split", "group", "label", "predicted"]
    if len(np.unique(labels[of["train"]])) < 2 or not all(chosen.any() for chosen in of.values()):
        counts = {name: int(chosen.sum()) for name, chosen in of.items()}
        log.warning("%s: nothing to classify; labelled samples by split: %s", model, counts)
        return [], pd.DataFrame(columns=columns, dtype=str)
    chosen = select(candidates, *((x[of[name]], labels[of[name]]) for name in ("train", "validation")), spec)
    rows, tables = [], []
    for split in SCORED:
        predicted = chosen.predict(x[of[split]]).astype(str)
        names = {"model": model, "dataset": DATASET, "split": split}
        rows += score_classes(labels[of[split]], predicted, groups[of[split]], spec, **names)
        table = pd.DataFrame({**names, "sample_id": samples.index[of[split]], "group": groups[of[split]]})
        tables.append(table.assign(label=labels[of[split]], predicted=predicted))
    return rows, pd.concat(tables, ignore_index=True)[columns]
