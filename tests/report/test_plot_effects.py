"""Perturbed cells: the figure says who beats the rule, beside the ceiling, and the page has every score."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from tests.circuit.perturbed_cells import cells, prepared, spec
from tests.report.looking import legends_apart, nothing_cut, page, picture, printed_honest, words_apart
from workflow_scripts.circuit.effect_models import MODELS
from workflow_scripts.circuit.effect_residual import BASE
from workflow_scripts.circuit.effect_rules import RULES
from workflow_scripts.circuit.predict_effects import predict_effects
from workflow_scripts.circuit.score_effects import score_effects
from workflow_scripts.contracts import comparisons, metrics
from workflow_scripts.evaluation import cell_models
from workflow_scripts.evaluation.cell_models import CEILING, DOUBLES, LABELS, NEGATIVE, UNSEEN, label
from workflow_scripts.evaluation.metrics import EFFECTS, METRICS
from workflow_scripts.report import style
from workflow_scripts.report.effect_figures import WIDTH, draw_effects, draw_gains, rows_of
from workflow_scripts.report.effect_page import TABLES
from workflow_scripts.report.plot_effects import effects_figure, plot_effects
from workflow_scripts.report.scores import digits_of

KINDS = ("effect", "calibrated")
ORDER = ["no_change", "train_mean", "matching_mean", "additive", "network:none", "network:vectors", "split_half"]


def scored(folder: Path, data: anndata.AnnData) -> dict[str, Any]:
    """What the door is given of such cells, predicted by networks without vectors and with some."""
    files = {"effects": prepared(data, folder), "metrics": folder / "m.parquet", "comparisons": folder / "c.parquet"}
    predicted = [folder / f"{name}.h5ad" for name in ("none", "coexpression")]
    for path, vectors in zip(predicted, (None, folder / "coexpression.h5ad"), strict=True):
        (folder / "predicted").mkdir(exist_ok=True)
        written = folder / "predicted" / path.name
        told = {"effects": files["effects"], "vectors": vectors, "predicted": written}
        predict_effects(**told, spec=spec()["fit"], embedding=path.stem)
    score_effects(**files, predicted=sorted((folder / "predicted").iterdir()), spec=spec()["scores"], dataset="made")
    return files | {"dataset": "made"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of two cell lines, singles and doubles."""
    return scored(tmp_path_factory.mktemp("cells"), cells(each=10, doubles=8))


def tables(files: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Metrics and Comparisons of all contexts together."""
    found = metrics.read(files["metrics"]), comparisons.read(files["comparisons"])
    return found[0][found[0]["dataset"] == "made"], found[1][found[1]["dataset"] == "made"]


def made_rows(**says: str) -> pd.DataFrame:
    """Rows of doubles as `rows_of` gives them, with verdicts of one's own."""
    number = np.arange(len(ORDER), dtype=float)
    rows = pd.DataFrame({"value": number, "ci_low": number - 0.5, "ci_high": number + 0.25}, index=ORDER)
    rows = rows.assign(seed_sd=np.nan, difference=number - 3, low=number - 3.5, high=number - 2.75, says="level")
    rows.loc["network:none", "seed_sd"] = 0.125
    rows.loc["additive", "says"] = "rule"
    return rows.assign(says=[says.get(name.partition(":")[0], of) for name, of in rows["says"].items()])


# names


def test_every_rule_and_model_has_a_name_of_its_own_in_words() -> None:
    assert {*RULES, *MODELS, CEILING} == set(LABELS)
    assert len({label(f"{name}:x") for name in LABELS}) == len(LABELS) and not any("_" in label(n) for n in LABELS)
    assert label("network:none") == "networks upon a rule, no gene vectors"
    assert label("linear_low_rank:esm2") == "linear model of low rank, esm2"


def test_the_rule_of_a_task_is_the_one_that_networks_stand_upon() -> None:
    assert {task: BASE[task == DOUBLES].__name__ for task in (UNSEEN, DOUBLES)} == cell_models.RULES


# what is drawn


def test_a_row_holds_the_number_its_spread_over_seeds_and_its_difference_from_the_rule(files: dict) -> None:
    scores, against = tables(files)
    for task, rule in ((DOUBLES, "additive"), (UNSEEN, "train_mean")):
        rows = rows_of(scores, against, "effect_l2", task)
        of_task = scores[scores["task"] == task].set_index(["model", "metric"])["value"]
        assert set(rows.index) == set(of_task.index.get_level_values(0))
        for model, row in rows.iterrows():
            assert row["value"] == of_task[model, "effect_l2"]
            trained = model.startswith("network")
            assert row["seed_sd"] == of_task[model, "seed_sd:effect_l2"] if trained else np.isnan(row["seed_sd"])
            if model == rule:
                assert row["says"] == "rule"
            else:
                assert row["difference"] == pytest.approx(row["value"] - of_task[rule, "effect_l2"], abs=1e-12)
                assert row["low"] <= row["difference"] <= row["high"]
                expected = "level" if row["low"] <= 0 <= row["high"] else "ahead" if row["high"] < 0 else "behind"
                assert row["says"] == expected
    kinds = [list(LABELS).index(model.partition(":")[0]) for model in rows.index]
    assert kinds == sorted(kinds)


def bars(axis: Axes) -> list[LineCollection]:
    """The broad bars of intervals, the first row above."""
    found = [of for of in axis.collections if isinstance(of, LineCollection) and of.get_linewidths()[0] == 6]
    return sorted(found, key=lambda of: of.get_segments()[0][0, 1])


def lines(axis: Axes) -> dict[str, float]:
    """Where the lines across all rows are, by their style."""
    found = [line for line in axis.get_lines() if line.get_ydata()[0] == 0 and line.get_ydata()[-1] == 1]
    return {line.get_linestyle(): line.get_xdata()[0] for line in found}


def test_intervals_and_points_are_those_of_their_rows_and_the_ceiling_is_a_line() -> None:
    rows = made_rows()
    axis = draw_effects(style.new_figure(6, 6).subplots(), rows, DOUBLES)
    drawn = [bar.get_segments()[0] for bar in bars(axis)]
    shown = rows.drop(CEILING)
    np.testing.assert_allclose([bar[:, 0] for bar in drawn], shown[["ci_low", "ci_high"]])
    np.testing.assert_allclose([bar[0, 1] for bar in drawn], range(len(shown)))
    points = {line.get_ydata()[0]: line.get_xdata()[0] for line in axis.get_lines() if line.get_marker() == "o"}
    assert points == dict(enumerate(shown["value"]))
    assert axis.yaxis_inverted()
    thin = [c.get_segments()[0] for c in axis.collections if c.get_linewidths()[0] < 6 and len(c.get_segments())]
    np.testing.assert_allclose([bar[:, 0] for bar in thin], [[4 - 0.125, 4 + 0.125]])
    assert lines(axis) == {"-": rows.loc[CEILING, "value"], ":": rows.loc[NEGATIVE, "value"], "--": 3.0}
    assert [text.get_text() for text in axis.texts] == [f"{value:.3f}" for value in shown["value"]]


def test_differences_are_drawn_on_the_axis_of_their_own_with_the_lines_shifted() -> None:
    rows = made_rows()
    axis = draw_gains(style.new_figure(6, 6).subplots(), rows, DOUBLES)
    others = rows.drop([CEILING, "additive"])
    np.testing.assert_allclose([bar.get_segments()[0][:, 0] for bar in bars(axis)], others[["low", "high"]])
    points = [line.get_xdata()[0] for line in axis.get_lines() if line.get_marker() == "o"]
    np.testing.assert_allclose(points, others["difference"])
    assert lines(axis) == {"-": 3.0, ":": -2.0, "--": 0.0}
    assert axis.texts[3].get_text() == "the rule"
    assert axis.texts[0].get_text() == "-3.000\u00a0[-3.500,\u00a0-2.750]"


@pytest.mark.parametrize("draw", [draw_effects, draw_gains])
def test_colours_are_verdicts_not_places(draw: Any) -> None:
    rows = made_rows(network="ahead", no_change="behind", matching_mean="level")
    axis = draw(style.new_figure(6, 6).subplots(), rows, DOUBLES)
    colours = {bar.get_segments()[0][0, 1]: to_hex(bar.get_color()[0]) for bar in bars(axis)}
    expected = {0: style.VERMILLION, 1: style.DARK_GREY, 2: style.DARK_GREY, 4: style.GREEN, 5: style.GREEN}
    assert {at: colours[at] for at in expected} == {at: colour.lower() for at, colour in expected.items()}


# the files


@pytest.mark.parametrize("simulated", [True, False])
def test_the_figure_and_the_page_are_written(
    tmp_path: Path, files: dict, write_provenance, write_gene_embedding, drawn, simulated: bool
) -> None:
    told = {"provenance": [write_provenance("cells.h5ad", simulated=simulated)]}
    told["embeddings"] = [write_gene_embedding(simulated)]
    for name in ("a", "b"):
        plot_effects(**files, **told, figure=tmp_path / f"{name}.png", page=tmp_path / f"{name}.html")
    picture(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert nothing_cut(drawn[0]) and legends_apart(drawn[0]) and words_apart(drawn[0])
    assert printed_honest(tmp_path / "a.png") == simulated
    shown = page(tmp_path / "a.html").text
    assert ("Simulated data" in shown) == ("Stand-in weights" in shown) == simulated
    said = "340 cells, 16 perturbations, 12 genes, 2 contexts"
    assert said in shown and drawn[0].legends[0].get_title().get_text() == f"made: {said}"
    labels = [axis.get_xlabel() for axis in drawn[0].axes[:3]]
    assert "ln(1 + counts per 10,000); less is better" in labels[0] and "more is better" in labels[1]
    above, below = ([text.get_text() for text in drawn[0].axes[at].get_yticklabels()] for at in (0, 3))
    assert set(above) - set(below) == {label(name) for name, of in RULES.items() if of.tasks == (DOUBLES,)}
    bold = {text.get_text() for text in drawn[0].axes[0].get_yticklabels() if text.get_fontweight() == "bold"}
    assert bold == {label("network:none"), label("network:coexpression")}


def test_cells_of_single_perturbations_have_one_row_of_panels(tmp_path, write_provenance, drawn) -> None:
    files = scored(tmp_path, cells(contexts=("a",), doubles=0))
    told = {"provenance": [write_provenance("cells.h5ad")], "embeddings": []}
    plot_effects(**files, **told, figure=tmp_path / "a.png", page=tmp_path / "a.html")
    assert len(drawn[0].axes) == 3 and drawn[0].axes[0].get_title(loc="left").startswith(
        "Genes never perturbed (n = 8)"
    )
    assert nothing_cut(drawn[0]) and legends_apart(drawn[0]) and words_apart(drawn[0])
    shown = page(tmp_path / "a.html").text
    assert "contexts;" not in shown and "Two genes" not in shown and "made, unseen genes: ranks (n = 8)" in shown


def test_many_vectors_with_long_names_fit(files: dict) -> None:
    scores, against = tables(files)
    names = [f"{name}_of_a_name_that_is_long" for name in "abcdef"]
    parts = [scores, against]
    for name in names:
        for at, table in enumerate((scores, against)):
            other = table[table["model"].str.endswith(":coexpression")]
            renamed = other.assign(model=other["model"].str.replace("coexpression", name))
            parts[at] = pd.concat([parts[at], renamed], ignore_index=True)
    figure = effects_figure(*parts, "log2(1 + counts per million)", "made")
    figure.set_dpi(style.DPI)
    assert nothing_cut(figure) and legends_apart(figure) and words_apart(figure)
    shown = [line for text in figure.axes[0].get_yticklabels() for line in text.get_text().splitlines()]
    assert max(map(len, shown)) <= WIDTH < max(len(label(f"{name}:{names[0]}")) for name in MODELS)


def test_every_score_stands_on_the_page_with_its_interval_and_what_the_rule_says_to_it(
    tmp_path: Path, files: dict, write_provenance
) -> None:
    told = {"provenance": [write_provenance("cells.h5ad")], "embeddings": []}
    plot_effects(**files, **told, figure=tmp_path / "a.png", page=tmp_path / "a.html")
    shown = re.sub(r"\s+", " ", page(tmp_path / "a.html").text.replace("\u00a0", " "))
    scores, against = metrics.read(files["metrics"]), comparisons.read(files["comparisons"])
    sections = {}  # {(data set, task, title): text of its table}
    for task in (DOUBLES, UNSEEN):
        for name in ("made", "made, a", "made, b"):
            for title in TABLES:
                caption = re.escape(f"{name}, {task}: {title} (n = ")
                sections[name, task, title] = re.split(caption, shown)[1].partition(" (n = ")[0]
    title_of = {f"{kind}_{name}": title for title, of in TABLES.items() for name in of for kind in KINDS}
    rules = scores[scores["model"] == scores["task"].map(cell_models.RULES)]
    size = rules.set_index(["dataset", "task", "metric"])["value"]
    assert set(title_of) == {name for name, of in METRICS.items() if of.task == EFFECTS and of.scores}
    for row in scores[scores["metric"].isin(title_of)].to_dict("records"):
        place = row["dataset"], row["task"]
        plain = row["metric"].startswith("effect_")
        digits = digits_of(size[*place, row["metric"]]) if plain else 3
        said = "not defined" if np.isnan(row["value"]) else f"{row['value']:z.{digits}f}"
        said += (
            f" [{row['ci_low']:z.{digits}f}, {row['ci_high']:z.{digits}f}]" if row["ci_low"] == row["ci_low"] else ""
        )
        assert said in sections[*place, title_of[row["metric"]]], row
    own = against[(against["baseline"] == against["task"].map(cell_models.RULES)) & (against["model"] != CEILING)]
    for row in own[own["metric"].str.startswith("effect_")].to_dict("records"):
        place = row["dataset"], row["task"]
        digits = digits_of(size[*place, row["metric"]])
        said = f"{row['difference']:+z.{digits}f} [{row['ci_low']:+z.{digits}f}, {row['ci_high']:+z.{digits}f}]"
        assert f"{said} {row['verdict']}" in sections[*place, title_of[row["metric"]]], row
    unknown = scores[(scores["metric"] == "unknown_genes") & (scores["model"] == "network:coexpression")]
    (number,) = unknown.loc[unknown["task"] == DOUBLES, "value"]
    assert f"counted in each perturbation: co-expression {number:.0f}." in shown


def test_small_numbers_have_more_digits() -> None:
    assert [digits_of(of) for of in (0.0, 25.0, 0.5, 0.01, 0.0042, -0.00042, 1e-12, np.nan)] == [3, 3, 3, 3, 4, 5, 6, 3]
