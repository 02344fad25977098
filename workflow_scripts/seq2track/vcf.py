"""Variants of a VCF, plain, gzipped or bgzipped, one line after the other; no index is needed.

Of a line its first five columns are read: a variant is what stands there, whatever its filter or its genotypes say.
Format: https://samtools.github.io/hts-specs/VCFv4.3.pdf. Lines are read as text, since htslib takes no gzip that is not
bgzip, and says of a line that is none neither which nor why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts.genome import Genome
from workflow_scripts.io.bases import encode
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines
from workflow_scripts.seq2track.sequence import Sequences

COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
BASES = re.compile("[ACGTNacgtn]+")
REMEDY = "Correct the line, or leave it out."
SHOWN = 20  # bases of an allele in a message
# Why an alternative allele is not scored, by what it looks like; what none of these fits is malformed.
NOT_SCORED = {
    "no alternative allele": re.compile(r"\."),
    "spanning deletion": re.compile(r"\*"),
    "symbolic allele": re.compile("<[^<>]+>"),
    "breakend": re.compile(r".*[\[\]].*|\.[ACGTNacgtn]+|[ACGTNacgtn]+\."),
    "unknown base": re.compile("[ACGTacgt]*[Nn][ACGTNacgtn]*"),
}


class Allele(NamedTuple):
    """One alternative allele of one line, spelled as the line has it."""

    line: int
    chrom: str
    position: int  # of the first base of `ref`, counted from 1
    id: str
    ref: str
    alt: str
    reason: str  # why it is not scored, "" where it is


def read(path: Path) -> Iterator[Allele]:
    """Yield every alternative allele, in the order of the file; BadInput names the line that is no line of a VCF."""
    columns = 0
    for number, line in whole_lines(path, errors="replace"):
        fields = line.rstrip("\r\n").split("\t")
        if number == 1 and not line.startswith("##fileformat=VCF"):
            raise BadInput(path, "line 1", "is not ##fileformat=VCF, with which a VCF begins", "Give a VCF.")
        if line.startswith("##"):
            continue
        if not columns:
            if fields[: len(COLUMNS)] != COLUMNS:
                raise BadInput(path, f"line {number}", f"is not the header {' '.join(COLUMNS)}", "Give a VCF.")
            columns = len(fields)
            continue
        if len(fields) != columns:
            raise BadInput(path, f"line {number}", f"has {len(fields)} columns, its header {columns}", REMEDY)
        yield from _alleles(path, number, *fields[:5])
    if not columns:
        raise BadInput(path, "", f"has no header {' '.join(COLUMNS)}", "Give a VCF.")


def _alleles(path: Path, line: int, chrom: str, position: str, id: str, ref: str, alts: str) -> Iterator[Allele]:
    if not re.fullmatch("[0-9]{1,12}", position):
        raise BadInput(path, f"line {line}", f"POS {position!r} is no position", REMEDY)
    if not BASES.fullmatch(ref):
        raise BadInput(path, f"line {line}", f"REF {shown(ref)!r} holds other than A, C, G, T and N", REMEDY)
    for alt in alts.split(","):
        reason = next((reason for reason, like in NOT_SCORED.items() if like.fullmatch(alt)), "")
        if not reason and not BASES.fullmatch(alt):
            raise BadInput(path, f"line {line}", f"ALT {shown(alt)!r} is no allele of a VCF", REMEDY)
        yield Allele(line, chrom, int(position), id, ref, alt, reason)


def require_chromosome(path: Path, allele: Allele, known: Genome) -> str:
    """The genome's name of the chromosome of an allele; BadInput names all where it has no such one."""
    found = known.find(allele.chrom)
    if found is None:
        reason = f"the genome has no chromosome {allele.chrom!r}, it has {', '.join(known.lengths)}"
        remedy = "Leave it out, or say in reference/chromosomes which chromosome it is."
        raise BadInput(path, f"line {allele.line}", reason, remedy)
    return found


def require_reference(path: Path, allele: Allele, chrom: str, sequences: Sequences, assembly: str) -> None:
    """Raise BadInput where REF is not what the genome has on its chromosome `chrom`, or is not known."""
    place = f"line {allele.line}, {allele.chrom}:{allele.position}"
    start, length = allele.position - 1, sequences.lengths[chrom]
    remedy = "Give a VCF of this assembly, or leave the line out."
    if start < 0 or start + len(allele.ref) > length:
        reason = f"REF {shown(allele.ref)} lies beyond the {length} bases that {assembly} has"
        raise BadInput(path, place, reason, remedy)
    if "N" in allele.ref.upper():
        reason = f"REF {shown(allele.ref)} holds an unknown base, of which no change can be scored"
        raise BadInput(path, place, reason, "Leave the line out.")
    found = sequences.codes(chrom, start, start + len(allele.ref))
    if not np.array_equal(encode(allele.ref), found):
        genome = "".join("ACGTN"[code] for code in found)
        raise BadInput(path, place, f"REF is {shown(allele.ref)}, {assembly} has {shown(genome)} there", remedy)


def shown(bases: str) -> str:
    return bases if len(bases) <= SHOWN else f"{bases[:SHOWN]}... ({len(bases)} bp)"
