"""The door between Snakemake and Python: what a job's function gets, what it leaves, when it runs again."""

from __future__ import annotations

from workflow_scripts.rule import PACKAGE, bind

import ast
import importlib
import importlib.util
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.support.disks import fill, read_only, small_disk
from tests.support.workflow import ROOT
from workflow_scripts import rule as door
from workflow_scripts.docs.rules import Rule, rules
from workflow_scripts.io import job_record

RULES = pytest.mark.parametrize("rule", rules(), ids=lambda rule: f"{rule.stage}/{rule.name}")
GPU_RULES = (
    "embed_proteins",
    "train_bulk",
    "train_seq2track",
    "predict_tracks",
    "predict_regions",
    "score_variants",
    "attribute_sequence",
    "train_trial",
    "try_circuit",
    "train_circuit",
    "embed_samples",
    "fit_conditions",
    "score_imputation",
    "predict_samples",
)
CHECKED = {"seals", "track_seals", "attested"}  # files that a function, or the door, finds beside others
SOURCES = sorted(PACKAGE.glob("**/*.py"))


# What a function gets


def job(**params: Any) -> SimpleNamespace:
    """What Snakemake hands to a script, with everything under params."""
    return SimpleNamespace(input={}, output={}, params=params, threads=3, log=[])


@pytest.mark.parametrize(
    ("hint", "given", "expected"),
    [
        (Path, "a/b.tsv", Path("a/b.tsv")),
        (Path, ["a/b.tsv"], Path("a/b.tsv")),  # from an input function that returns a list
        (Path | None, "a", Path("a")),
        (Path | None, ["a"], Path("a")),
        (Path | None, [], None),
        (list[Path], "a", [Path("a")]),
        (list[Path], ["a", "b"], [Path("a"), Path("b")]),
        (list[Path], [], []),
        (dict, '{"seed":1,"nested":{"on":true}}', {"seed": 1, "nested": {"on": True}}),
        (list, '["a","b"]', ["a", "b"]),
        (str, "0001", "0001"),
        (int, 5, 5),
        (int, "500", 500),
    ],
)
def test_a_value_is_decoded_by_its_annotation(hint: Any, given: Any, expected: Any) -> None:
    def function(*, value: Any) -> None: ...

    function.__annotations__["value"] = hint
    assert bind(function, job(value=given)) == {"value": expected}


@pytest.mark.parametrize("given", [[], ["a", "b"]])
def test_one_file_is_one_file(given: list[str]) -> None:
    def function(*, value: Path) -> None: ...

    with pytest.raises(ValueError, match="unpack"):
        bind(function, job(value=given))


def test_inputs_outputs_params_and_threads_are_bound_by_name() -> None:
    def function(*, counts: Path, table: Path, spec: dict, threads: int) -> None: ...

    given = SimpleNamespace(
        input={"counts": "c"}, output={"table": "t"}, params={"spec": "{}", "code": "0"}, threads=3, log=[]
    )
    assert bind(function, given) == {"counts": Path("c"), "table": Path("t"), "spec": {}, "threads": 3}


def test_the_memory_that_a_rule_asks_for_is_bound_where_its_function_asks(tmp_path: Path) -> None:
    def function(*, memory_mb: int) -> None: ...

    given = SimpleNamespace(**vars(job()), resources=SimpleNamespace(mem_mb=8000))
    assert bind(function, given) == {"memory_mb": 8000}


def test_a_job_on_one_core_counts_with_as_many_threads_as_on_more(tmp_path: Path) -> None:
    def function(*, threads: int) -> None: ...

    assert [bind(function, SimpleNamespace(**{**vars(job()), "threads": given})) for given in (1, 2, 5)] == [
        {"threads": expected} for expected in (2, 2, 5)
    ]
    asked = {ast.unparse(rule.call("threads").args[0]) for rule in rules() if "threads" in rule.directives}
    of_devices = {"cores(settings, each=2)", "track_cores(settings, each=2)"}
    assert asked == {*of_devices, f"{door.LEAST_THREADS}"}, "of more, fewer cores would give fewer"


# What a job leaves

SCRIPT = """
import sys
from types import SimpleNamespace
params = {{"spec": '{{"seed": 5}}'}}
job = dict(rule="count_words", wildcards={{}}, input={{}}, output={{}}, params=params, threads=3, log=[sys.argv[1]])
snakemake = SimpleNamespace(**job)
import logging, os
from workflow_scripts.io.errors import BadInput
from workflow_scripts.rule import run

def count_words(*, spec: dict) -> None:
    logging.getLogger("words").info("counting with %s threads", os.environ["OMP_NUM_THREADS"])
    {body}

run(count_words, snakemake)
"""


def ran(body: str, folder: Path, **environment: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run a job with this body in a process of its own; return what it printed and its log."""
    command = [sys.executable, "-c", SCRIPT.format(body=body), folder / "job.log"]
    result = subprocess.run(command, cwd=ROOT, encoding="utf-8", capture_output=True, env={**os.environ, **environment})
    log = folder / "job.log"
    return result, log.read_text(encoding="utf-8") if log.is_file() else ""


def test_bad_input_ends_the_job_with_one_line_and_stands_in_the_log(tmp_path: Path) -> None:
    result, log = ran('raise BadInput("a.tsv", "line 3", "is\\nno number", "Correct it.")', tmp_path)
    assert result.returncode == 1
    assert result.stderr == "count_words: a.tsv: line 3: is no number. Correct it.\n"
    assert result.stdout == ""
    assert "ERROR root: a.tsv: line 3: is no number. Correct it." in log
    assert "Traceback" not in log


def test_any_other_error_keeps_its_traceback(tmp_path: Path) -> None:
    result, log = ran("1 / 0", tmp_path)
    assert result.returncode == 1
    assert "ZeroDivisionError" in result.stderr
    assert "Traceback" in log and "ZeroDivisionError" in log


def test_a_good_job_prints_nothing_and_logs(tmp_path: Path) -> None:
    result, log = ran("pass", tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert "INFO words: counting with 3 threads" in log
    record = job_record.read(tmp_path / "job.json")
    assert (record["rule"], record["params"], record["threads"]) == ("count_words", {"spec": '{"seed": 5}'}, 3)


def test_a_job_removes_what_a_killed_one_left_of_its_outputs(tmp_path: Path) -> None:
    """And nothing of the outputs of others, which may be at work."""
    for name in (".a.tsv.0a_b1c2d.unfinished", ".a.tsv.gz.0a_b1c2d.unfinished"):
        (tmp_path / name).mkdir()
    made = repr({f"{tmp_path}/a.tsv": f"{tmp_path}/a.tsv"})  # iterated as Snakemake's list of outputs
    script = SCRIPT.replace("output={{}}", f"output={{{made}}}")
    command = [sys.executable, "-c", script.format(body=f"open('{tmp_path}/a.tsv', 'w').close()"), tmp_path / "job.log"]
    subprocess.run(command, cwd=ROOT, check=True)
    assert {path.name for path in tmp_path.iterdir()} == {
        "a.tsv",
        ".a.tsv.gz.0a_b1c2d.unfinished",
        "job.log",
        "job.json",
    }


def test_a_job_that_fails_leaves_no_record(tmp_path: Path) -> None:
    ran("1 / 0", tmp_path)
    assert not (tmp_path / "job.json").exists()


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    result, log = ran("open('/dev/full', 'w', buffering=1).write('x\\n')", tmp_path)
    assert result.returncode == 1
    assert (
        result.stderr == "count_words: No space left on device. See to the folder and its file system, and run again.\n"
    )
    assert "Traceback" in log


def test_a_full_disk_is_one_line_where_it_holds_the_log_too(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        fill(disk)
        result, _ = ran(f"logging.info('x' * 9999); open('{disk}/made', 'wb', 0).write(bytes(9999))", disk)
    assert result.returncode == 1
    assert result.stderr.startswith("count_words: ") and len(result.stderr.splitlines()) == 1
    assert "No space left on device. See to the folder and its file system" in result.stderr


@pytest.mark.parametrize("part", ["job.log", "made.tsv"])
def test_a_folder_where_a_file_belongs_is_one_line(part: str, tmp_path: Path) -> None:
    (tmp_path / part).mkdir()
    for body in (f"open('{tmp_path}/{part}')", f"open('{tmp_path}/{part}', 'w')"):
        result, _ = ran(body, tmp_path)
        assert result.returncode == 1
        assert result.stderr.startswith(f"count_words: {tmp_path}/{part}: Is a directory. See to the folder")
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("of", ["log", "output"])
def test_a_folder_that_may_not_be_written_is_one_line(of: str, tmp_path: Path) -> None:
    body = f"open('{tmp_path}/output/made.tsv', 'w')"
    for name in ("log", "output"):
        (tmp_path / name).mkdir()
    with read_only(tmp_path / of):
        result, _ = ran(body, tmp_path / "log")
    assert result.returncode == 1
    assert result.stderr.startswith(f"count_words: {tmp_path}/{of}/") and "Read-only file system. See" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    result, _ = ran("raise PermissionError(13, 'Permission denied', 'results/counts.tsv')", tmp_path)
    assert result.stderr.startswith("count_words: results/counts.tsv: Permission denied. ")


def test_every_job_finds_the_project(tmp_path: Path) -> None:
    """The jobs of a run inherit PYTHONPATH from the Snakefile, which imports rule.py."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import workflow_scripts.rule, os; print(os.environ['PYTHONPATH'])"
    )
    command = [sys.executable, "-c", script, ROOT]
    environment = {**os.environ, "PYTHONPATH": "elsewhere"}
    found = subprocess.run(command, cwd=tmp_path, env=environment, text=True, capture_output=True, check=True).stdout
    assert found.strip() == f"{ROOT}{os.pathsep}elsewhere"


def test_a_wildcard_is_allowed_the_same_wherever_it_is_constrained_for_all_rules() -> None:
    """A later constraint holds for all rules after it, so that one name for two things would mean the last of them."""
    allowed: dict[str, set[str]] = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        block = re.search(r"^wildcard_constraints:\n((?: +.*\n)+)", path.read_text(), re.MULTILINE)
        for name, pattern in re.findall(r"^    (\w+)=(.*?),(?:  #.*)?$", block[1] if block else "", re.MULTILINE):
            allowed.setdefault(name, set()).add(pattern)
    assert len(allowed) > 10
    assert {name: patterns for name, patterns in allowed.items() if len(patterns) > 1} == {}


# When it runs again


def fresh(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module `rule` of a copy of the project, without anything that it remembers."""
    monkeypatch.setenv("PYTHONPATH", "")  # the module adds its root
    spec = importlib.util.spec_from_file_location("copied_rule", root / "workflow_scripts/rule.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGE, tmp_path / "copy/workflow_scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "copy"


DOOR = "esm2/embed_proteins"
# imported by the door; by what the door imports; by what that imports; in a function of the door
IMPORTED = ["esm2/windows.py", "contracts/gene_embedding.py", "io/annotated.py", "io/files.py"]


def respelled(text: str) -> str:
    """The same syntax tree in another layout, without comments."""
    return ast.unparse(ast.parse(text))


def redocumented(text: str) -> str:
    """Another docstring for the module and for every function and class that has one."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            node.body[0] = ast.Expr(ast.Constant("Another docstring."))
    return ast.unparse(ast.fix_missing_locations(tree))


@pytest.mark.parametrize("edit", [lambda text: f"# a comment\n{text}", respelled, redocumented])
def test_comments_layout_and_docstrings_leave_the_digest(
    edit: Callable[[str], str], copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (copied / "workflow_scripts").glob("**/*.py"):
        before = file.read_text()
        file.write_text(edit(before))
        assert not before or file.read_text() != before
    assert fresh(copied, monkeypatch).digest(DOOR) == door.digest(DOOR)


def test_another_folder_leaves_the_digest(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = copied.rename(copied.with_name("a-z moved"))
    assert fresh(moved, monkeypatch).digest(DOOR) == door.digest(DOOR)


@pytest.mark.parametrize("file", [f"{DOOR}.py", *IMPORTED])
def test_logic_in_the_door_and_in_all_it_imports_changes_the_digest(
    file: str, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (copied / "workflow_scripts" / file).open("a") as handle:
        handle.write("\nADDED = 1\n")
    assert fresh(copied, monkeypatch).digest(DOOR) != door.digest(DOOR)


def test_the_door_between_snakemake_and_python_is_no_part_of_the_digest(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (copied / "workflow_scripts/rule.py").open("a") as handle:
        handle.write("\nADDED = 1\n")
    assert fresh(copied, monkeypatch).digest(DOOR) == door.digest(DOOR)


def test_one_changed_constant_in_an_imported_noun_changes_the_digest(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noun = copied / "workflow_scripts/esm2/windows.py"
    noun.write_text(noun.read_text().replace("FLANKS = 2", "FLANKS = 3"))
    assert fresh(copied, monkeypatch).digest(DOOR) != door.digest(DOOR)


@pytest.mark.parametrize("file", ["prebulk/tpm.py", "esm2/unused.py", "configuration.py"])
def test_logic_that_the_door_does_not_import_leaves_the_digest(
    file: str, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (copied / "workflow_scripts" / file).open("a") as handle:
        handle.write("\nADDED = 1\n")
    assert fresh(copied, monkeypatch).digest(DOOR) == door.digest(DOOR)


@pytest.mark.parametrize(
    "statement",
    [
        "from workflow_scripts.esm2 import windows",
        "from workflow_scripts.esm2.windows import cut as divide",
        "import workflow_scripts.esm2.windows",
        "import workflow_scripts.esm2.windows as cuts",
        "def function():\n    from workflow_scripts.esm2 import proteins, windows",
        "if True:\n    from workflow_scripts.esm2.windows import *",
        'REGISTRY = {"windows": "workflow_scripts.esm2.windows"}',
        'REGISTRY = {"cut": "workflow_scripts.esm2.windows.cut"}',
    ],
)
def test_every_form_of_import_is_followed(statement: str, copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copied / "workflow_scripts/esm2/other.py").write_text(f"{statement}\n")
    before = fresh(copied, monkeypatch).digest("esm2/other")
    with (copied / "workflow_scripts/esm2/windows.py").open("a") as handle:
        handle.write("\nADDED = 1\n")
    assert fresh(copied, monkeypatch).digest("esm2/other") != before


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_nothing_is_imported_that_the_digest_does_not_follow(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level], "relative import"
    package = file.parent.name  # of what Snakemake, and users of a model, import; no job does
    if file.name == "__init__.py" and "_plugin_" not in package and package != "genelm":
        assert not [node for node in tree.body if not isinstance(node, ast.Expr)], "code in __init__.py"


# Rules and functions


def function_of(rule: Rule) -> Callable[..., None]:
    module = importlib.import_module(f"workflow_scripts.{rule.stage}.{rule.name}")
    assert hasattr(module, rule.name), f"{module.__name__} has no function {rule.name}"
    return getattr(module, rule.name)


@RULES
def test_a_rule_and_its_function_have_the_same_names(rule: Rule) -> None:
    parameters = inspect.signature(function_of(rule)).parameters
    assert {parameter.kind for parameter in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert not [name for name, each in parameters.items() if each.default is not each.empty]
    given = [*rule.names("input"), *rule.names("output"), *rule.names("params")]
    given = [name for name in given if name not in CHECKED]
    assert len(set(given)) == len(given)
    assert set(parameters) - {"threads", "memory_mb", "code"} == set(given) - {"code"}
    assert "code" in rule.names("params")


@RULES
def test_the_annotations_of_a_function_say_how_to_decode(rule: Rule) -> None:
    hints = typing.get_type_hints(function_of(rule))
    assert hints.pop("return") is type(None)
    for name in set(rule.names("input")) - CHECKED:
        assert hints[name] in (Path, Path | None, list[Path]), name
    for name in set(rule.names("output")) - CHECKED:
        assert hints[name] is Path, name
    for name in set(rule.names("params")) & set(hints):
        assert hints[name] in (Path, dict, list, str, int), name
    assert hints.get("threads", int) is hints.get("memory_mb", int) is int
    assert "memory_mb" not in hints or "mem_mb" in {each.arg for each in rule.call("resources").keywords}
    if "spec" in hints:
        assert hints["spec"] is dict


@RULES
def test_one_rule_one_name_everywhere(rule: Rule) -> None:
    assert rule.text("script") == f"../workflow_scripts/{rule.stage}/{rule.name}.py"
    assert rule.text("conda") == f"../envs/{rule.stage}.yaml"
    assert rule.text("log").replace("{size}", "").startswith(f"<logs>/{rule.stage}/{rule.name}.")
    assert rule.text("benchmark") == rule.text("log").replace("<logs>", "<benchmarks>").replace(".log", ".jsonl")
    resources = {keyword.arg: ast.unparse(keyword.value) for keyword in rule.call("resources").keywords}
    assert resources.get("mem_mb", "memory(1)").startswith("memory(")
    assert ("gpu" in resources) == (rule.name in GPU_RULES)
    digest = {keyword.arg: keyword.value for keyword in rule.call("params").keywords}["code"]
    assert ast.unparse(digest) == f"code('{rule.stage}/{rule.name}')"
    for directive in ("input", "output", "params"):
        assert not rule.call(directive).args, f"{directive} without a name"


def test_every_door_belongs_to_a_rule() -> None:
    doors = {file for file in SOURCES if '"snakemake" in globals()' in file.read_text()} - {PACKAGE / "rule.py"}
    assert doors == {PACKAGE / rule.stage / f"{rule.name}.py" for rule in rules()}


# Who imports whom


def test_the_snakefile_imports_nothing_heavy() -> None:
    """Rules parse fast, and every environment can import the door: the standard library, and what Snakemake has."""
    script = "import importlib, json, sys; before = set(sys.modules)\n"
    script += "for name in sys.argv[1:]: importlib.import_module(name)\n"
    script += "names = {name.split('.')[0] for name in set(sys.modules) - before}\n"
    script += "print(json.dumps(sorted(names - sys.stdlib_module_names)))"

    def imported(*modules: str) -> set[str]:
        command = [sys.executable, "-c", script, *modules]
        found = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True).stdout
        return set(json.loads(found))

    parsed = [file for file in SOURCES if file.parent.name == "settings" or file.stem in ("checks", "inputs")]
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in parsed if file.stem != "__init__"]
    assert imported("workflow_scripts.rule") == {"workflow_scripts"}
    assert imported("snakemake.api", *names) - imported("snakemake.api", "jsonschema") == {"workflow_scripts"}


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_stages_meet_in_files_alone(file: Path) -> None:
    """A stage imports itself and the rooms that all stages share; of those, none imports one above it."""
    folder = file.relative_to(PACKAGE).parts[0]
    general = {"contracts", "io", "rule", "training", "evaluation"}
    parsed = {"settings", "contracts", "io", folder}  # what the Snakefile imports of a stage, light as it is
    allowed = {
        "rule.py": {"io"},
        "io": {"io"},
        "contracts": {"contracts", "io"},
        "settings": {"settings", "contracts", "io"},
        "docs": {"docs", "settings"},
        "evaluation": {"evaluation", "contracts", "io"},
        "training": {"training", "contracts", "io"},
        "genelm": {
            "bulk",
            "circuit",
            "seq2track",
            "prebulk",
            "contracts",
            "io",
        },  # what users of a trained model import
        "terminal": {"terminal", "genelm", "settings", "download", "report", "contracts", "evaluation", "io"},
    }.get(folder, parsed if file.stem in ("checks", "inputs") else {folder, *general})
    imported = [
        node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    names = [node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imported]
    rooms = {name.split(".")[1] for name in names if name.startswith(f"{PACKAGE.name}.")}
    assert rooms <= allowed
    assert PACKAGE.name not in names, "name the room"
