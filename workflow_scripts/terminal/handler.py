"""What a run says in the terminal: one line a job, errors in full, and what is at work now.

A logger plugin of Snakemake (https://snakemake.github.io/snakemake-plugin-catalog). On a terminal the last line tells
what is at work, with what that job logged last: the epoch of a training, the bytes of a download. Elsewhere, as in the
log of a cluster job, it is printed once a minute, and no control character is written. Snakemake's own log file in
.snakemake/log holds everything as ever.
"""

from __future__ import annotations

import os
import shutil
import sys
from logging import WARNING, LogRecord
from threading import Event, Thread
from time import time
from typing import TextIO

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from workflow_scripts.terminal.jobs import Job, spelled, time_left

REDRAW, REPEAT = 0.5, 60.0  # seconds between two states of what is at work, on a terminal and elsewhere
MOST_WARNINGS = 3  # of a job
CLEAR, RED, PLAIN = "\r\x1b[K", "\x1b[1;31m", "\x1b[0m"
# What tells a user nothing. (A failed job is told by its own line, by what it said, and at the end.)
QUIET = (
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs",
    "Using shell",
    "Conda environments: ignored",
    "Select jobs to execute",
    "Execute ",
    "Shutting down, this might",
    "Exiting because a job execution failed",
    "Elapsed time",
    "Loading script code",
    "Adding ",
    "RuleException:\nCalledProcessError",
    "WorkflowError:\nAt least one job did not complete successfully",
)
SILENT = (LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO, LogEvent.JOB_STARTED, LogEvent.PROGRESS)


class LogHandler(LogHandlerBase):
    """Prints a run as it goes on."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False  # Snakemake's own, which knows --quiet
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        self.stream = sys.stdout if self.common_settings.stdout else sys.stderr
        self.live = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.colours = self.live and not self.common_settings.nocolor and "NO_COLOR" not in os.environ
        self.running: dict[int, Job] = {}
        self.failed: dict[str, Job] = {}  # by name; one that succeeds when it is tried again leaves
        self.done = self.total = 0
        self.began = time()
        self.ended = Event()
        self.ticker = Thread(target=self._tick, daemon=True)
        self.relay = self._divert() if self.live and self.stream is sys.__stderr__ else None

    def _divert(self) -> Thread:
        """Have what jobs print to standard error go by here: it never meets the line that tells what is at work."""
        terminal = os.dup(2)
        read, write = os.pipe()
        os.dup2(write, 2)
        os.close(write)
        self.stream = os.fdopen(terminal, "w", encoding="utf-8", errors="replace")
        relay = Thread(target=self._pass_on, args=(os.fdopen(read, encoding="utf-8", errors="replace"),), daemon=True)
        relay.start()
        return relay

    def _pass_on(self, printed: TextIO) -> None:
        for line in printed:
            with self.lock:
                self._say(line.rstrip("\n"))

    def emit(self, record: LogRecord) -> None:
        event = getattr(record, "event", None)
        if self.common_settings.dryrun:
            self._say(self.format(record))
        elif event is LogEvent.RUN_INFO:
            self._begin(record)
        elif event is LogEvent.JOB_INFO:
            self.running[record.jobid] = Job.of(record)
        elif event is LogEvent.JOB_FINISHED:
            self._finish(record)
        elif event is LogEvent.JOB_ERROR:
            self._fail(record)
        elif event not in SILENT and not record.getMessage().startswith(QUIET):
            self._say(self.format(record), urgent=record.levelno > WARNING)

    def _begin(self, record: LogRecord) -> None:
        self.began, self.done, self.total = record.created, 0, record.stats["total"]
        self._say(f"{self.total} jobs to do")
        if not self.ticker.is_alive():
            self.ticker.start()

    def _finish(self, record: LogRecord) -> None:
        job = self.running.pop(record.job_id, None)
        self.done += 1
        if job:
            self.failed.pop(job.name, None)
        if job and job.log:
            seconds = record.created - job.started
            left = time_left(self.done, self.total, record.created - self.began)
            self._say(f"{self._count()}  {job.stage:<9}  {job.name:<48} {spelled(seconds):>11}   {left}".rstrip())
            for warning in job.logged("WARNING")[:MOST_WARNINGS]:
                self._say(f"{'':>{len(self._count())}}  warning: {warning}")
        elif job:
            self._say(f"{self._count()}  {job.name}: all is there, after {spelled(record.created - self.began)}")

    def _fail(self, record: LogRecord) -> None:
        job = self.running.pop(record.jobid, None)
        if record.aux or not job:  # it ran elsewhere, and nobody has seen what it printed
            self._say(self.format(record))
        if not job:
            return
        self.failed[job.name] = job
        self._say(f"{'FAILED':>{len(self._count())}}  {job.stage:<9}  {job.name}   log: {job.log}", urgent=True)

    def _count(self) -> str:
        return f"{self.done:>{len(str(self.total))}}/{self.total}"

    def _tick(self) -> None:
        while not self.ended.wait(REDRAW if self.live else REPEAT):
            with self.lock:
                self._show_work(time())

    def _show_work(self, now: float) -> None:
        """One line: how far the run is, and what the job said last that has been at work the longest."""
        jobs = sorted(self.running.values(), key=lambda job: job.started)
        if not jobs:
            return
        job, others = jobs[0], f" (and {len(jobs) - 1} more)" if jobs[1:] else ""
        left = time_left(self.done, self.total, now - self.began)
        said = "".join(f": {text}" for text in job.logged()[-1:])
        work = f"{job.name}{others} for {spelled(now - job.started)}{said}"
        line = "  ".join(part for part in (self._count(), left, work) if part)
        if self.live:
            self.stream.write(f"{CLEAR}{line[: shutil.get_terminal_size().columns - 1]}")
            self.stream.flush()
        else:
            self._say(line)

    def _say(self, text: str, urgent: bool = False) -> None:
        if not text or text == "None":
            return
        if urgent and self.colours:
            text = f"{RED}{text}{PLAIN}"
        self.stream.write(f"{CLEAR if self.live else ''}{text}\n")
        self.stream.flush()

    def close(self) -> None:
        """The end of the run: what failed, and why, in one line each."""
        if not self.ended.is_set():
            self.ended.set()
            if self.relay:
                os.dup2(self.stream.fileno(), 2)
                self.relay.join(timeout=2)  # until the last job has closed its end
            self.stream.write(CLEAR if self.live else "")
            if self.failed:
                self._say(f"\n{len(self.failed)} failed, {self.done} of {self.total} jobs are done:", urgent=True)
                for job in self.failed.values():
                    self._say(f"  {job.name}: {job.reason()}", urgent=True)
                    self._say(f"      log: {job.log.absolute() if job.log else 'none'}")
        super().close()
