"""Which bases count: letters as high as attributions, regions chosen without these, and every count on the page."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import nothing_cut, page, picture, printed_honest, words_apart
from workflow_scripts.contracts import attributions, word_enrichment
from workflow_scripts.io.bases import encode
from workflow_scripts.report.logo_figures import by_signal, placed, strongest
from workflow_scripts.report.plot_attributions import plot_attributions
from workflow_scripts.seq2track.call_seqlets import call_seqlets

MEME = "MEME version 4\nMOTIF START\nletter-probability matrix: w= 6\n" + "".join(
    " ".join("0.97" if base == own else "0.01" for base in "ACGT") + "\n" for own in "TATAAG"
)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """30 regions of 256 bp; in most a word adds, in some another takes away, over noise."""
    rng = np.random.default_rng(0)
    bases = rng.integers(0, 4, (30, 256)).astype(np.uint8)
    scores = rng.normal(0, 0.02, (30, 256, 4))
    for number in range(30):
        for word, size, often in (("TATAAGCC", 0.4, 0.9), ("GGCGC", -0.25, 0.5)):
            if rng.random() < often:
                at = int(rng.integers(20, 230))
                here = slice(at, at + len(word))
                bases[number, here] = encode(word)
                scores[number, here] -= size / 4
                scores[number, np.arange(at, at + len(word)), encode(word)] += size * rng.uniform(0.6, 1.2, len(word))
    start = 1_000_000 + 10_000 * np.arange(30)
    table = pd.DataFrame({"name": [f"ENSG{n:011}" for n in range(30)], "chrom": "chr1", "start": start})
    table = table.assign(end=start + 256, strand="+", fold=1, signal=rng.gamma(2, 20, 30), baseline=np.nan)
    about = {"run": "mine", "track": "netseq", "method": "mutagenesis", "upstream": 32, "downstream": 256}
    null = rng.normal(0, 0.02, (30, 256)).astype("f4")
    content = attributions.Attributions(table, scores.astype("f4"), bases, null, about)
    attributions.write(content, tmp_path / "attributions.h5")
    (tmp_path / "own.meme").write_text(MEME)
    paths = {name: tmp_path / f"{name}.parquet" for name in ("seqlets", "enrichment")}
    spec = {"width": 8, "quantile": 0.99, "kmer": 6, "max_p": 1e-3}
    given = {"attributions": tmp_path / "attributions.h5", **paths}
    call_seqlets(**given, motifs=[tmp_path / "own.meme"], hits=tmp_path / "hits.parquet", spec=spec)
    return given


def test_the_figure_and_the_page_are_written(tmp_path: Path, files: dict, write_provenance, drawn) -> None:
    of = files | {"provenance": [write_provenance("t.bw", simulated=True)], "name": "starts"}
    for name in ("x", "y"):
        plot_attributions(**of, figure=tmp_path / f"{name}.png", page=tmp_path / f"{name}.html")
    picture(tmp_path / "x.png")
    assert nothing_cut(drawn[0]) and words_apart(drawn[0]) and printed_honest(tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes() == (tmp_path / "y.png").read_bytes()
    shown = page(tmp_path / "x.html").text
    table = word_enrichment.read(files["enrichment"])
    first = table[(table["kind"] == "kmer") & (table["sign"] == 1)].iloc[0]
    assert first["word"] in "TATAAGCC"
    cells = [first["word"], "the strand of the region", first["inside"], first["inside"] + first["inside_others"]]
    cells += [first["rest"], f"{first['rest'] + first['rest_others']:,}"]
    assert re.search(r"\s+".join(map(re.escape, map(str, cells))), shown)
    for said in (
        "Motifs in stretches that add",
        "START",
        "the other strand",
        "30 regions of 256 bp",
        "q below 0.05",
        "from 32 bp before to 256 bp after the centre",
    ):
        assert said in shown


def test_regions_are_drawn_by_the_rank_of_their_expected_signal() -> None:
    found = by_signal(np.array([3.0, 9, 1, 7, 5, 8, 2, 6]))
    assert list(found) == [1, 3, 4, 6] and found[3] == "upper quartile expected signal (3 of 8)"
    assert list(by_signal(np.array([2.0]))) == [0]


def test_letters_are_shown_where_most_is_added_or_taken_away() -> None:
    assert strongest(np.array([0, 2.0, -2, 0, 3, 0, 0]), 2) == 1
    assert strongest(np.array([1.0, 1, 1]), 3) == 0


@pytest.mark.parametrize("letter", "ACGT")
@pytest.mark.parametrize("height", [0.3, -2.0])
def test_a_letter_is_as_high_as_its_attribution(letter: str, height: float) -> None:
    corners = placed(letter, 7, height).vertices
    low, high = corners[:, 1].min(), corners[:, 1].max()
    assert np.allclose([low, high], sorted([0, height]))
    assert np.allclose([corners[:, 0].min(), corners[:, 0].max()], [7.04, 7.96])
