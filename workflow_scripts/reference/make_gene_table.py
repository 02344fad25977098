"""Gene table: one transcript and protein per gene, its place in the genome, its length for TPM."""

from workflow_scripts.rule import run

import csv
import logging
from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import gene_table
from workflow_scripts.contracts import proteins as proteins_contract
from workflow_scripts.contracts.genome import bare
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.reference.annotation import read_annotation
from workflow_scripts.reference.assembly import (
    require_annotated,
    require_genome,
    require_same_assembly,
    require_same_genes,
)
from workflow_scripts.reference.gene import Gene
from workflow_scripts.reference.gene_choice import Choice, choose_from_annotation, choose_from_headers, choose_places
from workflow_scripts.reference.gene_lengths import read_lengths
from workflow_scripts.reference.proteome import Protein, read_proteome

log = logging.getLogger(__name__)

COLUMNS = ("gene_id", "symbol", "kept", "source", "reason", "transcript_id", "protein_id", "candidates")


def make_gene_table(
    *,
    proteome: Path | None,
    gtf: Path | None,
    lengths: Path | None,
    genes: Path,
    proteins: Path,
    choices: Path,
    spec: dict,
) -> None:
    """Write the GeneTable, one protein per gene (FASTA, gene-table order), and the table of choices.

    Genes are the protein-coding genes of the proteome on primary chromosomes: alternative haplotypes, patches
    and unplaced scaffolds are left out and listed. With an annotation, transcript, location and the union of exons
    come from it; a gene that it does not hold as protein-coding takes its location from the FASTA header and
    3 x (residues + 1) bp as length, and `choices` says so; more than a few of these raise BadInput. A declared
    table of lengths goes before the annotation's.

    Without a proteome genes are those that the annotation has as protein-coding, at one place; none has a protein.
    """
    by_gene, listed = _coding_genes(proteome, spec["assembly"]) if proteome else ({}, [])
    places: dict[str, list[Gene]] = {}
    annotated: dict[str, Gene] = {}
    if gtf is not None:
        places, assembly = read_annotation(gtf)
        require_same_assembly(gtf, assembly, spec["assembly"])
        annotated, others = choose_places(places, by_gene)
        if by_gene:
            require_same_genes(gtf, {**{gene.gene_id: gene for gene in others}, **annotated}, by_gene)
        listed += [_left_out(gene, "another place of the gene") for gene in others]
    universe = sorted(by_gene or (gene_id for gene_id, gene in annotated.items() if gene.coding))
    if not universe:
        remedy = "Give a whole annotation: genes are called protein_coding there or, called nothing, have a CDS."
        raise BadInput(gtf, "", "holds no protein-coding gene", remedy)
    declared = _declared_lengths(lengths, universe, spec) if lengths else {}

    names = {bare(gene.chrom): gene.chrom for gene in annotated.values()}
    rows, sequences, unlocated = [], [], []
    for gene_id in universe:
        gene = annotated.get(gene_id)
        choice = choose_from_annotation(gene, by_gene.get(gene_id, [])) if gene else None
        if choice is None:
            choice = choose_from_headers(by_gene[gene_id])
            if gtf is not None:
                choice = choice._replace(reason=f"{choice.reason}, {_why_not(gene, gene_id in places)}")
                unlocated.append(gene_id)
            gene = None
        if gene and not gene.start <= choice.tss < gene.end:
            reason = f"begins outside the exons of its gene {gene_id}"
            raise BadInput(gtf, f"transcript {choice.transcript_id}", reason, "Give a whole GTF or GFF3 file.")
        row = _row(gene_id, gene, choice)
        row["chrom"] = names.get(bare(row["chrom"]), row["chrom"])  # one style of names
        row["exon_length"] = declared.get(gene_id, row["exon_length"])
        rows.append(row)
        if choice.protein:
            sequences.append((gene_id, choice.protein.protein_id, choice.protein.sequence))
        chosen = choice.source, choice.reason, choice.transcript_id, row["protein_id"], choice.candidates
        listed.append((gene_id, row["symbol"], "yes", *chosen))
    if unlocated:
        require_annotated(gtf, unlocated, len(universe))
    for gene_id in annotated.keys() - set(universe):
        if annotated[gene_id].coding:
            listed.append(_left_out(annotated[gene_id], "no protein in the proteome"))
        elif not by_gene:
            listed.append(_left_out(annotated[gene_id], "not protein coding"))

    gene_table.write(pd.DataFrame(rows), genes, spec["assembly"])
    proteins_contract.write(sequences, proteins)
    _write_choices(sorted(listed), choices)
    log.info("%d genes in the table", len(rows))
    for (kept, source, reason), count in sorted(Counter((item[2], item[3], item[4]) for item in listed).items()):
        log.info("%s: %d genes, %s, %s", "kept" if kept == "yes" else "left out", count, source, reason)


def _coding_genes(proteome: Path, assembly: str) -> tuple[dict[str, list[Protein]], list[tuple]]:
    """The coding proteins of each gene on primary chromosomes, and the rows of `choices` of other genes."""
    by_gene: dict[str, list[Protein]] = defaultdict(list)
    others: dict[str, tuple] = {}
    for item in read_proteome(proteome):
        if item.coding and item.primary:
            by_gene[item.gene_id].append(item)
        else:
            reason = "not on a primary chromosome" if item.coding else "not protein coding"
            others[item.gene_id] = (item.gene_id, item.symbol, "no", "proteome header", reason, "", "", 0)
    if not by_gene:
        remedy = "Give the pep.all FASTA of the assembly."
        raise BadInput(proteome, "", "no protein-coding gene on a primary chromosome", remedy)
    require_genome(proteome, by_gene, assembly)
    return dict(by_gene), [row for gene_id, row in others.items() if gene_id not in by_gene]


def _declared_lengths(path: Path, universe: list[str], spec: dict) -> dict[str, float]:
    """The declared length (bp) of every gene; one without raises BadInput."""
    declared = read_lengths(path, spec["lengths"]["gene_column"], spec["lengths"]["length_column"])
    absent = [gene_id for gene_id in universe if gene_id not in declared]
    if absent:
        reason = f"no length for {len(absent)} of {len(universe)} genes, the first {', '.join(absent[:3])}"
        raise BadInput(path, "", reason, "Add them, or give a GTF instead; no length is assumed.")
    return declared


def _why_not(gene: Gene | None, annotated: bool) -> str:
    """Why a gene of the proteome does not go by the annotation, which holds it at several places, one or none."""
    if gene:
        return f"in the annotation as {gene.biotype or 'gene'} without such a transcript"
    return "at several places in the annotation" if annotated else "not in the annotation"


def _left_out(gene: Gene, reason: str) -> tuple:
    """The row of `choices` of a gene of the annotation."""
    return (gene.gene_id, gene.symbol, "no", "annotation", reason, "", "", 0)


def _row(gene_id: str, gene: Gene | None, choice: Choice) -> dict:
    """One row of the GeneTable, located by `gene` of the annotation, or else by the header of the chosen protein."""
    protein = choice.protein
    place = gene or protein
    symbol = gene.symbol if gene and gene.symbol != gene_id else protein.symbol if protein else gene_id
    return {
        "gene_id": gene_id,
        "symbol": symbol,
        "chrom": place.chrom,
        "start": place.start,
        "end": place.end,
        "strand": place.strand,
        "tss": choice.tss,
        "transcript_id": choice.transcript_id,
        "protein_id": protein.protein_id if protein else "",
        "protein_length": len(protein.sequence) if protein else 0,
        "exon_length": float(gene.exon_length if gene else 3 * (len(protein.sequence) + 1)),
    }


def _write_choices(rows: list[tuple], path: Path) -> None:
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerows([COLUMNS, *rows])


if "snakemake" in globals():
    run(make_gene_table, snakemake)  # noqa: F821
