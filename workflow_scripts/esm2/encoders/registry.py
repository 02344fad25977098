"""The protein encoders: which there are, which one a checkpoint is for, and what an encoder is.

A new encoder is one module and one line of `ENCODERS`. The module has two functions:

- `recognizes(weights: Path) -> bool`: whether the checkpoint says of itself that it is of this encoder. Cheap: no
  weights are read. False for whatever it cannot read.
- `load(weights: Path, precision: str, engine: str) -> Encoder`: the model, on a GPU where there is one. `precision`
  is `auto`, `float32` or `bfloat16`, `engine` is `torch` or `openvino`; an encoder with one way to run leaves
  `engine` alone. Raises BadInput on a damaged checkpoint; nothing in the file is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load

# What an encoder reads, and its module, which is imported when a checkpoint is looked at.
ENCODERS: dict[str, str] = {
    "ESM2 as fair-esm publishes it": "workflow_scripts.esm2.encoders.fair_esm",
}

# n sequences of L residues each, and what each residue counts in the sum: float32, n x L.
Batch = tuple[list[str], np.ndarray]


class Encoder(Protocol):
    """A protein language model: sequences of residues in, one vector a sequence out."""

    architecture: str  # its own name for what it is, such as "ESM2, 6 layers of 320"
    simulated: str  # what the checkpoint says of itself where its weights are made up; otherwise empty
    dim: int  # width of a vector
    letters: str  # the residues that it knows, in upper case
    unknown: str  # the one of `letters` that stands for all others

    def pool_batches(self, batches: Iterable[Batch], threads: int) -> Iterator[np.ndarray]:
        """Yield of each batch, in order, the sum over residues of share x vector: n x dim, float32."""
        ...


def load_encoder(weights: Path, precision: str, engine: str) -> Encoder:
    """Load a checkpoint with the encoder that recognizes it; BadInput where none does."""
    for dotted in ENCODERS.values():
        module = load(dotted)
        if module.recognizes(weights):
            return module.load(weights, precision, engine)
    known = "; ".join(ENCODERS)
    raise BadInput(
        weights, "", f"damaged, or not of a known encoder ({known})", "Give such a checkpoint, or download it again."
    )
