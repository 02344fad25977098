"""What a run says in the terminal, of the records that Snakemake gives to a logger plugin."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import pytest
from snakemake.logging import DefaultFormatter
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.tests import MockOutputSettings, TestLogHandlerBase

from workflow_scripts.terminal.handler import LogHandler
from workflow_scripts.terminal.jobs import spelled, time_left

TRAIN, PLOT = "results/c/logs/bulk/train_bulk.small.log", "results/c/logs/report/plot_quality.log"


class TestInterface(TestLogHandlerBase):
    """What Snakemake asks of every logger plugin."""

    __test__ = True

    def get_log_handler_cls(self) -> type[LogHandler]:
        return LogHandler

    def get_log_handler_settings(self) -> None:
        return None


class Screen:
    """Where the handler writes: a terminal, or a file."""

    def __init__(self, terminal: bool) -> None:
        self.terminal, self.text = terminal, ""

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None: ...


class Run:
    """A handler, and the records of a run that has two jobs to do and a target."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
        self.screen = Screen(terminal)
        monkeypatch.setattr(sys, "stderr", self.screen)
        self.handler = LogHandler(MockOutputSettings(), None)
        self.handler.setFormatter(DefaultFormatter())
        self.tell(LogEvent.RUN_INFO, stats={"train_bulk": 1, "plot_quality": 1, "all": 1, "total": 3})

    def tell(self, event: LogEvent | None, second: float = 0.0, level: int = logging.INFO, **about: Any) -> None:
        record = logging.makeLogRecord({"levelno": level, "created": second, "event": event, **about})
        self.handler.handle(record)

    def start(self, number: int, rule: str, log: str, second: float, **wildcards: str) -> None:
        about = {"jobid": number, "rule_name": rule, "log": [log] if log else [], "wildcards": wildcards}
        self.tell(LogEvent.JOB_INFO, second, **about)

    def fail(self, number: int, second: float, **aux: str) -> None:
        about = {"log": [TRAIN], "input": [], "output": [], "conda_env": "", "shellcmd": "", "msg": "", "aux": aux}
        self.tell(LogEvent.JOB_ERROR, second, logging.ERROR, jobid=number, rule_name="train_bulk", **about)

    @property
    def lines(self) -> list[str]:
        return self.screen.text.splitlines()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    for log in (TRAIN, PLOT):
        Path(log).parent.mkdir(parents=True)
    return Run(monkeypatch, terminal=False)


def logged(log: str, *lines: str) -> None:
    with Path(log).open("a") as file:
        file.writelines(f"2026-01-02 03:04:05,678 {line}\n" for line in lines)


def test_each_job_is_one_line_with_what_it_is_and_how_long_it_took(run: Run) -> None:
    run.start(1, "plot_quality", PLOT, 10)
    run.start(2, "train_bulk", TRAIN, 11, run="small")
    run.tell(LogEvent.JOB_FINISHED, 14.5, job_id=1)
    run.tell(LogEvent.JOB_FINISHED, 136, job_id=2)
    run.start(0, "all", "", 137)
    run.tell(LogEvent.JOB_FINISHED, 137, job_id=0)
    run.handler.close()
    assert [line.split() for line in run.lines] == [
        ["3", "jobs", "to", "do"],
        ["1/3", "report", "plot_quality", "4.5", "s"],
        ["2/3", "bulk", "train_bulk", "small", "2", "min", "5", "s"],
        ["3/3", "all:", "all", "is", "there,", "after", "2", "min", "17", "s"],
    ]


def test_a_warning_of_a_job_is_seen(run: Run) -> None:
    run.start(2, "train_bulk", TRAIN, 0, run="small")
    logged(TRAIN, "INFO a: begins", *(f"WARNING a.b: {number}: odd" for number in range(9)), "INFO a: ends")
    run.tell(LogEvent.JOB_FINISHED, 1, job_id=2)
    assert [line.strip() for line in run.lines[2:]] == [f"warning: {number}: odd" for number in range(3)]


def test_what_is_at_work_says_what_it_logged_last(run: Run) -> None:
    run.start(2, "train_bulk", TRAIN, 0, run="small")
    run.start(1, "plot_quality", PLOT, 3)
    run.handler._show_work(20)
    logged(TRAIN, "INFO workflow_scripts.training.loop: epoch 1: train 0.5", "INFO a: epoch 2 of 9: step 1 of 3")
    run.handler._show_work(80)
    assert run.lines[1:] == [
        "0/3  train_bulk small (and 1 more) for 20 s",
        "0/3  train_bulk small (and 1 more) for 1 min 20 s: epoch 2 of 9: step 1 of 3",
    ]


def test_a_failed_job_is_told_by_its_reason_and_its_log_at_the_end(run: Run, tmp_path: Path) -> None:
    run.start(2, "train_bulk", TRAIN, 0, run="small")
    logged(TRAIN, "INFO a: begins", "ERROR root: a.h5ad: is damaged. Remove it, and run again.")
    run.tell(LogEvent.ERROR, 1, logging.ERROR, msg='RuleException:\nCalledProcessError in file "x", line 1')
    run.fail(2, 1)
    run.tell(None, 2, logging.ERROR, msg="Exiting because a job execution failed. Look above for error messages")
    run.tell(None, 2, msg="Complete log(s): /x/.snakemake/log/y")
    run.handler.close()
    assert run.lines[1:] == [
        f"FAILED  bulk       train_bulk small   log: {TRAIN}",
        "Complete log(s): /x/.snakemake/log/y",
        "",
        "1 failed, 0 of 3 jobs are done:",
        "  train_bulk small: a.h5ad: is damaged. Remove it, and run again.",
        f"      log: {tmp_path / TRAIN}",
    ]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "it logged no reason: see what it printed above"),
        (["INFO a: begins"], "it logged no reason: see what it printed above"),
        (["ERROR root: train failed\nTraceback\nKeyError: 'reader'"], "train failed: KeyError: 'reader'"),
    ],
    ids=["empty", "killed", "traceback"],
)
def test_the_reason_of_a_failure_is_what_was_logged_last(lines: list[str], reason: str, run: Run) -> None:
    logged(TRAIN, *lines)
    run.start(2, "train_bulk", TRAIN, 0, run="small")
    run.fail(2, 1)
    run.handler.close()
    assert run.lines[-2] == f"  train_bulk small: {reason}"


def test_of_a_job_that_failed_elsewhere_all_is_shown(run: Run) -> None:
    """On a node of a cluster nobody sees what it prints."""
    run.start(2, "train_bulk", TRAIN, 0, run="small")
    run.fail(2, 1, external_jobid="17")
    assert "Error in rule train_bulk:" in run.screen.text and "external_jobid: 17" in run.screen.text


def test_a_job_that_succeeds_when_tried_again_has_not_failed(run: Run) -> None:
    for second, number in ((0, 2), (2, 2)):
        run.start(number, "train_bulk", TRAIN, second, run="small")
        if second == 0:
            run.fail(number, 1)
    run.tell(LogEvent.JOB_FINISHED, 3, job_id=2)
    run.handler.close()
    assert "1 failed" not in run.screen.text


def test_what_is_no_job_is_said_unless_it_is_noise(run: Run) -> None:
    for said in ("Building DAG of jobs...", "Nothing to be done.", "Select jobs to execute..."):
        run.tell(None, msg=said)
    run.tell(LogEvent.ERROR, level=logging.ERROR, msg="WorkflowError:\nno such rule")
    assert run.lines[1:] == ["Nothing to be done.", "WorkflowError:", "no such rule"]


def test_control_characters_are_for_terminals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal, file = (Run(monkeypatch, terminal) for terminal in (True, False))
    for each in (terminal, file):
        each.start(2, "train_bulk", TRAIN, 0, run="a_run_of_a_long_name")
        each.handler._show_work(1)
        each.fail(2, 1)
        each.handler.close()
    assert "\x1b" not in file.screen.text and "\r" not in file.screen.text
    work = "0/3  train_bulk a_run_of_a_long_name"[:29]  # one line, with a place for the cursor
    assert f"\r\x1b[K{work}\r\x1b[K\x1b[1;31mFAILED" in terminal.screen.text


def test_a_dry_run_is_left_to_snakemake(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = MockOutputSettings()
    settings.dryrun = True
    monkeypatch.setattr(sys, "stderr", Screen(False))
    handler = LogHandler(settings, None)
    handler.handle(logging.makeLogRecord({"msg": "Would remove nothing", "event": None}))
    assert sys.stderr.text == "Would remove nothing\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (7300, "2 h 1 min")],
)
def test_a_duration_is_spelled_in_what_matters(seconds: float, text: str) -> None:
    assert spelled(seconds) == text


@pytest.mark.parametrize(
    ("done", "total", "seconds", "text"),
    [
        (2, 100, 10, ""),  # too few to tell
        (10, 30, 40, "about 80 s left"),
        (10, 30, 60, "about 2 min left"),
        (10, 30, 9000, "about 5 h left"),
        (30, 30, 60, ""),
    ],
)
def test_the_time_left_is_that_at_the_pace_so_far(done: int, total: int, seconds: float, text: str) -> None:
    assert time_left(done, total, seconds) == text
