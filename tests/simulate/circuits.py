"""Making small simulated circuits, and reading their files with nothing of the project."""

from __future__ import annotations

import csv
import inspect
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.settings.schema import complete, load_schema
from workflow_scripts.simulate.simulate_circuit import simulate_circuit

OTHERS = ("organism", "truth", "targets", "spec")


def filled(**changes: object) -> dict:
    """A section `simulate/circuits/{name}` with the schema's defaults filled in."""
    schema = load_schema("simulate")["properties"]["circuits"]["additionalProperties"]
    return complete({"genes": 20, "series": 3, "double_knockouts": 6, **changes}, schema)


class Circuit(NamedTuple):
    folder: Path

    def rows(self, name: str) -> list[list[str]]:
        with (self.folder / f"{name}.tsv").open(newline="") as handle:
            return list(csv.reader(handle, delimiter="\t"))

    @property
    def genes(self) -> list[str]:
        return self.rows("wildtype")[0]

    def levels(self, name: str) -> np.ndarray:
        return np.array(self.rows(name)[1:], float)

    @property
    def series(self) -> np.ndarray:
        """series x times x (time and genes)."""
        parts: list[list[list[str]]] = []
        for row in self.rows("timeseries")[1:]:
            if row:
                parts[-1].append(row)
            else:
                parts.append([])
        return np.array(parts, float)

    @property
    def edges(self) -> dict[tuple[str, str], int]:
        """The sign of each edge, as the truth has it."""
        return {(source, target): int(sign) for source, target, sign in self.rows("truth/circuit")[1:]}

    @property
    def files(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*.tsv")}


def make(folder: Path, organism: Path | None = None, **changes: object) -> Circuit:
    names = [name for name in inspect.signature(simulate_circuit).parameters if name not in OTHERS]
    files = {name: folder / f"{name}.tsv" for name in names}
    planted = {"truth": folder / "truth/circuit.tsv", "targets": folder / "truth/compounds.tsv"}
    simulate_circuit(organism=organism, **files, **planted, spec=filled(**changes))
    return Circuit(folder)
