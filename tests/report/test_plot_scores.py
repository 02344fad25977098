"""Scores beside their baselines: what the page says in words, what the figures show."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from tests.report.looking import ODD, legends_apart, nothing_cut, page, picture, printed_honest, shows
from workflow_scripts.contracts import comparisons, metrics, predictions
from workflow_scripts.evaluation import models
from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.metrics import METRICS
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report import scores, style
from workflow_scripts.report.looks import look
from workflow_scripts.report.plot_scores import confusion_figure, f1_figure, imputation_figure, plot_scores
from workflow_scripts.report.score_figures import (
    MOST_CLASSES,
    OTHER,
    confusion_classes,
    confusion_table,
    draw_bars,
    draw_imputation,
)
from workflow_scripts.report.scores_page import write_scores

PROBE, RUN = "small_logistic_regression", "small"
PROBE_LABEL = "small: logistic regression on its embedding"
BASELINES = ("logistic_regression_log_tpm", "knn", "majority_class")
IMPUTERS = ("gene_mean", "knn_imputer", "pca_imputer")
OUTPUTS = {"scores": "f1.png", "imputation": "imputation.png", "confusion": "confusion.png", "table": "scores.html"}
RESAMPLED = np.random.default_rng(0).normal(size=200)  # what resamples do to every model alike


def row(model: str, metric: str, value: float, own: float = 0.002, **given: object) -> dict:
    """One row of Replicates; what is not given is classification on the test split.

    Resamples move all models together by 0.05, and each on its own by `own` (standard deviations).
    """
    generator = np.random.default_rng(zlib.crc32(f"{model} {metric} {given}".encode()))
    replicates = value + 0.05 * RESAMPLED + own * generator.normal(size=len(RESAMPLED))
    found = {"model": model, "dataset": "all", "split": "test", "task": "classification", "level": "pooled"}
    found |= {"metric": metric, "value": value, "n": 40, "replicates": replicates, "groups": "g"} | given
    found["ci_low"], found["ci_high"] = interval(found["level"], value, replicates)
    return found


def rows_of(probe: float, imputer: float) -> list[dict]:
    """Numbers in which the probe and the imputer have the given scores; the best baselines have 0.8 and 0.9."""
    rows = [
        row(model, metric, value - lower, split=split)
        for model, value in zip((PROBE, *BASELINES), (probe, 0.8, 0.7, 0.1), strict=True)
        for metric in ("macro_f1", "weighted_f1", "balanced_accuracy")
        for split, lower in (("validation", 0.05), ("test", 0))
    ]
    rows += [row(model, f"f1:{ODD}", value, level="per_class") for model, value in ((PROBE, probe), ("knn", 0.7))]
    for ratio in ("0.15", "0.3"):
        given = {"task": "imputation", "dataset": f"mask_{ratio}"}
        for model, value in ((RUN, imputer), *zip(IMPUTERS, (0.7, 0.8, 0.9), strict=True)):
            rows += [row(model, "pearson", value, **given), row(model, "pearson", value, level="per_sample", **given)]
            of_gene = np.nan if model == "gene_mean" else value
            rows.append(row(model, "pearson", of_gene, level="per_gene", **given))
            rows += [row(model, "rmse", 1.5 - value, **given), row(model, "skill", value - 0.7, **given)]
    return rows


def tables_of(rows: list[dict]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Metrics and Comparisons of rows of Replicates, as `collect_metrics` makes them."""
    types = {"value": float, "ci_low": float, "ci_high": float, "n": "int64"}
    frame = pd.DataFrame(rows, columns=list(metrics.REPLICATES.columns)).astype(types)
    own = frame["model"].isin([RUN, PROBE])
    return frame[list(metrics.SCHEMA.columns)], compare(frame[own], frame[~own], "metrics.parquet")


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
    names = [ODD, *(f"tissue {index}" for index in range(1, classes))]
    return plot(folder, origin, tables_of(rows_of(probe, imputer)), names)


def plot(folder: Path, origin: dict, tables: tuple[pd.DataFrame, pd.DataFrame], names: list[str]) -> dict[str, Path]:
    """Write the tables and predictions of classes `names` (none: no prediction), draw them, and return the outputs."""
    given = {name: folder / f"{name}.parquet" for name in ("metrics", "comparisons", "predictions", "baselines")}
    metrics.write(tables[0], given["metrics"])
    comparisons.write(tables[1], given["comparisons"])
    for name, those in (("predictions", (PROBE,)), ("baselines", BASELINES)):
        predictions.write(predicted(those, names or ["a"]).iloc[: None if names else 0], given[name])
    made = {argument: folder / name for argument, name in OUTPUTS.items()}
    plot_scores(**given, **origin, run=RUN, place=0, **made)
    return made


def words(path: Path) -> str:
    return " ".join(page(path).text.split())


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


def test_a_model_that_is_behind_is_said_to_be_behind(tmp_path, origin) -> None:
    text = words(draw(tmp_path / "out", origin(True), probe=0.5, imputer=0.85)["table"])
    assert "small is ahead of every baseline in 0, level in 0 and behind in 13 of 13 numbers on the test split." in text
    assert "small is ahead of every baseline in 0, level in 0 and behind in 1 of 1 classes, by their F1." in text
    said = re.escape(f"{PROBE_LABEL} is behind logistic regression on log-TPM by 0.300 [0.29")
    also = "also behind nearest neighbours in log-TPM"
    assert re.search(said + rf"\d, 0.30\d\]; {also} \(macro F1, pooled, classification, all labelled samples\)", text)
    said = re.escape("small is behind PCA imputer by 0.050 [0.04")
    assert re.search(said + r"\d, 0.05\d\] \(RMSE, pooled, imputation, 15 % of genes hidden\)", text)
    assert not re.search(r"ahead of \d", text) and "level with" not in text


def test_a_model_that_is_ahead_is_said_to_be_ahead(tmp_path, origin) -> None:
    text = words(draw(tmp_path / "out", origin(True), probe=0.9, imputer=0.95)["table"])
    assert "small is ahead of every baseline in 13, level in 0 and behind in 0 of 13 numbers" in text
    assert "ahead of 3 baselines, of the closest, logistic regression on log-TPM, by 0.100 [" in text
    assert "is behind" not in text
    assert re.search(r"ahead of 2 baselines, of the closest, [^;]+; not compared with gene mean", text)  # per gene


def test_a_model_that_cannot_be_told_from_a_baseline_is_said_to_be_level(tmp_path, origin) -> None:
    text = words(draw(tmp_path / "out", origin(True), probe=0.8, imputer=0.9)["table"])
    assert "small is ahead of every baseline in 0, level in 13 and behind in 0 of 13 numbers" in text
    assert re.search(r"level with PCA imputer: \+0.000 \[-0.00\d, \+0.00\d\]", text)


def test_no_model_is_ahead_or_behind_by_nothing(tmp_path, origin) -> None:
    """A difference so small that three digits would say 0.000, but whose interval does not hold 0."""
    rows = [row(RUN, "macro_f1", 0.80012, own=0), row("knn", "macro_f1", 0.8, own=0), row(RUN, "rmse", 0.80012, own=0)]
    rows.append(row("knn", "rmse", 0.8, own=0))
    text = words(plot(tmp_path / "out", origin(False), tables_of(rows), [])["table"])
    assert "ahead of nearest neighbours in log-TPM by 0.0001 [0.0001, 0.0001]" in text
    assert "small is behind nearest neighbours in log-TPM by 0.0001 [0.0001, 0.0001]" in text
    assert "by 0.000 " not in text


def test_every_number_of_every_model_stands_in_the_table(tmp_path, origin) -> None:
    made = draw(tmp_path / "out", origin(False))
    shown = page(made["table"])
    text = shown.text
    for model in BASELINES:
        assert f"{models.BASELINES[model].label} (baseline)" in text and model not in text
    assert PROBE_LABEL in text and f"{PROBE_LABEL} (baseline)" not in text and "gene mean (baseline)" in text
    table = metrics.read(tmp_path / "out/metrics.parquet").dropna()
    for value, low, high in table[["value", "ci_low", "ci_high"]].itertuples(index=False):
        assert f"{value:.3f} [{low:.3f}, {high:.3f}]" in text
    assert "RMSE (ln(TPM+1))" in text and "not defined" in text
    assert f"F1 of {ODD}" in text and ODD not in shown.raw
    assert re.findall(r"^.+ split$", text, re.MULTILINE) == [
        "Classification, all labelled samples, test split",
        "Classification, all labelled samples, validation split",
        "Imputation, 15 % of genes hidden, test split",
        "Imputation, 30 % of genes hidden, test split",
    ]


def held(*differences: tuple[str, float, float, float, str], metric: str = "macro_f1") -> scores.Verdict:
    """The verdict on model `a`: of each baseline its name, difference, both ends and what they say."""
    columns = ["baseline", "difference", "ci_low", "ci_high", "verdict"]
    table = pd.DataFrame(differences, columns=columns)
    place = {"model": "a", "dataset": "all", "split": "test", "task": "classification", "level": "pooled"}
    (verdict,) = scores.judge(table.assign(**place, metric=metric, value=0.5, baseline_value=0.5))
    assert verdict.model == "a" and verdict.place == ("all", "test", "classification", "pooled", metric)
    return verdict._replace(words=" ".join(verdict.words.split()))  # also spaces that do not break


def test_one_baseline_that_is_better_is_enough_to_be_behind() -> None:
    better, near = ("c", -0.2, -0.3, -0.1, "behind"), ("d", -0.1, -0.2, -0.05, "behind")
    verdict = held(("b", 0.1, 0.05, 0.15, "ahead"), near, better, ("e", 0.0, -0.1, 0.1, "level"))
    assert (verdict.says, verdict.words) == ("behind", "behind c by 0.200 [0.100, 0.300]; also behind d")


def test_a_model_is_ahead_only_of_all_and_by_what_it_leads_the_closest() -> None:
    ahead = ("b", 0.2, 0.1, 0.3, "ahead"), ("c", 0.1, 0.05, 0.15, "ahead")
    verdict = held(*ahead)
    assert verdict.says == "ahead"
    assert verdict.words == "ahead of 2 baselines, of the closest, c, by 0.100 [0.050, 0.150]"
    verdict = held(*ahead, ("d", 0.01, -0.02, 0.04, "level"))
    assert (verdict.says, verdict.words) == ("level", "level with d: +0.010 [-0.020, +0.040]")


def test_of_an_error_the_closest_is_the_least() -> None:
    verdict = held(("b", -0.2, -0.3, -0.1, "ahead"), ("c", -0.1, -0.15, -0.05, "ahead"), metric="rmse")
    assert verdict.words == "ahead of 2 baselines, of the closest, c, by 0.100 [0.050, 0.150]"
    verdict = held(("b", 0.1, 0.05, 0.15, "behind"), ("c", 0.2, 0.1, 0.3, "behind"), metric="rmse")
    assert verdict.words == "behind c by 0.200 [0.100, 0.300]; also behind b"


def test_what_has_no_interval_is_not_called_a_win() -> None:
    unknown = ("b", 0.3, np.nan, np.nan, "unknown")
    verdict = held(unknown)
    assert (verdict.says, verdict.words) == ("unknown", "not compared with b: no interval")
    verdict = held(unknown, ("c", 0.1, 0.05, 0.15, "ahead"))
    assert (verdict.says, verdict.words) == ("ahead", "ahead of c by 0.100 [0.050, 0.150]; not compared with b")


def test_a_run_without_baselines_is_said_to_have_none(tmp_path) -> None:
    numbers, compared = tables_of([row(RUN, "macro_f1", 0.5)])
    write_scores(tmp_path / "p.html", RUN, numbers, compared, {RUN}, "")
    assert "No number of small on the test split has a baseline beside it." in page(tmp_path / "p.html").text


def test_the_page_shows_what_an_embedding_is_good_for_beside_other_representations(tmp_path: Path) -> None:
    """A table a task, in words; to be told from train by the norm less than others is to be ahead."""
    found = [
        row(model, metric, value, task=task, dataset=dataset)
        for task, dataset, metric, values in (
            ("clustering", "all", "separability", (0.55, 0.7)),
            ("clustering", "all", "silhouette", (0.3, 0.5)),
            ("retrieval", "held_out", "recall_5", (0.9, 0.6)),
            ("survival", "survival", "concordance", (0.6, 0.6)),
        )
        for model, value in zip((RUN, "log_tpm"), values, strict=True)
    ]
    write_scores(tmp_path / "p.html", RUN, *tables_of(found), {RUN}, "")
    text = " ".join(page(tmp_path / "p.html").text.split())
    for title in (
        "Clustering, all labelled samples, test split",
        "Retrieval, the same sample of another source, among held-out samples, test split",
        "Survival, pairs of samples of one label, test split",
    ):
        assert title in text
    assert f"{RUN} is ahead of every baseline in 2, level in 1 and behind in 1 of 4 numbers" in text
    assert "behind log-TPM by 0.200" in text and "log-TPM (baseline)" in text
    for metric in ("separability", "silhouette", "recall_5", "concordance"):
        assert METRICS[metric].label in text


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
    table = pd.DataFrame([row("a", "macro_f1", 0.9), row("knn", "macro_f1", 0.7), row("c", "macro_f1", np.nan)])
    axis = draw_bars(style.new_figure(5, 3).subplots(), table, ["a", "knn", "c"], {"a"}, "macro F1")
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["a", "nearest neighbours in log-TPM", "c"]
    assert [text.get_text() for text in axis.texts] == ["0.900", "0.700", "not defined"]
    assert [patch.get_facecolor()[:3] for patch in axis.patches[:2]][0] != axis.patches[1].get_facecolor()[:3]
    assert axis.get_legend().get_texts()[0].get_text() == "best baseline 0.700"


def test_a_model_has_one_colour_in_every_panel_also_where_another_is_missing() -> None:
    numbers, _ = tables_of(rows_of(0.7, 0.8))
    figure = imputation_figure(numbers, {RUN, PROBE}, Path("m.parquet"))
    colours: dict[str, set[str]] = {}
    for axis in figure.axes:
        for line in axis.lines:
            colours.setdefault(line.get_label(), set()).add(to_hex(line.get_color()))
    assert set(colours) == {RUN, *(models.BASELINES[name].label for name in IMPUTERS)}
    assert all(len(of) == 1 for of in colours.values())
    assert len(set.union(*colours.values())) == len(colours)
    (legend,) = figure.legends
    named = zip(legend.texts, legend.get_lines(), strict=True)
    key = {text.get_text(): to_hex(line.get_color()) for text, line in named}
    assert key == {model: of.pop() for model, of in colours.items()} and key[RUN] == style.BLUE.lower()


def test_imputation_has_no_empty_panel_is_not_cut_and_fits_a_window() -> None:
    numbers, _ = tables_of(rows_of(0.7, 0.8))
    figure = imputation_figure(numbers, {RUN, PROBE}, Path("m.parquet"))
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == [
        *(f"Pearson r, {level}" for level in ("pooled", "per gene", "per sample")),
        "RMSE, pooled",
        "Skill over the gene mean, pooled",
    ]
    assert all(axis.lines for axis in figure.axes)
    assert [axis.get_ylabel() for axis in figure.axes][3] == "RMSE (ln(TPM+1))"
    assert "gene mean" in figure.axes[1].get_xlabel() and "gene mean" not in figure.axes[0].get_xlabel()
    assert nothing_cut(figure) and legends_apart(figure)
    width, height = figure.get_size_inches()
    assert width / height >= 1280 / 800


def test_lines_that_coincide_can_all_be_seen() -> None:
    names = [RUN, *IMPUTERS]
    table = pd.DataFrame([row(model, "rmse", 0.5, ratio=ratio) for model in names for ratio in (0.1, 0.3, 0.5)])
    figure = style.new_figure(5, 3)
    draw_imputation(figure.subplots(), table.assign(ci_low=np.nan, ci_high=np.nan), names)
    assert all(shows(figure, look(model).colour) > 100 for model in names)


def test_the_figure_of_f1_shows_the_test_split_and_says_in_words_who_is_ahead() -> None:
    figure = f1_figure(*tables_of(rows_of(0.5, 0.9)), {RUN, PROBE})
    for axis in figure.axes:
        assert [text.get_text() for text in axis.texts] == ["0.500", "0.800", "0.700", "0.100"]
        said = " ".join(axis.get_xlabel().split())
        assert f"F1 {PROBE_LABEL} is behind logistic regression on log-TPM by 0.300 [" in said
        assert "also behind nearest neighbours" in said
        assert said.count(" is ") == 1  # of this number alone


def test_bars_and_confusion_are_not_cut() -> None:
    rows = [row(model, "macro_f1", 0.999, own=0) for model in (PROBE, *BASELINES)]
    numbers, compared = tables_of([*rows, row(PROBE, "weighted_f1", 0.5)])
    bars = f1_figure(numbers, compared, {RUN, PROBE})
    assert nothing_cut(bars) and legends_apart(bars)
    assert len({axis.get_ylim() for axis in bars.axes}) == 1  # rows stand level, also where most have no number
    names = [f"a rather long name of tissue {index}" for index in range(12)]
    assert nothing_cut(confusion_figure(numbers, predicted((PROBE,), names), predicted(BASELINES, names)))


@pytest.mark.parametrize(("dataset", "ratio"), [("mask_0.15", 0.15), ("mask_1e-05", 1e-5), ("mask_1", 1.0)])
def test_any_share_of_hidden_genes_is_read(dataset: str, ratio: float) -> None:
    assert scores.mask_ratio(dataset, Path("m.parquet")) == ratio


@pytest.mark.parametrize("dataset", ["mask_half", "0.15", "mask_nan", "mask_0", "mask_15"])
def test_an_imputation_of_no_known_share_is_refused(dataset: str, tmp_path: Path, origin) -> None:
    table, compared = tables_of([row(RUN, "rmse", 0.5, task="imputation", dataset=dataset)])
    with pytest.raises(BadInput, match=f"metrics.parquet: dataset '{dataset}': is not mask_ and a share"):
        plot(tmp_path, origin(False), (table, compared), ["a"])


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
    made = plot(tmp_path, origin(True), tables_of([]), [])
    assert all(path.stat().st_size for path in made.values())
    assert "has a baseline beside it" in page(made["table"]).text
