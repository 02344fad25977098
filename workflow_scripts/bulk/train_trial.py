"""Train a run with the settings of one trial of its search."""

from workflow_scripts.rule import run

from pathlib import Path

from workflow_scripts.bulk.train_bulk import train_bulk
from workflow_scripts.contracts import trial_settings
from workflow_scripts.contracts.space import laid_over


def train_trial(
    *,
    expression: list[Path],
    splits: Path,
    standardizer: Path,
    embedding: Path,
    settings: Path,
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
    """Train as `train_bulk` does, by TrialSettings laid over the run `spec`."""
    train_bulk(
        expression=expression,
        splits=splits,
        standardizer=standardizer,
        embedding=embedding,
        model=model,
        history=history,
        selection=selection,
        separation=separation,
        spec=laid_over(spec, trial_settings.read(settings)),
        policy=policy,
        code=code,
        threads=threads,
        memory_mb=memory_mb,
    )


if "snakemake" in globals():
    run(train_trial, snakemake)  # noqa: F821
