"""The end of a run in the terminal: the scores of each run beside the best baseline, and where the report is.

python -m workflow_scripts.terminal.headline config/config.yaml --directory .
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import comparisons, metrics
from workflow_scripts.evaluation.intervals import LEVEL
from workflow_scripts.evaluation.metrics import CLASSES, HIDDEN, entry, label
from workflow_scripts.report.scores import best_model
from workflow_scripts.settings.validation import read_yaml

HEADLINES = {CLASSES: "weighted_f1", HIDDEN: "skill"}  # {task: the metric that stands for it}


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("configuration", type=Path)
    given.add_argument("--directory", type=Path, default=Path(), help="the working directory of the run")
    asked = given.parse_args()
    pathvars = (read_yaml(asked.configuration) or {}).get("pathvars") or {}
    default = Path("results") / asked.configuration.stem
    rows = headlines(asked.directory / pathvars.get("results", default))
    if rows:
        print(f"\nOn the test split, beside the baseline that does best there [{100 * LEVEL:g} % interval]:\n")
        print(aligned([("run", "score", "model", "best baseline", "", "difference"), *rows]), end="\n\n")
    print(f"Report: {asked.directory / default}/report/report.html")


def headlines(results: Path) -> list[tuple[str, ...]]:
    """Of each run of bulk: run, score, value of the model, of the best baseline, its name, verdict and difference."""
    rows = []
    for path in sorted(results.glob("bulk/*/comparisons.parquet")):
        table = comparisons.read(path)
        scored = metrics.read(path.with_name("metrics.parquet"))
        for task, metric in HEADLINES.items():
            of_task = table[(table["task"] == task) & (table["metric"] == metric) & (table["split"] == "test")]
            if len(of_task):
                model, _ = best_model(scored, set(of_task["model"]), metric)
                for dataset, against in of_task[of_task["model"] == model].groupby("dataset"):
                    name = f"{label(metric)}, {task}, {dataset}"
                    rows.append((path.parent.name, name, *_beside_the_best(against, entry(metric).more_is_better)))
    return rows


def _beside_the_best(against: pd.DataFrame, more_is_better: bool) -> tuple[str, ...]:
    """Of the comparisons of one number with every baseline, that with the best of them."""
    best = against.sort_values(["baseline_value", "baseline"], ascending=[not more_is_better, True]).iloc[0]
    interval = f"{best['difference']:+z.3f} [{best['ci_low']:+z.3f}, {best['ci_high']:+z.3f}]"
    said = f"{best['verdict']} {interval if best['verdict'] != 'unknown' else ''}"
    return f"{best['value']:.3f}", f"{best['baseline_value']:.3f}", best["baseline"], said.rstrip()


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Rows of text as a table: each column as wide as its longest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


if __name__ == "__main__":
    main()
