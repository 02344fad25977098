"""Content that breaks the promise of its format is refused on writing, and nothing is written."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

from tests.support.disks import small_disk
from tests.support.examples import EXAMPLES, genes, overwrite, standardizer_table
from workflow_scripts.contracts import (
    gene_table,
    model_bundle,
    polymerase,
    provenance,
    splits,
    standardizer,
    track_store,
)
from workflow_scripts.io import seal
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import sealed, unsealed
from workflow_scripts.io.tables import SEAL

TABLES = [name for name, example in EXAMPLES.items() if isinstance(example.content, pd.DataFrame) and name != "truth"]
# A user gives a sheet what columns he likes, and a search what settings.
STRICT = [name for name in TABLES if name not in ("sample_sheet", "trials")]
ONCE = [name for name in TABLES if name != "gene_mapping: rows"]  # a source may name a gene twice


def refused(name: str, content: Any, folder: Path, message: str) -> None:
    path = folder / EXAMPLES[name].file
    with pytest.raises(BadInput, match=message) as fault:
        EXAMPLES[name].write(content, path)
    assert "\n" not in str(fault.value)
    assert str(path) in str(fault.value)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", STRICT)
def test_a_missing_column_is_refused(name: str, tmp_path: Path) -> None:
    content = EXAMPLES[name].content
    for column in content.columns:
        refused(name, content.drop(columns=column), tmp_path, column)


@pytest.mark.parametrize("name", STRICT)
def test_a_column_too_many_is_refused(name: str, tmp_path: Path) -> None:
    refused(name, EXAMPLES[name].content.assign(surplus=1), tmp_path, "surplus")


@pytest.mark.parametrize("name", ONCE)
def test_a_row_that_stands_twice_is_refused(name: str, tmp_path: Path) -> None:
    content = EXAMPLES[name].content
    refused(name, pd.concat([content, content.iloc[[0]]], ignore_index=True), tmp_path, "not unique|duplicate")


CHANGES = [
    ("gene_table", {"gene_id": ["G0", "", "G2", "G3"]}, "gene_id"),
    ("gene_table", {"gene_id": ["G0", None, "G2", "G3"]}, "gene_id"),
    ("gene_table", {"strand": "."}, "strand"),
    ("gene_table", {"start": -1}, "start"),
    ("gene_table", {"start": 0.5}, "start"),
    ("gene_table", {"end": 0}, "end is after start"),
    ("gene_table", {"tss": lambda table: table["end"]}, "tss lies in the gene"),
    ("gene_table", {"protein_length": 0}, "protein_length is above 0 where there is a protein_id"),
    ("gene_table", {"protein_id": ""}, "protein_length is above 0 where there is a protein_id"),
    ("gene_table", {"protein_length": -1}, "protein_length"),
    ("gene_table", {"exon_length": np.nan}, "exon_length"),
    ("splits", {"split": "holdout"}, "split"),
    ("splits", {"group": ""}, "group"),
    ("splits", {"label": None}, "label"),
    ("splits", {"group": list("aaabc")}, "group 'a': stands in more than one split"),
    ("standardizer", {"sd": -1.0}, "sd"),
    ("standardizer", {"n": -1}, "n"),
    ("standardizer", {"mean": "high"}, "mean"),
    ("metrics", {"level": "per_cell"}, "level"),
    ("metrics", {"split": "all"}, "split"),
    ("metrics", {"n": -1}, "n"),
    ("predictions", {"predicted": None}, "predicted"),
    ("polymerase", {"body_length": -1}, "body_length"),
    ("polymerase", {"measured": 1}, "measured"),
    ("track_store: windows", {"split": "holdout"}, "split"),
    ("annotated_genes", {"strand": "."}, "strand"),
    ("annotated_genes", {"end": 0}, "end is after start"),
    ("seqlets", {"sign": 0}, "sign"),
    ("seqlets", {"sequence": ["ACG", "TN"]}, "sequence is that of its place"),
    ("seqlets", {"sequence": ["ACGU", "TN"]}, "sequence"),
    ("word_enrichment", {"p": 1.5}, "p"),
    ("word_enrichment", {"rest": -1}, "rest"),
    ("word_enrichment", {"kind": "word"}, "kind"),
    ("motif_hits", {"score": 9.0}, "score is at or above the threshold"),
    ("motif_hits", {"in_seqlet": 2}, "in_seqlet"),
    ("metagene", {"direction": "both"}, "direction"),
    ("metagene", {"signal": -1.0}, "signal"),
    ("history", {"epoch": [1, 2, 3]}, "counts from 0"),
    ("history", {"seconds": np.nan}, "seconds"),
]


@pytest.mark.parametrize(("name", "change", "message"), CHANGES)
def test_a_wrong_value_is_refused(name: str, change: dict[str, Any], message: str, tmp_path: Path) -> None:
    refused(name, EXAMPLES[name].content.assign(**change), tmp_path, message)


def unknown(x: np.ndarray, row: Any, column: Any, value: float = np.nan) -> np.ndarray:
    x = x.copy()
    x[row, column] = value
    return x


MATRICES: list[tuple[str, Callable[[np.ndarray, pd.DataFrame], tuple], str]] = [
    ("gene_embedding", lambda x, obs: (x, obs.assign(missing=False)), "gene G2: vector and `missing` disagree"),
    ("gene_embedding", lambda x, obs: (x, obs.assign(missing=True)), "gene G0: vector and `missing` disagree"),
    ("gene_embedding", lambda x, obs: (unknown(x, 1, 0), obs), "gene G1: vector and `missing` disagree"),
    ("gene_embedding", lambda x, obs: (unknown(x, 1, 0, np.inf), obs), "gene G1"),
    ("gene_embedding", lambda x, obs: (x, obs.drop(columns="windows")), "obs/windows: is missing"),
    ("gene_vectors", lambda x, obs: (unknown(x, 2, 0), obs), "gene G2: its vector is not finite"),
    ("gene_vectors", lambda x, obs: (x, obs.drop(columns="known")), "obs/known: is missing"),
    ("expression", lambda x, obs: (unknown(x, 0, 0), obs), "gene G0: values and `measured` disagree"),
    ("expression", lambda x, obs: (unknown(x, slice(None), 1, 0.0), obs), "gene G1: values and `measured` disagree"),
    ("expression", lambda x, obs: (x, obs.drop(columns="label")), "obs/label: is missing"),
    ("expression", lambda x, obs: (x, obs.rename(index={"S1": "S0"})), "sample 'S0': stands twice"),
    ("merged_samples", lambda x, obs: (unknown(x, 3, 1), obs), "X: a value of a gene that every source measures is"),
    ("merged_samples", lambda x, obs: (x, obs.drop(columns="split")), "obs/split: is missing"),
    ("sample_embedding", lambda x, obs: (x, obs.drop(columns="split")), "obs/split: is missing"),
]


@pytest.mark.filterwarnings("ignore:Observation names are not unique")
@pytest.mark.parametrize(("name", "change", "message"), MATRICES)
def test_a_matrix_that_disagrees_with_its_rows_is_refused(
    name: str, change: Callable[[np.ndarray, pd.DataFrame], tuple], message: str, tmp_path: Path
) -> None:
    refused(name, change(*EXAMPLES[name].content), tmp_path, message)


@pytest.mark.parametrize("change", ["blocks", "mask"])
@pytest.mark.parametrize("rows", [2, 4])
def test_targets_for_another_number_of_windows_are_refused(change: str, rows: int, tmp_path: Path) -> None:
    """A window that no block came for would stand as zeros."""
    given = {"blocks": np.ones((3, 2, 8)), "mask": np.ones((3, 2, 8), bool)}
    given[change] = np.ones((rows, *given[change].shape[1:]), given[change].dtype)
    targets = EXAMPLES["track_store: targets"].content._replace(targets=given["blocks"], mask=given["mask"])
    with pytest.raises(ValueError, match="zip"):
        EXAMPLES["track_store: targets"].write(targets, tmp_path / "targets.h5")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": np.ones((3, 2, 7))}, "targets: shape .* does not fit 2 tracks and the mask"),
        ({"targets": np.ones((3, 3, 8))}, "targets: shape .* does not fit 2 tracks and the mask"),
        ({"targets": unknown(np.ones((3, 2, 8)), 2, 1)}, "targets: hold a value that is no sum of signal"),
        ({"targets": unknown(np.ones((3, 2, 8)), 0, 0, np.inf)}, "targets: hold a value that is no sum of signal"),
        ({"targets": -np.ones((3, 2, 8))}, "targets: hold a value that is no sum of signal"),
        ({"tracks": [{"name": "a", "assay": "netseq", "strand": sign} for sign in "+-"]}, "track 0"),
        ({"tracks": [{"name": "a", "strand": "plus"}] * 2}, "track 0"),
    ],
)
def test_targets_that_break_their_promise_are_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    refused("track_store: targets", EXAMPLES["track_store: targets"].content._replace(**change), tmp_path, message)


@pytest.mark.parametrize(
    "values",
    [-np.ones((1, 2, 8)), np.full((1, 2, 8), np.nan), np.full((1, 2, 8), np.inf)],
    ids=["negative", "nan", "inf"],
)
def test_what_is_no_signal_is_not_predicted(values: np.ndarray, tmp_path: Path) -> None:
    content = EXAMPLES["predicted_tracks"].content._replace(values={"a": values.astype(np.float32)})
    refused("predicted_tracks", content, tmp_path, "a: holds a value that is no signal")


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("scores", np.ones((2, 5, 3), np.float32), "scores: shape .* does not fit 2 regions and bases"),
        ("scores", np.full((2, 5, 4), np.nan, np.float32), "scores: hold what is no number"),
        ("shuffled", np.full((2, 5), np.inf, np.float32), "scores: hold what is no number"),
        ("shuffled", np.ones((2, 4), np.float32), "scores: shape .* does not fit"),
        ("bases", np.full((2, 5), 5, np.uint8), "bases: hold what is no base"),
        ("regions", {"end": [16, 45]}, "regions: are not of the width of their bases"),
        ("regions", {"strand": "."}, "regions: are not of the width of their bases, on one strand"),
        ("regions", {"signal": 0.0}, "or the signal is none"),
        ("regions", {"name": "G0"}, "name: is that of several regions"),
        ("about", {"run": "r"}, "downstream: is missing"),
    ],
)
def test_attributions_that_break_their_promise_are_refused(
    part: str, change: Any, message: str, tmp_path: Path
) -> None:
    content = EXAMPLES["attributions"].content
    change = content.regions.assign(**change) if part == "regions" else change
    refused("attributions", content._replace(**{part: change}), tmp_path, message)


@pytest.mark.parametrize("windows", [0, 2])
def test_a_fold_is_predicted_whole(windows: int, tmp_path: Path) -> None:
    content = EXAMPLES["predicted_tracks"].content._replace(values={"a": np.ones((windows, 2, 8), np.float32)})
    with pytest.raises((ValueError, TypeError)):
        EXAMPLES["predicted_tracks"].write(content, tmp_path / "predicted.h5")
    assert list(tmp_path.iterdir()) == []


def test_targets_of_other_windows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "targets.h5"
    EXAMPLES["track_store: targets"].write(EXAMPLES["track_store: targets"].content, path)
    for change in ({"start": [1, 64, 128]}, {"chrom": "2"}, {"split": "train"}, {"fold": 0}):
        with pytest.raises(BadInput, match="windows: made for other windows"):
            track_store.read_targets(path, EXAMPLES["track_store: windows"].content.assign(**change))


def test_polymerase_features_of_other_genes_are_refused(tmp_path: Path) -> None:
    """Also where a single track has them in another order."""
    table = EXAMPLES["polymerase"].content
    turned = pd.concat([table, table.iloc[::-1].assign(track="other")], ignore_index=True)
    for content in (table.iloc[::-1], table.iloc[1:], turned):
        refused("polymerase", content, tmp_path, "made for another gene table")


@pytest.mark.parametrize("key", provenance.KEYS)
def test_provenance_lacks_no_key(key: str, tmp_path: Path) -> None:
    content = EXAMPLES["provenance"].content
    refused("provenance", {name: content[name] for name in content if name != key}, tmp_path, f"{key}: is missing")


@pytest.mark.parametrize("key", model_bundle.KEYS)
def test_the_configuration_of_a_model_lacks_no_key(key: str, tmp_path: Path) -> None:
    path = tmp_path / "model"
    EXAMPLES["model_bundle"].write(EXAMPLES["model_bundle"].content, path)
    config = unsealed(path / "config.json", "")
    del config[key]
    (path / "config.json").write_text(sealed(config))
    with pytest.raises(BadInput, match=f"{key}: is missing"):
        model_bundle.read(path)


def test_a_model_that_the_disk_does_not_hold_is_said_as_such(tmp_path: Path) -> None:
    content = EXAMPLES["model_bundle"].content
    with small_disk(tmp_path / "disk", "64k") as disk:
        with pytest.raises(OSError, match="No space left on device") as caught:
            EXAMPLES["model_bundle"].write({**content, "large": torch.ones(100_000)}, disk / "model")
        assert caught.value.errno == errno.ENOSPC
        assert list(disk.iterdir()) == []


# Files that another program changed: the metadata says one thing, the content another.


def rewritten(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Change a parquet file but leave its metadata, and seal it again."""
    import pyarrow
    from pyarrow import parquet

    table = parquet.read_table(path)
    changed = pyarrow.Table.from_pandas(change(table.to_pandas()), preserve_index=False)
    parquet.write_table(changed.replace_schema_metadata({**table.schema.metadata, SEAL: seal.BLANK}), path)
    seal.seal_within(path)


@pytest.mark.parametrize("contract", [gene_table, standardizer])
def test_a_table_whose_genes_were_reordered_is_refused(contract: Any, tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    if contract is gene_table:
        gene_table.write(genes(), path, "toy")
    else:
        standardizer.write(standardizer_table(), path)
    rewritten(path, lambda table: table.iloc[::-1])
    with pytest.raises(BadInput, match="made for another gene table"):
        contract.read(path)


def test_splits_in_which_a_group_came_to_straddle_are_refused(tmp_path: Path) -> None:
    EXAMPLES["splits"].write(EXAMPLES["splits"].content, tmp_path / "splits.parquet")
    rewritten(tmp_path / "splits.parquet", lambda table: table.assign(group="a"))
    with pytest.raises(BadInput, match="group 'a': stands in more than one split"):
        splits.read(tmp_path / "splits.parquet")


def test_polymerase_features_whose_genes_were_reordered_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "polymerase.parquet"
    EXAMPLES["polymerase"].write(EXAMPLES["polymerase"].content, path)
    rewritten(path, lambda table: table.iloc[::-1])
    with pytest.raises(BadInput, match="made for another gene table"):
        polymerase.read(path)


def sealed_again(path: Path, change: Callable[[h5py.File], None]) -> None:
    """Change an HDF5 file and give it a seal that fits."""
    overwrite(path, path.read_bytes()[: -seal.LENGTH])
    with h5py.File(path, "r+") as file:
        change(file)
    seal.seal(path)


@pytest.mark.parametrize(
    ("name", "axis"),
    [("expression", "var"), ("gene_embedding", "obs"), ("gene_vectors", "obs"), ("merged_samples", "var")],
)
def test_a_matrix_whose_genes_were_renamed_is_refused(name: str, axis: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    path = tmp_path / example.file
    example.write(example.content, path)

    def rename(file: h5py.File) -> None:
        names = file[f"{axis}/gene_id"]
        names[:] = names[:][::-1]

    sealed_again(path, rename)
    with pytest.raises(BadInput, match="made for another gene table"):
        example.read(path)


def test_targets_that_do_not_fit_their_mask_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "targets.h5"
    EXAMPLES["track_store: targets"].write(EXAMPLES["track_store: targets"].content, path)

    def cut(file: h5py.File) -> None:
        del file["mask"]
        file["mask"] = np.ones((3, 2, 7), bool)

    sealed_again(path, cut)
    with pytest.raises(BadInput, match="does not fit 2 tracks and the mask"):
        EXAMPLES["track_store: targets"].read(path)
