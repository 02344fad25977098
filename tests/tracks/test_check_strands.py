"""A track with flipped or missing strands stops the run."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.tracks import toy
from workflow_scripts.io.errors import BadInput
from workflow_scripts.tracks import assembly_gate, strand_gate
from workflow_scripts.tracks.check_strands import check_strands

GENES = [("A", "I", 100, 1100, "+"), ("B", "I", 1500, 2500, "-"), ("C", "chrII", 200, 1200, "+")]


def toy_signal(sense: int, antisense: int) -> tuple[toy.Signal, toy.Signal]:
    """Plus and minus signal with so much on each gene's own strand and on the other."""
    plus, minus = toy.empty(), toy.empty()
    for _, chrom, start, end, strand in GENES:
        own, other = (plus, minus) if strand == "+" else (minus, plus)
        own[chrom.removeprefix("chr")][start:end] = sense
        other[chrom.removeprefix("chr")][start:end] = antisense
    return plus, minus


def check(
    tmp_path: Path,
    signal: tuple[toy.Signal, toy.Signal],
    genes: list[tuple] = GENES,
    protocol: str = "netseq",
    min_ratio: float = 1.5,
) -> pd.Series:
    files = [
        toy.write_track(tmp_path / f"a.{name}.bw", one) for name, one in zip(("plus", "minus"), signal, strict=True)
    ]
    check_strands(
        bodies=toy.write_bodies(tmp_path / "bodies.parquet", genes),
        plus=files[0],
        minus=files[1],
        strands=tmp_path / "strands.parquet",
        track="a",
        protocol=protocol,
        spec={"min_ratio": min_ratio},
    )
    return pd.read_parquet(tmp_path / "strands.parquet").iloc[0]


def test_sums_over_whole_genes_on_both_strands(tmp_path: Path) -> None:
    row = check(tmp_path, toy_signal(5, 2))
    assert (row["sense"], row["antisense"], row["ratio"], row["genes"]) == (15_000, 6_000, 2.5, 3)
    assert (row["assay"], row["region"], row["min_ratio"]) == ("netseq", "gene body", 1.5)
    assert strand_gate.read_assays([tmp_path / "strands.parquet"]) == ["netseq"]


def test_flipped_strands_stop_the_run(tmp_path: Path) -> None:
    plus, minus = toy_signal(5, 2)
    with pytest.raises(BadInput, match=r"a.plus.bw and a.minus.bw: the strands look flipped .*6000 sense, 15000 anti"):
        check(tmp_path, (minus, plus))
    assert not (tmp_path / "strands.parquet").exists()


@pytest.mark.parametrize(("sense", "antisense"), [(5, 5), (6, 5), (5, 6)])
def test_a_track_without_strands_stops_the_run(sense: int, antisense: int, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="do not look stranded .*at least 1.5 to 1"):
        check(tmp_path, toy_signal(sense, antisense))


def test_the_least_ratio_is_that_of_the_configuration(tmp_path: Path) -> None:
    assert check(tmp_path, toy_signal(6, 5), min_ratio=1.2)["ratio"] == 1.2
    with pytest.raises(BadInput):
        check(tmp_path, toy_signal(5, 2), min_ratio=2.6)


def test_a_perfect_track_passes(tmp_path: Path) -> None:
    signal = toy_signal(5, 0)
    assert check(tmp_path, signal)["ratio"] == np.inf


def test_no_signal_over_genes_stops_the_run(tmp_path: Path) -> None:
    signal = toy.empty(), toy.empty()
    signal[0]["I"][2900] = signal[1]["I"][2900] = 1
    with pytest.raises(BadInput, match="hold no signal over any gene"):
        check(tmp_path, signal)


def test_mitochondrial_genes_and_absent_chromosomes_do_not_count(tmp_path: Path) -> None:
    signal = toy_signal(5, 2)
    signal[0]["Mito"][:] = 1000  # antisense to the gene
    genes = [*GENES, ("M", "chrM", 0, 400, "-"), ("X", "XIV", 5, 9000, "+")]
    row = check(tmp_path, signal, genes)
    assert (row["ratio"], row["genes"]) == (2.5, 3)


def test_genes_without_signal_are_no_fault(tmp_path: Path) -> None:
    plus, minus = toy_signal(5, 2)
    plus["II"][:] = minus["II"][:] = np.nan
    assert check(tmp_path, (plus, minus))["ratio"] == 2.5


def test_initiation_is_looked_for_at_the_starts_of_genes(tmp_path: Path) -> None:
    plus, minus = toy.empty(), toy.empty()
    plus["I"][[100, 349]] = 25  # first and last base of A's window
    plus["I"][350] = minus["I"][2249] = 1000  # just after both windows
    minus["I"][40:90] = 30  # A's divergent transcript, before its start
    minus["I"][[2499, 2250]] = 25  # first and last base of B's window, on the minus strand
    plus["I"][2500] = 30  # B's divergent transcript
    minus["I"][900] = 99  # in A's body
    row = check(tmp_path, (plus, minus), protocol="procap")
    assert (row["sense"], row["antisense"], row["region"]) == (100, 0, "start of transcription")


@pytest.mark.parametrize(("sense", "antisense", "warned"), [(6, 2, False), (5, 2, True), (29, 10, True), (5, 0, False)])
def test_a_low_ratio_is_warned_of_in_log_and_table(
    sense: int, antisense: int, warned: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    row = check(tmp_path, toy_signal(sense, antisense))
    said = f"less than 3 to 1 (signal over genes: {3000 * sense} sense, {3000 * antisense} antisense): see that strands"
    assert (said in row["warning"]) == (f"a: sense to antisense {said}" in caplog.text) == warned
    assert bool(row["warning"]) == warned


LONG = {"I": 150_000, "II": 100_000}


def many_genes(seed: int) -> list[tuple]:
    """500 genes of 200 to 300 bp on either strand, one in each stretch of 500 bp."""
    rng = np.random.default_rng(seed)
    rows = []
    for chrom, length in LONG.items():
        for at in range(0, length, 500):
            start = at + int(rng.integers(0, 200))
            rows.append((f"g{len(rows)}", chrom, start, start + int(rng.integers(200, 300)), "+-"[rng.integers(2)]))
    return rows


def signal_of(genes: list[tuple], seed: int) -> tuple[toy.Signal, toy.Signal]:
    """Counts of which four in five lie on the genes' own strands; each gene has its own amount."""
    rng = np.random.default_rng(seed)
    plus, minus = toy.empty(LONG), toy.empty(LONG)
    for _, chrom, start, end, strand in genes:
        amount = rng.lognormal(-2)
        for signal, share in ((plus, 0.8), (minus, 0.2)) if strand == "+" else ((plus, 0.2), (minus, 0.8)):
            reads = rng.poisson(amount * share, end - start)
            signal[chrom][start:end] = np.where(reads > 0, reads, np.nan)
    return plus, minus


def excess_by_hand(genes: list[tuple], plus: toy.Signal, minus: toy.Signal, move: int) -> float:
    """Of genes that are moved on by so many 21sts of their chromosome."""
    found = []
    for _, chrom, start, end, strand in genes:
        length = LONG[chrom]
        first = (start + length * move // 21) % length
        bases = slice(first, min(first + end - start, length))
        on_plus, on_minus = (np.nansum(signal[chrom][bases]) for signal in (plus, minus))
        found.append(np.sign(on_plus - on_minus if strand == "+" else on_minus - on_plus))
    return float(np.mean(found))


def test_signal_that_follows_the_genes_stands_above_that_of_genes_moved_elsewhere(tmp_path: Path) -> None:
    genes = many_genes(1)
    signal = signal_of(genes, 2)
    without_room = ("long", "II", 100, 100 + 100_000 // 21 + 1, "-")
    row = check(tmp_path, signal, [*genes, without_room])
    assert (row["genes"], row["moved_genes"]) == (501, 500)
    moved = [excess_by_hand(genes, *signal, move) for move in range(1, 21)]
    assert row["excess"] == pytest.approx(excess_by_hand(genes, *signal, 0))
    assert row["moved_excess"] == pytest.approx(np.mean(moved))
    assert row["moved_sd"] == pytest.approx(np.std(moved, ddof=1))
    assert row["excess"] > 0.5 and (row["excess"] - row["moved_excess"]) / row["moved_sd"] > 8


def test_genes_are_moved_as_on_a_circle_and_cut_at_its_end() -> None:
    genes = strand_gate.Regions(*(np.array([value]) for value in ("I", 195, 205, True)))
    moved = assembly_gate.move(genes, np.array([210]))
    assert moved.start.tolist() == [195, 205, *range(5, 195, 10)]
    assert moved.end.tolist() == [205, 210, *range(15, 205, 10)]


@pytest.mark.parametrize(("stands_out_by", "passes"), [(3.9, False), (4.1, True), (-9, False)])
def test_signal_has_to_stand_four_sds_above_chance(stands_out_by: float, passes: bool) -> None:
    excess = assembly_gate.Excess(300, 0.02 + 0.05 * stands_out_by, 0.02, 0.05)
    with contextlib.nullcontext() if passes else pytest.raises(BadInput, match="signal does not follow the genes"):
        assembly_gate.require_in_place("a.bw", excess)


@pytest.mark.parametrize("wrong", ["other genes", "moved", "mirrored"])
def test_a_track_of_another_assembly_stops_the_run(wrong: str, tmp_path: Path) -> None:
    """A single place with much signal on the strand of a gene gives it a ratio that the strands alone would pass."""
    genes = many_genes(1)
    plus, minus = signal_of(many_genes(3) if wrong == "other genes" else genes, 2)
    if wrong == "moved":
        plus, minus = ({name: np.roll(values, 3650) for name, values in signal.items()} for signal in (plus, minus))
    if wrong == "mirrored":
        plus, minus = ({name: values[::-1] for name, values in signal.items()} for signal in (plus, minus))
    _, chrom, start, _, strand = genes[0]
    (plus if strand == "+" else minus)[chrom][start] = 20_000
    with pytest.raises(BadInput, match="a.plus.bw and a.minus.bw: signal does not follow the genes .*another assembly"):
        check(tmp_path, (plus, minus), genes)
    assert not (tmp_path / "strands.parquet").exists()


def test_assays_of_initiation_are_checked_over_whole_genes_too(tmp_path: Path) -> None:
    genes = many_genes(1)
    plus, minus = toy.empty(LONG), toy.empty(LONG)
    for _, chrom, start, end, strand in genes:
        if strand == "+":  # the start, and before it the divergent transcript
            plus[chrom][start + 5] = 30
            minus[chrom][max(start - 60, 0) : start] = 1
        else:
            minus[chrom][end - 5] = 30
            plus[chrom][end : end + 60] = 1
    found = check(tmp_path, (plus, minus), genes, protocol="cage")
    assert found["excess"] > 0.7
    assert found["excess"] == check(tmp_path, (plus, minus), genes)["excess"]
    moved = [{name: np.roll(values, 3650) for name, values in signal.items()} for signal in (plus, minus)]
    _, chrom, start, _, _ = next(gene for gene in genes if gene[4] == "+")
    moved[0][chrom][start] = 100_000
    with pytest.raises(BadInput, match="signal does not follow the genes"):
        check(tmp_path, tuple(moved), genes, protocol="cage")


@pytest.mark.parametrize(("genes", "checked"), [(199, False), (200, True)])
def test_of_few_genes_with_signal_no_assembly_is_told(
    genes: int, checked: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    plus, minus = toy.empty(LONG), toy.empty(LONG)
    table = many_genes(1)
    for _, chrom, start, _, strand in table[:genes]:
        (plus if strand == "+" else minus)[chrom][start] = 1
    _, chrom, start, _, strand = table[300]
    plus[chrom][start] = minus[chrom][start] = 1  # as much on either strand tells nothing
    row = check(tmp_path, (plus, minus), table)
    assert np.isfinite(row[["excess", "moved_excess", "moved_sd"]].astype(float)).all() == checked
    assert ("fewer than 200 genes with signal: not checked for a wrong assembly" in caplog.text) != checked


def test_an_annotation_of_another_assembly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="gene Z: ends at 3001, beyond the 3000 bp of chromosome chrI"):
        check(tmp_path, toy_signal(5, 2), [*GENES, ("Z", "chrI", 2000, 3001, "+")])
    with pytest.raises(BadInput, match="no gene lies on a chromosome of the genome"):
        check(tmp_path, toy_signal(5, 2), [("Z", "V", 20, 300, "+")])
