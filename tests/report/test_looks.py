"""One look a model, the same in every figure and on every page."""

from __future__ import annotations

from workflow_scripts.evaluation.models import BASELINES, label
from workflow_scripts.report.looks import KNOWN, line, look, swatch


def test_every_baseline_has_a_look_of_its_own_that_no_run_has() -> None:
    assert set(KNOWN) == set(BASELINES)
    looks = [look(name) for name in BASELINES] + [look(f"run{place}", place) for place in range(8)]
    assert len(set(looks)) == len(looks)
    assert len({(of.colour, of.marker) for of in looks}) == len(looks)
    assert not {look(name).colour for name in BASELINES} & {look("run", place).colour for place in range(16)}


def test_two_baselines_of_one_task_differ_in_colour() -> None:
    for task in {baseline.task for baseline in BASELINES.values()}:
        colours = [look(name).colour for name, baseline in BASELINES.items() if baseline.task == task]
        assert len(set(colours)) == len(colours)


def test_a_run_and_the_classifier_on_its_embedding_look_alike_and_runs_differ() -> None:
    assert look("small", 1) == look("small_logistic_regression", 1) != look("small", 0)
    assert look("knn", 1) == look("knn", 0)


def test_a_new_baseline_has_a_look_of_its_own(monkeypatch) -> None:
    for name in ("first", "second"):
        monkeypatch.setitem(BASELINES, name, BASELINES["knn"]._replace(label=name))
    assert len({look(name) for name in BASELINES}) == len(BASELINES)


def test_models_go_by_names_in_words() -> None:
    assert label("logistic_regression_log_tpm") == "logistic regression on log-TPM"
    assert label("small_logistic_regression") == "small: logistic regression on its embedding"
    assert label("small") == "small"
    assert not any("_" in label(name) for name in BASELINES)
    assert len({label(name) for name in BASELINES}) == len(BASELINES)


def test_lines_of_baselines_lie_above_a_broad_one_with_gaps() -> None:
    run, others = line("small"), [line(name) for name in BASELINES]
    assert "ls" not in run and all(run["lw"] > of["lw"] and run["zorder"] < of["zorder"] for of in others)
    assert all(of["mfc"] == "none" for of in others)


def test_a_page_shows_the_colour_of_a_model() -> None:
    assert look("knn").colour in swatch("knn")
