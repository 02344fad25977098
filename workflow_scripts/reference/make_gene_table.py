"""Gene table of a proteome: one transcript and protein per gene, its place in the genome, its length for TPM."""

from workflow_scripts.rule import run

import csv
import logging
from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import gene_table
from workflow_scripts.contracts import proteins as proteins_contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.reference.annotation import Gene, read_annotation
from workflow_scripts.reference.assembly import require_annotated, require_genome, require_same_assembly
from workflow_scripts.reference.gene_choice import Choice, choose_from_annotation, choose_from_headers, choose_places
from workflow_scripts.reference.gene_lengths import read_lengths
from workflow_scripts.reference.proteome import Protein, read_proteome

log = logging.getLogger(__name__)

COLUMNS = ("gene_id", "symbol", "kept", "source", "reason", "transcript_id", "protein_id", "candidates")


def make_gene_table(
    *, proteome: Path, gtf: Path | None, lengths: Path | None, genes: Path, proteins: Path, choices: Path, spec: dict
) -> None:
    """Write the GeneTable, one protein per gene (FASTA, gene-table order), and the table of choices.

    Genes are the protein-coding genes of the proteome on primary chromosomes: alternative haplotypes, patches
    and unplaced scaffolds are left out and listed. With a GTF, transcript, location and the union of exons come
    from it; a gene that the GTF does not hold as protein-coding takes its location from the FASTA header and
    3 x (residues + 1) bp as length, and `choices` says so; more than a few of these raise BadInput. A declared
    table of lengths goes before the GTF's.
    """
    if gtf is None and lengths is None:
        remedy = "Give reference/gtf, or a table of gene lengths in reference/lengths."
        raise BadInput(proteome, "", "nothing tells the length of a gene", remedy)
    by_gene, listed = _coding_genes(read_proteome(proteome))
    if not by_gene:
        remedy = "Give the pep.all FASTA of the assembly."
        raise BadInput(proteome, "", "no protein-coding gene on a primary chromosome", remedy)
    require_genome(proteome, by_gene, spec["assembly"])

    annotated: dict[str, Gene] = {}
    if gtf is not None:
        places, assembly = read_annotation(gtf)
        annotated, others = choose_places(places, by_gene)
        require_same_assembly(gtf, {**{gene.gene_id: gene for gene in others}, **annotated}, assembly, by_gene)
        listed += [(gene.gene_id, gene.symbol, "no", "GTF", "another place of the gene", "", "", 0) for gene in others]
    declared = None
    if lengths is not None:
        declared = read_lengths(lengths, spec["lengths"]["gene_column"], spec["lengths"]["length_column"])
        _require_lengths(lengths, declared, by_gene)

    names = {gene.chrom.removeprefix("chr"): gene.chrom for gene in annotated.values()}
    rows, sequences, unlocated = [], [], []
    for gene_id in sorted(by_gene):
        gene = annotated.get(gene_id)
        choice = choose_from_annotation(gene, by_gene[gene_id]) if gene else None
        if choice is None:
            choice = choose_from_headers(by_gene[gene_id])
            if gtf is not None:
                if gene:
                    found = f"in the GTF as {gene.biotype} without such a transcript"
                else:
                    found = "at several places in the GTF" if gene_id in places else "not in the GTF"
                choice = choice._replace(reason=f"{choice.reason}, {found}")
                unlocated.append(gene_id)
            gene = None
        if gene and not gene.start <= choice.tss < gene.end:
            reason = f"begins outside the exons of its gene {gene_id}"
            raise BadInput(gtf, f"transcript {choice.transcript_id}", reason, "Give a whole GTF file.")
        row = _row(gene_id, gene, choice)
        row["chrom"] = names.get(row["chrom"].removeprefix("chr"), row["chrom"])  # one style of names
        if declared is not None:
            row["exon_length"] = declared[gene_id]
        rows.append(row)
        sequences.append((gene_id, choice.protein.protein_id, choice.protein.sequence))
        listed.append(
            (gene_id, row["symbol"], "yes", choice.source, choice.reason, choice.transcript_id,
             choice.protein.protein_id, choice.candidates)
        )  # fmt: skip
    if gtf is not None:
        require_annotated(gtf, unlocated, len(by_gene))
    for gene_id in annotated.keys() - by_gene.keys():
        if annotated[gene_id].biotype == "protein_coding":
            listed.append((gene_id, annotated[gene_id].symbol, "no", "GTF", "no protein in the proteome", "", "", 0))

    gene_table.write(pd.DataFrame(rows), genes, spec["assembly"])
    proteins_contract.write(sequences, proteins)
    _write_choices(sorted(listed), choices)
    log.info("%d genes in the table", len(rows))
    for (kept, source, reason), count in sorted(Counter((item[2], item[3], item[4]) for item in listed).items()):
        log.info("%s: %d genes, %s, %s", "kept" if kept == "yes" else "left out", count, source, reason)


def _coding_genes(found: list[Protein]) -> tuple[dict[str, list[Protein]], list[tuple]]:
    """The coding proteins of each gene on primary chromosomes, and the rows of `choices` of other genes."""
    by_gene: dict[str, list[Protein]] = defaultdict(list)
    others: dict[str, tuple] = {}
    for item in found:
        if item.coding and item.primary:
            by_gene[item.gene_id].append(item)
        else:
            reason = "not on a primary chromosome" if item.coding else "not protein coding"
            others[item.gene_id] = (item.gene_id, item.symbol, "no", "proteome header", reason, "", "", 0)
    return dict(by_gene), [row for gene_id, row in others.items() if gene_id not in by_gene]


def _require_lengths(path: Path, declared: dict[str, float], by_gene: dict[str, list[Protein]]) -> None:
    absent = sorted(by_gene.keys() - declared.keys())
    if absent:
        reason = f"no length for {len(absent)} of {len(by_gene)} genes, the first {', '.join(absent[:3])}"
        raise BadInput(path, "", reason, "Add them, or give a GTF instead; no length is assumed.")


def _row(gene_id: str, gene: Gene | None, choice: Choice) -> dict:
    """One row of the GeneTable, located by `gene` of the GTF, or else by the header of the chosen protein."""
    protein = choice.protein
    place = gene or protein
    symbol = gene.symbol if gene and gene.symbol != gene_id else protein.symbol
    return {
        "gene_id": gene_id,
        "symbol": symbol,
        "chrom": place.chrom,
        "start": place.start,
        "end": place.end,
        "strand": place.strand,
        "tss": choice.tss,
        "transcript_id": choice.transcript_id,
        "protein_id": protein.protein_id,
        "protein_length": len(protein.sequence),
        "exon_length": float(gene.exon_length if gene else 3 * (len(protein.sequence) + 1)),
    }


def _write_choices(rows: list[tuple], path: Path) -> None:
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerows([COLUMNS, *rows])


if "snakemake" in globals():
    run(make_gene_table, snakemake)  # noqa: F821
