"""Draw what becomes of a run without one of its parts, or with another, over several seeds; a figure and a table."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from workflow_scripts.contracts import selection as selection_table
from workflow_scripts.contracts.metrics import read_replicates
from workflow_scripts.contracts.variants import UNCHANGED, parse
from workflow_scripts.evaluation.metrics import CLASSES, HIDDEN
from workflow_scripts.evaluation.models import PROBE
from workflow_scripts.report.ablations import ALONE, WITHOUT, ablation_table, draw_changes, of_variant
from workflow_scripts.report.scores import dataset_label, mask_ratio
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save
from workflow_scripts.report.summary import write_merged


def plot_ablation(
    *,
    scores: list[Path],
    selections: list[Path],
    embeddings: list[Path],
    provenance: list[Path],
    figure: Path,
    table: Path,
) -> None:
    """Replicates and Selections of all variants of one ablation, in folders of their names, to one PNG and one TSV.

    `embeddings` of genes and `provenance` of the data say what is simulated.
    """
    found = [of_variant(path, read_replicates(path)) for path in scores]
    found += [_alone(path, selection_table.read(path)) for path in selections]
    rows = ablation_table(pd.concat(found, ignore_index=True))
    write_merged(rows, table)
    save(ablation_figure(rows), figure, honest_line(provenance, embeddings))


def _alone(path: Path, selection: pd.DataFrame) -> pd.DataFrame:
    """The skill of the network alone on validation, and its weight, as rows like those of scores."""
    of_network = selection.set_index("member").loc["network"]
    numbers = {"dataset": "all", "split": "validation", "task": HIDDEN, "level": "pooled"}
    rows = [{"metric": name, "value": of_network[name]} for name in ("skill", "weight")]
    return pd.DataFrame(rows).assign(
        part=ALONE, groups="", replicates=[np.empty(0)] * 2, **numbers, **parse(path.parent.name)._asdict()
    )


def ablation_figure(rows: pd.DataFrame) -> Figure:
    """One panel a number: the network alone, the run on hidden values, and the classifier on its embedding."""
    pooled = rows[rows["level"] == "pooled"]
    alone = pooled[(pooled["part"] == ALONE) & (pooled["metric"] == "skill")]
    panels = [("The network alone, validation", alone)]
    test = pooled[pooled["split"] == "test"]
    hidden = test[(test["part"] == "") & (test["task"] == HIDDEN) & (test["metric"] == "skill")]
    ratios = sorted(hidden["dataset"].unique(), key=lambda name: mask_ratio(name, "metrics"))
    for dataset in ratios[(len(ratios) - 1) // 2 :][:1]:
        panels.append((f"The run on test, {dataset_label(dataset)}", hidden[hidden["dataset"] == dataset]))
    of_classes = test[(test["part"] == PROBE) & (test["task"] == CLASSES) & (test["metric"] == "weighted_f1")]
    panels += [
        (f"Its embedding on test, {dataset_label(dataset)}", of) for dataset, of in of_classes.groupby("dataset")
    ]
    changes = list(dict.fromkeys(pooled["change"]))
    changes.sort(key=lambda name: [UNCHANGED, WITHOUT].index(name) if name in (UNCHANGED, WITHOUT) else 2)
    figure = new_figure(4.3 * len(panels) + 1.2, 1.6 + 0.42 * max(3, len(changes)))
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axis, (title, of) in zip(axes, panels, strict=True):
        draw_changes(axis, of.set_index("change"), changes).set_title(title)
    return figure


if "snakemake" in globals():
    run(plot_ablation, snakemake)  # noqa: F821
