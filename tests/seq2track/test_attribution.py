"""Attribution: all of it in what a network looks for, whole, strand-exact, and counted as it is said."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch import nn

from tests.seq2track import test_models
from workflow_scripts.contracts.attributions import of_bases
from workflow_scripts.io.bases import decode, encode, reverse_complement
from workflow_scripts.seq2track import attribution, bundle
from workflow_scripts.seq2track.models.layers import Shape
from workflow_scripts.seq2track.shuffling import dinucleotide_shuffled
from workflow_scripts.seq2track.stranded import Stranded

MOTIF = "TATAAGCC"
TRACKS = [{"name": "a", "assay": "netseq", "strand": strand} for strand in ("plus", "minus")]
SPEC = {"steps": 64, "shuffles": 3}
METHODS = pytest.mark.parametrize("method", attribution.METHODS)
REGION = slice(60, 140)  # of 192 bases, of which 128 in 8 bins are the window


class Detector(nn.Module):
    """Says 5 in a bin of the plus track where a match of the motif begins, however far it is; nothing of the other."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("motif", nn.functional.one_hot(torch.from_numpy(encode(MOTIF)).long(), 4).float())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        matches = nn.functional.conv1d(x.mT, self.motif.T[None])[:, 0]  # (B, L - 7)
        exact = nn.functional.relu(matches - (len(MOTIF) - 1))
        found = nn.functional.pad(exact, (0, len(MOTIF) - 1))[:, 32:160].unflatten(1, (8, 16)).sum(-1)
        return torch.stack([5 * found, torch.zeros_like(found)], 1)


def generator() -> np.random.Generator:
    return np.random.default_rng(3)


def trained(model: Stranded, fold: int = 1) -> bundle.Trained:
    tracks = TRACKS if len(model.swap) == 2 else test_models.material.TRACKS
    return bundle.Trained(model.eval(), tracks, Shape(4, len(tracks), 8, 16, 32), fold)


def detector() -> bundle.Trained:
    return trained(Stranded(Detector(), [1, 0], [], 1, "never"))


def random_network(**changes: Any) -> bundle.Trained:
    made = test_models.model("dilated", **changes)
    made.scale.copy_(torch.tensor([2.0, 2.0, 0.5, 0.5]))
    made.levels.copy_(torch.randn(65, generator=torch.Generator().manual_seed(changes.get("seed", 0))))
    return trained(made)


def planted(at: int = 100) -> np.ndarray:
    """Bases without any 6 of the motif in a row, but for the motif itself."""
    text = "".join(np.random.default_rng(1).choice(list("ACGT"), 192))
    matches = [sum(map(str.__eq__, MOTIF, text[start:])) for start in range(192 - 7)]
    assert max(matches) < 6
    return encode(text[:at] + MOTIF + text[at + 8 :])


def bases(seed: int = 0) -> np.ndarray:
    found = np.random.default_rng(seed).integers(0, 4, 192).astype(np.uint8)
    found[90:95] = 4
    return found


@METHODS
def test_all_attribution_lies_in_the_one_motif_that_a_network_counts(method: str) -> None:
    target = attribution.Target([detector()], 0, slice(2, 6), REGION)
    scores = attribution.METHODS[method](target, planted(), SPEC, generator()).of_bases
    found = of_bases(scores, planted()[REGION])
    inside = np.zeros(80, bool)
    inside[40:48] = True
    assert (found[inside] > 0.01).all() and found.sum() > 0.5 and not found[~inside].any()
    assert (scores[inside].argmax(-1) == encode(MOTIF)).all()


@METHODS
def test_a_motif_outside_the_bins_of_the_target_or_on_another_track_counts_nothing(method: str) -> None:
    for track, bins in ((0, slice(5, 8)), (0, slice(0, 4)), (1, slice(0, 8))):
        target = attribution.Target([detector()], track, bins, REGION)
        assert not attribution.METHODS[method](target, planted(), SPEC, generator()).of_bases.any()


def test_the_target_is_the_logarithm_of_the_mean_signal_of_models_over_its_bins() -> None:
    beside = {"kinds": ["level"], "min_codons": 4}  # of which each model has its own
    models = [random_network(seed=seed, channels=beside) for seed in (1, 2)]
    codes = np.stack([bases(seed) for seed in range(attribution.AT_ONCE + 3)])
    found = attribution.Target(models, 2, slice(1, 4), REGION).of_codes(codes)
    with torch.no_grad():
        said = [(each.model(torch.from_numpy(codes)) * each.model.scale[:, None]).numpy() for each in models]
    np.testing.assert_allclose(found, np.log((said[0] + said[1])[:, 2, 1:4].sum(-1) / 2), rtol=1e-5)


@pytest.mark.parametrize("kinds", [[], ["orf", "start", "level"]])
def test_mutagenesis_is_what_replacing_bases_one_by_one_gives(kinds: list[str]) -> None:
    """What is read beside the bases is made of the replaced ones."""
    model, codes = random_network(channels={"kinds": kinds, "min_codons": 4}), bases()
    target = attribution.Target([model], 0, slice(2, 6), REGION)
    scores = attribution.mutagenesis(target, codes, {}, generator()).of_bases

    mutants = np.tile(codes, (80, 4, 1))
    for place in range(80):
        for base in range(4):
            mutants[place, base, 60 + place] = base
    with torch.no_grad():
        said = model.model(torch.from_numpy(np.concatenate([codes[None], *mutants])))[:, 0, 2:6].sum(-1).log().numpy()
    changes = said[1:].reshape(80, 4) - said[0]
    for place, base in enumerate(codes[REGION]):
        if base == 4:
            assert not scores[place].any()
        else:
            np.testing.assert_allclose(scores[place] - scores[place, base], changes[place], atol=3e-6)
            assert abs(scores[place].sum()) < 1e-9


def test_the_gradient_is_that_of_finite_differences_less_its_mean_over_bases() -> None:
    model, codes = random_network(channels={"kinds": ["orf"], "min_codons": 4}), bases()
    target = attribution.Target([model], 1, slice(2, 6), REGION)
    scores = attribution.input_gradient(target, codes, {}, generator()).of_bases
    inputs, beside = target.inputs(codes[None])
    for place in (0, 17, 33, 79):
        slope = np.empty(4)
        for base in range(4):
            step = torch.zeros_like(inputs)
            step[0, 60 + place, base] = 0.02
            up, down = (target.of_bases(inputs + sign * step, beside).item() for sign in (1, -1))
            slope[base] = (up - down) / 0.04
        np.testing.assert_allclose(scores[place], slope - slope.mean(), atol=5e-4)


@pytest.mark.parametrize("kinds", [[], ["orf", "start", "level"]])
def test_integrated_gradients_sum_to_the_difference_of_outputs(kinds: list[str]) -> None:
    """To that from the mean over baselines, with what is read beside the bases held fixed."""
    codes = bases()
    target = attribution.Target([random_network(channels={"kinds": kinds, "min_codons": 4})], 0, slice(2, 6), REGION)
    found = attribution.integrated_gradients(target, codes, SPEC, generator())
    inputs, beside = target.inputs(codes[None])
    levels, draws = [], generator()
    for _ in range(3):
        shuffled = codes.copy()
        shuffled[REGION] = dinucleotide_shuffled(codes[REGION], draws)
        with torch.no_grad():
            levels.append(target.of_bases(target.inputs(shuffled[None])[0], beside).item())
    difference = target.of_bases(inputs, beside).item() - np.mean(levels)
    assert np.isclose(found.baseline, np.mean(levels), atol=1e-6)
    assert abs(difference) > 0.01
    assert np.isclose(of_bases(found.of_bases, codes[REGION]).sum(), difference, rtol=1e-3)


@METHODS
def test_the_other_strand_is_attributed_the_same_reversed_and_complemented(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a model that averages both strands, with baselines that are each other's reverse complement."""
    monkeypatch.setattr(attribution, "dinucleotide_shuffled", lambda codes, _: codes[::-1].copy())
    model = random_network(channels={"kinds": ["orf", "start", "level"], "min_codons": 4})
    here = attribution.Target([model], 0, slice(1, 6), REGION)
    there = attribution.Target([model], 1, slice(2, 7), slice(192 - REGION.stop, 192 - REGION.start))
    run = attribution.METHODS[method]
    forward = run(here, bases(), SPEC, generator())
    reverse = run(there, reverse_complement(bases()).copy(), SPEC, generator())
    np.testing.assert_allclose(reverse.of_bases, forward.of_bases[::-1, ::-1], atol=3e-6)
    assert np.abs(forward.of_bases[:, 0] - forward.of_bases[::-1, 3]).max() > 1e-3


def dinucleotides(text: str) -> Counter:
    return Counter(text[at : at + 2] for at in range(len(text) - 1))


def test_a_shuffled_sequence_has_the_same_dinucleotides_and_its_unknown_bases_in_place() -> None:
    text = "NNACGTTGCATGACCATTGANACGATCCATTTTTACCGGNNGCA"
    seen = set()
    for seed in range(20):
        found = decode(dinucleotide_shuffled(encode(text), np.random.default_rng(seed)))
        assert [at for at, base in enumerate(found) if base == "N"] == [at for at, b in enumerate(text) if b == "N"]
        for part, shuffled in zip(text.split("N"), found.split("N"), strict=True):
            assert dinucleotides(part) == dinucleotides(shuffled) and part[:1] == shuffled[:1]
        seen.add(found)
    assert len(seen) > 15


def test_every_sequence_of_the_same_dinucleotides_is_as_likely() -> None:
    text = "ACAGATACCA"
    possible = {"".join(order) for order in permutations(text)}
    possible = sorted(each for each in possible if dinucleotides(each) == dinucleotides(text) and each[0] == "A")
    draws = np.random.default_rng(0)
    found = Counter(decode(dinucleotide_shuffled(encode(text), draws)) for _ in range(150 * len(possible)))
    assert sorted(found) == possible and len(possible) > 10
    assert chisquare([found[each] for each in possible]).pvalue > 1e-3
