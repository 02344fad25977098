"""What a finished run says of its scores."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.contracts import comparisons, metrics
from workflow_scripts.terminal import headline

OF = {"dataset": "all", "split": "test", "task": "classification", "level": "pooled", "metric": "weighted_f1"}
SCORE = {"value": 0.5, "ci_low": 0.375, "ci_high": 0.625, "n": 54} | OF
KNN = {"baseline": "knn", "value": 0.5, "baseline_value": 0.25, "difference": 0.25, "verdict": "ahead"} | OF
KNN |= {"ci_low": 0.125, "ci_high": 0.375}
BETTER = KNN | {"baseline": "logistic_regression_log_tpm", "baseline_value": 0.75, "difference": -0.25}
BETTER |= {"ci_low": -0.5, "ci_high": -0.125, "verdict": "behind"}


def scored(results: Path, run: str, *against: dict) -> None:
    """The files of one run, whose probe stands beside some baselines."""
    model, folder = {"model": f"{run}_logistic_regression"}, results / "bulk" / run
    folder.mkdir(parents=True)
    metrics.write(pd.DataFrame([model | SCORE])[list(metrics.SCHEMA.columns)], folder / "metrics.parquet")
    table = pd.DataFrame([model | row for row in against])[list(comparisons.SCHEMA.columns)]
    comparisons.write(table, folder / "comparisons.parquet")


def test_each_run_stands_beside_the_best_baseline(tmp_path: Path) -> None:
    scored(tmp_path, "b", KNN, BETTER)
    scored(tmp_path, "a", KNN | {"ci_low": np.nan, "ci_high": np.nan, "verdict": "unknown"})
    scored(tmp_path, "a.500", KNN)  # of a learning curve
    name, value = "weighted F1 (classification, all)", "0.500 [0.375, 0.625]"
    best = ("0.750", "logistic regression on log-TPM", "behind -0.250 [-0.500, -0.125]")
    assert headline.scores(tmp_path) == [
        ("a", name, value, "0.250", "nearest neighbours in log-TPM", "unknown"),
        ("b", name, value, *best),
    ]


@pytest.mark.parametrize("results", ["results/mine", "elsewhere"])
def test_scores_are_found_where_results_go(
    results: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("pathvars: {results: elsewhere}\n" if results == "elsewhere" else "report: {}\n")
    scored(tmp_path / results, "a", KNN)
    monkeypatch.setattr(sys, "argv", ["headline", str(config), "--directory", str(tmp_path)])
    headline.main()
    empty, head, row, after, report = capsys.readouterr().out.splitlines()
    assert (empty, after, report) == ("", "", f"Report: {tmp_path}/results/mine/report/report.html")
    assert head.index("of the run") == row.index("0.500") and head.index("difference") == row.index("ahead +0.250 [")


def test_a_run_without_models_names_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "yeast.yaml").write_text("{}")
    monkeypatch.setattr(sys, "argv", ["headline", str(tmp_path / "yeast.yaml"), "--directory", "a folder"])
    headline.main()
    assert capsys.readouterr().out == "Report: a folder/results/yeast/report/report.html\n"
