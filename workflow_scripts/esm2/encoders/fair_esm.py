"""ESM2 in the layout of fair-esm's published checkpoints."""

from __future__ import annotations

import argparse
import logging
import pickle
import pickletools
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from esm.data import Alphabet
from esm.model.esm2 import ESM2
from esm.pretrained import load_model_and_alphabet_core
from torch.nn.functional import gelu, scaled_dot_product_attention

from workflow_scripts.esm2 import engines
from workflow_scripts.esm2.encoders.registry import Batch
from workflow_scripts.io.errors import BadInput

log = logging.getLogger(__name__)

# Token dropout: in training 15 % of the residues were chosen and 80 % of these masked to zero, so that
# with nothing masked the embeddings are scaled by what was left (fair-esm, esm/model/esm2.py).
UNMASKED_IN_TRAINING = 1 - 0.15 * 0.8
# What the state of an ESM2 holds, and that of its forerunners does not: rotary positions.
ROTARY = ".layers.0.self_attn.rot_emb.inv_freq"
DAMAGE = (OSError, EOFError, RuntimeError, ValueError, LookupError, TypeError, AttributeError)
DAMAGE += (zipfile.BadZipFile, zlib.error, pickle.UnpicklingError)
REMEDY = "Give the file of an ESM2 model as fair-esm publishes it, or download it again."


class Pooled(torch.nn.Module):
    """ESM2 up to one vector a sequence: the sum over residues of share x last-layer vector.

    Modules and weights are fair-esm's. The forward pass is written out here, equal to fair-esm's up to
    rounding, for three reasons: attention goes through a fused kernel, so that memory grows with the length
    of a window and not with its square; sequences of one length need no padding; and the head that predicts
    residues is left out.

    `dtype` is that of the linear layers, which are nearly all of the arithmetic, and on a GPU of attention.
    Norms and the sum over layers stay in float32, and so does attention on a CPU, where torch's kernel is the
    faster one in float32.
    """

    def __init__(self, model: ESM2, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.model = model.to(device).eval()
        for module in model.layers.modules():
            if isinstance(module, torch.nn.Linear):
                module.to(dtype)
        self.dtype = dtype
        self.attention_dtype = dtype if device.type == "cuda" else torch.float32

    def forward(self, tokens: torch.Tensor, shares: torch.Tensor, rotation: torch.Tensor) -> torch.Tensor:
        """Pooled vectors (n x dim) of tokens (n x tokens, <cls> and <eos> at the ends) and shares (n x residues).

        Vectors are those after the final layer norm; <cls> and <eos> have no part. `rotation`: cosine and sine of
        the rotary angles of each token, 2 x tokens x 1 x head_dim; an input, since bfloat16, in which an engine
        may compute all of this, cannot tell positions above 256 apart.
        """
        model = self.model
        x = model.embed_tokens(tokens)
        if model.token_dropout:
            x = x * UNMASKED_IN_TRAINING
        for layer in model.layers:
            x = x + self._attention(layer.self_attn, layer.self_attn_layer_norm(x).to(self.dtype), rotation)
            x = x + layer.fc2(gelu(layer.fc1(layer.final_layer_norm(x).to(self.dtype))))
        return torch.bmm(shares[:, None, :], model.emb_layer_norm_after(x)[:, 1:-1]).squeeze(1)

    def _attention(self, attention: Any, x: torch.Tensor, rotation: torch.Tensor) -> torch.Tensor:
        """Self-attention over x (n x tokens x dim)."""
        heads = (*x.shape[:2], attention.num_heads, attention.head_dim)
        q, k, v = (projection(x).view(heads) for projection in (attention.q_proj, attention.k_proj, attention.v_proj))
        q, k = rotate(q, rotation), rotate(k, rotation)
        q, k, v = (each.to(self.attention_dtype).transpose(1, 2) for each in (q, k, v))  # n x heads x tokens x head_dim
        attended = scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape)
        return attention.out_proj(attended.to(self.dtype))


class FairEsm:
    """An ESM2 model on one device: an `Encoder` of the registry."""

    # The 20 amino acids, then asparagine or aspartate (B), pyrrolysine (O), selenocysteine (U), any (X),
    # glutamine or glutamate (Z).
    letters = "ACDEFGHIKLMNPQRSTVWYBOUXZ"
    unknown = "X"

    def __init__(self, model: ESM2, alphabet: Alphabet, precision: str, engine: str, simulated: str = "") -> None:
        """precision: `auto` is bfloat16 on a GPU and float32 on a CPU; engine: openvino runs on a CPU."""
        engines.require(engine)
        self.engine = engine
        gpu = torch.cuda.is_available() and engine == "torch"
        self.device = torch.device("cuda" if gpu else "cpu")
        automatic = torch.bfloat16 if gpu else torch.float32
        self.dtype = {"auto": automatic, "float32": torch.float32, "bfloat16": torch.bfloat16}[precision]
        self.network = Pooled(model, self.device, self.dtype if engine == "torch" else torch.float32)

        self.frequencies = model.layers[0].self_attn.rot_emb.inv_freq.float().cpu().numpy()
        self.dim = model.embed_dim
        self.architecture = f"ESM2, {model.num_layers} layers of {model.embed_dim}"
        self.simulated = simulated
        self.ends = (alphabet.cls_idx, alphabet.eos_idx)
        self.tokens = np.full(128, alphabet.get_idx(self.unknown), np.int64)  # of ASCII letters
        for letter in self.letters:
            self.tokens[ord(letter)] = alphabet.get_idx(letter)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        log.info("%s, %d parameters, on %s in %s", self.architecture, parameters, self.device, self.dtype)

    def pool_batches(self, batches: Iterable[Batch], threads: int) -> Iterator[np.ndarray]:
        """Yield the pooled vectors of each batch, in order; a CPU works on `threads` batches at a time."""
        if self.engine == "openvino":
            example = self._inputs(["MKT", "MKA"], np.ones((2, 3), np.float32))
            infer = engines.on_openvino(self.network, example, self.dtype, threads)
        else:
            infer = engines.on_torch(self.network, self.device)
        with ThreadPoolExecutor(1 if self.device.type == "cuda" else threads) as workers:
            yield from workers.map(lambda batch: infer(*self._inputs(*batch)), batches)

    def _inputs(self, sequences: list[str], shares: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tokens of the residues between <cls> and <eos> (int64), shares and rotation, as `Pooled` takes them."""
        letters = np.frombuffer("".join(sequences).encode("ascii"), np.uint8).reshape(shares.shape)
        tokens = np.pad(self.tokens[letters], ((0, 0), (1, 1)), constant_values=(self.ends,))
        return tokens, shares, self._rotation(tokens.shape[1])

    def _rotation(self, tokens: int) -> np.ndarray:
        """Cosine and sine of the rotary angles (Su et al. 2021, RoFormer), float32, 2 x tokens x 1 x head_dim."""
        angles = np.arange(tokens, dtype=np.float32)[:, None, None] * self.frequencies
        return np.tile([np.cos(angles), np.sin(angles)], 2)


def rotate(x: torch.Tensor, rotation: torch.Tensor) -> torch.Tensor:
    """Turn each pair (i, i + head_dim / 2) of x (n x tokens x heads x head_dim) by the angle of its position."""
    left, right = x.chunk(2, dim=-1)
    return x * rotation[0] + torch.cat((-right, left), dim=-1) * rotation[1]


def recognizes(weights: Path) -> bool:
    """Whether a file that torch saved holds a configuration (`cfg`) and the names of ESM2's weights."""
    try:
        texts = set(_texts(weights))
    except DAMAGE:
        return False
    return "cfg" in texts and any(text.endswith(ROTARY) for text in texts)


def _texts(weights: Path) -> Iterator[str]:
    """Yield all texts in the pickles of a checkpoint, which are read and not run."""
    if zipfile.is_zipfile(weights):
        with zipfile.ZipFile(weights) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            with archive.open(name) as handle:
                yield from (value for _, value, _ in pickletools.genops(handle) if isinstance(value, str))
    else:  # as torch before 1.6 saved: magic number, version and machine, then the content
        with weights.open("rb") as handle:
            for _ in range(4):
                yield from (value for _, value, _ in pickletools.genops(handle) if isinstance(value, str))


def load(weights: Path, precision: str, engine: str) -> FairEsm:
    """Read a checkpoint, of which nothing is run.

    torch admits tensors, plain containers and the argparse.Namespace in which these files keep their
    dimensions. The key `simulated` beside `cfg` and `model`, which fair-esm ignores, says that the weights
    are made up. Raises BadInput on a damaged file and on one that is no ESM2.
    """
    checkpoint = _read(weights)
    try:
        with warnings.catch_warnings():
            # Only the prediction of contacts needs the regression weights that fair-esm misses here.
            warnings.filterwarnings("ignore", message="Regression weights not found")
            model, alphabet = load_model_and_alphabet_core("esm2", checkpoint, None)
        simulated = str(checkpoint.get("simulated", ""))
    except (KeyError, AttributeError, TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise BadInput(weights, "", f"not an ESM2 checkpoint ({_brief(error)})", REMEDY) from error
    return FairEsm(model, alphabet, precision, engine, simulated)


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
