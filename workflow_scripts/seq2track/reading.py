"""What trained models say of sequence, wherever it is from.

Shapes: B windows, L bp (a window with the context of the model at either side), T tracks (both strands of each), N bins
of the window, the first of which begins `context` bp after the first base.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from workflow_scripts.io.bases import UNKNOWN
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import bundle

SHUFFLED = "shuffled_sequence"
AT_ONCE = 16  # windows that are read together


def read_models(paths: list[Path]) -> list[bundle.Trained]:
    """The models of all folds of one run; raises BadInput where one says other tracks, or of other windows."""
    models = [bundle.read(path) for path in paths]
    for path, model in zip(paths, models, strict=True):
        if (model.tracks, model.shape) != (models[0].tracks, models[0].shape):
            raise BadInput(path, "", f"has other tracks or windows than {paths[0]}", "Train the run again.")
    return models


@torch.inference_mode()
def signal(trained: bundle.Trained, codes: np.ndarray) -> np.ndarray:
    """Expected signal (B, T, N) float32 of windows by their bases (B, L) uint8, in the units of the TrackStore."""
    scale = trained.model.scale
    return (trained.model(torch.from_numpy(codes).to(scale.device)) * scale[:, None]).cpu().numpy()


def mean_signal(models: list[bundle.Trained], codes: np.ndarray) -> np.ndarray:
    """The mean (B, T, N) float32 of what all models say."""
    return np.mean([signal(model, codes) for model in models], axis=0)


def shuffled(codes: np.ndarray, seed: int) -> np.ndarray:
    """The known bases of each window (B, L) in another order, so that its composition alone is left."""
    found = codes.copy()
    generator = np.random.default_rng(seed)
    for row in found:
        known = np.flatnonzero(row != UNKNOWN)
        row[known] = generator.permutation(row[known])
    return found
