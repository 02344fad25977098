"""A track with flipped or missing strands stops the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.tracks import toy
from workflow_scripts.io.errors import BadInput
from workflow_scripts.tracks import strand_gate
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
        genes=toy.write_genes(tmp_path / "genes.parquet", genes),
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


def test_an_annotation_of_another_assembly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="gene Z: ends at 3001, beyond the 3000 bp of chromosome chrI"):
        check(tmp_path, toy_signal(5, 2), [*GENES, ("Z", "chrI", 2000, 3001, "+")])
    with pytest.raises(BadInput, match="no gene lies on a chromosome of the genome"):
        check(tmp_path, toy_signal(5, 2), [("Z", "V", 20, 300, "+")])
