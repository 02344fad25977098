"""One registry of metrics: what is entered is computed, compared and shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import page
from workflow_scripts.bulk.collect_metrics import collect_metrics
from workflow_scripts.contracts import comparisons, metrics
from workflow_scripts.contracts.metrics import LEVELS
from workflow_scripts.evaluation.baselines import knn, majority_class
from workflow_scripts.evaluation.classification import classify
from workflow_scripts.evaluation.metrics import (
    CLASSES,
    CLUSTERS,
    EDGES,
    EFFECTS,
    HIDDEN,
    LINKS,
    METRICS,
    RESPONSE,
    ROLL_OUT,
    START_BINS,
    START_GENES,
    SURVIVAL,
    TRACK_BINS,
    TRACK_GENES,
    TWINS,
    Metric,
    entry,
    label,
    label_with_unit,
    scorers,
)
from workflow_scripts.evaluation.metrics import LEVELS as IMPUTED
from workflow_scripts.evaluation.reconstruction import Reconstruction
from workflow_scripts.report.plot_scores import imputation_figure
from workflow_scripts.report.scores_page import write_scores

SPEC = {"seed": 1, "bootstrap_samples": 100, "neighbours": [1], "regularization": [1], "pca_components": [2]}
SCRATCH = """
import numpy as np


def most_right(counts):
    return counts[..., 2].max(-1)


def worst_gene(hidden):
    n, x, y, xx, yy, xy = hidden.genes.T
    return float(np.max((xx - 2 * xy + yy) / np.maximum(n, 1)))
"""


TASKS = (CLASSES, HIDDEN, CLUSTERS, TWINS, SURVIVAL, EDGES, RESPONSE, ROLL_OUT, LINKS, EFFECTS, IMPUTED)
TASKS += (TRACK_BINS, TRACK_GENES, START_BINS, START_GENES)


def test_every_entry_has_a_function_at_each_of_its_levels() -> None:
    found = {place: score for task in TASKS for place, score in scorers(task).items()}
    assert set(found) == {(level, name) for name, metric in METRICS.items() for level in metric.scores}
    assert all(callable(score) for score in found.values()) and len(set(found.values())) == len(found)
    assert {level for level, _ in found} <= set(LEVELS)


def test_errors_are_better_small_and_everything_else_large() -> None:
    errors = {"rmse", "separability", "response_mse", "response_rmse", "response_rank", "roll_out_rmse"} | {
        "imputed_rmse"
    }
    errors |= {"response_width", "roll_out_width", "effect_mse", "effect_l2", "effect_rank", "seed_sd", "unknown_genes"}
    errors |= {"start_distance"}
    assert {name for name, metric in METRICS.items() if not metric.more_is_better} == errors


def test_a_metric_is_printed_by_its_label_its_class_and_its_unit() -> None:
    assert label("f1:a:b") == label_with_unit("f1:a:b") == "F1 of a:b" and entry("f1:a:b") is METRICS["f1"]
    assert (label("rmse"), label_with_unit("rmse")) == ("RMSE", "RMSE (ln(TPM+1))")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two metrics as a user adds them: a file, and a line each."""
    (tmp_path / "scratch_metrics.py").write_text(SCRATCH)
    monkeypatch.syspath_prepend(tmp_path)
    entries = {
        "most_right": Metric(
            "most right of a class", "samples", True, CLASSES, {"pooled": "scratch_metrics.most_right"}
        ),
        "worst_gene": Metric("worst gene", "squares", False, HIDDEN, {"per_gene": "scratch_metrics.worst_gene"}),
    }
    for name, metric in entries.items():
        monkeypatch.setitem(METRICS, name, metric)


def collected(own: list[dict], baselines: list[dict], folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Metrics and Comparisons, through the files and the rule that make them."""
    paths = {name: folder / f"{name}.parquet" for name in ("own", "baselines", "metrics", "comparisons")}
    metrics.write_replicates(own, paths["own"])
    metrics.write_replicates(baselines, paths["baselines"])
    made = {"metrics": paths["metrics"], "comparisons": paths["comparisons"]}
    collect_metrics(own=[paths["own"]], baselines=[paths["baselines"]], **made)
    return metrics.read(paths["metrics"]), comparisons.read(paths["comparisons"])


@pytest.mark.usefixtures("scratch")
def test_a_metric_that_is_added_is_scored_compared_and_shown_for_classes(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    labels = np.array(["a", "b"] * 60)
    x = (labels == "a")[:, None] + 0.3 * generator.normal(size=(120, 2))
    split = np.repeat(["train", "validation", "test"], 40)
    names = [f"s{sample}" for sample in range(120)]
    samples = pd.DataFrame({"split": split, "group": names, "label": labels}, index=names)
    own, chance = (classify(of.__name__, of, x, samples, SPEC)[0] for of in (knn, majority_class))
    numbers, compared = collected(own, chance, tmp_path)

    found = numbers[(numbers["metric"] == "most_right") & (numbers["split"] == "test")].set_index("model")["value"]
    assert found["majority_class"] == 20 and found["knn"] in (18, 19, 20)
    assert set(compared["split"][compared["metric"] == "most_right"]) == {"validation", "test"}
    write_scores(tmp_path / "p.html", "knn", numbers, compared, {"knn"}, "")
    assert "most right of a class (samples)" in page(tmp_path / "p.html").text


@pytest.mark.usefixtures("scratch")
def test_a_metric_that_is_added_is_scored_compared_and_shown_for_hidden_values(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    true = generator.normal(size=(30, 6))
    size = np.array([1, 1, 1, 1, 1, 3])  # of the errors of each gene
    rows = {}
    for model, worse in (("small", 1.0), ("gene_mean", 1.5)):
        sums = Reconstruction(np.zeros(6))
        errors = worse * size * np.where(generator.random(true.shape) < 0.5, -1, 1)
        sums.add(true, true + errors, np.ones(true.shape, bool), np.arange(30))
        rows[model] = sums.rows(SPEC, model=model, dataset="mask_0.3", split="test", groups="g")
    numbers, compared = collected(rows["small"], rows["gene_mean"], tmp_path)

    found = numbers[numbers["metric"] == "worst_gene"].set_index("model")
    assert found["value"].to_dict() == pytest.approx({"small": 9, "gene_mean": 20.25})
    assert found.loc["small", "ci_high"] >= 9  # the limits of a correlation are not its own
    (held,) = compared[compared["metric"] == "worst_gene"].to_dict("records")
    assert (held["difference"], held["verdict"]) == (pytest.approx(9 - 20.25), "ahead")  # less is better
    write_scores(tmp_path / "p.html", "small", numbers, compared, {"small"}, "")
    text = page(tmp_path / "p.html").text
    assert "worst gene (squares)" in text and "ahead of gene mean by" in text
    figure = imputation_figure(numbers, {"small"}, tmp_path / "metrics.parquet")
    assert ("Worst gene, per gene", "worst gene (squares)") in {
        (axis.get_title(loc="left"), axis.get_ylabel()) for axis in figure.axes
    }
