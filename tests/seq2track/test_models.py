"""Networks and what makes them know strands."""

from __future__ import annotations

import dataclasses
import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.seq2track import material
from workflow_scripts.io.bases import encode, reverse_complement
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load
from workflow_scripts.seq2track import bundle, channels, codon_levels
from workflow_scripts.seq2track.models import layers
from workflow_scripts.seq2track.models.registry import MODELS
from workflow_scripts.seq2track.models.transformer import rotated
from workflow_scripts.settings.schema import complete, load_schema

FAMILIES = {
    "dilated": {"dim": 16, "blocks": 3, "width": 3, "max_dilation": 2, "dropout": 0},
    "transformer": {"dim": 16, "layers": 2, "heads": 2, "resolution": 32, "dropout": 0},
}
SWAP = [1, 0, 3, 2]
STOPS = ("TAA", "TAG", "TGA")


def model(family: str, **changes: Any) -> torch.nn.Module:
    torch.manual_seed(3)
    spec = material.run_spec(model={family: FAMILIES[family]}, **changes)
    made = bundle.create(spec, material.TRACKS, 8, 16)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return made.eval()


def codes(length: int = 192, seed: int = 0) -> torch.Tensor:
    found = np.random.default_rng(seed).integers(0, 4, (3, length)).astype(np.uint8)
    found[0, 50:60] = 4
    return torch.from_numpy(found)


def on_the_other_strand(windows: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(reverse_complement(windows.numpy()).copy())


@pytest.mark.parametrize("family", MODELS)
@pytest.mark.parametrize("kinds", [[], ["orf", "start", "level"]])
@pytest.mark.parametrize(("average", "training"), [("always", True), ("always", False), ("prediction", False)])
def test_an_averaged_model_says_of_the_other_strand_the_same_exchanged_and_reversed(
    family: str, kinds: list[str], average: str, training: bool
) -> None:
    made = model(family, average_strands=average, channels={"kinds": kinds, "min_codons": 4}).train(training)
    forward, reverse = made(codes()), made(on_the_other_strand(codes()))
    assert forward.shape == (3, 4, 8) and (forward > 0).all()
    torch.testing.assert_close(reverse, forward[:, SWAP].flip(-1), rtol=0, atol=1e-5)
    assert (forward[:, 0] - forward[:, 1]).abs().max() > 1e-3  # strands are not the same


@pytest.mark.parametrize("family", MODELS)
def test_a_model_that_is_not_averaged_is_not_equivariant_by_itself(family: str) -> None:
    for average, training in (("never", False), ("prediction", True)):
        made = model(family, average_strands=average).train(training)
        difference = made(on_the_other_strand(codes())) - made(codes())[:, SWAP].flip(-1)
        assert difference.abs().max() > 1e-3


@pytest.mark.parametrize("family", MODELS)
def test_a_network_is_built_again_from_its_configuration(family: str) -> None:
    made = model(family)
    again = load(MODELS[family]).restore(dataclasses.asdict(made.network.config))
    again.load_state_dict(made.network.state_dict())
    inputs = torch.nn.functional.one_hot(codes().long(), 5)[..., :4].float()
    assert again.eval()(inputs).equal(made.network(inputs))


@pytest.mark.parametrize("family", MODELS)
def test_a_new_network_follows_from_its_seed(family: str) -> None:
    one, same, other = (bundle.create(material.run_spec(model={family: FAMILIES[family]}, seed=seed),
                                      material.TRACKS, 8, 16).state_dict() for seed in (1, 1, 2))  # fmt: skip
    assert all(one[name].equal(same[name]) for name in one)
    assert any(not one[name].equal(other[name]) for name in one)


@pytest.mark.parametrize("family", MODELS)
def test_a_bin_stands_where_its_bases_are(family: str) -> None:
    """Mean change of all bins over random networks: it is greatest where the bases changed."""
    for bin in (0, 3, 7):
        change = torch.zeros(8)
        for seed in range(6):
            before = codes(seed=seed)
            after = before.clone()
            after[:, 32 + 16 * bin : 48 + 16 * bin] = 4
            made = model(family, average_strands="never", seed=seed)
            change += (made(after) - made(before)).abs().sum((0, 1)).detach()
        assert abs(int(change.argmax()) - bin) <= (0 if family == "dilated" else 1)


def test_a_dilated_network_says_the_same_of_a_place_from_any_window() -> None:
    made = model("dilated", average_strands="never", context=128)
    long = codes(8 * 16 + 256 + 32)
    here, moved = (made(long[:, first : first + 384]) for first in (0, 32))
    torch.testing.assert_close(moved[..., :6], here[..., 2:], rtol=0, atol=1e-5)


def test_an_unknown_base_is_four_zeros() -> None:
    made, seen = model("dilated", average_strands="never"), []
    made.network.stem.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    made(codes())
    assert seen[0].shape == (3, 192, 4)
    assert not seen[0][0, 50:60].any() and seen[0].sum() == 3 * 192 - 10
    assert seen[0].argmax(-1)[1].equal(codes()[1].long())


def test_a_dilated_network_sees_as_far_as_its_dilations_reach() -> None:
    """Blocks of 3 positions, 1, 2 and 2 apart: 5 bins to either side."""
    made = model("dilated", average_strands="never", context=112)
    before = codes(8 * 16 + 224)
    for bins in range(1, 7):
        after = before.clone()
        after[:, : 112 - 16 * (bins - 1) - 8] = 4  # the stem reads 7 bp on
        changed = bool((made(after)[..., 0] != made(before)[..., 0]).any())
        assert changed == (bins <= 5)


def test_attention_reaches_all_of_the_window() -> None:
    made = model("transformer", average_strands="never", context=128)
    before = codes(8 * 16 + 256)
    after = before.clone()
    after[:, -16:] = (after[:, -16:] + 1) % 4
    assert (made(after)[..., 0] != made(before)[..., 0]).any()


def test_rotated_queries_and_keys_tell_distances_alone() -> None:
    torch.manual_seed(0)
    query, key = torch.randn(2, 1, 6).expand(2, 9, 6)
    turn = torch.arange(9)[:, None] * torch.tensor([1.0, 0.3, 0.01])
    products = rotated(query, turn) @ rotated(key, turn).T
    for apart in range(-4, 5):
        here = products.diagonal(apart)
        torch.testing.assert_close(here, here[:1].expand_as(here))
    torch.testing.assert_close(rotated(query, turn).norm(dim=-1), query.norm(dim=-1))
    assert (products[0] - products[0, 0]).abs()[1:].min() > 1e-4


@pytest.mark.parametrize("bin", [1, 2, 6, 10, 16, 32, 128])
def test_bins_of_any_width_are_reached_by_steps(bin: int) -> None:
    steps = layers.factors(bin)
    assert np.prod(steps) == bin and max(steps, default=1) <= max(4, bin // 2)
    torch.manual_seed(0)
    assert layers.Stem(4, 32, steps)(torch.zeros(2, 4 * bin, 4)).shape == (2, 4, 32)


def naive_frames(text: str, least: int, of_codon: dict[str, float]) -> tuple[list[float], list[float], list[set]]:
    """Reading frames of one strand, codon by codon; of levels those of all frames that are the longest at a base."""
    length, start, level = [0.0] * len(text), [0.0] * len(text), [{0.0} for _ in text]
    for frame in range(3):
        triplets = [(at, text[at : at + 3]) for at in range(frame, len(text), 3)]
        begun, marked = frame, False  # open at the beginning
        for at, codon in [*triplets, (triplets[-1][0] + 3 if triplets else frame, "TAA")]:
            if begun is None and codon == "ATG":
                begun, marked = at, True
            if codon in STOPS:
                if begun is not None and (at - begun) // 3 >= least:
                    size = np.log((at - begun) / 3) / np.log(1000)
                    mean = np.mean([of_codon.get(text[place : place + 3], 0.0) for place in range(begun, at, 3)])
                    for base in range(begun, min(at, len(text))):
                        if size >= length[base]:
                            level[base] = {mean} | (level[base] if size == length[base] else set())
                            length[base] = size
                    if marked or text[begun : begun + 3] == "ATG":
                        start[begun : begun + 3] = [1.0] * len(start[begun : begun + 3])
                begun, marked = None, False
    return length, start, level


@pytest.mark.parametrize("length", [60, 61, 62, 301])
def test_reading_frames_are_those_found_codon_by_codon(length: int) -> None:
    rng = np.random.default_rng(length)
    texts = ["".join(rng.choice(list("ACGT"), length, p=[0.35, 0.15, 0.2, 0.3])) for _ in range(20)]
    levels = rng.normal(size=65).astype(np.float32)
    levels[64] = 0
    of_codon = {"".join(codon): levels[at] for at, codon in enumerate(itertools.product("ACGT", repeat=3))}
    codes = torch.from_numpy(np.stack([encode(text) for text in texts])).long()
    found = channels.make(codes, ["orf", "start", "level"], 7, torch.from_numpy(levels))
    for number, text in enumerate(texts):
        for side, strand in enumerate((text, material.reverse_complement(text))):
            *expected, allowed = naive_frames(strand, 7, of_codon)
            *here, level = (kind[number, :, side].numpy()[:: 1 if side == 0 else -1] for kind in found)
            np.testing.assert_allclose(here, expected, atol=1e-6)
            assert all(
                min(abs(one - other) for other in among) < 1e-5 for one, among in zip(level, allowed, strict=True)
            )
    assert all(kind.any() for kind in found)


class PlantedFrames:
    """Windows of 512 bp with 256 bp of context, in each a reading frame with as much signal as it has of one codon."""

    context, swap = 256, [1, 0]

    def __init__(self, strand: int) -> None:
        rng = np.random.default_rng(strand)
        others = [codon for codon in map("".join, itertools.product("ACGT", repeat=3)) if codon not in STOPS]
        self.store = SimpleNamespace(bin=8, bins=64, rows=lambda rows: (self.signal[rows], self.signal[rows] >= 0))
        self.shares, self.bases = rng.uniform(0, 0.3, 600), []
        self.signal = np.full((600, 2, 64), 0.1, np.float32)
        for row, share in enumerate(self.shares):
            first, codons = int(rng.integers(10, 17)) * 8, int(rng.integers(90, 110))
            inside = ["GCT" if rng.random() < share else str(rng.choice(others)) for _ in range(codons - 1)]
            frame = "ATG" + "".join(inside) + "TAA"
            text = "TAAC" * ((self.context + first) // 4) + frame  # in which all frames end, on both strands
            text = (text + "TAAC" * 256)[:1024]
            values = np.full(64, 0.1)
            values[first // 8 : (first + 3 * codons) // 8] = 10 * np.exp(5 * share)
            self.bases.append(encode(text) if strand == 0 else reverse_complement(encode(text)))
            self.signal[row, strand] = values if strand == 0 else values[::-1]

    def codes(self, row: int) -> np.ndarray:
        return self.bases[row]


@pytest.mark.parametrize("strand", [0, 1])
def test_levels_of_codons_are_learned_of_the_signal_of_their_frames(strand: int) -> None:
    planted = PlantedFrames(strand)
    levels = codon_levels.fit(planted, np.arange(500), np.array([5, 5], np.float32), min_codons=80)
    assert levels.shape == (65,) and levels[64] == 0 and levels.argmax() == 16 * 2 + 4 * 1 + 3  # GCT
    unseen = torch.from_numpy(np.stack(planted.bases[500:])).long()
    (said,) = channels.make(unseen, ["level"], 80, torch.from_numpy(levels))
    middle = said[:, 512, strand].numpy()
    slope, _ = np.polyfit(planted.shares[500:], middle, 1)
    assert np.corrcoef(planted.shares[500:], middle)[0, 1] > 0.8 and slope == pytest.approx(5, abs=1)  # as planted


def test_too_few_reading_frames_are_one_clear_line() -> None:
    with pytest.raises(BadInput, match="reading frames of 200 codons in the windows of training"):
        codon_levels.fit(PlantedFrames(0), np.arange(500), np.array([5, 5], np.float32), min_codons=200)


def test_families_of_the_configuration_are_those_of_the_registry() -> None:
    schema = load_schema("seq2track")["properties"]["runs"]["additionalProperties"]["properties"]["model"]
    for family in MODELS:
        settings = complete({family: {}}, schema)[family]
        shape = layers.Shape(4, 2, 8, 16, 128)
        assert isinstance(load(MODELS[family]).create(settings, shape, 1), torch.nn.Module)
