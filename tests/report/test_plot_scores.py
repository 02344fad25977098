from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import ODD, page, picture, printed_honest
from workflow_scripts.contracts import metrics, predictions
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report import scores, style
from workflow_scripts.report.plot_scores import plot_scores
from workflow_scripts.report.score_figures import (
    MOST_CLASSES,
    OTHER,
    confusion_classes,
    confusion_table,
    draw_bars,
    draw_imputation,
)

PROBE, RUN = "small_logistic_regression", "small"
BASELINES = ("logistic_regression_log_tpm", "knn", "majority_class")
OUTPUTS = {"scores": "f1.png", "imputation": "imputation.png", "confusion": "confusion.png", "table": "scores.html"}


def row(model: str, metric: str, value: float, reach: float = 0.02, **given: object) -> dict:
    """One row of metrics; what is not given is classification on the test split."""
    found = {"model": model, "dataset": "all", "split": "test", "task": "classification", "level": "pooled"}
    return (
        found | {"metric": metric, "value": value, "ci_low": value - reach, "ci_high": value + reach, "n": 40} | given
    )


def table_of(probe: float, imputer: float) -> pd.DataFrame:
    """Metrics in which the probe and the imputer have the given scores; the best baselines have 0.8 and 0.9."""
    rows = [
        row(model, metric, value, split=split)
        for model, value in zip((PROBE, *BASELINES), (probe, 0.8, 0.7, 0.1), strict=True)
        for metric in ("macro_f1", "weighted_f1", "balanced_accuracy")
        for split in ("validation", "test")
    ]
    rows += [row(model, f"f1:{ODD}", value, level="per_class") for model, value in ((PROBE, probe), ("knn", 0.7))]
    for ratio in ("0.15", "0.3"):
        given = {"task": "imputation", "dataset": f"mask_{ratio}"}
        for model, value in ((RUN, imputer), ("gene_mean", 0.9)):
            rows += [row(model, "pearson", value, **given), row(model, "pearson", value, level="per_gene", **given)]
            rows.append(row(model, "rmse", 1.5 - value, **given))
    return pd.DataFrame(rows)


def predicted(models: tuple[str, ...], classes: list[str], count: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(len(models))
    tables = []
    for model in models:
        label = rng.choice(classes, count)
        guess = np.where(rng.random(count) < 0.7, label, rng.choice(classes, count))
        tables.append(
            pd.DataFrame(
                {
                    "model": model,
                    "dataset": "all",
                    "sample_id": [f"s{index}" for index in range(count)],
                    "split": ["validation", "test"] * (count // 2),
                    "group": "g",
                    "label": label,
                    "predicted": guess,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def draw(folder: Path, origin: dict, probe: float = 0.75, imputer: float = 0.95, classes: int = 6) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    names = [ODD, *(f"tissue {index}" for index in range(1, classes))]
    metrics.write(table_of(probe, imputer), folder / "metrics.parquet")
    predictions.write(predicted((PROBE,), names), folder / "own.parquet")
    predictions.write(predicted(BASELINES, names), folder / "baselines.parquet")
    made = {argument: folder / name for argument, name in OUTPUTS.items()}
    plot_scores(
        metrics=folder / "metrics.parquet",
        predictions=folder / "own.parquet",
        baselines=folder / "baselines.parquet",
        **origin,
        run=RUN,
        **made,
    )
    return made


@pytest.mark.parametrize("simulated", [True, False])
def test_scores_are_drawn_and_the_honest_line_is_said_only_of_simulated_data(tmp_path, origin, simulated: bool) -> None:
    made = draw(tmp_path / "out", origin(simulated))
    for name in ("scores", "imputation", "confusion"):
        picture(made[name])
        assert printed_honest(made[name]) == simulated
    assert ("Simulated data" in page(made["table"]).text) == simulated


def test_the_same_scores_give_the_same_bytes(tmp_path, origin) -> None:
    first, again = (draw(tmp_path / name, origin(True)) for name in ("first", "again"))
    assert [path.read_bytes() for path in first.values()] == [path.read_bytes() for path in again.values()]


def test_a_model_that_loses_is_said_to_lose(tmp_path, origin) -> None:
    text = " ".join(page(draw(tmp_path / "out", origin(True), probe=0.5, imputer=0.85)["table"]).text.split())
    assert "small loses to a baseline in 9 of 9 numbers on the test split." in text
    assert "small loses to a baseline in 1 of 1 classes, by their F1." in text
    assert f"{PROBE} loses to logistic_regression_log_tpm by 0.300: macro F1 (pooled), classification, all" in text
    assert "small loses to gene_mean by 0.050: RMSE (pooled), imputation, mask_0.15" in text
    assert "ahead of" not in text


def test_a_model_that_is_ahead_is_said_to_be_ahead(tmp_path, origin) -> None:
    text = " ".join(page(draw(tmp_path / "out", origin(True), probe=0.9, imputer=0.95)["table"]).text.split())
    assert "small loses to no baseline in any of 9 numbers on the test split." in text
    assert f"{PROBE} ahead of logistic_regression_log_tpm by 0.100" in text
    assert "loses to a baseline" not in text and f"{PROBE} loses to" not in text


def test_every_number_of_every_model_stands_in_the_table(tmp_path, origin) -> None:
    made = draw(tmp_path / "out", origin(False))
    shown = page(made["table"])
    text = shown.text
    for model in BASELINES:
        assert f"{model} (baseline)" in text
    assert f"{PROBE} (baseline)" not in text and "gene_mean (baseline)" in text
    for number in ("0.750 [0.730, 0.770]", "0.800 [0.780, 0.820]", "0.100 [0.080, 0.120]", "0.550 [0.530, 0.570]"):
        assert number in text
    assert f"F1 of {ODD}" in text and ODD not in shown.raw
    assert re.findall(r"^.+ split$", text, re.MULTILINE) == [
        "classification, all, test split",
        "classification, all, validation split",
        "imputation, mask_0.15, test split",
        "imputation, mask_0.3, test split",
    ]


def test_every_model_is_held_against_the_best_baseline_on_that_very_number() -> None:
    table = pd.DataFrame(
        [
            *(row(model, "macro_f1", value) for model, value in (("a", 0.5), ("low", 0.4), ("high", 0.6))),
            *(row(model, "rmse", value) for model, value in (("a", 0.5), ("low", 0.4), ("high", 0.6))),
        ]
    )
    first, second = scores.judge(table, {"a"})
    assert (first.loses, first.words) == (True, "loses to high by 0.100")
    assert (second.loses, second.words) == (True, "loses to low by 0.100")  # of an error, less is better


def test_words_say_where_intervals_overlap() -> None:
    table = pd.DataFrame([row("a", "macro_f1", 0.5, reach=0.2), row("b", "macro_f1", 0.6, reach=0.2)])
    assert scores.judge(table, {"a"})[0].words == "loses to b by 0.100, intervals overlap"
    table.loc[1, "ci_low"] = np.nan  # an interval that was not computed overlaps none
    assert scores.judge(table, {"a"})[0].words == "loses to b by 0.100"


def test_equal_undefined_unknown_and_lonely_numbers_are_not_judged_as_wins() -> None:
    table = pd.DataFrame([row("a", "macro_f1", 0.5), row("b", "macro_f1", 0.5)])
    assert scores.judge(table, {"a"})[0].words == "equals b"
    assert scores.judge(table.assign(value=np.nan), {"a"}) == []
    assert scores.judge(table.assign(metric="parameters"), {"a"}) == []
    assert scores.judge(table.iloc[:1], {"a"})[0].words == "has no baseline"


def test_a_run_without_baselines_is_said_to_have_none(tmp_path) -> None:
    from workflow_scripts.report.scores_page import write_scores

    write_scores(tmp_path / "p.html", "a", pd.DataFrame([row("a", "macro_f1", 0.5)]), {"a"}, "")
    assert "No number of a on the test split has a baseline beside it." in page(tmp_path / "p.html").text


def test_the_best_baseline_is_chosen_by_weighted_f1_without_the_test_split() -> None:
    table = pd.DataFrame(
        [
            row("a", "weighted_f1", 0.9),
            row("a", "weighted_f1", 0.3, split="validation"),
            row("a", "macro_f1", 0.9, split="validation"),
            row("b", "weighted_f1", 0.2),
            row("b", "weighted_f1", 0.4, split="validation"),
            row("b", "macro_f1", 0.1, split="validation"),
        ]
    )
    assert scores.best_model(table, {"a", "b"}) == ("b", "validation")
    assert scores.best_model(table[table["split"] == "test"], {"a", "b"}) == ("a", "test")
    assert scores.best_model(table.iloc[:0], {"b", "a"}) == ("a", "none")


def test_bars_stand_in_the_given_order_with_their_values() -> None:
    table = pd.DataFrame([row("a", "macro_f1", 0.5), row("b", "macro_f1", 0.7), row("c", "macro_f1", np.nan)])
    axis = draw_bars(style.new_figure(5, 3).subplots(), table, ["a", "b", "c"], {"a"}, "macro F1")
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["a", "b", "c"]
    assert [text.get_text() for text in axis.texts] == ["0.500", "0.700", "not defined"]
    assert [patch.get_facecolor()[:3] for patch in axis.patches[:2]][0] != axis.patches[1].get_facecolor()[:3]
    assert axis.get_legend().get_texts()[0].get_text() == "best baseline 0.700"


def test_lines_of_imputation_name_their_model() -> None:
    table = pd.DataFrame([row(model, "rmse", 0.5, ratio=ratio) for model in ("z", "a") for ratio in (0.1, 0.5)])
    axis = draw_imputation(style.new_figure(5, 3).subplots(), table, {"z"}, "RMSE")
    assert [line.get_label() for line in axis.lines] == ["z", "a (baseline)"]


@pytest.mark.parametrize(("dataset", "ratio"), [("mask_0.15", 0.15), ("mask_1e-05", 1e-5), ("mask_1", 1.0)])
def test_any_share_of_hidden_genes_is_read(dataset: str, ratio: float) -> None:
    assert scores.mask_ratio(dataset, Path("m.parquet")) == ratio


@pytest.mark.parametrize("dataset", ["mask_half", "0.15", "mask_nan", "mask_0", "mask_15"])
def test_an_imputation_of_no_known_share_is_refused(dataset: str, tmp_path: Path, origin) -> None:
    tables = draw(tmp_path / "out", origin(False))
    table = metrics.read(tmp_path / "out/metrics.parquet")
    metrics.write(table.replace({"dataset": {"mask_0.3": dataset}}), tmp_path / "out/metrics.parquet")
    own = dict.fromkeys(("predictions", "baselines"), tmp_path / "out/own.parquet")
    with pytest.raises(BadInput, match=f"metrics.parquet: dataset '{dataset}': is not mask_ and a share"):
        plot_scores(metrics=tmp_path / "out/metrics.parquet", **own, **origin(False), run=RUN, **tables)


def test_the_page_does_not_call_overlapping_intervals_undecided(tmp_path, origin) -> None:
    text = " ".join(page(draw(tmp_path / "out", origin(False), probe=0.79)["table"]).text.split())
    assert "can differ reliably even where their intervals overlap" in text
    assert f"{PROBE} loses to logistic_regression_log_tpm by 0.010, intervals overlap" in text


def test_confusion_counts_true_by_predicted() -> None:
    rows = pd.DataFrame({"label": ["a", "a", "b", "b"], "predicted": ["a", "b", "b", "c"]})
    classes = confusion_classes(rows)
    assert classes == ["a", "b", "c"]
    assert confusion_table(rows, classes).tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 0]]


def test_rare_classes_are_put_together_and_none_is_lost() -> None:
    rows = pd.DataFrame({"label": [f"c{index}" for index in range(60) for _ in range(60 - index)]})
    rows["predicted"] = rows["label"]
    classes = confusion_classes(rows)
    table = confusion_table(rows, classes)
    assert len(classes) == MOST_CLASSES + 1 and classes[-1] == OTHER
    assert table.sum() == len(rows) and np.trace(table) == len(rows)


@pytest.mark.parametrize("classes", [1, 33, 60])
def test_few_and_many_classes_are_drawn(tmp_path, origin, classes: int) -> None:
    picture(draw(tmp_path / "out", origin(True), classes=classes)["confusion"])


def test_a_run_without_labels_or_imputation_says_so(tmp_path, origin) -> None:
    metrics.write(table_of(0.5, 0.5).iloc[:0].astype({"n": "int64"}), tmp_path / "m.parquet")
    empty = predicted((PROBE,), ["a"]).iloc[:0]
    predictions.write(empty, tmp_path / "p.parquet")
    made = {argument: tmp_path / name for argument, name in OUTPUTS.items()}
    empty_files = dict.fromkeys(("predictions", "baselines"), tmp_path / "p.parquet")
    plot_scores(metrics=tmp_path / "m.parquet", **origin(True), run=RUN, **empty_files, **made)
    assert all(path.stat().st_size for path in made.values())
    assert "has a baseline beside it" in page(made["table"]).text
