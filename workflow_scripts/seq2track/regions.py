"""Regions of the genome that are looked at closely, all of one width, and which fold each of them lies in.

A region has a strand, and a centre: a base, with half of the width before it in the direction of the strand.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from workflow_scripts.io.bases import reverse_complement
from workflow_scripts.seq2track.models.layers import Shape
from workflow_scripts.seq2track.sequence import Sequences

NO_FOLD = -1
log = logging.getLogger(__name__)


def of_bed(rows: pd.DataFrame) -> pd.DataFrame:
    """Name, chrom, centre and strand of the regions of a BED, each once; without a strand it is on the plus one."""
    rows = rows.assign(strand=rows["strand"].replace(".", "+")).drop_duplicates()
    half = (rows["end"] - rows["start"]) // 2
    centre = np.where(rows["strand"] == "+", rows["start"] + half, rows["end"] - 1 - half)
    names = [f"{row.chrom}:{row.start + 1}-{row.end}({row.strand})" for row in rows.itertuples()]
    return pd.DataFrame({"name": names, "chrom": rows["chrom"], "centre": centre, "strand": rows["strand"]})


def of_starts(bodies: pd.DataFrame) -> pd.DataFrame:
    """The same of the starts of transcription of GeneBodies that are placed, each start once."""
    placed = bodies[bodies["placed"]].drop_duplicates(["chrom", "tss", "strand"])
    return placed[["gene_id", "chrom", "tss", "strand"]].set_axis(["name", "chrom", "centre", "strand"], axis=1)


def placed(regions: pd.DataFrame, width: int, lengths: dict[str, int]) -> pd.DataFrame:
    """The regions with start and end (bp) of their `width`, without those that reach beyond their chromosome."""
    before = width // 2
    forward = regions["strand"] == "+"
    start = np.where(forward, regions["centre"] - before, regions["centre"] + before - width + 1)
    found = regions.assign(start=start, end=start + width)
    inside = (found["start"] >= 0) & (found["end"] <= found["chrom"].map(lengths).fillna(0))
    if not inside.all():
        log.warning("%d of %d regions reach beyond their chromosome and are left out", (~inside).sum(), len(inside))
    return found[inside].reset_index(drop=True)


def folds(regions: pd.DataFrame, windows: pd.DataFrame) -> np.ndarray:
    """The fold (int64) of the windows that hold a region, NO_FOLD where there are several, or a part is in none.

    A window begins at a multiple of its width.
    """
    width = int(windows["end"].iat[0] - windows["start"].iat[0])
    keys = zip(windows["chrom"], windows["start"] // width, strict=True)
    of = dict(zip(keys, windows["fold"], strict=True))
    found = []
    for row in regions.itertuples():
        numbers = range(row.start // width, (row.end - 1) // width + 1)
        here = {of.get((row.chrom, number), NO_FOLD) for number in numbers}
        found.append(here.pop() if len(here) == 1 else NO_FOLD)
    return np.array(found, np.int64)


def drawn(regions: pd.DataFrame, number: int, seed: int) -> pd.DataFrame:
    """At most `number` of the regions, at random, in their order."""
    chosen = np.random.default_rng(seed).permutation(len(regions))[:number]
    return regions.iloc[np.sort(chosen)].reset_index(drop=True)


def centre_of_input(shape: Shape) -> int:
    """Which base of what a model reads is the first of the middle bin of its window."""
    return shape.context + shape.bins // 2 * shape.bin


def codes(sequences: Sequences, chrom: str, centre: int, strand: str, shape: Shape) -> np.ndarray:
    """What a model reads (S,) uint8 in the direction of a strand, so that `centre` is at `centre_of_input`."""
    size, before = shape.span, centre_of_input(shape)
    if strand == "+":
        return sequences.codes(chrom, centre - before, centre - before + size)
    return reverse_complement(sequences.codes(chrom, centre + before + 1 - size, centre + before + 1))
