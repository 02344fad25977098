"""What each rule cost: the benchmark files that Snakemake writes beside every job, added up.

A file `{stage}/{rule}.{name}.jsonl` (`{stage}/{rule}.jsonl` of a rule that runs once) holds one JSON object
a job: `s` (wall seconds), `cpu_time` (CPU seconds of the job and its children) and `max_rss` (MiB). The last
two are samples, taken every half second at first and every 30 s later, so they are lower bounds; a job that
ended before the first sample has `NA`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from workflow_scripts.io.errors import BadInput

MEASURES = {"s": "wall_s", "cpu_time": "cpu_s", "max_rss": "max_rss_mib"}
COLUMNS = ("stage", "rule", "jobs", "unsampled", "wall_s", "longest_s", "cpu_s", "max_rss_mib")


def read_benchmarks(folder: Path) -> pd.DataFrame:
    """Return one row per job below `folder`: stage, rule, name, and the measures (float64, NaN where NA)."""
    rows = []
    for path in sorted(folder.rglob("*.jsonl")):
        stage, (rule, _, name) = path.parent.name, path.stem.partition(".")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                job = json.loads(line)
                values = {measure: _number(job[key]) for key, measure in MEASURES.items()}
            except (ValueError, KeyError, TypeError) as error:
                reason = f"no benchmark record ({type(error).__name__}: {error})"
                raise BadInput(path, f"line {number}", reason, "Remove the file and run its rule again.") from error
            rows.append({"stage": stage, "rule": rule, "name": name, **values})
    return pd.DataFrame(rows, columns=["stage", "rule", "name", *MEASURES.values()])


def _number(value: object) -> float:
    return float("nan") if value in ("NA", None) else float(value)


def cost_per_rule(jobs: pd.DataFrame) -> pd.DataFrame:
    """Add up `jobs` by rule (see COLUMNS): sums of seconds, the longest job, the largest memory.

    The most costly rule stands first. CPU and memory of a rule of which no job was sampled are NaN.
    """
    grouped = jobs.groupby(["stage", "rule"], as_index=False).agg(
        jobs=("wall_s", "size"),
        sampled=("cpu_s", "count"),
        wall_s=("wall_s", "sum"),
        longest_s=("wall_s", "max"),
        cpu_s=("cpu_s", lambda seconds: seconds.sum(min_count=1)),
        max_rss_mib=("max_rss_mib", "max"),
    )
    grouped["unsampled"] = grouped["jobs"] - grouped["sampled"]
    return grouped.sort_values(["wall_s", "stage", "rule"], ascending=[False, True, True])[list(COLUMNS)]
