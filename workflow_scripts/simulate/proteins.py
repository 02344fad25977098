"""The proteome in the layout of Ensembl's pep.all."""

from __future__ import annotations

from pathlib import Path

from workflow_scripts.simulate.genes import Gene, Transcript
from workflow_scripts.simulate.genetic_code import translate
from workflow_scripts.simulate.layout import write_gzip

ALTERNATIVE_CONTIGS = 3  # proteins that stand a second time, on an alternative contig, under other identifiers


def protein(gene: Gene, transcript: Transcript) -> str:
    """The residues of a transcript's protein, without the stop."""
    blocks = transcript.blocks(*transcript.cds)
    coding = "".join(gene.sequence[start:end].tobytes().decode() for start, end in blocks)
    return translate(coding).removesuffix("*")


def version(identifier: str) -> int:
    """The version of an Ensembl identifier of the simulated annotation."""
    return 1 + int(identifier[4:]) % 7


def versioned(identifier: str) -> str:
    return f"{identifier}.{version(identifier)}"


def write_proteome(genes: list[Gene], path: Path) -> None:
    """Write every protein, those of nonsense-mediated decay too, and some again on an alternative contig."""
    coding = [gene for gene in genes if gene.biotype == "protein_coding"]
    records = [
        _record(gene, transcript, gene.chrom, transcript.protein_id, gene.gene_id, transcript.transcript_id)
        for gene in coding
        for transcript in gene.transcripts
    ]
    for number, gene in enumerate(coding[:: max(1, len(coding) // ALTERNATIVE_CONTIGS)][:ALTERNATIVE_CONTIGS], 1):
        other = [f"{kind}{990_000 + number:011d}" for kind in ("ENSP", "ENSG", "ENST")]
        records.append(_record(gene, gene.transcripts[gene.chosen], f"CHR_HSCHR{gene.chrom}_1_CTG1", *other))
    write_gzip(path, "".join(records))


def _record(gene: Gene, transcript: Transcript, place: str, protein_id: str, gene_id: str, transcript_id: str) -> str:
    start, end = gene.to_genome(transcript.exons[0][0], transcript.exons[-1][1])
    strand = 1 if gene.strand == "+" else -1
    symbol = f" gene_symbol:{gene.symbol}" if gene.symbol else ""
    residues = protein(gene, transcript)
    lines = "".join(f"{residues[at : at + 60]}\n" for at in range(0, len(residues), 60))
    return (
        f">{versioned(protein_id)} pep chromosome:GRCh38:{place}:{start + 1}:{end}:{strand} "
        f"gene:{versioned(gene_id)} transcript:{versioned(transcript_id)} gene_biotype:{gene.biotype} "
        f"transcript_biotype:{transcript.biotype}{symbol} description:simulated protein\n{lines}"
    )
