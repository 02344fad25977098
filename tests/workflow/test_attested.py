"""What is used is what is attested: by content, whatever the date of a file, and for every file that is read."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.support.dry_runs import dry_runs
from tests.support.workflow import DEMO, RESULTS, snakemake, succeeded
from workflow_scripts.io.files import digest

GTF = "Homo_sapiens.GRCh38.107.gtf.gz"
PROTEOME = "Homo_sapiens.GRCh38.pep.all.fa.gz"
CONFIG = "data/own.yaml"


def set_back(file: Path) -> None:
    """Give a file a date before everything else."""
    os.utime(file, ns=(10**18, 10**18))


@pytest.fixture(scope="module")
def own(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a gene table was made of a user's own files, in `data/` with its configuration."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "data").mkdir()
    for name in (GTF, PROTEOME, f"{PROTEOME}.provenance.json"):
        shutil.copy(demo / RESULTS / "resources" / name, folder / "data" / f"my.{name}")
    reference = {"proteome": f"./my.{PROTEOME}", "gtf": f"./my.{GTF}", "assembly": "GRCh38"}
    (folder / CONFIG).write_text(yaml.safe_dump({"reference": reference}))
    assert succeeded(snakemake("--cores", "2", directory=folder, configs=(folder / CONFIG,)))
    return folder


def would_run(own: Path) -> dict[str, int] | str:
    return dry_runs((own, own / CONFIG, "all"))[0]


def test_every_file_that_was_read_is_listed_with_its_checksum(own: Path) -> None:
    listed = pd.read_csv(own / "results/own/report/sources.tsv", sep="\t", keep_default_na=False).set_index("source")
    gtf, proteome = (own / "data" / f"my.{name}" for name in (GTF, PROTEOME))
    assert set(listed.index) == {str(gtf), str(proteome)}
    assert listed["sha256"].to_dict() == {str(file): digest(file) for file in (gtf, proteome)}
    assert listed.loc[str(gtf), ["name", "licence", "simulated"]].tolist() == [gtf.name, "unknown", "unknown"]
    assert listed.loc[str(proteome), ["name", "simulated"]].tolist() == [PROTEOME, "yes"], "its provenance came with it"
    assert "Partly simulated data (1 of 2 files)" in (own / "results/own/report/sources.html").read_text()


def test_content_decides_and_not_the_date(own: Path) -> None:
    file = own / "data" / f"my.{GTF}"
    before = file.read_bytes()
    assert would_run(own) == {}
    file.touch()
    assert would_run(own) == {}, "the same file with a later date"
    file.write_bytes(gzip.compress(gzip.decompress(before) + b"#\n"))
    set_back(file)
    assert set(would_run(own)) == {
        *("attest_file", "make_gene_table", "list_sources", "summarize_costs", "summarize_results", "write_crate"),
    }
    file.write_bytes(before)
    assert would_run(own) == {}


def test_a_download_that_was_replaced_is_refused_before_any_job(demo: Path, tmp_path: Path) -> None:
    """Also with an older date; a touched or copied one is the same file."""
    directory = Path(shutil.copytree(demo, tmp_path / "run"))
    file = directory / RESULTS / "resources" / GTF
    file.touch()
    whole = file.read_bytes()
    assert dry_runs((directory, DEMO, "all")) == [{}]
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    for change in (lambda: None, lambda: set_back(file)):
        change()
        (found,) = dry_runs((directory, DEMO, "all"))
        assert isinstance(found, str) and "is not the file that was downloaded" in found and GTF in found
    file.unlink()
    (found,) = dry_runs((directory, DEMO, f"{RESULTS}/resources/{GTF}"))
    assert found == {"fetch_dataset": 1}


def test_a_file_that_is_exchanged_during_the_run_ends_the_job_that_reads_it(own: Path, tmp_path: Path) -> None:
    """Between the start of a run and that of a job; here, by a provenance that was made of another file."""
    run = Path(shutil.copytree(own, tmp_path / "run"))
    told = {name: next((run / "results/own/provenance").glob(f"my.{name}-*.json")) for name in (GTF, PROTEOME)}
    shutil.copy(told[PROTEOME], told[GTF])
    genes = "results/own/reference/genes.parquet"
    only = ("--force", "--allowed-rules", "make_gene_table", "--cores", "1")
    job = snakemake(genes, *only, directory=run, configs=(run / CONFIG,))
    assert job.returncode and f"data/my.{GTF}: is not the file that" in job.stderr
    assert not (run / genes).exists()
