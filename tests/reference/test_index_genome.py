"""A genome is whole and indexed, or refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pysam
import pytest

from tests.support.examples import overwrite
from workflow_scripts.contracts.genome import read_index
from workflow_scripts.io.errors import BadInput
from workflow_scripts.reference.index_genome import index_genome

NAMES = ["genome.fa", "genome.fa.fai", "genome.fa.fai.sha256", "genome.fa.sha256"]
FASTA = ">I first\nACGTN\nacgtn\nAC\n>Mito\nGGGGG\n"


def indexed(tmp_path: Path, data: bytes) -> tuple[Path, Path]:
    fasta = tmp_path / "given.fa"
    fasta.write_bytes(data)
    outputs = tmp_path / "out/genome.fa", tmp_path / "out/genome.fa.fai"
    index_genome(fasta=fasta, genome=outputs[0], index=outputs[1])
    return outputs


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_sequence_and_index_are_those_of_the_file(packed: type, tmp_path: Path) -> None:
    genome, index = indexed(tmp_path, packed(FASTA.encode()))
    assert genome.read_text() == FASTA
    assert read_index(index) == {"I": 12, "Mito": 5}
    assert pysam.FastaFile(str(genome)).fetch("I", 3, 7) == "TNac"
    assert sorted(path.name for path in genome.parent.iterdir()) == NAMES


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(FASTA.encode() * 99, mtime=0)[:-20], "damaged gzip data"),
        (b"", "holds no sequence"),
        (b"ACGT\n", "holds no sequence"),
        (b">I\n>II\nACGT\n", "has 2 sequences, of which 1 "),
        (b">I\nACGT\n>II\nAC\n>I\nACGT\n", "has 3 sequences, of which 2 "),
        (b">I\nACGT\nAC\nACGT\n", "cannot be indexed"),
    ],
)
def test_a_bad_genome_is_refused_and_leaves_nothing(data: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=reason):
        indexed(tmp_path, data)
    assert not list((tmp_path / "out").iterdir())


def test_headers_are_counted_across_blocks(tmp_path: Path) -> None:
    width = (1 << 20) - 4  # the second header begins a block, right after the newline that ends the first
    data = b">I\n" + b"A" * width + b"\n>II\nACGT\n"
    _, index = indexed(tmp_path, data)
    assert read_index(index) == {"I": width, "II": 4}


def test_a_damaged_byte_of_the_index_is_refused(tmp_path: Path) -> None:
    _, index = indexed(tmp_path, FASTA.encode())
    whole = index.read_bytes()
    for place in range(len(whole)):
        overwrite(index, whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BadInput, match="genome.fa.fai: is damaged, cut short or was edited"):
            read_index(index)
