"""Small files of perturbed cells whose effects are known, and sections of a configuration for them."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import scipy.sparse

from workflow_scripts.circuit.prepare_effects import prepare_effects
from workflow_scripts.contracts import provenance
from workflow_scripts.settings.schema import complete, load_schema

GENES = [f"G{number}" for number in range(12)]
FIT = {"folds": 3, "inner_folds": 3, "seeds": 2, "rank": 3, "hidden": 8, "steps": 5}


def spec(**changes: Any) -> dict[str, Any]:
    """A completed section `circuit/perturb_seq/{cells}`, with networks that train at once."""
    section = {"cells": "x", "columns": {"context": "line"}, "min_cells": 4, "fit": FIT}
    section["scores"] = {"bootstrap_samples": 30}
    return complete({"made": {**section, **changes}}, load_schema("circuit.perturb_seq"))["made"]


def cells(each: int = 8, contexts: tuple[str, ...] = ("a", "b"), doubles: int = 6, seed: int = 0) -> anndata.AnnData:
    """Log-normalized cells: control, each of eight genes alone, and the first pairs of them, `each` cells a context."""
    rng = np.random.default_rng(seed)
    labels = ["control", *GENES[:8], *("+".join(pair) for pair in list(combinations(GENES[:8], 2))[:doubles])]
    obs = pd.DataFrame([(label, line) for line in contexts for label in labels for _ in range(each)])
    obs = obs.set_axis(["condition", "line"], axis=1).sample(frac=1, random_state=seed)
    obs.index = [f"cell{number}" for number in range(len(obs))]
    move = rng.normal(0, 1, (8, len(GENES)))
    x = rng.gamma(2, 0.5, (len(obs), len(GENES))) + 2 * (obs["line"] == "b").to_numpy()[:, None]
    for row, label in enumerate(obs["condition"]):
        for gene in label.split("+") if label != "control" else []:
            x[row] += move[GENES.index(gene)]
    return anndata.AnnData(np.abs(x), obs=obs, var=pd.DataFrame(index=GENES))


def write(data: anndata.AnnData, path: Path, sparse: str = "") -> Path:
    if sparse:
        data = data.copy()
        data.X = getattr(scipy.sparse, f"{sparse}_matrix")(data.X)
    data.write_h5ad(path)
    return path


def attested(file: Path) -> Path:
    """The provenance of a file of one's own, which tells no more than that."""
    known = dict.fromkeys(provenance.KEYS, "") | {"sha256": "0" * 64, "bytes": 1, "simulated": False}
    provenance.write(known, file.with_name(f"{file.name}.provenance.json"))
    return file.with_name(f"{file.name}.provenance.json")


def prepared(data: anndata.AnnData, folder: Path, **changes: Any) -> Path:
    """The Effects of such cells; `coexpression.h5ad` stands beside them."""
    file, section = write(data, folder / "cells.h5ad"), spec(**changes)
    outputs = {name: folder / f"{name}.h5ad" for name in ("effects", "coexpression")}
    prepare_effects(cells=file, provenance=attested(file), **outputs, spec=section)
    return outputs["effects"]
