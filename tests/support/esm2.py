"""A random ESM2 in the layout of fair-esm's published checkpoints, and fair-esm's own answer for it."""

from __future__ import annotations

import argparse
import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch
from esm.model.esm2 import ESM2
from esm.pretrained import load_model_and_alphabet_core

LAYERS, DIM, HEADS = 2, 32, 4
OPENVINO = pytest.mark.skipif(find_spec("openvino") is None, reason="openvino is not installed")
ENGINES = ["torch", pytest.param("openvino", marks=OPENVINO)]


def make_checkpoint(seed: int = 0) -> dict[str, Any]:
    """A checkpoint that `esm.pretrained.load_model_and_alphabet_core` takes; the same seed, the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = ESM2(num_layers=LAYERS, embed_dim=DIM, attention_heads=HEADS)
        # xavier_uniform_ leaves attention nearly flat: sharper, so that an error in it shows in the vectors
        for layer in model.layers:
            for projection in (layer.self_attn.q_proj, layer.self_attn.k_proj):
                torch.nn.init.normal_(projection.weight, std=0.5)
    state = {
        f"encoder.{name}" if name.startswith("lm_head.") else f"encoder.sentence_encoder.{name}": tensor
        for name, tensor in model.state_dict().items()
        if not name.startswith("contact_head.")
    }
    architecture = argparse.Namespace(
        encoder_layers=LAYERS, encoder_embed_dim=DIM, encoder_attention_heads=HEADS, token_dropout=True
    )
    return {"cfg": {"model": architecture}, "model": state}


def fair_esm(checkpoint: dict[str, Any], sequence: str) -> np.ndarray:
    """Last-layer vectors (residues x dim) of one sequence, alone in its batch, by fair-esm's forward pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, alphabet = load_model_and_alphabet_core("esm2", checkpoint, None)
    tokens = alphabet.get_batch_converter()([("", sequence)])[2]
    with torch.inference_mode():
        vectors = model.eval()(tokens, repr_layers=[LAYERS])["representations"][LAYERS]
    return vectors[0, 1 : len(sequence) + 1].numpy()
