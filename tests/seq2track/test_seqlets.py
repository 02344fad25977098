"""Seqlets, words and motifs: each number is the one that a loop over places, or a library, counts."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, fisher_exact

from workflow_scripts.contracts import attributions, motif_hits, word_enrichment
from workflow_scripts.contracts import seqlets as seqlets_contract
from workflow_scripts.io.bases import decode, encode, reverse_complement
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import motifs, seqlets, words
from workflow_scripts.seq2track.call_seqlets import call_seqlets

SPEC = {"width": 5, "quantile": 0.9, "kmer": 3, "max_p": 0.05}
MEME = """MEME version 5

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.3 C 0.2 G 0.2 T 0.3

MOTIF TATA first
letter-probability matrix: alength= 4 w= 4 nsites= 20 E= 0
 0.02 0.01 0.02 0.95
 0.9 0.03 0.04 0.03
 0.05 0.05 0.05 0.85
 0.85 0.05 0.05 0.05

MOTIF skewed
letter-probability matrix: alength= 4 w= 3
 1 0 0 0
 0 0.5 0.5 0
 0 0 0 1
URL http://x
"""


def found(regions: int = 4, length: int = 40) -> attributions.Attributions:
    """Attributions of random regions on both strands, with unknown bases and two places that stand out in each."""
    rng = np.random.default_rng(2)
    bases = rng.integers(0, 4, (regions, length)).astype(np.uint8)
    bases[0, 30:33] = 4
    scores = rng.normal(0, 0.1, (regions, length, 4)).astype("f4")
    scores[:, 8:14] += 1
    scores[1:, 20:27] -= 1
    start = 100 * np.arange(1, regions + 1)
    about = {"run": "r", "track": "a", "method": "mutagenesis", "upstream": 0, "downstream": 16}
    table = pd.DataFrame({"name": [f"g{n}" for n in range(regions)], "chrom": "I", "start": start})
    table = table.assign(end=start + length, strand=["+", "-"] * (regions // 2), fold=1, signal=2.0, baseline=np.nan)
    shuffled = rng.normal(0, 0.2, (regions, length)).astype("f4")
    return attributions.Attributions(table, scores, bases, np.where(shuffled < 0, 2 * shuffled, shuffled), about)


def call(folder: Path, content: attributions.Attributions, meme: str = "") -> dict[str, Path]:
    paths = {name: folder / f"{name}.parquet" for name in ("seqlets", "enrichment", "hits")}
    attributions.write(content, folder / "attributions.h5")
    if meme:
        (folder / "own.meme").write_text(meme)
    given = [folder / "own.meme"] if meme else []
    call_seqlets(attributions=folder / "attributions.h5", motifs=given, spec=SPEC, **paths)
    return paths


def by_loop(content: attributions.Attributions, sign: int) -> list[set[int]]:
    """The places of each region that lie in a window of 5 that passes."""
    values, null = content.attribution.astype(float), content.shuffled.astype(float)
    means = [sign * row[at : at + 5].mean() for row in null for at in range(36)]
    limit = np.quantile(means, 0.9)
    return [
        {place for at in range(36) if sign * row[at : at + 5].mean() > limit for place in range(at, at + 5)}
        for row in values
    ]


def test_seqlets_are_the_windows_above_the_quantile_of_shuffled_regions(tmp_path: Path) -> None:
    content = found()
    table, width, limits = seqlets_contract.read(call(tmp_path, content)["seqlets"])
    assert width == 5 and limits[1] > 0 > limits[-1] and len(table) > 6
    for sign in (1, -1):
        expected, here = by_loop(content, sign), table[table["sign"] == sign]
        for number, places in enumerate(expected):
            rows = here[here["region"] == f"g{number}"]
            covered = [
                place for row in rows.itertuples() for place in range(row.first, row.first + row.end - row.start)
            ]
            assert sorted(places) == covered
        assert not here.empty
    for row in table.itertuples():
        number, end = int(row.region[1:]), row.first + row.end - row.start
        assert row.sequence == decode(content.bases[number, row.first : end])
        assert np.isclose(row.attribution, content.attribution[number, row.first : end].sum(), atol=1e-5)
        means = [content.attribution[number, at : at + 5].mean() for at in range(row.first, end - 4)]
        assert np.isclose(row.peak, max(means) if row.sign > 0 else min(means), atol=1e-6)
        genome = 100 * (number + 1)
        place = (genome + row.first, genome + end) if number % 2 == 0 else (genome + 40 - end, genome + 40 - row.first)
        assert (row.start, row.end) == place and row.strand == "+-"[number % 2]


def test_words_are_counted_in_seqlets_and_in_the_rest_of_the_same_regions(tmp_path: Path) -> None:
    """In the direction of the region alone; p is scipy's of Fisher's test, q that of Benjamini and Hochberg."""
    content = found()
    table = word_enrichment.read(call(tmp_path, content)["enrichment"])
    assert (table["kind"] == "kmer").all()
    for sign in (1, -1):
        inside, own = by_loop(content, sign), table[table["sign"] == sign]
        counts: dict[str, list[int]] = {}
        for row, places in zip(content.bases, inside, strict=True):
            for at in range(38):
                word = decode(row[at : at + 3])
                if "N" not in word:
                    counts.setdefault(word, [0, 0])[0 if {at, at + 1, at + 2} <= places else 1] += 1
        totals = np.sum(list(counts.values()), axis=0)
        assert set(own["word"]) == set(counts) and totals[0] > 10
        for row in own.itertuples():
            a, c = counts[row.word]
            b, d = totals - [a, c]
            assert (row.inside, row.inside_others, row.rest, row.rest_others) == (a, b, c, d)
            assert np.isclose(row.p, fisher_exact([[a, b], [c, d]], "greater").pvalue)
            assert np.isclose(row.odds_ratio, (a + 0.5) * (d + 0.5) / (b + 0.5) / (c + 0.5))
        assert np.allclose(own["q"], false_discovery_control(own["p"])) and own["p"].is_monotonic_increasing


def test_a_word_planted_in_seqlets_comes_first() -> None:
    rng = np.random.default_rng(5)
    bases = rng.integers(0, 4, (60, 100)).astype(np.uint8)
    bases[:, 50:58] = encode("TATAAGCC")
    inside = np.zeros((60, 100), bool)
    inside[:, 48:60] = True
    table = words.tested(words.of_kmers(bases, inside, 6))
    first = table.head(3)
    assert set(first["word"]) == {"TATAAG", "ATAAGC", "TAAGCC"} and (first["q"] < 1e-20).all()
    by_rank = table["p"] * len(table) / np.arange(1, len(table) + 1)
    np.testing.assert_allclose(table["q"], by_rank[::-1].cummin()[::-1].clip(upper=1))


def log_odds(name: str) -> np.ndarray:
    rows = {"TATA": [[2, 1, 2, 95], [90, 3, 4, 3], [5, 5, 5, 85], [85, 5, 5, 5]],
            "skewed": [[100, 0, 0, 0], [0, 50, 50, 0], [0, 0, 0, 100]]}[name]  # fmt: skip
    share = np.array(rows) / 100 + 0.001
    return np.log2(share / share.sum(1, keepdims=True) / [0.3, 0.2, 0.2, 0.3])


@pytest.mark.parametrize("max_p", [0.2, 0.03, 0.01, 1e-9])
def test_the_threshold_of_a_motif_is_the_least_score_that_is_as_rare(max_p: float, tmp_path: Path) -> None:
    """By all sequences of its width; scores are counted in hundredths of a bit."""
    (tmp_path / "own.meme").write_text(MEME)
    for motif in motifs.read(tmp_path / "own.meme", max_p):
        expected = log_odds(motif.name)
        np.testing.assert_allclose(motif.log_odds, expected, atol=1e-12)
        every = list(product(range(4), repeat=len(expected)))
        score = np.array([sum(expected[at, base] for at, base in enumerate(each)) for each in every])
        chance = np.array([np.prod(np.array([0.3, 0.2, 0.2, 0.3])[list(each)]) for each in every])
        assert chance[score >= motif.threshold].sum() <= max_p
        lower = motif.threshold - 0.01 * (len(expected) + 1)
        assert chance[score >= lower].sum() > max_p or lower > score.max() - 0.06


def test_hits_of_motifs_stand_where_their_scores_do_on_either_strand(tmp_path: Path) -> None:
    content = found()
    content.bases[0, 9:13], content.bases[1, 30:34] = encode("TATA"), reverse_complement(encode("TATC"))
    content.bases[2, 21:24], content.bases[3, 0:3] = encode("ACT"), reverse_complement(encode("AGT"))
    paths = call(tmp_path, content, MEME)
    hits, table = motif_hits.read(paths["hits"]), word_enrichment.read(paths["enrichment"])
    inside = {sign: by_loop(content, sign) for sign in (1, -1)}
    rows = set()
    for motif in motifs.read(tmp_path / "own.meme", SPEC["max_p"]):
        matrix, width = log_odds(motif.name), len(motif.log_odds)
        for orientation in "+-":
            counts = {sign: np.zeros((2, 2), int) for sign in inside}
            for number, at in product(range(4), range(41 - width)):
                part = content.bases[number, at : at + width]
                if (part == 4).any():
                    continue
                read = part if orientation == "+" else reverse_complement(part)
                hit = matrix[np.arange(width), read].sum() >= motif.threshold
                held = [sign for sign, of in inside.items() if at + width // 2 in of[number]]
                for sign, of in counts.items():
                    of[0 if sign in held else 1, 0 if hit else 1] += 1
                if hit:
                    rows.add((motif.name, f"g{number}", at, orientation, held[0] if held else 0))
            for sign, of in counts.items():
                row = table[(table["word"] == motif.name) & (table["orientation"] == orientation)]
                row = row[row["sign"] == sign].iloc[0]
                assert [row[name] for name in word_enrichment.COUNTS] == of.ravel().tolist()
    first = [
        row.start - 100 * (int(row.region[1:]) + 1) if int(row.region[1:]) % 2 == 0
        else 100 * (int(row.region[1:]) + 1) + 40 - row.end
        for row in hits.itertuples()
    ]  # fmt: skip
    assert set(zip(hits["motif"], hits["region"], first, hits["orientation"], hits["in_seqlet"], strict=True)) == rows
    assert {("TATA", "g0", 9, "+", 1), ("skewed", "g3", 0, "-", 0)} <= rows and len(rows) == len(hits)
    assert ((hits["strand"] == "+") == ((hits["orientation"] == "+") == hits["region"].isin(["g0", "g2"]))).all()


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("ALPHABET= ACGT", "ALPHABET= ACDEFGHIKLMNPQRSTVWY", 3),
        (" 0.9 0.03 0.04 0.03", " 0.9 0.03 0.04", 13),
        (" 0.9 0.03 0.04 0.03", " 0.9 0.3 0.04 0.03", 13),
        (" 0.9 0.03 0.04 0.03", " 0.9 x 0.04 0.03", 13),
        ("w= 4", "w= 0", 11),
        ("MEME version 5", "# nothing", 11),
        ("MOTIF skewed", "MOTIF TATA", 22),
        ("URL http://x\n", "letter-probability matrix: w= 2\n 1 0 0 0\n", 23),
        (MEME[MEME.index("\nMOTIF TATA") :], "", 8),
    ],
)
def test_a_file_that_is_no_motifs_is_refused_with_the_line(old: str, new: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "own.meme").write_text(MEME.replace(old, new))
    with pytest.raises(BadInput, match=f"own.meme: line {line}: "):
        motifs.read(tmp_path / "own.meme", 0.01)


def test_a_motif_longer_than_the_regions_is_refused(tmp_path: Path) -> None:
    rows = " 1 0 0 0\n" * 41
    with pytest.raises(BadInput, match="TATA: is longer than the regions"):
        call(tmp_path, found(), f"MEME version 4\nMOTIF TATA\nletter-probability matrix: w= 41\n{rows}")


def test_where_nothing_passes_there_are_no_rows(tmp_path: Path) -> None:
    content = found()
    paths = call(tmp_path, content._replace(scores=np.zeros_like(content.scores)))
    assert seqlets_contract.read(paths["seqlets"])[0].empty and motif_hits.read(paths["hits"]).empty
    assert (word_enrichment.read(paths["enrichment"])["p"] == 1).all()
    assert set(seqlets.thresholds(content.shuffled, 5, 0.9)) == {1, -1}
