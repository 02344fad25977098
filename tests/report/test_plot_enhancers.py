"""Enhancers and their genes: the figure says which method ranks best, and by how much, and so does the page."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from sklearn.metrics import average_precision_score

from tests.report.looking import nothing_cut, page, picture, printed_honest
from workflow_scripts.circuit.link_models import MODEL, MODELS
from workflow_scripts.circuit.score_links import score_links
from workflow_scripts.contracts import comparisons, enhancer_links, enhancer_pairs, metrics
from workflow_scripts.evaluation.metrics import LINKS
from workflow_scripts.evaluation.models import BASELINES, label
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report import plot_enhancers as door
from workflow_scripts.report import style
from workflow_scripts.report.enhancer_figures import draw_areas, draw_curves, draw_differences
from workflow_scripts.report.looks import look
from workflow_scripts.report.plot_enhancers import describe, plot_enhancers


@pytest.fixture
def files(tmp_path: Path) -> dict:
    """Pairs of 30 genes on three chromosomes, some of them not tested, and what every model says of them."""
    rng, number = np.random.default_rng(0), 180
    regulated = rng.random(number) < 0.2
    table = pd.DataFrame(
        {
            "chrom": [f"chr{1 + at // 60}" for at in range(number)],
            "start": 1_000 * np.arange(number),
            "end": 1_000 * np.arange(number) + 500,
            "gene": [f"G{at // 6}" for at in range(number)],
            "tss": pd.array([7] * number, dtype="Int64"),
            "distance": 5_000,
            "regulated": pd.array(np.where(np.arange(number) % 9 == 0, None, regulated), dtype="boolean"),
            "feature:DHS.RPM": 1.0,
        }
    )
    paths = {"pairs": tmp_path / "pairs.parquet", "metrics": tmp_path / "m.parquet"}
    enhancer_pairs.write(table, paths["pairs"], features={"DHS.RPM": "log"}, activity=["DHS.RPM"])
    links = tmp_path / "links"
    for place, name in enumerate(MODELS):
        score = rng.normal(size=number) + regulated * (3 - 0.3 * place)
        enhancer_links.write(
            table[enhancer_pairs.KEYS].assign(score=score, probability=np.nan), links / f"{name}.parquet"
        )
    (links / ".snakemake_timestamp").touch()  # as Snakemake puts it into a folder
    paths |= {"links": links, "comparisons": tmp_path / "c.parquet"}
    score_links(**paths, spec={"bootstrap_samples": 50, "seed": 1}, dataset="made")
    return paths


def test_every_model_that_is_scored_has_a_name_here_and_this_is_the_one_that_is_compared() -> None:
    assert {MODEL, *(name for name, of in BASELINES.items() if of.task == LINKS)} == set(MODELS)
    assert door.MODEL == MODEL


@pytest.mark.parametrize("simulated", [True, False])
def test_the_figure_and_the_page_are_written(tmp_path, files, write_provenance, drawn, simulated: bool) -> None:
    of = files | {"provenance": [write_provenance("pairs.tsv", simulated=simulated)], "dataset": "made"}
    for name in ("a", "b"):
        plot_enhancers(**of, figure=tmp_path / f"{name}.png", page=tmp_path / f"{name}.html")
    picture(tmp_path / "a.png")
    assert nothing_cut(drawn[0])
    assert printed_honest(tmp_path / "a.png") == simulated
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    shown = page(tmp_path / "a.html").text
    assert ("Simulated data" in shown) == simulated
    table = enhancer_pairs.read(files["pairs"])[0].dropna(subset="regulated")
    hits = int(table["regulated"].sum())
    said = f"160 tested pairs of 30 genes on 3 chromosomes, {hits} of them regulated ({100 * hits / 160:.1f} %)"
    assert f"{said}. A random order has the AUPRC {hits / 160:.3f}, and the AUROC 0.5." in shown
    assert said in drawn[0].get_suptitle()
    assert all(label(name) in shown for name in MODELS)
    against = comparisons.read(files["comparisons"]).set_index(["metric", "baseline"])
    for row in metrics.read(files["metrics"]).to_dict("records"):
        assert f"{row['value']:.3f}\u00a0[{row['ci_low']:.3f},\u00a0{row['ci_high']:.3f}]" in shown
        if row["model"] != MODEL:
            of = against.loc[(row["metric"], row["model"])]
            words = f"{of['difference']:+z.3f}\u00a0[{of['ci_low']:+z.3f},\u00a0{of['ci_high']:+z.3f}]"
            assert words in shown and of["verdict"] in shown[shown.index(words) :][:60]
    rows = re.findall(r'<th scope="row">.*?&nbsp;(.*?)</th>', (tmp_path / "a.html").read_text())
    scores = metrics.read(files["metrics"])
    areas = scores[scores["metric"] == "link_auprc"].sort_values("value", ascending=False)
    assert rows == [label(name) for name in areas["model"]]  # the best first


def test_one_gene_name_on_two_chromosomes_is_two_genes() -> None:
    table = pd.DataFrame({"chrom": ["1", "2", "2"], "gene": ["a", "a", "b"], "regulated": [True, False, False]})
    assert describe(table, 1 / 3).startswith("3 tested pairs of 3 genes on 2 chromosomes, 1 of them regulated (33.3 %)")


def test_links_of_other_pairs_are_refused(tmp_path, files, write_provenance) -> None:
    one = files["links"] / "distance.parquet"
    enhancer_links.write(enhancer_links.read(one).iloc[1:], one)
    out = {"figure": tmp_path / "x.png", "page": tmp_path / "x.html", "dataset": "made"}
    with pytest.raises(BadInput, match="is not of the pairs"):
        plot_enhancers(**files, **out, provenance=[write_provenance("pairs.tsv")])


def test_a_curve_is_that_of_its_method_and_the_dotted_line_that_of_chance() -> None:
    rng = np.random.default_rng(1)
    regulated = rng.random(300) < 0.3
    scores = {"attention": rng.normal(size=300) + regulated, "distance": rng.normal(size=300)}
    axis = draw_curves(style.new_figure(4, 4).subplots(), scores, regulated, "attention")
    lines = {to_hex(line.get_color()).lower(): line for line in axis.get_lines()}
    for name in scores:
        recall, precision = lines[look(name).colour.lower()].get_data()
        area = (np.diff(recall, prepend=0) * precision).sum()
        assert area == pytest.approx(average_precision_score(regulated, scores[name]))
    (chance,) = [line for line in axis.get_lines() if line.get_linestyle() == ":"]
    assert set(chance.get_ydata()) == {regulated.mean()}


def test_bars_are_the_areas_and_the_model_stands_out(files) -> None:
    scores = metrics.read(files["metrics"])
    areas = scores[scores["metric"] == "link_auprc"].sort_values("value")
    axis = draw_areas(style.new_figure(6, 6).subplots(), areas, 0.2, MODEL)
    np.testing.assert_allclose([bar.get_width() for bar in axis.patches], areas["value"])
    ends = [segment[:, 0] for segment in axis.collections[0].get_segments()]
    np.testing.assert_allclose(ends, areas[["ci_low", "ci_high"]])
    bold = [text.get_text() for text in axis.get_yticklabels() if text.get_fontweight() == "bold"]
    assert bold == [label(MODEL)]


def test_differences_stand_beside_their_method_in_the_colour_of_their_verdict(files) -> None:
    against = comparisons.read(files["comparisons"])
    against = against[against["metric"] == "link_auprc"].reset_index(drop=True)
    against.loc[0, ["difference", "ci_low", "ci_high", "verdict"]] = [-0.2, -0.3, -0.1, "behind"]
    against.loc[1, ["difference", "ci_low", "ci_high", "verdict"]] = [0.0, -0.1, 0.1, "level"]
    order = [*against["baseline"], MODEL]
    axis = draw_differences(style.new_figure(6, 6).subplots(), against, order, MODEL)
    points = [line for line in axis.get_lines() if line.get_marker() == "o"]
    for place, (point, row) in enumerate(zip(points, against.to_dict("records"), strict=True)):
        assert (point.get_xdata()[0], point.get_ydata()[0]) == (row["difference"], place)
    ends = [bar.get_segments()[0][:, 0] for bar in axis.collections]
    np.testing.assert_allclose(ends, against[["ci_low", "ci_high"]])
    assert to_hex(points[0].get_color()) == style.VERMILLION.lower()
    assert to_hex(points[1].get_color()) == style.DARK_GREY.lower()
    assert to_hex(points[-1].get_color()) == style.GREEN.lower()
