"""Genome, annotation and proteome agree, and hold what a reader of the real files must cope with."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest

from tests.simulate.organisms import Organism, Record, fasta
from workflow_scripts.simulate import layout
from workflow_scripts.simulate.genetic_code import CODE, translate


def reverse_complement(sequence: str) -> str:
    return sequence[::-1].translate(str.maketrans("ACGTN", "TGCAN"))


def spliced(chromosomes: dict[str, str], records: list[Record]) -> str:
    """The upper-case sequence of the records of one transcript, in order of transcription."""
    records = sorted(records, key=lambda record: record.start)
    joined = "".join(chromosomes[record.chrom][record.start : record.end].upper() for record in records)
    return joined if records[0].strand == "+" else reverse_complement(joined)


@pytest.fixture(scope="module")
def transcripts(annotation: list[Record]) -> dict[str, dict[str, list[Record]]]:
    """{transcript: {feature: records}}"""
    found: dict[str, dict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for record in annotation:
        if record.feature != "gene":
            found[record.values["transcript_id"]][record.feature].append(record)
    return found


@pytest.fixture(scope="module")
def proteome(organism: Organism) -> list[tuple[dict[str, str], str]]:
    records = []
    for header, sequence in fasta(organism.lines(layout.PROTEOME)):
        words = header.split(" description:")[0].split()
        assert words[1] == "pep"
        records.append(({"protein": words[0], **dict(word.split(":", 1) for word in words[2:])}, sequence))
    return records


def test_the_genetic_code_is_the_standard_one() -> None:
    known = {"ATG": "M", "TGG": "W", "AAA": "K", "GAT": "D", "CGC": "R", "AGC": "S", "ATA": "I", "GGG": "G"}
    assert {codon: CODE[codon] for codon in known} == known
    assert {codon for codon, residue in CODE.items() if residue == "*"} == {"TAA", "TAG", "TGA"}
    # codons of each residue in the standard code
    assert sorted(Counter(CODE.values()).values()) == sorted([6] * 3 + [4] * 5 + [3] * 2 + [2] * 9 + [1] * 2)


def test_every_protein_is_the_translation_of_its_coding_sequence(
    chromosomes: dict[str, str], transcripts: dict, proteome: list
) -> None:
    checked = 0
    for fields, residues in proteome:
        if ":CHR_" in fields["chromosome"] or fields["chromosome"].split(":")[1].startswith("CHR_"):
            continue
        of = transcripts[fields["transcript"].split(".")[0]]
        assert translate(spliced(chromosomes, of["CDS"])) == residues
        assert CODE[spliced(chromosomes, of["stop_codon"])] == "*"
        assert spliced(chromosomes, of["start_codon"]) == "ATG"
        assert of["CDS"][0].values["protein_id"] == fields["protein"].split(".")[0]
        checked += 1
    assert checked == sum("CDS" in of for of in transcripts.values()) > 80


def test_exons_are_cds_stop_codon_and_utrs_and_introns_are_spliced(chromosomes: dict[str, str], transcripts) -> None:
    for of in transcripts.values():
        exons = sorted(of["exon"], key=lambda record: record.start)
        strand = exons[0].strand
        for left, right in zip(exons, exons[1:], strict=False):
            intron = chromosomes[left.chrom][left.end : right.start].upper()
            intron = intron if strand == "+" else reverse_complement(intron)
            assert (intron[:2], intron[-2:]) == ("GT", "AG")
        if "CDS" in of:
            parts = ("CDS", "stop_codon", "five_prime_utr", "three_prime_utr")
            lengths = [sum(record.end - record.start for record in of[name]) for name in (*parts, "exon")]
            assert sum(lengths[:-1]) == lengths[-1]
            assert [int(record.values["exon_number"]) for record in of["exon"]] == list(range(1, len(exons) + 1))
            passed = 0
            for record in sorted(of["CDS"], key=lambda record: record.start, reverse=strand == "-"):
                assert int(record.frame) == -passed % 3
                passed += record.end - record.start


def test_the_truth_holds_the_transcript_that_the_tags_choose(
    organism: Organism, annotation: list[Record], transcripts: dict
) -> None:
    genes = defaultdict(list)
    for name, of in transcripts.items():
        genes[of["exon"][0].values["gene_id"]].append(name)
    places = {record.values["gene_id"]: record for record in annotation if record.feature == "gene"}
    decided: Counter[str] = Counter()
    for row in organism.table("genes"):
        names = [name for name in sorted(genes[row["gene_id"]]) if _biotype(transcripts[name]) == "protein_coding"]
        lengths = {name: sum(record.end - record.start for record in transcripts[name]["CDS"]) for name in names}
        tags = {name: transcripts[name]["transcript"][0].tags for name in names}
        reason = next((tag for tag in ("MANE_Select", "Ensembl_canonical") if any(tag in t for t in tags.values())), "")
        best = [name for name in names if reason in tags[name]] if reason else names
        best = [name for name in best if lengths[name] == max(lengths[one] for one in best)]
        if not reason:
            reason = "longest" if len(best) == 1 else "lowest"
        chosen = best[0]
        if (
            chosen != names[0] or len(names) == 1 or reason == "lowest"
        ):  # where the first would be wrong, or stands alone
            decided[reason if len(names) > 1 else "single"] += 1

        exons = transcripts[chosen]["exon"]
        place = places[row["gene_id"]]
        tss = min(e.start for e in exons) if place.strand == "+" else max(e.end for e in exons) - 1
        covered = {
            base
            for name in genes[row["gene_id"]]
            for exon in transcripts[name]["exon"]
            for base in range(exon.start, exon.end)
        }
        assert row == {
            "gene_id": row["gene_id"],
            "symbol": place.values.get("gene_name", row["gene_id"]),
            "chrom": place.chrom,
            "start": str(place.start),
            "end": str(place.end),
            "strand": place.strand,
            "tss": str(tss),
            "transcript_id": chosen,
            "protein_id": transcripts[chosen]["CDS"][0].values["protein_id"],
            "exon_length": str(len(covered)),
        }
    assert set(decided) == {"single", "MANE_Select", "Ensembl_canonical", "longest", "lowest"}
    assert len(organism.table("genes")) == organism.spec["genome"]["genes"]


def _biotype(of: dict[str, list[Record]]) -> str:
    return of["transcript"][0].values["transcript_biotype"]


def test_the_annotation_holds_what_ensembl_has(organism: Organism, annotation: list[Record], transcripts: dict) -> None:
    assert organism.lines(layout.ANNOTATION)[0] == "#!genome-build GRCh38.p13"
    genes = [record for record in annotation if record.feature == "gene"]
    assert {record.strand for record in genes} == {"+", "-"}
    assert any("gene_name" not in record.values for record in genes)
    assert {record.values["gene_biotype"] for record in genes} == {"protein_coding", "lncRNA"}
    assert {_biotype(of) for of in transcripts.values()} == {"protein_coding", "lncRNA", "nonsense_mediated_decay"}
    tags = {of["transcript"][0].tags for of in transcripts.values()}
    assert ("basic", "Ensembl_canonical", "MANE_Select") in tags
    assert all(record.values["gene_version"].isdigit() for record in genes)


def test_the_proteome_holds_what_ensembl_has(proteome: list) -> None:
    contigs = {fields["chromosome"].split(":")[1] for fields, _ in proteome}
    assert any(contig.startswith("CHR_HSCHR") for contig in contigs)
    assert {"1", "2"} <= contigs
    assert {fields["transcript_biotype"] for fields, _ in proteome} == {"protein_coding", "nonsense_mediated_decay"}
    assert any(len(residues) > 1022 for _, residues in proteome)
    assert any("gene_symbol" not in fields for fields, _ in proteome)
    assert not any("*" in residues for _, residues in proteome)


def test_the_genome_is_soft_masked_and_has_a_gap_outside_genes(
    organism: Organism, chromosomes: dict[str, str], annotation: list[Record]
) -> None:
    assert list(chromosomes) == ["1", "2"]
    headers = [line for line in organism.lines(layout.GENOME) if line.startswith(">")]
    for (name, sequence), header in zip(chromosomes.items(), headers, strict=True):
        assert header == f">{name} dna:chromosome chromosome:GRCh38:{name}:1:{len(sequence)}:1 REF"
        assert set(sequence) == set("ACGTNacgt")
        assert [len(gap) for gap in re.findall("N+", sequence)] == [1200]
    for record in annotation:
        assert "N" not in chromosomes[record.chrom][record.start : record.end]


def test_genes_stand_apart_but_for_those_within_an_intron(annotation: list[Record], organism: Organism) -> None:
    genes = sorted((r for r in annotation if r.feature == "gene"), key=lambda r: (r.chrom, r.start))
    inside = 0
    for host, guest in zip(genes, genes[1:], strict=False):
        if host.chrom == guest.chrom and guest.start < host.end:
            assert guest.end < host.end
            exons = [r for r in annotation if r.feature == "exon" and r.values["gene_id"] == host.values["gene_id"]]
            assert all(exon.end < guest.start or guest.end < exon.start for exon in exons)
            inside += 1
        elif host.chrom == guest.chrom:
            assert guest.start - host.end > 500
    assert inside == organism.spec["genome"]["genes"] // 80
    assert sum(gene.end - gene.start > 1000 for gene in genes) > 0.9 * len(genes)


def test_promoters_carry_the_motif_of_every_regulator(organism: Organism, chromosomes: dict[str, str]) -> None:
    motifs = {row["source"]: row["consensus"] for row in organism.table("motifs")}
    genes = {row["gene_id"]: row for row in organism.table("genes")}
    edges = organism.table("network")
    assert {row["sign"] for row in edges} == {"1", "-1"}
    assert len({motif for one in motifs.values() for motif in (one, reverse_complement(one))}) == 2 * len(motifs)
    for edge in edges:
        gene, motif = genes[edge["target"]], motifs[edge["source"]]
        start, end = int(gene["start"]), int(gene["end"])
        first, last = (start - 430, start) if gene["strand"] == "+" else (end, end + 430)
        promoter = chromosomes[gene["chrom"]][first:last].upper()
        assert motif in promoter or reverse_complement(motif) in promoter
