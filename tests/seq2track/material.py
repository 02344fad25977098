"""A small genome in which a motif starts transcription on its strand, and the TrackStore of two assays of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pysam

from workflow_scripts.contracts import track_store
from workflow_scripts.io.files import digest
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.settings.schema import complete, load_schema

MOTIF = "TATAAGCC"
LENGTHS = {"I": 10_600, "II": 8100, "III": 7900, "IV": 5400}
TRACKS = [
    {"name": name, "assay": assay, "strand": strand}
    for name, assay in (("a", "netseq"), ("b", "proseq"))
    for strand in ("plus", "minus")
]
FOLD = {"I": 0, "II": 1, "III": 2, "IV": 3}
COMPLEMENT = str.maketrans("ACGTacgtN", "TGCAtgcaN")


class Material(NamedTuple):
    genome: Path
    index: Path
    windows: Path
    targets: Path
    sequence: dict[str, str]
    signal: dict[str, np.ndarray]  # tracks x bases
    usable: dict[str, np.ndarray]  # tracks x bases, bool

    @property
    def table(self) -> pd.DataFrame:
        return track_store.read_windows(self.windows)

    @property
    def inputs(self) -> dict[str, Path]:
        return {"genome": self.genome, "index": self.index, "windows": self.windows, "targets": self.targets}


def reverse_complement(text: str) -> str:
    return text.translate(COMPLEMENT)[::-1]


def run_spec(**changes: Any) -> dict[str, Any]:
    """One of `seq2track/runs`, small, completed by the schema."""
    small = {
        "set": "toy",
        "context": 32,
        "model": {"dilated": {"dim": 16, "blocks": 2, "dropout": 0}},
        "training": {"max_epochs": 2, "batch_size": 4, "shift": 16, "learning_rate": 0.01},
    }
    return complete({"runs": {"r": {**small, **changes}}}, load_schema("seq2track"))["runs"]["r"]


def policy() -> dict[str, Any]:
    return {"accelerator": "cpu", "devices": 1, "nodes": 1, "strategy": "ddp"}


def make(folder: Path, width: int = 128, bin: int = 16, motifs: int = 60, mirrored: bool = False) -> Material:
    """mirrored: every chromosome as it is on the other strand, with its signal."""
    rng = np.random.default_rng(7)
    sequence, signal, usable = {}, {}, {}
    for name, length in LENGTHS.items():
        text = "".join(rng.choice(list("ACGT"), length))
        expected = np.full((len(TRACKS), length), 0.02)
        for at in rng.choice(np.arange(80, length - 80, 20), motifs * length // 2600, replace=False):
            forward = rng.random() < 0.5
            text = text[:at] + (MOTIF if forward else reverse_complement(MOTIF)) + text[at + 8 :]
            place = slice(at + 8, at + 40) if forward else slice(at - 32, at)
            expected[[0, 2] if forward else [1, 3], place] += np.array([[2.0], [0.5]])
        text = text[:300] + text[300:340].lower() + "N" * 30 + text[370:]
        if mirrored:
            text, expected = reverse_complement(text), expected[[1, 0, 3, 2], ::-1]
        sequence[name] = text
        drawn = np.random.default_rng(len(text)).poisson(expected[[1, 0, 3, 2], ::-1] if mirrored else expected)
        signal[name] = drawn[[1, 0, 3, 2], ::-1] if mirrored else drawn
        usable[name] = np.tile(np.array(list(text)) != "N", (len(TRACKS), 1))
        usable[name][1, 500:520] = False
        if mirrored:
            usable[name] = np.tile(np.array(list(text)) != "N", (len(TRACKS), 1))
            usable[name][0, length - 520 : length - 500] = False
    folder.mkdir(parents=True, exist_ok=True)
    genome = folder / "genome.fa"
    genome.write_text("".join(f">{name}\n{text}\n" for name, text in sequence.items()))
    pysam.faidx(str(genome))
    for path in (genome, folder / "genome.fa.fai"):
        seal_beside(path)
    rows = [(name, at) for name, length in LENGTHS.items() for at in range(0, length, width)]
    table = pd.DataFrame(rows, columns=["chrom", "start"])
    table["end"], table["fold"] = table["start"] + width, table["chrom"].map(FOLD)
    table["split"] = table["fold"].map({0: "validation", 1: "test"}).fillna("train")
    table.insert(0, "window", np.arange(len(table)))
    track_store.write_windows(table, folder / "windows.parquet")

    def blocks():
        for row in table.itertuples():
            found = []
            for of in (signal, usable):
                here = of[row.chrom][:, row.start : row.end]
                found.append(np.pad(here, ((0, 0), (0, width - here.shape[1]))).reshape(len(TRACKS), -1, bin))
            yield found[0].sum(-1).astype(np.float32), found[1].all(-1)

    track_store.write_targets(
        blocks(), TRACKS, folder / "targets.h5", windows=table, bins=width // bin, bin_width=bin, set_name="toy",
        genome=digest(genome), clip=0.0,
    )  # fmt: skip
    return Material(
        genome, folder / "genome.fa.fai", folder / "windows.parquet", folder / "targets.h5", sequence, signal, usable
    )
