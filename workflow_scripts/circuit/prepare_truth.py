"""Which edges there are, of a circuit whose edges are known."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd

from workflow_scripts.circuit.level_tables import fields
from workflow_scripts.contracts import edge_truth
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.io.errors import BadInput

PRESENT = {"1": True, "0": False}


def prepare_truth(*, edges: Path, experiments: Path, truth: Path) -> None:
    """Write the candidate edges of a table of source, target and 1 or 0, without a header.

    Raises BadInput where it names a gene that was not measured, an edge twice, a gene as its own regulator, or no edge.
    """
    genes = set(contract.read(experiments).var_names)
    rows: dict[tuple[str, str], bool] = {}
    for number, found in fields(edges):
        if len(found) != 3 or found[2] not in PRESENT:
            raise BadInput(edges, f"line {number}", "is no source, target and 1 or 0, with tabs between", "Correct it.")
        for name in found[:2]:
            if name not in genes:
                reason = f"{name} is none of the {len(genes)} genes that were measured"
                raise BadInput(edges, f"line {number}", reason, "Give the edges of the same circuit.")
        if found[0] == found[1] or (found[0], found[1]) in rows:
            what = "a gene as its own regulator" if found[0] == found[1] else "an edge for the second time"
            raise BadInput(edges, f"line {number}", f"names {what}", "Take the line out.")
        rows[found[0], found[1]] = PRESENT[found[2]]
    if not any(rows.values()):
        raise BadInput(edges, "", "holds no edge that is present", "Give the edges that there are, with a 1.")
    sources, targets = zip(*rows, strict=True)
    made = {"source": sources, "target": targets, "present": list(rows.values()), "sign": 0}
    edge_truth.write(pd.DataFrame(made), truth)


if "snakemake" in globals():
    run(prepare_truth, snakemake)  # noqa: F821
