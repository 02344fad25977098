"""Are the strands of a track right? Signal on the strand of the genes, against signal on the other.

`results/tracks/{set}/strands/{track}.parquet`, one row: track, assay (a name of `protocols`), region
(`gene body` or `start of transcription`), genes, sense, antisense (sums of signal), ratio, min_ratio, warning
(empty, or what a reader should know); moved_genes (how many were also moved elsewhere), excess (share of them with
more sense than antisense signal, less that of those with less), moved_excess, moved_sd (its mean and standard
deviation elsewhere; NaN where genes with signal are too few), as `assembly_gate` has them.
Only a track that passed has such a file, and later rules ask for it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.tables import read_table, write_table
from workflow_scripts.tracks.protocols import PROTOCOLS
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig

# bp after the start of transcription. Nothing before it: there the divergent transcript begins, on the other strand.
START_WINDOW = 250
USUAL_RATIO = 3  # of sense to antisense signal: below, a look at the track is worth it


class Regions(NamedTuple):
    """The part of each gene where its signal is expected: arrays of a value a gene.

    chrom; start, end: bp, 0-based half-open; forward: bool, on the plus strand.
    """

    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray
    forward: np.ndarray


@cache
def schema() -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {
            "track": pa.Column(str),
            "assay": pa.Column(str, pa.Check.isin(PROTOCOLS)),
            "region": pa.Column(str),
            "genes": pa.Column("int64", pa.Check.gt(0)),
            "sense": pa.Column("float64", pa.Check.ge(0)),
            "antisense": pa.Column("float64", pa.Check.ge(0)),
            "ratio": pa.Column("float64"),
            "min_ratio": pa.Column("float64"),
            "warning": pa.Column(str),
            "moved_genes": pa.Column("int64", pa.Check.ge(0)),
            **{name: pa.Column("float64", nullable=True) for name in ("excess", "moved_excess", "moved_sd")},
        },
        name="Strands",
        strict=True,
        ordered=True,
    )


def write(strands: pd.DataFrame, path: Path) -> None:
    write_table(strands, path, schema())


def read_assays(paths: list[Path]) -> list[str]:
    """The assay of each track, in the order of the files."""
    return [read_table(path, schema())[0]["assay"][0] for path in paths]


def regions(genes: pd.DataFrame, lengths: dict[str, int], initiation: bool) -> Regions:
    """Whole genes; of assays of initiation the first `START_WINDOW` bp, cut at the ends of the chromosome."""
    chrom, start, end = (genes[name].to_numpy() for name in ("chrom", "start", "end"))
    forward = genes["strand"].to_numpy() == "+"
    if initiation:
        tss = genes["tss"].to_numpy()
        start = np.maximum(np.where(forward, tss, tss - START_WINDOW + 1), 0)
        end = np.minimum(np.where(forward, tss + START_WINDOW, tss + 1), genes["chrom"].map(lengths).to_numpy())
    return Regions(chrom, start, end, forward)


def count(regions: Regions, plus: SealedBigWig, minus: SealedBigWig) -> tuple[np.ndarray, np.ndarray]:
    """Sum of sense and of antisense signal in each region."""
    on_plus, on_minus = (track.sums(regions.chrom, regions.start, regions.end) for track in (plus, minus))
    return np.where(regions.forward, on_plus, on_minus), np.where(regions.forward, on_minus, on_plus)


def require_stranded(files: str, sense: float, antisense: float, min_ratio: float) -> str:
    """Raise BadInput unless sense signal is at least `min_ratio` times antisense signal; return a warning, or ""."""
    sums = f"signal over genes: {sense:.6g} sense, {antisense:.6g} antisense"
    if sense + antisense == 0:
        raise BadInput(files, "", "hold no signal over any gene", "Take genome, annotation and track of one assembly.")
    if sense >= min_ratio * antisense:
        weak = sense < USUAL_RATIO * antisense
        return f"less than {USUAL_RATIO} to 1 ({sums}): see that strands and assembly are right" if weak else ""
    if antisense >= min_ratio * sense:
        raise BadInput(
            files,
            "",
            f"the strands look flipped ({sums})",
            "Exchange plus and minus in the track's configuration, or state its file_strand.",
        )
    raise BadInput(
        files,
        "",
        f"do not look stranded ({sums}; at least {min_ratio:g} to 1 is asked for)",
        "Check files, assembly and protocol, or lower strands/min_ratio if you know the track to be right.",
    )
