"""Counts that archs4py reads are those of our reader, or an error."""

from __future__ import annotations

from pathlib import Path

import archs4py.data
import archs4py.utils
import h5py
import numpy as np
import pandas as pd
import pytest

from tests.prebulk.sources import gene_id, write_archs4
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.gene_mapping import map_rows
from workflow_scripts.prebulk.readers import archs4, archs4py_reader

GENES, SAMPLES = 23, 17


@pytest.fixture
def counts() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 70_000, (GENES, SAMPLES)).astype(np.uint32)


def table(numbers) -> pd.DataFrame:
    return pd.DataFrame({"gene_id": [gene_id(n) for n in numbers], "symbol": [f"S{n}" for n in numbers]})


def read(reader, path: Path, genes: pd.DataFrame, parts: int = 1, every: int = 1) -> dict[str, list[float]]:
    """By sample, of each `every`-th one, the counts of the genes of the table."""
    mapping, found = map_rows(reader.read_genes(path), genes), {}
    for part in range(parts):
        samples = reader.read_samples(path, part, parts, set())
        wanted = np.arange(len(samples)) % every == 0
        for positions, block in reader.read_counts(path, mapping, part, parts, wanted, 2):
            assert block.dtype == np.float64
            found |= dict(zip(samples["sample_id"].iloc[positions], block.T.tolist(), strict=True))
    return found


@pytest.mark.parametrize("chunks", [(4, 3), (GENES, 1), (1, SAMPLES)])
@pytest.mark.parametrize(("parts", "every"), [(1, 1), (3, 1), (2, 3)])
def test_its_counts_are_ours_where_symbols_and_ids_stand_several_times(tmp_path, counts, chunks, parts, every):
    """Rows 5 and 9 are of gene 2, and row 7 has the symbol of gene 3 but an id of its own."""
    ids, symbols = [gene_id(number) for number in range(GENES)], [f"S{number}" for number in range(GENES)]
    ids[5], ids[9], ids[12], symbols[7] = f"{gene_id(2)}.3", gene_id(2), "", "S3"
    path = write_archs4(tmp_path / "a.h5", counts, ids=ids, symbols=symbols, chunks=chunks)
    genes = table([2, 5, 3, 7])
    found = read(archs4py_reader, path, genes, parts, every)
    assert found == read(archs4, path, genes, parts, every)
    assert found["GSM0"] == [counts[[2, 5, 9], 0].sum(), 0, counts[3, 0], counts[7, 0]]


def test_rows_of_one_symbol_are_added_as_archs4py_adds_them(tmp_path, counts):
    symbols = [f"S{number}" for number in range(GENES)]
    symbols[5] = symbols[9] = "S2"
    path = write_archs4(tmp_path / "a.h5", counts, ids=[], symbols=symbols)
    peer = archs4py.utils.aggregate_duplicate_genes(archs4py.data.index(str(path), [0, 4], silent=True))
    found = read(archs4py_reader, path, table([2, 3, 9]))
    for sample in ("GSM0", "GSM4"):
        assert found[sample] == [*peer.loc[["S2", "S3"], sample], 0]


def test_a_sample_without_any_count_is_none_that_failed(tmp_path, counts):
    counts[:, 4] = 0
    path = write_archs4(tmp_path / "a.h5", counts)
    assert read(archs4py_reader, path, table(range(GENES)))["GSM4"] == [0] * GENES


def test_what_archs4py_turns_into_zeros_is_an_error(tmp_path, counts, monkeypatch):
    """A sample beyond the file is what archs4py fails at for certain: it answers zeros."""
    path = write_archs4(tmp_path / "a.h5", counts)
    of_archs4py = archs4py.data.get_sample
    assert not of_archs4py(str(path), SAMPLES, [0, 1]).any()
    monkeypatch.setattr(archs4py.data, "get_sample", lambda file, i, rows: of_archs4py(file, i + SAMPLES, rows))
    with pytest.raises(BadInput, match=r"sample 0: archs4py reads other counts than there are \(0 instead of"):
        read(archs4py_reader, path, table(range(GENES)))


def test_two_counts_of_one_sample_that_change_places_are_an_error(tmp_path, counts, monkeypatch):
    """Sums alone would not tell."""
    path = write_archs4(tmp_path / "a.h5", counts)
    of_archs4py = archs4py.data.get_sample
    swapped = lambda file, i, rows: of_archs4py(file, i, rows)[:: -1 if i == 12 else 1]  # noqa: E731
    monkeypatch.setattr(archs4py.data, "get_sample", swapped)
    with pytest.raises(BadInput, match="data/expression, sample 12: archs4py reads other counts"):
        read(archs4py_reader, path, table(range(GENES)), parts=2)


def test_a_damaged_chunk_a_value_that_is_no_count_and_one_beyond_32_bits_are_errors(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts, chunks=(GENES, 4))
    with h5py.File(path) as file:
        place = file["data/expression"].id.get_chunk_info_by_coord((0, 8))
    raw = bytearray(path.read_bytes())
    raw[place.byte_offset + 40 : place.byte_offset + 60] = bytes(20)
    path.write_bytes(raw)
    with pytest.raises(BadInput, match=r"sample 8: damaged chunk"):
        read(archs4py_reader, path, table(range(GENES)))
    for value, message in ((-1, "-1.0 is no count"), (0.5, "0.5 is no count"), (2.0**32 + 3, "archs4py reads other")):
        values = counts.astype("f8")
        values[3, 7] = value
        path = write_archs4(tmp_path / "a.h5", values)
        with pytest.raises(BadInput, match=message):
            read(archs4py_reader, path, table(range(GENES)))
