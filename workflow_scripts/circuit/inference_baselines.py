"""Who regulates whom, by methods that are known: the registry, and how it is read.

One entry a line: the key is the name in the Metrics table (in words in `evaluation/models.py`), `function` the dotted
name of what infers. A function takes a Circuit without gaps (see `data.imputed`), a seed and the settings, and returns
`evidence.Inferred`, or None where there are no experiments of the kind it needs. One that names `parts` takes what
these inferred. No function looks at what is true of the circuit.

Settings: trees (of a forest, and at most of a boosted one; int), folds (over series, to choose a penalty; int).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.evidence import Inferred
from workflow_scripts.io.registry import load


class Method(NamedTuple):
    function: str
    parts: tuple[str, ...] = ()  # methods above it


INFERENCE = {
    "random": Method("workflow_scripts.circuit.evidence.no_order"),
    "correlation": Method("workflow_scripts.circuit.evidence.correlation"),
    "clr": Method("workflow_scripts.circuit.evidence.clr"),
    "genie3": Method("workflow_scripts.circuit.forests.genie3"),
    "grnboost2": Method("workflow_scripts.circuit.forests.grnboost2"),
    "dyngenie3": Method("workflow_scripts.circuit.forests.dyngenie3"),
    "lagged_ridge": Method("workflow_scripts.circuit.lagged.lagged_ridge"),
    "lagged_lasso": Method("workflow_scripts.circuit.lagged.lagged_lasso"),
    "zscore": Method("workflow_scripts.circuit.evidence.zscore"),
    "zscore_x_dyngenie3": Method("workflow_scripts.circuit.evidence.rank_product", ("zscore", "dyngenie3")),
    "zscore_lagged_lasso": Method("workflow_scripts.circuit.evidence.sum_of_shares", ("zscore", "lagged_lasso")),
}


def infer(
    name: str,
    circuit: Circuit,
    seed: int,
    settings: dict[str, Any],
    known: Mapping[str, Inferred | None] = MappingProxyType({}),
) -> Inferred | None:
    """What one method infers; None where the circuit has no experiments that it could infer from.

    An edge that cannot be has the weight 0. known: what other methods inferred of the same; parts that are not among
    it are inferred first.
    """
    method = INFERENCE[name]
    if method.parts:
        parts = [known[part] if part in known else infer(part, circuit, seed, settings) for part in method.parts]
        return None if any(part is None for part in parts) else load(method.function)(*parts)
    found = load(method.function)(circuit, seed, settings)
    if found is None or circuit.candidates is None:
        return found
    possible = np.isfinite(circuit.possible(range(len(circuit.genes)))).T
    return Inferred(np.where(possible, found.weights, 0.0), found.signs)
