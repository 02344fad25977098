"""What a circuit is read as, and what is taken for its own levels and its noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.circuit.experiments import sheet, written
from workflow_scripts.circuit.data import Circuit, imputed
from workflow_scripts.contracts.perturbations import Perturbation

GENES = ["A", "B", "C"]
ROWS = [
    ("", "late", 20.0, False),
    ("", "", np.nan, False),
    ("A:knockout", "", np.nan, False),
    ("A:knockdown:0.5", "", np.nan, False),
    ("A:knockdown:0.5", "", np.nan, False),
    ("A:knockdown:0.1", "", np.nan, False),
    ("B:overexpression:2+C:knockdown:0.3", "", np.nan, False),
    ("drug:chemical:10", "", np.nan, False),
    ("", "", np.nan, True),  # multifactorial
    ("C:knockout", "", np.nan, True),
    ("", "early", 0.0, False),
    ("", "early", 5.0, True),
    ("", "late", 30.0, False),
    ("B:knockout", "done", 0.0, False),
    ("B:knockout", "done", 9.0, False),
]


@pytest.fixture
def small(tmp_path: Path) -> Circuit:
    x = np.random.default_rng(0).uniform(1, 2, (len(ROWS), 3)).astype(np.float32)
    return written(x, sheet(ROWS), GENES, tmp_path / "experiments.h5ad")


def test_each_kind_of_perturbation_is_a_factor_or_a_dose(small: Circuit) -> None:
    assert small.rates[[1, 2, 4, 5]].tolist() == [[1, 1, 1], [0, 1, 1], [0.5, 1, 1], [0.1, 1, 1]]
    assert small.rates[6].tolist() == [1, 2, 0.3] and small.rates[7].tolist() == [1, 1, 1]
    assert small.compounds == ["drug"] and small.chemicals[:, 0].tolist() == [10 * (row == 7) for row in range(15)]


def test_series_are_in_order_of_time_and_steady_states_in_none(small: Circuit) -> None:
    assert [rows.tolist() for rows in small.series] == [[0, 12], [10, 11], [13, 14]]
    assert small.at_rest.tolist() == list(range(1, 10)) and np.isnan(small.times[small.at_rest]).all()
    assert small.levels.dtype == np.float64 and small.disturbed.sum() == 3


def test_experiments_on_one_gene_leave_out_pairs_compounds_and_the_unknown(small: Circuit) -> None:
    assert small.single_gene_rows().tolist() == [1, 2, 3, 4, 5]
    assert small.wild_type_rows().tolist() == [1, 0, 10]  # no first point under a known perturbation
    assert set(small.singles()) == {
        Perturbation("A", "knockout", 0.0),
        Perturbation("A", "knockdown", 0.5),
        Perturbation("A", "knockdown", 0.1),
        Perturbation("drug", "chemical", 10.0),
    }
    halved = small.levels[[3, 4]].mean(0)
    assert small.singles()[Perturbation("A", "knockdown", 0.5)] == pytest.approx(halved)
    assert list(small.single("knockout")) == [0] and small.single("overexpression") == small.single("chemical") == {}
    assert small.single("knockdown")[0] == pytest.approx((halved + small.levels[5]) / 2)
    assert small.reference() == pytest.approx(np.median(small.levels[[0, 1, 2, 3, 4, 5, 10]], axis=0))


def noisy(replicates: int, path: Path) -> Circuit:
    """Genes whose noise is 1, 2 and 4, of which some measurement is far off."""
    rng, rows = np.random.default_rng(1), [("", "", np.nan, False)] * replicates
    rows += [(f"{gene}:knockout", "", np.nan, False) for gene in GENES * 200]
    x = 100 + rng.normal(size=(len(rows), 3)) * [1, 2, 4]
    x[0] += 1000 if replicates > 2 else 0
    return written(x, sheet(rows), GENES, path)


@pytest.mark.parametrize(
    ("replicates", "expected"), [(400, (1, 2, 4)), (7, (2, 2, 2)), (1, (1, 2, 4))], ids=["own", "pooled", "none"]
)
def test_the_noise_is_of_replicates_or_of_what_most_perturbations_leave(replicates, expected, tmp_path: Path) -> None:
    found = noisy(replicates, tmp_path / "experiments.h5ad").noise()
    assert found == pytest.approx(expected, rel=0.15 if replicates != 7 else 0.6)
    assert (len(set(found)) == 1) == (replicates == 7)


def test_the_reference_is_no_mean_that_a_strong_response_pulls(tmp_path: Path) -> None:
    assert noisy(400, tmp_path / "experiments.h5ad").reference() == pytest.approx([100, 100, 100], abs=0.5)


def test_a_level_that_was_not_measured_is_that_of_the_nearest_samples(tmp_path: Path) -> None:
    near = np.array([[0, 0, 1], [0.1, 0, 3], [9, 9, 50], [9, 9.1, 70], [0, 0.1, np.nan]])
    found, measured = imputed(
        written(near, sheet([("", "", np.nan, False)] * 5), GENES, tmp_path / "experiments.h5ad"), neighbours=2
    )
    assert found.levels[4, 2] == pytest.approx(2) and not measured[4, 2] and measured.sum() == 14
    assert found.levels[:4] == pytest.approx(near[:4], abs=1e-6)


def test_a_gene_that_was_never_measured_keeps_its_place(tmp_path: Path) -> None:
    x = np.array([[1, np.nan, 2], [3, np.nan, 4.0]])
    made = written(x, sheet([("", "", np.nan, False)] * 2), GENES, tmp_path / "experiments.h5ad")
    assert imputed(made)[0].levels.tolist() == [[1, 0, 2], [3, 0, 4]]
