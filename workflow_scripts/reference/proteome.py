"""Proteins of an Ensembl `pep.all` FASTA: one record a protein, with what its header says.

    >ENSP00000000233.1 pep chromosome:GRCh38:7:127588346:127591705:1 gene:ENSG00000004059.11
     transcript:ENST00000000233.1 gene_biotype:protein_coding transcript_biotype:protein_coding gene_symbol:ARF5

(one line). Locations are 1-based and closed there, 0-based and half-open here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from workflow_scripts.contracts.identifiers import without_version
from workflow_scripts.io import fasta
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import DAMAGED

LOCATION = re.compile(
    r"^(?P<level>[a-z_]+):(?P<assembly>[^:]+):(?P<chrom>[^:]+):(?P<start>[0-9]{1,12}):(?P<end>[0-9]{1,12}):(?P<strand>-?1)$"
)
# Every letter is a residue: the 20 amino acids, U and O, and B, J, Z, X for those that are not certain.
RESIDUES = re.compile(r"[A-Za-z*]*")
# Names that Ensembl gives to alternative haplotypes and to patches, and levels that are not chromosomes.
ALTERNATIVE = re.compile(r"^CHR_|_PATCH$")
REMEDY = "Give an Ensembl pep.all FASTA."
CHROMOSOMES = {"chromosome", "primary_assembly"}


class Protein(NamedTuple):
    """One protein and where its gene lies (bp, 0-based, half-open)."""

    protein_id: str
    gene_id: str
    transcript_id: str
    symbol: str
    coding: bool  # gene and transcript biotype are protein_coding
    primary: bool  # on a chromosome of the primary assembly
    assembly: str
    chrom: str
    start: int
    end: int
    strand: str
    sequence: str  # without the final stop


def read_proteome(path: Path) -> list[Protein]:
    """Read every protein of a plain or gzipped `pep.all` FASTA.

    Raises BadInput with the line of a header without `gene:` or location, of a protein without residues
    or with anything but letters in it, and for a file that is damaged or cut short.
    """
    proteins = [_protein(path, *record) for record in fasta.records(path, REMEDY) if record.header]
    if not proteins:
        raise BadInput(path, "", "holds no protein", REMEDY)
    return proteins


def _protein(path: Path, line: int, header: str, sequence: str) -> Protein:
    place = f"line {line}"
    words = header.split(" description:")[0].split()
    fields = dict(word.split(":", 1) for word in words[1:] if ":" in word)
    if "gene" not in fields:
        raise BadInput(path, place, f"the header of {words[0]} has no `gene:`", REMEDY)
    location = next(filter(None, map(LOCATION.match, words[1:])), None)
    if location is None or not 1 <= int(location["start"]) <= int(location["end"]):
        reason = f"the header of {words[0]} has no location with 1 <= start <= end"
        raise BadInput(path, place, reason, REMEDY)
    sequence = sequence.rstrip("*")
    if not sequence or not RESIDUES.fullmatch(sequence):
        reason = "holds other signs than letters" if sequence else "has no residues"
        raise BadInput(path, place, f"the protein {words[0]} {reason}", DAMAGED)
    gene_id = without_version(fields["gene"])
    biotypes = {fields.get("gene_biotype", "protein_coding"), fields.get("transcript_biotype", "protein_coding")}
    return Protein(
        protein_id=without_version(words[0]),
        gene_id=gene_id,
        transcript_id=without_version(fields.get("transcript", words[0])),
        symbol=fields.get("gene_symbol", gene_id),
        coding=biotypes == {"protein_coding"},
        primary=location["level"] in CHROMOSOMES and not ALTERNATIVE.search(location["chrom"]),
        assembly=location["assembly"],
        chrom=location["chrom"],
        start=int(location["start"]) - 1,
        end=int(location["end"]),
        strand="-" if location["strand"] == "-1" else "+",
        sequence=sequence.upper(),
    )
