"""The random checkpoint is one that fair-esm loads, and the same for one seed."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
import torch
from esm.pretrained import load_model_and_alphabet_core

from workflow_scripts.contracts import provenance
from workflow_scripts.io.files import digest
from workflow_scripts.simulate.simulate_weights import simulate_weights

SPEC = {"seed": 3, "layers": 2, "embed_dim": 24, "attention_heads": 4}


def make(folder: Path, name: str = "esm2_random.pt", **changes: int) -> Path:
    folder.mkdir(exist_ok=True)
    weights = folder / name
    simulate_weights(weights=weights, provenance=folder / f"{name}.provenance.json", spec={**SPEC, **changes})
    return weights


@pytest.mark.filterwarnings("ignore:Regression weights not found")
def test_fair_esm_loads_the_checkpoint_and_embeds_with_it(tmp_path: Path) -> None:
    with torch.serialization.safe_globals([argparse.Namespace]):
        data = torch.load(make(tmp_path), map_location="cpu", weights_only=True)
    assert all(name.startswith(("encoder.sentence_encoder.", "encoder.lm_head.")) for name in data["model"])
    model, alphabet = load_model_and_alphabet_core("esm2_t6_8M_UR50D", data, None)
    tokens = alphabet.get_batch_converter()([("one", "MKTAYIAK"), ("two", "MSWWCC")])[2]
    with torch.no_grad():
        found = model.eval()(tokens, repr_layers=[2])["representations"][2]
    assert found.shape == (2, 10, 24)
    assert found.isfinite().all()
    assert not torch.allclose(found[0, 1:9].mean(0), found[1, 1:7].mean(0))


def test_the_same_seed_gives_the_same_bytes_under_any_name_and_random_state(tmp_path: Path) -> None:
    first = make(tmp_path / "a")
    torch.manual_seed(99)
    before = torch.random.get_rng_state()
    assert digest(first) == digest(make(tmp_path / "b", "other.pt"))
    assert torch.equal(before, torch.random.get_rng_state())
    assert digest(first) != digest(make(tmp_path / "c", seed=4))


def test_the_provenance_says_that_the_weights_are_simulated(tmp_path: Path) -> None:
    weights = make(tmp_path)
    told = provenance.read(weights.with_name("esm2_random.pt.provenance.json"))
    assert told["simulated"] is True
    assert (told["sha256"], told["bytes"]) == (digest(weights), weights.stat().st_size)


def test_the_checkpoint_itself_says_that_its_weights_are_simulated(tmp_path: Path) -> None:
    with torch.serialization.safe_globals([argparse.Namespace]):
        assert torch.load(make(tmp_path), weights_only=True)["simulated"] == "random weights, seed 3"
