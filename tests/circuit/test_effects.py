"""Effects of perturbations that were left out: folds, rules, models, and what of it all can see an outcome."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from tests.circuit.perturbed_cells import FIT, GENES, cells, prepared, spec
from tests.support.workflow import ROOT
from workflow_scripts.circuit import effect_residual
from workflow_scripts.circuit.effect_linear import linear_low_rank
from workflow_scripts.circuit.effect_models import MODELS, offered, predictions
from workflow_scripts.circuit.effect_network import said, train
from workflow_scripts.circuit.effect_residual import permuted_labels, predict, taken
from workflow_scripts.circuit.effect_rules import RULES, additive, train_mean
from workflow_scripts.circuit.effect_tasks import DOUBLES, UNSEEN, Asked, Known, changes, held_out, parted, tasks
from workflow_scripts.circuit.effect_vectors import NOTHING, Vectors, permuted, read_vectors
from workflow_scripts.circuit.inputs import named_vectors, of_circuits
from workflow_scripts.circuit.predict_effects import predict_effects
from workflow_scripts.circuit.score_effects import score_effects
from workflow_scripts.contracts import comparisons, effects, gene_embedding, metrics, predicted_effects
from workflow_scripts.docs.reruns import demo
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load
from workflow_scripts.settings.settings import Settings

FITTED = spec()["fit"]
NAMES = [f"P{number:02}" for number in range(24)]


def planted(
    genes: int = 24, pairs: int = 40, contexts: tuple[str, ...] = ("a",), noise: float = 0.05
) -> tuple[Known, Vectors]:
    """Effects that are linear in vectors of genes; of doubles their sum, and what the product of vectors tells."""
    rng = np.random.default_rng(0)
    vectors = dict(zip(NAMES[:genes], rng.normal(0, 1, (genes, 4)), strict=True))
    moves, meets = rng.normal(0, 1, (4, 30)), rng.normal(0, 1, (4, 30))
    targets: list[tuple[str, ...]] = [(name,) for name in vectors]
    every = [(one, other) for one in vectors for other in vectors if one < other]
    targets += [every[at] for at in rng.permutation(len(every))[:pairs]]
    rows, context = [], []
    for name in contexts:
        for genes_ in targets:
            of = np.array([vectors[gene] for gene in genes_])
            rows.append(of.sum(0) @ moves + (of.prod(0) @ meets if len(genes_) == 2 else 0))
            context.append(name)
    change = np.array(rows) + rng.normal(0, noise, (len(rows), 30))
    return Known(targets * len(contexts), np.array(context), change), Vectors(vectors, 4)


# folds


def test_what_is_predicted_is_left_out_in_every_context_and_nothing_that_tells_of_it_is_known() -> None:
    known, _ = planted(contexts=("a", "b"))
    for task in tasks(known, 4, 1):
        seen = np.zeros(len(task.rows), int)
        for fold, rows, others, asked in held_out(known, task):
            seen[rows] += 1
            hidden = set(asked.targets)
            assert hidden.isdisjoint(others.targets) and (task.fold[rows] == fold).all()
            np.testing.assert_array_equal(asked.context, known.context[task.rows[rows]])
            if task.name == UNSEEN:
                left = {genes[0] for genes in hidden}
                assert all(left.isdisjoint(genes) and len(genes) == 1 for genes in others.targets)
                assert len(others.targets) == 2 * (24 - len(left))
            else:
                assert len(others.singles()) == 48
        assert (seen == 1).all() and len(set(task.fold)) == 4
        sizes = [len({known.targets[row] for row in task.rows[task.fold == fold]}) for fold in range(4)]
        assert max(sizes) - min(sizes) <= 1


def test_a_double_without_both_singles_of_its_context_is_in_no_task() -> None:
    known, _ = planted(contexts=("a", "b"))
    pair = next(genes for genes in known.targets if len(genes) == 2)
    without = known.take(
        np.array([(genes, at) != (pair[:1], "b") for genes, at in zip(known.targets, known.context, strict=True)])
    )
    (of,) = [task for task in tasks(without, 4, 1) if task.name == DOUBLES]
    there = [(without.targets[row], without.context[row]) for row in of.rows]
    assert (pair, "a") in there and (pair, "b") not in there
    assert [task.name for task in tasks(known.take(known.number == 1), 4, 1)] == [UNSEEN]


def of_both(model: str, known: Known, vectors: Vectors, task: Any) -> np.ndarray:
    """Predictions (T, G) of a rule or a model, out of fold."""
    found = np.empty((len(task.rows), known.change.shape[1]))
    for _, rows, others, asked in held_out(known, task):
        if model in RULES:
            found[rows] = load(RULES[model].function)(others, asked)
        else:
            found[rows] = next(predictions(model, others, asked, vectors, task.name, FITTED))[2]
    return found


@pytest.mark.parametrize("model", [*RULES, *MODELS])
@pytest.mark.parametrize("name", [UNSEEN, DOUBLES])
def test_no_prediction_sees_what_it_is_of(model: str, name: str) -> None:
    known, vectors = planted(8, 9)
    if model in RULES and name not in RULES[model].tasks:
        return
    (task,) = [one for one in tasks(known, 3, 1) if one.name == name]
    before = of_both(model, known, vectors, task)
    for fold in range(3):
        rows = task.rows[task.fold == fold]
        other = known._replace(change=known.change.copy())
        other.change[rows] += np.random.default_rng(1).normal(0, 3, other.change[rows].shape)
        if name == UNSEEN:  # nor what doubles tell of these genes
            hidden = {known.targets[row][0] for row in rows}
            other.change[[not hidden.isdisjoint(genes) for genes in known.targets]] += 5
        after = of_both(model, other, vectors, task)
        np.testing.assert_array_equal(before[task.fold == fold], after[task.fold == fold])
    assert np.isfinite(before).all()


# rules


def test_rules_as_written_down() -> None:
    known, _ = planted(8, 9, ("a", "b"))
    pair = known.targets[8]
    asked = Asked([pair, pair], np.array(["b", "a"]))
    others = known.take(np.array([genes != pair for genes in known.targets]))
    rows = {(genes, at): change for genes, at, change in zip(*known, strict=True)}
    for place, at in enumerate(("b", "a")):
        one, two = (rows[(gene,), at] for gene in pair)
        singles = [change for (genes, of), change in rows.items() if of == at and len(genes) == 1]
        doubles = [change for (genes, of), change in rows.items() if of == at and len(genes) == 2 and genes != pair]
        expected = {
            "no_change": 0 * one,
            "train_mean": sum(singles) / 8,
            "mean_of_doubles": sum(doubles) / 8,
            "matching_mean": (one + two) / 2,
            "additive": one + two,
            "largest_effect": np.where(abs(one) > abs(two), one, two),
        }
        assert list(expected) == list(RULES)
        for name, rule in RULES.items():
            np.testing.assert_allclose(load(rule.function)(others, asked)[place], expected[name], atol=1e-12)


def test_a_context_of_which_nothing_is_known_has_the_mean_of_all() -> None:
    known, _ = planted(8, 0)
    found = train_mean(known, Asked([("Q",)], np.array(["elsewhere"])))
    np.testing.assert_allclose(found[0], known.change.mean(0))


# models


def test_the_linear_model_is_ridge_regression_within_the_first_components() -> None:
    """Rank and penalty have the least error on known perturbations left out: of much noise few axes, a high penalty."""
    for noise in (0.1, 6.0):
        known, vectors = planted(24, 0, noise=noise)
        known, asked = known.take(np.arange(20)), Asked([(name,) for name in NAMES[20:]], np.array(["a"] * 4))
        p, q = (np.array([vectors.of[genes[0]] for genes in of]) for of in (known.targets, asked.targets))

        def guess(rows: np.ndarray, wanted: np.ndarray, rank: int, penalty: float, p=p, known=known) -> np.ndarray:
            mean = known.change[rows].mean(0)
            axes = np.linalg.svd(known.change[rows] - mean)[2][:rank]
            fitted = Ridge(penalty, fit_intercept=False).fit(p[rows], known.change[rows] - mean)
            return mean + fitted.predict(wanted) @ axes.T @ axes

        fold, errors = parted(known.targets, 5, 1), {}
        for rank in (1, 2, 3, 5, 8, 13):
            for penalty in (0.1, 1, 10, 100, 1000):
                parts = [
                    guess(fold != own, p[fold == own], rank, penalty) - known.change[fold == own] for own in range(5)
                ]
                errors[rank, penalty] = sum((part**2).sum() for part in parts)
        best = min(errors, key=errors.get)
        assert best == (13, 0.1) if noise < 1 else best[1] > 1, best  # else this test tells little
        found = linear_low_rank(known, asked, vectors, 1)
        np.testing.assert_allclose(found, guess(np.full(20, True), q, *best), atol=1e-8)


def test_members_learn_apart_and_only_from_their_own_rows() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (3, 10, 2)), rng.normal(0, 1, (3, 10, 2))
    learned = np.ones((3, 10), bool)
    learned[:, 7:] = False
    one = {**FIT, "learning_rate": 0.01, "weight_decay": 0.01, "steps": 30}
    before = said(train(x, y, learned, one, [1, 1, 2]), x)
    y[:, 7:] += 9
    y[1, :7] += 1
    after = said(train(x, y, learned, one, [1, 1, 2]), x)
    np.testing.assert_array_equal(before[[0, 2]], after[[0, 2]])
    assert np.abs(before[1] - after[1]).max() > 0.01
    np.testing.assert_array_equal(said(train(x, y, learned, {**one, "steps": 0}, [1, 1, 2]), x), 0)


LEARNING = {**FITTED, "folds": 4, "steps": 200, "rank": 5, "hidden": 16, "inner_folds": 4}


def error(task: str, vectors: Vectors, known: Known, **changes: Any) -> tuple[float, float, float]:
    """Squared error of the model and of its rule over a fold, and the mean share."""
    (of,) = [one for one in tasks(known, 4, 1) if one.name == task]
    _, rows, others, asked = next(held_out(known, of))
    if changes.get("labels"):
        others = permuted_labels(others, task, 1)
    found = predict(others, asked, vectors, task, LEARNING)
    true = known.change[of.rows[rows]]
    parts = ((found.base + found.added.mean(0) - true) ** 2).mean(), ((found.base - true) ** 2).mean()
    return *parts, float(found.share.mean())


@pytest.mark.parametrize("task", [UNSEEN, DOUBLES])
def test_what_vectors_tell_is_learned_and_chance_tells_nothing(task: str) -> None:
    known, vectors = planted()
    model, rule, share = error(task, vectors, known)
    assert model < 0.75 * rule and share > 0.5
    assert error(task, vectors, known, labels=True)[0] > 0.9 * rule
    shuffled = error(task, permuted(vectors, 1), known)[0]
    assert shuffled > (0.9 * rule if task == UNSEEN else model)  # what two genes do alone tells something of a double


def test_networks_that_mislead_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    known, vectors = planted(8, 9)
    rng = np.random.default_rng(0)
    monkeypatch.setattr(
        effect_residual, "said", lambda members, x: rng.normal(0, 3, (*x.shape[:2], members.last.shape[2]))
    )
    for task in tasks(known, 3, 1):
        for _, _, others, asked in held_out(known, task):
            found = predict(others, asked, vectors, task.name, FITTED)
            rule = additive if task.name == DOUBLES else train_mean
            assert not found.added.any() and not found.share.any()
            np.testing.assert_array_equal(found.base, rule(others, asked))


def test_how_much_is_taken_is_told_by_perturbations_that_a_network_has_not_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Networks that know their own rows by heart, and are wrong on all others, are worth nothing."""
    known, vectors = planted(12, 0)
    calls = []

    def learn(x, y, learned, spec, seeds):
        calls.append((y, learned))
        return

    def by_heart(members, x):
        y, learned = calls[-1]
        return np.where(learned[..., None], y, -y) if x.shape[1] == y.shape[1] else np.zeros((*x.shape[:2], y.shape[2]))

    monkeypatch.setattr(effect_residual, "train", learn)
    monkeypatch.setattr(effect_residual, "said", by_heart)
    found = predict(known, Asked([("Q",)], np.array(["a"])), vectors, UNSEEN, FITTED)
    assert not found.share.any()
    (_, learned) = calls[0]
    assert learned.shape == (2 * 3, 12) and (learned.sum(1) == 8).all()
    np.testing.assert_array_equal((~learned[:3]).sum(0), 1)  # each is left out by one network of a seed


def test_neither_rule_nor_axes_of_an_inner_fold_know_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    known, vectors = planted(12, 0)
    calls = []
    monkeypatch.setattr(effect_residual, "train", lambda x, y, learned, spec, seeds: calls.append((x, y, learned)))
    monkeypatch.setattr(effect_residual, "said", lambda members, x: np.zeros((*x.shape[:2], 3)))
    asked = Asked([("Q",)], np.array(["a"]))
    predict(known, asked, vectors, UNSEEN, FITTED)
    _, y, learned = calls[0]
    other = known._replace(change=known.change.copy())
    other.change[~learned[0]] += 4
    predict(other, asked, vectors, UNSEEN, FITTED)
    np.testing.assert_array_equal(y[0][learned[0]], calls[1][1][0][learned[0]])
    assert (y[1][learned[1]] != calls[1][1][1][learned[1]]).any()


def test_the_share_is_that_of_least_squares_where_a_t_test_tells_a_gain() -> None:
    rng = np.random.default_rng(0)
    guess, targets = rng.normal(0, 1, (12, 20)), [(name,) for name in NAMES[:12]]
    left = 0.4 * guess + rng.normal(0, 0.3, (12, 20))
    best = np.linalg.lstsq(guess.reshape(-1, 1), left.ravel(), rcond=None)[0][0]
    assert taken(left, guess, targets) == pytest.approx(best)
    assert taken(-left, guess, targets) == 0 and taken(3 * guess, guess, targets) == 1
    assert taken(left, 0 * guess, targets) == 0
    one = np.zeros((12, 20))
    one[0] = guess[0]  # a gain of a single perturbation
    assert taken(one, guess, targets) == 0


def test_a_double_is_the_same_in_either_order_of_its_genes() -> None:
    known, vectors = planted()
    pair = known.targets[24]
    others = known.take(np.array([genes != pair for genes in known.targets]))
    found = predict(others, Asked([pair, pair[::-1]], np.array(["a", "a"])), vectors, DOUBLES, LEARNING)
    assert np.abs(found.added).max() > 0.1
    np.testing.assert_allclose(found.base[0] + found.added[:, 0], found.base[1] + found.added[:, 1], atol=1e-5)


def test_what_two_genes_do_alone_tells_of_both_without_any_vectors() -> None:
    """Doubles that do two thirds of the sum: the rule says more, and the networks how much less."""
    known, _ = planted()
    singles = known.singles()
    change = [
        0.67 * (singles[genes[0], "a"] + singles[genes[-1], "a"]) if len(genes) == 2 else change
        for genes, change in zip(known.targets, known.change, strict=True)
    ]
    model, rule, share = error(DOUBLES, NOTHING, known._replace(change=np.array(change)))
    assert model < 0.3 * rule and share > 0.8


def test_permuted_labels_leave_the_rule_and_no_perturbation_its_own() -> None:
    known, _ = planted(8, 9, ("a", "b"))
    for task, number in ((UNSEEN, 1), (DOUBLES, 2)):
        other = permuted_labels(known, task, 1)
        rows = known.number == number
        np.testing.assert_array_equal(known.change[~rows], other.change[~rows])
        asked = Asked(known.take(rows).targets, known.context[rows])
        rule = additive if task == DOUBLES else train_mean
        np.testing.assert_allclose(rule(known, asked), rule(other, asked), atol=1e-12)
        left = known.change[rows] - rule(known, asked), other.change[rows] - rule(known, asked)
        for at in ("a", "b"):
            here = known.context[rows] == at
            distance = np.abs(left[0][here][:, None] - left[1][here][None]).max(2)
            assert (distance < 1e-9).sum(0).tolist() == (distance < 1e-9).sum(1).tolist() == [1] * here.sum()
            assert not (np.diag(distance) < 1e-9).any()


# vectors


def test_vectors_are_found_by_symbol_and_identifier_and_are_principal_components(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(3, 1, (6, 40)).astype(np.float32)
    x[5] = np.nan
    obs = {"symbol": ["A", "B", "C", "D", "E", "F"], "length": 0, "windows": 0, "missing": [False] * 5 + [True]}
    index = [f"ENSG{number}" for number in range(6)]
    about = dict.fromkeys(("model", "architecture", "revision", "weights_sha256", "licence"), "x")
    gene_embedding.write(x, pd.DataFrame(obs, index=index), tmp_path / "e.h5ad", **about, origin="unknown")
    found = read_vectors(tmp_path / "e.h5ad", ["A", "B", "ENSG2", "D", "F", "ENSG5", "Q"])
    assert set(found.of) == {"A", "B", "ENSG2", "D"} and found.size == 16
    rows = np.array([found.of[name] for name in ("A", "B", "ENSG2", "D")])
    centred = x[:4].astype(float) - x[:4].mean(0, dtype=float)
    ratio = np.linalg.norm(rows[:, None] - rows, axis=2) / (
        np.linalg.norm(centred[:, None] - centred, axis=2) + np.eye(4)
    )
    assert np.ptp(ratio[~np.eye(4, dtype=bool)]) < 1e-6  # distances are kept
    np.testing.assert_allclose(rows.mean(0), 0, atol=1e-9)
    assert (rows**2).mean() == pytest.approx(1)
    assert found.unknown([("A",), ("F", "Q"), ("A", "Q")]).tolist() == [0, 2, 1]
    np.testing.assert_array_equal(found.rows([("Q", "A")])[0][0], 0)
    other = permuted(found, 1)
    assert set(map(tuple, other.of.values())) == set(map(tuple, found.of.values()))
    assert all((other.of[name] != found.of[name]).any() for name in found.of)


# doors


def predicted(folder: Path, embedding: str, source: Path | None, **changes: Any) -> Path:
    path = folder / f"{embedding}.h5ad"
    arguments = {"effects": folder / "effects.h5ad", "vectors": source, "predicted": path}
    predict_effects(**arguments, spec={**FITTED, **changes}, embedding=embedding)
    return path


def test_from_cells_to_scores(tmp_path: Path) -> None:
    data = effects.read(prepared(cells(each=10, doubles=8), tmp_path))
    files = [predicted(tmp_path, "none", None), predicted(tmp_path, "c", tmp_path / "coexpression.h5ad")]
    out = {name: tmp_path / f"{name}.parquet" for name in ("metrics", "comparisons")}
    section = spec()["scores"]
    score_effects(effects=tmp_path / "effects.h5ad", predicted=files, **out, spec=section, dataset="made")
    table = metrics.read(out["metrics"])
    pooled = table[table["dataset"] == "made"].pivot(index=["task", "model"], columns="metric", values="value")
    own = {f"{model}:{name}" for name in ("none", "c") for model in offered(name)}
    for task in (UNSEEN, DOUBLES):
        assert set(pooled.loc[task].index) == own | {"split_half"} | {
            n for n, rule in RULES.items() if task in rule.tasks
        }
    known, halves = changes(data)
    rows = known.number == 2
    kept = np.array([[gene not in genes for gene in GENES] for genes in known.targets])
    singles = known.singles()
    sums = [
        singles[genes[0], at] + singles[genes[1], at] - change
        for genes, at, change, number in zip(*known, known.number, strict=True)
        if number == 2
    ]
    expected = np.mean([np.linalg.norm(of[left]) for of, left in zip(sums, kept[rows], strict=True)])
    assert pooled.loc[(DOUBLES, "additive"), "effect_l2"] == pytest.approx(expected, rel=1e-4)
    half = np.mean(
        [np.linalg.norm(of[left]) for of, left in zip((halves[0] - halves[1])[rows], kept[rows], strict=True)]
    )
    assert pooled.loc[(DOUBLES, "split_half"), "effect_l2"] == pytest.approx(half, rel=1e-4)
    assert np.isfinite(pooled.loc[(UNSEEN, "network:c"), "seed_sd:effect_l2"])
    assert pooled.loc[(UNSEEN, "network:c"), "unknown_genes"] == 0
    assert pooled.loc[(UNSEEN, "network:none"), "unknown_genes"] == 8
    found = comparisons.read(out["comparisons"])
    assert (found["model"] != found["baseline"]).all()
    own_rows = found["model"].isin(["network:none", "network:c"])
    assert {"additive", "split_half", "network_permuted_labels:c"} <= set(found.loc[own_rows, "baseline"])
    others = found[~own_rows & (found["dataset"] == "made") & (found["metric"] == "effect_l2")]
    for task, rule in ((UNSEEN, "train_mean"), (DOUBLES, "additive")):
        of_task = others[others["task"] == task]
        assert set(of_task["baseline"]) == {rule}
        assert set(of_task["model"]) == set(pooled.loc[task].index) - {rule, "network:none", "network:c"}
        values = pooled.loc[task, "effect_l2"]
        expected = values[of_task["model"]].to_numpy() - values[rule]
        np.testing.assert_allclose(of_task["difference"], expected, atol=1e-12)


def test_the_mean_over_seeds_and_each_of_them_are_told(tmp_path: Path) -> None:
    prepared(cells(), tmp_path)
    found = predicted_effects.read(predicted(tmp_path, "none", None))
    of = found.obs[found.obs["model"] == "network:none"]
    keys = ["task", "perturbation", "context"]
    rows = {seed: of[of["seed"] == seed].sort_values(keys).index for seed in (0, 1, 2)}
    x = {seed: np.asarray(found[index].X, float) for seed, index in rows.items()}
    np.testing.assert_allclose(x[0], (x[1] + x[2]) / 2, atol=1e-5)
    assert len(rows[0]) == 2 * (8 + 6) and (of["unknown"] == of["perturbation"].str.count(r"\+") + 1).all()


def test_the_report_is_given_what_was_scored_and_the_vectors_that_are_configured() -> None:
    config = demo()[0]
    section = config["circuit"]["perturb_seq"]
    embeddings = {"a": "esm2/esm2_t6_8M_UR50D", "b": "circuit/proteins", "c": "esm2/esm2_t6_8M_UR50D"}
    section["other"] = {"cells": section["planted"]["cells"], "embeddings": embeddings}
    config["circuit"]["interactomes"] = {"proteins": {"network": "coreComplexes.txt"}}
    settings = Settings(config, str(ROOT / "config/datasets.tsv"))
    given = named_vectors(settings)
    esm2 = "<results>/esm2/esm2_t6_8M_UR50D.h5ad"
    assert given(SimpleNamespace(cells="planted")) == [esm2]
    assert given(SimpleNamespace(cells="other")) == ["<results>/circuit/interactomes/proteins.h5ad", esm2]
    folders = ["planted/ensemble", "enhancers/planted", "perturb_seq/other", "perturb_seq/planted"]
    assert of_circuits(settings, "x") == [f"<results>/circuit/{folder}/x" for folder in folders]


def test_predictions_of_other_effects_or_folds_are_refused(tmp_path: Path) -> None:
    prepared(cells(), tmp_path)
    files = [predicted(tmp_path, "none", None), predicted(tmp_path, "c", tmp_path / "coexpression.h5ad", seed=5)]
    out = {name: tmp_path / f"{name}.parquet" for name in ("metrics", "comparisons")}
    told = {"effects": tmp_path / "effects.h5ad", **out, "spec": spec()["scores"], "dataset": "made"}
    with pytest.raises(BadInput, match="c.h5ad: task 'unseen genes': has other folds than"):
        score_effects(predicted=files, **told)
    prepared(cells(doubles=5), tmp_path)
    with pytest.raises(BadInput, match="none.h5ad: task 'doubles': is not of the perturbations of the effects"):
        score_effects(predicted=files[:1], **told)
