"""A circuit of which some levels were not measured."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np

from workflow_scripts.circuit.data import circuit
from workflow_scripts.contracts import experiments as contract


def hide_levels(*, complete: Path, experiments: Path, spec: dict, percent: str) -> None:
    """Write Experiments as `complete` but for `percent` of its levels, taken out at random.

    The level of a gene that is perturbed itself stays. What a greater percent takes out is what a lesser one does, and
    more.
    """
    measured = contract.read(complete)
    drawn = np.random.default_rng(spec["seed"]).random(measured.shape)
    hidden = (drawn < int(percent) / 100) & (circuit(measured).rates == 1)
    levels = np.where(hidden, np.nan, np.asarray(measured.X))
    units = {name: str(measured.uns[name]) for name in ("unit", "time_unit")}
    contract.write(levels, measured.obs, list(measured.var_names), experiments, **units)


if "snakemake" in globals():
    run(hide_levels, snakemake)  # noqa: F821
