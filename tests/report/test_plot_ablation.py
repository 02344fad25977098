"""A change of a run is told by what it does to each number, seed by seed, beside the run as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import nothing_cut, picture, printed_honest
from workflow_scripts.contracts import metrics, selection
from workflow_scripts.report.plot_ablation import plot_ablation

SEEDS = (1, 2, 5)
# Of each change by seed: skill of the run and without its network, F1, skill and weight of the network alone.
GIVEN = {
    "unchanged": ([0.50, 0.54, 0.52], [0.47, 0.48, 0.49], [0.8, 0.9, 0.7], [0.3, 0.32, 0.34], 0.4),
    "smaller": ([0.44, 0.49, 0.45], [0.47, 0.48, 0.49], [0.8, 0.9, 0.7], [0.1, 0.2, 0.3], 0.0),
    "wider": ([0.51, 0.53, 0.52], [0.47, 0.48, 0.49], [0.9, 1.0, 0.8], [0.5, 0.5, 0.5], 0.5),
}
RESAMPLES = np.random.default_rng(0).normal(0, 0.2, 300)  # move all alike


def rows_of(name: str, run: float, base: float, classes: float) -> list[dict]:
    """Of one variant: hidden values of both splits, and classes of test."""
    own = np.random.default_rng(len(name)).normal(0, 0.001, 300)

    def row(model: str, value: float, task: str, dataset: str, metric: str, split: str = "test") -> dict:
        known = {"model": model, "dataset": dataset, "split": split, "task": task, "level": "pooled", "metric": metric}
        return (
            known
            | {"value": value, "ci_low": value - 0.1, "ci_high": value + 0.1, "n": 9}
            | {
                "replicates": value + RESAMPLES + own,
                "groups": "g",
            }
        )

    both = ((name, run), (f"{name}_base", base))
    hidden = [row(model, value, "imputation", "mask_0.3", "skill") for model, value in both]
    hidden += [row(model, value + 1, "imputation", "mask_0.3", "skill", "validation") for model, value in both]
    hidden += [row(model, 1 - value, "imputation", "mask_0.3", "rmse") for model, value in both]
    return [*hidden, row(f"{name}_logistic_regression", classes, "classification", "all", "weighted_f1")]


def draw(folder: Path, origin: dict) -> tuple[pd.DataFrame, Path]:
    given: dict[str, list[Path]] = {"scores": [], "selections": []}
    for change, (runs, bases, classes, alone, weight) in GIVEN.items():
        for place, seed in enumerate(SEEDS):
            name = f"parts+{change}+{seed}"
            (folder / name).mkdir()
            rows = rows_of(name, runs[place], bases[place], classes[place])
            for task in ("imputation", "classification"):
                given["scores"].append(folder / name / f"{task}.parquet")
                metrics.write_replicates([row for row in rows if row["task"] == task], given["scores"][-1])
            skills = [0.4, 0.3, alone[place], bases[place], runs[place]]
            table = pd.DataFrame({"member": selection.MEMBERS, "weight": [0.5, 0.5, weight, 1, 1], "skill": skills})
            given["selections"].append(folder / name / "selection.tsv")
            selection.write(table.assign(squared_error=1.0)[list(selection.SCHEMA.columns)], given["selections"][-1])
    made = {"figure": folder / "ablation.png", "table": folder / "ablation.tsv"}
    told = {"embeddings": [origin["gene_embedding"]], "provenance": origin["provenance"]}
    plot_ablation(**given, **told, **made)
    return pd.read_csv(made["table"], sep="\t", keep_default_na=False, na_values="NA"), made["figure"]


@pytest.fixture
def drawn_table(tmp_path: Path, origin) -> pd.DataFrame:
    return draw(tmp_path, origin(True))[0]


def number(table: pd.DataFrame, change: str, part: str, metric: str, split: str = "test") -> pd.Series:
    (row,) = table[(table[["change", "part", "metric", "split"]] == [change, part, metric, split]).all(axis=1)].to_dict(
        "records"
    )
    return row


def test_a_change_is_told_seed_by_seed_beside_the_run_as_it_is(drawn_table: pd.DataFrame) -> None:
    """Means and standard deviations over seeds, of the value and of the difference, by hand."""
    row = number(drawn_table, "smaller", "", "skill")
    assert row["seeds"] == 3 and row["value"] == pytest.approx(0.46) and row["sd"] == pytest.approx(np.sqrt(0.0007))
    assert row["difference"] == pytest.approx((-0.06 - 0.05 - 0.07) / 3)
    assert row["difference_sd"] == pytest.approx(0.01)
    assert row["ci_low"] < row["difference"] < row["ci_high"] < -0.05, "what moves both alike is not in the interval"
    assert row["verdict"] == "behind"
    assert number(drawn_table, "smaller", "", "rmse")["verdict"] == "behind"  # of an error, more is worse
    assert number(drawn_table, "wider", "_logistic_regression", "weighted_f1")["verdict"] == "ahead"
    assert number(drawn_table, "smaller", "_logistic_regression", "weighted_f1")["verdict"] == "level"


def test_the_run_without_its_network_is_a_change_of_its_own(drawn_table: pd.DataFrame) -> None:
    row = number(drawn_table, "without_network", "", "skill")
    assert row["value"] == pytest.approx(0.48) and row["difference"] == pytest.approx(-0.04)
    assert row["verdict"] == "behind" and set(drawn_table["part"]) == {"", "_logistic_regression", "network alone"}
    assert number(drawn_table, "without_network", "", "skill", "validation")["difference"] == pytest.approx(-0.04)


def test_the_network_alone_is_told_of_validation(drawn_table: pd.DataFrame) -> None:
    row = number(drawn_table, "smaller", "network alone", "skill", "validation")
    assert row["value"] == pytest.approx(0.2) and row["difference"] == pytest.approx(-0.12) and row["verdict"] == ""
    assert number(drawn_table, "wider", "network alone", "weight", "validation")["value"] == pytest.approx(0.5)
    as_it_is = number(drawn_table, "unchanged", "", "skill")
    assert (as_it_is["difference"], as_it_is["difference_sd"], as_it_is["verdict"]) == (0, 0, "")


@pytest.mark.parametrize("simulated", [True, False])
def test_every_change_is_a_row_of_each_panel(tmp_path: Path, origin, drawn, simulated: bool) -> None:
    _, figure = draw(tmp_path, origin(simulated))
    picture(figure)
    assert printed_honest(figure) == simulated
    (shown,) = drawn
    assert nothing_cut(shown)
    alone, hidden, classes = shown.axes
    labels = [tick.get_text() for tick in alone.get_yticklabels()]
    assert labels == ["unchanged", "without network", "smaller", "wider"]
    assert "less 0.520 of" in hidden.get_xlabel()
    found = {line.get_ydata()[0]: line.get_xdata()[0] for line in alone.lines if line.get_marker() == "o"}
    assert found == pytest.approx({0: 0, 2: -0.12, 3: 0.18})
    found = {line.get_ydata()[0]: line.get_xdata()[0] for line in hidden.lines if line.get_marker() == "o"}
    assert found == pytest.approx({0: 0, 1: -0.04, 2: -0.06, 3: 0}, abs=1e-9)
    assert len([line for line in classes.lines if line.get_marker() == "o"]) == 3  # no network, no other embedding
