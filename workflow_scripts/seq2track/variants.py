"""What trained models say that a variant changes.

Each allele is read twice. *Before*: the window begins half a window before the variant, at the same base with either
allele, so that bins before the variant are of the same bases of the genome; what comes after the allele follows until
the window is full. *After*, likewise: the window ends half a window after the variant. Where the alleles are of one
length, all bins of both readings are of the same bases with either allele. Where they are not, those before the variant
are compared in the first reading and those after it in the second, whole bins all, and inserted, deleted or replaced
bases themselves in none. So no bin of one place is held against a bin of another, however long the alleles; to exchange
them changes the sign of every score; and of the other strand the same is said.

The signal of a bin is spread evenly over its bases; that of a base that both readings tell is their mean. Bases beyond
the ends of the chromosome are unknown to the model and count nowhere.

The same sequence has the same score, however it is written: what the alleles share at their ends is left out, and an
insertion or a deletion that could stand in several places (in a repeat) is taken to change all of them.

Shapes: L bp (a window with the context of the model at either side), T tracks (both strands of each), N bins.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.io.bases import encode
from workflow_scripts.seq2track import bundle, reading
from workflow_scripts.seq2track.models.layers import Shape
from workflow_scripts.seq2track.sequence import Sequences

SIDES = {"+": "plus", "-": "minus"}


class Change(NamedTuple):
    """The bases [start, end) of a chromosome become others."""

    chrom: str
    start: int
    end: int
    bases: np.ndarray  # uint8, see `io/bases`

    @property
    def keeps_length(self) -> bool:
        return self.end - self.start == len(self.bases)


class Totals(NamedTuple):
    """Signal over the same bases with either allele, T float64 each, in the units of the TrackStore."""

    reference: np.ndarray
    alternative: np.ndarray

    def log2_ratio(self, pseudo_count: float) -> np.ndarray:
        """log2((alternative + pseudo_count) / (reference + pseudo_count)), T float64."""
        return np.log2((self.alternative + pseudo_count) / (self.reference + pseudo_count))


class OfGene(NamedTuple):
    """A gene of which some bases lie in the windows."""

    gene_id: str
    strand: str  # plus, minus
    part: float  # of its bases, how many are compared
    totals: Totals  # of these


class Effect(NamedTuple):
    """What one change does."""

    totals: Totals
    max_change: np.ndarray  # T float64: of the bin that changes most, alternative - reference
    genes: list[OfGene]


def change(sequences: Sequences, chrom: str, position: int, ref: str, alt: str, most: int) -> Change:
    """What an allele changes, the same however it is written. position: of the first base of `ref`, from 1.

    most: how far, to either side, other places of an insertion or a deletion are looked for (bp).
    """
    was, new = encode(ref), encode(alt)
    start, end = position - 1, position - 1 + len(was)
    prefix = _alike(was, new)
    was, new, start = was[prefix:], new[prefix:], start + prefix
    suffix = _alike(was[::-1], new[::-1])
    was, new, end = was[: len(was) - suffix], new[: len(new) - suffix], end - suffix
    if (len(was) == 0) == (len(new) == 0):
        return Change(chrom, start, end, new)
    unit = was if len(was) else new
    before, after = sequences.codes(chrom, start - most, start), sequences.codes(chrom, end, end + most)
    left = _alike(before[::-1], np.resize(unit[::-1], most))
    right = _alike(after, np.resize(unit, most))
    bases = np.concatenate([before[len(before) - left :], new, after[:right]])
    return Change(chrom, start - left, end + right, bases)


def _alike(one: np.ndarray, other: np.ndarray) -> int:
    """How many bases of both are the same, from the first on."""
    shorter = min(len(one), len(other))
    differ = np.flatnonzero(one[:shorter] != other[:shorter])
    return int(differ[0]) if len(differ) else shorter


def half(shape: Shape) -> int:
    """How far the compared bases of a change that does not keep the length reach to either side of it (bp)."""
    return shape.bins // 2 * shape.bin


def windows(sequences: Sequences, of: Change, shape: Shape) -> np.ndarray:
    """The bases (2 alleles, 2 readings, L) uint8: the reference first, the reading *before* first."""
    near = half(shape) + shape.context
    length = shape.span
    before = sequences.codes(of.chrom, of.start - length, of.start)
    after = sequences.codes(of.chrom, of.end, of.end + length)
    found = np.empty((2, 2, length), np.uint8)
    for number, bases in enumerate((sequences.codes(of.chrom, of.start, of.end), of.bases)):
        whole = np.concatenate([before, bases, after])
        first, last = length - near, length + len(bases) + near
        found[number] = whole[first : first + length], whole[last - length : last]
    return found


class Compared:
    """The bases of the genome that are compared of one change: what each of both readings counts of them."""

    def __init__(self, of: Change, length: int, shape: Shape) -> None:
        """length: of the chromosome (bp)."""
        self._shape = shape
        width = shape.window
        starts = of.start - half(shape), of.end + half(shape) - width
        self._place = np.array(starts)[:, None] + np.arange(width)  # (2, N x bin) of each base on the chromosome
        counts = (self._place >= 0) & (self._place < length)
        if of.keeps_length:
            other = self._place - np.array(starts)[::-1, None]
            twice = (other >= 0) & (other < width)
            self._share = counts / np.where(twice, 2.0, 1.0)
        else:
            before, after = self._place
            self._share = counts & np.stack([before < of.start, after >= of.end])

    def shares(self, first: int, last: int) -> np.ndarray:
        """The share (2, N) float64 of the signal of each bin that lies in the bases [first, last)."""
        inside = self._share * ((self._place >= first) & (self._place < last))
        return inside.reshape(2, self._shape.bins, self._shape.bin).mean(-1)


class Genes:
    """Genes, from the start of transcription to their end, by chromosome."""

    def __init__(self, bodies: pd.DataFrame) -> None:
        """bodies: GeneBodies; genes that are not placed are left out."""
        placed = bodies[bodies["placed"]]
        forward = placed["strand"] == "+"
        first = placed["tss"].where(forward, placed["start"])
        last = placed["end"].where(forward, placed["tss"] + 1)
        self._on = dict(list(placed.assign(first=first, last=last).groupby("chrom")))

    def near(self, chrom: str, first: int, last: int) -> list[tuple[str, str, int, int]]:
        """gene_id, strand (plus, minus), first and last (exclusive) base of the genes that reach into [first, last)."""
        genes = self._on.get(chrom)
        if genes is None:
            return []
        rows = genes[(genes["first"] < last) & (genes["last"] > first)]
        return list(zip(rows["gene_id"], rows["strand"].map(SIDES), rows["first"], rows["last"], strict=True))


def effects(
    models: list[bundle.Trained], sequences: Sequences, changes: list[Change], genes: Genes, distance: int | None
) -> list[Effect]:
    """What some changes do by the mean of all models, their windows read together; equal windows are read once.

    distance: how far at either side of a change its total and its greatest change reach (bp), None for the window.
    """
    if not changes:
        return []
    shape = models[0].shape
    codes = np.concatenate([windows(sequences, of, shape).reshape(4, -1) for of in changes])
    different, place = np.unique(codes, axis=0, return_inverse=True)
    said = reading.mean_signal(models, different)[place].astype(float)
    said = said.reshape(len(changes), 2, 2, shape.tracks, shape.bins)
    return [_effect(*each, sequences, shape, genes, distance) for each in zip(changes, said, strict=True)]


def _effect(
    of: Change, said: np.ndarray, sequences: Sequences, shape: Shape, genes: Genes, distance: int | None
) -> Effect:
    """said (2 alleles, 2 readings, T, N)."""
    compared = Compared(of, sequences.lengths[of.chrom], shape)
    reach = shape.window
    shares = compared.shares(of.start - (distance or reach), of.end + (distance or reach))
    changed = np.where(shares[:, None] > 0, said[1] - said[0], 0).swapaxes(0, 1).reshape(shape.tracks, -1)
    greatest = changed[np.arange(shape.tracks), np.abs(changed).argmax(1)]
    found = []
    for gene_id, strand, first, last in genes.near(of.chrom, of.start - reach, of.end + reach):
        of_gene = compared.shares(first, last)
        if of_gene.any():
            part = of_gene.sum() * shape.bin / (last - first)
            found.append(OfGene(gene_id, strand, part, _totals(of_gene, said)))
    return Effect(_totals(shares, said), greatest, found)


def _totals(shares: np.ndarray, said: np.ndarray) -> Totals:
    """shares (2, N), said (2 alleles, 2 readings, T, N); where these are equal the totals are, to the last bit."""
    reference, changed = (np.einsum("rn,rtn->t", shares, each) for each in (said[0], said[1] - said[0]))
    return Totals(reference, reference + changed)
