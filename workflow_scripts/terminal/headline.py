"""The end of a run in the terminal: the scores of each run beside the best baseline, and where the report is.

python -m workflow_scripts.terminal.headline config/config.yaml --directory .
"""

from __future__ import annotations

import argparse
from pathlib import Path

from workflow_scripts.contracts import comparisons, metrics
from workflow_scripts.evaluation.metrics import label
from workflow_scripts.evaluation.models import label as name_of
from workflow_scripts.report.scores import digits_of
from workflow_scripts.report.summary import Headline, circuit_headlines, headlines
from workflow_scripts.settings.validation import read_yaml

COLUMNS = ("run", "score on the test split", "of the run", "of the best baseline", "", "difference")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("configuration", type=Path)
    given.add_argument("--directory", type=Path, default=Path(), help="the working directory of the run")
    asked = given.parse_args()
    pathvars = (read_yaml(asked.configuration) or {}).get("pathvars") or {}
    default = Path("results") / asked.configuration.stem
    rows = scores(asked.directory / pathvars.get("results", default))
    if rows:
        print(f"\n{aligned([COLUMNS, *rows])}\n")
    print(f"Report: {asked.directory / default}/report/report.html")


def scores(results: Path) -> list[tuple[str, ...]]:
    """The headline scores of each run of bulk, then those of circuits, enhancers and perturbed cells: rows of COLUMNS.

    Of fewer train samples the curve tells, of variants of ablations and of networks with levels missing their tables.
    """
    rows = []
    for path in sorted(results.glob("bulk/*/comparisons.parquet")):
        if "." in path.parent.name:
            continue
        of_run = metrics.read(path.with_name("metrics.parquet"))
        rows += map(_row, headlines(path.parent.name, of_run, comparisons.read(path), path))
    for path in sorted(results.glob("circuit/*/*/comparisons.parquet")):
        if "+" not in path.parent.name + path.parent.parent.name:
            of_run = metrics.read(path.with_name("metrics.parquet"))
            rows += map(_row, circuit_headlines(of_run, comparisons.read(path)))
    return rows


def _row(headline: Headline) -> tuple[str, ...]:
    place, digits = headline.place, digits_of(headline.score[0])
    return (
        headline.run,
        f"{label(place.metric)} ({place.task}, {place.dataset})",
        _with_interval(headline.score, digits),
        f"{headline.baseline_score:.{digits}f}" if headline.baseline else "none",
        name_of(headline.baseline, place.task) if headline.baseline else "",
        _verdict(headline, digits),
    )


def _verdict(headline: Headline, digits: int) -> str:
    """How it stands to the best baseline, by how much, and to all of them where that is another matter."""
    if headline.beside == "unknown":
        return headline.beside
    stand = f"{headline.beside} {_with_interval(headline.difference, digits, '+z')}"
    return ", ".join(filter(None, (stand, headline.of_others())))


def _with_interval(numbers: tuple[float, float, float], digits: int, sign: str = "") -> str:
    """A value and its interval, where it has one."""
    value, low, high = (f"{number:{sign}.{digits}f}" for number in numbers)
    return f"{value} [{low}, {high}]" if numbers[1] == numbers[1] else value


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Rows of text as a table: each column as wide as its longest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


if __name__ == "__main__":
    main()
