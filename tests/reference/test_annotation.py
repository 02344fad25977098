"""Genes mean the same in a GTF and in a GFF3, whatever the source does in its own way."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from tests.prebulk.sources import gtf_line, transcript, write_text
from tests.support.real_data import REAL_MIRROR, needs_real_data
from workflow_scripts.contracts import gene_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.reference.annotation import read_annotation
from workflow_scripts.reference.gene import Gene
from workflow_scripts.reference.make_gene_table import make_gene_table

# A few genes as each source has them: of two exons, on the minus strand, of the mitochondrion, and not coding.
FILES = Path(__file__).with_name("gff3")


def text_of(name: str) -> str:
    return (FILES / f"{name}.gff3").read_text()


def table(path: Path, folder: Path, assembly: str) -> dict[str, list]:
    """Gene id -> symbol, chromosome, start, end, strand, start of transcription, bp of exons; without a proteome."""
    outputs = {name: folder / f"out/{name}" for name in ("genes", "proteins", "choices")}
    make_gene_table(proteome=None, gtf=path, lengths=None, **outputs, spec={"assembly": assembly})
    genes, _ = gene_table.read(outputs["genes"])
    assert outputs["proteins"].read_bytes() == b""
    assert (genes["protein_id"] == "").all() and (genes["protein_length"] == 0).all()
    return {row.gene_id: [row.symbol, *row[3:8], row.exon_length] for row in genes.itertuples()}


@pytest.mark.parametrize(
    ("source", "assembly", "chroms"),
    [
        ("ensembl", "R64-1-1", ("I", "Mito")),
        ("sgd", "any", ("chrI", "chrmt")),
        ("refseq", "R64", ("NC_001133.9", "NC_001224.1")),
    ],
)
def test_genes_of_yeast_are_the_same_in_every_gff3(source, assembly, chroms, tmp_path):
    assert table(FILES / f"{source}.gff3", tmp_path, assembly) == {
        "YAL068C": ["PAU8", chroms[0], 1806, 2169, "-", 2168, 363.0],
        "YAL030W": ["SNC1", chroms[0], 87285, 87752, "+", 87285, 102.0 + 252],
        "Q0032": ["Q0032", chroms[1], 6545, 8194, "+", 6545, 1649.0],
    }


def test_a_gff3_of_pombase_has_its_genes_by_their_cds(tmp_path):
    found = table(FILES / "pombase.gff3", tmp_path, "any")
    assert found == {"SPAC1002.02": ["pom34", "I", 1799013, 1800053, "+", 1799013, 1040.0]}
    rows = [line.split("\t") for line in (tmp_path / "out/choices").read_text().splitlines()[1:]]
    assert [row[:5] for row in rows if row[2] == "no"] == [
        [name, name, "no", "annotation", "not protein coding"] for name in ("SPAC212.09c", "SPNCRNA.70")
    ]


def test_ends_of_a_transcript_without_exons_are_those_of_its_line(tmp_path):
    text = (
        text_of("sgd")
        .replace("mRNA\t87286\t87752", "mRNA\t87200\t87800")
        .replace("mRNA\t1807\t2169", "mRNA\t1700\t2200")
    )
    found = table(write_text(tmp_path / "genes.gff3", text), tmp_path, "any")
    assert found["YAL030W"][2:] == [87199, 87800, "+", 87199, 102.0 + 252 + 86 + 48]
    assert found["YAL068C"][2:] == [1699, 2200, "-", 2199, 501.0]


def test_the_header_of_an_annotation_is_held_against_the_configuration(tmp_path):
    with pytest.raises(BadInput, match="header: annotation of another assembly: it says R64-1-1, the configuration"):
        table(FILES / "ensembl.gff3", tmp_path, "R64-2-1")


def test_gencode_of_gff3_is_read(tmp_path):
    """Tags in one list, versions, and a copy on Y that is left out with all that is below it."""
    lines, place = [], "\tHAVANA\t{}\t{}\t{}\t.\t+\t.\t"
    for chrom, suffix in (("chrX", ""), ("chrY", "_PAR_Y")):
        gene = f"ENSG00000000001.4{suffix}"
        kinds = "gene_type=protein_coding;transcript_type=protein_coding;gene_name=SHOX"
        lines.append(chrom + place.format("gene", 101, 900) + f"ID={gene};{kinds}")
        for number, tags in ((1, "basic"), (2, "basic,MANE_Select")):
            name = f"ENST0000000000{number}.1{suffix}"
            lines.append(chrom + place.format("transcript", 101, 900) + f"ID={name};Parent={gene};{kinds};tag={tags}")
            lines.append(chrom + place.format("exon", 100 + number, 900) + f"ID=exon:{name}:1;Parent={name}")
            lines.append(chrom + place.format("CDS", 200 * number, 900) + f"ID=CDS:{name};Parent={name}")
    genes = table(write_text(tmp_path / "genes.gff3", "\n".join(lines) + "\n"), tmp_path, "any")
    assert genes == {"ENSG00000000001": ["SHOX", "chrX", 100, 900, "+", 101, 800.0]}
    assert "MANE_Select\tENST00000000002\t\t2\n" in (tmp_path / "out/choices").read_text()


def test_what_an_annotation_calls_nothing_is_coding_by_its_cds(tmp_path):
    """A GTF of UCSC has no biotypes; in one of NCBI only genes have one, and their transcripts are mRNA."""
    ucsc = transcript("NM_1", "NM_1", [(101, 900)], (201, 800)) + gtf_line("exon", 2001, 2900, "NR_2", "NR_2")
    ucsc = re.sub(r' (gene|transcript)_biotype "\w+";', "", ucsc)
    assert list(table(write_text(tmp_path / "a.gtf", ucsc), tmp_path, "any")) == ["NM_1"]
    ncbi = gtf_line("gene", 101, 900, "A", db_xref="GeneID:1", gene_biotype="protein_coding")
    more = transcript("A", "NM_1", [(101, 900)], (201, 800)).replace(' gene_biotype "protein_coding";', "")
    ncbi += more.replace('transcript_biotype "protein_coding"', 'transcript_biotype "mRNA"')
    assert list(table(write_text(tmp_path / "b.gtf", ncbi), tmp_path, "any")) == ["A"]


def test_an_annotation_without_a_coding_gene_is_refused(tmp_path):
    with pytest.raises(BadInput, match="genes.gtf: holds no protein-coding gene. Give a whole annotation"):
        table(write_text(tmp_path / "genes.gtf", gtf_line("exon", 1, 9, "A", "T")), tmp_path, "any")


def test_a_gene_at_two_places_that_no_proteome_tells_apart_is_left_out_and_listed(tmp_path):
    text = "".join(transcript("A", "T", [(101, 900)], (101, 900), chrom=chrom) for chrom in ("1", "2"))
    text += transcript("B", "U", [(101, 900)], (101, 900))
    assert list(table(write_text(tmp_path / "genes.gtf", text), tmp_path, "any")) == ["B"]
    assert (tmp_path / "out/choices").read_text().count("another place of the gene") == 2


def feature(kind: str, start: int, end: int, values: str, strand: str = "+") -> str:
    return f"I\tmade\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{values}\n"


def test_the_best_transcript_of_a_gff3_is_chosen(tmp_path):
    """Of the coding ones that with the longest CDS, whatever others are; a value may hold an equals sign."""
    text = feature("gene", 101, 900, "ID=gene:G;Name=a=b;biotype=protein_coding")
    for name, biotype, cds in (("T1", "protein_coding", 201), ("T2", "protein_coding", 151), ("T3", "nonsense_x", 101)):
        text += feature("mRNA", 100 + int(name[1]), 900, f"ID=transcript:{name};Parent=gene:G;biotype={biotype}")
        text += feature("exon", 100 + int(name[1]), 900, f"Parent=transcript:{name}")
        text += feature("CDS", cds, 300 if name == "T2" else 310, f"Parent=transcript:{name}")
    found = table(write_text(tmp_path / "genes.gff3", text), tmp_path, "any")
    assert found == {"G": ["a=b", "I", 100, 900, "+", 101, 800.0]}
    assert "longest CDS\tT2\t\t2\n" in (tmp_path / "out/choices").read_text()


@pytest.mark.parametrize("turned", [False, True], ids=["as written", "from its end"])
def test_each_place_of_a_gene_has_its_own_transcripts(turned, tmp_path):
    lines = []
    for number, (start, end) in enumerate([(101, 900), (2001, 2900)], start=1):
        lines.append(feature("gene", start, end, "ID=G;biotype=protein_coding"))
        lines.append(feature("mRNA", start, end, f"ID=T{number};Parent=G"))
        lines.append(feature("CDS", start, end, f"ID=C{number};Parent=T{number}"))
    text = "".join(reversed(lines) if turned else lines)
    found, _ = read_annotation(write_text(tmp_path / "genes.gff3", text))
    places = {gene.span: (list(gene.transcripts), gene.start, gene.end) for gene in found["G"]}
    assert places == {(100, 900): (["T1"], 100, 900), (2000, 2900): (["T2"], 2000, 2900)}


def test_a_transcript_on_the_other_strand_than_its_gene_is_another_place(tmp_path):
    """As trans-spliced ones are; the gene does not reach over both."""
    text = feature("gene", 101, 900, "ID=G;Name=mod;biotype=protein_coding")
    for name, place in (("T1", (101, 900, "+")), ("T2", (1501, 1900, "-"))):
        for kind, values in (("mRNA", f"ID={name};Parent=G"), ("CDS", f"Parent={name}")):
            text += feature(kind, *place[:2], values, place[2])
    found, _ = read_annotation(write_text(tmp_path / "genes.gff3", text))
    places = [(gene.gene_id, gene.symbol, gene.coding, gene.strand, gene.start, gene.end) for gene in found["G"]]
    assert places == [("G", "mod", True, "+", 100, 900), ("G", "mod", True, "-", 1500, 1900)]


MRNA = "I\tSGD\tmRNA\t1\t90\t.\t+\t.\tID={};Parent={}\n"
EXON = "I\tSGD\texon\t1\t90\t.\t+\t.\t{}\n"
GENE = "I\tSGD\tgene\t1\t90\t.\t+\t.\t{}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (EXON.format("Parent=T"), "line 1: its Parent 'T' is not in the file. Give a whole GFF3 file"),
        (MRNA.format("T", "G") + EXON.format("Parent=T"), "line 2: its Parent 'G' is not in the file"),
        (MRNA.format("T", "U") + MRNA.format("U", "T") + EXON.format("Parent=T"), "line 3: 'T' is its own Parent"),
        (EXON.format("ID=E"), "line 1: exon without a Parent"),
        (GENE.format("Name=G"), "line 1: gene without an ID"),
        (EXON.format("Parent=T").replace("\t90", "\t0"), "line 1: start '1' and end '0' are not 1 <= start <= end"),
        (EXON.format("Parent=T").replace("+", "?"), "line 1: the strand is '?', neither + nor -"),
        (GENE.format("ID=G") + "I\tSGD\tmRNA\n", "line 2: 3 columns where a GTF or GFF3 has 9"),
        (text_of("sgd")[:-1], "line 22: the file is cut short"),
    ],
)
def test_a_faulty_gff3_is_refused_with_its_line(text, reason, tmp_path):
    with pytest.raises(BadInput, match=re.escape(reason)):
        read_annotation(write_text(tmp_path / "genes.gff3", text))


@needs_real_data
def test_a_real_gff3_that_is_sorted_by_place_is_read(tmp_path):
    """Exons before their transcripts, and these before their genes."""
    (path,) = REAL_MIRROR.rglob("genome.gff3")
    found = table(path, tmp_path, "any")
    assert found == {"ENSG00000198445": ["CCT8L2", "chr22", 16590750, 16592810, "-", 16592809, 2060.0]}


@needs_real_data
@pytest.mark.parametrize("stripped", [False, True], ids=["as Ensembl", "as SGD"])
def test_the_real_genes_of_yeast_are_the_same_in_a_gff3(stripped, tmp_path):
    (gtf,) = REAL_MIRROR.rglob("Saccharomyces_cerevisiae.R64-1-1.96.gtf.gz")
    lines = list(map(as_gff3, filter(None, gzip.decompress(gtf.read_bytes()).decode().splitlines())))
    if stripped:  # children first, neither exons nor biotypes of coding genes
        lines = [re.sub("biotype=(protein_coding|mRNA);", "", line) for line in reversed(lines) if "#" not in line]
        lines = [line for line in lines if "\texon\t" not in line or "biotype" in line]
    found, _ = read_annotation(write_text(tmp_path / "genes.gff3", "\n".join(lines) + "\n"))
    expected, _ = read_annotation(gtf)
    assert meaning(found) == meaning(expected)
    assert len(meaning(found)) == 6600


def as_gff3(line: str) -> str:
    """A line of a GTF of Ensembl as its GFF3 has it."""
    if line.startswith("#"):
        return line
    *columns, attributes = line.split("\t")
    values = dict(re.findall(r'(\w+) "([^"]*)"', attributes))
    gene, name, kind = values["gene_id"], values.get("transcript_id"), columns[2]
    biotype = f"biotype={values.get('transcript_biotype', values['gene_biotype'])};"
    if kind == "gene":
        columns[2] = "gene" if values["gene_biotype"] == "protein_coding" else "ncRNA_gene"
        return "\t".join([*columns, f"ID=gene:{gene};Name={values.get('gene_name', gene)};{biotype}"])
    if kind == "transcript":
        columns[2] = "mRNA"
        return "\t".join([*columns, f"ID=transcript:{name};Parent=gene:{gene};{biotype}"])
    return "\t".join([*columns, f"Parent=transcript:{name};{biotype}"])


def meaning(found: dict[str, list[Gene]]) -> dict[str, list]:
    """What a gene table takes of the coding genes."""
    return {
        gene_id: [
            (gene.symbol, gene.chrom, gene.strand, gene.start, gene.end, gene.exon_length)
            + tuple((item.transcript_id, item.coding, item.coding_length) for item in gene.transcripts.values())
            for gene in places
        ]
        for gene_id, places in found.items()
        if any(gene.coding for gene in places)
    }
