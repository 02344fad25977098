from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.report.looking import picture, printed_honest
from workflow_scripts.report import style


def small_figure():
    figure = style.new_figure(5, 3)
    figure.subplots().plot([0, 1], [0, 1], lw=5)
    return figure


def test_the_honest_line_is_printed_and_travels_with_the_file(tmp_path: Path) -> None:
    style.save(small_figure(), tmp_path / "honest.png", "Simulated data")
    style.save(small_figure(), tmp_path / "real.png", "")
    assert printed_honest(tmp_path / "honest.png") and not printed_honest(tmp_path / "real.png")
    assert Image.open(tmp_path / "honest.png").info["Description"] == "Simulated data"
    assert not {"Description", "Software", "Creation Time"} & Image.open(tmp_path / "real.png").info.keys()


def test_equal_figures_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        style.save(small_figure(), tmp_path / name, "Simulated data")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_forty_nine_names_have_marks_that_all_differ() -> None:
    names = [f"class {index}" for index in range(49)]
    assert len(set(style.marks(names).values())) == 49
    assert len(style.marks([*names, "one more"])) == 50


@settings(max_examples=30, deadline=None)
@given(label=st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_label_can_stand_in_a_legend(label: str) -> None:
    said = style.wrapped(label)
    assert max(map(len, ["", *said.splitlines()])) <= 31 and not said.startswith("_")
    assert "".join(said.split()) == "".join(label.split())  # nothing is cut


@pytest.mark.parametrize("label", ["$\\frac{1$", "_name", "a_b^c", "x" * 300, "two\nlines"])
def test_no_label_is_taken_for_mathematics_or_left_out(tmp_path: Path, label: str) -> None:
    figure = small_figure()
    (axis,) = figure.axes
    axis.plot([0, 1], [1, 0], label=style.wrapped(label))
    axis.set_title(style.wrapped(label))
    assert len(axis.legend().get_texts()) == 1
    style.save(figure, tmp_path / "f.png", "")
    picture(tmp_path / "f.png")
