"""A protein language model with random weights, in the checkpoint format of fair-esm's ESM-2."""

from __future__ import annotations

import io
from argparse import Namespace
from pathlib import Path

import torch
from esm.model.esm2 import ESM2

from workflow_scripts.io.files import replacing


def make_checkpoint(spec: dict) -> dict:
    """Return a checkpoint as `esm.pretrained.load_model_and_alphabet_core(name, checkpoint, None)` takes it.

    `cfg` holds the architecture, `model` the state under the names of the training code (prefix
    `encoder.`). The contact head's regression is left out: in the original it is a file of its own. The key
    `simulated`, which fair-esm ignores, says in the file itself that its weights are made up.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(spec["seed"])
        model = ESM2(spec["layers"], spec["embed_dim"], spec["attention_heads"], token_dropout=True)
    state = {
        f"encoder.{name}" if name.startswith("lm_head.") else f"encoder.sentence_encoder.{name}": tensor
        for name, tensor in model.state_dict().items()
        if not name.startswith("contact_head.")
    }
    architecture = Namespace(
        arch="esm2_random",
        encoder_layers=spec["layers"],
        encoder_embed_dim=spec["embed_dim"],
        encoder_attention_heads=spec["attention_heads"],
        token_dropout=True,
    )
    return {"cfg": {"model": architecture}, "model": state, "simulated": statement(spec)}


def statement(spec: dict) -> str:
    """What is said of the weights, in the checkpoint and in its provenance."""
    return f"random weights, seed {spec['seed']}"


def write_checkpoint(checkpoint: dict, path: Path) -> None:
    """Save by way of a buffer: torch writes a file's own name into it, and a temporary name would differ."""
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
