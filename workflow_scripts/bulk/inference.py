"""What a trained model says of samples: their masked genes, their embedding. Deterministic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from workflow_scripts.bulk.model import BulkModel

# What bounds the memory of one pass: tokens of all its samples, and products of their genes and factors (float32).
TOKENS_AT_ONCE = 1 << 15
PRODUCTS_AT_ONCE = 1 << 28
DEAL = 4  # the seed that deals genes to passes


class Pass(NamedTuple):
    """N samples through the model with T of their genes as tokens."""

    rows: slice
    genes: np.ndarray  # (T,) int64
    measured: Tensor  # (N, T) bool
    scores: Tensor  # (N, K)
    prediction: Tensor  # (N, T)
    states: Tensor  # (N, T, D)


def impute(model: BulkModel, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Predict every known gene of every sample from its visible genes.

    values (N, G) ln(TPM+1), NaN where unmeasured, of which only the `visible` (N, G) bool are looked
    at. Returns (N, G) float32 ln(TPM+1), NaN for genes that no train sample measures.
    """
    predicted = np.full(values.shape, np.nan, np.float32)
    for part in passes(model, values, visible):
        predicted[part.rows, part.genes] = part.prediction.cpu().numpy()
    return predicted


def embed(model: BulkModel, values: np.ndarray) -> np.ndarray:
    """One vector (D + K) float32 per sample of `values` (N, G), with every measured gene visible.

    The first D numbers are the mean of the final states over the measured genes, the last K the
    scores of the latent factors, from which the context is made.
    """
    dim = model.config.dim
    embedded = np.zeros((len(values), dim + model.config.factors), np.float32)
    measured = np.isfinite(values) & model.known.cpu().numpy()
    for part in passes(model, values, measured):
        embedded[part.rows, :dim] += (part.states * part.measured.unsqueeze(-1)).sum(1).cpu().numpy()
        embedded[part.rows, dim:] = part.scores.cpu().numpy()
    embedded[:, :dim] /= np.maximum(1, measured.sum(axis=1, keepdims=True))
    return embedded


@torch.inference_mode()
def passes(model: BulkModel, values: np.ndarray, visible: np.ndarray) -> Iterator[Pass]:
    """Yield passes until every known gene of every sample has been a token.

    As in training, so many genes attend to one another as the model has tokens; genes are dealt to
    passes at random, once and for all. The scores see all visible genes in every pass. So the cost
    grows with the number of genes, not with its square.
    """
    known = model.known.cpu().numpy()
    measured = np.isfinite(values)
    dealt = np.random.default_rng(DEAL).permutation(np.flatnonzero(known))
    parts = np.array_split(dealt, max(1, round(len(dealt) / model.config.tokens)))
    size = max(1, min(TOKENS_AT_ONCE // max(1, len(parts[0])), PRODUCTS_AT_ONCE // model.loadings.numel()))
    device = model.mean.device
    for first in range(0, len(values), size):
        rows = slice(first, first + size)
        seen = torch.from_numpy(visible[rows] & measured[rows] & known).to(device)
        given = torch.from_numpy(np.where(measured[rows], values[rows], np.float32(0))).to(device)
        scores = model.scores(given, seen)
        for genes in parts:
            attended = torch.from_numpy(measured[rows][:, genes]).to(device)
            index = torch.from_numpy(genes).to(device).expand(len(given), -1)
            output = model.predict(given, seen, scores, index, None if attended.all() else attended)
            yield Pass(rows, genes, attended, scores, *output)
