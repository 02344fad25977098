"""What a representation of samples is good for, but for a classifier: groups of labels, twins of samples, survival."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.splits import NAMES
from workflow_scripts.evaluation.classification import DATASET
from workflow_scripts.evaluation.clusters import score_clusters
from workflow_scripts.evaluation.retrieval import score_retrieval
from workflow_scripts.evaluation.survival import score_survival


def draw_samples(samples: pd.DataFrame, spec: dict[str, Any]) -> pd.DataFrame:
    """At most `max_samples` of each split, at random, sorted by name; samples (index sample_id; split, ...).

    The same of a split whatever the order of samples, and whatever is in other splits.
    """
    drawn = []
    for name in NAMES:
        of_split = samples[samples["split"] == name].sort_index()
        number = min(len(of_split), spec["max_samples"])
        chosen = np.random.default_rng(spec["seed"]).choice(len(of_split), number, replace=False)
        drawn.append(of_split.iloc[np.sort(chosen)])
    return pd.concat(drawn)


def score_vectors(
    model: str,
    x: np.ndarray,
    samples: pd.DataFrame,
    spec: dict[str, Any],
    clinical: pd.DataFrame | None = None,
    penalties: Sequence[float] = (),
) -> list[dict[str, Any]]:
    """Rows of Replicates of one representation.

    x (N, d) float32; samples (index sample_id; corpus, split, group, label) in its order; spec: `bulk/representation`.
    clinical (index sample_id; time, event): what is known of some samples, which survival is scored on where there are
    any, with these `penalties` of Cox regression to choose from.
    Vectors are taken less the mean of the train samples, so that norms and angles do not depend on where zero lies.
    """
    x = x - x[(samples["split"] == "train").to_numpy()].mean(axis=0, dtype=float).astype(np.float32)
    labelled = (samples["label"] != "").to_numpy()
    rows = score_clusters(model, DATASET, x[labelled], samples[labelled], spec)
    rows += score_retrieval(model, x, samples, spec)
    if clinical is not None and len(clinical):
        known = samples.index.isin(clinical.index)
        lived = samples[known].join(clinical)
        rows += score_survival(model, x[known], lived, {**spec, "penalties": penalties})
    return rows
