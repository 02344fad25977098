"""STAR's reads per gene, a file a sample: `ReadsPerGene.out.tab`, or as the GDC publishes them, with a header.

Columns: gene, then reads by the strand that the library keeps: unstranded, forward (the first read is that of the RNA),
reverse. Four lines that begin with N_ count reads of no gene. The GDC's `augmented_star_gene_counts.tsv` names the same
columns unstranded, stranded_first and stranded_second, and has others. See `registry` for what a reader has.

Formats: https://github.com/alexdobin/STAR/blob/master/doc/STARmanual.pdf (counting number of reads per gene) and
https://docs.gdc.cancer.gov/Data/Bioinformatics_Pipelines/Expression_mRNA_Pipeline/
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines
from workflow_scripts.prebulk.gene_mapping import GeneMapping, GeneNames
from workflow_scripts.prebulk.sample_files import SampleFiles, gene_names, read_blocks

SCALES = ("counts",)
OPTIONS = ("strandedness",)
NEEDS = ("samples", "strandedness")
IN_FOLDER = ("ReadsPerGene.out.tab", "ReadsPerGene.out.tab.gz")
GROUPS = {}
LABELS = {}
FIELDS = ["sample_id"]
QUALITY = ()

STRANDS = {"unstranded": "unstranded", "forward": "stranded_first", "reverse": "stranded_second"}  # here, at the GDC
STRANDED = 2.0  # so many times as many reads as the other strand has that of a stranded library at least
OF_NO_GENE = "N_"


def read_samples(files: SampleFiles, part: int, parts: int, fields: set[str], *, strandedness: str) -> pd.DataFrame:
    return files.described()


def read_genes(files: SampleFiles, *, strandedness: str) -> GeneNames:
    return gene_names(files, partial(read_file, strandedness=strandedness))


def read_counts(
    files: SampleFiles,
    mapping: GeneMapping,
    part: int,
    parts: int,
    wanted: np.ndarray,
    threads: int,
    *,
    strandedness: str,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    yield from read_blocks(files, mapping, wanted, partial(read_file, strandedness=strandedness))


def read_file(path: Path, strandedness: str) -> tuple[list[str], np.ndarray]:
    """Names of the genes of one file, and their reads (genes x 1, float64).

    Raises BadInput, naming the line, where it is none of STAR's, and where the other strand has the reads.
    """
    columns, names, lines = [1, 2, 3], [], []
    for number, line in whole_lines(path):
        fields = line.rstrip("\r\n").split("\t")
        if line.startswith("#") or fields[0].startswith(OF_NO_GENE):
            continue
        if not names and fields[0] == "gene_id":
            columns = _columns(path, number, fields)
            continue
        reads = [fields[at] for at in columns] if len(fields) > max(columns) else []
        if not reads or not all(map(str.isdecimal, reads)):
            remedy = "Give STAR's ReadsPerGene.out.tab (--quantMode GeneCounts), or a file of the GDC."
            raise BadInput(path, f"line {number}", "is not a gene and its reads by three strands", remedy)
        names.append(fields[0])
        lines.append(reads)
    if not names:
        raise BadInput(path, "", "holds no gene", "Get the file again.")
    reads = np.array(lines, np.float64)
    _require_strand(path, dict(zip(STRANDS, reads.sum(axis=0).tolist(), strict=True)), strandedness)
    return names, reads[:, [[*STRANDS].index(strandedness)]]


def _columns(path: Path, number: int, header: list[str]) -> list[int]:
    """Where the columns of reads stand by the header of the GDC."""
    missing = [name for name in STRANDS.values() if name not in header]
    if missing:
        remedy = "Give the file `augmented_star_gene_counts.tsv` of the GDC."
        raise BadInput(path, f"line {number}", f"has no column `{missing[0]}`", remedy)
    return [header.index(name) for name in STRANDS.values()]


def _require_strand(path: Path, reads: dict[str, float], strandedness: str) -> None:
    """Raise BadInput where reads of genes, by strand, are those of a library of another strandedness."""
    if strandedness == "unstranded":
        return
    other = "reverse" if strandedness == "forward" else "forward"
    if reads[strandedness] < STRANDED * reads[other]:
        counted = f"{reads[strandedness]:,.0f} reads of genes are {strandedness}, {reads[other]:,.0f} {other}"
        fits = other if reads[other] >= STRANDED * reads[strandedness] else "unstranded"
        raise BadInput(path, f"strandedness {strandedness}", counted, f"Perhaps the library is {fits}: declare that.")
