"""Say on one page what a run of the workflow comes to: scores, samples, figures, warnings, methods, costs."""

from workflow_scripts.rule import run

from itertools import chain
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.comparisons import read as read_comparisons
from workflow_scripts.contracts.metrics import read as read_metrics
from workflow_scripts.contracts.provenance import read as read_provenance
from workflow_scripts.contracts.samples import read as read_samples
from workflow_scripts.contracts.selection import read as read_selection
from workflow_scripts.report import jobs, methods, summary, summary_page
from workflow_scripts.report.crate import VERSION
from workflow_scripts.report.pages import write_page
from workflow_scripts.report.scores import best_model
from workflow_scripts.report.sources import honest_line

# Of the run that did best on validation, of all runs, and of every set of tracks.
FIGURES = {
    "f1.png": "F1 on the test split, with 95 % bootstrap intervals: {name}",
    "imputation.png": "Hidden values of the test split, with 95 % bootstrap intervals: {name}",
    "learning_curve.png": "Scores over the number of train samples, with 95 % bootstrap intervals: all runs",
    "umap.png": "Samples as the model and as PCA of log-TPM see them: {name}",
    "pausing.png": "Pausing index, its median with a 95 % interval: {name}",
}


def summarize_results(
    *,
    metrics: list[Path],
    comparisons: list[Path],
    selections: list[Path],
    samples: Path | None,
    figures: list[Path],
    embeddings: list[Path],
    provenance: list[Path],
    costs: Path,
    page: Path,
    opening: Path,
    scores: Path,
    content: dict,
    logs: Path,
) -> None:
    """Metrics and Comparisons of all runs and peers (in one order), Samples, figures and costs to one page.

    selections: of runs; opening: scores and warnings alone, which the report opens with; scores: a TSV. content: the
    configuration, completed; logs: the folder of what jobs recorded, for the versions of software.
    """
    runs = [path.parent.name for path in metrics]
    numbers = dict(zip(runs, map(read_metrics, metrics), strict=True))
    compared = dict(zip(runs, map(read_comparisons, comparisons), strict=True))
    listed = read_samples(samples) if samples else None
    honest = honest_line(provenance, embeddings)
    found = list(
        chain.from_iterable(
            summary.headlines(name, numbers[name], compared[name], path)
            for name, path in zip(runs, metrics, strict=True)
        )
    )
    chosen = {path.parent.name: read_selection(path) for path in selections}
    confounded = summary.confounded(listed) if listed is not None else ()
    warned = [*summary.unreal(honest), *confounded, *summary.unlearned(chosen)]
    summary.write_merged(summary.merge_scores(numbers), scores)
    summary_page.write_opening(opening, found, warned)
    files = [read_provenance(path) for path in provenance]
    recorded = jobs.reachable([str(path) for path in (*figures, costs)], jobs.read_jobs(logs), page.parent.parent)
    jobs.require_written([*figures, costs], recorded)
    text = methods.describe(
        content,
        listed,
        sorted({file["release"] for file in files if file["release"]}),
        jobs.versions(recorded),
        VERSION,
        honest,
    )
    parts = [
        *summary_page.headline_part(found, {name: place for place, name in enumerate(runs)}),
        *summary_page.warning_part(warned),
        *summary_page.sample_part(listed),
        *summary_page.figure_part(main_figures(figures, numbers)),
        *summary_page.methods_part(text),
        *summary_page.cost_part(pd.read_csv(costs, sep="\t")),
    ]
    write_page(page, f"Summary of {page.parent.parent.name}", honest, parts)


def main_figures(figures: list[Path], numbers: dict[str, pd.DataFrame]) -> dict[str, Path]:
    """{what it shows: PNG} of the run that did best on validation, of all runs, and of all sets of tracks."""
    best = ""
    if numbers:
        merged = summary.merge_scores(numbers)
        own = merged[merged["run"].isin({path.parent.name for path in figures})]  # not of peers, which have none
        best = own.loc[own["model"] == best_model(own, set(own["model"]))[0], "run"].iloc[0] if len(own) else ""
    chosen = [path for path in figures if path.parent.name == best or path.parent.name not in numbers]
    chosen.sort(key=lambda path: list(FIGURES).index(path.name))
    return {FIGURES[path.name].format(name=path.parent.name): path for path in chosen}


if "snakemake" in globals():
    run(summarize_results, snakemake)  # noqa: F821
