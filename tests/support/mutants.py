"""How much the tests hold: `make mutants`, or with options `make mutants MUTANTS="--rooms bulk esm2 --number 50"`.

Of each room the same number of small wrong changes (`mutations.py`) is planted, one at a time, in a copy of the
project, and the tests of the room are run until one fails, which kills the mutant. The tests that execute the changed
line come first, fast ones before slow ones. The sample is drawn by the names of the mutants and takes one of every
function before a second of any, so it stays much the same while the project grows.

A mutant that is as good as the original stands in `equivalent_mutants.tsv` with the reason, and is not drawn: by its
name, or by the beginning of its name. Tests of real data are left out.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import hashlib
import importlib
import multiprocessing
import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.mutations import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
CODE = "workflow_scripts"
CONFIGURATION = "tests/workflow/test_configuration.py"  # tests the checks.py and inputs.py of every stage
ROOMS = {
    "training": ("tests/training", "tests/bulk"),
    "evaluation": ("tests/evaluation", "tests/bulk"),
    "bulk": ("tests/bulk", CONFIGURATION),
    "prebulk": ("tests/prebulk", CONFIGURATION),
    "reference": ("tests/reference", CONFIGURATION),
    "tracks": ("tests/tracks", CONFIGURATION),
    "esm2": ("tests/esm2", CONFIGURATION),
    "circuit": ("tests/circuit", CONFIGURATION),
}
ENOUGH = 0.95  # of the mutants killed
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.tsv")
RESULTS = ROOT / "results/mutants.tsv"
# One thread a worker; and no compiled module is left that is older than a change of the same second.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1"}
# Imported once a worker: every run of tests is forked from it.
LIBRARIES = ("anndata", "esm.pretrained", "hypothesis.extra.numpy", "lightning.pytorch", "pandera.pandas")
LIBRARIES += ("scipy.stats", "sklearn.linear_model", "sklearn.neighbors", "snakemake.io")
MEMORY = 12 << 30  # bytes; a mutant that wants more gets a MemoryError


class Test(NamedTuple):
    seconds: float
    lines: set[tuple[str, int]]  # of the project's code that it executes: file, line


class Verdict(NamedTuple):
    mutant: Mutant
    executed_by: int  # tests
    killed_by: str  # "" for a survivor
    error: str
    seconds: float


class Watcher:
    """A pytest plugin: notes what each test executes, how long it takes, and what fails."""

    def __init__(self, code: str, trace: bool) -> None:
        self.code, self.trace = code, trace
        self.tests: dict[str, Test] = {}
        self.fixtures: dict[str, Test] = {}  # those that several tests share
        self.lines: set[tuple[str, int]] = set()
        self.failed: list[tuple[str, str]] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        with self.noted(self.tests, item.nodeid):
            result = yield
        parts = [self.tests[item.nodeid], *(self.fixtures[name] for name in item.fixturenames if name in self.fixtures)]
        lines = set().union(*(part.lines for part in parts))
        self.tests[item.nodeid] = Test(sum(part.seconds for part in parts), lines)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)
        with self.noted(self.fixtures, fixturedef.argname):
            return (yield)

    def pytest_exception_interact(self, node: Any, call: pytest.CallInfo) -> None:
        self.failed.append((node.nodeid, call.excinfo.typename))

    @contextlib.contextmanager
    def noted(self, notes: dict[str, Test], name: str) -> Iterator[None]:
        outer, self.lines, started = self.lines, set(), time.monotonic()
        if self.trace:
            sys.settrace(self.traced)
        try:
            yield
        finally:
            notes[name], self.lines = Test(time.monotonic() - started, self.lines), outer

    def traced(self, frame: Any, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(self.code):
            return None
        self.lines.add((file.removeprefix(self.code), frame.f_lineno))
        return self.traced


class Order:
    """A pytest plugin: the tests in the order of `ranks`, each with a limit of time."""

    def __init__(self, ranks: dict[str, tuple[int, float]]) -> None:
        self.ranks = ranks

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.ranks[item.nodeid])
        for item in items:
            # by a thread that ends the process: hypothesis would take an exception for a finding, and try it again
            item.add_marker(pytest.mark.timeout(30 + 10 * self.ranks[item.nodeid][1], method="thread"))


def prepare(parent: Path) -> None:
    """Make this process a worker, with a copy of the project of its own and all libraries imported."""
    global copy
    copy = parent / str(os.getpid())
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    for name in LIBRARIES:
        importlib.import_module(name)


def run_tests(folders: tuple[str, ...], ranks: dict[str, tuple[int, float]] | None = None) -> Watcher:
    """Run tests of the copy in a process of their own: all, traced; or in the order of `ranks` until one fails."""
    watcher = Watcher(f"{copy / CODE}/", trace=ranks is None)
    notes, output = copy.with_suffix(".notes"), copy.with_suffix(".output")
    notes.unlink(missing_ok=True)

    def child() -> None:
        os.setsid()
        os.chdir(copy)
        with output.open("wb") as handle:
            os.dup2(handle.fileno(), 1)
            os.dup2(handle.fileno(), 2)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        sys.path[:] = [path for path in sys.path if path != str(ROOT)]
        for name in [name for name in sys.modules if name.split(".")[0] in ("tests", CODE)]:
            del sys.modules[name]  # the copy has its own
        plugins = [watcher, *([Order(ranks)] if ranks else [])]
        options = ["-q", "--hypothesis-seed=0", *(["-x"] if ranks else [])]
        code = pytest.main([*options, *folders], plugins)
        sys.settrace(None)
        tests = {name: tuple(test) for name, test in watcher.tests.items()}
        notes.write_bytes(pickle.dumps((int(code), tests, watcher.failed)))
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    try:
        process.join(120 + 3 * sum(seconds for _, seconds in ranks.values()) if ranks else None)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.join()
    if notes.exists():
        code, tests, watcher.failed = pickle.loads(notes.read_bytes())
        watcher.tests = {name: Test(*test) for name, test in tests.items()}
        if not watcher.failed and code:
            raise RuntimeError(f"pytest ends with {code} in {folders}:\n{output.read_text()[-3000:]}")
    else:
        hangs = process.exitcode == -signal.SIGKILL or "+ Timeout +" in output.read_text(errors="replace")
        watcher.failed = [("", "Timeout" if hangs else f"exit {process.exitcode}")]
    return watcher


def explore(folder: str) -> dict[str, Test]:
    """What each test of `folder` executes, and how long it takes."""
    watcher = run_tests((folder,))
    if watcher.failed:
        failed = "\n".join(f"  {test}: {error}" for test, error in watcher.failed)
        raise SystemExit(f"These tests of {folder} fail before anything is changed:\n{failed}")
    return watcher.tests


def judge(mutant: Mutant, folders: tuple[str, ...], tests: dict[str, Test]) -> Verdict:
    """Plant one mutant and run the tests: first those that execute the line, then those that execute the file."""
    planted = {(mutant.file, line) for line in mutant.lines}
    touching = {name for name, test in tests.items() if any(file == mutant.file for file, _ in test.lines)}
    executing = {name for name in touching if mutant.function == "module" or tests[name].lines & planted}
    ranks = {name: (2 - (name in executing) - (name in touching), test.seconds) for name, test in tests.items()}
    file, started = copy / CODE / mutant.file, time.monotonic()
    original = file.read_text()
    file.write_text(mutant.source)
    try:
        failed = run_tests(folders, ranks).failed
    finally:
        file.write_text(original)
    return Verdict(mutant, len(executing), *(failed[0] if failed else ("", "")), time.monotonic() - started)


def sample(found: list[Mutant], number: int) -> list[Mutant]:
    """`number` mutants, one of every function before a second of any."""
    functions = defaultdict(list)
    for mutant in sorted(found, key=chance):
        functions[mutant.file, mutant.function].append(mutant)
    turns = [(turn, chance(mutant), mutant) for each in functions.values() for turn, mutant in enumerate(each)]
    return [mutant for *_, mutant in sorted(turns, key=lambda entry: entry[:2])[:number]]


def chance(mutant: Mutant) -> str:
    return hashlib.sha256(mutant.name.encode()).hexdigest()


def of_room(room: str) -> list[Mutant]:
    """All mutants of a room but those that are known to be equivalent."""
    with EQUIVALENT.open() as handle:
        equivalent = tuple(row["name"] for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    files = sorted((ROOT / CODE / room).rglob("*.py"))
    found = [mutant for file in files for mutant in mutants(file, ROOT / CODE)]
    for name in equivalent:
        if name.startswith(f"{room}/") and not any(mutant.name.startswith(name) for mutant in found):
            print(f"{EQUIVALENT.name}: nothing has this name any more: {name}")
    return [mutant for mutant in found if not mutant.name.startswith(equivalent)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Plant wrong lines and see whether the tests notice.")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    parser.add_argument("--number", type=int, default=30, help="mutants of each room")
    parser.add_argument("--only", help="instead of a sample, all mutants with this text in their name")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # its workers end with it

    drawn = {room: of_room(room) for room in options.rooms}
    for room, found in drawn.items():
        drawn[room] = [m for m in found if options.only in m.name] if options.only else sample(found, options.number)
    rooms = [room for room, found in drawn.items() if found]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as parent,
        ProcessPoolExecutor(
            options.workers, multiprocessing.get_context("fork"), initializer=prepare, initargs=(Path(parent),)
        ) as pool,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(pool.shutdown, cancel_futures=True)
        folders = sorted({folder for room in rooms for folder in ROOMS[room]})
        known = dict(zip(folders, pool.map(explore, folders), strict=True))
        jobs = []
        for room in rooms:
            tests = {name: test for folder in ROOMS[room] for name, test in known[folder].items()}
            print(f"{room}: {len(tests)} tests of {sum(test.seconds for test in tests.values()):.0f} s", flush=True)
            jobs += [pool.submit(judge, mutant, ROOMS[room], tests) for mutant in drawn[room]]
        verdicts = []
        for job in as_completed(jobs):
            verdicts.append(verdict := job.result())
            outcome = f"{verdict.error} in {verdict.killed_by}" if verdict.error else "SURVIVED"
            print(f"{len(verdicts)}/{len(jobs)} {verdict.seconds:.0f} s {verdict.mutant.name}: {outcome}", flush=True)
    return report(verdicts)


def report(verdicts: list[Verdict]) -> int:
    """Print and write what was found; return 1 where too few mutants are killed."""
    verdicts.sort(key=lambda verdict: (verdict.mutant.file, verdict.mutant.lines.start, verdict.mutant.name))
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(["room", "name", "line", "outcome", "error", "killed_by", "executed_by", "seconds"])
        for mutant, executed_by, killed_by, error, seconds in verdicts:
            outcome = "killed" if error else "survived"
            room, line = mutant.file.split("/")[0], mutant.lines.start
            writer.writerow([room, mutant.name, line, outcome, error, killed_by, executed_by, f"{seconds:.1f}"])

    survivors = [verdict for verdict in verdicts if not verdict.error]
    if survivors:
        print("\nSurvivors, and how many tests execute the line:")
    for mutant, executed_by, *_ in survivors:
        print(f"  {mutant.file}:{mutant.lines.start} {mutant.function}: {mutant.change}  [{executed_by}]")

    print(f"\n{'room':12}{'mutants':>9}{'killed':>9}{'survived':>9}{'share':>9}   killed by")
    rooms = dict.fromkeys(verdict.mutant.file.split("/")[0] for verdict in verdicts)
    for room in (*rooms, "all"):
        of_room = [verdict for verdict in verdicts if room in ("all", verdict.mutant.file.split("/")[0])]
        errors = Counter(verdict.error for verdict in of_room if verdict.error)
        killed = errors.total()
        told = ", ".join(f"{name} {number}" for name, number in errors.most_common())
        print(f"{room:12}{len(of_room):9}{killed:9}{len(of_room) - killed:9}{killed / len(of_room):9.1%}   {told}")
    print(f"\n{RESULTS.relative_to(ROOT)}")
    return int(len(survivors) > (1 - ENOUGH) * len(verdicts))


if __name__ == "__main__":
    sys.exit(main())
