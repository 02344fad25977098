"""Counts in the HDF5 layout of ARCHS4 (version 2).

`data/expression` (genes x samples, integer counts), `meta/genes/{ensembl_gene, symbol, biotype}` and
`meta/samples/{geo_accession, series_id, ...}`. Chunks and filters are read from the file, never assumed.

A part of the file is a contiguous range of samples that begins and ends at borders of chunks, so that no
chunk is inflated twice. Within it, chunk columns are walked once; those without a wanted sample are left
unread. Memory is one block of samples, whatever the file.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import DAMAGED
from workflow_scripts.prebulk.gene_mapping import GeneMapping, map_rows

EXPRESSION = "data/expression"
# See `registry`.
GROUPS = {"series": ["series_id"]}
LABELS = {}
FIELDS = None  # any dataset of meta/samples
QUALITY = ("singlecellprobability", "alignedreads")
BLOCK = 64  # samples that are worked on together, at least; a chunk may be wider
HIGHEST = 2.0**64  # no sample has so many counts of a gene
LAYOUT = "Give a file in the ARCHS4 v2 layout."

# Begins to read the given columns of chunks; what it returns waits for them: mapped rows x samples.
BlockReader = Callable[[list[slice]], Callable[[], np.ndarray]]


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    """The open file; whatever HDF5 cannot read becomes BadInput."""
    try:
        with h5py.File(path, "r") as file:
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


def _values(file: h5py.File, path: Path, name: str, part: slice = slice(None)) -> np.ndarray:
    """A slice of a metadata dataset; text as str."""
    dataset = _dataset(file, path, name)
    try:
        if dataset.dtype.kind in "OS":
            return dataset.asstr(errors="replace")[part]
        return dataset[part]
    except (OSError, RuntimeError) as error:
        raise BadInput(path, name, f"cannot be read ({error})", DAMAGED) from error


def _chunk(dataset: h5py.Dataset) -> tuple[int, int]:
    """Rows and samples of a chunk; an unchunked dataset is read in blocks of samples."""
    return dataset.chunks or (dataset.shape[0], BLOCK)


def sample_range(path: Path, part: int, parts: int) -> slice:
    """The samples of one of `parts` parts of the file, on chunk borders. May be empty."""
    with _opened(path) as file:
        dataset = _dataset(file, path, EXPRESSION)
        samples = len(_dataset(file, path, "meta/samples/geo_accession"))
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


def read_mapping(path: Path, genes: pd.DataFrame) -> GeneMapping:
    """Map the gene rows to the gene table by Ensembl id, or by symbol in a file without these."""
    with _opened(path) as file:
        group = file.get("meta/genes", {})
        name, by = ("ensembl_gene", "gene_id") if "ensembl_gene" in group else ("symbol", "symbol")
        source_ids = list(_values(file, path, f"meta/genes/{name}"))
        biotypes = list(_values(file, path, "meta/genes/biotype")) if "biotype" in group else None
        rows = _dataset(file, path, EXPRESSION).shape[0]
    if len(source_ids) != rows:
        reason = f"{len(source_ids)} names for {rows} rows of {EXPRESSION}"
        raise BadInput(path, f"meta/genes/{name}", reason, LAYOUT)
    return map_rows(source_ids, genes, by=by, biotypes=biotypes)


def read_counts(
    path: Path, mapping: GeneMapping, part: int, parts: int, wanted: np.ndarray, threads: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (positions within the part, counts per gene of the table as float64, genes x samples).

    `wanted` (bool, one per sample of the part) says which samples are asked for; others are never yielded.
    Raises BadInput naming the place of a chunk that is damaged or was never written, and of a value that is no
    count, in any gene row and sample of the chunks that are read: never zeros in their place.
    """
    chosen = sample_range(path, part, parts)
    sums = mapping.sums
    with _opened(path) as file, ThreadPoolExecutor(threads) as pool:
        dataset = _dataset(file, path, EXPRESSION)
        read = _direct_reader(dataset, path, mapping.rows, pool) or _plain_reader(dataset, path, mapping.rows)
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
            counts = counts.take(np.flatnonzero(wanted[positions]), axis=1).astype(np.float64)
            yield positions[wanted[positions]], sums @ counts


def _require_counts(values: np.ndarray, path: Path, row: int, sample: int) -> None:
    """Raise BadInput unless `values` (genes x samples as stored, the first at `row` and `sample`) are counts.

    ARCHS4 rounds the counts of kallisto to integers and has a file of TPM in the same layout: a fraction tells
    that one from counts, whatever the type of the dataset.
    """
    counts = values >= 0
    if values.dtype.kind == "f":
        counts &= (values < HIGHEST) & (values == np.floor(values))
    if not counts.all():
        gene, column = np.argwhere(~counts)[0]
        place = f"{EXPRESSION}, gene row {row + gene}, sample {sample + column}"
        remedy = "Give raw counts: an ARCHS4 v2 file holds integers from 0 on."
        raise BadInput(path, place, f"{values[gene, column]} is no count", remedy)


def _plain_reader(dataset: h5py.Dataset, path: Path, rows: np.ndarray) -> BlockReader:
    """Reads mapped rows x samples of some columns through HDF5's own filters, one call after another."""

    def one(column: slice) -> np.ndarray:
        try:
            values = dataset[:, column]
        except (OSError, RuntimeError) as error:
            place = f"{EXPRESSION}, samples {column.start} to {column.stop - 1}"
            raise BadInput(path, place, f"damaged ({error})", DAMAGED) from error
        _require_counts(values, path, 0, column.start)
        return values[rows]

    return lambda columns: lambda: np.concatenate([one(column) for column in columns], axis=1)


def _direct_reader(dataset: h5py.Dataset, path: Path, rows: np.ndarray, pool: ThreadPoolExecutor) -> BlockReader | None:
    """Reads raw chunks in file order and inflates them in threads, outside HDF5's global lock.

    None where the chunks went through other filters than deflate and shuffle.
    """
    if not dataset.chunks:
        return None
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(index)[0] for index in range(plist.get_nfilters())]
    if filters not in ([h5py.h5z.FILTER_DEFLATE], [h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE]):
        return None
    shuffled = len(filters) == 2
    height, width = dataset.chunks
    size, dtype, genes = height * width * dataset.dtype.itemsize, dataset.dtype, dataset.shape[0]
    chunk_rows = rows // height
    # Per chunk row that holds a mapped row: its first row, which of its rows are mapped, where these go.
    parts = [
        (int(chunk) * height, rows[of] - chunk * height, slice(int(of[0]), int(of[-1]) + 1))
        for chunk in np.unique(chunk_rows)
        for of in [np.flatnonzero(chunk_rows == chunk)]
    ]

    def inflate(raw: bytes, row: int, sample: int, target: np.ndarray, local: np.ndarray, place: str) -> None:
        try:
            data = zlib.decompress(raw, bufsize=size)
        except zlib.error as error:
            raise BadInput(path, place, f"damaged chunk ({error})", DAMAGED) from error
        if len(data) != size:
            raise BadInput(path, place, f"damaged chunk ({len(data)} bytes of {size})", DAMAGED)
        if shuffled:
            data = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, -1).T.tobytes()
        # A chunk at the edge is stored whole; what lies beyond the dataset is no value of it.
        values = np.frombuffer(data, dtype).reshape(height, width)[: genes - row, : target.shape[1]]
        _require_counts(values, path, row, sample)
        target[:] = values[local]

    def start(row: int, column: slice, target: np.ndarray, local: np.ndarray) -> Future | None:
        """Read one chunk and have it inflated into `target`."""
        place = f"{EXPRESSION}, chunk at gene {row}, sample {column.start}"
        try:
            if dataset.id.get_chunk_info_by_coord((row, column.start)).byte_offset is None:
                raise BadInput(path, place, "was never written", DAMAGED)
            skipped, raw = dataset.id.read_direct_chunk((row, column.start))
            if skipped:  # the writer left a filter out for this chunk
                values = dataset[row : row + height, column]
                _require_counts(values, path, row, column.start)
                target[:] = values[local]
                return None
        except (OSError, RuntimeError, ValueError) as error:
            raise BadInput(path, place, f"damaged chunk ({error})", DAMAGED) from error
        return pool.submit(inflate, raw, row, column.start, target, local, place)

    def read(columns: list[slice]) -> Callable[[], np.ndarray]:
        ends = np.cumsum([column.stop - column.start for column in columns])
        block = np.empty((len(rows), ends[-1]), dtype)
        waiting = [
            start(row, column, block[where, end - (column.stop - column.start) : end], local)
            for column, end in zip(columns, ends, strict=True)
            for row, local, where in parts
        ]

        def finish() -> np.ndarray:
            for future in filter(None, waiting):
                future.result()
            return block

        return finish

    return read
