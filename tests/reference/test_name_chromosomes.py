"""Every table of other spellings that users have is read, and none that would put signal on another chromosome."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.prebulk.sources import write_text
from workflow_scripts.contracts import genome as contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.reference.name_chromosomes import name_chromosomes

POMBE = {"I": 5579133, "II": 4539804, "III": 2452883, "MT": 19431}

UCSC = """\
# ucsc\tassembly\tgenbank\trefseq
chrI\tI\tCU329670.1\tNC_003424.3
chrII\tII\tCU329671.1\tNC_003423.3
chrIII\tIII\t\tNC_003421.2
chrM\tMT\tX54421.1\tNC_001326.1
chrIII_alt\t\tFP565355.1\t
"""
# Of an unplaced sequence the assigned molecule is a chromosome too: no name of its own.
REPORT = """\
# Assembly name:  ASM294v2
# Organism name:  Schizosaccharomyces pombe (fission yeast)
#
# Sequence-Name\tSequence-Role\tAssigned-Molecule\tAssigned-Molecule-Location/Type\tGenBank-Accn\tRelationship\t\
RefSeq-Accn\tAssembly-Unit\tSequence-Length\tUCSC-style-name
I\tassembled-molecule\tI\tChromosome\tCU329670.1\t=\tNC_003424.3\tPrimary Assembly\t5579133\tna
II\tassembled-molecule\tII\tChromosome\tCU329671.1\t=\tNC_003423.3\tPrimary Assembly\t4539804\tna
III\tassembled-molecule\tIII\tChromosome\tCU329672.1\t=\tNC_003421.2\tPrimary Assembly\t2452883\tna
unplaced\tunlocalized-scaffold\tIII\tChromosome\tFP565355.1\t=\tna\tPrimary Assembly\t20000\tna
MT\tassembled-molecule\tMT\tMitochondrion\tX54421.1\t=\tNC_001326.1\tnon-nuclear\t19431\tna
"""
SIZES = "chr01\t5579133\nchr02\t4539804\nchr03\t2452883\nMT\t19431\nchr_x\t20000\n"
TWO = "chr01\tI\r\nchr02\tII\r\nchr03\tIII\r\nchrM\tMT\r\nplasmid\t7\r\n"


def named(
    folder: Path, table: str | None = None, lengths: dict[str, int] = POMBE, **spec: str | list[str]
) -> contract.Genome:
    index = folder / "genome.fa.fai"
    index.write_text("".join(f"{name}\t{length}\t0\t60\t61\n" for name, length in lengths.items()))
    seal_beside(index)
    name_chromosomes(
        index=index,
        aliases=write_text(folder / "aliases.txt.gz", table) if table is not None else None,
        chromosomes=folder / "out/chromosomes.parquet",
        spec=spec,
    )
    return contract.read(folder / "out/chromosomes.parquet")


@pytest.mark.parametrize(
    ("table", "spelled"),
    [
        (UCSC, {"NC_003424.3": "I", "CU329671.1": "II", "NC_003421.2": "III", "NC_001326.1": "MT", "FP565355.1": None}),
        (REPORT, {"NC_003424.3": "I", "CU329672.1": "III", "FP565355.1": None, "unplaced": None, "na": None}),
        (SIZES, {"chr01": "I", "chr03": "III", "chr_x": None, "5579133": None}),
        (TWO, {"chr01": "I", "chr02": "II", "CHR03": "III", "III\r": None}),
    ],
    ids=["chromAlias", "assembly report", "chrom.sizes", "two columns"],
)
def test_every_table_of_spellings_is_read(table: str, spelled: dict[str, str | None], tmp_path: Path) -> None:
    genome = named(tmp_path, table)
    assert {name: genome.find(name) for name in spelled} == spelled
    assert list(genome.lengths.items()) == list(POMBE.items())


def test_an_alias_understands_chr_and_the_mitochondrion(tmp_path: Path) -> None:
    genome = named(tmp_path, lengths={"NC_1.1": 9, "NC_2.1": 5}, **{"NC_1.1": ["chr1", "I"], "NC_2.1": "chrM"})
    assert [genome.find(name) for name in ("1", "Chr1", "chrI", "MT", "mito", "2")] == [
        *["NC_1.1"] * 3,
        *["NC_2.1"] * 2,
        None,
    ]
    assert [genome.is_mitochondrion(name) for name in genome.lengths] == [False, True]


def test_the_mitochondrion_of_hg19_is_not_that_of_its_table(tmp_path: Path) -> None:
    """UCSC's hg19 has two: chrM, an older sequence that Ensembl's genome lacks, and chrMT, which is its MT."""
    table = "chrM\tNC_001807.4\nchrMT\tMT\tJ01415.2\nchr1\t1\n"
    genome = named(tmp_path, table, {"1": 249250621, "MT": 16569})
    assert (genome.find("NC_001807.4"), genome.find("J01415.2")) == (None, "MT")


def test_lengths_tell_no_chromosomes_apart_that_have_the_same(tmp_path: Path) -> None:
    genome = named(tmp_path, "a\t5\nb\t7\nc\t7\nd\t9\n", {"I": 5, "II": 7, "III": 9, "IV": 9})
    assert [genome.find(name) for name in "abcd"] == ["I", None, None, None]


def test_columns_of_numbers_are_names_where_the_genome_has_them(tmp_path: Path) -> None:
    genome = named(tmp_path, "Chr1\t1\nCA_1\t2\n", {"1": 43270923, "2": 35937250})
    assert [genome.find(name) for name in ("Chr1", "CA_1")] == ["1", "2"]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("chr01\tI\nchr01\tII\n", "aliases.txt.gz: line 2: alias 'chr01' stands for 'II', but also for 'I'. Leave it"),
        ("chrII\tI\n", "line 1: alias 'chrII' stands for 'I', but also for 'II'"),
        ("I\tII\n", "line 1: 'I' and 'II' are two chromosomes of the genome. Name one"),
        (
            SIZES.replace("MT\t19431", "MT\t16569"),
            "line 4, alias 'MT': has 16569 bp, the genome's 'MT' 19431. Take the",
        ),
        (REPORT.replace("4539804", "4539800"), "line 6, alias 'II': has 4539800 bp, the genome's 'II' 4539804"),
        ("chr1\t1\nchr2\t2\n", "names no chromosome of the genome, which has I, II, III, .... Take the table of the"),
        ("", "names no chromosome of the genome"),
        ("chr01\tI\nchr02\tI", "line 2: the file is cut short"),
    ],
)
def test_a_table_that_would_misplace_signal_is_refused(table: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=re.escape(reason)):
        named(tmp_path, table)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (
            {"IV": "chr04"},
            "reference/chromosomes/IV: the genome has no chromosome 'IV', but I, II, III, .... Put other",
        ),
        ({"I": ["chr01", "chrII"]}, "reference/chromosomes/I: alias 'chrII' stands for 'I', but also for 'II'"),
        ({"I": "II"}, "reference/chromosomes/I: alias 'II' stands for 'I', but also for 'II'"),
        ({"II": "NC_003424.3"}, "reference/chromosomes/II: alias 'NC_003424.3' stands for 'II', but also for 'I'"),
    ],
)
def test_an_alias_of_the_configuration_that_cannot_be_is_refused(spec: dict, reason: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=re.escape(f"configuration: {reason}")):
        named(tmp_path, UCSC, **spec)
