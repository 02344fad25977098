"""Hold the runs of a configuration against one another: paired differences on the same samples, a page and a figure."""

from workflow_scripts.rule import run

import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workflow_scripts.contracts.metrics import LEVELS
from workflow_scripts.contracts.metrics import read_replicates as read
from workflow_scripts.evaluation.comparisons import NUMBER, compare
from workflow_scripts.evaluation.metrics import label, label_with_unit
from workflow_scripts.evaluation.models import BASE
from workflow_scripts.report.looks import line, swatch
from workflow_scripts.report.pages import Markup, paragraph, styled, table, write_page
from workflow_scripts.report.run_figures import draw_over_ratios, draw_points
from workflow_scripts.report.scores import Place, dataset_label, mask_ratio
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save, say
from workflow_scripts.report.summary import HEADLINES
from workflow_scripts.report.summary_page import PERCENT, STYLES, interval_words

PEERS = ("BulkFormer", "BulkRNABert", "Geneformer", "scGPT")  # with published weights, that readers ask for


def compare_runs(
    *, scores: list[Path], embeddings: list[Path], provenance: list[Path], page: Path, figure: Path
) -> None:
    """Replicates of all runs, then of peers, to one page and one PNG; the files of each in a folder of its name.

    `embeddings` of genes and `provenance` of the data say what is simulated. Raises BadInput on runs that were not
    scored on the same groups of samples.
    """
    runs = dict.fromkeys(path.parent.name for path in scores)
    of_run = {name: [path for path in scores if path.parent.name == name] for name in runs}
    numbers = {name: pd.concat([read(path) for path in paths]) for name, paths in of_run.items()}
    test = {
        name: rows[(rows["split"] == "test") & (rows["level"] != "per_class") & ~rows["model"].str.endswith(BASE)]
        for name, rows in numbers.items()
    }
    pairs = combinations(test, 2)
    differences = {(one, other): compare(test[one], test[other], of_run[one][0]) for one, other in pairs}
    honest = honest_line(provenance, embeddings)
    save(runs_figure(test, scores[0]), figure, honest)
    write_page(page, "Runs side by side", honest, page_parts(test, differences))


def page_parts(test: dict[str, pd.DataFrame], differences: dict[tuple[str, str], pd.DataFrame]) -> list[Markup]:
    """The scores of all runs, and what sets each two of them apart."""
    lead = (
        "Runs were scored on the same test samples. A difference is that of two runs on one number, the first less the "
        f"second, with the {PERCENT} bootstrap interval over the same resamples of whole groups of samples for both: "
        "the first is ahead or behind where the interval lies on one side of 0, and level where it holds 0. Of several "
        "comparisons, about one in twenty of equally good models is called ahead or behind by chance."
    )
    places = {name: place for place, name in enumerate(test)}
    parts = [paragraph(lead), *not_run(test)]
    for task, level, metric in HEADLINES:
        rows = [
            (swatch(one, places[one]) + one, swatch(other, places[other]) + other, *_row(pair))
            for (one, other), found in differences.items()
            for pair in found[(found[["task", "level", "metric"]] == [task, level, metric]).all(axis=1)].to_dict(
                "records"
            )
        ]
        if rows:
            columns = ["Run", "beside", "Data", "Its score", "The other's", f"Difference [{PERCENT}]", "The run is"]
            parts.append(table(f"Differences in {label(metric)}", columns, rows, {"Run": "name", "beside": "name"}))
    return [*parts, _scores(test, places)]


def not_run(names: Iterable[str]) -> list[Markup]:
    """The known peers that no name begins with, in whatever spelling."""
    given = [re.sub("[^a-z0-9]", "", name.casefold()) for name in names]
    missing = [peer for peer in PEERS if not any(name.startswith(peer.casefold()) for name in given)]
    if not missing:
        return []
    said = "Not run, since no table of their embeddings was given (bulk/peers): "
    return [paragraph(f"{said}{', '.join(missing)}. Nothing here says how they would do.")]


def _row(pair: dict) -> tuple[str | Markup, ...]:
    difference = interval_words(pair["difference"], pair["ci_low"], pair["ci_high"], signed=True)
    says = styled({"unknown": "not compared"}.get(pair["verdict"], pair["verdict"]), STYLES[pair["verdict"]])
    return dataset_label(pair["dataset"]), f"{pair['value']:.3f}", f"{pair['baseline_value']:.3f}", difference, says


def _scores(test: dict[str, pd.DataFrame], places: dict[str, int]) -> Markup:
    """Numbers down, runs across; the models of one run have no number in common."""
    cells: dict[Place, dict[str, str]] = {}
    for name, rows in test.items():
        for row in rows.to_dict("records"):
            words = interval_words(row["value"], row["ci_low"], row["ci_high"])
            cells.setdefault(Place(*(row[key] for key in NUMBER)), {})[name] = words
    rows = [
        (
            label_with_unit(of.metric),
            LEVELS[of.level],
            dataset_label(of.dataset),
            *(found.get(name, "") for name in test),
        )
        for of, found in cells.items()
    ]
    headers = [swatch(name, places[name]) + name for name in test]
    return table("Scores on the test split", ["Metric", "Level", "Data", *headers], rows)


def runs_figure(test: dict[str, pd.DataFrame], where: Path) -> Figure:
    """One panel a headline score: classes as points with intervals, hidden values over mask ratios."""
    shown = {}
    for task, level, metric in HEADLINES:
        rows = pd.concat([of.assign(run=name) for name, of in test.items()])
        rows = rows[(rows[["task", "level", "metric"]] == [task, level, metric]).all(axis=1)].dropna(subset=["value"])
        if len(rows):
            shown[metric] = rows
    figure = new_figure(12.6, 2.6 + 0.4 * max(3, len(test)))
    axes = figure.subplots(1, max(1, len(shown)), squeeze=False)[0]
    if not shown:
        say(axes[0], "no run was scored on the test split")
    places = {name: place for place, name in enumerate(test)}
    for axis, (metric, rows) in zip(axes, shown.items(), strict=False):
        if rows["dataset"].str.startswith("mask_").all():
            ratios = [mask_ratio(name, where) for name in rows["dataset"]]
            draw_over_ratios(axis, rows.assign(ratio=ratios), places)
        else:
            draw_points(axis, rows, places)
        title = label(metric)
        axis.set_title(f"{title[:1].upper()}{title[1:]} on the test split, {PERCENT} intervals")
        axis.set(**{"ylabel" if rows["dataset"].str.startswith("mask_").all() else "xlabel": label_with_unit(metric)})
    handles = [Line2D([], [], **line(name, place)) for name, place in places.items()]
    figure.legend(handles=handles, loc="outside upper left", ncols=min(6, len(handles)), handlelength=3)
    return figure


if "snakemake" in globals():
    run(compare_runs, snakemake)  # noqa: F821
