"""What is learned of a circuit, and from what."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import anndata
import numpy as np
import pytest
import torch

from tests.circuit.calibrated import calibrations
from tests.circuit.material import GENES, SPEC, WEIGHTS, experiments
from workflow_scripts.circuit import bundle, learning, training
from workflow_scripts.circuit.data import Circuit, circuit
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.training.resume import Checkpoints

SHORT = SPEC["training"] | {"steps": 40}
POLICY = {"accelerator": "cpu", "memory": None}


def trained(data: anndata.AnnData, folder: Path, **changes: object) -> list[training.Trial]:
    torch.set_num_threads(1)
    spec = SPEC | changes
    checkpoints = {penalty: Checkpoints(folder, f"{penalty:g}") for penalty in spec["penalties"]}
    return training.train(circuit(data), spec, POLICY, checkpoints)


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> list[training.Trial]:
    return trained(experiments(noise=0.02), tmp_path_factory.mktemp("trials"))


def test_planted_edges_come_first_with_their_signs(trials: list[training.Trial]) -> None:
    edges = bundle.edges(trials[0].model)
    assert len(edges.source) == 6 and (edges.source != edges.target).all()
    planted = WEIGHTS[edges.target, edges.source]
    weight = np.abs(edges.weights).mean(0)
    assert weight[planted != 0].min() > weight[planted == 0].max()
    np.testing.assert_array_equal(np.sign(edges.weights.mean(0))[planted != 0], np.sign(planted[planted != 0]))
    assert (bundle.present(edges.weights)[planted != 0] == 1).all()


def test_a_greater_penalty_leaves_less_weight(trials: list[training.Trial]) -> None:
    of = {trial.penalty: np.abs(bundle.edges(trial.model).weights).sum() for trial in trials}
    assert of[0.3] < of[0.01]


def test_the_best_comes_first_and_errors_fall(trials: list[training.Trial]) -> None:
    assert [trial.error for trial in trials] == sorted(trial.error for trial in trials)
    history = trials[0].history["validation_loss"]
    assert history.min() < history[0] / 2


def test_the_same_experiments_give_the_same_weights(tmp_path: Path, trials: list[training.Trial]) -> None:
    again = trained(experiments(noise=0.02), tmp_path)
    for one, other in zip(trials, again, strict=True):
        for name, tensor in one.model.state_dict().items():
            assert torch.equal(tensor, other.model.state_dict()[name]), name


def test_a_member_learns_nothing_of_what_is_held_out_from_it(tmp_path: Path, trials: list[training.Trial]) -> None:
    """What is held out from member 0 is scrambled: its weights stay, those of others change."""
    data = experiments(noise=0.02)
    of_series, of_rest = learning.folds(circuit(data), SPEC["members"], SPEC["seed"])
    known = circuit(data)
    scrambled = data.copy()
    held = [row for rows, fold in zip(known.series, of_series, strict=True) if fold == 0 for row in rows]
    held += [row for row, fold in zip(known.at_rest, of_rest, strict=True) if fold == 0]
    assert len(held) > 1
    model, _ = training.create(learning.Material(known, SPEC["members"], SPEC["seed"]), SPEC)
    kept = learning.Material(known, SPEC["members"], SPEC["seed"])
    scrambled.X[held] = np.random.default_rng(1).permuted(scrambled.X[held], axis=1)
    changed = learning.Material(circuit(scrambled), SPEC["members"], SPEC["seed"])
    spec = SPEC | {"penalty": 0.1}
    for before, after in zip(_gradients(model, kept, spec), _gradients(model, changed, spec), strict=True):
        assert torch.equal(before[0], after[0])
        assert not torch.equal(before[1:], after[1:])


def _gradients(model: torch.nn.Module, material: learning.Material, spec: dict) -> list[torch.Tensor]:
    """Of a step of training, with the evidence of these experiments."""
    discount = 1 / (1 + _evidence(material) ** 2)
    # the evidence of held-out sources is none; that of others is scaled by the sd of all, which is not what is tested
    discount[0] = 1.0
    model.zero_grad()
    terms = learning.loss(model, material.training(1, 0, 4), spec, discount.gather(2, model.source.expand(5, -1, -1)))
    sum(term.total for term in terms.minimised).backward()
    return [model.weight.grad.clone(), model.baseline.grad.clone()]


def _evidence(material: learning.Material) -> torch.Tensor:
    """(M, G targets, G sources), of what each member is shown."""
    return torch.tensor(material.zscores(range(3)) * material.shown()[:, None, :], dtype=torch.float32)


def test_evidence_of_a_held_out_source_is_not_shown() -> None:
    material = learning.Material(circuit(experiments()), SPEC["members"], SPEC["seed"])
    found = _evidence(material)
    for row, fold in zip(material.rests, material.rest_fold, strict=True):
        for one in material.circuit.perturbations[row]:
            source = GENES.index(one.target)
            assert (found[fold, :, source] == 0).all()
            others = [member for member in range(SPEC["members"]) if member != fold]
            assert (found[others, :, source] > 0).any()


def test_evidence_outlives_levels_that_are_missing() -> None:
    """One level of each gene, in the knock-out of the next: the knock-down still tells what that does."""
    data = experiments()
    whole = learning.Material(circuit(data), SPEC["members"], SPEC["seed"]).zscores(range(3))
    for gene in range(3):
        data.X[(gene + 1) % 3, gene] = np.nan
    hidden = learning.Material(circuit(data), SPEC["members"], SPEC["seed"]).zscores(range(3))
    there = whole > 1
    assert there.any() and (hidden[there] > 0.5 * whole[there]).all()


def test_what_is_held_out_is_asked_of_the_member_that_was_not_shown_it() -> None:
    material = learning.Material(circuit(experiments()), SPEC["members"], SPEC["seed"])
    shown, held = material.training(1, 0, 4), material.held_out()
    assert (shown.asked.sum(0) == SPEC["members"] - 1).all() and (held.asked.sum(0) == 1).all()
    assert torch.equal(shown.asked, ~held.asked)
    assert (held.inputs == 0).all()  # nothing unknown acts in what validation follows
    assert (shown.rest_asked.sum(0) >= SPEC["members"] - 1).all() and (held.rest_asked.sum(0) == 1).all()


def test_a_perturbed_gene_is_one_fold_whatever_is_done_to_it() -> None:
    _, of_rest = learning.folds(circuit(experiments()), SPEC["members"], SPEC["seed"])
    np.testing.assert_array_equal(of_rest[:3], of_rest[3:6])  # knock-outs, knock-downs
    assert of_rest[6] == learning.ALWAYS


def test_unknown_levels_are_not_learned_from() -> None:
    data = experiments()
    known = circuit(data)
    data.X[2, 1] = np.nan
    material = learning.Material(circuit(data), SPEC["members"], SPEC["seed"])
    model, discount = training.create(material, SPEC)
    spec = SPEC | {"penalty": 0.1}
    batch = material.training(1, 0, 4)
    missing = learning.loss(model, batch, spec, discount)
    assert torch.isfinite(missing.total)
    whole = learning.Material(known, SPEC["members"], SPEC["seed"]).training(1, 0, 4)
    assert missing.count == learning.loss(model, whole, spec, discount).count - int(batch.rest_asked[:, 2].sum())


def test_series_of_several_lengths_and_steps(tmp_path: Path) -> None:
    data = experiments()
    keep = ~(
        (data.obs["series"] == "s1") & (data.obs["time"] > 400)
        | (data.obs["series"] == "s2") & (data.obs["time"] == 100)
    )
    (best, *_) = trained(data[keep.to_numpy()].copy(), tmp_path, penalties=[0.03], training=SHORT)
    assert np.isfinite(best.error)


@pytest.mark.parametrize("kept", ["series", "rest", "unlabelled"])
def test_circuits_with_one_kind_of_experiments(tmp_path: Path, kept: str) -> None:
    data = experiments(noise=0.02)
    at_rest = (data.obs["series"] == "").to_numpy()
    data = data[~at_rest if kept == "series" else at_rest].copy()
    if kept == "unlabelled":
        data.obs["perturbation"] = ""
    (best, *_) = trained(data, tmp_path, penalties=[0.03], training=SHORT)
    assert np.isfinite(best.error) and np.isfinite(best.history["validation_loss"]).all()


def test_candidates_are_those_with_most_evidence() -> None:
    material = learning.Material(circuit(experiments()), SPEC["members"], SPEC["seed"])
    model, _ = training.create(material, SPEC | {"candidates": 1})
    evidence = _evidence(material).mean(0)
    for gene in range(3):
        others = [other for other in range(3) if other != gene]
        assert model.source[gene].tolist() == [max(others, key=lambda other: float(evidence[gene, other]))]


def test_evidence_lowers_a_penalty_only_where_it_is_asked_for() -> None:
    material = learning.Material(circuit(experiments()), SPEC["members"], SPEC["seed"])
    model, discount = training.create(material, SPEC)
    wanted = 1 / (1 + _evidence(material) ** 2)
    assert torch.allclose(discount, wanted.gather(2, model.source.expand(5, -1, -1)))
    assert discount.min() < 0.5
    assert (training.create(material, SPEC | {"evidence": False})[1] == 1).all()


@pytest.mark.parametrize("change", [{}, {"attention": 2}, {"recurrent": False}])
def test_a_bundle_is_read_as_it_was_written(change: dict, tmp_path: Path) -> None:
    (best, *_) = trained(experiments(), tmp_path, penalties=[0.03], training=SHORT, **change)
    model = best.model
    assert not change.get("attention") or (model.query != 0).any()
    known = bundle.Known(GENES, ["drug"], "u", "min")
    bundle.write(model, tmp_path / "model", known, 1, calibrations())
    found, about, seed, _ = bundle.read(tmp_path / "model", order_digest(GENES))
    assert (about, seed) == (known, 1)
    assert dataclasses.asdict(found.config) == dataclasses.asdict(model.config)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, found.state_dict()[name])


def test_material_of_a_circuit_is_as_measured() -> None:
    known: Circuit = circuit(experiments())
    material = learning.Material(known, SPEC["members"], SPEC["seed"])
    assert material.unit == 50
    assert material.inputs.shape == (len(known.levels), len(known.series))
    acting = material.inputs.sum(1).numpy() > 0
    np.testing.assert_array_equal(acting, known.disturbed)


def test_a_training_that_is_killed_comes_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the midst of the second penalty: the first is not trained again, the second goes on."""
    data, spec = experiments(noise=0.02), {"training": SHORT}
    undisturbed = trained(data, tmp_path / "undisturbed", **spec)
    saved = []

    def save(self: Checkpoints, checkpoint: dict, path: Path, storage_options: object = None) -> None:
        saved.append(path)
        if len(saved) == 25:
            raise KeyboardInterrupt
        write(self, checkpoint, path, storage_options)

    write = Checkpoints.save_checkpoint
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save_checkpoint", save)
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            trained(data, tmp_path / "killed", **spec)
    assert len(saved) == 25
    again = trained(data, tmp_path / "killed", **spec)
    for one, other in zip(undisturbed, again, strict=True):
        assert one.error == other.error
        for name, tensor in one.model.state_dict().items():
            assert torch.equal(tensor, other.model.state_dict()[name]), name
