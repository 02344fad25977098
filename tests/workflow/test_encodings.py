"""Text is UTF-8 wherever it is read and written, whatever the locale of the machine says."""

from __future__ import annotations

from workflow_scripts.rule import PACKAGE

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.prebulk.sources import spec, write_archs4, write_genes
from tests.support.workflow import DEMO, ROOT, snakemake, succeeded

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0"}
OTHERS = {"download"}  # names no encoding where it reads and writes JSON, which is ASCII
SOURCES = sorted(file for file in PACKAGE.glob("**/*.py") if file.relative_to(PACKAGE).parts[0] not in OTHERS)
TEXT = {"read_text", "write_text", "open", "FileHandler", "TextIOWrapper", "NamedTemporaryFile", "TemporaryFile"}
OWN = {"pyBigWig", "archive"}  # whose `open` is another


def opens_text(call: ast.Call) -> bool:
    """Whether a call opens a file as text and leaves its encoding to the locale."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in named or "encoding" in named:
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ("run", "Popen", "check_output"):
        return "text" in named or "universal_newlines" in named
    of = getattr(getattr(call.func, "value", None), "id", "")
    if name not in TEXT or of in OWN:
        return False
    modes = [*call.args, *named.values()]
    return not any(isinstance(mode, ast.Constant) and "b" in str(mode.value) for mode in modes)


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_no_text_is_opened_without_its_encoding(file: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    assert [f"line {call.lineno}: {ast.unparse(call)}" for call in calls if opens_text(call)] == []


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("open('a')", True),
        ("path.open('w')", True),
        ("path.open('rb')", False),
        ("path.open(mode='rb')", False),
        ("path.read_text()", True),
        ("path.write_text('b', encoding='utf-8')", False),
        ("subprocess.run(['a'], text=True)", True),
        ("subprocess.run(['a'], encoding='utf-8')", False),
        ("subprocess.run(['a'])", False),
        ("logging.FileHandler(path)", True),
    ],
)
def test_what_counts_as_text_without_its_encoding(call: str, found: bool) -> None:
    assert opens_text(ast.parse(call, mode="eval").body) is found


JOB = """
import json, sys
from types import SimpleNamespace
from snakemake.iocontainers import Namedlist
files, section, log = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
params = {"spec": section, "corpus": "made", "shard": "0000"}
params |= {name: [] for name in ("found", "sheet", "aliases", "transcripts", "qc")}
job = dict(rule="normalize_counts", wildcards={}, params=params, threads=1, log=[log])
snakemake = SimpleNamespace(**job, input=Namedlist(), output=Namedlist(fromdict=files))
from workflow_scripts.rule import run
from workflow_scripts.prebulk.normalize_counts import normalize_counts
run(normalize_counts, snakemake)
"""


def normalized(folder: Path, label: dict, **environment: str) -> tuple[subprocess.CompletedProcess, dict[str, bytes]]:
    """Run the job of one shard, whose samples and genes have names beyond ASCII; return it and what it wrote."""
    folder.mkdir()
    write_genes(folder / "genes.parquet", 4)
    tissues = ["l\u00e9ber", "\u809d\u81d3", "\u043f\u0435\u0447\u0435\u043d\u044c"]
    names = [f"GSM-{tissue}" for tissue in tissues]
    counts = np.arange(12).reshape(4, 3) + 1
    fields = {"geo_accession": names, "title": tissues}
    write_archs4(folder / "a.h5", counts, fields=fields, symbols=["\u03b1", "\u03b2", "\u03b3", "\u03b4"])
    inputs = {"counts": folder / "a.h5", "genes": folder / "genes.parquet"}
    outputs = {name: folder / f"{name}.out" for name in ("samples", "mapping", "expression")} | {
        "sketch": folder / "s.npz"
    }
    paths = {name: str(path) for name, path in (inputs | outputs).items()}
    command = [sys.executable, "-c", JOB, json.dumps(paths), json.dumps(spec(label=label)), folder / "job.log"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, encoding="utf-8", capture_output=True, check=False
    )
    return done, {name: path.read_bytes() for name, path in outputs.items() if path.exists()}


def test_a_job_under_an_ascii_locale_writes_the_same_bytes(tmp_path: Path) -> None:
    label = {"by": "field", "field": "title", "pattern": "^(.)"}
    one, there = normalized(tmp_path / "one", label, **ASCII)
    other, here = normalized(tmp_path / "other", label, PYTHONUTF8="1")
    assert (one.returncode, other.returncode) == (0, 0), one.stderr + other.stderr
    assert there == here and len(here) == 4


def test_a_fault_under_an_ascii_locale_is_one_line_and_stands_in_the_log(tmp_path: Path) -> None:
    done, made = normalized(tmp_path / "one", {"by": "field", "field": "g\u00e8ne", "pattern": ""}, **ASCII)
    assert done.returncode == 1 and not made
    assert len(done.stderr.splitlines()) == 1 and "meta/samples/g\\xe8ne: is missing" in done.stderr
    assert "meta/samples/g\u00e8ne: is missing" in (tmp_path / "one/job.log").read_text(encoding="utf-8")


def test_a_run_under_an_ascii_locale_reads_a_configuration_beyond_ascii(tmp_path: Path) -> None:
    config = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    config["prebulk"]["corpora"]["archs4"]["label"]["pattern"] = "(l\u00e9ber|.+)"
    path = tmp_path / "own.yaml"
    path.write_text("# g\u00e8ne\n" + yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    assert succeeded(snakemake("simulate_weights", "--cores", "1", directory=tmp_path, configs=(path,), **ASCII))
    assert succeeded(snakemake("--dry-run", "--cores", "1", directory=tmp_path, configs=(path,), **ASCII))
