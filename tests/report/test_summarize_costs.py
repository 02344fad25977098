from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.report.looking import page
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report.summarize_costs import summarize_costs


def record(folder: Path, name: str, seconds: float, cpu: float | str, memory: float | str, **more: object) -> None:
    """One line as Snakemake writes it."""
    path = folder / "benchmarks" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    job = {"s": seconds, "h:m:s": "0:00:01", "cpu_time": cpu, "max_rss": memory, "mean_load": "NA", **more}
    with path.open("a") as handle:
        handle.write(json.dumps(job) + "\n")


def summarize(folder: Path) -> pd.DataFrame:
    """With the configuration of runs a and b, one corpus of two shards and one declared file."""
    summarize_costs(
        finished=[],
        provenance=[Path("resources/human_gene_v2.5.h5.provenance.json")],
        costs=folder / "costs.tsv",
        page=folder / "costs.html",
        benchmarks=folder / "benchmarks",
        names="a b netseq netseq.proseq archs4.0000 archs4.0001",
    )
    return pd.read_csv(folder / "costs.tsv", sep="\t").set_index("rule")


def test_jobs_are_added_up_by_rule(tmp_path) -> None:
    record(tmp_path, "prebulk/normalize_counts.archs4.0000", 2.0, 1.5, 100.0)
    record(tmp_path, "prebulk/normalize_counts.archs4.0001", 3.0, 2.5, 400.0)
    record(tmp_path, "download/fetch_dataset.human_gene_v2.5.h5", 60.0, 4.0, 50.0)
    found = summarize(tmp_path)
    assert list(found.index) == ["fetch_dataset", "normalize_counts"]  # the most costly first
    row = found.loc["normalize_counts"]
    assert (row["stage"], row["jobs"], row["wall_s"], row["longest_s"]) == ("prebulk", 2, 5.0, 3.0)
    assert (row["cpu_s"], row["max_rss_mib"], row["unsampled"]) == (4.0, 400.0, 0)
    text = page(tmp_path / "costs.html").text
    assert "3 jobs of 2 rules took 65.0 s" in text and "normalize_counts" in text


def test_a_job_too_short_to_be_sampled_is_counted_but_not_as_zero(tmp_path) -> None:
    record(tmp_path, "bulk/collect_metrics.a", 0.2, "NA", "NA")
    record(tmp_path, "bulk/collect_metrics.b", 0.3, 0.5, 30.0)
    record(tmp_path, "report/plot_training.a", 0.1, "NA", "NA")
    found = summarize(tmp_path)
    assert found.loc["collect_metrics", ["jobs", "unsampled", "cpu_s"]].tolist() == [2, 1, 0.5]
    assert found.loc["plot_training", ["cpu_s", "max_rss_mib"]].isna().all()
    assert "not sampled" in page(tmp_path / "costs.html").text


def test_repeats_and_extended_records_count(tmp_path) -> None:
    for _ in range(3):
        record(tmp_path, "bulk/train_bulk.a", 1.0, 1.0, 10.0, rule_name=["train_bulk"], threads=[2], jobid=[4])
    assert summarize(tmp_path).loc["train_bulk", "jobs"] == 3


def test_what_this_configuration_does_not_name_is_left_out(tmp_path) -> None:
    for name in ("bulk/train_bulk.removed", "prebulk/normalize_counts.archs4.0002", "tracks/check_strands.netseq.WT"):
        record(tmp_path, name, 1.0, 1.0, 10.0)
    for name in ("download/fetch_dataset.yeast.gtf.gz", "tracks/make_targets.other", "esm2/embed_proteins.150M"):
        record(tmp_path, name, 1.0, 1.0, 10.0)
    record(tmp_path, "bulk/train_bulk.a", 1.0, 1.0, 10.0)
    record(tmp_path, "tracks/check_strands.netseq.proseq", 1.0, 1.0, 10.0)
    record(tmp_path, "tracks/index_genome", 1.0, 1.0, 10.0)
    found = summarize(tmp_path)
    assert sorted(found.index) == ["check_strands", "index_genome", "train_bulk"]
    assert (found["jobs"] == 1).all()
    assert "does not name are left out" in page(tmp_path / "costs.html").text


def test_its_own_record_of_an_earlier_run_is_left_out(tmp_path) -> None:
    record(tmp_path, "report/summarize_costs", 1.0, 1.0, 10.0)
    record(tmp_path, "bulk/train_bulk.a", 1.0, 1.0, 10.0)
    assert list(summarize(tmp_path).index) == ["train_bulk"]


def test_the_records_that_snakemake_itself_writes_are_read(tmp_path) -> None:
    from snakemake.benchmark import BenchmarkRecord, write_benchmark_records

    (tmp_path / "benchmarks/bulk").mkdir(parents=True)
    job = BenchmarkRecord(running_time=1.25, max_rss=77.0, cpu_time=0.5)
    write_benchmark_records([job], str(tmp_path / "benchmarks/bulk/train_bulk.a.jsonl"), False)
    job.data_collected = True
    job.running_time = 2.5
    write_benchmark_records([job], str(tmp_path / "benchmarks/bulk/train_bulk.b.jsonl"), False)
    row = summarize(tmp_path).loc["train_bulk"]
    assert (row["jobs"], row["unsampled"], row["wall_s"], row["cpu_s"], row["max_rss_mib"]) == (2, 1, 3.75, 0.5, 77.0)


def test_no_record_at_all_gives_an_empty_table(tmp_path) -> None:
    assert summarize(tmp_path).empty
    assert "0 jobs of 0 rules" in page(tmp_path / "costs.html").text


def test_a_damaged_record_is_an_error_that_names_its_line(tmp_path) -> None:
    record(tmp_path, "bulk/train_bulk.a", 1.0, 1.0, 10.0)
    with (tmp_path / "benchmarks/bulk/train_bulk.a.jsonl").open("a") as handle:
        handle.write('{"s": 1.0}\n')
    with pytest.raises(BadInput, match=r"train_bulk.a.jsonl: line 2: no benchmark record"):
        summarize(tmp_path)
    assert not (tmp_path / "costs.tsv").exists()
