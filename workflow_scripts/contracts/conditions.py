"""Conditions: what the labels of train samples tell of the latent factors of a sample.

`results/bulk/{run}/conditions.npz`, written by `bulk/fit_conditions`. Of K factors, C labels (none, where no train
sample has one) and S shares of genes:

| array | shape, dtype | meaning |
|---|---|---|
| version | int64 | of this format, 1 |
| run | str | whose factors they are |
| labels | C, str | of train samples, sorted |
| samples | C, int64 | train samples of each label |
| means | C x K, float32 | of the factors (sd 1 over all samples, along the axes of the base) in samples of a label |
| root | K x K, float32 | lower Cholesky factor of their covariance within a label |
| spread | float64 | by which the model's sd of a prediction is multiplied, so that it is true on the validation split |
| shares | S, float64 | shares of measured genes that were shown of validation samples with a label |
| errors | S x 3, float64 | mean squared error of what was hidden, ln(TPM+1)^2: alone, with their label, another |
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.io.arrays import read_arrays, write_arrays
from workflow_scripts.io.errors import BadInput

VERSION = 1


class Conditions(NamedTuple):
    """As the table above says."""

    run: str
    labels: np.ndarray
    samples: np.ndarray
    means: np.ndarray
    root: np.ndarray
    spread: float
    shares: np.ndarray
    errors: np.ndarray


def validate(conditions: Conditions, where: Path | str = "Conditions") -> None:
    labels, factors, shares = len(conditions.labels), len(conditions.root), len(conditions.shares)
    wanted = {"samples": (labels,), "means": (labels, factors), "root": (factors, factors), "errors": (shares, 3)}
    for name, shape in wanted.items():
        if np.shape(getattr(conditions, name)) != shape:
            found = np.shape(getattr(conditions, name))
            raise BadInput(where, name, f"is {found}, and not {shape}", "Remove it and run its rule again.")


def write(conditions: Conditions, path: Path) -> None:
    validate(conditions, path)
    write_arrays({"version": VERSION, **conditions._asdict()}, path)


def read(path: Path) -> Conditions:
    found = read_arrays(path, ("version", *Conditions._fields), "file of conditions")
    version = int(found.pop("version"))
    if version != VERSION:
        raise BadInput(path, "version", f"is {version}, and not {VERSION}", "Export the run with this version.")
    conditions = Conditions(**{**found, "run": str(found["run"]), "spread": float(found["spread"])})
    validate(conditions, path)
    return conditions
