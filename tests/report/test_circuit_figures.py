"""What is drawn of circuits over variants, networks and levels missing, against numbers by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import nothing_cut, picture, printed_honest
from workflow_scripts.contracts import metrics
from workflow_scripts.report.plot_circuit_ablation import ALL, plot_circuit_ablation
from workflow_scripts.report.plot_missing import plot_missing

# AUPR of each change, network and seed; networks differ, and changes within them
AUPR = {
    "unchanged": {"a": [0.8, 0.82], "b": [0.4, 0.44]},
    "without_penalty": {"a": [0.7, 0.74], "b": [0.2, 0.22]},
    "with_attention": {"a": [0.81, 0.81], "b": [0.42, 0.42]},
}
NOISE = np.random.default_rng(0).normal(0, 0.01, 200)


def row(model: str, network: str, metric: str, value: float, task: str = "edges") -> dict:
    numbers = {"value": value, "ci_low": value - 0.02, "ci_high": value + 0.02, "n": 9, "groups": f"of {network}"}
    of = {"model": model, "dataset": network, "split": "test", "task": task, "level": "pooled", "metric": metric}
    return of | numbers | {"replicates": value + NOISE}


@pytest.fixture
def told(write_provenance) -> list[Path]:
    return [write_provenance("levels.tsv", simulated=True)]


def test_a_change_is_told_on_each_network_and_on_the_mean_of_those_that_have_the_number(
    tmp_path: Path, told: list[Path], drawn
) -> None:
    scores = []
    for change, networks in AUPR.items():
        for network, seeds in networks.items():
            for seed, value in enumerate(seeds, 1):
                name = f"parts+{change}+{seed}"
                scores.append(tmp_path / network / name / "scores.parquet")
                scores[-1].parent.mkdir(parents=True)
                rows = [row(name, network, "aupr", value), row("zscore", network, "aupr", 0.99)]
                if network == "a":
                    rows.append(row(name, network, "roll_out_rmse", value / 10, "roll-out"))
                metrics.write_replicates(rows, scores[-1])
    made = {"figure": tmp_path / "x.png", "table": tmp_path / "x.tsv"}
    plot_circuit_ablation(scores=scores, provenance=told, **made)
    table = pd.read_csv(made["table"], sep="\t", keep_default_na=False, na_values="NA")
    of = table.set_index(["change", "dataset", "metric"])
    assert of.loc[("without_penalty", "a", "aupr"), "difference"] == pytest.approx(-0.09)
    mean = of.loc[("without_penalty", ALL, "aupr")]
    assert mean["difference"] == pytest.approx((-0.1 - 0.08 - 0.2 - 0.22) / 4) and mean["seeds"] == 2
    assert mean["difference_sd"] == pytest.approx(np.std([-0.15, -0.15], ddof=1), abs=1e-12)
    assert mean["verdict"] == "behind"
    assert of.loc[("with_attention", ALL, "aupr"), "difference"] == pytest.approx(0)
    assert of.loc[("unchanged", ALL, "aupr"), "value"] == pytest.approx(0.615)
    assert (ALL, "roll_out_rmse") not in of.index.droplevel(0)
    picture(made["figure"])
    assert printed_honest(made["figure"])
    (shown,) = drawn
    assert nothing_cut(shown) and len(shown.axes) == 1
    assert [tick.get_text() for tick in shown.axes[0].get_yticklabels()] == [
        "unchanged", "without penalty", "with attention",
    ]  # fmt: skip


def test_what_is_missing_is_drawn_from_the_whole_network_on(tmp_path: Path, told: list[Path], drawn) -> None:
    files: dict[str, list[Path]] = {"metrics": [], "imputed": []}
    for percent in (0, 5, 20):
        network = f"n+{percent}" if percent else "n"
        (tmp_path / network / "ensemble").mkdir(parents=True)
        aupr = 0.8 - percent / 100
        rows = [row("ensemble", network, "aupr", aupr)]
        rows += [row(name, network, "aupr", aupr - lag) for name, lag in (("zscore", 0.1), ("genie3", 0.3))]
        files["metrics"].append(tmp_path / network / "ensemble/metrics.parquet")
        metrics.write(pd.DataFrame(rows)[list(metrics.SCHEMA.columns)], files["metrics"][-1])
        if percent:
            rows = [row("knn_imputer", network, "imputed_rmse", 0.5), row("gene_mean", network, "imputed_rmse", 1.0)]
            files["imputed"].append(tmp_path / network / "imputed.parquet")
            metrics.write(pd.DataFrame(rows)[list(metrics.SCHEMA.columns)], files["imputed"][-1])
    made = {"figure": tmp_path / "x.png", "table": tmp_path / "x.tsv"}
    plot_missing(**files, provenance=told, **made)
    table = pd.read_csv(made["table"], sep="\t").set_index(["metric", "model"])
    assert table.loc[("aupr", "ensemble")].set_index("percent")["value"].to_dict() == pytest.approx(
        {0: 0.8, 5: 0.75, 20: 0.6}
    )
    assert table.loc[("imputed_rmse", "knn_imputer"), "percent"].tolist() == [5, 20]
    picture(made["figure"])
    assert printed_honest(made["figure"])
    (shown,) = drawn
    assert nothing_cut(shown)
    imputation, edges = shown.axes
    assert len(imputation.lines) == 2 and len(edges.lines) == 3
    assert edges.lines[0].get_xdata().tolist() == [0, 5, 20]
    assert edges.lines[0].get_ydata().tolist() == pytest.approx([0.8, 0.75, 0.6])
