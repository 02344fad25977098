"""Embeddings that were computed elsewhere stand beside those of runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from tests.bulk.conftest import SPEC
from workflow_scripts.bulk.adopt_embedding import adopt_embedding
from workflow_scripts.bulk.classify_samples import classify_samples
from workflow_scripts.contracts import metrics, predictions, sample_embedding, splits
from workflow_scripts.io.errors import BadInput

WRITERS: dict[str, Callable[[pd.DataFrame, Path], Any]] = {
    "peer.tsv": lambda table, path: table.to_csv(path, sep="\t"),
    "peer.csv.gz": lambda table, path: table.to_csv(path),
    "peer.parquet": lambda table, path: table.to_parquet(path),
    "column.parquet": lambda table, path: table.reset_index().to_parquet(path),
    "peer.h5ad": lambda table, path: anndata.AnnData(
        table.to_numpy(np.float32), obs=pd.DataFrame(index=table.index)
    ).write_h5ad(path),
    "peer.npz": lambda table, path: np.savez(path, sample_id=np.array(table.index, str), embeddings=table.to_numpy()),
}


@pytest.fixture
def table(cohort: dict[str, Any]) -> pd.DataFrame:
    """Of all samples of the splits, in another order, and of one beyond."""
    names = splits.read(cohort["splits"])["sample_id"]
    rng = np.random.default_rng(0)
    found = pd.DataFrame(rng.normal(size=(len(names) + 1, 4)), index=pd.Index([*names, "S999"], name="sample_id"))
    return found.sample(frac=1, random_state=1).rename(columns="d{}".format)


def adopt(cohort: dict[str, Any], path: Path) -> anndata.AnnData:
    made = path.parent / "embeddings.h5ad"
    adopt_embedding(table=path, splits=cohort["splits"], embeddings=made, peer="BulkFormer")
    return sample_embedding.read(made)


@pytest.mark.parametrize("name", WRITERS)
def test_a_table_of_any_format_becomes_an_embedding_with_the_splits_of_the_run(
    name: str, table: pd.DataFrame, cohort: dict[str, Any], tmp_path: Path
) -> None:
    WRITERS[name](table, tmp_path / name)
    found = adopt(cohort, tmp_path / name)
    of_splits = splits.read(cohort["splits"]).set_index("sample_id")
    assert "S999" not in found.obs_names and set(found.obs_names) == set(of_splits.index)
    np.testing.assert_array_equal(found.X, table.loc[found.obs_names].to_numpy(np.float32))
    assert found.obs.astype(str).equals(of_splits.loc[found.obs_names, [*sample_embedding.OBS]].astype(str))
    assert found.uns["run"] == "BulkFormer"


def with_row(table: pd.DataFrame, name: str, value: float) -> pd.DataFrame:
    changed = table.copy()
    changed.loc[name] = value
    return changed


FAULTS = {
    "missing": (lambda table: table.drop(["S005", "S007"]), "lacks 2 of 120 samples of the splits, such as 'S005'"),
    "twice": (lambda table: pd.concat([table, table.loc[["S003"]]]), "sample 'S003': stands there twice"),
    "nan": (lambda table: with_row(table, "S004", np.nan), "sample 'S004': has what is no finite number"),
    "infinite": (lambda table: with_row(table, "S004", np.inf), "sample 'S004': has what is no finite"),
    "text": (lambda table: table.assign(cohort="TCGA"), "not readable as embeddings of samples (could not convert"),
    "empty": (lambda table: table[[]], "holds no numbers"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_table_that_does_not_fit_the_splits_is_one_clear_line(
    fault: str, table: pd.DataFrame, cohort: dict[str, Any], tmp_path: Path
) -> None:
    change, line = FAULTS[fault]
    change(table).to_csv(tmp_path / "peer.tsv", sep="\t")
    with pytest.raises(BadInput) as raised:
        adopt(cohort, tmp_path / "peer.tsv")
    assert str(raised.value).startswith(f"{tmp_path}/peer.tsv: {line}") and "\n" not in str(raised.value)
    assert not (tmp_path / "embeddings.h5ad").exists()


def test_samples_beyond_the_splits_may_be_as_they_like(
    table: pd.DataFrame, cohort: dict[str, Any], tmp_path: Path
) -> None:
    changed = pd.concat([with_row(table, "S999", np.nan), table.loc[["S999"]]])
    changed.to_csv(tmp_path / "peer.tsv", sep="\t")
    assert adopt(cohort, tmp_path / "peer.tsv").n_obs == len(table) - 1


@pytest.mark.parametrize("content", [b"\x00\xff", b"PK"])
@pytest.mark.parametrize("name", [*WRITERS, "peer.npy"])
def test_a_file_of_another_format_is_one_clear_line(
    name: str, content: bytes, cohort: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match="format that is known here|not readable as embeddings|lacks 120 of 120"):
        adopt(cohort, tmp_path / name)


def test_a_peer_with_the_embedding_of_a_run_has_its_scores(
    exported: Path, cohort: dict[str, Any], tmp_path: Path
) -> None:
    """Classified by the same door, in an order of its own; what resamples share says that they may be compared."""
    own = sample_embedding.read(exported.parent / "embeddings.h5ad")
    pd.DataFrame(own.X, index=own.obs_names)[::-1].to_parquet(tmp_path / "peer.parquet")
    adopt(cohort, tmp_path / "peer.parquet")
    made = {name: tmp_path / f"{name}.parquet" for name in ("scores", "predictions")}
    spec = SPEC["classification"]
    classify_samples(embeddings=tmp_path / "embeddings.h5ad", **made, probe=tmp_path / "probe.npz", spec=spec)
    of_peer = metrics.read_replicates(made["scores"])
    of_run = metrics.read_replicates(exported.parent / "classification.parquet")
    assert set(of_peer["model"]) == {"BulkFormer_logistic_regression"}
    keys = ["split", "level", "metric"]
    pd.testing.assert_frame_equal(
        of_peer.set_index(keys)[["value", "n", "groups"]], of_run.set_index(keys)[["value", "n", "groups"]]
    )
    classes = [
        predictions.read(path).set_index("sample_id")["predicted"].sort_index()
        for path in (made["predictions"], exported.parent / "predictions.parquet")
    ]
    pd.testing.assert_series_equal(*classes)
