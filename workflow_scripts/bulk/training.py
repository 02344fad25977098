"""What each rank of a training does: from the files to the best weights and their history."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from workflow_scripts.bulk import bundle, data
from workflow_scripts.contracts import gene_embedding
from workflow_scripts.contracts import history as history_table
from workflow_scripts.contracts import splits as split_table
from workflow_scripts.contracts import standardizer as statistics_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.training import loop
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule

log = logging.getLogger(__name__)


def train(
    *,
    expression: list[Path],
    splits: Path,
    standardizer: Path,
    embedding: Path,
    model: Path,
    history: Path,
    spec: dict,
    policy: dict,
    checkpoints: Checkpoints,
    resume_from: Path | None,
    rank: int,
    threads: int,
) -> None:
    """Train one run (`spec`) as the rank `rank` of the devices of `policy`; rank 0 writes `model` and `history`.

    Arguments as of the door `train_bulk`. Raises BadInput on inputs of different gene tables and on an empty split.
    """
    torch.set_num_threads(threads)
    genes = gene_embedding.read(embedding)
    order = str(genes.uns["gene_order"])
    statistics = statistics_table.read(standardizer, order)
    split = split_table.read(splits).set_index("sample_id")["split"]
    train, validation = (split.index[split == name] for name in ("train", "validation"))
    if train.empty or validation.empty:
        raise BadInput(splits, "split", "train or validation holds no sample", "Give both a share in prebulk/splits.")

    references = np.empty((0, genes.n_obs), np.float32)
    if rank == 0 and resume_from is None:  # otherwise what is fitted to them comes from rank 0 or the checkpoint
        references = data.references(expression, train, order, spec["seed"])
    family, network = bundle.create(spec, genes, statistics, references)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    log.info("%d parameters, %d train and %d validation samples", parameters, len(train), len(validation))

    training = spec["training"]
    schedule = Schedule(
        seed=spec["seed"],
        samples=len(train),
        **{name: training[name] for name in ("batch_size", "max_epochs", "learning_rate", "weight_decay", "patience")},
        **policy,
    )
    samples = data.Samples(expression, order, train, validation, network.known.numpy())
    task = loop.Task(
        training=lambda epoch, part: data.training_batches(samples, training, spec["seed"], epoch, part),
        validation=lambda part: data.validation_batches(samples, training, spec["seed"], part),
        loss=family.loss,
    )
    rows = pd.DataFrame(loop.fit(network, task, schedule, checkpoints, resume_from))
    if rank > 0:
        return

    best = rows.loc[rows["validation_loss"].idxmin()]
    log.info(
        "best epoch %d: validation loss %.4f, before training %.4f",
        best["epoch"],
        best["validation_loss"],
        rows["validation_loss"][0],
    )
    bundle.write(family, network, model, order, spec["seed"])
    history_table.write(rows, history)
