"""Which bases of which strand are left out of targets: genes of some biotypes, regions of a BED, repeated k-mers.

A read of k bases that stands at several places of the genome is counted at one of them by chance, or at none; so a
base is left out where the k-mer of a read that is counted there is not the only one of the genome, on either strand.
Which k-mer that is follows from strand and protocol: a read that marks the RNA's 3' end lies upstream of it, one that
marks its 5' end downstream.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pysam

from workflow_scripts.io.bases import UNKNOWN, encode
from workflow_scripts.tracks import runs
from workflow_scripts.tracks.binning import blocks
from workflow_scripts.tracks.protocols import PROTOCOLS

AT_ONCE = 1 << 24  # k-mers that are sorted together, which bounds memory to some 500 MB
MIX = np.uint64(0x9E3779B97F4A7C15)  # spreads k-mers evenly over passes (Knuth, TAOCP 3, 6.4)
log = logging.getLogger(__name__)


class Stretches(NamedTuple):
    """Sorted stretches [start, end) of one chromosome, bp, int64; they may overlap."""

    start: np.ndarray
    end: np.ndarray


NOTHING = Stretches(np.empty(0, np.int64), np.empty(0, np.int64))
Masked = dict[tuple[str, str], Stretches]  # by chromosome and strand, `plus` or `minus`


def around_genes(genes: pd.DataFrame, biotypes: list[str], margin: int) -> pd.DataFrame:
    """Both strands (`.`) of the AnnotatedGenes of these biotypes, and `margin` bp at either side of each."""
    found = genes[genes["biotype"].isin(biotypes)]
    start, end = (found["start"] - margin).clip(lower=0), found["end"] + margin
    return pd.DataFrame({"chrom": found["chrom"], "start": start, "end": end, "strand": "."})


def by_strand(regions: pd.DataFrame) -> Masked:
    """The stretches of each chromosome and strand; a region without a strand is on both."""
    found: Masked = {}
    for name, sign in (("plus", "+"), ("minus", "-")):
        here = regions[regions["strand"].isin([sign, "."])]
        for chrom, rows in here.groupby("chrom", sort=False):
            rows = rows.sort_values("start")
            found[chrom, name] = Stretches(rows["start"].to_numpy("int64"), rows["end"].to_numpy("int64"))
    return found


def repeated_kmers(genome: Path, lengths: dict[str, int], k: int) -> dict[str, Stretches]:
    """Where k-mers begin that stand more than once in the genome, counted over both strands; a palindrome does.

    k is 32 at most. K-mers with an unknown base are none. Passes over the genome, each of a share of all k-mers.
    """
    passes = max(1, -(-sum(lengths.values()) // AT_ONCE))
    found: dict[str, list[np.ndarray]] = {name: [] for name in lengths}
    offset = dict(zip(lengths, np.cumsum([0, *lengths.values()])[:-1].tolist(), strict=True))
    for share in range(passes):
        parts = list(_kmers(genome, lengths, offset, k, passes, share))
        kmer, place, palindrome = (np.concatenate(of) for of in zip(*parts, strict=True))
        order = np.argsort(kmer, kind="stable")
        same = kmer[order][1:] == kmer[order][:-1]
        repeated = palindrome.copy()
        repeated[order[1:][same]] = repeated[order[:-1][same]] = True
        where = place[repeated]
        for name, length in lengths.items():
            found[name].append(where[(where >= offset[name]) & (where < offset[name] + length)] - offset[name])
    return {name: _joined(np.sort(np.concatenate(parts))) for name, parts in found.items()}


def _kmers(
    genome: Path, lengths: dict[str, int], offset: dict[str, int], k: int, passes: int, share: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of blocks: the k-mers of one share, each as the lesser of its strands; its place; whether its strands are one."""
    with pysam.FastaFile(str(genome)) as fasta:
        for name, length in lengths.items():
            for first in range(0, length, runs.BLOCK):
                text = fasta.fetch(name, first, min(length, first + runs.BLOCK + k - 1))
                code = encode(text)
                count = len(code) - k + 1
                if count <= 0:
                    continue
                forward, reverse = np.zeros(count, np.uint64), np.zeros(count, np.uint64)
                unknown = np.zeros(count, bool)
                for at in range(k):
                    here = code[at : at + count]
                    forward = forward << np.uint64(2) | (here & 3)
                    reverse |= (3 - (here & 3)).astype(np.uint64) << np.uint64(2 * at)
                    unknown |= here == UNKNOWN
                kmer = np.minimum(forward, reverse)
                kept = ~unknown & ((kmer * MIX >> np.uint64(40)) % np.uint64(passes) == share)
                place = offset[name] + first + np.flatnonzero(kept)
                yield kmer[kept], place, forward[kept] == reverse[kept]


def _joined(places: np.ndarray) -> Stretches:
    """Stretches of the sorted places, neighbours together."""
    if not len(places):
        return NOTHING
    border = np.flatnonzero(np.diff(places) > 1)
    return Stretches(places[np.r_[0, border + 1]], places[np.r_[border, len(places) - 1]] + 1)


def masked_by_reads(repeated: dict[str, Stretches], k: int, strand: str, assay: str) -> Masked:
    """The bases of a strand at which a read is counted whose k-mer is repeated."""
    reaches_back = (PROTOCOLS[assay].rna_end == "3'") == (strand == "plus")
    shift = k - 1 if reaches_back else 0
    return {(name, strand): Stretches(found.start + shift, found.end + shift) for name, found in repeated.items()}


def paint(found: Stretches, start: int, bases: np.ndarray) -> None:
    """Set `bases` (bool, those of a chromosome from `start` on) True where a stretch covers them."""
    border = np.zeros(len(bases) + 1, np.int64)
    first, last = (np.clip(place - start, 0, len(bases)) for place in found)
    np.add.at(border, first, 1)
    np.add.at(border, last, -1)
    bases |= np.cumsum(border)[:-1] > 0


def masks(
    known: np.ndarray, windows: pd.DataFrame, width: int, bin: int, tracks: list[dict[str, str]], found: list[Masked]
) -> Iterator[np.ndarray]:
    """Tracks x bins, bool, of each window: True where a bin is `known` and none of its bases is masked.

    known: windows x bins, bool; found: what is masked of each track.
    """
    row = 0
    for chrom, start, rows in blocks(windows, width):
        bases = np.zeros((len(tracks), (rows[-1] + 1) * width), bool)
        for track, of_track, here in zip(tracks, found, bases, strict=True):
            paint(of_track.get((chrom, track["strand"]), NOTHING), start, here)
        hidden = bases.reshape(len(tracks), -1, width // bin, bin).any(-1)[:, rows]
        yield from known[row : row + len(rows), None] & ~hidden.swapaxes(0, 1)
        row += len(rows)


def merged(*parts: Masked) -> Masked:
    """What any of the parts masks."""
    found: Masked = {}
    for key in dict.fromkeys(key for part in parts for key in part):
        start, end = (np.concatenate(of) for of in zip(*(part[key] for part in parts if key in part), strict=True))
        order = np.argsort(start, kind="stable")
        found[key] = Stretches(start[order], end[order])
    return found
