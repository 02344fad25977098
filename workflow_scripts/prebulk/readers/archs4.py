"""Counts in the HDF5 layout of ARCHS4 (version 2).

`data/expression` (genes x samples, integer counts), `meta/genes/{ensembl_gene, symbol, biotype}` and
`meta/samples/{geo_accession, series_id, ...}`. Chunks and filters are read from the file, never assumed.

A part of the file is a contiguous range of samples that begins and ends at borders of chunks, so that no
chunk is inflated twice. Within it, chunk columns are walked once; those without a wanted sample are left
unread. Memory is one block of samples, whatever the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.hdf5 import require_own_content
from workflow_scripts.io.text import DAMAGED
from workflow_scripts.prebulk.chunks import block_reader
from workflow_scripts.prebulk.gene_mapping import GeneMapping, GeneNames

EXPRESSION = "data/expression"
# See `registry`.
SCALES = ("counts",)
OPTIONS = ()
NEEDS = ()
IN_FOLDER = ()
GROUPS = {"series": ["series_id"]}
LABELS = {}
FIELDS = None  # any dataset of meta/samples
QUALITY = ("singlecellprobability", "alignedreads")
BLOCK = 32  # samples that are worked on together: few enough for a processor's cache
UNCHUNKED = 64  # samples that are read together of a dataset without chunks
VERSION_1 = "meta/Sample_geo_accession"
LAYOUT = "Give a file in the ARCHS4 v2 layout."


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    """The open file, all of whose content is its own; whatever HDF5 cannot read becomes BadInput."""
    try:
        with h5py.File(path, "r") as file:
            require_own_content(file, path)
            if VERSION_1 in file:
                reason = f"an ARCHS4 file of version 1, which has {VERSION_1} where version 2 has meta/samples"
                remedy = "Get one of version 2, as the row human_gene_v2.5.h5 of config/datasets.tsv declares."
                raise BadInput(path, "", reason, remedy)
            yield file
    except (OSError, RuntimeError) as error:
        raise BadInput(path, "", f"not a readable HDF5 file ({error})", DAMAGED) from error


def _dataset(file: h5py.File, path: Path, name: str) -> h5py.Dataset:
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        group = file.get(name.rpartition("/")[0])
        beside = ", ".join(sorted(group)) if isinstance(group, h5py.Group) else "nothing"
        raise BadInput(path, name, f"is missing; beside it: {beside}", LAYOUT)
    return found


def _column(file: h5py.File, path: Path, name: str) -> h5py.Dataset:
    """A dataset of metadata, which has one value for each sample or gene."""
    found = _dataset(file, path, name)
    if found.ndim != 1:
        raise BadInput(path, name, f"shape {found.shape} is not a single column of values", LAYOUT)
    return found


def _values(file: h5py.File, path: Path, name: str, part: slice = slice(None)) -> np.ndarray:
    """A slice of a metadata dataset; text as str."""
    dataset = _column(file, path, name)
    try:
        if dataset.dtype.kind in "OS":
            return dataset.asstr(errors="replace")[part]
        return dataset[part]
    except (OSError, RuntimeError) as error:
        raise BadInput(path, name, f"cannot be read ({error})", DAMAGED) from error


def _chunk(dataset: h5py.Dataset) -> tuple[int, int]:
    """Rows and samples of a chunk; an unchunked dataset is read by samples in blocks."""
    return dataset.chunks or (dataset.shape[0], UNCHUNKED)


def sample_range(path: Path, part: int, parts: int) -> slice:
    """The samples of one of `parts` parts of the file, on chunk borders. May be empty."""
    with _opened(path) as file:
        dataset = _dataset(file, path, EXPRESSION)
        samples = len(_column(file, path, "meta/samples/geo_accession"))
        if dataset.ndim != 2 or dataset.shape[1] != samples:
            reason = f"shape {dataset.shape} is not genes x {samples} samples"
            raise BadInput(path, EXPRESSION, reason, LAYOUT)
        if dataset.dtype.kind not in "iuf":
            raise BadInput(path, EXPRESSION, f"holds {dataset.dtype} where counts belong", LAYOUT)
        width = _chunk(dataset)[1]
        columns = -(-samples // width)
        first, last = columns * part // parts, columns * (part + 1) // parts
        return slice(min(first * width, samples), min(last * width, samples))


def read_samples(path: Path, part: int, parts: int, fields: set[str]) -> pd.DataFrame:
    """sample_id (the GEO accession), the named fields of `meta/samples`, and the quality columns that the file has.

    One row per sample of the part; a named field that the file lacks raises BadInput.
    """
    chosen = sample_range(path, part, parts)
    with _opened(path) as file:
        columns = {"sample_id": _values(file, path, "meta/samples/geo_accession", chosen)}
        for name in sorted(fields - {"sample_id"} | {name for name in QUALITY if f"meta/samples/{name}" in file}):
            columns[name] = _values(file, path, f"meta/samples/{name}", chosen)
            if len(columns[name]) != chosen.stop - chosen.start:
                raise BadInput(path, f"meta/samples/{name}", "is shorter than geo_accession", DAMAGED)
            if name in QUALITY:
                columns[name] = _numbers(columns[name], path, f"meta/samples/{name}")
    return pd.DataFrame(columns)


def _numbers(values: np.ndarray, path: Path, name: str) -> np.ndarray:
    """Values of a metadata dataset as float64, of text that tells numbers too."""
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise BadInput(path, name, f"holds what is no number ({error})", LAYOUT) from error


def read_genes(path: Path) -> GeneNames:
    """Ensembl ids, or symbols in a file without these, with biotypes."""
    with _opened(path) as file:
        group = file.get("meta/genes", {})
        name = "ensembl_gene" if "ensembl_gene" in group else "symbol"
        source_ids = list(_values(file, path, f"meta/genes/{name}"))
        biotypes = list(_values(file, path, "meta/genes/biotype")) if "biotype" in group else None
        rows = _dataset(file, path, EXPRESSION).shape[0]
    if len(source_ids) != rows:
        reason = f"{len(source_ids)} names for {rows} rows of {EXPRESSION}"
        raise BadInput(path, f"meta/genes/{name}", reason, LAYOUT)
    return GeneNames([source_ids], biotypes)


def read_counts(
    path: Path, mapping: GeneMapping, part: int, parts: int, wanted: np.ndarray, threads: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (positions within the part, counts per gene of the table as float64, genes x samples).

    `wanted` (bool, one per sample of the part) says which samples are asked for; others are never yielded.
    Raises BadInput naming the place of a chunk that is damaged or was never written, and of a value that is no
    count, in any gene row and sample of the chunks that are read: never zeros in their place.
    """
    chosen = sample_range(path, part, parts)
    with _opened(path) as file, ThreadPoolExecutor(threads) as pool:
        dataset = _dataset(file, path, EXPRESSION)
        read = block_reader(dataset, path, mapping.rows, pool)
        width = _chunk(dataset)[1]
        columns = [slice(first, min(first + width, chosen.stop)) for first in range(chosen.start, chosen.stop, width)]
        asked = [c for c in columns if wanted[c.start - chosen.start : c.stop - chosen.start].any()]
        together = max(1, BLOCK // width)
        blocks = [asked[first : first + together] for first in range(0, len(asked), together)]
        ahead = read(blocks[0]) if blocks else None
        for number, block in enumerate(blocks):
            counts = ahead()
            if number + 1 < len(blocks):  # the next block is inflated while this one is worked on
                ahead = read(blocks[number + 1])
            positions = np.concatenate([np.arange(c.start, c.stop) for c in block]) - chosen.start
            kept = wanted[positions]
            if not kept.all():
                positions, counts = positions[kept], counts[:, kept]
            pieces = -(-len(positions) // BLOCK)
            for few, columns in zip(
                np.array_split(positions, pieces), np.array_split(counts, pieces, axis=1), strict=True
            ):
                yield few, mapping.sum_rows(columns)
