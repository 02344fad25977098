"""Counts of the ARCHS4 layout are read as they are, or not at all."""

from __future__ import annotations

import itertools
import zlib
from pathlib import Path

import archs4py.data
import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.prebulk.sources import gene_id, write_archs4
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.gene_mapping import map_rows
from workflow_scripts.prebulk.readers import archs4
from workflow_scripts.prebulk.tpm import tpm

GENES, SAMPLES = 23, 17


@pytest.fixture
def counts() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 70_000, (GENES, SAMPLES)).astype(np.uint32)


def table(numbers) -> pd.DataFrame:
    return pd.DataFrame({"gene_id": [gene_id(n) for n in numbers], "symbol": [f"S{n}" for n in numbers]})


def read(path: Path, genes: pd.DataFrame, parts: int = 1, wanted: np.ndarray | None = None, threads: int = 2):
    """All parts side by side: counts (genes of the table x samples) of the wanted samples, and their ids."""
    mapping = map_rows(archs4.read_genes(path), genes)
    blocks, names, seen = [], [], 0
    for part in range(parts):
        samples = archs4.read_samples(path, part, parts, set())
        chosen = np.ones(len(samples), bool) if wanted is None else wanted[seen : seen + len(samples)]
        seen += len(samples)
        for positions, block in archs4.read_counts(path, mapping, part, parts, chosen, threads):
            blocks.append(block)
            names += samples["sample_id"].iloc[positions].tolist()
    return np.concatenate(blocks, axis=1), names


CHUNKS = [(4, 3), (GENES, 1), (1, SAMPLES), (GENES, SAMPLES), (23, 5)]
FILTERS = [
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True},
    {"compression": "gzip", "fletcher32": True},
    {"compression": "gzip", "shuffle": True, "fletcher32": True},
    {"compression": "lzf"},
    {"compression": "lzf", "shuffle": True},
    {"compression": None},
]


@pytest.mark.parametrize(("chunks", "filters"), [*itertools.product(CHUNKS, FILTERS), (None, {"compression": None})])
def test_counts_equal_plain_h5py_for_any_chunks_and_filters(tmp_path, counts, chunks, filters):
    path = write_archs4(tmp_path / "a.h5", counts, chunks=chunks, **filters)
    with h5py.File(path) as file:
        plain = file["data/expression"][:]
    chosen = [20, 3, 4, 11]
    found, names = read(path, table(chosen))
    np.testing.assert_array_equal(found, plain[chosen])
    assert names == [f"GSM{number}" for number in range(SAMPLES)]


def test_counts_equal_archs4py(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts)
    peer = archs4py.data.index(str(path), list(range(SAMPLES)), silent=True)
    found, names = read(path, table(range(GENES)))
    assert list(peer.columns) == names
    np.testing.assert_array_equal(peer.loc[[f"S{n}" for n in range(GENES)]].to_numpy(), found)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 9), st.integers(1, 6), st.lists(st.booleans(), min_size=SAMPLES, max_size=SAMPLES))
def test_parts_hold_every_sample_once_and_only_wanted_ones_are_read(tmp_path, counts, width, parts, wanted):
    path = write_archs4(tmp_path / "a.h5", counts, chunks=(5, width))
    ranges = [archs4.sample_range(path, part, parts) for part in range(parts)]
    assert [number for chosen in ranges for number in range(chosen.start, chosen.stop)] == list(range(SAMPLES))
    assert all(chosen.start % width == 0 or chosen.start == SAMPLES for chosen in ranges)
    wanted = np.array(wanted)
    if wanted.any():
        found, names = read(path, table(range(GENES)), parts, wanted)
        np.testing.assert_array_equal(found, counts[:, wanted])
        assert names == [f"GSM{number}" for number in np.flatnonzero(wanted)]


DTYPES = ["u1", "u2", "u4", "u8", "i2", "i4", ">i4", ">u2", "i8", "f4", "f8", ">f8"]


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_counts_of_any_type_are_read_as_they_are(tmp_path, counts, dtype, shuffle):
    highest = 2**24 if "f" in dtype else np.iinfo(dtype).max
    counts = np.minimum(counts.astype(np.uint64) ** 4, np.uint64(highest))
    path = write_archs4(tmp_path / "a.h5", counts.astype(dtype), shuffle=shuffle)
    found, _ = read(path, table(range(GENES)))
    np.testing.assert_array_equal(found, counts.astype(np.float64))
    assert found.dtype == np.float64


@pytest.mark.parametrize("chunks", [(200, 300), (1500, 70), (700, 1), (64, 129)])
def test_many_chunks_and_samples_are_put_together_in_their_order(tmp_path, chunks):
    """Several tasks of a thread a column, several blocks a chunk, edges on both sides."""
    counts = np.random.default_rng(0).integers(0, 9999, (1999, 301)).astype(np.uint32)
    path = write_archs4(tmp_path / "a.h5", counts, chunks=chunks, shuffle=True, compression_opts=1)
    chosen = np.random.default_rng(1).permutation(1999)[:700]
    found, names = read(path, table(chosen))
    np.testing.assert_array_equal(found, counts[chosen])
    assert names == [f"GSM{number}" for number in range(301)]
    wanted = np.random.default_rng(2).random(301) < 0.5
    found, names = read(path, table(chosen), wanted=wanted)
    np.testing.assert_array_equal(found, counts[chosen][:, wanted])
    assert names == [f"GSM{number}" for number in np.flatnonzero(wanted)]


def test_the_tpm_of_a_sample_is_the_same_to_the_bit_whatever_it_is_read_with(tmp_path):
    """The order in which a sum is taken follows the memory; its last bits follow the order."""
    counts = np.random.default_rng(0).integers(0, 9999, (500, 90)).astype(np.uint32)
    length = np.linspace(211, 4999, 500)
    alone = [tpm(np.ascontiguousarray(sample)[:, None].astype(float), length)[:, 0] for sample in counts.T]
    for width in (1, 8, 90):
        path = write_archs4(tmp_path / "a.h5", counts, chunks=(500, width))
        mapping = map_rows(archs4.read_genes(path), table(range(500)))
        for positions, block in archs4.read_counts(path, mapping, 0, 1, np.ones(90, bool), 2):
            np.testing.assert_array_equal(tpm(block, length).T, [alone[position] for position in positions])


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_chunk_that_was_stored_without_some_of_its_filters_is_read(tmp_path, counts, shuffle):
    plain = np.ascontiguousarray(counts[:, 4:8])
    shuffled = plain.view(np.uint8).reshape(-1, 4).T.tobytes()
    # A bit of the mask for each filter that was left out, in their order: shuffle, then deflate.
    left_out = {1: zlib.compress(plain.tobytes()), 2: shuffled, 3: plain.tobytes()} if shuffle else {1: plain.tobytes()}
    for mask, raw in left_out.items():
        path = write_archs4(tmp_path / "a.h5", counts, chunks=(GENES, 4), shuffle=shuffle)
        with h5py.File(path, "r+") as file:
            file["data/expression"].id.write_direct_chunk((0, 4), raw, filter_mask=mask)
        np.testing.assert_array_equal(read(path, table(range(3, 9)))[0], counts[3:9])


@pytest.mark.parametrize("dtype", ["u2", "u4", "i4", "f8"])
def test_a_sum_of_rows_may_be_higher_than_the_type_of_the_file(tmp_path, dtype):
    highest = 2**50 if dtype == "f8" else np.iinfo(dtype).max
    counts = np.full((6, 40), highest).astype(dtype)
    counts[5] = 7
    ids = [gene_id(number) for number in (0, 1, 0, 0, 1, 3)]
    path = write_archs4(tmp_path / "a.h5", counts, ids=ids)
    found, _ = read(path, table([0, 1, 2, 3]))
    expected = [[3 * int(highest)], [2 * int(highest)], [0], [7]]
    np.testing.assert_array_equal(found, np.array(expected, float).repeat(40, axis=1))


def test_rows_of_one_gene_are_summed(tmp_path, counts):
    ids = [gene_id(number) for number in range(GENES)]
    ids[5], ids[9], ids[12] = f"{gene_id(2)}.3", gene_id(2), ""
    path = write_archs4(tmp_path / "a.h5", counts, ids=ids)
    found, _ = read(path, table([2, 5, 3]))
    np.testing.assert_array_equal(found, [counts[[2, 5, 9]].sum(axis=0), np.zeros(SAMPLES), counts[3]])
    mapping = map_rows(archs4.read_genes(path), table([2, 5, 3])).table
    assert mapping["fate"].value_counts().to_dict() == {
        "not in the gene table": GENES - 5,
        "summed": 3,
        "mapped": 1,
        "no id": 1,
        "unmeasured": 1,
    }


def test_symbols_serve_where_a_file_has_no_ids_unless_they_are_ambiguous(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts, ids=[])
    genes = table([7, 3, 3])
    found, _ = read(path, genes)
    np.testing.assert_array_equal(found, [counts[7], np.zeros(SAMPLES), np.zeros(SAMPLES)])
    fates = map_rows(archs4.read_genes(path), genes).table.set_index("source_id")["fate"]
    assert (fates["S7"], fates["S3"]) == ("mapped", "ambiguous symbol")


def damaged(path: Path, row: int, column: int) -> Path:
    """`path` with some bytes turned over in the chunk at (row, column)."""
    with h5py.File(path) as file:
        place = file["data/expression"].id.get_chunk_info_by_coord((row, column))
        start = place.byte_offset + place.size // 2
    raw = bytearray(path.read_bytes())
    raw[start : start + 8] = bytes(byte ^ 0xFF for byte in raw[start : start + 8])
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("filters", [{"compression": "gzip"}, {"compression": "gzip", "fletcher32": True}])
def test_a_damaged_chunk_is_an_error_that_names_its_place(tmp_path, filters):
    counts = np.random.default_rng(0).integers(0, 50, (400, 12)).astype(np.uint32)
    path = damaged(write_archs4(tmp_path / "a.h5", counts, chunks=(200, 4), **filters), 200, 8)
    with pytest.raises(BadInput, match=r"a\.h5: data/expression.*sample.* 8.*damaged"):
        read(path, table(range(400)))
    found, _ = read(path, table(range(200, 400)), wanted=np.arange(12) < 8)  # other chunks are whole
    np.testing.assert_array_equal(found, counts[200:, :8])


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(
    "damage",
    [
        lambda raw, size: raw[:-1],
        lambda raw, size: raw[:-4] + b"0000",
        lambda raw, size: b"x",
        lambda raw, size: zlib.compress(bytes(size - 4)),
        lambda raw, size: zlib.compress(bytes(size + 4)),
    ],
    ids=["cut", "checksum", "a byte", "too short", "too long"],
)
def test_a_chunk_that_does_not_inflate_to_its_size_is_an_error(tmp_path, counts, damage, shuffle):
    path = write_archs4(tmp_path / "a.h5", counts, shuffle=shuffle)
    with h5py.File(path, "r+") as file:
        dataset = file["data/expression"]
        raw = dataset.id.read_direct_chunk((8, 3))[1]
        dataset.id.write_direct_chunk((8, 3), damage(raw, 4 * 4 * 3))
    with pytest.raises(
        BadInput, match=r"data/expression, chunk at gene 8, sample 3: (damaged chunk|was never written)"
    ):
        read(path, table(range(GENES)))


def test_a_chunk_whose_place_is_damaged_is_not_taken_for_one_that_was_never_written(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts)
    with h5py.File(path) as file:
        place = file["data/expression"].id.get_chunk_info_by_coord((8, 3)).byte_offset
    raw = path.read_bytes()
    assert raw.count(place.to_bytes(8, "little")) == 1
    path.write_bytes(raw.replace(place.to_bytes(8, "little"), (2**40).to_bytes(8, "little")))
    with pytest.raises(BadInput, match="data/expression, chunk at gene 8, sample 3: damaged chunk"):
        read(path, table(range(GENES)))


def test_a_truncated_file_is_an_error(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(BadInput, match="not a readable HDF5 file"):
        read(path, table(range(GENES)))


@pytest.mark.parametrize("filters", [*FILTERS, {"compression": None, "chunks": None}], ids=str)
def test_what_was_never_written_is_an_error_and_not_zeros(tmp_path, counts, filters):
    path = write_archs4(tmp_path / "a.h5", counts)
    with h5py.File(path, "r+") as file:
        del file["data/expression"]
        dataset = file.create_dataset("data/expression", counts.shape, np.uint32, **{"chunks": (4, 3)} | filters)
        if dataset.chunks:
            dataset[:, :9] = counts[:, :9]
            dataset[:20, 9:12] = counts[:20, 9:12]
    with pytest.raises(BadInput, match=r"data/expression, .*samples? \d+.* was never written") as error:
        read(path, table(range(GENES)))
    if dataset.chunks:
        assert "sample 9:" in str(error.value) or "samples 9 to 11:" in str(error.value)
        found, _ = read(path, table(range(GENES)), wanted=np.arange(SAMPLES) < 9)
        np.testing.assert_array_equal(found, counts[:, :9])


LAYOUTS = {
    "inflated by us": {"chunks": (4, 3)},
    "inflated and unshuffled by us": {"chunks": (4, 3), "shuffle": True},
    "read by HDF5": {"chunks": (4, 3), "compression": "lzf"},
    "not chunked": {"chunks": None, "compression": None},
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("i4", -1),
        ("<i4", -(2**31)),
        (">i4", -(2**31)),
        ("i1", -128),
        ("f4", -1),
        ("f4", np.inf),
        ("f8", np.nan),
        ("f8", 0.5),
        ("f8", 1e300),
    ],
)
def test_a_value_that_is_no_count_is_named_as_it_stands(tmp_path, counts, dtype, value, layout):
    """Row 4 is added to row 5 and row 7 is of no gene of the table: no sum may hide either."""
    ids = [gene_id(5 if number == 4 else number) for number in range(GENES)]
    genes = table([4, 5, 6])
    for row in (4, 7):
        values = (counts % 100).astype(dtype)
        path = write_archs4(tmp_path / "a.h5", values, ids=ids, **layout)
        np.testing.assert_array_equal(read(path, genes)[0][1:], [values[4] + values[5].astype(float), values[6]])
        values[row, 7] = value
        path = write_archs4(tmp_path / "a.h5", values, ids=ids, **layout)
        with pytest.raises(BadInput, match=rf"data/expression, gene row {row}, sample 7: .* is no count"):
            read(path, genes)


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_chunk_without_its_filters_is_checked_and_what_lies_beyond_the_edge_is_not(tmp_path, counts, shuffle):
    counts = counts.astype(np.int32)
    path = write_archs4(tmp_path / "a.h5", counts, chunks=(5, 4), shuffle=shuffle)
    edge = np.full((5, 4), -1, np.int32)
    edge[:3, :1] = counts[20:, 16:]
    raw = edge.view(np.uint8).reshape(-1, 4).T.tobytes() if shuffle else edge.tobytes()
    with h5py.File(path, "r+") as file:
        file["data/expression"].id.write_direct_chunk((20, 16), zlib.compress(raw))
    np.testing.assert_array_equal(read(path, table(range(GENES)))[0], counts)
    with h5py.File(path, "r+") as file:
        file["data/expression"].id.write_direct_chunk((20, 12), edge.tobytes(), filter_mask=3 if shuffle else 1)
    with pytest.raises(BadInput, match="gene row 20, sample 13: -1 is no count"):
        read(path, table(range(GENES)))


def test_text_where_numbers_belong_is_refused(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts, fields={"singlecellprobability": ["0.25"] * SAMPLES})
    assert set(archs4.read_samples(path, 0, 1, set())["singlecellprobability"]) == {0.25}
    write_archs4(path, counts, fields={"singlecellprobability": ["low"] * SAMPLES})
    with pytest.raises(BadInput, match="meta/samples/singlecellprobability: holds what is no number .*'low'"):
        archs4.read_samples(path, 0, 1, set())
    write_archs4(path, counts.astype("S9"))
    with pytest.raises(BadInput, match=r"data/expression: holds \|S9 where counts belong"):
        archs4.read_samples(path, 0, 1, set())


def test_another_layout_is_refused_by_the_name_of_what_is_missing(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts)
    with pytest.raises(BadInput, match="meta/samples/tissue: is missing; beside it: alignedreads, geo_accession"):
        archs4.read_samples(path, 0, 1, {"tissue"})
    write_archs4(path, counts, fields={"title": ["GSM0"]})
    with pytest.raises(BadInput, match="meta/samples/title: is shorter than geo_accession"):
        archs4.read_samples(path, 0, 1, {"title"})
    write_archs4(path, counts.T.copy())
    with h5py.File(path, "r+") as file:
        del file["meta/samples/geo_accession"]
        file["meta/samples/geo_accession"] = [f"GSM{number}" for number in range(SAMPLES)]
    with pytest.raises(BadInput, match=r"data/expression: shape \(17, 23\) is not genes x 17 samples"):
        archs4.read_samples(path, 0, 1, set())


READS = {
    "meta/samples/title": lambda path: archs4.read_samples(path, 0, 1, {"title"}),
    "meta/samples/geo_accession": lambda path: archs4.read_samples(path, 0, 1, set()),
    "meta/samples/singlecellprobability": lambda path: archs4.read_samples(path, 0, 1, set()),
    "meta/genes/ensembl_gene": lambda path: map_rows(archs4.read_genes(path), table(range(GENES))),
    "meta/genes/symbol": lambda path: map_rows(archs4.read_genes(path), table(range(GENES))),
}


@pytest.mark.parametrize(
    "values", [[[b"a", b"b"]] * SAMPLES, [[1.0, 2.0]] * SAMPLES, [[b"a"]] * GENES, b"a", 1.0], ids=str
)
@pytest.mark.parametrize("name", READS)
def test_metadata_of_other_than_one_dimension_are_refused(tmp_path, counts, name, values):
    path = write_archs4(tmp_path / "a.h5", counts, ids=[] if name.endswith("symbol") else None)
    with h5py.File(path, "r+") as file:
        del file[name]
        file[name] = np.array(values)
    with pytest.raises(BadInput, match=rf"a\.h5: {name}: shape \(.*\) is not a single column of values\. Give a file"):
        READS[name](path)


@pytest.mark.parametrize("name", ["data/expression", "meta", "meta/samples/title"])
def test_a_file_that_leads_to_another_is_refused_by_every_reading(tmp_path, counts, name):
    other = write_archs4(tmp_path / "other.h5", counts)
    mapping = map_rows(archs4.read_genes(other), table(range(GENES)))
    path = write_archs4(tmp_path / "a.h5", counts)
    with h5py.File(path, "r+") as file:
        del file[name]
        file[name] = h5py.ExternalLink(str(other), name)
    for reading in (
        lambda: archs4.sample_range(path, 0, 1),
        lambda: archs4.read_samples(path, 0, 1, {"title"}),
        lambda: map_rows(archs4.read_genes(path), table(range(GENES))),
        lambda: list(archs4.read_counts(path, mapping, 0, 1, np.ones(SAMPLES, bool), 1)),
    ):
        with pytest.raises(BadInput, match=rf"a\.h5: {name}: lies in another file, .*other\.h5"):
            reading()
