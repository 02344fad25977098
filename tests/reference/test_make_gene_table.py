"""One transcript and protein per gene, by the order of the field, from one assembly."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from tests.prebulk.sources import gtf_line, protein, transcript, write_text
from workflow_scripts.contracts import gene_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.reference.annotation import read_annotation
from workflow_scripts.reference.gene_lengths import read_lengths
from workflow_scripts.reference.make_gene_table import make_gene_table

G = "ENSG00000000001"
T = [f"ENST0000000000{number}" for number in range(6)]
HEADER = "#!genome-build GRCh38.p13\n#!genome-version GRCh38\n"


def run(folder: Path, fasta: str | None, gtf: str | None = None, lengths: str | None = None, genome: str = "GRCh38"):
    """Run the door on texts; return the table, the proteins by gene and the rows of choices by gene."""
    (folder / "in").mkdir(exist_ok=True)
    outputs = {name: folder / f"out/{name}" for name in ("genes", "proteins", "choices")}
    make_gene_table(
        proteome=write_text(folder / "in/pep.all.fa.gz", fasta) if fasta is not None else None,
        gtf=write_text(folder / "in/genes.gtf.gz", gtf) if gtf else None,
        lengths=write_text(folder / "in/lengths.csv", lengths) if lengths else None,
        **outputs,
        spec={"assembly": genome, "lengths": {"gene_column": "gene", "length_column": "bp"}},
    )
    genes, _ = gene_table.read(outputs["genes"])
    records = outputs["proteins"].read_text().split(">")[1:]
    proteins = {record.split()[0]: "".join(record.split("\n")[1:]) for record in records}
    assert list(genes["gene_id"]) == sorted(genes["gene_id"])
    assert list(proteins) == (list(genes["gene_id"]) if fasta else [])
    with outputs["choices"].open() as handle:
        choices = {row["gene_id"]: row for row in csv.DictReader(handle, delimiter="\t")}
    return genes.set_index("gene_id"), proteins, choices


@pytest.mark.parametrize(
    ("tags", "ends", "chosen", "reason"),
    [
        ({2: ["basic", "MANE_Select"], 1: ["Ensembl_canonical"]}, [900, 900, 400], 2, "MANE_Select"),
        ({2: ["basic", "Ensembl_canonical"], 1: ["basic"]}, [900, 900, 400], 2, "Ensembl_canonical"),
        ({}, [400, 700, 600], 1, "longest CDS"),
        ({}, [400, 700, 700], 1, "lowest transcript id"),
    ],
)
def test_transcript_is_mane_then_canonical_then_longest_coding_then_lowest(tmp_path, tags, ends, chosen, reason):
    fasta = "".join(protein(f"{G}.4", f"{T[number]}.1", "M" * (number + 2)) for number in (2, 0, 1))
    order = [0, 2, 1]  # the order of the file decides nothing
    gtf = HEADER + "".join(
        transcript(G, T[number], [(101, 900)], (101, ends[number]), tag=tags.get(number, [])) for number in order
    )
    genes, proteins, choices = run(tmp_path, fasta, gtf)
    assert genes.loc[G, "transcript_id"] == T[chosen]
    assert genes.loc[G, "protein_id"] == T[chosen].replace("ENST", "ENSP")
    assert proteins[G] == "M" * (chosen + 2)
    assert choices[G]["reason"] == reason
    assert choices[G]["candidates"] == "3"


def test_coordinates_are_half_open_and_the_length_is_the_union_of_exons(tmp_path):
    minus = {"strand": "-"}
    decayed = {"transcript_biotype": "nonsense_mediated_decay", **minus}
    other = transcript(G, T[1], [(51, 60), (151, 250)], (155, 160), **decayed)
    gtf = HEADER + transcript(G, T[0], [(101, 200), (301, 400)], (110, 390), tag=["MANE_Select"], **minus) + other
    genes, _, _ = run(tmp_path, protein(G, T[0], place="chromosome:GRCh38:1:51:400:-1"), gtf)
    row = genes.loc[G]
    assert (row["start"], row["end"], row["strand"], row["tss"]) == (50, 400, "-", 399)
    assert row["exon_length"] == 10 + 150 + 100  # 51-60, 101-250, 301-400


def test_a_transcript_without_a_protein_is_not_chosen(tmp_path):
    gtf = HEADER + "".join(
        transcript(G, T[number], [(101, 900)], (101, 900), tag=["MANE_Select"] * (number == 0)) for number in (0, 1)
    )
    genes, _, _ = run(tmp_path, protein(G, T[1]), gtf)
    assert genes.loc[G, "transcript_id"] == T[1]


def test_genes_off_primary_chromosomes_and_not_coding_are_left_out_and_listed(tmp_path):
    names = [f"ENSG0000000000{number}" for number in range(1, 7)]
    fasta = (
        protein(names[0], T[0])
        + protein(names[1], T[1], place="chromosome:GRCh38:CHR_HSCHR6_MHC_COX_CTG1:1:900:1")
        + protein(names[2], T[2], place="scaffold:GRCh38:KI270728.1:1:900:1")
        + protein(names[3], T[3], biotype="IG_V_gene", transcript_biotype="IG_V_gene")
        + protein(names[4], T[4], transcript_biotype="nonsense_mediated_decay")
    )
    gtf = HEADER + transcript(names[0], T[0], [(101, 900)], (101, 900))
    gtf += transcript(names[5], T[5], [(2001, 2900)], (2001, 2900))
    genes, _, choices = run(tmp_path, fasta, gtf)
    assert list(genes.index) == names[:1]
    reasons = {name: row["reason"] for name, row in choices.items() if row["kept"] == "no"}
    assert reasons == {
        names[1]: "not on a primary chromosome",
        names[2]: "not on a primary chromosome",
        names[3]: "not protein coding",
        names[4]: "not protein coding",
        names[5]: "no protein in the proteome",
    }


def test_names_of_another_release_are_matched_by_gene(tmp_path):
    fasta = protein("YDL248W", "YDL248W", "MVVV", "chromosome:R64-1-1:IV:1802:2953:1")
    gtf = "#!genome-build R64-1-1\n" + transcript("YDL248W", "YDL248W_mRNA", [(1802, 2953)], (1802, 2950), chrom="IV")
    genes, proteins, choices = run(tmp_path, fasta, gtf, genome="R64-1-1")
    assert genes.loc["YDL248W", ["transcript_id", "protein_id"]].tolist() == ["YDL248W_mRNA", "YDL248W"]
    assert proteins == {"YDL248W": "MVVV"}
    assert choices["YDL248W"]["reason"] == "only transcript, protein matched by gene"


def test_a_gene_that_the_gtf_lacks_is_kept_by_its_header_and_says_so(tmp_path, caplog):
    absent, pseudo = "ENSG00000000002", "ENSG00000000003"
    fasta = protein(G, T[0]) + protein(absent, T[1], "MKVL", "chromosome:GRCh38:2:501:900:-1") + protein(pseudo, T[2])
    gtf = HEADER + transcript(G, T[0], [(101, 900)], (101, 900), chrom="chr1")
    for number in range(10, 47):  # 2 of 40 genes is what may go without the GTF
        name = G[:-2] + str(number)
        fasta += protein(name, name.replace("G", "T"))
        gtf += transcript(name, name.replace("G", "T"), [(101, 900)], (101, 900), chrom="chr1")
    gtf += transcript(pseudo, T[2], [(101, 900)], (101, 900), chrom="chr1", gene_biotype="pseudogene")
    gtf += transcript("ENSG9", "ENST9", [(1, 9)], (1, 9), chrom="chr2")
    genes, _, choices = run(tmp_path, fasta, gtf)
    assert "no coding transcript of 2 of 40 genes of the proteome: place and length are those of" in caplog.text
    row = genes.loc[absent]
    assert row[["chrom", "start", "end", "strand", "tss"]].tolist() == ["chr2", 500, 900, "-", 899]
    assert row["exon_length"] == 3 * (4 + 1)
    assert (choices[absent]["source"], choices[absent]["reason"]) == (
        "proteome header",
        "only protein, not in the annotation",
    )
    assert "pseudogene" in choices[pseudo]["reason"]
    assert choices[G]["source"] == "annotation"
    with pytest.raises(BadInput, match=rf"genes.gtf.gz: no coding transcript of 3 of 41 genes .* \({absent}, .* 5% at"):
        run(tmp_path, fasta + protein("ENSG00000000099", "ENST00000000099"), gtf)


def test_gencode_names_are_read(tmp_path):
    more = {"gene_type": "protein_coding", "transcript_type": "protein_coding", "gene_name": "SHOX", "chrom": "chrX"}
    lines = transcript(f"{G}.14", f"{T[0]}.2", [(101, 900)], (101, 900), **more)
    lines = lines.replace("gene_biotype", "gene_source").replace("transcript_biotype", "transcript_source")
    again = transcript(f"{G}.14_PAR_Y", f"{T[0]}.2_PAR_Y", [(1, 9000)], (1, 9000), **{**more, "chrom": "chrY"})
    genes, _, _ = run(tmp_path, protein(f"{G}.15", f"{T[0]}.3", place="chromosome:GRCh38:X:101:900:1"), lines + again)
    assert genes.loc[G, ["symbol", "chrom", "end", "exon_length"]].tolist() == ["SHOX", "chrX", 900, 800.0]


@pytest.mark.parametrize("gene_first", [True, False])
@pytest.mark.parametrize(("start", "there"), [(100, {"chrom": "Y"}), (100, {"strand": "-"}), (5_000_000, {})])
def test_a_gene_at_two_places_is_the_one_that_the_proteome_has(tmp_path, start, there, gene_first):
    """Not the sum of both, which would be twice as long and span what lies between."""
    first = gtf_line("gene", 101, 900, G) + transcript(G, T[0], [(101, 900)], (101, 900))
    again = [(start + 1, start + 300), (start + 401, start + 900)]
    other = gtf_line("gene", start + 1, start + 900, G, **there) + transcript(G, T[0], again, again[1], **there)
    lines = [line for part in (first, other) for line in part.splitlines(keepends=True)]
    if not gene_first:  # sorted by place, a gene after its first exon
        lines.sort(key=lambda line: (line.split("\t")[0], int(line.split("\t")[3]), line.split("\t")[2] == "gene"))
    genes, _, _ = run(tmp_path, protein(G, T[0]), HEADER + "".join(lines))
    row = genes.loc[G, ["chrom", "start", "end", "strand", "tss", "exon_length"]]
    assert row.tolist() == ["1", 100, 900, "+", 100, 800.0]
    fates = [line.split("\t")[2:5] for line in (tmp_path / "out/choices").read_text().splitlines()[1:]]
    assert fates == [["no", "annotation", "another place of the gene"], ["yes", "annotation", "only transcript"]]


def test_a_gene_at_two_places_of_which_the_proteome_names_none_goes_by_its_header(tmp_path):
    fasta, gtf = protein(G, T[0], "MKVL", "chromosome:GRCh38:3:501:900:1"), HEADER
    for chrom in ("1", "2"):
        gtf += gtf_line("gene", 101, 900, G, chrom=chrom) + transcript(G, T[0], [(101, 900)], (101, 900), chrom=chrom)
    for number in range(10, 40):  # 1 of 31 genes may go without the GTF
        name = G[:-2] + str(number)
        fasta += protein(name, name.replace("G", "T"))
        gtf += transcript(name, name.replace("G", "T"), [(101, 900)], (101, 900))
    genes, _, _ = run(tmp_path, fasta, gtf)
    assert genes.loc[G, ["chrom", "start", "end", "exon_length"]].tolist() == ["3", 500, 900, 15.0]
    assert "only protein, at several places in the annotation" in (tmp_path / "out/choices").read_text()


def test_without_a_gtf_places_come_from_headers_and_lengths_from_the_table(tmp_path):
    fasta = protein(f"{G}.4", f"{T[1]}.1", "MKVL*", "chromosome:GRCh38:7:101:900:-1") + protein(G, T[2], "MK")
    genes, proteins, choices = run(tmp_path, fasta, lengths=f"gene,bp\n{G}.9,1234\n")
    row = genes.loc[G]
    assert row[["chrom", "start", "end", "tss", "exon_length"]].tolist() == ["7", 100, 900, 899, 1234.0]
    assert row["transcript_id"] == T[1]
    assert proteins[G] == "MKVL"  # the longest, its stop stripped
    assert row["protein_length"] == 4
    assert choices[G]["reason"] == "longest protein"


@pytest.mark.parametrize(
    ("gtf", "word"),
    [
        ("#!genome-build GRCh37.p13\n" + transcript(G, T[0], [(101, 900)], (101, 900)), "GRCh37"),
        (transcript("ENSG00000000009", T[0], [(101, 900)], (101, 900)), "0 of the 1 genes"),
        (transcript(G, T[0], [(9101, 9900)], (9101, 9900)), "0 of 1 genes lie"),
        (transcript(G, T[0], [(101, 900)], (101, 900), chrom="chr3"), "0 of 1 genes lie"),
    ],
)
def test_a_gtf_of_another_assembly_is_refused(tmp_path, gtf, word):
    with pytest.raises(BadInput, match="annotation of another assembly") as error:
        run(tmp_path, protein(G, T[0]), gtf)
    assert word in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_proteome_of_two_assemblies_is_refused(tmp_path):
    fasta = protein(G, T[0]) + protein(G, T[1], place="chromosome:GRCh37:1:101:900:1")
    with pytest.raises(BadInput, match="headers: of assembly GRCh37, GRCh38, the configuration says GRCh38"):
        run(tmp_path, fasta, lengths=f"gene,bp\n{G},9\n")


def test_half_of_a_proteome_tells_that_the_assembly_is_the_same(tmp_path):
    """And not that the annotation is whole."""
    fasta = protein(G, T[0]) + protein("ENSG00000000002", T[1])
    with pytest.raises(BadInput, match="no coding transcript of 1 of 2 genes of the proteome"):
        run(tmp_path, fasta, transcript(G, T[0], [(101, 900)], (101, 900)))


def test_a_protein_without_a_transcript_in_its_header_is_its_own(tmp_path):
    fasta = protein(G, T[0]).replace(f"transcript:{T[0]}", "")
    genes, _, _ = run(tmp_path, fasta, lengths=f"gene,bp\n{G},9\n")
    assert genes.loc[G, "transcript_id"] == T[0].replace("ENST", "ENSP")


def test_a_proteome_of_another_assembly_is_refused(tmp_path):
    with pytest.raises(BadInput, match="of assembly GRCh38, the configuration says GRCh37"):
        run(tmp_path, protein(G, T[0]), lengths=f"gene,bp\n{G},9\n", genome="GRCh37")


@pytest.mark.parametrize(
    ("fasta", "place", "reason"),
    [
        (protein(G, T[0]) + ">P2 pep chromosome:GRCh38:1:1:9:1 transcript:T2\nMKV\n", "line 3", "no `gene:`"),
        (protein(G, T[0]) + ">P2 pep gene:ENSG2\nMKV\n", "line 3", "no location"),
        (protein(G, T[0], place="chromosome:GRCh38:1:900:101:1"), "line 1", "no location with 1 <= start <= end"),
        (protein(G, T[0], place="chromosome:GRCh38:1:0:101:1"), "line 1", "no location with 1 <= start <= end"),
        (protein(G, T[0], "MKV")[:-1], "line 2", "cut short"),
        (protein(G, T[0], "") + protein(G, T[1]), "line 1", "no residues"),
        (protein(G, T[0], "MK1V"), "line 1", "other signs"),
        (protein(G, T[0], "MKßV"), "line 1", "other signs"),
        (protein(G, T[0], "MK-V"), "line 1", "other signs"),
        ("MKV\n", "line 1", "not a FASTA header"),
        ("", "pep.all.fa.gz", "holds no protein"),
        (protein(G, T[0], biotype="TR_V_gene"), "pep.all.fa.gz", "no protein-coding gene"),
    ],
)
def test_a_faulty_proteome_is_refused_with_its_place(tmp_path, fasta, place, reason):
    with pytest.raises(BadInput) as error:
        run(tmp_path, fasta, lengths=f"gene,bp\n{G},9\n")
    assert place in str(error.value)
    assert reason in str(error.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_file_is_unpacked_by_its_bytes_and_not_by_its_name(tmp_path, pack, suffix):
    files = {"proteome": protein(G, T[0]), "gtf": HEADER + transcript(G, T[0], [(101, 900)], (101, 900))}
    paths = {name: tmp_path / f"{name}{suffix}" for name in files}
    for name, text in files.items():
        paths[name].write_bytes(pack(text.encode()))
    outputs = {name: tmp_path / f"out/{name}" for name in ("genes", "proteins", "choices")}
    make_gene_table(**paths, lengths=None, **outputs, spec={"assembly": "GRCh38"})
    assert gene_table.read(outputs["genes"])[0]["gene_id"].tolist() == [G]


@pytest.mark.parametrize("name", ["proteome", "gtf"])
def test_a_truncated_file_is_refused(tmp_path, name):
    whole = {"proteome": "".join(protein(G, T[0], "MKLV" * 500) for _ in range(50)), "gtf": HEADER}
    whole["gtf"] += "".join(transcript(G, f"ENST{n:011d}", [(101 + n, 900)], (200, 800)) for n in range(200))
    files = {key: tmp_path / f"{key}.gz" for key in whole}
    for key, text in whole.items():
        raw = gzip.compress(text.encode())
        files[key].write_bytes(raw[: len(raw) // 2] if key == name else raw)
    outputs = {key: tmp_path / f"out/{key}" for key in ("genes", "proteins", "choices")}
    with pytest.raises(BadInput, match=f"{name}.gz: after line .*truncated or damaged"):
        make_gene_table(**files, lengths=None, **outputs, spec={"assembly": "GRCh38"})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("gene,bp\nENSG00000000002,9\n", f"no length for 1 of 1 genes, the first {G}"),
        (f"gene,bp\n{G},unknown\n", "line 2: the length 'unknown'"),
        (f"gene,bp\n{G},0\n", "line 2: the length '0'"),
        (f"gene,bp\n{G},5\n{G}.2,6\n", "line 3: a second length"),
        (f"gene,length\n{G},5\n", "column 'bp'"),
        (f"gene,bp\n{G},5\n{G}\n", "line 3: has not the 2 columns"),
        (f"gene,bp\n{G},5,6\n", "line 2: has not the 2 columns"),
        (f"gene,bp\n{G},97", "line 2: the file is cut short"),
        (f'gene,bp\n{G},"{"9" * 200_000}\n', "is no table"),
    ],
)
def test_no_length_is_ever_assumed(tmp_path, table, reason):
    with pytest.raises(BadInput) as error:
        run(tmp_path, protein(G, T[0]), lengths=table)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "lengths.csv: is empty"), (b"gene,bp\n\xff,5\n", "damaged"), (b"\x1f\x8b gene", "damaged")],
)
def test_a_file_that_is_no_table_of_lengths_is_refused(tmp_path, content, reason):
    path = tmp_path / "lengths.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=reason):
        read_lengths(path, "gene", "bp")


@pytest.mark.parametrize(("name", "tab"), [("a.csv", ","), ("a.csv.gz", ","), ("a.tsv", "\t"), ("a.tsv.gz", "\t")])
def test_lengths_are_read_plain_and_gzipped(tmp_path, name, tab):
    path = write_text(tmp_path / name, f'"bp"{tab}"gene"\r\n5{tab}"{G}.3"\r\n')
    assert read_lengths(path, "gene", "bp") == {G: 5}


def test_a_malformed_line_of_a_gtf_is_named(tmp_path):
    whole = transcript(G, T[0], [(101, 900)], (101, 900))
    with pytest.raises(BadInput, match="line 4: 3 columns"):
        run(tmp_path, protein(G, T[0]), whole + "1\tmade\texon\n")
    with pytest.raises(BadInput, match="line 4: no gene_id"):
        run(tmp_path, protein(G, T[0]), whole + whole.splitlines()[1].replace("gene_id", "gene") + "\n")


@pytest.mark.parametrize(
    ("start", "end", "strand", "reason"),
    [
        ("900", "101", "+", "start '900' and end '101'"),
        ("0", "900", "+", "start '0' and end '900'"),
        ("1²", "900", "+", "start '1²' and end '900'"),
        ("", "900", "+", "start '' and end '900'"),
        ("101", "9" * 20, "+", "start '101' and end '9999"),
        ("101", "900", ".", "the strand is '.'"),
    ],
)
@pytest.mark.parametrize("feature", ["transcript", "exon", "CDS"])
def test_the_values_of_a_record_are_checked(tmp_path, start, end, strand, reason, feature):
    more = gtf_line(feature, start, end, G, T[0], strand=strand)
    with pytest.raises(BadInput, match=f"genes.gtf.gz: line 4: {reason}"):
        run(tmp_path, protein(G, T[0]), transcript(G, T[0], [(101, 900)], (101, 900)) + more)


def test_a_plain_gtf_cut_short_in_a_line_is_refused(tmp_path):
    whole = transcript(G, T[0], [(101, 900)], (101, 900))
    for cut in (1, 3, 40):  # without its end; within a value; before a value
        path = write_text(tmp_path / "genes.gtf", whole[:-cut])
        with pytest.raises(BadInput, match="line 3: the file is cut short"):
            read_annotation(path)
    with pytest.raises(BadInput, match="line 3: a quote without its other"):
        read_annotation(write_text(tmp_path / "genes.gtf", whole[:-3] + "\n"))


def test_a_transcript_beyond_its_exons_is_named(tmp_path):
    lines = gtf_line("transcript", 51, 900, G, T[0]) + transcript(G, T[0], [(101, 900)], (101, 900))
    with pytest.raises(BadInput, match=f"genes.gtf.gz: transcript {T[0]}: begins outside the exons of its gene {G}"):
        run(tmp_path, protein(G, T[0]), lines)
