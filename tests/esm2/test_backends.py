"""The model gives what fair-esm gives, whatever stands beside a protein in a batch, and runs no foreign code."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.esm2 import DIM, fair_esm
from workflow_scripts.esm2 import backends
from workflow_scripts.io.errors import BadInput


def ones(sequences: list[str]) -> list[np.ndarray]:
    return [np.ones(len(sequence), np.float32) for sequence in sequences]


def test_a_batch_of_unequal_proteins_equals_fair_esm_one_by_one(
    weights: Path, checkpoint: dict[str, Any], proteins: list[str]
) -> None:
    model = backends.load(weights, "float32")
    pooled = model.pool(proteins, ones(proteins))
    assert pooled.shape == (len(proteins), model.dim) and pooled.dtype == np.float32
    for protein, found in zip(proteins, pooled, strict=True):
        np.testing.assert_allclose(found / len(protein), fair_esm(checkpoint, protein).mean(axis=0), atol=1e-5)


def test_a_share_picks_out_the_vector_of_its_residue(weights: Path, checkpoint: dict[str, Any]) -> None:
    protein = "MKTAYIAKQR"
    picked = backends.load(weights, "float32").pool([protein] * len(protein), list(np.eye(len(protein), dtype="f4")))
    np.testing.assert_allclose(picked, fair_esm(checkpoint, protein), atol=1e-5)


def test_bfloat16_stays_near_float32_along_a_whole_window(weights: Path, proteins: list[str]) -> None:
    """Angles of far positions, rounded to bfloat16, would turn residues at random."""
    longest = max(proteins, key=len)
    each = np.zeros((2, len(longest)), np.float32)
    each[0, :200], each[1, -200:] = 1 / 200, 1 / 200
    exact, rounded = (backends.load(weights, name).pool([longest] * 2, list(each)) for name in ("float32", "bfloat16"))
    assert not np.array_equal(exact, rounded)
    np.testing.assert_allclose(rounded, exact, atol=0.02)


class Foreign:
    """On unpickling, makes the folder that it is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.folder),)


def test_a_checkpoint_with_foreign_objects_is_refused_and_not_run(checkpoint: dict[str, Any], tmp_path: Path) -> None:
    torch.save({**checkpoint, "extra": Foreign(tmp_path / "made")}, tmp_path / "weights.pt")
    with pytest.raises(BadInput, match="holds more than weights"):
        backends.load(tmp_path / "weights.pt", "auto")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(weights: Path, tmp_path: Path, kept: float) -> None:
    whole = weights.read_bytes()
    path = tmp_path / "weights.pt"
    path.write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
    with pytest.raises(BadInput, match="damaged"):
        backends.load(path, "auto")


def test_one_wrong_bit_anywhere_is_refused_or_without_effect(weights: Path, tmp_path: Path) -> None:
    """torch.load alone reads most of these without a word."""
    whole = bytearray(weights.read_bytes())
    exact = backends.load(weights, "float32").pool(["MKT"], ones(["MKT"]))
    path = tmp_path / "weights.pt"
    refused = 0
    for place in np.random.default_rng(0).integers(0, len(whole), 100):
        whole[place] ^= 64
        path.write_bytes(whole)
        whole[place] ^= 64
        try:
            np.testing.assert_array_equal(backends.load(path, "float32").pool(["MKT"], ones(["MKT"])), exact)
        except BadInput:
            refused += 1
    assert refused > 80


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "weights.pt"
    page.write_text("<html>404 Not Found</html>")
    for path in (page, tmp_path / "absent.pt"):
        with pytest.raises(BadInput, match="damaged"):
            backends.load(path, "auto")


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
        backends.load(tmp_path / "weights.pt", "auto")
    assert "\n" not in str(fault.value)
