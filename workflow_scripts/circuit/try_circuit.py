"""Learn a circuit with the settings of one trial of its search."""

from workflow_scripts.rule import run

from pathlib import Path

from workflow_scripts.circuit.train_circuit import train_circuit
from workflow_scripts.contracts import trial_settings
from workflow_scripts.contracts.space import laid_over


def try_circuit(
    *,
    experiments: Path,
    candidates: Path | None,
    settings: Path,
    model: Path,
    history: Path,
    selection: Path,
    edges: Path,
    spec: dict,
    policy: dict,
    code: str,
    threads: int,
    memory_mb: int,
) -> None:
    """Train as `train_circuit` does, by TrialSettings laid over the run `spec`."""
    train_circuit(
        experiments=experiments,
        candidates=candidates,
        model=model,
        history=history,
        selection=selection,
        edges=edges,
        spec=laid_over(spec, trial_settings.read(settings)),
        policy=policy,
        code=code,
        threads=threads,
        memory_mb=memory_mb,
    )


if "snakemake" in globals():
    run(try_circuit, snakemake)  # noqa: F821
