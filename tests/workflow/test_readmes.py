"""What the Markdown says is so: each command runs, each message is said, each file is there and opens as written."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
from mkdocs.exceptions import Abort

from tests.support.workflow import RESULTS, ROOT, succeeded
from workflow_scripts.docs.readmes import OUTPUTS, READMES, block
from workflow_scripts.docs.rules import rules
from workflow_scripts.docs.site import build

TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text() for path in (*READMES, OUTPUTS)}
STAND_IN = ROOT / "tests/support/conda_stand_in/bin"
PLACEHOLDERS = {"RULE": "train_bulk", "path/to/own.yaml": "config/yeast.yaml"}
BLOCK = re.compile(r"(?ms)^```sh\n(.*?)^```")
ELSEWHERE = ("git clone", "cd genelm")  # what is not this project's


def commands() -> list[str]:
    """Every command of a block of shell, and every one of make or Snakemake within a line."""
    found = []
    for text in TEXTS.values():
        for shell in BLOCK.findall(text):
            found += [line.split(" #")[0].strip() for line in shell.splitlines()]
        prose = re.sub(r"(?ms)^```.*?^```", "", text)
        spans = (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose))
        found += [span for span in spans if re.match(r"(\w+=\S+ )*(make|snakemake) ", span)]
    return list(dict.fromkeys(line for line in found if not line.startswith(ELSEWHERE)))


@pytest.mark.parametrize("command", commands())
def test_a_command_is_understood(command: str, tmp_path: Path) -> None:
    """As far as it goes without running a job; of no run there is a report."""
    for placeholder, value in PLACEHOLDERS.items():
        command = command.replace(placeholder, value)
    words = shlex.split(re.sub(" --report .* --report-after-run", "", command))
    before = list(takewhile(lambda word: "=" in word, words))
    name, *arguments = words[len(before) :]
    if name == "make":
        run = ["make", "--dry-run", *arguments]
    else:
        assert name == "snakemake"
        run = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments, "--dry-run", "--directory", str(tmp_path)]
    environment = {**os.environ, "PATH": f"{STAND_IN}:{os.environ['PATH']}"}
    environment |= dict(word.split("=", 1) for word in before)
    assert succeeded(subprocess.run(run, cwd=ROOT, env=environment, text=True, capture_output=True))


def test_a_message_is_one_that_is_said() -> None:
    """Of the table of what goes wrong, but for what Snakemake and the operating system say."""
    table = TEXTS["README.md"].split("| it says | which means | do |")[1].split("\n\n")[0]
    said = [message for row in table.splitlines()[2:] for message in re.findall(r"`(.+?)`", row.split("|")[1])]
    code = "".join(path.read_text() for path in (ROOT / "Snakefile", *(ROOT / "workflow_scripts").rglob("*.py")))
    parts = [part.strip() for message in said for part in message.split("…")]
    assert {part for part in parts if part not in code} == {"Directory cannot be locked", "No space left on device"}


def test_every_file_of_a_run_is_in_the_table(demo: Path) -> None:
    """Of a finished demo, and of what else rules can make; and each row is of some file."""
    results, rows = demo / RESULTS, block(TEXTS["results/README.md"], "outputs").splitlines()
    patterns = [pattern for row in rows for pattern in re.findall(r"`(.+?)`", row.split("|")[1])]
    known = [re.compile(_of_files(pattern)) for pattern in patterns]
    files = [path.relative_to(results).as_posix() for path in results.rglob("[!.]*") if path.is_file()]
    files += outputs()
    assert [file for file in files if not any(pattern.fullmatch(file) for pattern in known)] == []
    assert [pattern.pattern for pattern in known if not any(map(pattern.fullmatch, files))] == []


def _of_files(pattern: str) -> str:
    """The regular expression of a pattern of the table."""
    return re.sub(r"\\{\w+\\}", "[^/]+", re.escape(pattern)).replace(r"\*\*", ".*")


def outputs() -> list[str]:
    """The files below results that rules name, each with the names of its own parts for those of a configuration."""
    given = [keyword.value for rule in rules() for keyword in rule.call("output").keywords]
    files = [node for value in given if "directory(" not in ast.unparse(value) for node in ast.walk(value)]
    texts = [
        node.value for node in files if isinstance(node, ast.Constant) and str(node.value).startswith("<results>/")
    ]
    return [re.sub(r"{(\w+)}", r"\1", text.removeprefix("<results>/")) for text in texts if text[-1] != "/"]


def test_files_open_as_it_is_written(demo: Path) -> None:
    (code,) = re.findall(r"(?ms)^```python\n(.*?)^```", TEXTS["results/README.md"])
    shown = subprocess.run([sys.executable, "-c", code], cwd=demo, text=True, capture_output=True)
    assert succeeded(shown) and "small_logistic_regression" in shown.stdout


def test_the_container_has_the_environments_of_today() -> None:
    command = [sys.executable, "-m", "snakemake", "--containerize"]
    environment = {**os.environ, "PATH": f"{STAND_IN}:{os.environ['PATH']}"}
    made = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True)
    assert succeeded(made)
    assert made.stdout == (ROOT / "Dockerfile").read_text(), "run `make docs`"


def test_the_site_is_built_and_asks_no_other_host(tmp_path: Path) -> None:
    build(tmp_path)
    pages = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*.html")}
    assert {"index.html", "config/index.html", "results/index.html", "CHANGELOG.html"} <= pages.keys()
    assert "<table>" in pages["index.html"].split("<summary>Every file")[1], "Markdown within HTML is read"
    asked = re.findall(r"<(?:script|link|img)[^>]*=\"?https?:[^>]*>", "".join(pages.values()))
    assert asked == []


def test_a_link_that_leads_nowhere_ends_the_site(tmp_path: Path) -> None:
    for file in ("README.md", "config/README.md", "results/README.md", "CHANGELOG.md"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("[nowhere](nowhere.md)" if file == "README.md" else "a page")
    with pytest.raises(Abort):
        build(tmp_path / "site", root=tmp_path)
