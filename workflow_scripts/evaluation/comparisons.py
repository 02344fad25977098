"""A model against a baseline: the paired bootstrap of the difference of two numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import comparisons
from workflow_scripts.evaluation.cell_models import is_baseline
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.metrics import entry
from workflow_scripts.evaluation.models import BASE
from workflow_scripts.io.errors import BadInput

NUMBER = ["dataset", "split", "task", "level", "metric"]
ROUNDING = 1e-9  # a difference that is less is none


def compare(models: pd.DataFrame, baselines: pd.DataFrame, where: Path | str) -> pd.DataFrame:
    """The Comparisons of each number of `models` with the same number of each of `baselines` (both Replicates).

    Raises BadInput, which names `where`, on two numbers that were not computed on resamples of the same groups.
    """
    pairs = models.merge(baselines, on=NUMBER, suffixes=("", "_baseline"))
    other = pairs[pairs["groups"] != pairs["groups_baseline"]]
    if len(other):
        first = other.iloc[0]
        reason = f"{first['model']} and {first['model_baseline']} were not scored on the same groups"
        raise BadInput(where, f"{first['task']}, {first['split']}", reason, "Run both rules again.")
    rows = []
    for pair in pairs.to_dict("records"):
        difference = pair["value"] - pair["value_baseline"]
        low, high = interval(pair["level"], difference, pair["replicates"] - pair["replicates_baseline"])
        rows.append(
            {
                "model": pair["model"],
                "baseline": pair["model_baseline"],
                **{name: pair[name] for name in NUMBER},
                "value": pair["value"],
                "baseline_value": pair["value_baseline"],
                "difference": difference,
                "ci_low": low,
                "ci_high": high,
                "verdict": verdict(low, high, entry(pair["metric"]).more_is_better),
            }
        )
    numbers = dict.fromkeys(comparisons.NUMBERS, float)
    return pd.DataFrame(rows, columns=list(comparisons.SCHEMA.columns)).astype(numbers)


def with_baselines(found: pd.DataFrame) -> pd.DataFrame:
    """Of Comparisons those with baselines; none are a run without its network, and own models of perturbed cells."""
    return found[(found["baseline"] != found["model"] + BASE) & found["baseline"].map(is_baseline).astype(bool)]


def with_base(found: pd.DataFrame) -> pd.DataFrame:
    """Of Comparisons those of a run with itself without its network."""
    return found[found["baseline"] == found["model"] + BASE]


def verdict(low: float, high: float, upward: bool) -> str:
    """What the interval of a difference says of the model; `upward`: more is better."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return "unknown"
    if low <= ROUNDING and high >= -ROUNDING:
        return "level"
    return "ahead" if (low > 0) == upward else "behind"
