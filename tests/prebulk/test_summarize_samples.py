"""Every input sample once, with its last fate; gene rows counted once a file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.prebulk.sources import FILTERS, sketch_of, spec, write_archs4, write_genes
from workflow_scripts.contracts import gene_mapping
from workflow_scripts.contracts import splits as split_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.find_duplicates import find_duplicates
from workflow_scripts.prebulk.normalize_counts import normalize_counts
from workflow_scripts.prebulk.split_samples import split_samples
from workflow_scripts.prebulk.summarize_samples import summarize_samples

GENES, SAMPLES = 60, 24


@pytest.fixture
def prebulk(tmp_path):
    """A corpus of two shards with a duplicate, a single cell and two rows of one gene, run to its splits."""
    counts = np.random.default_rng(0).integers(0, 500, (GENES, SAMPLES))
    counts[:, 20] = counts[:, 2]
    probability = [0.9 if sample == 7 else 0.1 for sample in range(SAMPLES)]
    source = write_archs4(tmp_path / "a.h5", counts, fields={"singlecellprobability": probability})
    write_genes(tmp_path / "genes.parquet", GENES + 1)
    shards = []
    for shard in ("0000", "0001"):
        files = {
            name: tmp_path / f"{name}/made/{shard}.{suffix}"
            for name, suffix in {
                "expression": "h5ad",
                "sketch": "npz",
                "samples": "parquet",
                "mapping": "parquet",
            }.items()
        }
        section = spec(shards_per_file=2, filters=FILTERS)
        normalize_counts(
            counts=[source],
            genes=tmp_path / "genes.parquet",
            found=None,
            sheet=None,
            aliases=None,
            transcripts=None,
            qc=[],
            **files,
            spec=section,
            corpus="made",
            shard=shard,
            threads=1,
        )
        shards.append(files)
    stores = [files["expression"] for files in shards]
    find_duplicates(
        sketches=[sketch_of(path) for path in stores],
        expression=stores,
        duplicates=tmp_path / "duplicates.parquet",
        spec={"min_correlation": 0.999, "prefer": []},
        threads=1,
    )
    split_samples(
        samples=[files["samples"] for files in shards],
        duplicates=tmp_path / "duplicates.parquet",
        splits=tmp_path / "splits.parquet",
        spec={"by": "group", "seed": 1, "train": 0.7, "validation": 0.15, "test": 0.15},
    )
    return tmp_path, shards


def run(folder, shards):
    summarize_samples(
        sample_shards=[files["samples"] for files in shards],
        mapping_shards=[files["mapping"] for files in shards],
        duplicates=folder / "duplicates.parquet",
        splits=folder / "splits.parquet",
        samples=folder / "samples.parquet",
        mapping=folder / "mapping.parquet",
    )
    return pd.read_parquet(folder / "samples.parquet").set_index("sample_id"), pd.read_parquet(
        folder / "mapping.parquet"
    )


def test_every_sample_has_one_fate_and_only_kept_ones_a_split(prebulk):
    samples, _ = run(*prebulk)
    assert list(samples.index) == [f"GSM{number}" for number in range(SAMPLES)]
    assert samples.loc["GSM20", ["fate", "duplicate_of", "split"]].tolist() == ["duplicate", "GSM2", ""]
    assert samples.loc["GSM7", ["fate", "duplicate_of", "split"]].tolist() == ["single_cell", "", ""]
    kept = samples.drop(["GSM7", "GSM20"])
    assert set(kept["fate"]) == {"kept"}
    assert set(kept["split"]) == {"train", "validation", "test"}


def test_gene_rows_are_counted_once_a_file(prebulk):
    _, mapping = run(*prebulk)
    assert mapping[["file", "fate", "genes"]].to_numpy().tolist() == [
        ["a.h5", "mapped", GENES],
        ["a.h5", "unmeasured", 1],
    ]
    assert mapping["examples"].iloc[0] == "ENSG00000000000, ENSG00000000001, ENSG00000000002"


def test_a_file_of_one_gene_row_is_counted_too(prebulk):
    folder, shards = prebulk
    other = pd.read_parquet(shards[0]["mapping"]).iloc[:1].assign(corpus="other")
    gene_mapping.write_rows(other, folder / "other.parquet")
    shards[1]["mapping"] = folder / "other.parquet"
    _, mapping = run(folder, shards)
    assert mapping[["corpus", "genes"]].to_numpy().tolist() == [["made", GENES], ["made", 1], ["other", 1]]


def test_splits_of_another_run_are_refused(prebulk):
    folder, shards = prebulk
    splits = split_table.read(folder / "splits.parquet")
    for other in ("GSM99", "GSM7", "GSM20"):  # of no corpus, a single cell, a duplicate
        split_table.write(splits.replace({"sample_id": {"GSM3": other}}), folder / "splits.parquet")
        with pytest.raises(BadInput, match=f"sample '{other}': has a split, and is kept in no corpus"):
            run(folder, shards)


def test_what_a_split_by_corpus_leaves_out_is_said(prebulk):
    folder, shards = prebulk
    splits = split_table.read(folder / "splits.parquet")
    split_table.write(splits[splits["sample_id"] != "GSM3"], folder / "splits.parquet")
    samples, _ = run(folder, shards)
    assert samples.loc["GSM3", ["fate", "duplicate_of", "split"]].tolist() == ["not_split", "", ""]
    assert samples.loc["GSM7", "fate"] == "single_cell" and samples.loc["GSM20", "fate"] == "duplicate"
    assert set(samples["fate"].drop(["GSM3", "GSM7", "GSM20"])) == {"kept"}
