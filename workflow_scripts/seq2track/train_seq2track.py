"""Train a model from sequence to tracks without one fold of the genome, and keep its best validation epoch."""

from workflow_scripts.rule import run

from pathlib import Path

from workflow_scripts.seq2track import training
from workflow_scripts.training import ranks, resume


def train_seq2track(
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
    code: str,
    threads: int,
    memory_mb: int,
) -> None:
    """Train one run (`spec`, of `seq2track/runs`) and write its model bundle and history.

    Reads the genome, its index and a TrackStore (`windows`, `targets`); windows of `fold` are never looked at, those of
    the fold before it choose the epoch. A killed training goes on from the folder `checkpoints` beside the model.
    history: its losses are the Poisson loss of a bin, of signal as a multiple of the mean of its track.
    """
    inputs = {"genome": genome, "index": index, "windows": windows, "targets": targets}
    digest = resume.digest({"run": spec, "fold": fold}, code, inputs.values())
    unfinished = resume.Checkpoints(model.parent / "checkpoints", digest)
    arguments = {
        **inputs,
        "model": model,
        "history": history,
        "fold": fold,
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
    run(train_seq2track, snakemake)  # noqa: F821
