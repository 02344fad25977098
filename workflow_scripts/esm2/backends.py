"""ESM2 in fair-esm's weights: sequences of residues in, one pooled vector per sequence out.

A backend has `dim` (the width of a vector) and `pool_batches(batches, threads)`. There is one, `FairEsm`.
"""

from __future__ import annotations

import argparse
import logging
import pickle
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import gelu, scaled_dot_product_attention

from workflow_scripts.io.errors import BadInput

if TYPE_CHECKING:
    from esm.data import Alphabet
    from esm.model.esm2 import ESM2

log = logging.getLogger(__name__)

Batch = tuple[list[str], list[np.ndarray]]  # sequences, and the shares of their residues

# Token dropout: in training 15 % of the residues were chosen and 80 % of these masked to zero, so that
# with nothing masked the embeddings are scaled by what was left (fair-esm, esm/model/esm2.py).
UNMASKED_IN_TRAINING = 1 - 0.15 * 0.8
DAMAGE = (OSError, EOFError, RuntimeError, ValueError, LookupError, TypeError, AttributeError)
DAMAGE += (zipfile.BadZipFile, zlib.error, pickle.UnpicklingError)
REMEDY = "Give the file of an ESM2 model as fair-esm publishes it, or download it again."


class FairEsm:
    """An ESM2 model on one device.

    Modules and weights are fair-esm's. The forward pass is written out here, equal to fair-esm's up to
    rounding, for three reasons: attention goes through torch's fused kernel, so that memory grows with
    the length of a window and not with its square; the head that predicts residues is left out; and
    rotary angles stay in float32 under autocast (bfloat16 cannot tell positions above 256 apart).
    """

    def __init__(self, model: ESM2, alphabet: Alphabet, device: torch.device, dtype: torch.dtype) -> None:
        self.model = model.to(device).eval()
        self.device, self.dtype = device, dtype
        self.dim = model.embed_dim
        self.lookup = np.full(128, alphabet.get_idx("X"), np.int64)  # token of an ASCII letter
        for letter in "ACDEFGHIKLMNPQRSTVWYBOUXZ":
            self.lookup[ord(letter)] = alphabet.get_idx(letter)

    def pool_batches(self, batches: Iterable[Batch], threads: int) -> Iterator[np.ndarray]:
        """Yield `pool` of each batch, in order.

        A CPU works on `threads` batches at a time, each on one core: faster than all cores on one batch,
        which wait for each other at every layer, and the same bytes for any number of threads.
        """
        if self.device.type == "cuda":
            yield from (self.pool(*batch) for batch in batches)
        else:
            torch.set_num_threads(1)
            with ThreadPoolExecutor(threads) as workers:
                yield from workers.map(lambda batch: self.pool(*batch), batches)

    @torch.inference_mode()
    def pool(self, sequences: list[str], shares: list[np.ndarray]) -> np.ndarray:
        """Return the sum over residues of share x last-layer vector, sequences x dim, float32.

        `shares`: float32, one per residue of each sequence. Vectors are those after the final layer norm;
        <cls>, <eos> and padding have no part.
        """
        width = max(map(len, sequences)) + 2
        tokens = np.full((len(sequences), width), self.model.padding_idx, np.int64)
        weights = np.zeros((len(sequences), 1, width), np.float32)
        tokens[:, 0] = self.model.cls_idx
        for row, (sequence, share) in enumerate(zip(sequences, shares, strict=True)):
            end = len(sequence) + 1
            tokens[row, 1:end] = self.lookup[np.frombuffer(sequence.encode("ascii"), np.uint8)]
            tokens[row, end] = self.model.eos_idx
            weights[row, 0, 1:end] = share
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            vectors = self._forward(torch.from_numpy(tokens).to(self.device))
        return torch.bmm(torch.from_numpy(weights).to(self.device), vectors.float()).squeeze(1).cpu().numpy()

    def _forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Last-layer vectors (sequences x tokens x dim) of tokens (sequences x tokens, int64)."""
        model = self.model
        known = tokens != model.padding_idx
        attended = None if known.all() else known[:, None, None, :]
        rotation = self._rotation(tokens.shape[1])
        x = model.embed_tokens(tokens)
        if model.token_dropout:
            x = x * UNMASKED_IN_TRAINING
        for layer in model.layers:
            x = x + self._attention(layer.self_attn, layer.self_attn_layer_norm(x), attended, rotation)
            x = x + layer.fc2(gelu(layer.fc1(layer.final_layer_norm(x))))
        return model.emb_layer_norm_after(x)

    def _attention(
        self,
        attention: Any,
        x: torch.Tensor,
        attended: torch.Tensor | None,
        rotation: tuple[torch.Tensor, torch.Tensor],
    ) -> torch.Tensor:
        """Self-attention over x (sequences x tokens x dim); `attended` is False at padding, None without."""
        heads = (*x.shape[:2], attention.num_heads, attention.head_dim)
        q, k, v = (
            projection(x).view(heads).transpose(1, 2)  # sequences x heads x tokens x head_dim
            for projection in (attention.q_proj, attention.k_proj, attention.v_proj)
        )
        q, k = (rotate(each, *rotation).to(v.dtype) for each in (q, k))
        return attention.out_proj(scaled_dot_product_attention(q, k, v, attended).transpose(1, 2).reshape(x.shape))

    def _rotation(self, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosine and sine (tokens x head_dim, float32) of the rotary angles (Su et al. 2021, RoFormer)."""
        frequency = self.model.layers[0].self_attn.rot_emb.inv_freq.float()
        position = torch.arange(length, device=self.device, dtype=torch.float32)
        angle = (position[:, None] * frequency).repeat(1, 2)
        return angle.cos(), angle.sin()


def rotate(x: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
    """Turn each pair (i, i + head_dim / 2) of x (... x tokens x head_dim) by the angle of its position."""
    left, right = x.chunk(2, dim=-1)
    return x * cosine + torch.cat((-right, left), dim=-1) * sine


def load(weights: Path, precision: str) -> FairEsm:
    """Read an ESM2 checkpoint in the layout of fair-esm's published files, onto a GPU where there is one.

    precision: `auto` (bfloat16 autocast on a GPU, float32 on a CPU), `float32` or `bfloat16`. Nothing in
    the file is run: torch admits tensors, plain containers and the argparse.Namespace in which these files
    keep their dimensions. Raises BadInput on a damaged file and on one that is no ESM2.
    """
    from esm.pretrained import load_model_and_alphabet_core

    checkpoint = _read(weights)
    try:
        with warnings.catch_warnings():
            # Only the prediction of contacts needs the regression weights that fair-esm misses here.
            warnings.filterwarnings("ignore", message="Regression weights not found")
            model, alphabet = load_model_and_alphabet_core("esm2", checkpoint, None)
    except (KeyError, AttributeError, TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise BadInput(weights, "", f"not an ESM2 checkpoint ({_brief(error)})", REMEDY) from error

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    automatic = torch.bfloat16 if device.type == "cuda" else torch.float32
    dtype = {"auto": automatic, "float32": torch.float32, "bfloat16": torch.bfloat16}[precision]
    parameters = sum(parameter.numel() for parameter in model.parameters())
    log.info("ESM2: %d layers, %d parameters, on %s in %s", model.num_layers, parameters, device, dtype)
    return FairEsm(model, alphabet, device, dtype)


def _read(weights: Path) -> Any:
    """The content of a checkpoint, whole and with nothing in it but tensors, containers and Namespaces."""
    try:
        if zipfile.is_zipfile(weights):  # as torch writes them; torch itself looks at no checksum
            with zipfile.ZipFile(weights) as archive:
                if broken := archive.testzip():
                    raise zipfile.BadZipFile(f"wrong checksum of {broken}")
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(weights, map_location="cpu", weights_only=True)
    except DAMAGE as error:
        raise BadInput(weights, "", f"damaged, or holds more than weights ({_brief(error)})", REMEDY) from error


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
