"""One transcript and one protein per gene, and why."""

from __future__ import annotations

from typing import NamedTuple

from workflow_scripts.contracts.genome import bare
from workflow_scripts.reference.gene import Gene, Transcript
from workflow_scripts.reference.proteome import Protein


class Choice(NamedTuple):
    """The transcript that stands for a gene."""

    transcript_id: str
    protein: Protein | None  # None without a proteome
    tss: int  # bp, 0-based
    source: str  # where transcript and location come from: `annotation` or `proteome header`
    reason: str  # the rule that decided
    candidates: int  # transcripts that could have been chosen


def choose_places(
    annotated: dict[str, list[Gene]], proteins: dict[str, list[Protein]]
) -> tuple[dict[str, Gene], list[Gene]]:
    """Of each gene that stands at several places the one where the proteome has it, and the places left out.

    Where no header decides (there is none, or it names none of the places, or two at once), the gene has no place in
    the annotation.
    """
    chosen, others = {}, []
    for gene_id, places in annotated.items():
        found = places
        if len(places) > 1:
            found = [gene for gene in places if any(lies_at(gene, protein) for protein in proteins.get(gene_id, []))]
        if len(found) == 1:
            chosen[gene_id] = found[0]
        others += [gene for gene in places if gene is not chosen.get(gene_id)]
    return chosen, others


def lies_at(gene: Gene, protein: Protein) -> bool:
    """Whether the header of a protein has it on the chromosome (however spelled) and the strand of a gene, over it."""
    same = bare(gene.chrom) == bare(protein.chrom) and gene.strand == protein.strand
    return same and gene.start < protein.end and protein.start < gene.end


def choose_from_annotation(gene: Gene, proteins: list[Protein]) -> Choice | None:
    """MANE_Select > Ensembl_canonical > longest CDS > lowest transcript id, among coding transcripts with a protein.

    Transcripts and proteins are paired by transcript or protein id. Where no id of the gene agrees (releases
    that name them differently), the best transcript is paired with the longest protein of the gene, and the
    reason says so. Without `proteins` every coding transcript counts. None where the gene has no coding transcript.
    """
    coding = [item for item in gene.transcripts.values() if item.coding]
    if not gene.coding:
        return None
    by_transcript = {protein.transcript_id: protein for protein in proteins}
    by_protein = {protein.protein_id: protein for protein in proteins}
    pairs = [(item, by_transcript.get(item.transcript_id) or by_protein.get(item.protein_id)) for item in coding]
    pairs = [pair for pair in pairs if pair[1] is not None]
    suffix = ""
    if not pairs:
        pairs = [(item, longest(proteins) if proteins else None) for item in coding]
        suffix = ", protein matched by gene" if proteins else ""
    transcript, protein = min(pairs, key=lambda pair: _rank(pair[0]))
    tss = transcript.start if gene.strand == "+" else transcript.end - 1
    reason = _reason(transcript, [item for item, _ in pairs]) + suffix
    return Choice(transcript.transcript_id, protein, tss, "annotation", reason, len(pairs))


def choose_from_headers(proteins: list[Protein]) -> Choice:
    """The longest protein of a gene, of equals the one with the lowest transcript id."""
    protein = longest(proteins)
    tss = protein.start if protein.strand == "+" else protein.end - 1
    reason = "only protein" if len(proteins) == 1 else "longest protein"
    return Choice(protein.transcript_id, protein, tss, "proteome header", reason, len(proteins))


def longest(proteins: list[Protein]) -> Protein:
    return min(proteins, key=lambda protein: (-len(protein.sequence), protein.transcript_id))


def _rank(transcript: Transcript) -> tuple:
    return (
        "MANE_Select" not in transcript.tags,
        "Ensembl_canonical" not in transcript.tags,
        -transcript.coding_length,
        transcript.transcript_id,
    )


def _reason(chosen: Transcript, candidates: list[Transcript]) -> str:
    """The rule by which `chosen` came first."""
    for tag in ("MANE_Select", "Ensembl_canonical"):
        if tag in chosen.tags:
            return tag
    if len(candidates) == 1:
        return "only transcript"
    equals = [item for item in candidates if item.coding_length == chosen.coding_length]
    return "longest CDS" if len(equals) == 1 else "lowest transcript id"
