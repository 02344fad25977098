"""What README.md says of adding something, done as written on a copy of the project."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pandas as pd
import pytest
import yaml

from tests.support.workflow import DEMO, RESULTS, ROOT, jobs, succeeded
from tests.workflow import scratch

LAST = dict.fromkeys(("summarize_costs", "summarize_results", "write_crate"), 1)  # of every run
PARTS = ("rules", "envs", "config", "profiles", "workflow_scripts", "tests")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project."""
    folder = tmp_path / "project"
    for name in PARTS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


def add(project: Path, name: str, text: str) -> None:
    """A file of its own."""
    path = project / name
    assert not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text).lstrip())


def add_line(project: Path, name: str, after: str, line: str) -> None:
    """One line, after the line that holds `after`."""
    path = project / name
    lines = path.read_text().splitlines()
    (at,) = [number for number, text in enumerate(lines) if after in text]
    path.write_text("\n".join([*lines[: at + 1], line, *lines[at + 1 :]]) + "\n")


def snakemake(
    project: Path, directory: Path, configs: tuple[Path, ...], *arguments: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", *arguments, "--directory", str(directory)]
    command += ["--configfile", *map(str, configs)]
    return subprocess.run(command, cwd=project, text=True, capture_output=True, timeout=1500)


def python(project: Path, script: str, *arguments: object) -> str:
    """What a script prints that is run in the copy, as its doors and tests are."""
    command = [sys.executable, "-c", dedent(script), *map(str, arguments)]
    result = subprocess.run(command, cwd=project, text=True, capture_output=True)
    assert result.returncode == 0, result.stderr[-4000:]
    return result.stdout


def test_a_stage_is_a_folder_three_files_and_a_line(project: Path, demo: Path, tmp_path: Path) -> None:
    add(project, "workflow_scripts/lengths/measure_lengths.py", scratch.DOOR)
    add(project, "rules/lengths.smk", scratch.RULES)
    add(project, "config/schemas/lengths.schema.yaml", scratch.SCHEMA)
    shutil.copy(ROOT / "envs/report.yaml", project / "envs/lengths.yaml")
    add_line(project, "config/schemas/config.schema.yaml", "  bulk: {$ref:", "  lengths: {$ref: lengths.schema.yaml}")
    directory = tmp_path / "run"
    shutil.copytree(demo, directory)
    own = tmp_path / "own.yaml"

    def run(section: dict, *arguments: str) -> dict[str, int]:
        own.write_text(yaml.safe_dump({"lengths": section}))
        result = snakemake(project, directory, (DEMO, own), "--cores", "2", *arguments)
        assert succeeded(result)
        return jobs(result.stdout + result.stderr)

    report = f"{RESULTS}/report/report.html"
    assert run({"unit": 100}, "--report", report, "--report-after-run")["measure_lengths"] == 1
    lengths = pd.read_parquet(directory / RESULTS / "lengths/lengths.parquet")["length"]
    genes = pd.read_parquet(directory / RESULTS / "reference/genes.parquet")
    assert lengths.tolist() == ((genes["end"] - genes["start"]) / 100).tolist()
    costs = pd.read_csv(directory / RESULTS / "report/costs.tsv", sep="\t")
    assert ("lengths", "measure_lengths") in set(zip(costs["stage"], costs["rule"], strict=True))
    assert "lengths.png" in (directory / report).read_text()

    assert run({"unit": 10}, "--dry-run") == {"measure_lengths": 1} | LAST
    door = project / "workflow_scripts/lengths/measure_lengths.py"
    door.write_text("# a comment\n" + door.read_text())
    assert run({"unit": 100, "dpi": 60}, "--dry-run") == {}
    door.write_text(door.read_text().replace('spec["unit"]', '(spec["unit"] + 1)'))
    assert run({"unit": 100}, "--dry-run") == {"measure_lengths": 1} | LAST

    own.write_text(yaml.safe_dump({"lengths": {"unti": 1}}))
    refused = snakemake(project, directory, (DEMO, own), "--dry-run", "--cores", "1")
    assert "lengths: unknown key 'unti'; allowed: dpi, unit" in refused.stdout + refused.stderr


def test_a_count_reader_is_a_file_and_a_line(project: Path, tmp_path: Path) -> None:
    add(project, "workflow_scripts/prebulk/readers/plain.py", scratch.READER)
    line = '    "plain": "workflow_scripts.prebulk.readers.plain",'
    add_line(project, "workflow_scripts/prebulk/readers/registry.py", '"xena": ', line)
    (tmp_path / "counts.tsv").write_text("gene\ta_1\ta_2\tb_1\nG0\t4\t0\t1\nG1\t4\t2\t3\n")
    script = """
        import sys, yaml
        from pathlib import Path
        from tests.support.examples import genes
        from workflow_scripts.contracts import expression, gene_table
        from workflow_scripts.prebulk.normalize_counts import normalize_counts
        from workflow_scripts.settings.settings import Settings

        folder = Path(sys.argv[1])
        config = yaml.safe_load(Path("config/config.yaml").read_text())
        plain = {"format": "plain", "counts": [f"{folder}/counts.tsv"]}
        plain |= {"group": {"by": "plate"}, "label": {"by": "none"}, "filters": {"min_measured_genes": 0}}
        config["prebulk"]["corpora"] = {"own": plain}
        spec = Settings(config, "config/datasets.tsv").section("prebulk/corpora/own")
        gene_table.write(genes(), folder / "genes.parquet", "toy")
        names = ("expression.h5ad", "sketch.npz", "samples.parquet", "mapping.parquet")
        written = {name.split(".")[0]: folder / name for name in names}
        normalize_counts(
            counts=[folder / "counts.tsv"], genes=folder / "genes.parquet", qc=[], **written,
            **dict.fromkeys(("found", "sheet", "aliases", "transcripts")), spec=spec, corpus="own", shard="0000",
            threads=1,
        )
        data = expression.read(written["expression"])
        print(list(data.obs_names), list(data.obs["group"]), data.X[2].tolist())
    """
    printed = python(project, script, tmp_path)
    names, values = printed.strip().rsplit(" [", 1)
    assert names == "['a_1', 'a_2', 'b_1'] ['a', 'a', 'b']"
    one, three, *absent = map(float, values.rstrip("]").split(","))  # counts of two genes of one length
    assert (one, three) == pytest.approx((math.log(250_001), math.log(750_001)), rel=1e-6)
    assert all(map(math.isnan, absent)) and len(absent) == 2


def test_a_protein_encoder_is_a_file_and_a_line(project: Path, tmp_path: Path) -> None:
    add(project, "workflow_scripts/esm2/encoders/letters.py", scratch.ENCODER)
    line = '    "counts of letters": "workflow_scripts.esm2.encoders.letters",'
    add_line(project, "workflow_scripts/esm2/encoders/registry.py", '"ESM2 as fair-esm publishes it": ', line)
    (tmp_path / "weights.txt").write_text("letters")
    script = """
        import sys
        from pathlib import Path
        from tests.esm2.test_embed_proteins import embed

        folder = Path(sys.argv[1])
        found = embed(folder, ["MMK", "KJJJ"], folder / "weights.txt", window=3, stride=1)
        print(found.uns["architecture"], found.X.astype(float).round(4).tolist())
    """
    # the second has windows KJJ and JJJ
    assert python(project, script, tmp_path).split("\n")[-2] == (
        "counts of letters [[0.6667, 0.3333, 0.0], [0.0, 0.25, 0.75]]"
    )


def test_a_bulk_model_is_a_file_and_a_line(project: Path, tmp_path: Path) -> None:
    add(project, "workflow_scripts/bulk/models/offset.py", scratch.MODEL)
    line = '    "offset": "workflow_scripts.bulk.models.offset",'
    add_line(project, "workflow_scripts/bulk/models/registry.py", '"transformer": ', line)
    script = """
        import sys
        from pathlib import Path
        from tests.bulk import cohorts
        from tests.bulk.conftest import train
        from workflow_scripts.bulk import bundle
        from workflow_scripts.bulk.embed_samples import embed_samples
        from workflow_scripts.contracts import history, sample_embedding

        folder = Path(sys.argv[1])
        files = cohorts.write_cohort(folder / "cohort")
        training = {"max_epochs": 3, "batch_size": 8, "genes_per_sample": 40, "learning_rate": 0.1}
        spec = cohorts.specification(model={"offset": {}}, training=training)["runs"]["small"]
        train(files, folder, spec)
        losses = history.read(folder / "history.tsv")["validation_loss"]
        embed_samples(
            expression=files["expression"], splits=files["splits"], model=folder / "model",
            embeddings=folder / "e.h5ad", run="small", threads=1,
        )
        trained = bundle.read(folder / "model")
        print(trained.family.__name__, trained.model.network.config.start, bool(losses.min() < losses[0]))
        kept = trained.model.kept.sum().item()
        print(sample_embedding.read(folder / "e.h5ad").shape == (120, kept), kept > 0)
    """
    assert python(project, script, tmp_path).split("\n")[-3:-1] == [
        "workflow_scripts.bulk.models.offset 0.5 True",
        "True True",
    ]


def test_a_metric_is_a_file_and_a_line(project: Path, tmp_path: Path) -> None:
    add(project, "workflow_scripts/evaluation/matthews.py", scratch.METRIC)
    name = '{"pooled": "workflow_scripts.evaluation.matthews.matthews"}'
    line = f'    "matthews": Metric("Matthews correlation", "", True, CLASSES, {name}),'
    add_line(project, "workflow_scripts/evaluation/metrics.py", '"accuracy": Metric', line)
    script = """
        import sys
        from pathlib import Path
        import numpy as np
        import pandas as pd
        from sklearn.metrics import matthews_corrcoef
        from workflow_scripts.contracts import metrics
        from workflow_scripts.evaluation.classification import score_classes
        from workflow_scripts.evaluation.comparisons import compare
        from workflow_scripts.report.scores_page import write_scores

        rng = np.random.default_rng(0)
        labels, groups = rng.choice(list("abc"), 60), np.arange(60).astype(str)
        tables, spec = [], {"seed": 1, "bootstrap_samples": 50}
        for model, right in (("own", 0.9), ("other", 0.4)):
            predicted = np.where(rng.random(60) < right, labels, "a")
            rows = score_classes(labels, predicted, groups, spec, model=model, dataset="all", split="test")
            path = Path(sys.argv[1]) / f"{model}.parquet"
            metrics.write_replicates(rows, path)
            tables.append(metrics.read_replicates(path))
            found = {row["metric"]: row["value"] for row in rows}
            assert abs(found["matthews"] - matthews_corrcoef(labels, predicted)) < 1e-9
        page = Path(sys.argv[1]) / "scores.html"
        numbers = pd.concat(tables)[list(metrics.SCHEMA.columns)]
        write_scores(page, "own", numbers, compare(*tables, "here"), {"own"}, "")
        print("Matthews correlation" in page.read_text())
    """
    assert python(project, script, tmp_path).strip() == "True"


def test_a_baseline_is_a_function_and_a_line(project: Path) -> None:
    path = "workflow_scripts/evaluation/baselines.py"
    function = '\n\ndef rarest_class(x, spec):\n    return [DummyClassifier(strategy="constant", constant="rare")]\n\n'
    text = (project / path).read_text().replace("\nCandidates = ", f"{function}\nCandidates = ")
    (project / path).write_text(text)
    line = '    "rarest_class": Baseline("rarest class", CLASSES, "rarest_class"),'
    add_line(project, "workflow_scripts/evaluation/models.py", '"majority_class": Baseline', line)
    script = """
        import numpy as np
        from workflow_scripts.evaluation.baselines import select
        from workflow_scripts.evaluation.models import BASELINES, label
        from workflow_scripts.evaluation.offered import baselines
        from workflow_scripts.report.looks import look
        from workflow_scripts.settings.schema import complete, load_schema
        spec = complete({}, load_schema("bulk")["properties"]["classification"])
        x, labels = np.zeros((6, 2), np.float32), np.array(["rare", *["common"] * 5])
        chosen = select(baselines("classification")["rarest_class"], (x, labels), (x, labels), spec)
        looks = {look(name) for name in BASELINES}
        print(*set(chosen.predict(x)), label("rarest_class"), len(looks) == len(BASELINES))
    """
    assert python(project, script).strip() == "rare rarest class True"


def test_a_source_is_a_row(project: Path, tmp_path: Path) -> None:
    own = tmp_path / "own data.csv"
    own.write_text("gene,bp\nG0,1\n")
    row = f"own.csv\t1\t{own.as_uri()}\tfirst-use\t\tCC0-1.0\tno"
    with (project / "config/datasets.tsv").open("a") as sheet:
        sheet.write(row + "\n")
    change = tmp_path / "own.yaml"
    change.write_text(yaml.safe_dump({"download": {}, "reference": {"assembly": "a", "gtf": "own.csv"}}))
    result = snakemake(project, tmp_path / "run", (change,), "resources/own.csv", "--cores", "1")
    assert succeeded(result)
    assert (tmp_path / "run/resources/own.csv").read_bytes() == own.read_bytes()
