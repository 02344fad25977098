"""Training of one run on the folds of the genome that are not held out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from workflow_scripts.contracts import history as history_table
from workflow_scripts.contracts import track_store
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import bundle, codon_levels, data, losses
from workflow_scripts.seq2track.stranded import Stranded
from workflow_scripts.training import loop
from workflow_scripts.training.objective import Loss
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule

SCHEDULED = ("batch_size", "accumulate", "max_epochs", "learning_rate", "weight_decay", "ema", "patience")
log = logging.getLogger(__name__)


def train(
    *,
    genome: Path,
    index: Path,
    windows: Path,
    targets: Path,
    model: Path,
    history: Path,
    fold: int,
    spec: dict,
    policy: dict,
    checkpoints: Checkpoints,
    resume_from: Path | None,
    rank: int,
    threads: int,
    memory_mb: int,
) -> None:
    """Train one run (`spec`) as the rank `rank` of the devices of `policy`; rank 0 writes its files.

    Arguments as of the door `train_seq2track`. Raises BadInput where nothing is left to train on, or to choose by.
    """
    torch.set_num_threads(threads)
    table = track_store.read_windows(windows)
    seen = data.Windows(genome, index, targets, table, spec["context"])
    split = data.split(table, fold)
    train, validation = (data.with_signal_to_count(seen, rows) for rows in (split.train, split.validation))
    if not len(train) or not len(validation):
        reason = f"without fold {fold} no window with a bin that counts is left to train on, or to choose the epoch by"
        raise BadInput(windows, "fold", reason, "Give the targets more folds, or a smaller mask.")
    store, training = seen.store, spec["training"]
    stranded = bundle.create(spec, store.tracks, store.bins, store.bin)
    scale = data.mean_signal(seen, train)
    bundle.set_scale(stranded, scale)
    if "level" in stranded.kinds:
        bundle.set_levels(stranded, codon_levels.fit(seen, train, scale, stranded.min_codons))
    parameters = sum(parameter.numel() for parameter in stranded.parameters())
    log.info("%d parameters, %d train and %d validation windows", parameters, len(train), len(validation))

    schedule = Schedule(
        seed=spec["seed"],
        samples=len(train),
        **{name: training[name] for name in SCHEDULED},
        **policy,
        memory=memory_mb << 20,
    )
    size = training["batch_size"]
    task = loop.Task(
        training=lambda epoch, part: data.training_batches(seen, train, training, spec["seed"], epoch, part),
        validation=lambda part: data.plain_batches(seen, validation, size, part),
        loss=lambda network, batch: of_batch(network, batch, training),
        example=lambda rows: next(data.plain_batches(seen, validation, rows)),
    )
    rows = pd.DataFrame(loop.fit(stranded, task, schedule, checkpoints, resume_from))
    if rank > 0:
        return

    best = rows.loc[rows["validation_loss"].idxmin()]
    log.info("best epoch %d: validation loss %.4f", best["epoch"], best["validation_loss"])
    bundle.write(stranded, model, tracks=store.tracks, seed=spec["seed"], fold=fold)
    history_table.write(rows, history)


def of_batch(network: Stranded, batch: data.Batch, training: dict[str, Any]) -> Loss:
    """The loss of what the model says of a batch, in multiples of the mean of each track."""
    predicted = network(batch.codes)
    return losses.loss(predicted, batch.targets / network.scale[:, None], batch.mask, training)
