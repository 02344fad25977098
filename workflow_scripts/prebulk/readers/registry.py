"""Readers of counts by name, as `prebulk/corpora/{corpus}/format` of a configuration gives it.

A reader is a module of this folder. It reads one of `parts` parts of the samples of a file, counted from 0:

- `GROUPS`, `LABELS`: literals (read without importing the module), {what `group/by` or `label/by` may be: the fields of
  a sample that it is made of, joined by a blank}; `field` (and `none`, for a label) is always one more.
- `FIELDS`: a literal, the fields that a configuration may name; None where any may stand in the file.
- `QUALITY`: those of `singlecellprobability` and `alignedreads`, which filters ask for, that its files can have.
- `read_samples(path, part, parts, fields) -> DataFrame`: sample_id, the asked fields (text), and the quality columns
  that the file has; one row per sample of the part.
- `read_mapping(path, genes) -> GeneMapping`: which rows of the file are which genes of the gene table.
- `read_counts(path, mapping, part, parts, wanted, threads)`: yields (positions within the part, counts per gene of the
  table as float64, genes x samples) of the `wanted` (bool, one per sample of the part) samples, in blocks.

What is damaged or no count raises BadInput, and never becomes zeros. To add a reader, write its module and add its
line.
"""

READERS = {
    "archs4": "workflow_scripts.prebulk.readers.archs4",
    "archs4py": "workflow_scripts.prebulk.readers.archs4py_reader",
    "xena": "workflow_scripts.prebulk.readers.xena",
}
