"""Genes on the genome: under its names of chromosomes, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracks import toy
from workflow_scripts.contracts import gene_bodies
from workflow_scripts.io.errors import BadInput
from workflow_scripts.reference.place_genes import place_genes

LENGTHS = {"chrI": 500, "chrII": 300, "chrM": 90, "chrUn_KI270302v1": 70}


def placed(folder: Path, rows: list[tuple], **aliases: str) -> list[tuple]:
    """(gene_id, chrom, placed) of each gene."""
    genes = toy.write_genes(folder / "genes.parquet", rows)
    chromosomes = toy.write_chromosomes(folder / "chromosomes.parquet", LENGTHS, aliases)
    place_genes(genes=genes, chromosomes=chromosomes, bodies=folder / "bodies.parquet")
    return list(gene_bodies.read(folder / "bodies.parquet")[0][["gene_id", "chrom", "placed"]].itertuples(index=False))


def test_genes_are_placed_under_the_names_of_the_genome(tmp_path: Path) -> None:
    rows = [("a", "I", 0, 500, "+"), ("b", "chrII", 5, 9, "-"), ("c", "MT", 0, 50, "+"), ("d", "III", 0, 5, "+")]
    rows += [("e", "KI270302.1", 0, 5, "+")]
    assert placed(tmp_path, rows) == [
        ("a", "chrI", True),
        ("b", "chrII", True),
        ("c", "chrM", False),
        ("d", "III", False),
        ("e", "chrUn_KI270302v1", True),
    ]


def test_genes_are_placed_by_the_aliases_of_chromosomes(tmp_path: Path) -> None:
    """RefSeq's name of a mitochondrion tells of it by its alias alone."""
    rows = [("a", "NC_1.1", 0, 500, "+"), ("b", "NC_2.1", 0, 50, "+"), ("c", "NC_3.1", 0, 50, "+")]
    found = placed(tmp_path, rows, **{"NC_1.1": "chrI", "NC_2.1": "chrM"})
    assert found == [("a", "chrI", True), ("b", "chrM", False), ("c", "NC_3.1", False)]


def test_a_gene_beyond_its_chromosome_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="gene b: ends at 301, beyond the 300 bp of chromosome II. Take genome and ann"):
        placed(tmp_path, [("a", "I", 0, 500, "+"), ("b", "II", 5, 301, "-")])


@pytest.mark.parametrize("chrom", ["X", "Mito"])
def test_genes_of_which_none_can_be_placed_are_refused(tmp_path: Path, chrom: str) -> None:
    with pytest.raises(BadInput, match=r"no gene lies on a chromosome of the genome \(chrI, chrII, chrM, ...\)"):
        placed(tmp_path, [("a", chrom, 0, 50, "+")])
