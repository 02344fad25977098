"""Blocks of samples of an HDF5 dataset of counts (genes x samples), each chunk read once and checked whole.

Chunks that went through deflate, shuffled or not, are read as they are stored; libdeflate inflates them in threads,
outside HDF5's global lock, and of a shuffled chunk only the asked-for rows are put together again. What was
stored in another way is read through HDF5's own filters.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import deflate
import h5py
import numpy as np
from h5py.h5d import SPACE_STATUS_ALLOCATED
from h5py.h5z import FILTER_DEFLATE, FILTER_SHUFFLE

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import DAMAGED

HIGHEST = 2.0**64  # no sample has so many counts of a gene
TASK = 2**20  # bytes that a thread inflates at a time, at least; a chunk may be larger

# Begins to read the given columns of chunks; what it returns waits for them: asked-for rows x samples, as stored.
BlockReader = Callable[[list[slice]], Callable[[], np.ndarray]]


def block_reader(dataset: h5py.Dataset, path: Path, rows: np.ndarray, pool: ThreadPoolExecutor) -> BlockReader:
    """Reads `rows` (ascending) of the samples that some columns of chunks hold.

    Raises BadInput naming the place of a chunk that is damaged or was never written, and of a value that is no
    count in any row of the chunks that are read.
    """
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(index)[0] for index in range(plist.get_nfilters())]
    if dataset.chunks and filters in ([FILTER_DEFLATE], [FILTER_SHUFFLE, FILTER_DEFLATE]):
        return _direct_reader(dataset, path, rows, pool, filters)
    return _plain_reader(dataset, path, rows)


def _require_counts(values: np.ndarray, path: Path, name: str, row: int, sample: int) -> None:
    """Raise BadInput unless `values` (genes x samples as stored, the first at `row` and `sample`) are counts.

    ARCHS4 rounds the counts of kallisto to integers and has a file of TPM in the same layout: a fraction tells
    that one from counts, whatever the type of the dataset.
    """
    if values.dtype.kind == "u":
        return
    counts = values >= 0
    if values.dtype.kind == "f":
        counts &= (values < HIGHEST) & (values == np.floor(values))
    if not counts.all():
        gene, column = np.argwhere(~counts)[0]
        place = f"{name}, gene row {row + gene}, sample {sample + column}"
        remedy = "Give raw counts: an ARCHS4 v2 file holds integers from 0 on."
        raise BadInput(path, place, f"{values[gene, column]} is no count", remedy)


def _plain_reader(dataset: h5py.Dataset, path: Path, rows: np.ndarray) -> BlockReader:
    """Reads through HDF5's own filters, one call after another."""
    name = dataset.name.strip("/")
    height = dataset.chunks[0] if dataset.chunks else dataset.shape[0]
    whole = dataset.id.get_space_status() == SPACE_STATUS_ALLOCATED  # HDF5 gives zeros for what was never written

    def one(column: slice) -> np.ndarray:
        place = f"{name}, samples {column.start} to {column.stop - 1}"
        if not whole and any(_is_absent(dataset, row, column.start) for row in range(0, dataset.shape[0], height)):
            raise BadInput(path, place, "was never written", DAMAGED)
        try:
            values = dataset[:, column]
        except (OSError, RuntimeError) as error:
            raise BadInput(path, place, f"damaged ({error})", DAMAGED) from error
        _require_counts(values, path, name, 0, column.start)
        return values[rows]

    return lambda columns: lambda: np.concatenate([one(column) for column in columns], axis=1)


def _direct_reader(
    dataset: h5py.Dataset, path: Path, rows: np.ndarray, pool: ThreadPoolExecutor, filters: list[int]
) -> BlockReader:
    """Reads raw chunks in file order and inflates them in threads."""
    name = dataset.name.strip("/")
    height, width = dataset.chunks
    size, dtype, genes, samples = height * width * dataset.dtype.itemsize, dataset.dtype, *dataset.shape
    chunk_rows = rows // height
    # Per chunk row that holds an asked-for row: its first row, which of its rows are asked for, where these go.
    parts = [
        (int(chunk) * height, rows[of] - chunk * height, slice(int(of[0]), int(of[-1]) + 1))
        for chunk in np.unique(chunk_rows)
        for of in [np.flatnonzero(chunk_rows == chunk)]
    ]
    together = max(1, TASK // size)
    tasks = [parts[first : first + together] for first in range(0, len(parts), together)]

    def place(row: int, sample: int) -> str:
        return f"{name}, chunk at gene {row}, sample {sample}"

    def raw(row: int, sample: int) -> tuple[int, bytes]:
        """The filters that the writer left out for this chunk, a bit each, and its bytes as stored."""
        try:
            return dataset.id.read_direct_chunk((row, sample))
        except (OSError, RuntimeError, ValueError) as error:
            reason = "was never written" if _is_absent(dataset, row, sample) else f"damaged chunk ({error})"
            raise BadInput(path, place(row, sample), reason, DAMAGED) from error

    def asked(left_out: int, stored: bytes, row: int, sample: int, local: np.ndarray) -> np.ndarray:
        """Rows `local` of one chunk, after a check of all its values."""
        applied = [kind for bit, kind in enumerate(filters) if not left_out >> bit & 1]
        try:
            data = deflate.zlib_decompress(stored, size) if FILTER_DEFLATE in applied else stored
        except deflate.DeflateError as error:
            raise BadInput(path, place(row, sample), f"damaged chunk ({error})", DAMAGED) from error
        if len(data) != size:
            reason = f"damaged chunk ({len(data)} bytes of {size})"
            raise BadInput(path, place(row, sample), reason, DAMAGED)
        # A chunk at the edge is stored whole; what lies beyond the dataset is no value of it.
        inside = slice(genes - row), slice(samples - sample)
        if FILTER_SHUFFLE in applied:
            planes = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, height, width)
            if not _surely_counts(planes, dtype):
                _require_counts(_unshuffle(planes, dtype)[inside], path, name, row, sample)
            return _unshuffle(planes.take(local, axis=1), dtype)
        values = np.frombuffer(data, dtype).reshape(height, width)
        _require_counts(values[inside], path, name, row, sample)
        return values.take(local, axis=0)

    def inflate(task: list, chunks: list[tuple[int, bytes]], sample: int, target: np.ndarray) -> None:
        for (row, local, where), (left_out, stored) in zip(task, chunks, strict=True):
            target[where] = asked(left_out, stored, row, sample, local)[:, : target.shape[1]]

    def read(columns: list[slice]) -> Callable[[], np.ndarray]:
        ends = np.cumsum([column.stop - column.start for column in columns])
        block = np.empty((len(rows), ends[-1]), dtype)
        waiting = []
        for column, end in zip(columns, ends, strict=True):
            target = block[:, end - (column.stop - column.start) : end]
            for task in tasks:
                chunks = [raw(row, column.start) for row, _, _ in task]
                waiting.append(pool.submit(inflate, task, chunks, column.start, target))

        def finish() -> np.ndarray:
            for future in waiting:
                future.result()
            return block

        return finish

    return read


def _is_absent(dataset: h5py.Dataset, row: int, sample: int) -> bool:
    """Whether a chunk, or an unchunked dataset, has no place in the file.

    HDF5 goes through all chunks to find one by its place: ask only where something is wrong.
    """
    try:
        if dataset.chunks:
            return dataset.id.get_chunk_info_by_coord((row, sample)).byte_offset is None
        return dataset.id.get_offset() is None
    except (OSError, RuntimeError, ValueError):
        return False


def _surely_counts(planes: np.ndarray, dtype: np.dtype) -> bool:
    """Whether values are seen to be counts by their bytes: they are integers, and no sign is set."""
    signs = planes[0 if dtype.str[0] == ">" else -1]
    return dtype.kind == "u" or dtype.kind == "i" and bool(signs.max() < 128)


def _unshuffle(planes: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Values (rows x samples) of their bytes (bytes of a value x rows x samples), as HDF5's filter shuffles them."""
    values = np.empty((*planes.shape[1:], len(planes)), np.uint8)
    for byte, plane in enumerate(planes):
        values[..., byte] = plane
    return values.view(dtype)[..., 0]
