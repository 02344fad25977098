from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.report.looking import ODD, page
from workflow_scripts.report import pages


def test_a_page_says_its_title_its_language_and_its_honest_line(tmp_path) -> None:
    pages.write_page(tmp_path / "p.html", ODD, "Simulated data", [pages.paragraph("text")])
    shown = page(tmp_path / "p.html")
    assert ("html", {"lang": "en"}) in shown.found
    assert shown.text.count(ODD) == 2  # <title> and <h1>
    assert ("p", {"class": "honest"}) in shown.found and "Simulated data" in shown.text


def test_a_page_without_an_honest_line_has_no_place_for_one(tmp_path) -> None:
    pages.write_page(tmp_path / "p.html", "Title", "", [])
    assert ("p", {"class": "honest"}) not in page(tmp_path / "p.html").found


def test_a_table_names_its_columns_and_rows(tmp_path) -> None:
    table = pages.table("What it shows", ["Rule", "Jobs"], [("a", 1), ("b", 2)], {"Jobs": "number"})
    pages.write_page(tmp_path / "p.html", "Title", "", [table])
    found = page(tmp_path / "p.html").found
    assert [attributes["scope"] for tag, attributes in found if tag == "th"] == ["col", "col", "row", "row"]
    assert ("caption", {}) in found
    assert [attributes for tag, attributes in found if tag == "td"] == [{"class": "number"}] * 2


def test_a_row_of_another_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        pages.table("caption", ["a", "b"], [("only",)])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(value=ODD)
@given(value=st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1))
def test_any_text_comes_back_as_itself_and_opens_no_tag(tmp_path, value: str) -> None:
    body = [pages.table(value, [value, "b"], [(value, pages.styled(value, "bad"))]), pages.bullets([value])]
    pages.write_page(tmp_path / "p.html", "Title", value, body)
    shown = page(tmp_path / "p.html")
    pages.write_page(
        tmp_path / "plain.html",
        "Title",
        "x",
        [pages.table("x", ["x", "b"], [("x", pages.styled("x", "bad"))]), pages.bullets(["x"])],
    )
    assert [tag for tag, _ in shown.found] == [tag for tag, _ in page(tmp_path / "plain.html").found]
    assert shown.text.count(value) >= 6


def test_nothing_half_written_is_left_behind(tmp_path) -> None:
    def broken():
        yield pages.paragraph("begun")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        pages.write_page(tmp_path / "p.html", "Title", "", broken())
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written_leaves_the_one_before(tmp_path) -> None:
    pages.write_page(tmp_path / "p.html", "Before", "", [])
    with pytest.raises(UnicodeEncodeError):
        pages.write_page(tmp_path / "p.html", "\ud800", "", [])  # half a character, as a broken name may hold
    assert [path.name for path in tmp_path.iterdir()] == ["p.html"]
    assert "Before" in page(tmp_path / "p.html").text
