"""What double knock-outs came to, as Experiments that are predicted, never learned from."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.circuit.level_tables import fields
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts.perturbations import Perturbation, joined
from workflow_scripts.io.errors import BadInput


def prepare_outcomes(*, pairs: Path, levels: Path, experiments: Path, outcomes: Path) -> None:
    """Write the outcome of each pair of knocked-out genes.

    pairs: a header and two columns, the places of genes counted from 1; levels: a line a pair, without a header. Raises
    BadInput where a line of the one has none of the other, and where a place is that of no gene.
    """
    known = contract.read(experiments)
    genes = list(known.var_names)
    done = []
    for number, found in list(fields(pairs))[1:]:
        places = [int(field) for field in found if field.isdecimal() and 1 <= int(field) <= len(genes)]
        if len(found) != 2 or len(set(places)) != 2:
            reason = f"{' and '.join(found)} are not the places of two of {len(genes)} genes"
            raise BadInput(pairs, f"line {number}", reason, "Count genes from 1, in the order of the other tables.")
        done.append(joined([Perturbation(genes[place - 1], "knockout", 0.0) for place in places]))
    values = []
    for number, found in fields(levels):
        try:
            values.append(np.array(found, float))
        except ValueError as error:
            raise BadInput(levels, f"line {number}", f"holds what is no level ({error})", "Correct it.") from error
        if len(found) != len(genes) or not np.isfinite(values[-1]).all():
            reason = f"does not hold {len(genes)} levels, one a gene"
            raise BadInput(levels, f"line {number}", reason, "Give the levels of all genes, without a header.")
    if len(values) != len(done):
        reason = f"holds {len(values)} lines, {pairs.name} {len(done)} pairs"
        raise BadInput(levels, "", reason, "Give a line for each pair, in their order.")
    made = {"perturbation": done, "series": "", "time": np.nan, "disturbed": False, "replicates": 1}
    obs = pd.DataFrame(made, index=[f"outcome_{number}" for number in range(1, len(done) + 1)])
    units = {name: str(known.uns[name]) for name in ("unit", "time_unit")}
    contract.write(np.array(values), obs, genes, outcomes, **units)


if "snakemake" in globals():
    run(prepare_outcomes, snakemake)  # noqa: F821
