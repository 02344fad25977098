"""Genome FASTA, plain or gzipped, to a plain file with a samtools index, sealed."""

from workflow_scripts.rule import run

import gzip
import logging
import zlib
from pathlib import Path
from typing import IO

import pysam

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.io.text import open_maybe_gzip

log = logging.getLogger(__name__)


def index_genome(*, fasta: Path, genome: Path, index: Path) -> None:
    """Write the sequence of `fasta` to `genome` and its .fai to `index`.

    Raises BadInput on a damaged gzip file, on a file or a name without sequence, on a name that stands twice
    and on lines that cannot be indexed.
    """

    def bad(reason: str) -> BadInput:
        return BadInput(fasta, "", reason, "Fetch the file again, or take a FASTA file of the genome.")

    with replacing(genome) as plain, replacing(index) as fai:
        try:
            with open_maybe_gzip(fasta, "rb") as source, plain.open("wb") as target:
                headers = _copy(source, target)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise bad(f"damaged gzip data ({error})") from error
        if not headers:
            raise bad("holds no sequence")
        try:
            pysam.faidx(str(plain), "--fai-idx", str(fai))
        except pysam.SamtoolsError as error:
            raise bad(f"cannot be indexed ({error})") from error
        lines = fai.read_text(encoding="utf-8").splitlines()
        lengths = {name: int(length) for name, length, *_ in map(str.split, lines)}
        if len(lengths) != headers:
            raise bad(f"has {headers} sequences, of which {len(lengths)} have a name of their own and bases")
    seal_beside(genome)
    seal_beside(index)
    log.info("%d sequences, %d bp", headers, sum(lengths.values()))


def _copy(source: IO[bytes], target: IO[bytes]) -> int:
    """Copy in blocks of 1 MiB; return the number of header lines."""
    headers, last = 0, b"\n"
    while block := source.read(1 << 20):
        target.write(block)
        headers += (last + block).count(b"\n>")
        last = block[-1:]
    return headers


if "snakemake" in globals():
    run(index_genome, snakemake)  # noqa: F821
