"""Proteins are read in gene order, in the encoder's letters, or not at all."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from workflow_scripts.esm2.proteins import read
from workflow_scripts.io.errors import BadInput

LETTERS = "ACDEFGHIKLMNPQRSTVWYBOUXZ"


def fasta(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "proteins.fa"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_wrapped_lines_stops_and_odd_letters(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = fasta(tmp_path, ">A P1\nMKT\nAYI*\n\n>B P2 more\nmu*obxzJ-.é*\n>C P3\nM")
    with caplog.at_level(logging.INFO):
        assert read(path, ["A", "B", "C"], LETTERS, "X") == ["MKTAYI", "MUOBXZXXXX", "M"]
    assert "3 proteins of 17 residues; 3 stops left out, 4 unknown letters read as X" in caplog.text


def test_the_alphabet_is_that_of_the_encoder(tmp_path: Path) -> None:
    assert read(fasta(tmp_path, ">A P1\nMUK^T]\n"), ["A"], "]KMT", "T") == ["MTKTT]"]


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
        ("MKT\n>A\nM\n", "line 1: stands before the first header"),
        (b"\x1f\x8b\xff\xfe\x00", "not readable"),
    ],
)
def test_a_file_that_does_not_fit_the_gene_table_is_refused(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read(fasta(tmp_path, text), ["A", "B"], LETTERS, "X")


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not readable"):
        read(tmp_path / "absent.fa", ["A"], LETTERS, "X")
