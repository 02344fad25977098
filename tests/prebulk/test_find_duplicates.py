"""The same measurement is found within and across corpora, and nothing else is dropped."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from tests.prebulk.sources import gene_id, sketch_of, write_shard
from workflow_scripts.contracts.errors import BadInput
from workflow_scripts.prebulk import duplicates as duplicate_table
from workflow_scripts.prebulk.find_duplicates import find_duplicates

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


def test_an_unknown_preferred_corpus_is_refused(tmp_path, tissue):
    with pytest.raises(BadInput, match="'tcga' is no corpus. The corpora are one"):
        run(tmp_path, [shard(tmp_path, "one", 0, tissue[:2])], prefer=["tcga"])


def test_a_damaged_sketch_is_refused(tmp_path, tissue):
    path = shard(tmp_path, "one", 0, tissue[:2])
    sketch_of(path).write_bytes(sketch_of(path).read_bytes()[:200])
    with pytest.raises(BadInput, match="not a readable sketch"):
        run(tmp_path, [path])


def test_a_damaged_chunk_of_a_candidate_is_refused(tmp_path, tissue):
    path = shard(tmp_path, "one", 0, tissue[[0, 0, 1]])
    sketch_of(path)
    with h5py.File(path) as file:
        chunk = file["X"].id.get_chunk_info(0)
    bytes_ = bytearray(path.read_bytes())
    bytes_[chunk.byte_offset + chunk.size // 2] ^= 0xFF
    path.write_bytes(bytes_)
    with pytest.raises(BadInput, match="0000.h5ad: X: damaged"):
        run(tmp_path, [path])
    assert not (tmp_path / "duplicates.parquet").exists()
