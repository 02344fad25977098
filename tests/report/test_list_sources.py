from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.report.looking import ODD, page
from workflow_scripts.contracts.errors import BadInput
from workflow_scripts.report import sources as table
from workflow_scripts.report.list_sources import list_sources


def listed(tmp_path: Path, provenance: list[Path], embeddings: list[Path]) -> pd.DataFrame:
    list_sources(
        provenance=provenance, embeddings=embeddings, sources=tmp_path / "s.tsv", page=tmp_path / "sources.html"
    )
    return table.read(tmp_path / "s.tsv").set_index("name")


def test_every_file_and_every_embedding_is_listed(tmp_path, write_provenance, write_gene_embedding) -> None:
    files = [write_provenance("a.gtf.gz"), write_provenance("b.h5"), write_provenance("w.pt", sha256="b" * 64)]
    found = listed(tmp_path, files, [write_gene_embedding(False)])
    assert list(found.index) == ["a.gtf.gz", "b.h5", "w.pt", "esm2_t6_8M_UR50D"]
    assert list(found["kind"]) == ["data", "data", "weights", "gene embedding"]
    shown = page(tmp_path / "sources.html")
    for text in (*found.index, "https://example.org/a.gtf.gz", "CC BY 4.0", "d" * 64, "b" * 64, "MIT", "r1"):
        assert text in shown.text
    links = [attributes["href"] for tag, attributes in shown.found if tag == "a"]
    assert "https://example.org/a.gtf.gz" in links


def test_public_originals_have_no_honest_line(tmp_path, write_provenance, write_gene_embedding) -> None:
    found = listed(tmp_path, [write_provenance("a.gtf.gz")], [write_gene_embedding(False)])
    assert table.honest_line(found.reset_index(), weights=True) == ""
    shown = page(tmp_path / "sources.html").text
    assert "none of them simulated" in shown and "Fetched from the public address" in shown
    assert "Simulated data" not in shown


@pytest.mark.parametrize(
    ("simulated", "weights_simulated", "stand_in", "line"),
    [
        ([True, True], True, True, "Simulated data  ·  Stand-in weights: random ESM2 (esm2_t6_8M_UR50D)"),
        ([True, False], False, False, "Partly simulated data (1 of 2 files)"),
        ([False, False], True, True, "Stand-in weights: random ESM2 (esm2_t6_8M_UR50D)"),
    ],
)
def test_the_honest_line_names_what_is_not_real(
    tmp_path, write_provenance, write_gene_embedding, simulated, weights_simulated, stand_in, line
) -> None:
    files = [write_provenance(f"{index}.gz", simulated=flag) for index, flag in enumerate(simulated)]
    files.append(write_provenance("weights.pt", sha256="b" * 64, simulated=weights_simulated))
    found = listed(tmp_path, files, [write_gene_embedding(stand_in)]).reset_index()
    assert table.honest_line(found, weights=True) == line
    assert "Stand-in" not in table.honest_line(found, weights=False)
    assert page(tmp_path / "sources.html").text.count(line) == 1


def test_a_copy_from_a_mirror_is_said_to_be_one(tmp_path, write_provenance) -> None:
    listed(tmp_path, [write_provenance("a.gz", source="/data/mirror/example.org/a.gz", note=ODD)], [])
    shown = page(tmp_path / "sources.html")
    assert "Copied from a mirror" in shown.text and "/data/mirror/example.org/a.gz" in shown.text
    assert ODD in shown.text and ODD not in shown.raw


def test_an_address_that_is_no_web_address_is_no_link(tmp_path, write_provenance) -> None:
    listed(tmp_path, [write_provenance("a.gz", url="javascript:alert(1)")], [])
    assert not [tag for tag, _ in page(tmp_path / "sources.html").found if tag == "a"][1:]
    assert "javascript:alert(1)" in page(tmp_path / "sources.html").text


def test_a_run_without_any_file_has_an_empty_table(tmp_path) -> None:
    assert listed(tmp_path, [], []).empty
    assert "0 sources" in page(tmp_path / "sources.html").text


def test_lines_and_quotes_in_a_note_come_back_in_one_row(tmp_path, write_provenance) -> None:
    found = listed(tmp_path, [write_provenance("a.gz", note='two\nlines\tand "quotes"')], [])
    assert found.loc["a.gz", "note"] == 'two lines and "quotes"'


def test_the_same_sources_give_the_same_bytes(tmp_path, write_provenance, write_gene_embedding) -> None:
    files, embedding = [write_provenance("b.gz"), write_provenance("a.gz")], write_gene_embedding(True)
    listed(tmp_path, files, [embedding])
    first = [(tmp_path / name).read_bytes() for name in ("s.tsv", "sources.html")]
    listed(tmp_path, list(reversed(files)), [embedding])
    assert [(tmp_path / name).read_bytes() for name in ("s.tsv", "sources.html")] == first


def test_a_damaged_table_of_sources_is_an_error(tmp_path) -> None:
    path = tmp_path / "s.tsv"
    path.write_text("kind\tname\n")
    with pytest.raises(BadInput, match="column release: is missing"):
        table.read(path)
    with pytest.raises(BadInput, match="not a readable table"):
        table.read(tmp_path / "absent.tsv")
