"""The metagene is deepTools' matrix, averaged on the right strands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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
        genes=toy.write_genes(tmp_path / "genes.parquet", genes),
        plus=files[0],
        minus=files[1],
        strands=[toy.write_strands(tmp_path / "strands.parquet")] * tracks,
        tracks=["a", "b"][:tracks],
        spec=spec,
        threads=1,
        **outputs,
    )
    return outputs


def test_sense_and_antisense_follow_the_strand_of_the_gene(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    outputs = measure(tmp_path, GENES)
    sense = np.concatenate([np.full(10, 4.0), np.full(10, 2.0), np.full(10, 1.0), np.zeros(5)])
    expected = np.stack([scale * np.stack([sense, sense / 2]) for scale in (1, 3)])
    np.testing.assert_allclose(metagene.read_profiles(outputs["matrix"], tracks=2), expected)
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
    outputs = measure(tmp_path, GENES[1:3], tracks=1)
    assert metagene.read_profiles(outputs["matrix"], tracks=1)[0, :, 0].tolist() == [4, 2]


def test_a_few_places_with_most_signal_do_not_make_the_figure(tmp_path: Path) -> None:
    import gzip
    import json

    rows = [["I", "0", "9", f"g{number}", ".", "+", "1", "0"] for number in range(400)]
    rows[3][6] = "1000000"
    header = {"sample_boundaries": [0, 1, 2]}
    text = "@" + json.dumps(header) + "\n" + "".join("\t".join(row) + "\n" for row in rows)
    (tmp_path / "matrix.gz").write_bytes(gzip.compress(text.encode()))
    assert metagene.read_profiles(tmp_path / "matrix.gz", tracks=1).tolist() == [[[1.0], [0.0]]]


def test_a_failure_of_deeptools_says_what_it_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    bed = tmp_path / "genes"
    bed.write_text("I\t0\t100\tA\t0\t+\n")
    with pytest.raises(BadInput, match="deepTools computeMatrix: ended with exit status [0-9]+: .+"):
        metagene.compute_matrix([bed], [tmp_path / "absent.bw"], tmp_path / "matrix.gz", SPEC, 1)
    assert "computeMatrix: " in caplog.text


def test_genes_that_are_all_too_short_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no gene is long enough for the metagene"):
        measure(tmp_path, GENES[3:], SPEC, tracks=1)
    assert not (tmp_path / "out").exists()
