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
from workflow_scripts.report.pages import paragraph, write_page
from workflow_scripts.report.scores import best_model
from workflow_scripts.report.sources import honest_line

# Of the run that did best on validation, of all runs, of every set of tracks, of one circuit, and of every set of
# enhancers and of perturbed cells.
FIGURES = {
    "f1.png": "F1 on the test split, with 95 % bootstrap intervals: {name}",
    "imputation.png": "Hidden values of the test split, with 95 % bootstrap intervals: {name}",
    "learning_curve.png": "Scores over the number of train samples, with 95 % bootstrap intervals: all runs",
    "umap.png": "Samples as the model and as PCA of log-TPM see them: {name}",
    "pausing.png": "Pausing index, its median with a 95 % interval: {name}",
    "circuit.png": "What was learned of a circuit, beside what is known of it: {name}",
    "links.png": "Which element regulates which gene, on chromosomes left out: {name}",
    "effects.png": "Effects of perturbations on single cells that were left out: {name}",
}
OF_RUN = ("f1.png", "imputation.png", "umap.png")


def summarize_results(
    *,
    metrics: list[Path],
    comparisons: list[Path],
    circuit_metrics: list[Path],
    circuit_comparisons: list[Path],
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

    circuit_metrics, circuit_comparisons: of circuits, enhancers and perturbed cells, in one order, too;
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
    learned = list(map(read_metrics, circuit_metrics))
    of_circuits = list(
        chain.from_iterable(map(summary.circuit_headlines, learned, map(read_comparisons, circuit_comparisons)))
    )
    chosen = {path.parent.name: read_selection(path) for path in selections}
    confounded = summary.confounded(listed) if listed is not None else ()
    warned = [*summary.unreal(honest), *confounded, *summary.unlearned(chosen)]
    summary.write_merged(summary.merge_scores([*numbers.values(), *learned]), scores)
    summary_page.write_opening(opening, [*found, *of_circuits], warned)
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
    of_circuit_runs = sorted((content.get("circuit") or {}).get("runs", {}))
    parts = [
        *summary_page.headline_part(found, {name: place for place, name in enumerate(runs)}),
        *summary_page.circuit_part(of_circuits, {name: place for place, name in enumerate(of_circuit_runs)}),
        *([] if found or of_circuits else [paragraph("No run was scored on the test split.")]),
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
        merged = summary.merge_scores(numbers.values())
        own = merged[merged["run"].isin({path.parent.name for path in figures})]  # not of peers, which have none
        best = own.loc[own["model"] == best_model(own, set(own["model"]))[0], "run"].iloc[0] if len(own) else ""
    chosen = [path for path in figures if path.parent.name == best or path.name not in OF_RUN]
    chosen.sort(key=lambda path: list(FIGURES).index(path.name))
    return {FIGURES[path.name].format(name=_shown_of(path)): path for path in chosen}


def _shown_of(path: Path) -> str:
    """What a figure is of: the folder that it is in, with that of its circuit."""
    folder = path.parent
    return f"{folder.parent.name}, {folder.name}" if path.name == "circuit.png" else folder.name


if "snakemake" in globals():
    run(summarize_results, snakemake)  # noqa: F821
