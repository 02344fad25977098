"""The metagene is deepTools' matrix, averaged on the right strands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tracks import toy
from workflow_scripts.contracts import provenance
from workflow_scripts.contracts.errors import BadInput
from workflow_scripts.tracks import metagene
from workflow_scripts.tracks.plot_metagene import plot_metagene

SPEC = {"upstream": 100, "body": 200, "downstream": 50, "bin": 10}
GENES = [
    ("A", "chrI", 500, 900, "+"),
    ("B", "I", 1500, 1900, "-"),
    ("C", "II", 1000, 1400, "-"),
    ("short", "I", 2500, 2510, "+"),
    ("M", "Mito", 0, 400, "+"),
]


def plot(
    tmp_path: Path,
    genes: list[tuple],
    spec: dict[str, int] = SPEC,
    tracks: int = 2,
    simulated: bool = False,
) -> dict[str, Path]:
    """Draw tracks with signal 4 before genes, 2 on their first half, 1 on the second; antisense half of it."""
    sidecar = tmp_path / "track.bw.provenance.json"
    provenance.write(dict.fromkeys(provenance.KEYS, "") | {"simulated": simulated}, sidecar)
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
        [toy.write_bigwig(tmp_path / f"{number}.{side}.bw", pair[side]) for number, pair in enumerate(signals)]
        for side in (0, 1)
    ]
    outputs = {"figure": tmp_path / "out/metagene.png", "matrix": tmp_path / "out/metagene.tsv.gz"}
    plot_metagene(
        genes=toy.write_genes(tmp_path / "genes.parquet", genes),
        plus=files[0],
        minus=files[1],
        strands=[toy.write_strands(tmp_path / "strands.parquet")] * tracks,
        provenance=[sidecar],
        tracks=["a", "b"][:tracks],
        spec=spec,
        threads=1,
        **outputs,
    )
    return outputs


def test_sense_and_antisense_follow_the_strand_of_the_gene(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    outputs = plot(tmp_path, GENES)
    profiles = metagene.read_profiles(outputs["matrix"], tracks=2)
    sense = np.concatenate([np.full(10, 4.0), np.full(10, 2.0), np.full(10, 1.0), np.zeros(5)])
    expected = np.stack([scale * np.stack([sense, sense / 2]) for scale in (1, 3)])
    np.testing.assert_allclose(profiles, expected)
    assert outputs["figure"].read_bytes().startswith(b"\x89PNG")
    assert outputs["figure"].stat().st_size > 5000
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["metagene.png", "metagene.tsv.gz"]
    assert "3 genes drawn; left out: 1 shorter than their bins" in caplog.text


def test_genes_of_one_strand_alone_are_drawn(tmp_path: Path) -> None:
    outputs = plot(tmp_path, GENES[1:3], tracks=1)
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


@pytest.mark.parametrize(
    ("spec", "genes", "reason"),
    [
        ({**SPEC, "upstream": 15}, GENES, "configuration: metagene/upstream: is no multiple of bin 10"),
        (SPEC, GENES[3:], "no gene is long enough for the metagene"),
    ],
)
def test_what_cannot_be_drawn_is_refused(spec: dict[str, int], genes: list[tuple], reason: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=reason):
        plot(tmp_path, genes, spec, tracks=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_signal_is_said_to_be(simulated: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    said = []
    real = Figure.supxlabel
    monkeypatch.setattr(Figure, "supxlabel", lambda self, text, **how: (said.append(text), real(self, text, **how))[1])
    plot(tmp_path, GENES, tracks=1, simulated=simulated)
    assert said[0].startswith("Simulated data; ") == simulated
