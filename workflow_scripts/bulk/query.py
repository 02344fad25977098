"""What a trained run makes of a few genes and a label: the rest of the profile, its embedding, its class."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.bulk import conditions, stack
from workflow_scripts.bulk.names import finder, require_label
from workflow_scripts.bulk.probe import probabilities, read_embedding
from workflow_scripts.bulk.stack import Stack
from workflow_scripts.bulk.use import note_of
from workflow_scripts.contracts.exported_model import Exported
from workflow_scripts.io.errors import BadInput

SCALES = ("tpm", "ln_tpm1")
MOST_TPM = 1e6
OF_CLASSES = "the condition is part of the embedding, and so of the probabilities of classes"
OF_SD = "sd: of the prediction of one value on the scale ln(TPM+1), true on average over genes of validation samples"


class Ready(NamedTuple):
    """A run that can be asked."""

    family: ModuleType  # of its network, see `models/registry`
    model: Stack
    known: Exported


def about(run: Ready) -> dict[str, str]:
    """Which model it was that answered."""
    return {"run": run.known.probe.run, "genome": run.known.genome, "gene_order": run.known.gene_order}


def query(run: Ready, genes: Mapping[str, float], condition: str | None, scale: str) -> dict[str, Any]:
    """The answer as what JSON can hold; see `genelm.Model.query`, which says what stands in it."""
    if condition is not None:
        require_label(condition, run.known.conditions.labels)
    values, given = placed(run.known.genes, genes, scale)
    visible = np.isfinite(values)
    said = conditions.say(run.family, run.model, run.known.conditions, condition, values, visible)
    completed = np.where(visible, values, said.mean)
    embedding = stack.embed(run.family, run.model, values if condition is None else completed)
    reading = read_embedding(run.known.probe, embedding)
    told = run.model.base.known.cpu().numpy()
    notes = [note_of(visible[0, told].mean() if told.any() else 0.0, float(reading.beyond[0])), OF_SD]
    notes += [OF_CLASSES] if condition is not None else []
    notes += [f"of {(~told).sum()} genes the model knows nothing: no train sample measures them"] * (not told.all())
    return {
        "input": {"genes": given, "scale": scale, "condition": condition},
        "model": about(run),
        "expression": expression(run.known.genes, completed[0].clip(min=0), visible[0], said.sd[0]),
        "embedding": embedding[0].tolist(),
        "classes": classes(run, embedding),
        "notes": [note for note in notes if note],
    }


def placed(genes: pd.DataFrame, given: Mapping[str, float], scale: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Values (1, G) float32 ln(TPM+1), NaN where none is given, and for each name its gene_id and value.

    Raises BadInput on an unknown gene, one that is given twice, and a value that is none of `scale`.
    """
    if scale not in SCALES:
        raise BadInput(f"scale {scale!r}", "", f"is not one of {', '.join(SCALES)}", "Say what the values are.")
    values, said = np.full((1, len(genes)), np.nan, np.float32), {}
    most = MOST_TPM if scale == "tpm" else np.log1p(MOST_TPM)
    find = finder(genes)
    for name, value in given.items():
        place = find(name)
        if np.isfinite(values[0, place]):
            raise BadInput(f"gene {name!r}", "", "is given twice, by two of its names", "Give it once.")
        if not isinstance(value, Real) or not 0 <= value <= most:
            raise BadInput(f"gene {name!r}", "", f"{value!r} is no {scale} (0 to {most:g})", "Give its value.")
        values[0, place] = np.log1p(value) if scale == "tpm" else value
        said[name] = {"gene_id": genes["gene_id"].iloc[place], "value": float(value)}
    return values, said


def expression(genes: pd.DataFrame, values: np.ndarray, given: np.ndarray, sd: np.ndarray) -> dict[str, Any]:
    """By gene_id: symbol, ln_tpm1, tpm, given, and of what is predicted its sd; without genes that nobody knows."""
    found = {}
    for place, (name, symbol) in enumerate(zip(genes["gene_id"], genes["symbol"], strict=True)):
        if np.isfinite(values[place]):
            row = {"symbol": symbol, "ln_tpm1": float(values[place]), "tpm": float(np.expm1(values[place]))}
            found[name] = {**row, "given": bool(given[place])} | ({} if given[place] else {"sd": float(sd[place])})
    return found


def classes(run: Ready, embedding: np.ndarray) -> dict[str, float]:
    """Calibrated probabilities by label, of one embedding (1, d); empty where the run has no classes."""
    probe = run.known.probe
    if not len(probe.classes):
        return {}
    return dict(zip(probe.classes.tolist(), probabilities(probe, embedding)[0].tolist(), strict=True))
