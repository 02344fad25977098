"""Intervals by what members were not shown: those of the definition, and they hold what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.circuit.calibrated import calibration, calibrations, interval
from tests.circuit.material import GATE, GENES, experiments, made, rest
from tests.circuit.planted import SHIFT, planted
from workflow_scripts.circuit import bundle, held_out, learning
from workflow_scripts.circuit import calibration as under_test
from workflow_scripts.circuit.calibration import HeldOut, calibrated
from workflow_scripts.circuit.data import Circuit, circuit
from workflow_scripts.contracts import model_bundle
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.genelm import load_circuit
from workflow_scripts.io.errors import BadInput

MEMBERS, NOISE = 5, np.array([0.05, 0.08, 0.1, 0.15, 0.2])  # sd of a measurement of each of five genes


def held(
    rng: np.random.Generator, number: int, wrong: float = 0.0, apart: float = 0.0, share: float = 0.0
) -> tuple[np.ndarray, HeldOut]:
    """What each member predicts (M, E, G) of experiments, and what it was not shown of them.

    All members are wrong alike by `wrong`, and each is `apart` from all others. A measurement has its noise, and is off
    by `share` of the change.
    """
    truth = rng.normal(0, 1, (number, 5))
    predicted = truth + wrong * rng.normal(0, 1, truth.shape) + apart * rng.normal(0, 1, (MEMBERS, number, 5))
    off = np.sqrt(NOISE**2 + (share * predicted.mean(0)) ** 2)
    measured = truth + off * rng.normal(0, 1, truth.shape)
    member = rng.permutation(number) % MEMBERS
    own = predicted[member, np.arange(number)]
    return predicted, HeldOut(member, own, own, measured)


def covered(seed: int, scaled: float = 0.0, **how: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which new measurements (E, G) lie within their interval, how wide it is, and the changes that were predicted.

    scaled: the share that the calibration knows of.
    """
    rng = np.random.default_rng(seed)
    _, known = held(rng, 400, **how)
    predicted, new = held(rng, 3000, **how)
    low, high = under_test.interval(calibrated(known, MEMBERS, scaled), predicted, predicted)
    return (low <= new.measured) & (new.measured <= high), high - low, np.abs(predicted.mean(0))


def test_an_interval_is_that_of_the_definition() -> None:
    """Of members that disagree, with scales of their own, over two times."""
    rng = np.random.default_rng(5)
    levels, changes = rng.normal(0, 0.3, (2, 3, 2, 3))
    low, high = under_test.interval(calibration(7, 0.25), levels, changes)
    for time in range(2):
        expected = interval(7, 0.25, levels[:, time], changes[:, time])
        np.testing.assert_allclose([low[time], high[time]], expected, rtol=1e-12)


def test_a_member_that_was_asked_less_weighs_less() -> None:
    """The rank is over the scores of both; where these are many, it is one of their quantiles."""
    for often, apart in ((1, 0), (80, 0.06)):
        of = np.concatenate([np.linspace(0, 1, 80 * often), np.linspace(10, 11, 20 * often)])
        scores = under_test.scored(of, np.repeat([0, 2], [80 * often, 20 * often]), 3)
        assert scores.number.tolist() == [80 * often, 0, 20 * often]
        low, high = under_test.ends(scores, np.zeros((3, 1)), np.ones((3, 1)))
        expected = np.sort(of)[int(np.ceil(0.9 * (len(of) + 1))) - 1]
        assert -low[0] == high[0] == pytest.approx(expected, abs=apart)


def test_no_interval_lies_beyond_what_was_seen() -> None:
    for number in (8, 9, 10):
        scores = under_test.scored(np.arange(1.0, number + 1), np.zeros(number, int), 2)
        low, high = under_test.ends(scores, np.zeros((2, 4)), np.ones((2, 4)))
        assert np.isnan([low, high]).all() if number < 9 else (high == number).all() and (low == -number).all()


def test_many_intervals_at_once_are_those_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = np.random.default_rng(1).normal(size=(3, 7, 3))
    whole = under_test.interval(calibration(7, 0.25), levels, levels)
    monkeypatch.setattr(under_test, "AT_ONCE", 2 * 300)
    np.testing.assert_array_equal(under_test.interval(calibration(7, 0.25), levels, levels), whole)


def test_the_base_of_a_member_is_of_errors_of_others() -> None:
    """By loops: mean squares of a gene over all folds but the member's own, with ten errors of all genes."""
    rng = np.random.default_rng(2)
    _, known = held(rng, 20)
    known.measured[3, 1] = np.nan
    found = calibrated(known, MEMBERS, 0.3)
    squares = (known.measured - known.predicted) ** 2
    for member in range(MEMBERS):
        others = squares[known.member != member]
        for gene in range(5):
            of = others[:, gene][np.isfinite(others[:, gene])]
            expected = (of.sum() + 10 * np.nanmean(others)) / (len(of) + 10)
            assert found.base[member, gene] == pytest.approx(np.sqrt(expected))
    assert found.number.tolist() == [20 if member != known.member[3] else 19 for member in range(MEMBERS)]
    first = known.member == 0
    scale = np.sqrt(found.base[0] ** 2 + (0.3 * known.change[first]) ** 2)
    score = (np.abs(known.measured - known.predicted)[first] / scale).ravel()
    score = score[np.isfinite(score)]
    np.testing.assert_allclose(found.points[0][: len(score)], np.sort(score))
    assert np.isinf(found.points[0][len(score) :]).all()


@pytest.mark.parametrize("wrong", [0.0, 0.1])
def test_new_measurements_lie_within_as_often_as_it_says(wrong: float) -> None:
    """An interval is that of the noise of each gene and of the error of its prediction, 1.645 sds to either side."""
    inside, width, _ = covered(1, wrong=wrong)
    assert inside.mean() == pytest.approx(0.9, abs=0.012)
    np.testing.assert_allclose(inside.mean(0), 0.9, atol=0.03)  # gene by gene, whose noise is four times apart
    np.testing.assert_allclose(width.mean(0), 2 * 1.645 * np.sqrt(NOISE**2 + wrong**2), rtol=0.1)


def test_where_members_disagree_it_is_wider() -> None:
    """By more than it has to be, which is known of CV+: each is told of its own error, and where the others are."""
    inside, width, _ = covered(2, apart=0.1)
    assert inside.mean() > 0.9
    assert (width.mean(0) > 2 * 1.645 * np.sqrt(NOISE**2 + 0.1**2)).all()


def test_what_changes_much_has_a_wider_interval() -> None:
    (inside, width, change), (alike, *_) = (covered(3, scaled, share=0.3) for scaled in (0.3, 0.0))
    far = change > np.quantile(change, 0.8)
    assert inside.mean() == pytest.approx(0.9, abs=0.012) and alike.mean() == pytest.approx(0.9, abs=0.012)
    assert inside[far].mean() > alike[far].mean() + 0.05
    assert width[far].mean() > 1.3 * width[~far].mean()


def test_where_nothing_was_held_out_there_is_no_interval() -> None:
    empty = HeldOut(np.zeros(0, int), *[np.zeros((0, 4, 5))] * 3)
    found = calibrated(empty, MEMBERS, 0.1)
    assert found.number.sum() == 0 and np.isfinite(found.base).all()
    assert np.isnan(under_test.interval(found, np.zeros((MEMBERS, 2, 5)), np.zeros((MEMBERS, 2, 5)))).all()


def test_of_a_fold_alone_the_base_is_of_its_own_errors() -> None:
    _, known = held(np.random.default_rng(2), 20)
    found = calibrated(known._replace(member=np.full(20, 2)), MEMBERS, 0.1)
    every = np.mean((known.measured - known.predicted) ** 2)
    np.testing.assert_allclose(found.base[2].mean(), np.sqrt(every), rtol=0.5)
    assert found.number.tolist() == [0, 0, 100, 0, 0]


@pytest.fixture
def learned() -> Circuit:
    """With a level that was not measured, and a state of rest of which nothing is known."""
    data = experiments(noise=0.05)
    data.X[0, 2] = np.nan
    data.obs.iloc[5, data.obs.columns.get_loc("disturbed")] = True
    return circuit(data)


def test_states_of_rest_are_predicted_by_who_was_not_shown_them(learned: Circuit) -> None:
    material = learning.Material(learned, 3, 4)
    found = held_out.at_rest(planted(inputs=5), material)
    assert len(found.member) == 5  # knock-outs of a, b and c, knock-downs of a and b; not the wild type
    for row in range(5):
        fold = int(material.rest_fold[material.rests.tolist().index(row)])
        levels = rest(learned.rates[row], SHIFT[fold])
        assert found.member[row] == fold
        np.testing.assert_allclose(found.predicted[row], levels, atol=1e-4)
        np.testing.assert_allclose(found.change[row], levels - rest(np.ones(3), SHIFT[fold]), atol=1e-4)
        measured = np.where(learned.rates[row] == 1, learned.levels[row], np.nan)
        np.testing.assert_allclose(found.measured[row], measured, rtol=1e-6)
    assert np.isnan(found.measured[0]).tolist() == [True, False, True]


def test_courses_are_predicted_by_who_was_not_shown_them(learned: Circuit) -> None:
    found = held_out.over_time(planted(inputs=5), learning.Material(learned, 3, 4))
    fold, _ = learning.folds(learned, 3, seed=4)
    np.testing.assert_array_equal(found.member, fold)
    for series, rows in enumerate(learned.series):
        free, course = rows[6:], [learned.levels[rows[6]]]
        for _ in free[1:]:
            extra = np.full(3, SHIFT[fold[series]])
            course.append(course[-1] + GATE * (made(course[-1], np.ones(3), extra) - course[-1]))
        np.testing.assert_allclose(found.predicted[series], course[1:], atol=1e-4)
        np.testing.assert_allclose(found.change[series], course[1:] - course[0], atol=1e-4)
        np.testing.assert_allclose(found.measured[series], learned.levels[free[1:]], rtol=1e-6)


def test_a_circuit_of_unknown_perturbations_has_no_interval_at_rest() -> None:
    data = experiments()
    data = data[(data.obs["series"] == "").to_numpy()].copy()
    data.obs["perturbation"] = ""
    found = held_out.calibrations(planted(inputs=0), learning.Material(circuit(data), 3, 4))
    assert found.at_rest.number.sum() == found.over_time.number.sum() == 0


def test_both_kinds_are_of_their_own_errors_and_shares(learned: Circuit) -> None:
    model, material = planted(inputs=5), learning.Material(learned, 3, 4)
    found = held_out.calibrations(model, material)
    assert (float(found.at_rest.share), float(found.over_time.share)) == (0.25, 0.1)
    assert found.over_time.number.sum() == 5 * 6 * 3
    assert found.at_rest.number.sum() == 3 * 2 - 1 + 2 * 2  # of a knock-out one level is missing


def test_what_is_read_again_has_the_same_intervals_to_the_bit(tmp_path: Path, learned: Circuit) -> None:
    found = held_out.calibrations(planted(inputs=5), learning.Material(learned, 3, 4))
    bundle.write(planted(inputs=5), tmp_path / "model", bundle.Known(GENES, ["drug"], "u", "min"), 7, found)
    again = bundle.read(tmp_path / "model").calibrations
    for kind, of in found._asdict().items():
        for name, values in of._asdict().items():
            read = getattr(getattr(again, kind), name)
            assert read.dtype == values.dtype and read.tobytes() == np.asarray(values).tobytes(), f"{kind} {name}"
    _, config = model_bundle.read(tmp_path / "model")
    assert config["parameters"] == sum(values.numel() for values in planted(inputs=5).parameters())
    answers = [load_circuit(tmp_path / "model").predict("a:knockout") for _ in range(2)]
    assert answers[0].equals(answers[1]) and answers[0].loc[["b", "c"], ["low", "high"]].notna().all(axis=None)


def test_a_model_of_before_is_one_clear_line(tmp_path: Path) -> None:
    model = planted()
    buffers = [name for name, _ in model.named_buffers()]
    known = bundle.Known(GENES, ["drug"], "u", "min")
    shape = {"members": 3, "genes": 3, "candidates": 3, "inputs": 2}
    given = {"gene_order": order_digest(GENES), "seed": 1, "buffers": buffers, "about": known._asdict()}
    model_bundle.write(model.state_dict(), shape, tmp_path / "model", **given)
    with pytest.raises(BadInput) as fault:
        load_circuit(tmp_path / "model")
    said = str(fault.value)
    assert "\n" not in said and "not a circuit of this version" in said and said.endswith("Train it again.")


def test_a_bundle_without_one_of_its_parts_is_refused(tmp_path: Path) -> None:
    bundle.write(planted(), tmp_path / "model", bundle.Known(GENES, [], "u", "min"), 1, calibrations())
    state, config = model_bundle.read(tmp_path / "model")
    state = {name: values for name, values in state.items() if name != "calibration.over_time.points"}
    about = {name: config[name] for name in ("gene_order", "seed", "about")}
    model_bundle.write(state, config["architecture"], tmp_path / "other", **about)
    with pytest.raises(BadInput, match="not a circuit of this version"):
        load_circuit(tmp_path / "other")
