"""What a finished run says of its scores."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.contracts import comparisons, metrics
from workflow_scripts.evaluation.metrics import METRICS
from workflow_scripts.terminal import headline

OF = {"dataset": "all", "split": "test", "task": "classification", "level": "pooled", "metric": "weighted_f1"}


def scored(folder: Path, rows: list[dict]) -> None:
    """The files of one run; rows: of Comparisons, what is not given is that of a model beside a baseline."""
    given = {"model": "probe", "baseline": "knn", "value": 0.5, "baseline_value": 0.25, "difference": 0.25}
    given |= {"ci_low": 0.125, "ci_high": 0.375, "verdict": "ahead"} | OF
    table = pd.DataFrame([given | row for row in rows])[list(comparisons.SCHEMA.columns)]
    folder.mkdir(parents=True)
    comparisons.write(table, folder / "comparisons.parquet")
    own = table[["model", *OF, "value"]].assign(ci_low=np.nan, ci_high=np.nan, n=5)
    both = pd.concat([own, own.assign(split="validation")])  # on which the model is chosen
    metrics.write(both.drop_duplicates(["model", "split"])[list(metrics.SCHEMA.columns)], folder / "metrics.parquet")


def test_each_run_stands_beside_the_best_baseline(tmp_path: Path) -> None:
    near = {"baseline": "logistic", "baseline_value": 0.75, "difference": -0.25, "verdict": "behind"}
    near |= {"ci_low": -0.5, "ci_high": -0.125}
    scored(tmp_path / "bulk/b", [{}, near, {"model": "poor", "value": 0.125}, {"split": "validation"}])
    scored(tmp_path / "bulk/a", [{"ci_low": np.nan, "ci_high": np.nan, "verdict": "unknown"}])
    assert headline.headlines(tmp_path) == [
        ("a", "weighted F1, classification, all", "0.500", "0.250", "knn", "unknown"),
        ("b", "weighted F1, classification, all", "0.500", "0.750", "logistic", "behind -0.250 [-0.500, -0.125]"),
    ]


def test_each_task_has_a_metric_that_stands_for_it() -> None:
    assert {metric.task for metric in METRICS.values()} == set(headline.HEADLINES)
    assert all(METRICS[name].task == task for task, name in headline.HEADLINES.items())


@pytest.mark.parametrize("results", ["results/mine", "elsewhere"])
def test_scores_are_found_where_results_go(
    results: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("pathvars: {results: elsewhere}\n" if results == "elsewhere" else "report: {}\n")
    scored(tmp_path / results / "bulk/a", [{}])
    monkeypatch.setattr(sys, "argv", ["headline", str(config), "--directory", str(tmp_path)])
    headline.main()
    *table, empty, report = capsys.readouterr().out.splitlines()
    assert table[-1].startswith("a    weighted F1, classification, all  0.500  0.250          knn  ahead +0.250 [")
    assert (empty, report) == ("", f"Report: {tmp_path}/results/mine/report/report.html")


def test_a_run_without_models_names_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "yeast.yaml").write_text("{}")
    monkeypatch.setattr(sys, "argv", ["headline", str(tmp_path / "yeast.yaml"), "--directory", "a folder"])
    headline.main()
    assert capsys.readouterr().out == "Report: a folder/results/yeast/report/report.html\n"
