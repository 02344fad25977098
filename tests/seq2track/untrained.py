"""Models that were never trained, but say something of every base: quick to make, and read as trained ones are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.seq2track import material
from workflow_scripts.io.bases import encode
from workflow_scripts.seq2track import bundle

BINS, BIN, CONTEXT = 8, 16, 32  # of a window of `material`
WIDTH = BINS * BIN


def write(path: Path, fold: int, seed: int, **changes: Any) -> Path:
    """The bundle of a model of all tracks of `material`, whose weights are random."""
    spec = material.run_spec(seed=seed, **changes)
    model = bundle.create(spec, material.TRACKS, BINS, BIN)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
    bundle.set_scale(model, np.array([2.0, 2.0, 0.5, 0.5], np.float32))
    bundle.write(model, path, tracks=material.TRACKS, seed=seed, fold=fold)
    return path


def padded(text: str, start: int) -> np.ndarray:
    """The codes of the window that starts at `start` of a sequence, with the context; what lies beyond is unknown."""
    first, last = start - CONTEXT, start + WIDTH + CONTEXT
    return encode("".join(text[at] if 0 <= at < len(text) else "N" for at in range(first, last)))


@torch.no_grad()
def say(path: Path, codes: np.ndarray) -> np.ndarray:
    """What the model in a folder says (T, N) of one window, in the units of the targets."""
    model = bundle.read(path).model
    return (model(torch.from_numpy(codes[None])) * model.scale[:, None])[0].numpy()
