"""The curve says of each number at how many train samples it was had, all of them included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from tests.report.looking import legends_apart, nothing_cut, picture, printed_honest
from tests.report.test_plot_scores import row
from workflow_scripts.contracts import comparisons, metrics, splits
from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.report.looks import look
from workflow_scripts.report.plot_learning_curve import MUTED, plot_learning_curve

SIZES = {"": 250, ".60": 60, ".120": 120}  # in the order in which the rule has them
GAIN = {60: 0.1, 120: 0.2, 250: 0.3}  # of every model, above what it has of no sample
NONE = {"knn": 0.3, "logistic_regression_log_tpm": 0.4, "majority_class": 0.1}
UNTAUGHT = {"knn_imputer": 0.2, "pca_imputer": 0.3, "gene_mean": 0.0}


def rows_of(run: str, start: float, gain: float) -> list[dict]:
    """Numbers of a run and of all baselines; another split and a baseline's RMSE stand beside them."""
    rows = [
        row(model, metric, value + gain, split=split)
        for model, value in {f"{run}_logistic_regression": start, **NONE}.items()
        for metric in ("weighted_f1", "macro_f1")
        for split in ("validation", "test")
    ]
    for ratio in (0.15, 0.5):
        of = {"task": "imputation", "dataset": f"mask_{ratio}"}
        rows += [row(model, "skill", value + gain, **of) for model, value in {run: start, **UNTAUGHT}.items()]
        rows += [row(model, "rmse", 2 - value - gain, **of) for model, value in {run: start, **UNTAUGHT}.items()]
    return rows


def draw(folder: Path, origin: dict, runs: dict[str, float], rows=rows_of) -> tuple[pd.DataFrame, Path]:
    """The table and the figure of runs that begin at the given score."""
    given: dict[str, list[Path]] = {"metrics": [], "comparisons": [], "splits": []}
    for size, number in SIZES.items():
        given["splits"].append(folder / f"splits{size}.parquet")
        table = pd.DataFrame({"split": ["train"] * number + ["validation", "test"] * 20})
        table["sample_id"] = table["group"] = [f"S{at}" for at in table.index]
        table = table.assign(corpus="made", label="")[list(splits.SCHEMA.columns)]
        splits.write(table, given["splits"][-1])
        for run, start in runs.items():
            types = dict.fromkeys(["value", "ci_low", "ci_high"], float) | {"n": "int64"}
            frame = pd.DataFrame(rows(run, start, GAIN[number]), columns=list(metrics.REPLICATES.columns)).astype(types)
            own = frame["model"].isin([run, f"{run}_logistic_regression"])
            given["metrics"].append(folder / f"{run}{size}/metrics.parquet")
            given["comparisons"].append(folder / f"{run}{size}/comparisons.parquet")
            metrics.write(frame[list(metrics.SCHEMA.columns)], given["metrics"][-1])
            comparisons.write(compare(frame[own], frame[~own], "metrics.parquet"), given["comparisons"][-1])
    made = {"figure": folder / "learning_curve.png", "table": folder / "learning_curve.tsv"}
    told = {"embeddings": [origin["gene_embedding"]], "provenance": origin["provenance"]}
    plot_learning_curve(**given, **told, **made)
    return pd.read_csv(made["table"], sep="\t"), made["figure"]


def test_each_number_stands_at_its_size_beside_the_best_baseline_of_that_size(tmp_path, origin) -> None:
    table, _ = draw(tmp_path, origin(False), {"a": 0.35, "b": 0.5})
    assert not table.duplicated(["model", "task", "dataset", "level", "metric", "train_samples"]).any()
    for metric, starts in {
        "weighted_f1": {"a_logistic_regression": 0.35, "b_logistic_regression": 0.5, **NONE},
        "skill": {"a": 0.35, "b": 0.5, **UNTAUGHT},
    }.items():
        of = table[table["metric"] == metric]
        assert set(of["model"]) == set(starts)
        for model, start in starts.items():
            values = of[of["model"] == model].groupby("train_samples")["value"].unique()
            assert {size: list(found) for size, found in values.items()} == {
                size: [pytest.approx(start + gain)] for size, gain in GAIN.items()
            }
    own = table[table["run"] == "a"].set_index("metric")
    best = {"weighted_f1": "logistic_regression_log_tpm", "skill": "pca_imputer", "rmse": "pca_imputer"}
    for metric, name in best.items():
        assert set(own.loc[metric, "best_baseline"]) == {name}
    assert own.loc["weighted_f1", "difference"].to_numpy() == pytest.approx(-0.05)
    assert own.loc["rmse", "difference"].to_numpy() == pytest.approx(-0.05)
    assert set(own.loc["rmse", "verdict"]) == {"ahead"} and set(own.loc["weighted_f1", "verdict"]) == {"behind"}
    assert (own["difference_ci_low"] < own["difference"]).all() and (
        own["difference_ci_high"] > own["difference"]
    ).all()
    assert table.loc[table["run"].isna(), ["best_baseline", "difference", "verdict"]].isna().all(axis=None)


@pytest.mark.parametrize("simulated", [True, False])
def test_every_model_is_a_line_over_all_sizes_and_baselines_are_muted(tmp_path, origin, drawn, simulated) -> None:
    _, figure = draw(tmp_path, origin(simulated), {"a": 0.35, "b": 0.5})
    picture(figure)
    assert printed_honest(figure) == simulated
    (shown,) = drawn
    assert nothing_cut(shown) and legends_apart(shown)
    scores, below = shown.axes[::2], shown.axes[1::2]
    titles = ["All labelled samples", "15 % of genes hidden", "50 % of genes hidden"]
    assert [axis.get_title(loc="left") for axis in scores] == titles
    for axis, untaught in zip(scores, (NONE, UNTAUGHT, UNTAUGHT), strict=True):
        assert axis.get_xscale() == "log"
        assert [tick.get_text() for tick in axis.get_xticklabels()] == ["60", "120", "250"]
        lines = {to_hex(line.get_color()): line for line in axis.lines}
        for place, start in enumerate((0.35, 0.5)):
            line = lines[look("a", place).colour.lower()]
            assert line.get_xdata().tolist() == list(GAIN)
            assert line.get_ydata().tolist() == pytest.approx([start + gain for gain in GAIN.values()])
            assert line.get_alpha() is None
        baselines = [line for line in axis.lines if line.get_alpha() == MUTED["alpha"]]
        assert len(baselines) == len(untaught) - 1 == len(axis.lines) - 2, "all but what learns nothing"
        assert len(axis.collections) == len(axis.lines), "a band each"
    for axis, best in zip(below, (0.4, 0.3, 0.3), strict=True):
        zero, *lines = sorted(axis.lines, key=lambda line: line.get_ydata()[-1] != 0)
        assert len(axis.collections) == 2 and set(zero.get_ydata()) == {0}
        for line, start in zip(lines, (0.35, 0.5), strict=True):
            assert line.get_ydata() == pytest.approx(start - best) and line.get_xdata().tolist() == list(GAIN)
    labels = [text.get_text() for text in shown.legends[0].get_texts()]
    assert labels[:2] == ["a", "b"] and len(labels) == len(set(labels)) == 2 + 4


def test_runs_without_scores_say_so(tmp_path, origin, drawn) -> None:
    table, figure = draw(tmp_path, origin(False), {"a": 0.5}, rows=lambda *of: [])
    assert table.empty and figure.stat().st_size > 1000
    assert np.any(["nothing was scored" in text.get_text() for text in drawn[0].axes[0].texts])


def with_base_rows(run: str, start: float, gain: float) -> list[dict]:
    """Its network adds as much again as what the train samples add."""
    rows, of = rows_of(run, start + gain, gain), {"task": "imputation", "dataset": "mask_0.5"}
    return [*rows, row(f"{run}_base", "skill", start + gain, **of)]


def test_what_a_network_adds_stands_at_its_size(tmp_path, origin) -> None:
    table, _ = draw(tmp_path, origin(False), {"a": 0.35}, with_base_rows)
    own = table[(table["model"] == "a") & (table["metric"] == "skill")].set_index(["dataset", "train_samples"])
    for size, gain in GAIN.items():
        assert own.loc[("mask_0.5", size), "network_adds"] == pytest.approx(gain)
        assert own.loc[("mask_0.5", size), "beside_its_base"] == "ahead"
        assert own.loc[("mask_0.5", size), "best_baseline"] == "pca_imputer"  # a part of the run is no baseline
    assert own.loc["mask_0.15", "network_adds"].isna().all()
    assert set(table.loc[table["model"] == "a_base", "run"]) == {"a"}
