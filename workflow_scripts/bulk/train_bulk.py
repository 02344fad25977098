"""Train a transformer on bulk RNA-seq to predict masked genes, and keep its best validation epoch."""

from workflow_scripts.rule import run

from pathlib import Path


def train_bulk(
    *,
    expression: list[Path],
    splits: Path,
    standardizer: Path,
    embedding: Path,
    model: Path,
    history: Path,
    spec: dict,
    policy: dict,
    code: str,
    threads: int,
) -> None:
    """Train one run (`spec`, of `bulk/runs`) and write its model bundle and its history.

    Reads ExpressionStore shards, Splits, Standardizer and the GeneEmbedding that says what genes are.
    history: TSV with epoch (0 is before training), train_loss and validation_loss (mean squared error
    of masked ln(TPM+1)), learning_rate, seconds. A killed training goes on from `checkpoints` beside the model. Raises BadInput on inputs of different gene tables and on an empty split.
    """
    import logging
    import math

    import pandas as pd
    import torch

    from workflow_scripts.bulk import bundle, data
    from workflow_scripts.contracts import gene_embedding
    from workflow_scripts.contracts import history as history_table
    from workflow_scripts.contracts import splits as split_table
    from workflow_scripts.contracts import standardizer as statistics_table
    from workflow_scripts.io.errors import BadInput
    from workflow_scripts.training import loop, resume

    log = logging.getLogger(__name__)
    torch.set_num_threads(threads)
    genes = gene_embedding.read(embedding)
    order = str(genes.uns["gene_order"])
    statistics = statistics_table.read(standardizer, order)
    split = split_table.read(splits).set_index("sample_id")["split"]
    train, validation = (split.index[split == name] for name in ("train", "validation"))
    if train.empty or validation.empty:
        raise BadInput(splits, "split", "train or validation holds no sample", "Give both a share in prebulk/splits.")

    references = data.references(expression, train, order, spec["seed"])
    family, network = bundle.create(spec, genes, statistics, references)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    log.info("%d parameters, %d train and %d validation samples", parameters, len(train), len(validation))

    training = spec["training"]
    schedule = loop.Schedule(
        seed=spec["seed"],
        max_epochs=training["max_epochs"],
        steps_per_epoch=math.ceil(len(train) / training["batch_size"]),
        learning_rate=training["learning_rate"],
        weight_decay=training["weight_decay"],
        patience=training["patience"],
        accelerator=policy["accelerator"],
    )
    samples = data.Samples(expression, order, train, validation, network.known.numpy())
    task = loop.Task(
        training=lambda epoch: data.training_batches(samples, training, spec["seed"], epoch),
        validation=lambda: data.validation_batches(samples, training, spec["seed"]),
        loss=family.loss,
    )
    digest = resume.digest(spec, code, [*expression, splits, standardizer, embedding])
    unfinished = resume.Checkpoints(model.parent / "checkpoints", digest)
    rows = pd.DataFrame(loop.fit(network, task, schedule, unfinished))

    best = rows.loc[rows["validation_loss"].idxmin()]
    log.info(
        "best epoch %d: validation loss %.4f, before training %.4f",
        best["epoch"],
        best["validation_loss"],
        rows["validation_loss"][0],
    )
    bundle.write(family, network, model, order, spec["seed"])
    history_table.write(rows, history)
    unfinished.remove()


if "snakemake" in globals():
    run(train_bulk, snakemake)  # noqa: F821
