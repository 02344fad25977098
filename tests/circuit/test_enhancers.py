"""Which element regulates which gene: folds, formulas, the network, and what of it all can see an outcome."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.circuit.pair_tables import CHROMS, NETWORK, planted, spec, write
from workflow_scripts.circuit import link_attention, link_network
from workflow_scripts.circuit import link_enhancers as door
from workflow_scripts.circuit.link_baselines import logistic_regression, share_of_contact
from workflow_scripts.circuit.link_enhancers import link_enhancers
from workflow_scripts.circuit.link_features import Candidates, candidates, contact_activity, fit_standardizer
from workflow_scripts.circuit.link_folds import inner_folds, predict_held_out
from workflow_scripts.circuit.link_models import MODEL, MODELS
from workflow_scripts.circuit.link_network import LinkNetwork, by_gene, padded, residuals
from workflow_scripts.circuit.pairs import read_pairs
from workflow_scripts.circuit.prepare_pairs import prepare_pairs
from workflow_scripts.circuit.score_links import score_links
from workflow_scripts.contracts import comparisons, enhancer_links, enhancer_pairs, metrics
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load

FIT = spec()["fit"]
LEARNING = {**FIT, "network": {**FIT["network"], "dim": 16, "max_epochs": 25, "patience": 5, "learning_rate": 0.01}}


def made(table: pd.DataFrame, path: Path) -> Candidates:
    """What models see of a table."""
    section = spec()
    return candidates(read_pairs(write(table, path / "t.tsv"), section), section["features"], section["activity"])


@pytest.fixture
def data(tmp_path: Path) -> Candidates:
    return made(planted(), tmp_path)


# folds


def test_what_is_predicted_is_hidden_and_all_else_is_there(data: Candidates) -> None:
    seen = []

    def model(others: Candidates, spec: dict) -> np.ndarray:
        hidden = np.isnan(others.regulated)
        (chrom,) = set(others.chrom[hidden])
        assert (others.chrom[~hidden] != chrom).all()
        np.testing.assert_array_equal(others.regulated[~hidden], data.regulated[~hidden])
        seen.append(chrom)
        return np.full(len(hidden), len(seen))

    found = predict_held_out(data, model, FIT)
    assert seen == sorted(CHROMS)
    assert all(set(found[data.chrom == chrom]) == {place} for place, chrom in enumerate(seen, 1))


@pytest.mark.parametrize("number", [3, 4, 5, 20])
def test_inner_folds_share_no_chromosome_and_each_has_both_kinds(data: Candidates, number: int) -> None:
    held = data._replace(regulated=np.where(data.chrom == "chr2", np.nan, data.regulated))
    fold = inner_folds(held, number)
    assert all(len(set(fold[data.chrom == chrom])) == 1 for chrom in CHROMS)
    assert (fold[data.chrom == "chr2"] == -1).all() and (fold[data.chrom != "chr2"] >= 0).all()
    assert set(fold) == {-1, *range(min(number, 5))}
    assert all(set(held.regulated[fold == one]) == {0, 1} for one in range(min(number, 5)))


def test_chromosomes_with_many_regulated_pairs_are_parted(data: Candidates) -> None:
    many = np.isin(data.chrom, ["chr1", "chr3", "chrX"])
    fold = inner_folds(data._replace(regulated=np.where(many, data.regulated, np.arange(len(many)) % 60 == 0)), 3)
    assert {fold[data.chrom == chrom][0] for chrom in ("chr1", "chr3", "chrX")} == {0, 1, 2}


@pytest.mark.parametrize("name", MODELS)
def test_no_model_sees_the_outcomes_of_the_chromosome_that_it_predicts(name: str, data: Candidates) -> None:
    rng, rows = np.random.default_rng(1), data.chrom == "chr11"
    scrambled = data._replace(regulated=np.where(rows, rng.permutation(data.regulated), data.regulated))
    assert (scrambled.regulated != data.regulated).sum() > 5
    function = load(MODELS[name].function)
    before, after = (predict_held_out(given, function, FIT) for given in (data, scrambled))
    np.testing.assert_array_equal(before[rows], after[rows])
    assert np.isfinite(before).all()
    if name not in ("distance", "activity_by_contact", "share_of_contact"):
        assert (before[~rows] != after[~rows]).any()  # which learned from them


@pytest.mark.parametrize("name", MODELS)
def test_the_same_twice_and_pairs_that_were_not_tested_are_predicted(name: str, data: Candidates) -> None:
    some = data._replace(regulated=np.where(np.arange(len(data.chrom)) % 7 == 3, np.nan, data.regulated))
    function = load(MODELS[name].function)
    found = predict_held_out(some, function, FIT)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, predict_held_out(some, function, FIT))


# formulas


def test_activity_by_contact_and_its_share_as_written_down(tmp_path: Path) -> None:
    table = planted(2, 3)
    data = made(table, tmp_path)
    rows = table.astype({"chromStart": int}).sort_values(["chrom", "chromStart"]).to_dict("records")
    expected, of_gene = [], {}
    for row in rows:
        dhs, h3k27ac, distance = (
            float(row[name]) for name in ("DHS.RPM", "H3K27ac.RPM.expandedRegion", "distanceToTSS")
        )
        expected.append((dhs * h3k27ac) ** 0.5 / (distance + 5000) ** 0.87)
        of_gene[row["measuredGeneSymbol"]] = of_gene.get(row["measuredGeneSymbol"], 0) + expected[-1]
    np.testing.assert_allclose(data.activity, expected)
    shares = [value / of_gene[row["measuredGeneSymbol"]] for value, row in zip(expected, rows, strict=True)]
    np.testing.assert_allclose(share_of_contact(data, {}), shares)
    x = [[log(float(row["distanceToTSS"]) + 5000), log(1 + float(row["DHS.RPM"]))] for row in rows]
    np.testing.assert_allclose(data.x[:, :2], x)
    np.testing.assert_array_equal(data.x[:, 4], [row["ubiquitous"] == "TRUE" for row in rows])


def test_no_activity_where_it_is_not_known_and_no_share_of_none() -> None:
    signal = np.array([[4.0, np.nan], [0.0, 9.0], [8.0, 8.0]])
    assert list(contact_activity(signal, np.zeros(3))) == [0, 0, pytest.approx(8 / 5000**0.87)]
    some = Candidates(*[np.zeros((3, 1))] * 2, *[np.array(["a", "a", "b"])] * 2, np.zeros(3), np.array([0.0, 0.0, 2.0]))
    assert list(share_of_contact(some, {})) == [0, 0, 1]


def test_a_standardizer_knows_train_pairs_alone_and_makes_the_mean_of_the_unknown() -> None:
    x = np.array([[1.0, 5.0], [3.0, 5.0], [np.nan, 5.0]])
    found = fit_standardizer(x)(np.array([[1.0, 5.0], [np.nan, 7.0], [4.0, np.nan]]))
    np.testing.assert_allclose(found, [[-1, 0], [0, 2], [2, 0]])


def test_logistic_regression_is_that_of_scikit_learn_fitted_to_other_chromosomes(data: Candidates) -> None:
    found = predict_held_out(data, logistic_regression, {**FIT, "strengths": [0.5]})
    for chrom in CHROMS:
        rows = data.chrom == chrom
        fitted = make_pipeline(StandardScaler(), LogisticRegression(C=0.5)).fit(data.x[~rows], data.regulated[~rows])
        np.testing.assert_allclose(found[rows], fitted.decision_function(data.x[rows]), atol=1e-3)


def test_the_penalty_is_that_with_the_least_loss_on_inner_folds(data: Candidates) -> None:
    fold, losses = inner_folds(data, 3), {}
    for strength in (1e-4, 0.3, 1e4):
        losses[strength] = 0.0
        for own in range(3):
            fitted = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=5000))
            said = fitted.fit(data.x[fold != own], data.regulated[fold != own]).predict_log_proba(data.x[fold == own])
            losses[strength] -= said[np.arange(len(said)), data.regulated[fold == own].astype(int)].sum()
    best = min(losses, key=losses.get)
    assert best == 0.3  # else this test tells little
    found = logistic_regression(data, {**FIT, "strengths": [1e4, 1e-4, 0.3]})
    np.testing.assert_array_equal(found, logistic_regression(data, {**FIT, "strengths": [best]}))


# the network


def network(attention: bool = True, features: int = 3) -> LinkNetwork:
    """A network that says something, which a new one does not."""
    torch.manual_seed(0)
    found = LinkNetwork(features, {**spec()["fit"]["network"], **NETWORK}, attention).eval()
    torch.nn.init.normal_(found.head.weight)
    return found


def test_elements_that_pad_a_gene_change_nothing() -> None:
    x = torch.randn(2, 4, 3)
    present = torch.tensor([[True] * 4, [True, True, False, False]])
    with torch.no_grad():
        small, wide = network()(x[:, :4], present), torch.full((2, 9, 3), 7.0)
        wide[:, :4] = x
        padded_on = torch.zeros(2, 9, dtype=torch.bool)
        padded_on[:, :4] = present
        other = network()(wide, padded_on)
        alone = network()(x[1:, :2], present[1:, :2])
    np.testing.assert_allclose(other[:, :4][present], small[present], atol=1e-6)
    np.testing.assert_allclose(alone[0], small[1, :2], atol=1e-6)


def test_an_element_is_judged_beside_those_of_its_gene_unless_each_stands_alone() -> None:
    x = torch.randn(2, 4, 3)
    other = x.clone()
    other[0, 1] += 1
    every = torch.ones(2, 4, dtype=torch.bool)
    with torch.no_grad():
        changed = {kind: network(kind)(other, every) - network(kind)(x, every) for kind in (True, False)}
    assert (changed[True][0].abs() > 1e-4).all() and (changed[True][1] == 0).all()
    assert changed[False][0, 1].abs() > 1e-4
    assert (changed[False][0, [0, 2, 3]].abs() < 1e-6).all() and (changed[False][1] == 0).all()


def test_the_nearest_elements_of_a_gene_are_tokens_and_the_others_add_nothing() -> None:
    gene, distance = np.array(["b", "a", "b", "b", "a"]), np.array([9.0, 1.0, 3.0, 5.0, 0.0])
    members = by_gene(gene, distance, 2)
    assert [list(rows) for rows in members] == [[4, 1], [2, 3]]
    found = residuals(network(), np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32), members)
    assert found[0] == 0 and (found[1:] != 0).all()
    rows, present = padded([np.array([3]), np.array([1, 2])])
    assert rows.tolist() == [[3, 0], [1, 2]] and present.tolist() == [[True, False], [True, True]]


def test_a_network_that_learned_nothing_leaves_the_logistic_regression(data: Candidates, monkeypatch) -> None:
    monkeypatch.setattr(link_attention, "residuals", lambda network, x, members: np.zeros(len(x)))
    np.testing.assert_array_equal(link_attention.attention(data, FIT), logistic_regression(data, FIT))


def test_a_network_that_misleads_is_not_taken(data: Candidates, monkeypatch) -> None:
    """It is held against pairs that it has not seen, and against the logistic regression there."""
    rng = np.random.default_rng(0)
    monkeypatch.setattr(link_attention, "residuals", lambda network, x, members: rng.normal(0, 5, len(x)))
    np.testing.assert_array_equal(link_attention.attention(data, FIT), logistic_regression(data, FIT))


def test_the_network_of_the_least_loss_on_validation_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """With labels that have nothing to do with what is seen, and large steps: it gets worse after a while."""
    rng, losses = np.random.default_rng(0), []
    x, regulated = rng.normal(size=(80, 3)), (rng.random(80) < 0.5).astype(float)
    genes = list(np.arange(80).reshape(20, 4))
    members = {"train": genes[:10], "validation": genes[10:]}
    of = link_network.loss_of
    monkeypatch.setattr(link_network, "loss_of", lambda *given: losses.append(of(*given)) or losses[-1])
    spec = {**FIT["network"], "dim": 8, "learning_rate": 0.05, "max_epochs": 12, "patience": 12}
    kept = link_network.train(x, np.zeros(80), regulated, members, spec, attention=True, seed=1)
    told = link_network.Told(*(torch.from_numpy(part.astype(np.float32)) for part in (x, np.zeros(80), regulated)))
    assert len(losses) == 13 and losses[-1] > min(losses) + 0.03
    assert of(kept, told, members["validation"]) == pytest.approx(min(losses), abs=1e-6)


def test_each_network_learns_stops_and_is_judged_on_other_chromosomes(data: Candidates, monkeypatch) -> None:
    calls = []

    def train(x, offset, regulated, members, *rest):
        calls.append({name: set(data.chrom[np.concatenate(rows)]) for name, rows in members.items()})

    def said(network, x, members):
        """So good, on chromosomes that the last network did not learn from or stop by, that all of it is taken."""
        seen = calls[-1]["train"] | calls[-1]["validation"]
        return np.where(np.isin(data.chrom, list(seen)), -1, 1) * np.where(data.regulated == 1, 9.0, -9.0)

    monkeypatch.setattr(link_attention, "train", train)
    monkeypatch.setattr(link_attention, "residuals", said)
    held = data._replace(regulated=np.where(data.chrom == "chr2", np.nan, data.regulated))
    found = link_attention.attention(held, FIT)
    fold = inner_folds(held, 3)
    assert len(calls) == 3
    for own, call in enumerate(calls):
        assert call["train"].isdisjoint(call["validation"]) and "chr2" not in call["train"] | call["validation"]
        assert call["train"] | call["validation"] == set(data.chrom[(fold != own) & (fold >= 0)])
    added = found - logistic_regression(held, FIT)
    chr2 = held.chrom == "chr2"
    np.testing.assert_allclose(np.abs(added[chr2]), 9, atol=1e-9)  # the mean of three, taken whole


def test_permuted_labels_stay_on_their_chromosome(data: Candidates, monkeypatch) -> None:
    given = []
    monkeypatch.setattr(link_attention, "_fit", lambda data, spec: given.append(data.regulated))
    held = data._replace(regulated=np.where(data.chrom == "chr2", np.nan, data.regulated))
    link_attention.permuted_labels(held, FIT)
    np.testing.assert_array_equal(np.isnan(given[0]), np.isnan(held.regulated))
    assert (given[0] != held.regulated)[data.chrom != "chr2"].any()
    for chrom in set(CHROMS) - {"chr2"}:
        assert given[0][data.chrom == chrom].sum() == held.regulated[data.chrom == chrom].sum()


def test_a_network_of_single_elements_is_the_same_but_for_what_they_see(data: Candidates) -> None:
    """The same weights from the same seed; of genes with one element each, the same numbers."""
    with_others, alone = network(True), network(False)
    for one, other in zip(with_others.state_dict().values(), alone.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    x, every = torch.randn(7, 1, 3), torch.ones(7, 1, dtype=torch.bool)
    wide, only = torch.randn(2, 5, 3), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    with torch.no_grad():
        np.testing.assert_allclose(alone(x, every), with_others(x, every), atol=1e-6)
        each = with_others(wide.reshape(10, 1, 3), torch.ones(10, 1, dtype=torch.bool)).reshape(2, 5)
        np.testing.assert_allclose(alone(wide, only), each, atol=1e-6)


def test_attention_and_the_same_without_it_are_trained_alike_but_for_that(data: Candidates, monkeypatch) -> None:
    """The same folds, seeds, linear parts and settings reach the training of both."""
    calls = {}
    for name in ("attention", "without_neighbours"):
        given = []
        monkeypatch.setattr(link_attention, "train", lambda *arguments, given=given: given.append(arguments))
        monkeypatch.setattr(link_attention, "residuals", lambda network, x, members: np.zeros(len(x)))
        getattr(link_attention, name)(data, FIT)
        calls[name] = given
    for one, other in zip(calls["attention"], calls["without_neighbours"], strict=True):
        assert one[5] is True and other[5] is False
        for place in (0, 1, 2):
            np.testing.assert_array_equal(one[place], other[place])
        assert one[4] == other[4] and one[6] == other[6]
        for part in ("train", "validation"):
            assert all(map(np.array_equal, one[3][part], other[3][part]))


def test_competition_between_elements_is_found_by_attention_alone(tmp_path: Path) -> None:
    """The best element of a gene is regulated, whatever the level of the gene; each pair by itself tells little."""
    data = made(planted(genes=24), tmp_path)
    found = {
        name: average_precision_score(data.regulated, predict_held_out(data, load(MODELS[name].function), LEARNING))
        for name in ("attention", "attention_without_neighbours", "logistic_regression", "attention_permuted_labels")
    }
    assert found["attention"] > 0.1 + max(found["attention_without_neighbours"], found["logistic_regression"])
    assert found["attention_permuted_labels"] < 0.3 < found["logistic_regression"]  # 0.17 of pairs are regulated


# doors


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let the door fit these models and no others."""
    monkeypatch.setattr(door, "MODELS", {name: MODELS[name] for name in names})


def test_from_a_table_to_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = spec()
    pairs, links = tmp_path / "pairs.parquet", tmp_path / "links"
    prepare_pairs(table=write(planted(), tmp_path / "t.tsv"), pairs=pairs, spec=section)
    names = [MODEL, "distance", "logistic_regression"]
    only(monkeypatch, *names)
    link_enhancers(pairs=pairs, links=links, spec=section["fit"])
    assert {path.name for path in links.iterdir()} == {f"{name}.parquet" for name in names}
    (links / ".snakemake_timestamp").touch()  # as Snakemake puts it into a folder
    outputs = {name: tmp_path / f"{name}.parquet" for name in ("metrics", "comparisons")}
    score_links(pairs=pairs, links=links, **outputs, spec=section["scores"], dataset="made")
    scores, against = metrics.read(outputs["metrics"]), comparisons.read(outputs["comparisons"])
    table, _, _ = enhancer_pairs.read(pairs)
    for name in names:
        found = enhancer_links.read(links / f"{name}.parquet")
        of_model = scores[scores["model"] == name].set_index("metric")
        expected = average_precision_score(table["regulated"].astype(bool), found["score"])
        assert of_model.loc["link_auprc", "value"] == pytest.approx(expected)
        assert (of_model["n"] == 360).all() and (of_model["ci_low"] < of_model["ci_high"]).all()
        if name == "distance":
            assert found["probability"].isna().all()
        else:
            np.testing.assert_allclose(found["probability"], expit(found["score"]))
    assert set(against["model"]) == {MODEL} and set(against["baseline"]) == set(names[1:]) and len(against) == 6
    short = enhancer_links.read(links / "distance.parquet").iloc[1:]
    enhancer_links.write(short, links / "distance.parquet")
    with pytest.raises(BadInput, match="distance.parquet: is not of the pairs"):
        score_links(pairs=pairs, links=links, **outputs, spec=section["scores"], dataset="made")


def test_every_table_has_rows_of_the_model_without_its_attention_and_of_permuted_labels() -> None:
    assert MODELS["attention_without_neighbours"].function.endswith("link_attention.without_neighbours")
    assert MODELS["attention_permuted_labels"].function.endswith("link_attention.permuted_labels")
    assert door.MODELS is MODELS


def test_pairs_that_were_not_tested_are_predicted_and_not_scored(tmp_path: Path, monkeypatch) -> None:
    table = planted()
    table.loc[::9, "Regulated"] = ""
    section, pairs, links = spec(), tmp_path / "pairs.parquet", tmp_path / "links"
    prepare_pairs(table=write(table, tmp_path / "t.tsv"), pairs=pairs, spec=section)
    only(monkeypatch, MODEL)
    link_enhancers(pairs=pairs, links=links, spec=section["fit"])
    outputs = {name: tmp_path / f"{name}.parquet" for name in ("metrics", "comparisons")}
    score_links(pairs=pairs, links=links, **outputs, spec=section["scores"], dataset="made")
    found, (known, _, _) = enhancer_links.read(links / f"{MODEL}.parquet"), enhancer_pairs.read(pairs)
    tested = known["regulated"].notna()
    expected = average_precision_score(known.loc[tested, "regulated"].astype(bool), found.loc[tested, "score"])
    scores = metrics.read(outputs["metrics"]).set_index("metric")
    assert len(found) == 360 and scores.loc["link_auprc", "value"] == pytest.approx(expected)
    assert set(scores["n"]) == {320} and comparisons.read(outputs["comparisons"]).empty
