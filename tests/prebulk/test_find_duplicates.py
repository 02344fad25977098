"""The same measurement is found within and across corpora, and nothing else is dropped."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import connected_components

from tests.prebulk.sources import gene_id, sketch_of, write_shard
from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk import duplicates as duplicate_table
from workflow_scripts.prebulk.duplicates import drop_all_but_one, unit_rows
from workflow_scripts.prebulk.find_duplicates import find_duplicates
from workflow_scripts.prebulk.sketch import sketch_genes

find_duplicates_module = sys.modules[find_duplicates.__module__]
GENES = 700  # more than a sketch holds


@pytest.fixture(scope="module")
def tissue() -> np.ndarray:
    """60 samples of one tissue (log(TPM+1), samples x genes), pairwise correlation about 0.97."""
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, GENES) + rng.normal(0, 0.35, (60, GENES))
    return np.maximum(x, 0).astype(np.float32)


def run(folder: Path, shards: list[Path], prefer: tuple[str, ...] = (), min_correlation: float = 0.999):
    path = folder / "duplicates.parquet"
    find_duplicates(
        sketches=[sketch_of(shard) for shard in shards],
        expression=shards,
        duplicates=path,
        spec={"min_correlation": min_correlation, "prefer": list(prefer)},
        threads=2,
    )
    return duplicate_table.read(path).set_index("sample_id")


def shard(folder: Path, corpus: str, number: int, x: np.ndarray, labels: list[str] | None = None) -> Path:
    names = [f"{corpus}{number}-{row}" for row in range(len(x))]
    obs = pd.DataFrame({"group": names, "label": labels or ["a"] * len(x)}, index=names)
    return write_shard(folder, corpus, number, x, obs, [gene_id(gene) for gene in range(x.shape[1])])


def test_planted_duplicates_are_found_in_one_shard_across_shards_and_across_corpora(tmp_path, tissue):
    rounded = np.log1p(np.rint(np.expm1(tissue[30]))).astype(np.float32)  # counts were rounded
    shards = [
        shard(tmp_path, "one", 0, np.vstack([tissue[:20], tissue[4]])),
        shard(tmp_path, "one", 1, np.vstack([tissue[20:40], tissue[7]])),
        shard(tmp_path, "two", 0, np.vstack([tissue[40:], rounded])),
    ]
    found = run(tmp_path, shards)
    assert found["duplicate_of"].to_dict() == {"one0-20": "one0-4", "one1-20": "one0-7", "two0-20": "one1-10"}
    assert (found["correlation"] >= 0.999).all()
    found = run(tmp_path, shards, prefer=["two"])
    assert found.loc["one1-10", "duplicate_of"] == "two0-20"


def test_samples_of_one_tissue_are_not_duplicates(tmp_path, tissue):
    correlation = np.corrcoef(tissue)[np.triu_indices(60, 1)]
    assert correlation.max() > 0.97
    assert run(tmp_path, [shard(tmp_path, "one", 0, tissue)]).empty


def test_sources_that_measure_different_genes_are_compared_on_the_common_ones(tmp_path, tissue):
    rng = np.random.default_rng(1)
    first, second = tissue[:30].copy(), tissue[20:].copy()
    first[:, rng.choice(GENES, 70, replace=False)] = np.nan
    second[:, rng.choice(GENES, 70, replace=False)] = np.nan
    found = run(tmp_path, [shard(tmp_path, "one", 0, first), shard(tmp_path, "two", 0, second)])
    assert found["duplicate_of"].to_dict() == {f"two0-{row}": f"one0-{20 + row}" for row in range(10)}


def test_sources_without_common_genes_are_not_compared_and_it_is_said(tmp_path, tissue, caplog):
    first, second = tissue[:5].copy(), tissue[:5].copy()
    first[:, ::2], second[:, 1::2] = np.nan, np.nan
    assert run(tmp_path, [shard(tmp_path, "one", 0, first), shard(tmp_path, "two", 0, second)]).empty
    assert "5 and 5 samples share too few genes" in caplog.text


def test_of_a_connected_set_one_stays_the_labelled_before_the_first(tmp_path, tissue):
    x = np.vstack([tissue[0], tissue[0], tissue[0], tissue[1]])
    found = run(tmp_path, [shard(tmp_path, "one", 0, x, labels=["", "liver", "liver", ""])])
    assert found["duplicate_of"].to_dict() == {"one0-0": "one0-1", "one0-2": "one0-1"}


def test_a_near_duplicate_is_told_by_all_genes_and_not_by_the_sketch(tmp_path, tissue):
    rng = np.random.default_rng(2)
    above, below = (tissue[0] + rng.normal(0, sd, GENES) for sd in (0.05, 0.12))
    exact = [float(np.corrcoef(tissue[0], x)[0, 1]) for x in (above, below)]
    assert exact[0] > 0.999 > exact[1] > 0.996
    assert np.corrcoef(above, below)[0, 1] < 0.999
    found = run(tmp_path, [shard(tmp_path, "one", 0, np.vstack([tissue[0], above, below]).astype(np.float32))])
    assert found.index.tolist() == ["one0-1"]
    assert found["correlation"].iloc[0] == pytest.approx(exact[0], abs=1e-6)


def test_one_gene_far_off_hides_no_duplicate(tmp_path):
    """Of 20,000 genes it is nothing (r 0.9997), of the 512 of a sketch it would be much (0.99)."""
    rng = np.random.default_rng(0)
    x = np.maximum(rng.normal(3, 2, (3, 20_000)), 0).astype(np.float32)
    ids = [gene_id(gene) for gene in range(x.shape[1])]
    x[1] = x[0]
    x[1, sketch_genes(order_digest(ids), len(ids))[100]] += 5
    assert 0.9995 < np.corrcoef(x[0], x[1])[0, 1] < 0.9999
    assert run(tmp_path, [shard(tmp_path, "one", 0, x)]).index.tolist() == ["one0-1"]


@pytest.fixture
def work(monkeypatch) -> Counter:
    """Counts the rows of X that are read, and the pairs that are compared by sketch and in full."""
    done: Counter = Counter()
    read_rows, close, correlations = expression_store.read_rows, duplicate_table._close, duplicate_table.correlations

    def counted_rows(data, rows, path):
        done["rows"] += len(rows)
        return read_rows(data, rows, path)

    def counted_sketches(points, pairs, radius):
        done["sketches"] += len(pairs)
        return close(points, pairs, radius)

    def counted_pairs(a, b):
        done["pairs"] += len(a)
        return correlations(a, b)

    monkeypatch.setattr(expression_store, "read_rows", counted_rows)
    monkeypatch.setattr(duplicate_table, "_close", counted_sketches)
    monkeypatch.setattr(duplicate_table, "correlations", counted_pairs)
    return done


def alike(tissue: np.ndarray, samples: int, sd: float) -> np.ndarray:
    """One sample of the tissue measured so many times."""
    return (tissue[0] + np.random.default_rng(3).normal(0, sd, (samples, GENES))).astype(np.float32)


def test_a_dense_cluster_costs_about_one_comparison_a_sample(tmp_path, tissue, work, monkeypatch):
    monkeypatch.setattr(duplicate_table, "NEAR", 10_000)
    x = alike(tissue, 600, 0.02)
    assert np.corrcoef(x).min() > 0.9995
    found = run(tmp_path, [shard(tmp_path, "one", number, x[200 * number :][:200]) for number in range(3)])
    assert len(found) == 599
    assert set(found["duplicate_of"]) == {"one0-0"}
    assert (found["correlation"] >= 0.999).all()
    assert work["pairs"] < 2 * 600  # of 179,700
    assert work["sketches"] < 2 * 10_000
    assert work["rows"] == 600


def test_near_samples_that_are_not_the_same_are_all_compared_and_rows_are_seldom_read_twice(
    tmp_path, tissue, work, monkeypatch
):
    x = alike(tissue, 200, 0.08)
    assert 0.997 < np.corrcoef(x)[np.triu_indices(200, 1)].max() < 0.999
    path = shard(tmp_path, "one", 0, x)
    assert run(tmp_path, [path]).empty
    pairs = 200 * 199 / 2
    assert work == {"sketches": 3 * pairs, "pairs": pairs, "rows": 200}, "near in both halves, compared once"
    work.clear()
    monkeypatch.setattr(find_duplicates_module, "ROWS", 100)
    assert run(tmp_path, [path]).empty
    assert work["pairs"] == 200 * 199 / 2
    assert work["rows"] < 20 * 200  # two for each pair would be 39,800


@pytest.mark.parametrize("seed", range(4))
def test_the_sets_are_those_of_all_pairs_however_the_work_is_cut(tmp_path, tissue, seed, monkeypatch):
    rng = np.random.default_rng(seed)
    x = tissue[rng.integers(0, 6, 60)] + rng.normal(0, 1, (60, GENES)) * rng.choice([0.03, 0.06, 0.08, 0.1], (60, 1))
    x = x.astype(np.float32)
    same = np.corrcoef(x) >= 0.999
    _, expected = connected_components(same)
    assert 6 < len(set(expected)) < 54  # some are the same and some are not
    for module, name, size in [(find_duplicates_module, "ROWS", 8), (find_duplicates_module, "PAIRS", 5),
                               (duplicate_table, "NEAR", 40), (duplicate_table, "BLOCK", 7)]:  # fmt: skip
        monkeypatch.setattr(module, name, size)
    names = np.array([f"one{number}-{row}" for number in range(2) for row in range(30)])
    found = run(tmp_path, [shard(tmp_path, "one", number, x[30 * number :][:30]) for number in range(2)])
    first = {name: names[expected == expected[row]][0] for row, name in enumerate(names)}
    assert found["duplicate_of"].to_dict() == {name: kept for name, kept in first.items() if name != kept}


def test_rows_are_scaled_to_length_one_however_little_they_vary() -> None:
    rows = unit_rows(np.array([[3.0, 3.1, 3.2], [0, 1000, 5000], [2, 2, 2]], np.float32))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0], atol=1e-6)
    np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-5)


def test_empty_and_constant_shards_hold_no_duplicates(tmp_path, tissue):
    shards = [shard(tmp_path, "one", 0, tissue[:0]), shard(tmp_path, "one", 1, np.ones((3, GENES), np.float32))]
    assert run(tmp_path, shards).empty
    assert run(tmp_path, shards[:1]).empty


def test_the_order_of_shards_of_other_corpora_does_not_matter(tmp_path, tissue):
    shards = [shard(tmp_path, name, 0, tissue[:5]) for name in ("one", "two", "three")]
    pd.testing.assert_frame_equal(run(tmp_path, shards).sort_index(), run(tmp_path, shards[::-1]).sort_index())


def test_one_identifier_in_two_shards_is_refused(tmp_path, tissue):
    obs = pd.DataFrame({"group": "g", "label": ""}, index=["GSM1"])
    gene_ids = [gene_id(gene) for gene in range(GENES)]
    shards = [write_shard(tmp_path, name, 0, tissue[:1], obs, gene_ids) for name in ("one", "two")]
    with pytest.raises(BadInput, match=r"sample 'GSM1': stands twice under one identifier \(one, two\)"):
        run(tmp_path, shards)


def test_a_damaged_sketch_is_refused(tmp_path, tissue):
    path = shard(tmp_path, "one", 0, tissue[:2])
    sketch_of(path).write_bytes(sketch_of(path).read_bytes()[:200])
    with pytest.raises(BadInput, match="npz: is damaged, cut short"):
        run(tmp_path, [path])


def test_a_damaged_chunk_of_a_candidate_is_refused(tmp_path, tissue):
    path = shard(tmp_path, "one", 0, tissue[[0, 0, 1]])
    with h5py.File(path) as file:
        chunk = file["X"].id.get_chunk_info(0)
    bytes_ = bytearray(path.read_bytes())
    bytes_[chunk.byte_offset + chunk.size // 2] ^= 0xFF
    path.write_bytes(bytes_)
    with pytest.raises(BadInput, match="0000.h5ad: is damaged"):
        run(tmp_path, [path])
    assert not (tmp_path / "duplicates.parquet").exists()


def test_of_several_preferred_corpora_the_first_counts_most() -> None:
    samples = pd.DataFrame({"sample_id": ["a", "b", "c"], "corpus": ["one", "two", "three"], "label": ""})
    sets = SimpleNamespace(of=np.zeros(3, int), highest=np.ones(3))
    dropped = drop_all_but_one(samples, sets, ["three", "two"])
    assert set(dropped["sample_id"]) == {"a", "b"} and set(dropped["duplicate_of"]) == {"c"}
