"""How much of what is measured lies within the intervals of a run, and how wide these are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.circuit.calibrated import calibrations, interval
from tests.circuit.material import GATE, GENES, experiments, made, rest
from tests.circuit.planted import SHIFT, planted
from workflow_scripts.circuit import bundle, learning, responses
from workflow_scripts.circuit.data import circuit, imputed
from workflow_scripts.circuit.score_circuit import score_circuit
from workflow_scripts.contracts import edges, metrics
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import responses as responses_table
from workflow_scripts.contracts.perturbations import Perturbation

NUMBER = 5  # of series
SPEC = {"seed": 1, "bootstrap_samples": 20, "edges_per_gene": 1}
APART = np.linspace(-0.3, 0.3, 61)  # how far c is from where it is predicted, in each of as many outcomes
BELOW, ABOVE = 0.06, 0.12  # how far its interval reaches
SD = np.array([0.1, 0.2, 0.3])  # of the planted circuit


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, data = tmp_path_factory.mktemp("coverage"), experiments(noise=0.05)
    units = {"unit": "u", "time_unit": "min"}
    contract.write(np.asarray(data.X), data.obs, GENES, path / "experiments.h5ad", **units)
    bundle.write(planted(inputs=NUMBER), path / "model", bundle.Known(GENES, [], **units), 3, calibrations())
    obs = data.obs.iloc[: len(APART)].assign(perturbation="a:knockout+b:knockout", series="", time=np.nan)
    levels = np.tile(rest(np.array([0.0, 0, 1])), (len(APART), 1))
    contract.write(levels + APART[:, None] * [0, 0, 1], obs, GENES, path / "outcomes.h5ad", **units)
    given = levels, np.zeros_like(levels), levels - BELOW, levels + ABOVE, obs["perturbation"], GENES
    responses_table.write(*given, path / "predicted.h5ad", unit="u", run="r")
    files = {name: path / f"{name}.h5ad" for name in ("experiments", "outcomes", "predicted")}
    empty = edges.of_matrix(np.zeros((3, 3)), GENES)
    edges.write(empty, path / "edges.parquet")
    edges.write_methods({"zscore": empty}, path / "baselines.parquet")
    tables = {name: path / f"{name}.parquet" for name in ("edges", "baselines", "metrics", "scores", "comparisons")}
    score_circuit(**files, **tables, model=path / "model", truth=None, spec=SPEC, network="n", run="r", threads=1)
    return path


def told(folder: Path, metric: str) -> float:
    """The value of the run, which alone has one."""
    found = metrics.read(folder / "metrics.parquet")
    (row,) = found[found["metric"] == metric].to_dict("records")
    assert row["model"] == "r"
    return row["value"]


def test_responses_lie_within_the_interval_that_was_predicted(folder: Path) -> None:
    """a and b are perturbed, and do not count."""
    inside = (-BELOW <= APART) & (APART <= ABOVE)
    assert told(folder, "response_coverage") == pytest.approx(inside.mean()) and 0.1 < inside.mean() < 0.9
    assert told(folder, "response_width") == pytest.approx((BELOW + ABOVE) / SD[2], rel=1e-5)


def test_two_at_once_have_the_interval_of_one_by_their_change_from_the_reference(folder: Path) -> None:
    known, _ = imputed(circuit(contract.read(folder / "experiments.h5ad")))
    model, done = planted(inputs=NUMBER), [(Perturbation("a", "knockout", 0.0), Perturbation("b", "knockout", 0.0))]
    rule = known.reference() + [[0.0, 0.0, 0.4]]
    found = responses.combined(model, calibrations().at_rest, known, done, rule)
    levels = responses.combined_members(model, known, done, rule)[:, 0]
    for end, expected in zip(
        (found.low, found.high), interval(1, 0.25, levels, levels - known.reference()), strict=True
    ):
        np.testing.assert_allclose(end[0], expected * [np.nan, np.nan, 1])
    np.testing.assert_allclose(found.levels[0], levels.mean(0))
    np.testing.assert_allclose(found.sd[0], levels.std(0))


def test_courses_lie_about_the_member_that_was_not_shown_them_by_errors_of_all_others(folder: Path) -> None:
    """All of it is computed here by `material`, series by series: the one that is asked for has no part in it."""
    known, _ = imputed(circuit(contract.read(folder / "experiments.h5ad")))
    fold, _ = learning.folds(known, 3, seed=3)
    levels, changes, true = [], [], []
    for number, rows in enumerate(known.series):
        free = rows[6:]
        course = [known.levels[free[0]]]
        for _ in free[1:]:
            extra = np.full(3, SHIFT[fold[number]])
            course.append(course[-1] + GATE * (made(course[-1], np.ones(3), extra) - course[-1]))
        levels.append(course[1:])
        changes.append(course[1:] - course[0])
        true.append(known.levels[free[1:]])
    levels, changes, true = map(np.array, (levels, changes, true))  # (series, times, genes)
    found, hits, widths = responses.rolled_out(planted(inputs=NUMBER), known, 3), [], []
    for number in range(NUMBER):
        others = np.arange(NUMBER) != number
        base = np.empty((3, 3))
        for member in range(3):
            squares = (levels - true)[others & (fold != member)] ** 2
            counted = squares.shape[0] * squares.shape[1]
            base[member] = np.sqrt((squares.sum((0, 1)) + 10 * squares.mean()) / (counted + 10))
        scale = np.sqrt(base[fold][:, None] ** 2 + (0.1 * changes) ** 2)
        member, score = np.repeat(fold[others], 18), (np.abs(levels - true) / scale)[others].reshape(-1)
        here = np.sqrt(base[:, None] ** 2 + (0.1 * changes[number]) ** 2)  # (members, times, genes)
        half = np.sort(score[:, None, None] * here[member], axis=0)
        rank = int(np.ceil(0.9 * (len(score) + 1))) - 1
        np.testing.assert_allclose(found[number].levels, levels[number], atol=1e-4)
        for end in (levels[number] - found[number].low, found[number].high - levels[number]):
            np.testing.assert_allclose(end, half[rank], atol=1e-3)
        hits.append(np.abs(levels - true)[number] <= half[rank])
        widths.append(2 * half[rank] / SD)
    assert len(set(fold)) == 3
    assert told(folder, "roll_out_coverage") == pytest.approx(np.mean(hits), abs=0.012)
    assert told(folder, "roll_out_width") == pytest.approx(np.mean(widths), rel=0.005)
    assert 0.8 < np.mean(hits) < 1
