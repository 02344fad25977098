from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.report.looking import ODD, page
from workflow_scripts.report.list_sources import list_sources
from workflow_scripts.report.sources import honest_line


def listed(tmp_path: Path, provenance: list[Path], embeddings: list[Path]) -> pd.DataFrame:
    list_sources(
        provenance=provenance,
        embeddings=embeddings,
        sources=tmp_path / "s.tsv",
        page=tmp_path / "sources.html",
        licences={f"{tmp_path.name}/models/{name}/licence": "MIT-0" for name in ("mine", "real")},
    )
    return pd.read_csv(tmp_path / "s.tsv", sep="\t", dtype=str, keep_default_na=False).set_index("name")


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
    files, embeddings = [write_provenance("a.gtf.gz")], [write_gene_embedding(False)]
    listed(tmp_path, files, embeddings)
    assert honest_line(files, embeddings) == ""
    shown = page(tmp_path / "sources.html").text
    assert "none of them simulated" in shown and "Fetched from the public address" in shown
    assert "Simulated data" not in shown


@pytest.mark.parametrize(
    ("simulated", "weights_simulated", "stand_in", "line"),
    [
        ([True, True], True, True, "Simulated data  ·  Stand-in weights: esm2_t6_8M_UR50D (ESM2, 6 layers of 320)"),
        ([True, False], False, False, "Partly simulated data (1 of 2 files)"),
        ([False, False], True, True, "Stand-in weights: esm2_t6_8M_UR50D (ESM2, 6 layers of 320)"),
    ],
)
def test_the_honest_line_names_what_is_not_real(
    tmp_path, write_provenance, write_gene_embedding, simulated, weights_simulated, stand_in, line
) -> None:
    files = [write_provenance(f"{index}.gz", simulated=flag) for index, flag in enumerate(simulated)]
    files.append(write_provenance("weights.pt", sha256="b" * 64, simulated=weights_simulated))
    embeddings = [write_gene_embedding(stand_in)]
    listed(tmp_path, files, embeddings)
    assert honest_line(files, embeddings) == line
    assert page(tmp_path / "sources.html").text.count(line) == 1


def test_weights_of_unknown_origin_are_neither_vouched_for_nor_called_a_stand_in(
    tmp_path, write_provenance, write_gene_embedding
) -> None:
    files = [write_provenance("a.gtf.gz")]
    embeddings = [write_gene_embedding("unknown", "mine"), write_gene_embedding("published", "real")]
    found = listed(tmp_path, files, embeddings)
    assert found.loc["mine", ["simulated", "statement"]].tolist() == [
        "unknown",
        "Unknown origin: made with weights for which nobody vouches.",
    ]
    assert found.loc["real", ["simulated", "statement"]].tolist() == [
        "no",
        "Made with the published weights of this checksum.",
    ]
    assert found["licence"].to_dict() | {"a.gtf.gz": ""} == {"a.gtf.gz": "", "mine": "MIT-0", "real": "MIT"}
    assert honest_line(files, embeddings) == "Weights of unknown origin: mine (ESM2, 6 layers of 320)"
    shown = page(tmp_path / "sources.html")
    assert "none of them known to be simulated" in shown.text
    assert "1 of unknown origin or made with weights of unknown origin" in shown.text
    assert shown.raw.count('<span class="bad">') == 1


def test_stand_ins_and_unknown_weights_are_both_told(write_gene_embedding) -> None:
    embeddings = [write_gene_embedding(origin, f"m_{origin}") for origin in ("unknown", "simulated", "published")]
    stand_in, unknown = honest_line([], embeddings).split("  ·  ")
    assert stand_in == "Stand-in weights: m_simulated (ESM2, 6 layers of 320)"
    assert unknown == "Weights of unknown origin: m_unknown (ESM2, 6 layers of 320)"


def test_a_copy_from_a_mirror_is_said_to_be_one(tmp_path, write_provenance) -> None:
    listed(tmp_path, [write_provenance("a.gz", source="/data/mirror/example.org/a.gz", note=ODD)], [])
    shown = page(tmp_path / "sources.html")
    assert "A copy of the file at the public address" in shown.text and "/data/mirror/example.org/a.gz" in shown.text
    assert ODD in shown.text and ODD not in shown.raw


def test_a_users_own_file_is_listed_and_nobody_vouches_for_it(tmp_path, write_provenance) -> None:
    own = write_provenance("mine.gtf", url="", release="", source="/home/me/mine.gtf", licence="unknown")
    found = listed(tmp_path, [own, write_provenance("a.gz")], [])
    assert found.loc["mine.gtf", ["simulated", "licence", "source"]].tolist() == [
        "unknown",
        "unknown",
        "/home/me/mine.gtf",
    ]
    shown = page(tmp_path / "sources.html")
    assert "none of them known to be simulated" in shown.text and "1 of unknown origin" in shown.text
    assert shown.raw.count('<span class="bad">') == 1 and "nobody vouches for what it is" in shown.text
    assert honest_line([own]) == ""


DERIVED = "DERIVED, not the original file: RSEM counts as log2(count+1) in the layout of the UCSC Xena GDC hub"


def test_a_derived_file_is_no_copy_of_the_public_one(tmp_path, write_provenance) -> None:
    files = [write_provenance("a.gz", source="/data/mirror/example.org/a.gz", note=DERIVED), write_provenance("b.gz")]
    found = listed(tmp_path, files, [])
    assert found.loc["a.gz", "statement"].startswith("Derived: made from other data")
    assert found.loc["b.gz", "statement"] == "Fetched from the public address."
    assert honest_line(files) == "Derived data (1 of 2 files)"
    shown = page(tmp_path / "sources.html")
    assert "A copy of" not in shown.text and DERIVED in shown.text
    assert shown.text.count("Derived data (1 of 2 files)") == 1
    assert "2 sources; none of them simulated" in shown.text and "1 derived from other data" in shown.text
    assert shown.raw.count('<span class="bad">') == 1


def test_simulated_and_derived_files_are_both_told(write_provenance, write_gene_embedding) -> None:
    files = [write_provenance("a.gz", note=DERIVED), write_provenance("b.gz", simulated=True), write_provenance("c.gz")]
    said = "Partly simulated data (1 of 3 files)  ·  Derived data (1 of 3 files)"
    assert honest_line(files) == said
    stand_in = "  ·  Stand-in weights: esm2_t6_8M_UR50D (ESM2, 6 layers of 320)"
    assert honest_line(files, [write_gene_embedding(True)]) == said + stand_in
    files.append(write_provenance("w.pt", sha256="b" * 64, note=DERIVED))  # weights are no data
    assert honest_line(files, [write_gene_embedding(False, "real")]) == said


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


def test_a_figure_says_nothing_of_weights_that_it_was_not_made_with(write_provenance, write_gene_embedding) -> None:
    real, stand_in = write_gene_embedding(False, "real"), write_gene_embedding(True, "random")
    files = [write_provenance("a.gz")]
    assert honest_line(files) == honest_line(files, [real]) == ""
    assert honest_line(files, [stand_in]) == "Stand-in weights: random (ESM2, 6 layers of 320)"
