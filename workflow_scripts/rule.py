"""The one door between Snakemake and Python.

A rule's script defines one function whose keyword arguments are the rule's named inputs, outputs and
params, and ends with `run(function, snakemake)`. Nothing else of the project sees `snakemake`.
This module needs the standard library alone, so that every environment can import it.
"""

from __future__ import annotations

import ast
import errno
import hashlib
import inspect
import json
import logging
import os
import re
import sys
import typing
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from workflow_scripts.io import job_record
from workflow_scripts.io.attested import require_attested
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import remove_unfinished

PACKAGE = Path(__file__).resolve().parent
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
# As many as the rules ask for. Sums are taken in an order that follows the number of threads: where Snakemake gives a
# job a single core, two threads share it, and come to the same bytes.
LEAST_THREADS = 2
# Nothing that a job could help: no space, no permission, a folder where a file belongs or the other way round.
FILE_SYSTEM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR}
DOTTED = re.compile(rf"{PACKAGE.name}(\.\w+)+")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

# Imported by the Snakefile, this lets `workflow_scripts.<stage>` be found by every job: in a rule's
# environment, under --directory and on a cluster node.
_root = str(PACKAGE.parent)
_search = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
if _root not in _search:
    os.environ["PYTHONPATH"] = os.pathsep.join([_root, *_search])

# Imported by a rule's script, which Snakemake begins with the job as `snakemake`, it sets what numpy, torch and
# matplotlib read once, when they are imported: so a script imports this module first.
if threads := getattr(getattr(sys.modules["__main__"], "snakemake", None), "threads", None):
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(max(LEAST_THREADS, threads))), MPLBACKEND="Agg")
    # Threads that wait for others soon sleep: on a busy node spinning ones made a training 15 times slower, and alone
    # those that never spin made it a quarter slower. GNU's OpenMP counts turns; for any other the policy holds.
    os.environ.update(OMP_WAIT_POLICY="PASSIVE", GOMP_SPINCOUNT="600")


def run(function: Callable[..., None], snakemake: Any) -> None:
    """Call `function` with the job's files and params, and record it; end the job with one line on bad input.

    Values are bound by name and read by the function's annotations: `Path`, `Path | None` (None
    where the rule gives no file), `list[Path]`, `dict` and `list` (decoded from JSON), `int` (a wildcard is text).
    """
    started = job_record.now()
    try:
        _log_to(snakemake.log[:1])
        for output in snakemake.output:
            remove_unfinished(Path(output))  # a job alone writes its outputs
        require_attested(snakemake.input)
        function(**bind(function, snakemake))
        require_attested(snakemake.input)  # none was exchanged while it was read
        job_record.write(snakemake, started)
    except BadInput as error:
        logging.error("%s", error)
        sys.exit(f"{function.__name__}: {error}")
    except OSError as error:
        if logging.root.handlers:  # it is not the log that cannot be written
            logging.exception("%s failed", function.__name__)
        if error.errno not in FILE_SYSTEM:
            raise
        place = f"{error.filename}: " if error.filename else ""
        reason = " ".join(str(error.strerror).split())  # some libraries say it in several lines
        sys.exit(f"{function.__name__}: {place}{reason}. See to the folder and its file system, and run again.")
    except Exception:
        logging.exception("%s failed", function.__name__)
        raise


def _log_to(files: list[str]) -> None:
    """Send what is logged to these files, or, where a rule has no log, to standard error."""
    logging.raiseExceptions = False  # a full disk is said by what fails for it, not by the log as well
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=[logging.FileHandler(path, encoding="utf-8") for path in files] or None,
    )


def bind(function: Callable[..., None], snakemake: Any) -> dict[str, Any]:
    """Return the keyword arguments of `function` for one job."""
    items = {**dict(snakemake.input.items()), **dict(snakemake.output.items()), **dict(snakemake.params.items())}
    items["threads"] = max(LEAST_THREADS, snakemake.threads)
    hints, names = typing.get_type_hints(function), inspect.signature(function).parameters
    if "memory_mb" in names:
        items["memory_mb"] = snakemake.resources.mem_mb
    return {name: _decode(items[name], hints[name]) for name in names}


def _decode(value: Any, hint: Any) -> Any:
    if hint in (Path, Path | None, list[Path]):
        # an input function that returns a list of one file gives a list here, too
        files = [Path(value)] if isinstance(value, (str, Path)) else [Path(item) for item in value]
        if hint == list[Path]:
            return files
        if hint == Path | None and not files:
            return None
        (file,) = files
        return file
    if hint in (dict, list):
        return json.loads(value)
    return int(value) if hint is int else value


def code(door: str) -> Callable[[Any], str]:
    """For a rule's params: the digest of what a door does, `<stage>/<rule>`.

    It is made when a job asks for it: of 40 doors, a process that runs one job reads one.
    """
    return lambda wildcards: digest(door)


@cache
def digest(door: str) -> str:
    """Of the syntax tree of a door and those of all it imports from the project, or names in text.

    This module is left out: what it hands on are files and params, which Snakemake itself compares.
    Comments, docstrings and layout leave the digest as it is, and so does the folder in which the project stands.
    """
    state = hashlib.sha256()
    for path in sorted(_imported(PACKAGE / f"{door}.py") - {Path(__file__).resolve()}):
        state.update(f"{path.relative_to(PACKAGE).as_posix()}\n{_meaning(path)}\n".encode())
    return state.hexdigest()


def _imported(door: Path) -> set[Path]:
    """The door and every file of the project that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [door]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            files = (PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py") for name in _imports(path))
            waiting += [file for file in files if file.is_file()]
    return found


def imported_packages(door: Path) -> set[str]:
    """The packages, other than the standard library, that a door and what it imports of the project need."""
    names = {name.split(".")[0] for path in _imported(door) for name in _imports(path, own=False)}
    return names - set(sys.stdlib_module_names)


def _imports(path: Path, own: bool = True) -> list[str]:
    """The dotted names that a file imports: of this project, or of other packages."""
    return [name for name in _parsed(path)[0] if (name.split(".")[0] == PACKAGE.name) == own]


def _meaning(path: Path) -> str:
    """The source of a file without comments, docstrings and layout."""
    return _parsed(path)[1]


@cache
def _parsed(path: Path) -> tuple[list[str], str]:
    """All dotted names that a file imports, and its meaning: each file is parsed once a start."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and DOTTED.fullmatch(node.value):
            names += [node.value, node.value.rpartition(".")[0]]  # a registry names modules, and functions of them
        elif isinstance(node, DOCUMENTED) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return names, ast.unparse(tree)
