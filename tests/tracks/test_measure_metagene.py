"""The metagene is deepTools' matrix, averaged on the right strands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from deeptools.heatmapper import heatmapper

from tests.tracks import toy
from workflow_scripts.contracts import metagene as contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.tracks import metagene
from workflow_scripts.tracks.measure_metagene import measure_metagene

SPEC = {"upstream": 100, "body": 200, "downstream": 50, "bin": 10}
GENES = [
    ("A", "chrI", 500, 900, "+"),
    ("B", "I", 1500, 1900, "-"),
    ("C", "II", 1000, 1400, "-"),
    ("short", "I", 2500, 2510, "+"),
    ("M", "Mito", 0, 400, "+"),
]


def measure(
    tmp_path: Path,
    genes: list[tuple],
    spec: dict[str, int] = SPEC,
    tracks: int = 2,
) -> dict[str, Path]:
    """Measure tracks with signal 4 before genes, 2 on their first half, 1 on the second; antisense half of it."""
    signals = []
    for scale in (1, 3)[:tracks]:
        plus, minus = toy.empty(), toy.empty()
        for _, chrom, start, end, strand in GENES[:3]:
            own, other = (plus, minus) if strand == "+" else (minus, plus)
            along = np.concatenate([np.full(100, 4.0), np.full(200, 2.0), np.full(200, 1.0)]) * scale
            if strand == "+":
                here = slice(start - 100, end)
            else:
                here, along = slice(start, end + 100), along[::-1]
            own[chrom.removeprefix("chr")][here] = along
            other[chrom.removeprefix("chr")][here] = along / 2
        signals.append((plus, minus))
    files = [
        [toy.write_track(tmp_path / f"{number}.{side}.bw", pair[side]) for number, pair in enumerate(signals)]
        for side in (0, 1)
    ]
    outputs = {"metagene": tmp_path / "out/metagene.parquet", "matrix": tmp_path / "out/metagene.tsv.gz"}
    measure_metagene(
        bodies=toy.write_bodies(tmp_path / "bodies.parquet", genes),
        plus=files[0],
        minus=files[1],
        strands=[toy.write_strands(tmp_path / "strands.parquet")] * tracks,
        names=["a", "b"][:tracks],
        spec=spec,
        **outputs,
    )
    return outputs


def read_matrix(path: Path) -> heatmapper:
    """A matrix, as deepTools reads it."""
    found = heatmapper()
    found.read_matrix_file(str(path))
    return found


def deeptools(*command: object) -> None:
    """Run a program of deepTools, which stands beside this Python."""
    program = Path(sys.executable).with_name(str(command[0]))
    subprocess.run([program, *map(str, command[1:])], check=True, capture_output=True)


def test_sense_and_antisense_follow_the_strand_of_the_gene(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    outputs = measure(tmp_path, GENES)
    sense = np.concatenate([np.full(10, 4.0), np.full(10, 2.0), np.full(10, 1.0), np.zeros(5)])
    expected = np.stack([scale * np.stack([sense, sense / 2]) for scale in (1, 3)])
    written = read_matrix(outputs["matrix"])
    np.testing.assert_allclose(written.matrix.matrix, np.tile(expected.ravel(), (3, 1)))
    assert written.matrix.sample_labels == ["a.sense", "a.antisense", "b.sense", "b.antisense"]
    assert [region[2] for region in written.matrix.regions] == ["A", "B", "C"]
    found = contract.read(outputs["metagene"])
    np.testing.assert_allclose(found["signal"], expected.ravel())
    assert found["track"].unique().tolist() == ["a", "b"]
    assert set(found["assay"]) == {"NET-seq"} and set(found["genes"]) == {3}
    one = found[(found["track"] == "b") & (found["direction"] == "antisense")]
    assert one["start"].tolist() == list(range(-100, 250, 10)) and ((one["end"] - one["start"]) == 10).all()
    assert one.groupby("region", sort=False).size().to_dict() == {"upstream": 10, "gene": 20, "downstream": 5}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["metagene.parquet", "metagene.tsv.gz"]
    assert "3 genes measured; left out: 1 shorter than their bins" in caplog.text


def test_genes_of_one_strand_alone_are_measured(tmp_path: Path) -> None:
    found = contract.read(measure(tmp_path, GENES[1:3], tracks=1)["metagene"])
    assert found.loc[found["start"] == -100, "signal"].tolist() == [4, 2]


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        {"upstream": 0, "body": 70, "downstream": 210, "bin": 7},
        {"upstream": 30, "body": 5, "downstream": 0, "bin": 5},
    ],
    ids=["usual", "sevenths", "one bin"],
)
def test_the_matrix_is_that_of_compute_matrix(spec: dict[str, int], tmp_path: Path) -> None:
    """Genes of any length on both strands, some at the ends of chromosomes."""
    rng = np.random.default_rng(3)
    genes = [("first", "I", 0, 333, "+"), ("last", "I", 2700, 3000, "-"), ("ends", "II", 1950, 2000, "+")]
    for number in range(150):
        length = int(rng.integers(20, 900))
        chrom = ("I", "II")[number % 2]
        start = int(rng.integers(0, toy.LENGTHS[chrom] - length))
        genes.append((f"g{number}", chrom, start, start + length, "+-"[rng.integers(2)]))
    signals = toy.random_signal(1, whole=False), toy.random_signal(2)
    for signal in signals:
        signal["I"][[0, -1]] = 50
    plus, minus = (toy.write_track(tmp_path / f"{side}.bw", one) for side, one in zip("pm", signals, strict=True))
    measure_metagene(
        bodies=toy.write_bodies(tmp_path / "bodies.parquet", genes),
        plus=[plus],
        minus=[minus],
        strands=[toy.write_strands(tmp_path / "strands.parquet")],
        metagene=tmp_path / "metagene.parquet",
        matrix=tmp_path / "metagene.tsv.gz",
        names=["a"],
        spec=spec,
    )
    beds = {strand: tmp_path / f"{strand}.bed" for strand in "+-"}
    for strand, bed in beds.items():
        rows = [f"{chrom}\t{a}\t{b}\t{name}\t0\t{strand}\n" for name, chrom, a, b, of in genes if of == strand]
        bed.write_text("".join(rows))
    deeptools(
        *("computeMatrix", "scale-regions", "--missingDataAsZero", "--sortRegions", "keep", "-p", 1),
        *("-R", *beds.values(), "-S", plus, minus, "-o", tmp_path / "matrix.gz"),
        *("-b", spec["upstream"], "-m", spec["body"], "-a", spec["downstream"], "-bs", spec["bin"]),
    )
    ours, theirs = read_matrix(tmp_path / "metagene.tsv.gz"), read_matrix(tmp_path / "matrix.gz")
    expected = {}
    for region, row in zip(theirs.matrix.regions, np.asarray(theirs.matrix.matrix), strict=True):
        both = row.reshape(2, -1)
        expected[region[2]] = (both if region[4] == "+" else both[::-1]).ravel()
    assert [region[2] for region in ours.matrix.regions] == [name for name, *_ in genes]
    np.testing.assert_allclose(
        ours.matrix.matrix, [expected[name] for name, *_ in genes], rtol=1e-4, atol=1.1e-6
    )  # both files round to 6 decimals
    alike = theirs.parameters.keys() - {"group_labels", "group_boundaries", "sample_labels"}
    assert {key: ours.parameters[key] for key in alike} == {key: theirs.parameters[key] for key in alike}


def test_deeptools_draws_the_matrix(tmp_path: Path) -> None:
    outputs = measure(tmp_path, GENES)
    deeptools("plotHeatmap", "-m", outputs["matrix"], "-o", tmp_path / "heatmap.png")
    deeptools(
        *("plotProfile", "-m", outputs["matrix"], "-o", tmp_path / "profile.png"),
        *("--outFileNameData", tmp_path / "profile.tsv"),
    )
    for name in ("heatmap.png", "profile.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    drawn = [line.split("\t") for line in (tmp_path / "profile.tsv").read_text().splitlines()[2:]]
    assert [row[0] for row in drawn] == ["a.sense", "a.antisense", "b.sense", "b.antisense"]
    found = contract.read(outputs["metagene"])["signal"].to_numpy().reshape(4, -1)
    np.testing.assert_allclose([[float(value) for value in row[2:]] for row in drawn], found, atol=1e-6)


def test_a_few_places_with_most_signal_do_not_make_the_figure() -> None:
    values = np.stack([np.ones((400, 1)), np.zeros((400, 1))], axis=1)[:, None]
    values[3, 0, 0] = 1_000_000
    assert metagene.mean_profiles(values).tolist() == [[[1.0], [0.0]]]


def test_genes_that_are_all_too_short_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no gene is long enough for the metagene"):
        measure(tmp_path, GENES[3:], SPEC, tracks=1)
    assert not (tmp_path / "out").exists()
