"""Genes of a GFF3, whose lines name their parents: parts (exon, CDS, UTR) a transcript, or a gene, and it a gene.

Format: https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md. A child may stand before its
parent, so that genes are made when all lines are read. What the sources do in their own ways:

- Ensembl, GENCODE and RefSeq state biotypes, SGD and PomBase do not: there the type of the line tells, and the CDS.
- SGD and PomBase have no exons of coding genes: CDS and UTRs are what they have, up to the ends of the transcript.
- RefSeq hangs the CDS of a mitochondrial gene on the gene, which is its own transcript then.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from workflow_scripts.contracts.identifiers import is_par_y, without_version
from workflow_scripts.io.errors import BadInput
from workflow_scripts.reference.gene import Gene, Transcript
from workflow_scripts.reference.record import Record

PARTS = ("exon", "CDS", "five_prime_UTR", "three_prime_UTR")
PREFIX = re.compile(r"^(?:gene|transcript|rna)[:-]", re.IGNORECASE)  # gene:YAL069W of Ensembl, gene-YAL068C of RefSeq
UNNAMED = ("gene", "protein_coding_gene")  # types of genes that leave open what the gene makes


class Part(NamedTuple):
    number: int  # of its line
    feature: str
    chrom: str
    start: int
    end: int
    strand: str
    protein_id: str


class Feature(NamedTuple):
    """A gene, or what lies between a gene and its parts."""

    feature: str
    chrom: str
    values: dict[str, str]
    record: Record


class Gff3:
    """Genes, made of lines that name their parents."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._features: dict[str, list[Feature]] = defaultdict(list)  # by ID: the lines of one, at several places
        self._parts: dict[str, list[Part]] = defaultdict(list)  # by ID of the parent

    def add(self, record: Record) -> None:
        """Keep a gene, a part, or what has a parent and may be one: every other line says nothing of genes."""
        is_gene = record.feature.endswith("gene")
        if not (is_gene or record.feature in PARTS or "Parent=" in record.attributes):
            return
        pairs = (pair.split("=", 1) for pair in record.attributes.strip().rstrip(";").split(";") if "=" in pair)
        values = {name.strip(): value for name, value in pairs}
        chrom = unquote(record.chrom)
        if record.feature in PARTS:
            if "Parent" not in values:
                raise record.bad(f"{record.feature} without a Parent")
            protein_id = without_version(unquote(values.get("protein_id", "")))
            part = Part(record.number, record.feature, chrom, *record.place(), protein_id)
            for parent in values["Parent"].split(","):
                self._parts[parent].append(part)
        elif "ID" in values:
            self._features[values["ID"]].append(Feature(record.feature, chrom, values, record))
        elif is_gene:
            raise record.bad(f"{record.feature} without an ID")

    def genes(self) -> dict[str, list[Gene]]:
        """The places of each gene."""
        found: dict[str, list[Gene]] = {}
        for parent, parts in self._parts.items():
            root = self._gene_of(parent, parts[0])
            if root is None or is_par_y(root):  # no gene; or the same gene once more, on chromosome Y
                continue
            gene_id = _name(root)
            if gene_id not in found:
                found[gene_id] = [self._gene(gene_id, feature) for feature in self._features[root]]
            self._add_transcript(found[gene_id], parent, parts)
        return found

    def _gene_of(self, name: str, part: Part) -> str | None:
        """The ID of the gene above `name`; None where what stands at the top is no gene."""
        seen = set()
        while name not in seen:
            seen.add(name)
            if name not in self._features:
                place, reason = f"line {part.number}", f"its Parent {name!r} is not in the file"
                raise BadInput(self._path, place, reason, "Give a whole GFF3 file.")
            top = self._features[name][0]
            if "Parent" not in top.values:
                return name if top.feature.endswith("gene") else None
            name = top.values["Parent"].split(",")[0]
        raise BadInput(self._path, f"line {part.number}", f"{name!r} is its own Parent", "Give a whole GFF3 file.")

    def _gene(self, gene_id: str, feature: Feature) -> Gene:
        values = {name: unquote(value) for name, value in feature.values.items()}
        named = (
            values.get(name) for name in ("gene_name", "gene", "Name")
        )  # GENCODE; RefSeq and SGD; Ensembl, PomBase
        stated = next(filter(None, map(values.get, ("gene_biotype", "biotype", "gene_type"))), "")
        biotype = stated or ("" if feature.feature in UNNAMED else feature.feature)
        start, end, strand = feature.record.place()
        return Gene(gene_id, next(filter(None, named), gene_id), biotype, feature.chrom, strand, span=(start, end))

    def _add_transcript(self, places: list[Gene], parent: str, parts: list[Part]) -> None:
        """Add a transcript to that place of its gene where its first part lies, a new one where no line has it."""
        first = parts[0]
        here = [gene for gene in places if (gene.chrom, gene.strand) == (first.chrom, first.strand)]
        if not here:
            here = [Gene(places[0].gene_id, places[0].symbol, places[0].biotype, first.chrom, first.strand)]
            places += here
        around = [gene for gene in here if gene.span and gene.span[0] <= first.start and first.end <= gene.span[1]]
        gene = (around or here)[0]
        values = self._features[parent][0].values
        own = "Parent" in values  # and not the gene as its own transcript
        exons = [(part.start, part.end) for part in parts if part.feature == "exon"]
        if not exons:
            exons = sorted((part.start, part.end) for part in parts)
            if own:
                start, end, _ = self._features[parent][0].record.place()
                exons += [(start, exons[0][1]), (exons[-1][0], end)]
        stated = next(filter(None, map(values.get, ("transcript_biotype", "biotype", "transcript_type"))), "")
        coding = [part for part in parts if part.feature == "CDS"]
        name = _name(parent)
        gene.exons += exons
        gene.transcripts[name] = Transcript(
            name,
            stated if own else "",
            tags={tag.replace(" ", "_") for tag in unquote(values.get("tag", "")).split(",")},  # RefSeq: MANE Select
            protein_id=next((part.protein_id for part in coding), ""),
            coding_length=sum(part.end - part.start for part in coding),
            start=min(start for start, _ in exons),
            end=max(end for _, end in exons),
        )


def _name(identifier: str) -> str:
    """An ID without the kind that Ensembl and RefSeq put before it, and without version."""
    return without_version(PREFIX.sub("", unquote(identifier)))
