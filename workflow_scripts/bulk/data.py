"""Streams of expression values out of the shards, and the random parts of training.

Nothing here keeps a random state: the order of an epoch, its masks and its genes are functions of
(seed, epoch, step), so that a training that was killed goes on exactly as if it had not been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from workflow_scripts.contracts import expression
from workflow_scripts.training.part import WHOLE, Part

BUFFER_BYTES = 512 << 20  # what is shuffled together; a small corpus fits whole
MOST_REFERENCES = 8192  # train samples that are held at once, to fit what has no stream
# The first number of a seed: which of the independent streams it is.
ORDER, MASKS, VALIDATION = 0, 1, 2


@dataclass(frozen=True)
class Samples:
    """Where the samples of training are."""

    paths: list[Path]
    gene_order: str
    train: pd.Index  # sample ids
    validation: pd.Index
    known: np.ndarray  # (G,) bool, False for genes that no train sample measures


class Batch(NamedTuple):
    """What one step sees: B samples, G genes, T tokens."""

    values: torch.Tensor  # (B, G) float32 ln(TPM+1), 0 where unmeasured
    visible: torch.Tensor  # (B, G) bool, measured and not masked
    index: torch.Tensor  # (B, T) int64, the genes that are tokens
    attended: torch.Tensor | None  # (B, T) bool, False for padding; None where there is none
    masked: torch.Tensor  # (B, G) bool, measured and masked


def references(paths: list[Path], train: pd.Index, gene_order: str, seed: int) -> np.ndarray:
    """Values (N, G) float32, NaN where unmeasured, of the train samples, or of so many of them at random.

    N is at most `MOST_REFERENCES`, which bounds the memory of what is fitted to all of them at once.
    """
    if len(train) > MOST_REFERENCES:
        chosen = np.random.default_rng(seed).choice(len(train), MOST_REFERENCES, replace=False)
        train = train[np.sort(chosen)]
    return np.concatenate([values for _, values in expression.blocks(paths, train, gene_order)])


def training_batches(samples: Samples, training: dict, seed: int, epoch: int, part: Part = WHOLE) -> Iterator[Batch]:
    """Yield a part of the batches of one epoch, each with a mask ratio of its own.

    training: batch_size, genes_per_sample, min_mask_ratio and max_mask_ratio of `bulk/runs/{run}`.
    """
    for step, values in enumerate(shuffled(samples, seed, epoch, training["batch_size"])):
        generator = np.random.default_rng([MASKS, seed, epoch, step])
        ratio = generator.uniform(training["min_mask_ratio"], training["max_mask_ratio"])
        yield draw(values, samples.known, ratio, training["genes_per_sample"], generator, part)


def validation_batches(samples: Samples, training: dict, seed: int, part: Part = WHOLE) -> Iterator[Batch]:
    """Yield a part of the validation samples as stored, with the same masks and genes in every epoch."""
    ratio = (training["min_mask_ratio"] + training["max_mask_ratio"]) / 2
    blocks = expression.blocks(samples.paths, samples.validation, samples.gene_order, training["batch_size"])
    for step, (_, values) in enumerate(blocks):
        generator = np.random.default_rng([VALIDATION, seed, step])
        yield draw(values, samples.known, ratio, training["genes_per_sample"], generator, part)


def draw(
    values: np.ndarray,
    known: np.ndarray,
    ratio: float,
    tokens: int,
    generator: np.random.Generator,
    part: Part = WHOLE,
) -> Batch:
    """Mask each measured gene with probability `ratio` and choose `tokens` measured genes per sample.

    values (B, G), NaN where unmeasured; known (G,) bool. Returns the rows of one part; all parts are together the
    very batch that one part would be. If there are fewer rows than parts, a part left over looks at the first row
    and predicts nothing of it, since no rank may miss a step.
    """
    measured = np.isfinite(values) & known
    masked = measured & (generator.random(values.shape, np.float32) < ratio)
    order = generator.random(values.shape, np.float32)
    tokens = min(tokens, max(1, int(measured.sum(axis=1).max())))

    spare = part.rank >= len(values)
    rows = slice(1) if spare else slice(part.rank, None, part.world)
    values, measured, masked, order = values[rows], measured[rows], masked[rows] & (not spare), order[rows]
    order[~measured] = 2.0  # after every measured gene
    index = np.argpartition(order, tokens - 1, axis=1)[:, :tokens]
    attended = np.take_along_axis(measured, index, 1)
    return Batch(
        torch.from_numpy(np.where(measured, values, np.float32(0))),
        torch.from_numpy(measured & ~masked),
        torch.from_numpy(index),
        None if attended.all() else torch.from_numpy(attended),
        torch.from_numpy(masked),
    )


def shuffled(samples: Samples, seed: int, epoch: int, batch_size: int) -> Iterator[np.ndarray]:
    """Yield the train rows (at most batch_size, G) in the order of this epoch; only the last is short.

    Shards come in random order and rows are shuffled within a buffer of several shards, or the part
    of one: memory is bounded by the buffer, and a shard is read once an epoch, front to back.
    """
    generator = np.random.default_rng([ORDER, seed, epoch])
    paths = [samples.paths[position] for position in generator.permutation(len(samples.paths))]
    buffer: list[np.ndarray] = []
    held = 0
    for _, rows in expression.blocks(paths, samples.train, samples.gene_order, size=256):
        buffer.append(rows)
        held += rows.nbytes
        if held >= BUFFER_BYTES:
            mixed = generator.permutation(np.concatenate(buffer))
            whole = len(mixed) // batch_size * batch_size
            yield from np.split(mixed[:whole], range(batch_size, whole, batch_size)) if whole else ()
            buffer = [mixed[whole:].copy()]
            held = buffer[0].nbytes
    if buffer and len(mixed := generator.permutation(np.concatenate(buffer))):
        yield from np.split(mixed, range(batch_size, len(mixed), batch_size))
