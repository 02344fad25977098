"""The completed demo: what its report and its tables must hold."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import yaml

from tests.support.workflow import DEMO, RESULTS, ROOT, jobs, snakemake, succeeded
from workflow_scripts.contracts import expression, merged_samples, metrics, polymerase

TRUTH = f"{RESULTS}/simulate/truth"


def value(scores: pd.DataFrame, model: str, metric: str, task: str = "classification", dataset: str = "all") -> float:
    rows = scores[
        (scores["model"] == model)
        & (scores["metric"] == metric)
        & (scores["task"] == task)
        & (scores["dataset"] == dataset)
        & (scores["split"] == "test")
        & (scores["level"] == "pooled")
    ]
    assert len(rows) == 1, (model, metric, len(rows))
    return float(rows["value"].iloc[0])


def test_planted_bad_samples_are_dropped_and_none_else(demo: Path) -> None:
    truth = pd.read_csv(demo / TRUTH / "samples.tsv", sep="\t", keep_default_na=False).set_index("sample_id")["fate"]
    found = pd.read_parquet(demo / RESULTS / "prebulk/samples.parquet").set_index("sample_id")["fate"]
    assert set(found.index) == set(truth.index)
    assert (truth != "kept").sum() >= 8
    dropped = found.index[found != "kept"]
    planted = truth.index[truth != "kept"]
    assert sorted(dropped) == sorted(planted)


def test_tpm_sums_to_a_million(demo: Path) -> None:
    shards = sorted((demo / RESULTS / "prebulk/expression").glob("*/*.h5ad"))
    assert len(shards) >= 4
    for shard in shards:
        x = expression.read(shard).X
        np.testing.assert_allclose(np.nansum(np.expm1(x.astype(np.float64)), axis=1), 1e6, rtol=1e-5)


def test_merged_counts_are_those_of_the_sources(demo: Path) -> None:
    """As the file of ARCHS4 has them, which this test reads for itself."""
    merged = merged_samples.read(demo / RESULTS / "report/small/samples.h5ad")
    with h5py.File(demo / RESULTS / "resources/human_gene_v2.5.h5") as file:
        genes = file["meta/genes/ensembl_gene"].asstr()[:]
        samples = file["meta/samples/geo_accession"].asstr()[:]
        source = pd.DataFrame(file["data/expression"][:], genes, samples).groupby(level=0).sum()
    own = merged[merged.obs["corpus"] == "archs4"]
    assert own.n_obs > 200 and own.n_vars > 300
    np.testing.assert_array_equal(own.layers["counts"].T, source.loc[own.var_names, own.obs_names])


def test_planted_pausing_lies_in_the_interval_of_nine_genes_in_ten(demo: Path) -> None:
    truth = pd.read_csv(demo / TRUTH / "pausing.tsv", sep="\t")
    found = polymerase.read(demo / RESULTS / "tracks/netseq/polymerase.parquet")
    both = found[found["measured"]].merge(
        truth, left_on=["gene_id", "track"], right_on=["gene_id", "assay"], suffixes=("", "_planted")
    )
    assert len(both) > 200
    planted = both["pausing_index_planted"]
    within = (both["ci_low"] <= planted) & (planted <= both["ci_high"])
    assert within.groupby(both["track"]).mean().min() >= 0.9


def test_the_probe_stands_beside_its_baselines(demo: Path) -> None:
    scores = metrics.read(demo / RESULTS / "bulk/small/metrics.parquet")
    probe = value(scores, "small_logistic_regression", "weighted_f1")
    baseline = value(scores, "logistic_regression_log_tpm", "weighted_f1")
    chance = value(scores, "majority_class", "weighted_f1")
    assert baseline > chance + 0.3
    assert probe > chance + 0.3


def test_masked_imputation_is_above_the_gene_mean(demo: Path) -> None:
    scores = metrics.read(demo / RESULTS / "bulk/small/metrics.parquet")
    for dataset in ("mask_0.15", "mask_0.3", "mask_0.5"):
        model = value(scores, "small", "rmse", "imputation", dataset)
        assert model < value(scores, "gene_mean", "rmse", "imputation", dataset)


def test_the_report_is_one_file_that_says_what_is_simulated(demo: Path) -> None:
    report = demo / RESULTS / "report/report.html"
    assert report.stat().st_size > 1e6
    sources = (demo / RESULTS / "report/sources.html").read_text()
    assert "imulated" in sources
    costs = pd.read_csv(demo / RESULTS / "report/costs.tsv", sep="\t")
    assert {"train_bulk", "fetch_dataset", "normalize_counts"} <= set(costs["rule"])


def test_a_completed_demo_has_nothing_left_to_do(demo: Path) -> None:
    result = snakemake("--dry-run", "--cores", "1", directory=demo)
    assert succeeded(result)
    assert jobs(result.stdout + result.stderr) == {}


def test_flipped_strands_stop_the_run(demo: Path, tmp_path: Path) -> None:
    """The same files under each other's strand: one line that names the track, and nothing after it."""
    directory = shutil.copytree(demo, tmp_path / "flipped")
    config = yaml.safe_load(DEMO.read_text())
    track = config["tracks"]["sets"]["netseq"]["tracks"]["netseq"]
    track["plus"], track["minus"] = track["minus"], track["plus"]
    file = tmp_path / DEMO.name  # so that what does not change stays
    file.write_text(yaml.safe_dump(config))
    result = snakemake("tracks", "--cores", "2", directory=directory, configs=(file,))
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if line.startswith("check_strands: ")]
    assert len(lines) == 1 and "antisense" in lines[0], result.stderr[-3000:]
    assert not (directory / RESULTS / "tracks/netseq/strands/netseq.parquet").exists()


def test_comments_docstrings_and_another_folder_rerun_nothing(demo: Path, tmp_path: Path) -> None:
    for name in ("rules", "envs", "config", "profiles", "workflow_scripts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "Snakefile", tmp_path)
    for file in tmp_path.glob("workflow_scripts/**/*.py"):
        file.write_text("# a new comment\n" + re.sub(r'^"""', '"""Another docstring. ', file.read_text(), count=1))
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1", "--directory", str(demo)]
    result = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True)
    assert succeeded(result)
    assert jobs(result.stdout + result.stderr) == {}
