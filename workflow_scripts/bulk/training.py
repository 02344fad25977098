"""What each rank of a training does: from the files to the best weights and their history."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd
import torch

from workflow_scripts.bulk import bundle, data, objectives
from workflow_scripts.bulk.fitting import Learned, fit_base, hold_out
from workflow_scripts.bulk.settling import settle_embedding, settle_weights
from workflow_scripts.contracts import gene_embedding
from workflow_scripts.contracts import history as history_table
from workflow_scripts.contracts import selection as selection_table
from workflow_scripts.contracts import separation as separation_table
from workflow_scripts.contracts import splits as split_table
from workflow_scripts.contracts import standardizer as statistics_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.training import loop
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule

SCHEDULED = ("batch_size", "accumulate", "max_epochs", "learning_rate", "weight_decay", "ema", "patience")
log = logging.getLogger(__name__)


def train(
    *,
    expression: list[Path],
    splits: Path,
    standardizer: Path,
    embedding: Path,
    model: Path,
    history: Path,
    selection: Path,
    separation: Path,
    spec: dict,
    policy: dict,
    checkpoints: Checkpoints,
    resume_from: Path | None,
    rank: int,
    threads: int,
    memory_mb: int,
) -> None:
    """Train one run (`spec`) as the rank `rank` of the devices of `policy`; rank 0 writes its files.

    Arguments as of the door `train_bulk`. Raises BadInput on inputs of different gene tables and on an empty split.
    """
    torch.set_num_threads(threads)
    genes = gene_embedding.read(embedding)
    order = str(genes.uns["gene_order"])
    statistics = statistics_table.read(standardizer, order)
    table, seed = split_table.read(splits), spec["seed"]
    train, validation = (pd.Index(table.loc[table["split"] == name, "sample_id"]) for name in ("train", "validation"))
    if train.empty or validation.empty:
        raise BadInput(splits, "split", "train or validation holds no sample", "Give both a share in prebulk/splits.")

    folds = data.folds_of(table, seed)
    names, values = data.references(expression, train, order, seed)
    others, of_others = data.references(expression, validation, order, seed, data.MOST_CHOSEN_BY)
    learned = Learned(values, folds[names].to_numpy(), of_others)
    base = fit_base(learned, statistics, spec["base"], seed)
    hold_out(base, learned.train, learned.folds, seed)
    family, stack = bundle.create(spec, genes, base, learned)
    parameters = sum(parameter.numel() for parameter in stack.parameters())
    log.info("%d parameters, %d train and %d validation samples", parameters, len(train), len(validation))

    training, augmentation = spec["training"], spec["training"]["augmentation"]
    if augmentation["noise"] is None:
        training = training | {"augmentation": augmentation | {"noise": family.NOISE}}
    schedule = Schedule(
        seed=seed,
        samples=len(train),
        **{name: training[name] for name in SCHEDULED},
        **policy,
        memory=memory_mb << 20,
    )
    known, sd = (of.numpy() for of in (stack.base.known, stack.base.sd))
    samples = data.Samples(expression, order, train, validation, known, sd, folds)
    task = loop.Task(
        training=lambda epoch, part: data.training_batches(samples, training, seed, epoch, part),
        validation=lambda part: data.validation_batches(samples, training, seed, part),
        loss=lambda network, batch: objectives.loss(
            family, network, stack.base.to(batch.values.device), batch, training["objectives"]
        ),
        example=lambda rows: data.example(samples, training, seed, rows),
    )
    # The network alone, as checkpoints need not hold the base, which every rank fits, and fits again where it resumes.
    rows = pd.DataFrame(loop.fit(stack.network, task, schedule, checkpoints, resume_from))
    if rank > 0:
        return

    best = rows.loc[rows["validation_loss"].idxmin()]
    log.info(
        "best epoch %d: validation loss %.4f, before training %.4f",
        best["epoch"],
        best["validation_loss"],
        rows["validation_loss"][0],
    )
    stack.to(stack.base.mean.device).eval()
    about = table.set_index("sample_id")
    groups, penalties = about.loc[others, "group"].to_numpy(str), spec["base"]["kernel_penalties"]
    selection_table.write(settle_weights(family, stack, of_others, groups, penalties, seed), selection)
    labels = (about.loc[of, "label"].to_numpy(str) for of in (names, others))
    separation_table.write(settle_embedding(family, stack, learned, *labels), separation)
    bundle.write(family, stack, model, order, seed)
    history_table.write(rows, history)
