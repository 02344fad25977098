"""How much of what is measured lies within the intervals of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.circuit.material import GATE, GENES, experiments, made, rest
from tests.circuit.planted import SHIFT, planted
from workflow_scripts.circuit import bundle, learning, responses
from workflow_scripts.circuit.data import circuit, imputed
from workflow_scripts.circuit.score_circuit import score_circuit
from workflow_scripts.contracts import edges, metrics
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import responses as responses_table

NUMBER = 5  # of series
SPEC = {"seed": 1, "bootstrap_samples": 20, "edges_per_gene": 1}
APART = np.linspace(-0.3, 0.3, 61)  # how far c is from where it is predicted, in each of as many outcomes
SD = 0.06  # over the members


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, data = tmp_path_factory.mktemp("coverage"), experiments(noise=0.05)
    units = {"unit": "u", "time_unit": "min"}
    contract.write(np.asarray(data.X), data.obs, GENES, path / "experiments.h5ad", **units)
    bundle.write(planted(inputs=NUMBER), path / "model", bundle.Known(GENES, [], **units), 3)
    obs = data.obs.iloc[: len(APART)].assign(perturbation="a:knockout+b:knockout", series="", time=np.nan)
    levels = np.tile(rest(np.array([0.0, 0, 1])), (len(APART), 1))
    contract.write(levels + APART[:, None] * [0, 0, 1], obs, GENES, path / "outcomes.h5ad", **units)
    given = levels, np.full_like(levels, SD), obs["perturbation"], GENES
    responses_table.write(*given, path / "predicted.h5ad", unit="u", run="r")
    files = {name: path / f"{name}.h5ad" for name in ("experiments", "outcomes", "predicted")}
    empty = edges.of_matrix(np.zeros((3, 3)), GENES)
    edges.write(empty, path / "edges.parquet")
    edges.write_methods({"zscore": empty}, path / "baselines.parquet")
    tables = {name: path / f"{name}.parquet" for name in ("edges", "baselines", "metrics", "scores", "comparisons")}
    score_circuit(**files, **tables, model=path / "model", truth=None, spec=SPEC, network="n", run="r", threads=1)
    return path


def coverage(folder: Path, metric: str) -> float:
    """The value of the run, which alone has one."""
    found = metrics.read(folder / "metrics.parquet")
    (row,) = found[found["metric"] == metric].to_dict("records")
    assert row["model"] == "r"
    return row["value"]


def test_responses_lie_within_student_s_interval_of_the_ensemble(folder: Path) -> None:
    """Of three members, whose sd has their number below; a and b are perturbed, and do not count."""
    inside = np.abs(APART) <= stats.t.ppf(0.95, 2) * SD * np.sqrt(3 / 2) * np.sqrt(1 + 1 / 3)
    assert coverage(folder, "response_coverage") == pytest.approx(inside.mean()) and 0.1 < inside.mean() < 0.9


def test_courses_lie_about_the_member_that_was_not_shown_them_by_the_spread_of_others(folder: Path) -> None:
    """The courses and their spread are computed here by `material`, fold by fold."""
    known, _ = imputed(circuit(contract.read(folder / "experiments.h5ad")))
    fold, _ = learning.folds(known, 3, seed=3)
    levels, halves = responses.rolled_out(planted(inputs=NUMBER), known, 3)
    hits = []
    for number, rows in enumerate(known.series):
        free = rows[6:]
        members = []
        for shift in SHIFT:
            course = [known.levels[free[0]]]
            for _ in free[1:]:
                now = course[-1]
                course.append(now + GATE * (made(now, np.ones(3), np.full(3, shift)) - now))
            members.append(course[1:])
        own, others = members[fold[number]], np.delete(np.array(members), fold[number], axis=0)
        half = stats.t.ppf(0.95, 1) * others.std(0, ddof=1) * np.sqrt(2)
        np.testing.assert_allclose(levels[number], own, atol=1e-4)
        np.testing.assert_allclose(halves[number], half, atol=1e-3)
        hits.append(np.abs(own - known.levels[free[1:]]) <= half)
    assert len(set(fold)) == 3
    assert coverage(folder, "roll_out_coverage") == pytest.approx(np.concatenate(hits).mean(), abs=0.012)
    assert 0 < np.concatenate(hits).mean() < 1
