"""The gene annotation in the layout of Ensembl's GTF, and the table of the genes' true values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.contracts import truth
from workflow_scripts.simulate.genes import Gene, Interval, Transcript
from workflow_scripts.simulate.layout import write_gzip
from workflow_scripts.simulate.proteins import version

HEADER = "#!genome-build GRCh38.p13\n#!genome-version GRCh38\n#!simulated by GeneLM\n"


def write_annotation(genes: list[Gene], path: Path) -> None:
    """Write all genes by place: gene, then for each transcript its exons, CDS, codons and UTRs.

    As in Ensembl, positions are 1-based and inclusive, the CDS leaves the stop codon out, and `tag`
    stands once for each tag of a transcript.
    """
    lines = []
    for gene in sorted(genes, key=lambda gene: (int(gene.chrom), gene.start)):
        attributes = [("gene_id", gene.gene_id), ("gene_version", version(gene.gene_id))]
        described = [("gene_name", gene.symbol)] if gene.symbol else []
        described += [("gene_source", "simulated"), ("gene_biotype", gene.biotype)]
        lines.append(_line(gene, "gene", (0, len(gene.sequence)), ".", attributes + described))
        for transcript in gene.transcripts:
            lines += _transcript_lines(gene, transcript, attributes, described)
    write_gzip(path, HEADER + "".join(lines))


def _transcript_lines(gene: Gene, transcript: Transcript, attributes: list, described: list) -> list[str]:
    own = [("transcript_id", transcript.transcript_id), ("transcript_version", version(transcript.transcript_id))]
    told = [("transcript_source", "simulated"), ("transcript_biotype", transcript.biotype)]
    tags = [("tag", tag) for tag in transcript.tags]

    def line(feature: str, interval: Interval, frame: str = ".", number: int = 0, extra: Sequence = ()) -> str:
        numbered = [("exon_number", number)] if number else []
        return _line(
            gene, feature, interval, frame, attributes + own + numbered + described + told + (extra or []) + tags
        )

    lines = [line("transcript", (transcript.exons[0][0], transcript.exons[-1][1]))]
    if transcript.cds is None:
        return lines + [line("exon", exon, number=number) for number, exon in enumerate(transcript.exons, 1)]
    start, end = transcript.cds
    protein = [("protein_id", transcript.protein_id), ("protein_version", version(transcript.protein_id))]
    parts = {
        "CDS": transcript.blocks(start, end - 3),
        "start_codon": transcript.blocks(start, start + 3),
        "stop_codon": transcript.blocks(end - 3, end),
    }
    frames = {feature: _frames(blocks) for feature, blocks in parts.items()}
    for number, exon in enumerate(transcript.exons, 1):
        lines.append(line("exon", exon, number=number))
        for feature, blocks in parts.items():
            for block in blocks:
                if exon[0] <= block[0] < exon[1]:
                    extra = protein if feature == "CDS" else ()
                    lines.append(line(feature, block, frames[feature][block], number, extra))
    length = sum(last - first for first, last in transcript.exons)
    lines += [line("five_prime_utr", block) for block in transcript.blocks(0, start)]
    lines += [line("three_prime_utr", block) for block in transcript.blocks(end, length)]
    return lines


def _frames(blocks: list[Interval]) -> dict[Interval, str]:
    """Bases of each block before its first whole codon."""
    frames, passed = {}, 0
    for block in blocks:
        frames[block] = str(-passed % 3)
        passed += block[1] - block[0]
    return frames


def _line(gene: Gene, feature: str, interval: Interval, frame: str, attributes: list) -> str:
    start, end = gene.to_genome(*interval)
    told = " ".join(f'{key} "{value}";' for key, value in attributes)
    return f"{gene.chrom}\tsimulated\t{feature}\t{start + 1}\t{end}\t.\t{gene.strand}\t{frame}\t{told}\n"


def write_truth(genes: list[Gene], folder: Path) -> None:
    """Write the table `genes`: the protein-coding genes as a correct gene table holds them (0-based half-open)."""
    rows = []
    for gene in genes:
        if gene.biotype == "protein_coding":
            chosen = gene.transcripts[gene.chosen]
            place = (gene.chrom, gene.start, gene.end, gene.strand, gene.tss)
            names = (chosen.transcript_id, chosen.protein_id)
            rows.append((gene.gene_id, gene.symbol or gene.gene_id, *place, *names, gene.exon_length))
    truth.write("genes", rows, folder)
