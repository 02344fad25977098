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


def learned(folder: Path, numbers: list[tuple], against: list[tuple]) -> None:
    """Metrics (model, dataset, task, metric, value) and Comparisons (the same of a model, baseline, difference)."""
    folder.mkdir(parents=True)
    names, one = ["model", "dataset", "task", "metric", "value"], {"split": "test", "level": "pooled"}
    rows = pd.DataFrame(numbers, columns=names).assign(**one, ci_low=0.0, ci_high=1.0, n=5)
    metrics.write(rows[list(metrics.SCHEMA.columns)], folder / "metrics.parquet")
    rows = pd.DataFrame(against, columns=[*names, "baseline", "difference", "ci_low", "ci_high", "verdict"])
    rows = rows.assign(**one, baseline_value=rows["value"] - rows["difference"])
    rows = rows.astype(dict.fromkeys(comparisons.NUMBERS, float))
    comparisons.write(rows[list(comparisons.SCHEMA.columns)], folder / "comparisons.parquet")


def test_circuits_enhancers_and_perturbed_cells_stand_beside_their_best_baselines(tmp_path: Path) -> None:
    edges = ("run", "planted", "edges", "aupr", 0.5)
    errors = ("run", "planted", "response", "response_mse", 0.0042)
    cells = ("network:esm2", "planted", "doubles", "effect_l2", 0.75)
    above = (0.25, 0.125, 0.375, "ahead")
    for place in ("circuit/planted/run", "circuit/planted+10/run", "circuit/planted/parts+unchanged+1"):
        learned(
            tmp_path / place,
            [edges, ("genie3", *edges[1:]), errors],
            [(*edges, "genie3", *above), (*edges, "clr", 0.375, -0.1, 0.5, "level")]
            + [
                (*errors, "additive", -0.001, -0.002, -0.0005, "ahead"),
                (*errors, "no_change", -1.0, -2, -0.5, "ahead"),
            ],
        )
    learned(tmp_path / "circuit/enhancers/planted", [("attention", "planted", "enhancers", "link_auprc", 0.5)], [])
    learned(
        tmp_path / "circuit/perturb_seq/planted",
        [cells, ("network:esm2", "planted, K562", *cells[2:])],
        [(*cells, "additive", -0.125, -0.2, -0.1, "ahead"), (*cells, "split_half", 0.5, 0.4, 0.6, "behind")]
        + [(*cells, "network:none", 0.25, 0.2, 0.3, "behind")],
    )
    of_edges = "ahead +0.250 [+0.125, +0.375], level with another one"
    own = "networks upon a rule, esm2"
    assert headline.scores(tmp_path) == [
        ("attention", "AUPRC (enhancers, planted)", "0.500 [0.000, 1.000]", "none", "", "unknown"),
        (own, "distance of changes (doubles, planted)", "0.750 [0.000, 1.000]")
        + ("0.875", "sum of the two singles", "ahead -0.125 [-0.200, -0.100]"),
        ("run", "AUPR (edges, planted)", "0.500 [0.000, 1.000]", "0.250", "GENIE3", of_edges),
        ("run", "MSE of responses (response, planted)", "0.0042 [0.0000, 1.0000]")
        + ("0.0052", "sum of effects", "ahead -0.0010 [-0.0020, -0.0005]"),
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
