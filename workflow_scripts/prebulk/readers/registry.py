"""Readers of counts by format, as `prebulk/corpora/{corpus}/format` of a configuration gives it.

A reader is a module of this folder. It reads one of `parts` parts of the samples of a file, counted from 0; in the
place of its path, a reader of files of one sample each is given the `SampleFiles` of a shard, which it reads whole.
Literals, which are read without importing the module:

- `SCALES`: what its values can be (`prebulk/scales`); of several a corpus has to declare one.
- `OPTIONS`: what else of its corpus it is told, as keyword arguments of its functions: of the configuration `scale`,
  `samples_in`, `layer` and `strandedness`, of its files `qc`, of the sample sheet `samples` (the names in it, a set),
  of the reference `transcripts` ({transcript: gene}) and `lengths` (of the genes of the table, bp).
- `NEEDS`: those of `samples`, `qc` and `strandedness` that a corpus has to give.
- `IN_FOLDER`: of files of one sample each, what they are called in a folder of their tool; else empty.
- `GROUPS`, `LABELS`: {what `group/by` or `label/by` may be: the fields of a sample that it is made of, joined by a
  blank}; `field` and `sheet` (and `none`, for a label) are always more.
- `FIELDS`: the fields that a configuration may name; None where any may stand in the file.
- `QUALITY`: those of `singlecellprobability` and `alignedreads`, which filters ask for, that its files can have.

And its functions:

- `read_samples(path, part, parts, fields) -> DataFrame`: sample_id, the asked fields (text), and the quality columns
  that the file has; one row per sample of the part.
- `read_genes(path) -> GeneNames`: what the file calls its rows.
- `read_counts(path, mapping, part, parts, wanted, threads)`: yields (positions within the part, counts or TPM per gene
  of the table as float64, genes x samples) of the `wanted` (bool, one per sample of the part) samples, in blocks.

What is damaged or no count raises BadInput, and never becomes zeros. To add a reader, write its module and add its
line.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pandas as pd

READERS = {
    "archs4": "workflow_scripts.prebulk.readers.archs4",
    "archs4py": "workflow_scripts.prebulk.readers.archs4py_reader",
    "gct": "workflow_scripts.prebulk.readers.gct",
    "h5ad": "workflow_scripts.prebulk.readers.h5ad",
    "kallisto": "workflow_scripts.prebulk.readers.abundance",
    "recount3": "workflow_scripts.prebulk.readers.recount3",
    "salmon": "workflow_scripts.prebulk.readers.abundance",
    "star": "workflow_scripts.prebulk.readers.star",
    "table": "workflow_scripts.prebulk.readers.table",
    "xena": "workflow_scripts.prebulk.readers.xena",
}


def scale_of(reader: ModuleType, spec: dict[str, Any]) -> str:
    """What the values of a corpus (`spec`) are: as it declares, or the only thing that they can be."""
    return spec.get("scale", reader.SCALES[0])


def options(reader: ModuleType, spec: dict[str, Any], sheet: pd.DataFrame | None, **files: Any) -> dict[str, Any]:
    """The keyword arguments that a reader asks for; spec: the section of the corpus, sheet: its SampleSheet.

    files: what is made of files: qc, transcripts, lengths.
    """
    known = {"samples": None if sheet is None else set(sheet["sample_id"]), "qc": [], **files}
    known |= {"scale": scale_of(reader, spec), "samples_in": spec.get("samples_in", "columns")}
    known |= {"layer": spec.get("layer", ""), "strandedness": spec.get("strandedness")}
    return {name: known[name] for name in reader.OPTIONS}
