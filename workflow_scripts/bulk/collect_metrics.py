"""All scores of one run beside its baselines, in one table."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import metrics as metrics_table


def collect_metrics(*, scores: list[Path], metrics: Path) -> None:
    """Join the tables and sort them, so that a model stands beside its baselines."""
    table = pd.concat([metrics_table.read(path) for path in scores])
    order = ["task", "dataset", "split", "level", "metric", "model"]
    metrics_table.write(table.sort_values(order, ignore_index=True), metrics)


if "snakemake" in globals():
    run(collect_metrics, snakemake)  # noqa: F821
