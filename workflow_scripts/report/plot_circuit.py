"""Draw what one run has learned of one circuit, and write the page of its scores."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import edge_truth, penalties, responses
from workflow_scripts.contracts import edges as edges_table
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.report.circuit_figures import draw_edges, draw_penalties, draw_ranking, draw_responses, layout
from workflow_scripts.report.scores_page import write_scores
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save


def plot_circuit(
    *,
    experiments: Path,
    edges: Path,
    selection: Path,
    metrics: Path,
    comparisons: Path,
    truth: Path | None,
    predicted: Path | None,
    outcomes: Path | None,
    provenance: list[Path],
    figure: Path,
    page: Path,
    run: str,
    place: int,
) -> None:
    """Edges, Responses and Metrics of one run on one circuit to one PNG and one page.

    `provenance` of its tables says what is simulated.
    """
    measured = contract.read(experiments)
    genes, honest = list(measured.var_names), honest_line(provenance)
    scores = metrics_table.read(metrics)
    known = None if truth is None else edge_truth.read(truth)
    drawn = new_figure(14, 9.6 if predicted else 5.4)
    (ranking, network, choice), maps = layout(drawn, predicted is not None)
    draw_ranking(ranking, scores[scores["metric"] == "aupr"], run, place)
    draw_edges(network, edges_table.read(edges), genes, known)
    draw_penalties(choice, penalties.read(selection), run, place)
    if predicted is not None and outcomes is not None:
        tables = responses.read(predicted), contract.read(outcomes)
        draw_responses(maps, *_changes(measured, *tables), str(measured.uns["unit"]))
    save(drawn, figure, honest)
    write_scores(page, run, scores, comparisons_table.read(comparisons), [run], honest, place)


def _changes(
    measured: anndata.AnnData, predicted: anndata.AnnData, outcomes: anndata.AnnData
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predicted and measured levels less the median over states of rest: perturbations x genes."""
    at_rest = measured[measured.obs["series"] == ""]
    reference = np.nanmedian(np.asarray(at_rest.X), axis=0)
    names = outcomes.obs["perturbation"].astype(str)
    asked = predicted.obs_names.get_indexer(outcomes.obs_names)
    found = (np.asarray(predicted.X)[asked], np.asarray(outcomes.X))
    one, other = (pd.DataFrame(levels - reference, index=names, columns=measured.var_names) for levels in found)
    return one, other


if "snakemake" in globals():
    run_door(plot_circuit, snakemake)  # noqa: F821
