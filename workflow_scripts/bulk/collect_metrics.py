"""All numbers of one run beside those of the baselines, and what their differences say."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.evaluation.models import BASE


def collect_metrics(*, own: list[Path], baselines: list[Path], metrics: Path, comparisons: Path) -> None:
    """Join the tables, sorted so that a model stands beside its baselines, and compare it with each of them.

    The run without its network stands among these.
    """
    models, others = (pd.concat([metrics_table.read_replicates(path) for path in paths]) for paths in (own, baselines))
    of_base = models["model"].str.endswith(BASE)
    models, others = models[~of_base], pd.concat([others, models[of_base]])
    order = ["task", "dataset", "split", "level", "metric", "model"]
    table = pd.concat([models, others])[list(metrics_table.SCHEMA.columns)].sort_values(order)
    metrics_table.write(table, metrics)
    comparisons_table.write(compare(models, others, metrics), comparisons)


if "snakemake" in globals():
    run(collect_metrics, snakemake)  # noqa: F821
