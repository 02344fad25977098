"""A screen as a figure and a page: what is wanted, what is best, and what was measured of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import nothing_cut, picture, printed_honest, shows
from workflow_scripts.contracts import provenance, screen
from workflow_scripts.report.plot_screen import plot_screen
from workflow_scripts.report.screen_figures import draw_screen
from workflow_scripts.report.style import GREY, new_figure

SPEC = {"kind": "knockout", "genes": [], "pairs": False, "up": ["B"], "down": ["C"], "least_size": 0.25}


def found(names: list[str], measured: bool = True) -> pd.DataFrame:
    """The first of a match of 0.9, the others of less, the last below `least_size`."""
    table = pd.DataFrame({"rank": range(1, len(names) + 1), "perturbation": names})
    values = {"match": np.linspace(0.9, -0.5, len(names)), "size": 1.0, "side_effect": 0.5}
    for name, value in values.items():
        table[name] = value
        table = table.assign(**{f"{name}_low": table[name] - 0.1, f"{name}_high": table[name] + 0.1})
    table.loc[len(names) - 1, ["size", "size_low", "size_high"]] = 0.125, 0.1, 0.2
    known = {"measured_match": 0.75, "measured_size": 2.5, "measured_side_effect": 0.25}
    table = table.assign(**{name: value if measured else np.nan for name, value in known.items()})
    return table.assign(basis=screen.CIRCUIT)


def plotted(folder: Path, table: pd.DataFrame, simulated: bool = False, **changes: object) -> str:
    """The page, tags and all."""
    screen.write(table, folder / "s.tsv")
    about = dict.fromkeys(provenance.KEYS, "") | {"bytes": 3, "simulated": simulated, "url": "https://a.example/x"}
    provenance.write(about, folder / "x.provenance.json")
    files = {"screen": folder / "s.tsv", "provenance": [folder / "x.provenance.json"]}
    outputs = {"figure": folder / "s.png", "page": folder / "s.html"}
    plot_screen(**files, **outputs, spec=SPEC | changes, run="r", name="s", place=0)
    return (folder / "s.html").read_text()


def test_a_page_says_what_was_asked_and_what_is_best(tmp_path: Path) -> None:
    page = plotted(tmp_path, found(["A:knockout", "D:knockout", "E:knockout"]), simulated=True)
    assert "Wanted: B up; C down. Every gene knocked out, one at a time: 3 perturbations." in page
    assert "Of 3 of them the effect was measured" in page
    said = "The best is A:knockout: match 0.90 [0.80, 1.00], size 1.00 [0.90, 1.10] sds, side effect 0.50 [0.40, 0.60]"
    assert said in page and "As measured: match 0.75, size 2.50 sds." in page
    assert picture(tmp_path / "s.png").shape[1] > 1000 and printed_honest(tmp_path / "s.png")


def test_of_what_was_not_measured_nothing_is_told_as_measured(tmp_path: Path) -> None:
    table = found(["A:knockout+B:knockout", "D:knockout+E:knockout"], measured=False).assign(basis=screen.WITH_SINGLES)
    page = plotted(tmp_path, table, genes=["A", "B", "D", "E"], pairs=True, up=[], down=[])
    assert "Wanted: the changes of a table. 4 genes knocked out, two of them at once" in page
    assert "None was measured. Pairs are predicted from what was measured of each alone" in page
    assert "As measured" not in page and "nan" not in page
    assert not printed_honest(tmp_path / "s.png")


@pytest.mark.parametrize("change", [{"match": -0.5, "match_low": -0.6, "match_high": -0.4}, {"size": 0.2}])
def test_none_is_best_where_none_does_what_is_wanted(tmp_path: Path, change: dict) -> None:
    page = plotted(tmp_path, found(["A:knockout", "B:knockout"]).assign(**change))
    assert "None of them is predicted to bring about what is wanted" in page and "The best is" not in page


def test_what_is_not_defined_is_said_so(tmp_path: Path) -> None:
    table = found(["A:knockdown:0.5", "B:knockdown:0.5", "C:knockdown:0.5"])
    table.iloc[2, 2:-1] = np.nan
    page = plotted(tmp_path, table, kind="knockdown", dose=0.5)
    assert "not defined" in page and "Every gene knocked down to 0.5 times" in page and ">nan" not in page


def test_what_has_no_interval_is_told_without_one(tmp_path: Path) -> None:
    """Where too few experiments were held out."""
    table = found(["A:knockout", "B:knockout"])
    table[[name for name in table if name.endswith(("_low", "_high"))]] = np.nan
    page = plotted(tmp_path, table)
    assert "match 0.90, size 1.00 sds, side effect 0.50 sds." in page and "nan" not in page


@pytest.mark.parametrize("measured", [True, False])
def test_a_figure_marks_what_hardly_moves_and_what_was_measured(measured: bool) -> None:
    figure = new_figure(12, 5)
    draw_screen(list(figure.subplots(1, 3)), found(["A:knockout", "B:knockout"], measured), "r", 0.25, "knocked out")
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[1:] == (["measured"] if measured else []) + ["size below 0.25 sds"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["A", "B"]
    assert figure.axes[0].get_ylim()[0] > figure.axes[0].get_ylim()[1]  # the first on top
    assert shows(figure, GREY) > 20 and nothing_cut(figure)
    _, predicted, diamonds = figure.axes[1].collections
    np.testing.assert_array_equal(predicted.get_offsets().data, [[1, 0], [0.125, 1]])
    expected = [[2.5, 0], [2.5, 1]] if measured else [[np.nan, 0], [np.nan, 1]]
    np.testing.assert_array_equal(np.ma.filled(diamonds.get_offsets(), np.nan)[:, 0], np.array(expected)[:, 0])


def test_pairs_have_the_names_of_both_genes() -> None:
    figure = new_figure(12, 5)
    table = found(["A:knockdown:0.5+B:knockdown:0.5", "C:knockdown:0.5+D:knockdown:0.5"], measured=False)
    draw_screen(list(figure.subplots(1, 3)), table, "r", 0.25, "knocked down")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["A + B", "C + D"]
    assert figure.axes[0].get_ylabel() == "Genes knocked down"
