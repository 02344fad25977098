"""The model gives what fair-esm gives, whatever stands beside a protein in a batch, and runs no foreign code."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.esm2 import DIM, ENGINES, fair_esm
from workflow_scripts.esm2 import engines
from workflow_scripts.esm2.encoders import fair_esm as fair_esm_encoder
from workflow_scripts.io.errors import BadInput


def pool(
    weights: Path, proteins: list[str], shares: np.ndarray, precision: str = "float32", engine: str = "torch"
) -> np.ndarray:
    """The pooled vectors of proteins of one length, in one batch."""
    (pooled,) = fair_esm_encoder.load(weights, precision, engine).pool_batches([(proteins, shares)], 1)
    return pooled


def ones(proteins: list[str]) -> np.ndarray:
    return np.ones((len(proteins), len(proteins[0])), np.float32)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_equals_fair_esm_one_by_one(
    weights: Path, checkpoint: dict[str, Any], proteins: list[str], engine: str
) -> None:
    encoder = fair_esm_encoder.load(weights, "float32", engine)
    alike = [[protein, protein[::-1], protein] for protein in proteins]
    pooled = list(encoder.pool_batches(((batch, ones(batch)) for batch in alike), 2))
    for batch, found in zip(alike, pooled, strict=True):
        assert found.shape == (3, encoder.dim) and found.dtype == np.float32
        for protein, vector in zip(batch, found, strict=True):
            np.testing.assert_allclose(vector / len(protein), fair_esm(checkpoint, protein).mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_share_picks_out_the_vector_of_its_residue(weights: Path, checkpoint: dict[str, Any], engine: str) -> None:
    protein = "MKTAYIAKQR"
    picked = pool(weights, [protein] * len(protein), np.eye(len(protein), dtype=np.float32), engine=engine)
    np.testing.assert_allclose(picked, fair_esm(checkpoint, protein), atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_bfloat16_stays_near_float32_along_a_whole_window(weights: Path, proteins: list[str], engine: str) -> None:
    """Angles of far positions, rounded to bfloat16, would turn residues at random."""
    longest = max(proteins, key=len)
    each = np.zeros((2, len(longest)), np.float32)
    each[0, :200], each[1, -200:] = 1 / 200, 1 / 200
    exact, rounded = (pool(weights, [longest] * 2, each, precision, engine) for precision in ("float32", "bfloat16"))
    assert not np.array_equal(exact, rounded)
    np.testing.assert_allclose(rounded, exact, atol=0.02)
    for one, other in zip(exact, rounded, strict=True):
        assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.999


def test_the_encoder_names_its_architecture_and_its_letters(weights: Path) -> None:
    encoder = fair_esm_encoder.load(weights, "auto", "torch")
    assert encoder.architecture == "ESM2, 2 layers of 32"
    assert sorted(encoder.letters) == sorted("LAGVSERTIDPKQNFYMHWCXBUZO")  # the residues among ESM2's 33 tokens
    assert encoder.unknown == "X" and encoder.simulated == ""


def test_a_checkpoint_says_in_itself_that_it_is_simulated(checkpoint: dict[str, Any], tmp_path: Path) -> None:
    torch.save({**checkpoint, "simulated": "random weights, seed 0"}, tmp_path / "weights.pt")
    assert fair_esm_encoder.load(tmp_path / "weights.pt", "auto", "torch").simulated == "random weights, seed 0"


def test_the_layout_of_torch_before_1_6_is_read_too(checkpoint: dict[str, Any], weights: Path, tmp_path: Path) -> None:
    torch.save(checkpoint, tmp_path / "weights.pt", _use_new_zipfile_serialization=False)
    assert fair_esm_encoder.recognizes(tmp_path / "weights.pt")
    np.testing.assert_array_equal(
        pool(tmp_path / "weights.pt", ["MKT"], ones(["MKT"])), pool(weights, ["MKT"], ones(["MKT"]))
    )


@pytest.mark.parametrize("legacy", [False, True])
def test_what_another_model_saved_is_not_recognized(checkpoint: dict[str, Any], tmp_path: Path, legacy: bool) -> None:
    others = [
        checkpoint["model"],  # a state alone
        {"cfg": checkpoint["cfg"], "model": {"encoder.weight": torch.zeros(1)}},  # another model of fairseq
        {"args": argparse.Namespace(arch="roberta_large"), "model": {"encoder.weight": torch.zeros(1)}},  # ESM-1b
    ]
    for other in others:
        torch.save(other, tmp_path / "other.pt", _use_new_zipfile_serialization=not legacy)
        assert not fair_esm_encoder.recognizes(tmp_path / "other.pt")
    assert not fair_esm_encoder.recognizes(tmp_path / "absent.pt")


def test_openvino_that_is_not_installed_is_one_line(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(engines, "openvino", raising=False)
    with pytest.raises(BadInput, match="openvino is not installed"):
        fair_esm_encoder.load(weights, "auto", "openvino")


class Foreign:
    """On unpickling, makes the folder that it is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.folder),)


def test_a_checkpoint_with_foreign_objects_is_refused_and_not_run(checkpoint: dict[str, Any], tmp_path: Path) -> None:
    torch.save({**checkpoint, "extra": Foreign(tmp_path / "made")}, tmp_path / "weights.pt")
    with pytest.raises(BadInput, match="holds more than weights"):
        fair_esm_encoder.load(tmp_path / "weights.pt", "auto", "torch")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(weights: Path, tmp_path: Path, kept: float) -> None:
    whole = weights.read_bytes()
    path = tmp_path / "weights.pt"
    path.write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
    with pytest.raises(BadInput, match="damaged"):
        fair_esm_encoder.load(path, "auto", "torch")


def test_one_wrong_bit_anywhere_is_refused_or_without_effect(weights: Path, tmp_path: Path) -> None:
    """torch.load alone reads most of these without a word."""
    whole = bytearray(weights.read_bytes())
    exact = pool(weights, ["MKT"], ones(["MKT"]))
    path = tmp_path / "weights.pt"
    refused = 0
    for place in np.random.default_rng(0).integers(0, len(whole), 100):
        whole[place] ^= 64
        path.write_bytes(whole)
        whole[place] ^= 64
        try:
            np.testing.assert_array_equal(pool(path, ["MKT"], ones(["MKT"])), exact)
        except BadInput:
            refused += 1
    assert refused > 80


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "weights.pt"
    page.write_text("<html>404 Not Found</html>")
    for path in (page, tmp_path / "absent.pt"):
        with pytest.raises(BadInput, match="damaged"):
            fair_esm_encoder.load(path, "auto", "torch")


NAMESPACE = argparse.Namespace(
    encoder_layers=2, encoder_embed_dim=DIM, encoder_attention_heads=5, token_dropout=True
)  # 5 heads do not divide the width


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["model"],
        lambda data: [data],
        lambda data: {**data, "cfg": {"model": argparse.Namespace(arch="transformer")}},
        lambda data: {**data, "cfg": {"model": NAMESPACE}},
        lambda data: {**data, "model": dict(list(data["model"].items())[1:])},
        lambda data: {**data, "model": {**data["model"], "encoder.decoder.weight": torch.zeros(1)}},
        lambda data: {**data, "model": {name: tensor[:1] for name, tensor in data["model"].items()}},
        lambda data: {"args": argparse.Namespace(arch="roberta_large"), "model": data["model"]},
    ],
    ids=["state only", "list", "other cfg", "heads", "key missing", "key too many", "shapes", "ESM-1b"],
)
def test_weights_of_another_model_are_refused(checkpoint: dict[str, Any], tmp_path: Path, change: Any) -> None:
    torch.save(change(checkpoint), tmp_path / "weights.pt")
    with pytest.raises(BadInput, match="not an ESM2 checkpoint") as fault:
        fair_esm_encoder.load(tmp_path / "weights.pt", "auto", "torch")
    assert "\n" not in str(fault.value)
