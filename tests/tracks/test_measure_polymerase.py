"""Pausing indices against hand-computed and simulated truth, on both strands."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies

from tests.support.workflow import ROOT
from tests.tracks import toy
from workflow_scripts.contracts import polymerase as contract
from workflow_scripts.docs.reruns import demo
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.settings import Settings
from workflow_scripts.tracks import data_blocks, pausing
from workflow_scripts.tracks.inputs import track_names, track_values
from workflow_scripts.tracks.measure_polymerase import measure_polymerase
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig

SPEC = toy.specs()["polymerase"]
SMALL = {**SPEC, "pause_start": 2, "pause_end": 12, "body_start": 20, "body_end_trim": 5, "min_body_length": 50}


def measure(
    tmp_path: Path,
    genes: list[tuple],
    plus: toy.Signal,
    minus: toy.Signal,
    spec: dict[str, Any] = SPEC,
    tss: dict[str, int] | None = None,
    values: str = "counts",
    assays: tuple[str, ...] = ("netseq",),
) -> pd.DataFrame:
    """Measure the same signal as a track of each assay, called a, b, ..."""
    measure_polymerase(
        bodies=toy.write_bodies(tmp_path / "bodies.parquet", genes, tss),
        plus=[toy.write_track(tmp_path / "plus.bw", plus)] * len(assays),
        minus=[toy.write_track(tmp_path / "minus.bw", minus)] * len(assays),
        strands=[toy.write_strands(tmp_path / f"{assay}.parquet", assay) for assay in assays],
        polymerase=tmp_path / "polymerase.parquet",
        names=["a", "b"][: len(assays)],
        values=[values] * len(assays),
        spec=spec,
    )
    return contract.read(tmp_path / "polymerase.parquet").set_index("gene_id")


def test_the_defaults_are_those_of_peppro() -> None:
    assert {key: SPEC[key] for key in ("pause_start", "pause_end", "body_start", "body_end_trim")} == {
        "pause_start": 20,
        "pause_end": 120,
        "body_start": 500,
        "body_end_trim": 0,
    }


def test_pausing_index_by_hand_on_both_strands(tmp_path: Path) -> None:
    """Gene A is I:101-1200 (+), gene B I:1401-2500 (-). Windows by hand, 1-based, ends included:

    A: pause 121-220, body 601-1200; B: pause 2381-2480 (20 to 119 bases before base 2500), body 1401-2000.
    """
    genes = [("A", "I", 100, 1200, "+"), ("B", "I", 1400, 2500, "-")]
    plus, minus = toy.empty(), toy.empty()
    for signal, pause, outside_pause, body, outside_body in (
        (plus, (121, 220), (120, 221), (601, 1200), (600, 1201)),
        (minus, (2381, 2480), (2380, 2481), (1401, 2000), (1400, 2001)),
    ):
        values = signal["I"]
        for base in pause:
            values[base - 1] = 15  # 30 in a window of 100 bp
        for base in body:
            values[base - 1] = 6  # 12 in a window of 600 bp
        for base in (*outside_pause, *outside_body):
            values[base - 1] = 1000
    minus["I"][700 - 1] = 4  # antisense in the body of A
    plus["I"][1450 - 1] = 3  # antisense in the body of B
    found = measure(tmp_path, genes, plus, minus)
    for gene, antisense in (("A", 4), ("B", 3)):
        row = found.loc[gene]
        assert row["measured"]
        assert (row["pause_count"], row["pause_length"], row["pause_density"]) == (30, 100, 0.3)
        assert (row["body_count"], row["body_length"], row["body_density"]) == (12, 600, 0.02)
        assert row["pausing_index"] == pytest.approx(15)
        assert row["antisense_count"] == antisense
        assert row["ci_low"] < 15 < row["ci_high"]
    assert found.loc["A", "ci_low"] == found.loc["B", "ci_low"]


@pytest.mark.parametrize("seed", range(3))
def test_a_mirrored_genome_gives_the_same_indices(seed: int, tmp_path: Path) -> None:
    genes = [
        ("A", "I", 100, 900, "+"),
        ("B", "I", 1100, 1900, "-"),
        ("C", "I", 2000, 2990, "+"),
        ("D", "II", 50, 99, "-"),
    ]
    plus, minus = toy.random_signal(seed), toy.random_signal(seed + 10)
    tss = {"A": 130, "B": 1850}
    mirrored = [
        (gene, chrom, toy.LENGTHS[chrom] - end, toy.LENGTHS[chrom] - start, "+" if strand == "-" else "-")
        for gene, chrom, start, end, strand in genes
    ]
    mirrored_tss = {gene: toy.LENGTHS["I"] - 1 - position for gene, position in tss.items()}
    turned = [{name: values[::-1] for name, values in signal.items()} for signal in (minus, plus)]
    here = measure(tmp_path, genes, plus, minus, SMALL, tss)
    there = measure(tmp_path, mirrored, *turned, SMALL, mirrored_tss)
    pd.testing.assert_frame_equal(here, there)
    assert here.loc[["A", "B", "C"], "pausing_index"].notna().all()


def test_the_start_of_transcription_of_the_gene_table_is_used(tmp_path: Path) -> None:
    plus = toy.empty()
    plus["I"][202:212] = 1  # 2 to 11 bases after base 200
    found = measure(tmp_path, [("A", "I", 100, 900, "+")], plus, toy.random_signal(1), SMALL, {"A": 200})
    assert found.loc["A", "pause_count"] == 10
    assert found.loc["A", "body_length"] == 900 - 5 - 220


def test_a_gene_that_is_too_short_has_counts_but_no_index(tmp_path: Path) -> None:
    genes = [("short", "I", 100, 174, "+"), ("enough", "I", 200, 275, "+"), ("tiny", "II", 100, 110, "-")]
    found = measure(tmp_path, genes, toy.random_signal(1), toy.random_signal(2), SMALL)
    assert found["body_length"].tolist() == [49, 50, 0]
    assert found["measured"].tolist() == [False, True, False]
    assert found.loc["short", ["pausing_index", "ci_low", "ci_high"]].isna().all()
    assert found["pause_count"].notna().all()
    assert np.isnan(found.loc["tiny", "body_density"])


def test_a_pause_window_beyond_the_chromosome_is_not_measured(tmp_path: Path) -> None:
    found = measure(
        tmp_path, [("A", "I", 2000, 3000, "+")], toy.random_signal(1), toy.random_signal(2), SMALL, {"A": 2995}
    )
    assert not found.loc["A", "measured"]


def test_no_signal_gives_an_interval_without_a_pseudo_count(tmp_path: Path) -> None:
    plus, minus = toy.empty(), toy.random_signal(2)
    plus["I"][102:112] = 1  # A: pause only
    plus["I"][400] = 5  # B: body only; C: nothing
    genes = [("A", "I", 100, 275, "+"), ("B", "I", 300, 500, "+"), ("C", "I", 600, 800, "+")]
    found = measure(tmp_path, genes, plus, minus, SMALL)
    assert found["measured"].all()
    assert np.isnan(found.loc["A", "pausing_index"])
    assert found.loc["A", "ci_low"] > 1 and found.loc["A", "ci_high"] == np.inf
    assert found.loc["B", "pausing_index"] == 0 == found.loc["B", "ci_low"]
    assert 0 < found.loc["B", "ci_high"] < np.inf
    assert np.isnan(found.loc["C", "pausing_index"])
    assert (found.loc["C", "ci_low"], found.loc["C", "ci_high"]) == (0, np.inf)


def test_fractional_signal_has_indices_but_no_intervals(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    signal = toy.random_signal(1, whole=False)
    found = measure(tmp_path, [("A", "I", 100, 900, "+")], signal, toy.random_signal(2), SMALL)
    assert found.loc["A", "pausing_index"] > 0
    assert np.isnan(found.loc["A", "ci_low"])
    assert "has fractional values" in caplog.text


def test_every_track_is_told_what_its_own_values_are() -> None:
    config, _ = demo()
    config["tracks"]["sets"]["netseq"]["tracks"]["proseq"]["values"] = "coverage"
    told, wildcards = Settings(config, str(ROOT / "config/datasets.tsv")), SimpleNamespace(set="netseq")
    found = track_names(told)(wildcards), track_values(told)(wildcards)
    assert found == ('["netseq","proseq"]', '["counts","coverage"]')


def test_coverage_of_whole_reads_has_indices_but_no_intervals(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Ten reads of 30 bp, eight in the pause window: as counts 240 and 60 would claim an interval far too narrow."""
    caplog.set_level("INFO")
    plus = toy.empty()
    plus["I"][202:232], plus["I"][400:430] = 8, 2
    spec = {**SMALL, "pause_end": 32, "body_start": 40}
    genes = [("A", "I", 200, 1000, "+")]
    counted, covered = (
        measure(tmp_path, genes, plus, toy.random_signal(2), spec, values=values).loc["A"]
        for values in ("counts", "coverage")
    )
    assert counted["pausing_index"] == covered["pausing_index"] > 0
    assert counted["ci_high"] / counted["ci_low"] < 2 and covered["measured"]
    assert np.isnan(covered["ci_low"]) and np.isnan(covered["ci_high"])
    assert "is coverage: its indices have no interval" in caplog.text


def test_the_median_of_the_log_is_of_every_gene_that_has_an_index(caplog: pytest.LogCaptureFixture) -> None:
    """Those of 0 too, as in the figure; a gene without signal in its body has none."""
    caplog.set_level("INFO")
    counts = {"pause_count": [0.0, 0, 1, 2, 4, 9, 9], "body_count": [1.0] * 5 + [0, 0], "antisense_count": [0.0] * 7}
    windows = pausing.Windows(*(np.full(7, place) for place in (0, 10, 10, 20)))
    names, counts = pd.Series(list("ABCDEFG")), {name: np.array(of) for name, of in counts.items()}
    pausing.features("a", names, counts, windows, np.full(7, "", object), 0.95, "counts")
    assert "a: median pausing index 1.00 of 5 genes" in caplog.text


@pytest.mark.parametrize("assay", ["procap", "grocap", "cage"])
def test_initiation_has_counts_but_no_index(assay: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A set of such a track alone, and beside one of elongation, which is as without it."""
    caplog.set_level("INFO")
    genes = [("A", "I", 100, 900, "+"), ("B", "I", 1100, 1900, "-"), ("short", "II", 5, 30, "+")]
    plus, minus = toy.random_signal(1), toy.random_signal(2)
    alone = measure(tmp_path, genes, plus, minus, SMALL)
    caplog.clear()
    found = measure(tmp_path, genes, plus, minus, SMALL, assays=(assay,))
    assert "median pausing index" not in caplog.text
    counts = ["pause_count", "body_count", "antisense_count", "pause_density", "body_density"]
    pd.testing.assert_frame_equal(found[counts], alone[counts])
    assert not found["measured"].any()
    assert found[["pausing_index", "ci_low", "ci_high"]].isna().all(axis=None)
    assert set(found["reason"]) == {"initiation assay: no pausing index"}
    assert "a: 0 genes measured; left out: 3 initiation assay: no pausing index" in caplog.text
    both = measure(tmp_path, genes, plus, minus, SMALL, assays=(assay, "proseq"))
    pd.testing.assert_frame_equal(both[both["track"] == "a"], found)
    pd.testing.assert_frame_equal(both[both["track"] == "b"].assign(track="a"), alone)
    assert "b: 2 genes measured; left out: 1 body too short" in caplog.text


def test_the_table_says_why_a_gene_is_not_measured(tmp_path: Path) -> None:
    genes = [
        ("A", "I", 100, 900, "+"),
        ("M", "MT", 0, 400, "+"),
        ("X", "XVI", 100, 900, "-"),
        ("short", "II", 100, 174, "+"),
        ("B", "II", 500, 900, "+"),
        ("C", "II", 600, 900, "+"),
    ]
    found = measure(tmp_path, genes, toy.random_signal(1), toy.random_signal(2), SMALL)
    assert found["reason"].to_dict() == {
        "A": "",
        "M": "not nuclear, or not on the genome",
        "X": "not nuclear, or not on the genome",
        "short": "body too short",
        "B": "crowded by another gene",
        "C": "crowded by another gene",
    }
    with pytest.raises(BadInput, match="a reason where not measured"):
        contract.validate(found.assign(reason="").reset_index())


def test_genes_that_cannot_be_placed_have_no_counts(tmp_path: Path) -> None:
    genes = [("A", "I", 100, 900, "+"), ("M", "MT", 0, 400, "+"), ("X", "XVI", 100, 900, "-")]
    found = measure(tmp_path, genes, toy.random_signal(1), toy.random_signal(2), SMALL)
    assert found["measured"].tolist() == [True, False, False]
    assert (
        found.loc[["M", "X"], ["pause_count", "body_count", "antisense_count", "pausing_index"]].isna().all(axis=None)
    )


@pytest.mark.parametrize(
    ("other", "crowded"),
    [
        (("B", "I", 500, 900, "+"), {"A", "B"}),  # starts in A's body
        (("B", "I", 500, 900, "-"), set()),  # on the other strand
        (("B", "I", 1000, 1500, "+"), set()),  # begins where A ends
        (("B", "I", 50, 205, "+"), {"A", "B"}),  # runs into A's pause window
        (("B", "I", 50, 202, "+"), set()),  # ends before A's pause window
        (("B", "I", 50, 900, "+"), {"A", "B"}),  # A starts in its body
    ],
)
def test_genes_that_another_gene_crowds_are_not_measured(other: tuple, crowded: set[str], tmp_path: Path) -> None:
    genes = [("A", "I", 200, 1000, "+"), other, ("C", "II", 200, 1000, "+")]
    spec = {**SMALL, "body_end_trim": 0}
    found = measure(tmp_path, genes, toy.random_signal(1), toy.random_signal(2), spec)
    assert set(found.index[~found["measured"]]) == crowded


@settings(max_examples=60, deadline=None)
@given(
    strategies.lists(
        strategies.tuples(strategies.integers(0, 300), strategies.integers(30, 200), strategies.sampled_from("+-")),
        min_size=1,
        max_size=12,
    )
)
def test_crowding_is_that_of_comparing_all_pairs(drawn: list[tuple[int, int, str]]) -> None:
    genes = pd.DataFrame(
        [("I", a, a + n, strand) for a, n, strand in drawn], columns=["chrom", "start", "end", "strand"]
    )
    genes["tss"] = np.where(genes["strand"] == "+", genes["start"], genes["end"] - 1)
    regions = pausing.windows(genes, np.full(len(genes), 600), SMALL)

    def meet(first: tuple[int, int], second: tuple[int, int]) -> bool:
        return max(first[0], second[0]) < min(first[1], second[1])

    expected = []
    for one in range(len(genes)):
        pause = regions.pause_start[one], regions.pause_end[one]
        body = regions.body_start[one], regions.body_end[one]
        expected.append(
            any(
                meet(pause, (genes["start"][other], genes["end"][other]))
                or meet(pause, (regions.pause_start[other], regions.pause_end[other]))
                or meet(body, (regions.pause_start[other], regions.pause_end[other]))
                for other in range(len(genes))
                if other != one and genes["strand"][other] == genes["strand"][one]
            )
        )
    assert pausing.crowded(genes, regions).tolist() == expected


def test_the_interval_is_that_of_rateratio_test() -> None:
    """The example of the vignette of rateratio.test: 2 of 17,877 against 9 of 16,660."""
    low, high = pausing.ratio_interval(*(np.array([value]) for value in (2, 17877, 9, 16660)), 0.95)
    assert low[0] == pytest.approx(0.02177406, abs=1e-8)
    assert high[0] == pytest.approx(1.00054910, abs=1e-8)


def test_the_interval_covers_the_truth(tmp_path: Path) -> None:
    """200 genes of Poisson counts with known index, half on each strand: at least 0.9 of intervals hold it."""
    rng = np.random.default_rng(7)
    lengths = {"I": 200 * 200}
    plus, minus = ({"I": rng.poisson(0.01, lengths["I"]).astype(float)} for _ in range(2))
    genes, truth = [], {}
    for number in range(200):
        start, forward = number * 200 + 10, number % 2 == 0
        rate, index = rng.uniform(0.02, 0.3), np.exp(rng.uniform(-1, 3))
        genes.append((f"g{number}", "I", start, start + 180, "+" if forward else "-"))
        body, pause = rng.poisson(rate, 155), rng.poisson(rate * index, 10)
        along = np.zeros(180)
        along[2:12], along[20:175] = pause, body
        (plus if forward else minus)["I"][start : start + 180] = along if forward else along[::-1]
        truth[f"g{number}"] = index
    found = measure(tmp_path, genes, plus, minus, SMALL)
    assert found["measured"].all()
    truth = pd.Series(truth)
    covered = (found["ci_low"] <= truth) & (truth <= found["ci_high"])
    assert covered.mean() >= 0.9
    assert (found["ci_high"] / found["ci_low"]).median() < 20  # not by being wide


@pytest.mark.parametrize("together", [1, 2, 997])
def test_the_result_is_independent_of_the_block_size(
    together: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signal = toy.random_signal(1, whole=False), toy.random_signal(2, whole=False)
    genes = [("A", "I", 100, 900, "+"), ("B", "II", 1100, 1900, "-"), ("C", "I", 2000, 2990, "+")]
    measure(tmp_path, genes, *signal, SMALL)
    whole = (tmp_path / "polymerase.parquet").read_bytes()
    monkeypatch.setattr(data_blocks, "TOGETHER", together)
    measure(tmp_path, genes, *signal, SMALL)
    assert (tmp_path / "polymerase.parquet").read_bytes() == whole


@settings(max_examples=30, deadline=None)
@given(data=strategies.data())
def test_sums_of_intervals_are_sums_of_bases(
    data: strategies.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    signal = toy.random_signal(5)
    path = tmp_path_factory.getbasetemp() / "sums.bw"
    if not path.exists():
        toy.write_track(path, signal)
    drawn = data.draw(
        strategies.lists(
            strategies.tuples(
                strategies.sampled_from(["I", "II"]), strategies.integers(0, 2000), strategies.integers(0, 2000)
            ),
            max_size=9,
        )
    )
    chrom = np.array([name for name, _, _ in drawn], object)
    start, end = (np.array([sorted(row[1:])[side] for row in drawn], int) for side in (0, 1))
    expected = [np.nansum(signal[name][a:b]) for name, a, b in zip(chrom, start, end, strict=True)]
    np.testing.assert_array_equal(SealedBigWig(path).sums(chrom, start, end), expected)


def test_windows_are_cut_at_the_ends_of_the_chromosome() -> None:
    """The one pause window would begin 3 bases before the first, the other end 2 beyond the last."""
    genes = pd.DataFrame({"strand": ["-", "+"], "tss": [8, 990], "start": [0, 990], "end": [9, 1000]})
    regions = pausing.windows(genes, np.full(2, 1000), SMALL)
    assert (regions.pause_start.tolist(), regions.pause_end.tolist()) == ([0, 992], [7, 1000])


def test_a_gene_without_a_body_crowds_and_is_crowded_by_nothing() -> None:
    genes = pd.DataFrame({"chrom": "I", "strand": "+", "tss": [100], "start": [100], "end": [110]})
    regions = pausing.windows(genes, np.full(1, 1000), SMALL)
    assert regions.body_length.tolist() == [0]
    assert pausing.crowded(genes, regions).tolist() == [False]
