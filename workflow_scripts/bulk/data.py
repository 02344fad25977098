"""Streams of expression values out of the shards, and the random parts of training.

Nothing here keeps a random state: the order of an epoch, its masks and its genes are functions of
(seed, epoch, step), so that a training that was killed goes on exactly as if it had not been.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from workflow_scripts.bulk import augmentation
from workflow_scripts.bulk.base import FOLDS, UNSEEN
from workflow_scripts.contracts import expression
from workflow_scripts.training.part import WHOLE, Part

BUFFER_BYTES = 512 << 20  # what is shuffled together; a small corpus fits whole
MOST_REFERENCES = 8192  # train samples that are held at once, to fit what has no stream
MOST_CHOSEN_BY = 1024  # validation samples that settings are chosen by
# The first number of a seed: which of the independent streams it is.
ORDER, MASKS, VALIDATION, FOLD, AUGMENTATION, OTHER_VIEW = 0, 1, 2, 5, 6, 7


@dataclass(frozen=True)
class Samples:
    """Where the samples of training are."""

    paths: list[Path]
    gene_order: str
    train: pd.Index  # sample ids
    validation: pd.Index
    known: np.ndarray  # (G,) bool, False for genes that no train sample measures
    sd: np.ndarray  # (G,) float32 of ln(TPM+1) over the train split
    folds: pd.Series  # int64 of each train sample, see `folds_of`


class Batch(NamedTuple):
    """What one step sees: B samples, G genes, T tokens."""

    values: torch.Tensor  # (B, G) float32 ln(TPM+1) as they are shown, 0 where unmeasured
    visible: torch.Tensor  # (B, G) bool, measured and not masked
    index: torch.Tensor  # (B, T) int64, the genes that are tokens
    attended: torch.Tensor | None  # (B, T) bool, False for padding; None where there is none
    masked: torch.Tensor  # (B, G) bool, measured and masked
    fold: torch.Tensor  # (B,) int64 of train samples, `UNSEEN` of others
    targets: torch.Tensor  # (B, G) float32, what predictions are compared with: clean where `values` are not
    other: Batch | None = None  # the same samples under another mask, where a contrast asks for it


def references(
    paths: list[Path], samples: pd.Index, gene_order: str, seed: int, most: int = MOST_REFERENCES
) -> tuple[pd.Index, np.ndarray]:
    """Samples, or `most` of them at random, and their values (N, G) float32, NaN where unmeasured.

    That bounds the memory of what is fitted to all of them at once.
    """
    if len(samples) > most:
        chosen = np.random.default_rng(seed).choice(len(samples), most, replace=False)
        samples = samples[np.sort(chosen)]
    return expression.load(paths, samples, gene_order)


def folds_of(splits: pd.DataFrame, seed: int) -> pd.Series:
    """The fold (0 to FOLDS - 1) int64 of each train sample of a Splits table, by sample id; one of a group."""
    train = splits[splits["split"] == "train"].set_index("sample_id")["group"]
    groups = np.random.default_rng([FOLD, seed]).permutation(np.unique(train.to_numpy(str)))
    return train.map(pd.Series(np.arange(len(groups)) % FOLDS, groups))


def training_batches(samples: Samples, training: dict, seed: int, epoch: int, part: Part = WHOLE) -> Iterator[Batch]:
    """Yield a part of the batches of one epoch, each view of each with a mask ratio and an augmentation of its own.

    training: of `bulk/runs/{run}`. There is another view where `objectives/contrastive` has a weight.
    """
    settings, tokens = training["augmentation"], training["genes_per_sample"]
    streams = [MASKS, OTHER_VIEW] if training["objectives"]["contrastive"] else [MASKS]
    for step, (values, folds) in enumerate(shuffled(samples, seed, epoch, training["batch_size"])):
        generator = np.random.default_rng([AUGMENTATION, seed, epoch, step])
        corrupt = partial(augmentation.corrupt, sd=samples.sd, settings=settings, generator=generator)
        mixed = augmentation.mix(values, folds, settings["mixup"], generator)
        views = []
        for stream in streams:
            masks = np.random.default_rng([stream, seed, epoch, step])
            ratio = masks.uniform(training["min_mask_ratio"], training["max_mask_ratio"])
            views.append(draw(mixed, folds, samples.known, ratio, tokens, masks, part, corrupt))
        yield views[0]._replace(other=views[1]) if len(views) > 1 else views[0]


def validation_batches(samples: Samples, training: dict, seed: int, part: Part = WHOLE) -> Iterator[Batch]:
    """Yield a part of the validation samples as stored, with the same masks and genes in every epoch."""
    ratio = (training["min_mask_ratio"] + training["max_mask_ratio"]) / 2
    blocks = expression.blocks(samples.paths, samples.validation, samples.gene_order, training["batch_size"])
    for step, (_, values) in enumerate(blocks):
        generator = np.random.default_rng([VALIDATION, seed, step])
        folds = np.full(len(values), UNSEEN)
        yield draw(values, folds, samples.known, ratio, training["genes_per_sample"], generator, part)


def example(samples: Samples, training: dict, seed: int, rows: int) -> Batch:
    """So many validation samples, with as many views as a batch of training has."""
    batch = next(validation_batches(samples, {**training, "batch_size": rows}, seed))
    return batch._replace(other=batch) if training["objectives"]["contrastive"] else batch


def draw(
    values: np.ndarray,
    folds: np.ndarray,
    known: np.ndarray,
    ratio: float,
    tokens: int,
    generator: np.random.Generator,
    part: Part = WHOLE,
    corrupt: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
) -> Batch:
    """Mask each measured gene with probability `ratio` and choose `tokens` measured genes per sample.

    values (B, G), NaN where unmeasured; folds (B,) int64; known (G,) bool; corrupt: makes what is shown of values and
    of which are visible (B, G), and without it values are shown as they are. Returns the rows of one part; all parts
    are together the very batch that one part would be. If there are fewer rows than parts, a part left over looks at
    the first row and predicts nothing of it, since no rank may miss a step.
    """
    measured = np.isfinite(values) & known
    masked = measured & (generator.random(values.shape, np.float32) < ratio)
    order = generator.random(values.shape, np.float32)
    tokens = min(tokens, max(1, int(measured.sum(axis=1).max())))
    shown = values if corrupt is None else corrupt(values, measured & ~masked)

    spare = part.rank >= len(values)
    rows = slice(1) if spare else slice(part.rank, None, part.world)
    values, measured, masked, order = values[rows], measured[rows], masked[rows] & (not spare), order[rows]
    shown, folds = shown[rows], folds[rows]
    order[~measured] = 2.0  # after every measured gene
    index = np.argpartition(order, tokens - 1, axis=1)[:, :tokens]
    attended = np.take_along_axis(measured, index, 1)
    given, targets = (torch.from_numpy(np.where(measured, of, np.float32(0))) for of in (shown, values))
    return Batch(
        given,
        torch.from_numpy(measured & ~masked),
        torch.from_numpy(index),
        None if attended.all() else torch.from_numpy(attended),
        torch.from_numpy(masked),
        torch.from_numpy(folds),
        targets,
    )


def shuffled(samples: Samples, seed: int, epoch: int, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the train rows (at most batch_size, G) in the order of this epoch, and their folds; only the last is short.

    What fits into the buffer is read front to back and shuffled whole. Of more, short runs of rows come in random order
    from all shards, and rows are shuffled within a buffer of them: every batch is of the whole corpus, however its
    shards are sorted. Memory is bounded by twice the buffer, and each row is read once an epoch.
    """
    generator = np.random.default_rng([ORDER, seed, epoch])
    paths = [samples.paths[position] for position in generator.permutation(len(samples.paths))]
    if len(samples.train) * len(samples.known) * np.dtype(np.float32).itemsize <= BUFFER_BYTES:
        found = expression.blocks(paths, samples.train, samples.gene_order, size=256)
    else:
        found = expression.scattered(paths, samples.train, samples.gene_order, generator)
    buffer: list[tuple[np.ndarray, np.ndarray]] = []
    held = 0
    for obs, rows in found:
        buffer.append((rows, samples.folds[obs.index].to_numpy()))
        held += rows.nbytes
        if held >= BUFFER_BYTES:
            rest = yield from _batches(buffer, generator, batch_size)
            buffer.append(rest)
            held = rest[0].nbytes
    if buffer:
        rest = yield from _batches(buffer, generator, batch_size)
        if len(rest[0]):
            yield rest


def _batches(
    buffer: list[tuple[np.ndarray, np.ndarray]], generator: np.random.Generator, batch_size: int
) -> Generator[tuple[np.ndarray, np.ndarray], None, tuple[np.ndarray, np.ndarray]]:
    """Empty `buffer`; yield rows and folds in random order, batches of one size, and return what is left over."""
    rows, folds = (np.concatenate(parts) for parts in zip(*buffer, strict=True))
    buffer.clear()
    order = generator.permutation(len(rows))
    *whole, rest = np.split(order, range(batch_size, len(rows) + 1, batch_size))
    yield from ((rows[part], folds[part]) for part in whole)
    return rows[rest], folds[rest]
