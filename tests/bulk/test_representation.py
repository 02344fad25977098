"""A run's embedding beside other representations: groups of labels, twins, survival, through the files."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.bulk import cohorts
from tests.bulk.conftest import SPEC
from workflow_scripts.bulk.collect_metrics import collect_metrics
from workflow_scripts.bulk.embed_baseline import embed_baseline
from workflow_scripts.bulk.score_embedding import score_embedding
from workflow_scripts.bulk.score_representations import score_representations
from workflow_scripts.contracts import comparisons, expression, metrics, sample_embedding, splits
from workflow_scripts.evaluation import offered
from workflow_scripts.evaluation.metrics import METRICS, VECTORS

INPUTS = ("expression", "splits", "standardizer")
REPRESENTATION = {**SPEC["representation"], "bootstrap_samples": 30}
RULE = {"spec": REPRESENTATION, "survival": SPEC["survival"]}


@pytest.fixture(scope="module")
def clinical(cohort: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Survival of all samples but one, which follows the first of their genes that is measured."""
    path = tmp_path_factory.mktemp("clinical") / "survival.tsv"
    names = splits.read(cohort["splits"])["sample_id"]
    _, values = expression.load(cohort["expression"], pd.Index(names))
    hazard = np.exp(values[:, 3] - np.nanmean(values[:, 3]))
    time = np.random.default_rng(0).exponential(30 / hazard)
    table = pd.DataFrame({"sample": names, "OS.time": time, "OS": 1})
    table.iloc[1:].to_csv(path, sep="\t", index=False)
    return path


@pytest.fixture(scope="module")
def scored(cohort: dict[str, Any], clinical: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the scores of principal components, as of a run, and of all representations."""
    folder = tmp_path_factory.mktemp("scored")
    inputs = {name: cohort[name] for name in INPUTS}
    embed_baseline(**inputs, embeddings=folder / "e.h5ad")
    score_embedding(embeddings=folder / "e.h5ad", clinical=[clinical], scores=folder / "own.parquet", **RULE)
    score_representations(**inputs, clinical=[clinical], scores=folder / "others.parquet", **RULE)
    return folder


def test_every_representation_has_every_number_that_the_data_allow(scored: Path) -> None:
    """There are no twins in one corpus, and so no rows of retrieval."""
    found = metrics.read_replicates(scored / "others.parquet")
    names = {name for name, metric in METRICS.items() if metric.task in ("clustering", "survival")}
    wanted = set(product(offered.baselines(VECTORS), ("validation", "test"), names))
    assert set(zip(found["model"], found["split"], found["metric"], strict=True)) == wanted
    assert found["value"].notna().all() and set(found["level"]) == {"pooled"}
    assert set(metrics.read_replicates(scored / "own.parquet")["metric"]) == names


def test_an_embedding_stands_beside_all_of_them_by_paired_differences(scored: Path, tmp_path: Path) -> None:
    """Principal components are level with themselves, and no interval is missing."""
    written = {"metrics": tmp_path / "m.parquet", "comparisons": tmp_path / "c.parquet"}
    collect_metrics(own=[scored / "own.parquet"], baselines=[scored / "others.parquet"], **written)
    compared = comparisons.read(written["comparisons"])
    assert set(compared["baseline"]) == set(offered.baselines(VECTORS)) and "unknown" not in set(compared["verdict"])
    same = compared[compared["baseline"] == "principal_components"]
    np.testing.assert_allclose(same["difference"], 0, atol=1e-3)
    assert (same["verdict"] == "level").all() and (same["split"] == "test").any()


def test_labels_are_found_and_survival_is_told(scored: Path) -> None:
    rows = metrics.read_replicates(scored / "others.parquet").set_index(["model", "split", "metric"])["value"]
    for model in offered.baselines(VECTORS):
        assert rows[model, "test", "neighbour_accuracy"] > 0.45  # by chance a third
        assert rows[model, "test", "separability"] < 0.75
    assert rows["log_tpm", "test", "concordance"] > 0.6


def test_values_of_the_test_split_change_no_number_of_validation(
    scored: Path, cohort: dict[str, Any], clinical: Path, tmp_path: Path
) -> None:
    moved = cohorts.with_other_test_values(cohort, tmp_path)
    inputs = {**{name: cohort[name] for name in INPUTS}, "expression": moved}
    score_representations(**inputs, clinical=[clinical], scores=tmp_path / "s.parquet", **RULE)
    tables = [metrics.read_replicates(path) for path in (scored / "others.parquet", tmp_path / "s.parquet")]
    first, second = (of.set_index(["split", "model", "metric"])["value"] for of in tables)
    pd.testing.assert_series_equal(first["validation"], second["validation"])
    assert not np.allclose(first["test"], second["test"])


def test_the_same_samples_are_drawn_for_a_run_and_beside_it(
    scored: Path, cohort: dict[str, Any], tmp_path: Path
) -> None:
    """Though one reads them in the order of shards, and the other in that of the table of splits."""
    few = {**RULE, "spec": {**REPRESENTATION, "max_samples": 15}}
    data = sample_embedding.read(scored / "e.h5ad")
    order = np.random.default_rng(0).permutation(len(data))
    sample_embedding.write(data.X[order], data.obs.iloc[order], tmp_path / "e.h5ad", run="r", gene_order="x")
    score_embedding(embeddings=tmp_path / "e.h5ad", clinical=[], scores=tmp_path / "own.parquet", **few)
    inputs = {name: cohort[name] for name in INPUTS}
    score_representations(**inputs, clinical=[], scores=tmp_path / "others.parquet", **few)
    own, others = (metrics.read_replicates(tmp_path / f"{name}.parquet") for name in ("own", "others"))
    of = ["split", "task", "metric"]
    both = own.merge(others[others["model"] == "log_tpm"], on=of)
    assert len(both) == len(own) and (both["groups_x"] == both["groups_y"]).all() and set(own["n"]) == {15}


def test_twins_of_two_corpora_are_looked_for(cohort: dict[str, Any], tmp_path: Path) -> None:
    """Each patient's second sample as of another source: near to the first, as its factors are the same."""
    data = splits.read(cohort["splits"])
    names, values = expression.load(cohort["expression"], pd.Index(data["sample_id"]))
    second = np.arange(len(data)) % 2 == 1
    rng = np.random.default_rng(0)
    x = np.nan_to_num(values)
    x[second] = x[~second] + 0.05 * rng.normal(size=x[second].shape)
    obs = data.set_index("sample_id").assign(corpus=np.where(second, "other", "made"))
    sample_embedding.write(x, obs, tmp_path / "e.h5ad", run="near", gene_order="x")
    score_embedding(embeddings=tmp_path / "e.h5ad", clinical=[], scores=tmp_path / "s.parquet", **RULE)
    found = metrics.read_replicates(tmp_path / "s.parquet").query("task == 'retrieval'")
    assert set(found["split"]) == {"validation", "test"} and set(found["value"]) == {1.0}
    assert found["n"].tolist() == [24] * 8
