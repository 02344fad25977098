"""Simple rules for pairs of perturbations, and for courses, against what they are by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.circuit.experiments import sheet, written
from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.denoising import denoised_singles
from workflow_scripts.circuit.response_baselines import RESPONSES, predict_responses
from workflow_scripts.circuit.roll_out_baselines import ROLL_OUTS, courses, predict_roll_outs
from workflow_scripts.contracts.perturbations import Perturbation

GENES = [f"G{place}" for place in range(8)]
REST = ("", "", np.nan, False)


def out(gene: int) -> Perturbation:
    return Perturbation(GENES[gene], "knockout", 0.0)


@pytest.fixture
def circuit(tmp_path: Path) -> Circuit:
    """8 genes at 10 with a noise of about 0.1, all but the last knocked out, two knocked down; effects of 2 to 5."""
    rng = np.random.default_rng(0)
    rows = [REST] * 20 + [(f"{gene}:knockout", "", np.nan, False) for gene in GENES[:7]]
    rows += [(f"{gene}:knockdown:0.5", "", np.nan, False) for gene in GENES[:2]]
    x = 10 + 0.1 * rng.normal(size=(len(rows), 8))
    x[20, [3, 4]] += [3, -4]
    x[21, [3, 4, 5]] += [2, 2, -5]
    x[np.arange(20, 27), range(7)] = 0
    x[[27, 28], [0, 1]] = 5
    return written(x, sheet(rows), GENES, tmp_path / "experiments.h5ad")


WANTED = [(out(0), out(1)), (out(1), out(2)), (out(0), out(7))]


def expected(circuit: Circuit) -> dict[str, np.ndarray]:
    """Levels (8,) of the first of `WANTED`, by hand."""
    x = circuit.levels
    reference, wild = np.median(x, axis=0), x[:20].mean(0)
    one, other = x[20] - reference, x[21] - reference
    clear = [np.where(np.abs(effect) > 1, effect, 0) for effect in (one, other)]
    rules = {
        "no_change": reference,
        "mean_of_singles": x[20:27].mean(0),
        "matching_mean": (x[20] + x[21]) / 2,
        "additive_raw": x[20] + x[21] - wild,
        "additive": reference + one + other,
        "additive_beyond_noise": reference + clear[0] + clear[1],
        "largest_effect": reference + np.where(np.abs(clear[0]) > np.abs(clear[1]), *clear),
    }
    for levels in rules.values():
        levels[:2] = 0  # knocked out
    return rules


def test_each_rule_is_what_it_says(circuit: Circuit) -> None:
    assert (circuit.noise() < 0.25).all()
    rules = expected(circuit)
    assert set(rules) == set(RESPONSES) - {"linear_low_rank", "additive_denoised", "largest_denoised"}
    for name, levels in rules.items():
        assert predict_responses(name, circuit, WANTED)[0] == pytest.approx(levels, abs=1e-6), name
    assert rules["largest_effect"][3:6] == pytest.approx([13, 6, 5], abs=0.5)
    assert rules["additive"][3:6] == pytest.approx([15, 8, 5], abs=0.5)
    assert len({tuple(levels.round(3)) for levels in rules.values()}) == len(rules)


def test_denoised_rules_are_those_of_denoised_effects(circuit: Circuit) -> None:
    singles, reference = denoised_singles(circuit), circuit.reference()
    one, other = singles[out(0)] - reference, singles[out(1)] - reference
    total = predict_responses("additive_denoised", circuit, WANTED)[0]
    largest = predict_responses("largest_denoised", circuit, WANTED)[0]
    assert total[2:] == pytest.approx((reference + one + other)[2:])
    assert largest[2:] == pytest.approx((reference + np.where(np.abs(one) > np.abs(other), one, other))[2:])
    assert total[:2].tolist() == largest[:2].tolist() == [0, 0]
    assert largest[3:6] == pytest.approx([13, 6, 5], abs=0.5)


def test_what_was_never_perturbed_alone_has_no_effect_and_no_level_is_below_nothing(circuit: Circuit) -> None:
    found = predict_responses("additive", circuit, WANTED)[2]
    assert found[1:] == pytest.approx(circuit.levels[20, 1:], abs=1e-6) and found[0] == 0
    deep = circuit._replace(levels=np.where(circuit.levels > 9, circuit.levels - 6, circuit.levels))
    assert predict_responses("additive", deep, WANTED).min() >= 0
    logs = circuit._replace(levels=circuit.levels - 10)
    assert predict_responses("no_change", logs, WANTED)[0, 3:] == pytest.approx(np.median(logs.levels, 0)[3:])


def test_a_linear_model_finds_effects_of_low_rank(tmp_path: Path) -> None:
    """Genes of two modules; a knock-out lowers its own module and raises the other: rank 1, which adds up."""
    rng = np.random.default_rng(1)
    names, module = [f"G{place}" for place in range(30)], np.repeat([1.0, -1.0], 15)
    rows = [REST, *((f"{gene}:knockout", "", np.nan, False) for gene in names[:24])]
    x = 10 - np.outer(np.append([0], module[:24]), module) + 0.05 * rng.normal(size=(25, 30))
    x[np.arange(1, 25), range(24)] = 0
    circuit = written(x, sheet(rows), names, tmp_path / "experiments.h5ad")
    of = [Perturbation(name, "knockout", 0.0) for name in names]
    pairs = [(of[0], of[1]), (of[0], of[20])]
    found = predict_responses("linear_low_rank", circuit, pairs)
    assert found[0, 2:15].mean() < 9 and found[0, 24:].mean() > 11
    assert found[1, 2:15].mean() == pytest.approx(10, abs=0.6)
    few = circuit._replace(at_rest=circuit.at_rest[:9])
    assert predict_responses("linear_low_rank", few, pairs) is None


STEP = 2.0


def relaxing(folder: Path, series: int = 4, noise: float = 0.0) -> Circuit:
    """Series of 3 genes disturbed up to time 6; after it A decays at 0.2 to 5, B follows A, C stays at 5."""
    rng = np.random.default_rng(2)
    rows, x = [REST] * 3, [np.full(3, 5.0)] * 3
    for name in range(series):
        level = 5 + rng.normal(size=3) * [2, 2, 0]
        for at in range(12):
            rows.append(("", f"s{name}", STEP * at, at < 4))
            x.append(level)
            if at >= 4:
                a, b, c = level - 5
                level = 5 + np.array([a * np.exp(-0.2 * STEP), 0.5 * b + 0.4 * a, c]) + noise * rng.normal(size=3)
            else:
                level = 5 + rng.normal(size=3) * [2, 2, 0]
    return written(np.array(x), sheet(rows), ["A", "B", "C"], folder / "experiments.h5ad")


def test_a_course_is_what_follows_a_disturbance(tmp_path: Path) -> None:
    circuit = relaxing(tmp_path)
    assert [rows.tolist() for rows in courses(circuit)] == [list(range(3 + 12 * s + 4, 15 + 12 * s)) for s in range(4)]
    known = circuit._replace(perturbations=[(out(0),)] * len(circuit.levels))
    assert courses(known) == [] and predict_roll_outs("persistence", known) is None


def test_rules_for_courses_are_fitted_to_the_other_series_and_roll_out_from_the_start(tmp_path: Path) -> None:
    circuit = relaxing(tmp_path)
    found = {name: predict_roll_outs(name, circuit) for name in ROLL_OUTS}
    for left, rows in enumerate(courses(circuit)):
        start, true = circuit.levels[rows[0]], circuit.levels[rows[1:]]
        assert (found["persistence"][left] == start).all()
        assert (found["jump_to_reference"][left] == circuit.reference()).all()
        assert found["exponential_decay"][left][:, 0] == pytest.approx(true[:, 0], rel=0.02)  # A
        assert found["var_ridge"][left] == pytest.approx(true, abs=0.02)  # B, too
        changed = circuit._replace(levels=circuit.levels.copy())
        changed.levels[rows[1:]] = 77  # what is predicted is not looked at
        for name in ("exponential_decay", "var_ridge"):
            assert np.array_equal(predict_roll_outs(name, changed)[left], found[name][left]), name


def test_too_few_series_leave_rules_without_a_fit(tmp_path: Path) -> None:
    assert predict_roll_outs("var_ridge", relaxing(tmp_path, series=2)) is None
    assert predict_roll_outs("exponential_decay", relaxing(tmp_path, series=1)) is None
    assert predict_roll_outs("persistence", relaxing(tmp_path, series=1)) is not None
