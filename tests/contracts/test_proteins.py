"""Proteins are read in gene order or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflow_scripts.contracts.proteins import read
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside


def fasta(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "proteins.fa"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    seal_beside(path)
    return path


def test_lines_are_joined_and_headers_go_by_their_first_word(tmp_path: Path) -> None:
    path = fasta(tmp_path, ">A P1\nMKT\nAYI*\n\n>B P2 more\nmu*obxz\n>C P3\nM\n")
    assert read(path, ["A", "B", "C"]) == ["MKTAYI*", "mu*obxz", "M"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">B\nM\n>A\nM\n", "gene B: stands where the gene table has A"),
        (">A\nM\n>A\nM\n", "gene A: stands where the gene table has B"),
        (">A\nM\n>B\nM\n>C\nM\n", "gene C: stands where the gene table has the end"),
        (">A\nM\n", "gene B: has no protein"),
        ("", "gene A: has no protein"),
        (">A\n\n>B\nM\n", "gene A: has an empty protein"),
        (">A\nM\n>B\n", "gene B: has an empty protein"),
        (">A\n**\n>B\nM\n", "gene A: has an empty protein"),
        (">\nM\n", "gene : stands where the gene table has A"),
        ("MKT\n>A\nM\n", "line 1: is not a FASTA header"),
        (">A\nM\n>B\nM", "line 4: the file is cut short"),
        (b"\x1f\x8b\xff\xfe\x00", "damaged"),
        (b">A\nM\xff\n", "damaged"),
    ],
)
def test_a_file_that_does_not_fit_the_gene_table_is_refused(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message) as fault:
        read(fasta(tmp_path, text), ["A", "B"])
    assert "\n" not in str(fault.value)
