"""The tables of one circuit as Experiments."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.circuit.level_tables import read_levels, read_perturbed, read_series
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts.perturbations import KINDS, Perturbation
from workflow_scripts.io.errors import BadInput


def prepare_experiments(
    *,
    wild_type: Path | None,
    knockouts: Path | None,
    knockdowns: Path | None,
    multifactorial: Path | None,
    time_series: Path | None,
    perturbed: Path | None,
    experiments: Path,
    spec: dict,
) -> None:
    """Write all that may be learned from: samples of the wild type, knock-outs, knock-downs, multifactorial, series;
    and of perturbations of any kind, at rest and over time.

    Of knock-outs and knock-downs the line of number i is that of the i-th gene. Raises BadInput where two tables are
    not of the same genes in one order.
    """
    genes: list[str] | None = None
    values, obs = [], []

    def add(levels: np.ndarray, kind: str, perturbations: list[str], **more: np.ndarray) -> None:
        values.append(levels)
        ids = [f"{kind}_{number}" for number in range(1, len(levels) + 1)]
        made = {"perturbation": perturbations, "series": "", "time": np.nan, "disturbed": False, "replicates": 1}
        obs.append(pd.DataFrame({**made, **more}, index=ids))

    steady = {"wild_type": wild_type, "knockout": knockouts, "knockdown": knockdowns, "multifactorial": multifactorial}
    for kind, path in steady.items():
        if path is None:
            continue
        table = read_levels(path, genes)
        genes = table.genes
        done = [""] * len(table.values)
        if kind in KINDS:
            if len(table.values) != len(genes):
                reason = f"holds {len(table.values)} lines for {len(genes)} genes"
                raise BadInput(path, "", reason, "Give one line a gene, in the order of the header.")
            done = [str(Perturbation(gene, kind, spec["knockdown_rate"])) for gene in genes]
        add(table.values, kind, done, disturbed=np.full(len(done), kind == "multifactorial"))
    if time_series is not None:
        table, times = read_series(time_series, genes)
        genes = table.genes
        names = [f"series_{number + 1}" for number in table.block]
        disturbed = times < spec["disturbed_until"]
        add(table.values, "point", [""] * len(times), series=names, time=times, disturbed=disturbed)
    if perturbed is not None:
        table, told = read_perturbed(perturbed, genes)
        genes = table.genes
        named = {"series": told["series"].where(told["series"] == "", "perturbed_" + told["series"]).to_numpy()}
        add(table.values, "perturbed", told["perturbation"].tolist(), **named, time=told["time"].to_numpy())
    units = {"unit": spec["unit"], "time_unit": spec["time_unit"]}
    contract.write(np.concatenate(values), pd.concat(obs), genes, experiments, **units)


if "snakemake" in globals():
    run(prepare_experiments, snakemake)  # noqa: F821
