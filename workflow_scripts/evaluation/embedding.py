"""What a representation of samples is good for, without a classifier: groups of labels, twins of samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.splits import NAMES
from workflow_scripts.evaluation.classification import DATASET
from workflow_scripts.evaluation.clusters import score_clusters
from workflow_scripts.evaluation.retrieval import score_retrieval


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


def score_vectors(model: str, x: np.ndarray, samples: pd.DataFrame, spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of Replicates of one representation.

    x (N, d) float32; samples (index sample_id; corpus, split, group, label) in its order; spec: `bulk/representation`.
    Vectors are taken less the mean of the train samples, so that norms and angles do not depend on where zero lies.
    """
    x = x - x[(samples["split"] == "train").to_numpy()].mean(axis=0, dtype=float).astype(np.float32)
    labelled = (samples["label"] != "").to_numpy()
    return [
        *score_clusters(model, DATASET, x[labelled], samples[labelled], spec),
        *score_retrieval(model, x, samples, spec),
    ]
