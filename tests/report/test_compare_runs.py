"""Runs side by side: differences are paired over the same resamples, and each run keeps its colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from tests.report.looking import legends_apart, nothing_cut, page, picture, printed_honest
from tests.report.test_plot_scores import row
from workflow_scripts.contracts import metrics
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report.compare_runs import compare_runs, not_run, runs_figure
from workflow_scripts.report.looks import look


def rows_of(run: str, f1: float, skill: float) -> list[dict]:
    given = {"task": "imputation"}
    rows = [row(f"{run}_logistic_regression", "weighted_f1", f1, split=split) for split in ("validation", "test")]
    rows.append(row(f"{run}_logistic_regression", "f1:a", f1, level="per_class"))
    return rows + [row(run, "skill", skill, dataset=f"mask_{ratio}", **given) for ratio in (0.15, 0.5)]


def draw(folder: Path, origin: dict, runs: dict[str, list[dict]]) -> tuple[Path, Path]:
    scores = []
    for run, rows in runs.items():
        for task in ("classification", "imputation"):
            scores.append(folder / run / f"{task}.parquet")
            metrics.write_replicates([of for of in rows if of["task"] == task], scores[-1])
    made = folder / "comparison.html", folder / "comparison.png"
    told = {"embeddings": [origin["gene_embedding"]], "provenance": origin["provenance"]}
    compare_runs(scores=scores, **told, page=made[0], figure=made[1])
    return made


def test_runs_are_told_apart_by_the_paired_interval_though_their_own_intervals_overlap(tmp_path, origin) -> None:
    runs = {"a": rows_of("a", 0.70, 0.5), "b": rows_of("b", 0.73, 0.5), "c": rows_of("c", 0.4, 0.1)}
    made = draw(tmp_path, origin(True), runs)
    picture(made[1])
    assert printed_honest(made[1])
    shown = " ".join(page(made[0]).text.split())
    assert "Simulated data" in shown and "95 % bootstrap interval" in shown
    classes, hidden = shown.split("Differences in ")[1:]
    first = runs["a"][1]
    assert first["ci_low"] < 0.73 < first["ci_high"]  # of one run alone nothing could be said
    parts = classes.split("all labelled samples")
    assert [part.split("[")[0].split() for part in parts[1:]] == [
        ["0.700", "0.730", "-0.030"],
        ["0.700", "0.400", "+0.300"],
        ["0.730", "0.400", "+0.330"],
    ]
    assert [word for part in parts[1:] for word in ("ahead", "behind", "level") if word in part.split("]")[1]] == [
        "behind",
        "ahead",
        "ahead",
    ]
    assert hidden.count("level") == 2 and "15 % of genes hidden" in hidden and "F1 of" not in shown


def test_runs_that_were_scored_on_other_samples_are_not_compared(tmp_path, origin) -> None:
    other = [of | {"groups": "other"} for of in rows_of("b", 0.7, 0.5)]
    with pytest.raises(BadInput, match="were not scored on the same groups"):
        draw(tmp_path, origin(False), {"a": rows_of("a", 0.7, 0.5), "b": other})


def test_runs_without_scores_say_so(tmp_path, origin) -> None:
    made = draw(tmp_path, origin(False), {"a": [], "b": []})
    assert "Scores on the test split" in page(made[0]).text
    picture_bytes = made[1].stat().st_size
    assert picture_bytes > 1000


@pytest.mark.parametrize("number", [2, 12])
def test_every_run_has_its_colour_and_what_coincides_is_set_apart(number: int) -> None:
    runs = {f"run{at:02d}": pd.DataFrame(rows_of(f"run{at:02d}", 0.7, 0.5)) for at in range(number)}
    figure = runs_figure({name: of[of["split"] == "test"] for name, of in runs.items()}, Path("m.parquet"))
    assert nothing_cut(figure) and legends_apart(figure)
    points, lines = figure.axes
    drawn = [container.lines[0] for container in points.containers]
    assert [to_hex(of.get_color()) for of in drawn] == [look("run", place).colour.lower() for place in range(number)]
    assert len({of.get_ydata()[0] for of in drawn}) == number
    at_first = [
        container.lines[0].get_xdata()[0] for container in lines.containers if container.lines[0].get_xdata()[0] < 0.3
    ]
    assert len(np.unique(at_first)) == number


def test_a_peer_stands_beside_the_runs_by_what_it_was_scored_on_and_others_are_not_run(tmp_path, origin) -> None:
    peer = "BulkFormer_147M"
    runs = {"zoo": rows_of("zoo", 0.9, 0.5), peer: [of for of in rows_of(peer, 0.7, 0) if of["task"] != "imputation"]}
    made = draw(tmp_path, origin(True), runs)
    shown = " ".join(page(made[0]).text.split())
    assert (
        "Not run, since no table of their embeddings was given (bulk/peers): BulkRNABert, Geneformer, scGPT." in shown
    )
    classes = shown.split("Differences in ")[1]
    assert classes.index("zoo") < classes.index(peer) and "0.900 0.700 +0.200" in classes and "ahead" in classes
    peers = ("bulk_former", "BULKRNABERT-2", "geneformer", "scGPT")
    assert not_run(["small", *peers]) == [] and len(not_run(["small", *peers[1:]])) == 1
