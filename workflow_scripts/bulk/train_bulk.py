"""Train a model on bulk RNA-seq to predict masked genes, and keep its best validation epoch."""

from workflow_scripts.rule import run

from pathlib import Path

from workflow_scripts.bulk import training
from workflow_scripts.training import ranks, resume


def train_bulk(
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
    code: str,
    threads: int,
    memory_mb: int,
) -> None:
    """Train one run (`spec`, of `bulk/runs`) and write its model bundle, its history, its Selection and its
    Separation.

    Reads ExpressionStore shards, Splits, Standardizer and the GeneEmbedding that says what genes are.
    history: TSV with epoch (0 is before training), train_loss and validation_loss (mean squared error
    of masked ln(TPM+1), whatever is minimised), learning_rate, seconds, samples_per_second, peak_memory_mib. memory_mb:
    what the job asked for. A killed training goes on from the folder `checkpoints` beside the model. Raises BadInput on
    inputs of different gene tables, on an empty split, and where a GPU has too little memory.
    """
    inputs = {"splits": splits, "standardizer": standardizer, "embedding": embedding}
    digest = resume.digest(spec, code, [*expression, *inputs.values()])
    unfinished = resume.Checkpoints(model.parent / "checkpoints", digest)
    arguments = {
        "expression": expression,
        **inputs,
        "model": model,
        "history": history,
        "selection": selection,
        "separation": separation,
        "spec": spec,
        "policy": policy,
        "checkpoints": unfinished,
        "resume_from": unfinished.newest(),
        "memory_mb": memory_mb,
    }
    devices, nodes = policy["devices"], policy["nodes"]
    ranks.call(training.train, arguments, devices=devices, nodes=nodes, threads=threads, folder=unfinished.folder)
    unfinished.remove()


if "snakemake" in globals():
    run(train_bulk, snakemake)  # noqa: F821
