"""A trained circuit in Python: levels under perturbations and over time, with intervals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.circuit.calibrated import calibrations, interval
from tests.circuit.material import BASE, GATE, GENES, made, rest
from tests.circuit.planted import DRUG, SHIFT, planted, planted_rest
from tests.support.examples import EXAMPLES
from tests.support.workflow import ROOT
from workflow_scripts.circuit import bundle, ensemble
from workflow_scripts.genelm import Circuit, load_circuit
from workflow_scripts.io.errors import BadInput


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("planted") / "model"
    bundle.write(planted(), path, bundle.Known(GENES, ["drug"], "u", "min"), 7, calibrations())
    return path


@pytest.fixture(scope="module")
def circuit(folder: Path) -> Circuit:
    return load_circuit(folder)


def test_names_and_units_travel_with_the_weights(circuit: Circuit) -> None:
    assert circuit.genes == GENES and circuit.compounds == ["drug"]
    assert (circuit.unit, circuit.time_unit, circuit.seed) == ("u", "min", 7)


@pytest.mark.parametrize(
    ("perturbation", "rates", "extra"),
    [
        ("a:knockout+b:knockout", [0, 0, 1], 0.0),
        ("b:knockout+a:knockdown:0.5", [0.5, 0, 1], 0.0),
        ("c:overexpression:1.5", [1, 1, 1.5], 0.0),
        ("drug:chemical:2", [1, 1, 1], 2 * DRUG * 2 / (2 + 1)),
        ("", [1, 1, 1], 0.0),
    ],
)
def test_levels_are_those_of_the_kinetics(circuit: Circuit, perturbation: str, rates: list, extra: object) -> None:
    found, levels = circuit.predict(perturbation), planted_rest(np.array(rates, float), extra)
    change = levels - planted_rest(np.ones(3))
    assert found.index.tolist() == GENES and found.columns.tolist() == ["level", "change", "sd", "low", "high"]
    np.testing.assert_allclose(found["level"], levels.mean(0), atol=1e-5)
    np.testing.assert_allclose(found["change"], change.mean(0), atol=1e-5)
    np.testing.assert_allclose(found["sd"], change.std(0), atol=1e-5)
    own, unperturbed = np.array(rates) != 1, planted_rest(np.ones(3)).mean(0)
    for end, values in zip(("low", "high"), interval(1, 0.25, levels, change), strict=True):
        np.testing.assert_allclose(found[end], np.where(own, np.nan, values - unperturbed), atol=1e-4)


def test_the_way_there_is_that_of_steps_no_longer_than_those_learned(circuit: Circuit) -> None:
    """At 50 there was one step of 50, at 170 two more of 50 at most: three of 40."""
    found = circuit.follow("a:knockout", [50, 170])
    rates, courses = np.array([0.0, 1, 1]), []
    for shift in SHIFT:
        levels = [rest(np.ones(3), shift)]
        for length in (50, 40, 40, 40):
            share = 1 - (1 - GATE) ** (length / 50)
            levels.append(levels[-1] + share * (made(levels[-1], rates, np.full(3, shift)) - levels[-1]))
        courses.append([levels[1], levels[4]])
    courses = np.array(courses)
    np.testing.assert_allclose(found["level"].to_numpy().reshape(2, 3), courses.mean(0), atol=1e-5)
    assert found.index.tolist() == [(time, gene) for time in (50, 170) for gene in GENES]
    change = courses - planted_rest(np.ones(3))[:, None]
    np.testing.assert_allclose(found["change"].to_numpy().reshape(2, 3), change.mean(0), atol=1e-5)
    np.testing.assert_allclose(found["sd"].to_numpy().reshape(2, 3), change.std(0), atol=1e-5)
    for time in range(2):  # the farther of both: no course under a perturbation was held out
        given, before = (courses[:, time], change[:, time]), planted_rest(np.ones(3)).mean(0)
        ends = zip(interval(1, 0.25, *given), interval(2, 0.1, *given), strict=True)
        for name, end, farther in zip(("low", "high"), ends, (np.minimum, np.maximum), strict=True):
            expected = (farther(*end) - before) * [np.nan, 1, 1]
            np.testing.assert_allclose(found[name].to_numpy().reshape(2, 3)[time], expected, atol=1e-4)


def test_a_course_of_the_unperturbed_circuit_has_the_interval_of_such_courses(circuit: Circuit) -> None:
    found, start = circuit.follow("", [50], start={"a": 0.8, "b": 0.1, "c": 0.2}), np.array([0.8, 0.1, 0.2])
    levels = np.array([start + GATE * (made(start, np.ones(3), np.full(3, shift)) - start) for shift in SHIFT])
    for end, values in zip(("low", "high"), interval(2, 0.1, levels, levels - start), strict=True):
        np.testing.assert_allclose(found[end], values - start, atol=1e-4)


def test_in_the_end_it_comes_to_rest(circuit: Circuit) -> None:
    late, at_rest = circuit.follow("b:knockout", [0, 5000]), circuit.predict("b:knockout")
    np.testing.assert_allclose(late.loc[5000]["level"], at_rest["level"], atol=1e-4)
    np.testing.assert_allclose(late.loc[0]["change"], 0, atol=1e-6)


def test_a_state_to_start_from_is_taken(circuit: Circuit) -> None:
    found = circuit.follow("", [0], start={"b": 1.5})
    np.testing.assert_allclose(found.loc[(0, "b")][["level", "change", "sd"]], [1.5, 0, 0], atol=1e-6)
    np.testing.assert_allclose(found.loc[(0, "a")]["level"], planted_rest(np.ones(3)).mean(0)[0], atol=1e-5)


def test_edges_are_those_planted_with_their_spread(circuit: Circuit) -> None:
    found = circuit.edges()
    assert list(zip(found["source"], found["target"], found["sign"], strict=True)) == [("a", "b", 1), ("b", "c", -1)]
    np.testing.assert_allclose(found["weight"], [0.8 * 0.1 / 0.2, -0.6 * 0.2 / 0.3], rtol=1e-5)
    np.testing.assert_allclose(found[["low", "high"]].to_numpy(), found[["weight"]].to_numpy() * [1, 1], rtol=1e-5)
    assert (found["stability"] == 1).all()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("x:knockout", "gene 'x': is none of the 3 genes of this circuit. Name one of a, b, c."),
        ("a:chemical:1", "compound 'a': is none of the 1 compounds of this circuit. Name one of drug."),
        ("a", "the perturbation: perturbation 'a': 'a' is none. Name a perturbation as"),
    ],
)
def test_an_unknown_gene_is_one_clear_line(circuit: Circuit, asked: str, said: str) -> None:
    for ask in (circuit.predict, lambda text: circuit.follow(text, [1])):
        with pytest.raises(BadInput) as fault:
            ask(asked)
        assert str(fault.value).startswith(said) and "\n" not in str(fault.value)


@pytest.mark.parametrize("times", [[], [2, 1], [-1, 0], [1, 1], [0, np.nan], [[0, 1]]])
def test_times_that_do_not_rise_are_refused(circuit: Circuit, times: list) -> None:
    with pytest.raises(BadInput, match="times: .* do not rise"):
        circuit.follow("", times)


def test_a_start_of_an_unknown_gene_is_refused(circuit: Circuit) -> None:
    with pytest.raises(BadInput, match="gene 'x': is none of the 3 genes"):
        circuit.follow("", [1], start={"x": 1.0})


def test_a_circuit_without_time_series_knows_no_time(tmp_path: Path) -> None:
    bundle.write(planted(inputs=1), tmp_path / "model", bundle.Known(GENES, ["drug"], "u", "min"), 1, calibrations())
    circuit = load_circuit(tmp_path / "model")
    assert len(circuit.predict("drug:chemical:1")) == 3
    with pytest.raises(BadInput, match="learned without time series"):
        circuit.follow("", [1])


def test_a_bundle_of_something_else_is_refused(tmp_path: Path) -> None:
    example = EXAMPLES["model_bundle"]
    example.write(example.content, tmp_path / "model")
    with pytest.raises(BadInput, match="not a circuit of this version"):
        load_circuit(tmp_path / "model")


def test_it_needs_torch_numpy_and_pandas_alone(folder: Path) -> None:
    script = "import sys; from workflow_scripts.genelm import load_circuit\n"
    script += "print(load_circuit(sys.argv[1]).predict('a:knockout').loc['a', 'level'])\n"
    script += "names = {name.split('.')[0] for name in sys.modules}\n"
    script += "assert not {'snakemake', 'anndata', 'sklearn', 'scipy', 'h5py', 'pandera'} & names"
    done = subprocess.run([sys.executable, "-c", script, folder], cwd=ROOT, text=True, capture_output=True)
    assert done.returncode == 0 and float(done.stdout) == pytest.approx(0, abs=1e-6), done.stderr


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 11, 63])
def test_the_quantile_is_that_of_student(freedom: int) -> None:
    assert ensemble.student(freedom) == pytest.approx(stats.t.ppf(0.95, freedom), rel=1e-10)


@pytest.mark.parametrize("members", [2, 5, 12])
def test_an_interval_holds_another_draw_as_often_as_it_says(members: int) -> None:
    draws = np.random.default_rng(members).normal(3, 2, (members + 1, 100_000))
    over = ensemble.spread(draws[:members])
    inside = (over.low <= draws[members]) & (draws[members] <= over.high)
    assert inside.mean() == pytest.approx(0.9, abs=0.005)
    assert np.isnan(ensemble.spread(draws[:1]).low).all()


def test_the_base_of_the_planted_circuit_is_what_a_knockout_leaves(circuit: Circuit) -> None:
    """Without a, b is at its own base: the test above and the code could share a fault of `rest`."""
    assert circuit.predict("a:knockout").loc["b", "level"] == pytest.approx(BASE[1] + SHIFT.mean(), abs=1e-5)
    assert isinstance(circuit.predict("a:knockout"), pd.DataFrame)
