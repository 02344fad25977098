"""A screen: perturbations ranked by how well what they do matches what is wanted."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from tests.circuit.calibrated import BASE, calibrations
from tests.circuit.material import GENES, experiments, rest
from tests.circuit.planted import SHIFT, planted, planted_rest
from workflow_scripts.circuit import bundle, learning, responses, screening
from workflow_scripts.circuit.data import circuit
from workflow_scripts.circuit.screen_perturbations import screen_perturbations
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import screen as screen_table
from workflow_scripts.contracts.perturbations import Perturbation
from workflow_scripts.io.errors import BadInput

SPEC = {"kind": "knockout", "genes": [], "pairs": False, "up": [], "down": ["c"], "least_size": 0.0}
SD = np.array([0.1, 0.2, 0.3])  # of the planted circuit
A, B, C = (Perturbation(gene, "knockout", 0.0) for gene in GENES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The planted circuit, and experiments on it in which c was never knocked out."""
    path, data = tmp_path_factory.mktemp("screen"), experiments()
    kept = (data.obs["perturbation"] != "c:knockout").to_numpy()
    units = {"unit": "u", "time_unit": "min"}
    contract.write(np.asarray(data.X)[kept], data.obs[kept], GENES, path / "experiments.h5ad", **units)
    bundle.write(planted(inputs=5), path / "model", bundle.Known(GENES, [], **units), 1, calibrations())
    return path


def screened(folder: Path, table: str | None = None, **changes: Any) -> pd.DataFrame:
    """The screen by perturbation, in the order of ranks."""
    signature = None
    if table is not None:
        signature = folder / "signature.tsv"
        signature.write_text(table)
    files = {"experiments": folder / "experiments.h5ad", "model": folder / "model", "screen": folder / "screen.tsv"}
    screen_perturbations(**files, signature=signature, spec=SPEC | changes, threads=1)
    found = screen_table.read(folder / "screen.tsv")
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    return found.set_index("perturbation")


def change(rates: list[float]) -> np.ndarray:
    """Changes (members, genes) at rest in sds, of the kinetics that were planted."""
    return (planted_rest(np.array(rates)) - planted_rest(np.ones(3))) / SD


def test_numbers_are_those_of_the_kinetics(folder: Path) -> None:
    """Wanted are b up and c down, in a ratio of 2 to 1; a is knocked out, and left out."""
    found = screened(folder, "gene\tchange\nb\t2\nc\t-1\n", down=[])
    members = change([0, 1, 1])
    match = cosine_similarity(members[:, 1:], [[2, -1]])[:, 0]
    size = np.sqrt(np.mean(members[:, 1:] ** 2, axis=1))
    row = found.loc["a:knockout"]
    assert row["match"] == pytest.approx(match.mean(), abs=1e-4) and match.mean() < 0
    assert row["size"] == pytest.approx(size.mean(), abs=1e-4)
    assert np.isnan(row["side_effect"])  # there is no other gene
    measured = (rest(np.array([0.0, 1, 1])) - rest(np.ones(3))) / SD
    assert row["measured_match"] == pytest.approx(cosine_similarity([measured[1:]], [[2, -1]])[0, 0], abs=1e-3)
    assert row["measured_size"] == pytest.approx(np.sqrt(np.mean(measured[1:] ** 2)), abs=1e-3)
    assert row["basis"] == "circuit"


def test_of_few_experiments_held_out_there_is_no_interval(folder: Path) -> None:
    """Five, of which one perturbs c, the gene that is asked for; nine it takes."""
    found = screened(folder)
    assert found.filter(regex="_(low|high)$").isna().all(axis=None)
    assert found.loc["a:knockout", ["match", "size", "side_effect"]].notna().all()


def angle(of: np.ndarray) -> float:
    """The match with b up and c down, in a ratio of 2 to 1; of the genes that are not NaN."""
    wanted, kept = np.array([0.0, 2, -1]), np.isfinite(of) & [False, True, True]
    return cosine_similarity([of[kept]], [wanted[kept]])[0, 0] if kept.any() else np.nan


def size(of: np.ndarray) -> float:
    return np.sqrt(np.nanmean(of[1:] ** 2)) if np.isfinite(of[1:]).any() else np.nan


def test_intervals_are_of_the_errors_of_the_same_number(tmp_path: Path) -> None:
    """CV+ by hand: of each experiment the number as its member predicts it, and as measured, with its error by BASE."""
    doses, rng = np.linspace(0.05, 0.5, 10).round(2), np.random.default_rng(3)
    rows, names = [rest(np.ones(3))] * 3, [""] * 3
    for gene in range(2):  # c regulates none, so that nothing of it is left to match
        for dose in doses:
            rates = np.ones(3)
            rates[gene] = dose
            rows.append(rest(rates) + rng.normal(0, 0.02, 3))
            names.append(f"{GENES[gene]}:knockdown:{dose}")
    obs = experiments().obs.iloc[: len(rows)].assign(perturbation=names, series="", time=np.nan, disturbed=False)
    units = {"unit": "u", "time_unit": "min"}
    contract.write(np.array(rows), obs, GENES, tmp_path / "experiments.h5ad", **units)
    bundle.write(planted(inputs=0), tmp_path / "model", bundle.Known(GENES, [], **units), 2, calibrations())
    found = screened(tmp_path, "gene\tchange\nb\t2\nc\t-1\n", down=[])
    known = circuit(contract.read(tmp_path / "experiments.h5ad"))
    reference, (_, fold) = known.reference(), learning.folds(known, 3, seed=2)

    def numbers(member: int, rates: np.ndarray) -> dict[str, tuple[float, float]]:
        """As a member predicts it, and its error."""
        of = np.where(rates == 1, (planted_rest(rates) - planted_rest(np.ones(3)))[member] / SD, np.nan)
        wrong = size(np.where(rates == 1, np.sqrt(BASE[member] ** 2 + (0.25 * of * SD) ** 2) / SD, np.nan))
        return {"match": (angle(of), wrong / (wrong + size(of))), "size": (size(of), wrong)}

    scores: dict[str, list[tuple[int, float]]] = {"match": [], "size": []}
    for row in range(3, len(rows)):
        rates = known.rates[row]
        seen = np.where(rates == 1, (known.levels[row] - reference) / SD, np.nan)
        for name, (value, wrong) in numbers(fold[row], rates).items():
            off = abs(value - (angle(seen) if name == "match" else size(seen)))
            scores[name].append((fold[row], off / wrong))
    for name, of in scores.items():
        ends = [[numbers(member, np.array([0.0, 1, 1]))[name] for member, _ in of] for _ in range(2)]
        count = len(of)
        assert count == 20
        low = sorted(value - score * wrong for (value, wrong), (_, score) in zip(ends[0], of, strict=True))
        high = sorted(value + score * wrong for (value, wrong), (_, score) in zip(ends[1], of, strict=True))
        expected = np.array([low[int(np.floor(0.1 * (count + 1))) - 1], high[int(np.ceil(0.9 * (count + 1))) - 1]])
        expected = np.clip(expected, *((-1, 1) if name == "match" else (0, np.inf)))
        row = found.loc["a:knockout", [f"{name}_low", f"{name}_high"]].astype(float)
        np.testing.assert_allclose(row, expected, atol=2e-3)
    assert -1 < found.loc["a:knockout", "match_high"] < 1 and np.isnan(found.loc["a:knockout", "side_effect_low"])


def test_what_else_changes_is_the_side_effect(folder: Path) -> None:
    row = screened(folder).loc["a:knockout"]
    assert row["side_effect"] == pytest.approx(np.abs(change([0, 1, 1])[:, 1]).mean(), abs=1e-4)  # of b alone
    measured = (rest(np.array([0.0, 1, 1])) - rest(np.ones(3))) / SD
    assert row["measured_side_effect"] == pytest.approx(abs(measured[1]), abs=1e-3)


def test_genes_that_are_perturbed_tell_nothing(folder: Path) -> None:
    """c is wanted down: to knock it out is no answer, it comes last, and nothing is said of it."""
    found = screened(folder)
    assert found.index[-1] == "c:knockout" and found.loc["c:knockout", ["match", "size"]].isna().all()
    assert found.loc["b:knockout", "match"] == -1  # b represses c


def test_the_best_comes_first(folder: Path) -> None:
    """a activates b, and b represses c: without either c rises."""
    for up, down, signs in ((["c"], [], {1.0}), ([], ["c"], {-1.0})):
        found = screened(folder, up=up, down=down, genes=["a", "b"])
        assert set(found["match"]) == signs
        sizes = found["size"].tolist()
        assert found.index.tolist() == ["b:knockout", "a:knockout"] and sizes == sorted(sizes, reverse=True)
    found = screened(folder, "gene\tchange\na\t1\nb\t-1\nc\t1\n", down=[])
    assert found["match"].is_monotonic_decreasing and found.index[0] == "a:knockout"


def test_what_hardly_moves_the_genes_comes_after_all_others(folder: Path) -> None:
    """Though it does so in the wanted direction, and they in the opposite one."""
    signature, perturbed = np.array([np.nan, np.nan, 1.0]), np.zeros((2, 3), bool)
    far, near = np.array([[0, 0, -2.0], [0, 0, 0.01]])
    likeness = screening.likeness(np.array([[far, near]] * 2), signature, perturbed)
    nothing = screening.likeness(np.full((2, 3), np.nan), signature, perturbed)
    ends = screening.Likeness(*[np.full((2, 2), np.nan)] * 3)
    ranked = screening.screened([(A,), (B,)], likeness, ends, nothing, ["circuit"] * 2, least_size=0.1)
    assert ranked["perturbation"].tolist() == ["a:knockout", "b:knockout"] and ranked["match"].tolist() == [-1, 1]


def test_what_was_not_measured_has_no_measured_effect(folder: Path) -> None:
    found = screened(folder, up=["b"], down=[])
    empty = found[["measured_match", "measured_size", "measured_side_effect"]].isna().all(axis=1)
    assert empty["c:knockout"] and not empty["a:knockout"]


@pytest.mark.parametrize(("kind", "dose"), [("knockdown", 0.5), ("overexpression", 1.5), ("knockdown", 0.25)])
def test_other_kinds_have_their_dose(folder: Path, kind: str, dose: float) -> None:
    found = screened(folder, up=["b"], down=[], kind=kind, dose=dose)
    row = found.loc[f"a:{kind}:{dose:g}"]
    assert row["size"] == pytest.approx(np.abs(change([dose, 1, 1])[:, 1]).mean(), abs=1e-4)
    assert row["match"] == (1 if dose > 1 else -1)
    assert np.isnan(row["measured_match"]) == (dose != 0.5)  # that of the knock-downs that were made


def test_all_pairs_of_a_list_are_tried(folder: Path) -> None:
    found = screened(folder, genes=["c", "a", "b"], pairs=True, up=["b"], down=[])
    expected = {"+".join(f"{gene}:knockout" for gene in pair) for pair in combinations(GENES, 2)}
    assert set(found.index) == expected
    assert set(found["basis"]) == {"circuit, measured singles"}


def test_pairs_take_in_what_was_measured_of_each_alone() -> None:
    """Of a, whose effect is large, and c, which was never knocked out alone, the circuit knows c's alone."""
    data = experiments()
    data = data[data.obs["perturbation"] != "c:knockout"].copy()
    row = data.obs["perturbation"] == "a:knockout"
    data.X[np.flatnonzero(row)[0], 1] = 0.0  # as if a made all of b, and not a part of it
    known, model = circuit(data), planted()
    reference = known.reference()
    with_c = responses.changes(model, known, [tuple(sorted((A, C)))])[:, 0]
    np.testing.assert_allclose(with_c[:, 1] + reference[1], 0.0, atol=1e-5)  # as measured, for c does nothing to b
    own = responses.changes(model, known, [(A,)])[:, 0]
    np.testing.assert_allclose(own, change([0, 1, 1]) * SD, atol=1e-5)  # of a alone the circuit's own
    (with_b,) = responses.changes(model, known, [(A, B)]).swapaxes(0, 1)
    each = [planted_rest(np.array(rates)) for rates in ([0.0, 1, 1], [1.0, 0, 1])]
    together, before = planted_rest(np.array([0.0, 0, 1])), planted_rest(np.ones(3))
    effects = np.stack([of - before for of in each])[..., 2]
    seen = known.singles()
    measured = np.stack([seen[A] - reference, seen[B] - reference])[:, 2]
    largest = measured[np.abs(measured).argmax()]
    departs = (together - before)[:, 2] - effects[np.abs(effects).argmax(0), np.arange(len(SHIFT))]
    np.testing.assert_allclose(with_b[:, 2], largest + departs, atol=1e-3)


def test_a_pair_of_which_nothing_was_measured_is_the_circuit_s_own() -> None:
    data = experiments()
    data = data[~data.obs["perturbation"].isin(["b:knockout", "c:knockout"])].copy()
    found = responses.changes(planted(), circuit(data), [(B, C)])[:, 0]
    np.testing.assert_allclose(found[:, 0], change([1, 0, 0])[:, 0] * SD[0], atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "table", "said"),
    [
        ({"genes": ["x"]}, None, "`genes` of the screen: x is none of the 3 genes of the circuit"),
        ({"up": ["x"]}, None, "`up` of the screen: x is none of the 3 genes"),
        ({"down": ["x"]}, None, "`down` of the screen: x is none of the 3 genes"),
        ({}, "a\t1\n", "signature.tsv: line 1: is not the header"),
        ({}, "gene\tchange\nx\t1\n", "signature.tsv: line 2: is no gene of this circuit"),
        ({}, "gene\tchange\na\thigh\n", "signature.tsv: line 2: is no gene of this circuit and the change"),
        ({}, "gene\tchange\na\tnan\n", "signature.tsv: line 2: is no gene of this circuit and the change"),
        ({}, "gene\tchange\na\n", "signature.tsv: line 2: is no gene of this circuit and the change"),
        ({}, "gene\tchange\na\t1\na\t1\n", "signature.tsv: line 3: names a for the second time"),
        ({}, "gene\tchange\na\t0\n", "signature.tsv: wants no gene to change"),
    ],
)
def test_what_is_wrong_in_a_screen_is_said(folder: Path, changes: dict, table: str | None, said: str) -> None:
    with pytest.raises(BadInput) as fault:
        screened(folder, table, **changes)
    assert said in str(fault.value) and "\n" not in str(fault.value)


def test_a_change_of_nothing_matches_nothing() -> None:
    signature, perturbed = np.array([1.0, np.nan]), np.zeros((1, 2), bool)
    found = screening.likeness(np.zeros((1, 2)), signature, perturbed)
    assert (found.match, found.size, found.side_effect) == (0, 0, 0)
