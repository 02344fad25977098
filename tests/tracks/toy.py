"""A toy genome, its signal in every format, and the doors called with the defaults of the schema."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyBigWig

from workflow_scripts.contracts import gene_table
from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.reference.place_genes import place_genes
from workflow_scripts.settings.schema import complete, load_schema
from workflow_scripts.tracks import strand_gate
from workflow_scripts.tracks.convert_track import convert_track

LENGTHS = {"I": 3000, "II": 2000, "Mito": 400}
Signal = dict[str, np.ndarray]  # one value a base, NaN where there is none


def specs(**of_track: Any) -> dict[str, Any]:
    """The sections of one set, completed by the schema; `of_track` lies over the one track."""
    track = {"protocol": "netseq", "plus": ["p"], "minus": ["m"], **of_track}
    config = {"genome": "g", "sets": {"toy": {"tracks": {"a": track}}}}
    section = complete(config, load_schema("tracks"))["sets"]["toy"]
    return {**section, "track": section["tracks"]["a"]}


def write_chromosomes(path: Path, lengths: dict[str, int] = LENGTHS, aliases: dict[str, str] | None = None) -> Path:
    genome_contract.write(genome_contract.Genome(lengths, aliases), path)
    return path


def empty(lengths: dict[str, int] = LENGTHS) -> Signal:
    return {name: np.full(length, np.nan) for name, length in lengths.items()}


def random_signal(seed: int, lengths: dict[str, int] = LENGTHS, whole: bool = True) -> Signal:
    """Sparse counts with some stretches of one value; quarters of a count if not `whole`."""
    rng = np.random.default_rng(seed)
    signal = empty(lengths)
    for values in signal.values():
        at = rng.random(len(values)) < 0.2
        values[at] = rng.integers(0, 9, at.sum()) / (1 if whole else 4)
        for start in rng.integers(0, len(values), 5):
            values[start : start + 40] = rng.integers(1, 4)
    return signal


def runs(values: np.ndarray) -> list[tuple[int, int, float]]:
    """Runs of one value that is not NaN."""
    coded = np.nan_to_num(values, nan=np.inf)  # stretches of NaN are runs, too
    borders = np.flatnonzero(np.r_[True, coded[1:] != coded[:-1], True])
    found = [(int(a), int(b), float(values[a])) for a, b in zip(borders[:-1], borders[1:], strict=True)]
    return [run for run in found if not np.isnan(run[2])]


def write_bigwig(path: Path, signal: Signal, names: dict[str, str] | None = None) -> Path:
    names = names or {}
    file = pyBigWig.open(str(path), "w")
    file.addHeader([(names.get(name, name), len(values)) for name, values in signal.items()])
    for name, values in signal.items():
        found = runs(values)
        if found:
            starts, ends, numbers = (list(column) for column in zip(*found, strict=True))
            file.addEntries([names.get(name, name)] * len(starts), starts, ends=ends, values=numbers)
    file.close()
    return path


def write_track(path: Path, signal: Signal) -> Path:
    """A bigWig as the later rules take it."""
    seal_beside(write_bigwig(path, signal))
    return path


def write_bedgraph(path: Path, signal: Signal, names: dict[str, str] | None = None) -> Path:
    names = names or {}
    lines = ["track type=bedGraph", "# a comment", ""]
    for name in reversed(signal):  # chromosomes may stand in any order
        lines += [f"{names.get(name, name)}\t{a}\t{b}\t{value!r}" for a, b, value in runs(signal[name])]
    text = "\n".join(lines) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def write_variable_step(path: Path, signal: Signal, names: dict[str, str] | None = None) -> Path:
    """Single bases, then runs by `span`, each where it stands."""
    lines = ["track type=wiggle_0"]
    for name, values in signal.items():
        for a, b, value in runs(values):
            lines += [f"variableStep chrom={(names or {}).get(name, name)} span={b - a}", f"{a + 1} {value!r}"]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_fixed_step(path: Path, signal: Signal, names: dict[str, str] | None = None) -> Path:
    lines = []
    for name, values in signal.items():
        known = np.flatnonzero(~np.isnan(values))
        for stretch in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
            if len(stretch):
                lines += [f"fixedStep chrom={(names or {}).get(name, name)} start={stretch[0] + 1} step=1"]
                lines += [repr(float(values[at])) for at in stretch]
    path.write_text("\n".join(lines) + "\n")
    return path


WRITERS = {
    "plus.bw": write_bigwig,
    "plus.bedGraph": write_bedgraph,
    "plus.bedGraph.gz": write_bedgraph,
    "variable.wig": write_variable_step,
    "fixed.wig": write_fixed_step,
}


def convert(
    folder: Path,
    plus: list[Path],
    minus: list[Path],
    lengths: dict[str, int] = LENGTHS,
    aliases: dict[str, str] | None = None,
    **of_track: Any,
) -> tuple[Path, Path]:
    """Run `convert_track`; return its two bigWigs."""
    folder.mkdir(exist_ok=True)
    outputs = folder / "a.plus.bw", folder / "a.minus.bw"
    convert_track(
        plus_files=plus,
        minus_files=minus,
        chromosomes=write_chromosomes(folder / "chromosomes.parquet", lengths, aliases),
        plus=outputs[0],
        minus=outputs[1],
        spec=specs(**of_track)["track"],
    )
    return outputs


def read(path: Path) -> Signal:
    """Every base of a bigWig, NaN where there is none."""
    file = pyBigWig.open(str(path))
    return {name: file.values(name, 0, length, numpy=True) for name, length in file.chroms().items()}


def write_genes(path: Path, rows: list[tuple], tss: dict[str, int] | None = None) -> Path:
    """A gene table of (gene_id, chrom, start, end, strand); the start of transcription is the gene's 5' end."""
    genes = pd.DataFrame(rows, columns=["gene_id", "chrom", "start", "end", "strand"])
    genes["tss"] = np.where(genes["strand"] == "+", genes["start"], genes["end"] - 1)
    genes["tss"] = genes["gene_id"].map(tss or {}).fillna(genes["tss"]).astype("int64")
    for column in ("symbol", "transcript_id", "protein_id"):
        genes[column] = genes["gene_id"]
    genes["protein_length"], genes["exon_length"] = 1, 1.0
    gene_table.write(genes[list(gene_table.SCHEMA.columns)], path, "toy")
    return path


def write_bodies(path: Path, rows: list[tuple], tss: dict[str, int] | None = None) -> Path:
    """The bodies of such genes on the toy genome, whose chromosomes are long enough."""
    genes = write_genes(path.with_suffix(".genes.parquet"), rows, tss)
    ends = {name: [row[3] for row in rows if row[1] == name] for name in LENGTHS}
    lengths = {name: max([length, *ends[name]]) for name, length in LENGTHS.items()}
    chromosomes = write_chromosomes(path.with_suffix(".chromosomes.parquet"), lengths)
    place_genes(genes=genes, chromosomes=chromosomes, bodies=path)
    return path


def write_strands(path: Path, assay: str = "netseq") -> Path:
    """The file of a track that passed the check of strands."""
    row = {"track": "a", "assay": assay, "region": "gene body", "genes": 1, "sense": 2.0, "antisense": 1.0}
    row |= {"ratio": 2.0, "min_ratio": 1.5, "warning": "", "moved_genes": 0}
    row |= dict.fromkeys(("excess", "moved_excess", "moved_sd"), np.nan)
    strand_gate.write(pd.DataFrame([row]), path)
    return path
