"""The two small real configurations, end to end from the mirror of real data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.support.real_data import REAL_MIRROR, needs_real_data
from tests.support.workflow import ROOT, snakemake, succeeded
from workflow_scripts.contracts import gene_embedding, gene_table, metrics

pytestmark = needs_real_data


def configured(name: str, folder: Path, **tracks: list[str]) -> Path:
    """A shipped configuration with the mirror's absolute path, in `folder`; `tracks` replaces files of yeast's."""
    config = yaml.safe_load((ROOT / "config" / name).read_text())
    config["download"]["mirror"] = str(REAL_MIRROR)
    if tracks:
        config["tracks"]["sets"]["netseq"]["tracks"]["WT"].update(tracks)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(yaml.safe_dump(config))
    return file


@pytest.fixture(scope="module")
def yeast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("yeast")
    assert succeeded(snakemake("--cores", "2", directory=directory, configs=(configured("yeast.yaml", directory),)))
    return directory


def test_every_gene_of_the_yeast_proteome_is_embedded(yeast: Path) -> None:
    genes, order = gene_table.read(yeast / "results/yeast/reference/genes.parquet")
    embedding = gene_embedding.read(yeast / "results/yeast/esm2/random.h5ad", order)
    assert len(genes) == 6692
    assert not embedding.obs["missing"].any()


def test_yeast_netseq_reads_lie_on_the_sense_strand(yeast: Path) -> None:
    strands = pd.read_parquet(yeast / "results/yeast/tracks/netseq/strands/WT.parquet").iloc[0]
    assert strands["ratio"] == pytest.approx(2.6, abs=0.05)
    assert strands["sense"] == pytest.approx(722_000, rel=0.01)


def test_exchanged_yeast_strands_stop_the_run(yeast: Path) -> None:
    flipped = configured("yeast.yaml", yeast / "flipped", plus=["yeast.WT.minus.wig"], minus=["yeast.WT.plus.wig"])
    result = snakemake("tracks", "--cores", "2", directory=yeast, configs=(flipped,))
    assert result.returncode != 0
    said = [line for line in result.stderr.splitlines() if line.startswith("check_strands: ")]
    assert len(said) == 1 and "flipped" in said[0]


@pytest.fixture(scope="module")
def human_mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("human_mini")
    file = configured("human_mini.yaml", directory)
    assert succeeded(snakemake("--cores", "2", directory=directory, configs=(file,)))
    return directory


def test_human_mini_classifies_fifteen_cohorts(human_mini: Path) -> None:
    splits = pd.read_parquet(human_mini / "results/human_mini/prebulk/splits.parquet")
    assert splits["label"].nunique() == 15
    scores = metrics.read(human_mini / "results/human_mini/bulk/small/metrics.parquet")
    row = scores.query("model == 'logistic_regression_log_tpm' and split == 'test' and metric == 'weighted_f1'")
    assert row["value"].item() >= 0.985


def test_human_mini_finds_repeated_and_shared_samples(human_mini: Path) -> None:
    samples = pd.read_parquet(human_mini / "results/human_mini/prebulk/samples.parquet")
    duplicates = samples[samples["fate"] == "duplicate"]
    assert duplicates["duplicate_of"].str.startswith("GSM").sum() == 5
    assert duplicates["duplicate_of"].str.startswith("TCGA").sum() == 3
    assert set(samples["fate"]) == {"kept", "duplicate"}


def test_human_mini_reports_what_became_of_other_genes(human_mini: Path) -> None:
    mapping = pd.read_parquet(human_mini / "results/human_mini/prebulk/mapping.parquet")
    archs4 = mapping[mapping["corpus"] == "archs4"].set_index("fate")["genes"]
    assert archs4["mapped"] == 2408
    assert archs4["not in the gene table"] == 18_758 - 2408


def test_human_mini_refuses_to_run_without_its_mirror(tmp_path: Path) -> None:
    config = yaml.safe_load((ROOT / "config/human_mini.yaml").read_text())
    config["download"]["mirror"] = None
    file = tmp_path / "no_mirror.yaml"
    file.write_text(yaml.safe_dump(config))
    result = snakemake("resources/human_mini.human_gene_v2.5.h5", "--cores", "1", directory=tmp_path, configs=(file,))
    assert result.returncode != 0
    said = [line for line in result.stderr.splitlines() if line.startswith("fetch_dataset: ")]
    assert len(said) == 1 and "mirror" in said[0]
