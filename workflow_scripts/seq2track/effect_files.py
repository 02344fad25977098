"""Effects of variants as files for people: tables of text, and bedGraphs that genome browsers draw.

bedGraph: https://genome.ucsc.edu/goldenPath/help/bedgraph.html, a `track` line and a line a place: chromosome, start,
end (0-based, half-open), value; places in order, none twice.
"""

from __future__ import annotations

import gzip
import io
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workflow_scripts.io.files import replacing
from workflow_scripts.seq2track.variants import Effect
from workflow_scripts.seq2track.vcf import Allele

ALLELE = ["chrom", "pos", "id", "ref", "alt"]
SIGNAL = ["ref_signal", "alt_signal", "log2_ratio"]
SCORES = [*ALLELE, "track", "assay", "strand", *SIGNAL, "max_change", "reason"]
GENES = [*ALLELE, "gene_id", "part", "track", "assay", "strand", *SIGNAL]
COLOURS = "color=0,114,178 altColor=213,94,0"  # of values above and below 0


@contextmanager
def text_table(path: Path, columns: list[str]) -> Iterator[Callable[[Iterable[list[Any]]], None]]:
    """Yield what writes rows of a gzipped table with tabs; numbers have six digits, and equal rows are equal bytes."""
    with (
        replacing(path) as temporary,
        temporary.open("wb") as target,
        gzip.GzipFile("", "wb", 6, target, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8") as text,
    ):

        def write(rows: Iterable[list[Any]]) -> None:
            for row in rows:
                fields = (f"{field:.6g}" if isinstance(field, float) else str(field) for field in row)
                text.write("\t".join(fields) + "\n")

        write([columns])
        yield write


def score_rows(
    allele: Allele, effect: Effect | None, tracks: list[dict[str, str]], pseudo_count: float
) -> Iterator[list[Any]]:
    """Yield the rows of `SCORES` of one allele, a track each; one that is not scored (None) has the reason alone."""
    for number, track in enumerate(tracks):
        values: list[Any] = [""] * (len(SIGNAL) + 1)
        if effect:
            of = (*effect.totals, effect.totals.log2_ratio(pseudo_count), effect.max_change)
            values = [float(each[number]) for each in of]
        yield [*_named(allele), track["name"], track["assay"], track["strand"], *values, allele.reason]


def gene_rows(allele: Allele, effect: Effect, tracks: list[dict[str, str]], pseudo_count: float) -> Iterator[list[Any]]:
    """Yield the rows of `GENES` of one allele: each gene by each track of its strand."""
    for gene in effect.genes:
        of = (*gene.totals, gene.totals.log2_ratio(pseudo_count))
        for number, track in enumerate(tracks):
            if track["strand"] == gene.strand:
                signal = [float(each[number]) for each in of]
                yield [*_named(allele), gene.gene_id, gene.part, track["name"], track["assay"], gene.strand, *signal]


def _named(allele: Allele) -> list[Any]:
    return [allele.chrom, allele.position, allele.id, allele.ref, allele.alt]


class BedGraphs:
    """Scores at the bases at which the VCF has its alleles, kept (8 bytes a track) until all are known."""

    def __init__(self) -> None:
        self._chroms: dict[str, int] = {}
        self._places, self._scores = array("q"), array("d")

    def add(self, allele: Allele, scores: np.ndarray) -> None:
        """scores: T float64."""
        self._places.extend((self._chroms.setdefault(allele.chrom, len(self._chroms)), allele.position))
        self._scores.extend(scores)

    def write(self, folder: Path, name: str, tracks: list[dict[str, str]]) -> None:
        """Write `{track}.{strand}.bedGraph` of each of the T tracks; of alleles at one base the strongest stands."""
        places = np.array(self._places, "int64").reshape(-1, 2)
        scores = np.array(self._scores).reshape(len(places), len(tracks))
        names = np.array(list(self._chroms), str)
        rank = np.argsort(np.argsort(names))[places[:, 0]]
        with replacing(folder) as temporary:
            temporary.mkdir()
            for track, values in zip(tracks, scores.T, strict=True):
                order = np.lexsort((-np.abs(values), places[:, 1], rank))
                first = np.diff(places[order], axis=0, prepend=-1).any(1)
                label = f"{track['name']} {track['strand']}"
                with (temporary / f"{track['name']}.{track['strand']}.bedGraph").open("w", encoding="utf-8") as file:
                    about = f'name="{name}: {label}" description="log2 ratio of variants, {label} strand"'
                    file.write(f"track type=bedGraph {about} visibility=full {COLOURS}\n")
                    for at in order[first]:
                        chrom, position = places[at]
                        file.write(f"{names[chrom]}\t{position - 1}\t{position}\t{values[at]:.6g}\n")
