"""Draw how well each model and rule predicts perturbed cells, and write the page of all scores."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import effects as effects_table
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.evaluation.cell_models import CEILING, DOUBLES, RULES, UNSEEN, label
from workflow_scripts.report.effect_figures import draw_effects, draw_gains, key, name_rows, row_height, rows_of
from workflow_scripts.report.effect_page import write_effects
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save

TITLES = {DOUBLES: "Two genes at once", UNSEEN: "Genes never perturbed"}
DISTANCE, CHANGES = "effect_l2", "effect_delta_pearson"


def plot_effects(
    *,
    effects: Path,
    metrics: Path,
    comparisons: Path,
    provenance: list[Path],
    embeddings: list[Path],
    figure: Path,
    page: Path,
    dataset: str,
) -> None:
    """Metrics and Comparisons of one set of cells, whose Effects tell the unit, to one PNG and one page.

    `provenance` of the cells, and the GeneEmbeddings that models take, say what is simulated.
    """
    data = effects_table.read(effects)
    scores, against = metrics_table.read(metrics), comparisons_table.read(comparisons)
    honest, unit = honest_line(provenance, embeddings), str(data.uns["unit"])
    number = data.obs["perturbation"].astype(str).replace("", pd.NA).nunique()
    contexts = data.obs["context"].nunique()
    about = f"{data.obs['cells'].sum():,} cells, {number:,} perturbations, {data.n_vars:,} genes"
    about += f", {contexts} contexts" if contexts > 1 else ""
    whole = [table[table["dataset"] == dataset] for table in (scores, against)]
    save(effects_figure(*whole, unit, f"{dataset}: {about}"), figure, honest)
    write_effects(page, dataset, about, scores, against, unit, honest)


def effects_figure(scores: pd.DataFrame, against: pd.DataFrame, unit: str, title: str) -> Figure:
    """Of each task there is one row of panels: distances, correlations, and distances less those of the rule.

    scores, against: Metrics and Comparisons of one data set.
    """
    found = {
        task: [rows_of(scores, against, metric, task) for metric in (DISTANCE, CHANGES)]
        for task in TITLES
        if (scores["task"] == task).any()
    }
    heights = [len(distances) + 2.6 for distances, _ in found.values()]
    figure = new_figure(16, 1.3 + row_height(scores["model"].unique()) * sum(heights))
    axes = figure.subplots(len(found), 3, squeeze=False, height_ratios=heights)
    for (task, (distances, changes)), panels in zip(found.items(), axes, strict=True):
        number = scores.loc[(scores["task"] == task) & (scores["metric"] == DISTANCE), "n"].iloc[0]
        name_rows(draw_effects(panels[0], distances, task), list(distances.drop(CEILING).index))
        draw_effects(panels[1], changes, task)
        draw_gains(panels[2], distances, task)
        less = f"Distance less that of the {label(RULES[task])}"
        for panel, name, said in (
            (panels[0], f"{TITLES[task]} (n = {number:,}): distance", f"Distance of changes\n({unit}; less is better)"),
            (panels[1], "Correlation", "Pearson r of changes from control\n(more is better)"),
            (panels[2], less, "Difference on the same resamples\n(below 0 is better)"),
        ):
            panel.set(title=name, xlabel=said)
        panels[0].set_xlim(left=0)
    key(figure, title)
    return figure


if "snakemake" in globals():
    run(plot_effects, snakemake)  # noqa: F821
