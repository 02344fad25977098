"""Perturbations of a circuit by how well what they do matches a wanted change, and what else they do.

R perturbations, G genes, M members. Changes are in sds of each gene.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.circuit.calibration import ends, scored
from workflow_scripts.circuit.level_tables import fields
from workflow_scripts.contracts.perturbations import Perturbation, joined
from workflow_scripts.contracts.screen import LIMITS, NUMBERS, SCHEMA
from workflow_scripts.io.errors import BadInput

HEADER = ["gene", "change"]
REMEDY = "Correct the file."


class Likeness(NamedTuple):
    """How changes (..., G) are like a signature, see `contracts/screen`; NaN where it is not defined."""

    match: np.ndarray  # (...,)
    size: np.ndarray
    side_effect: np.ndarray


class Asked(NamedTuple):
    """What is predicted (...), with which error, and what was measured of it."""

    predicted: Likeness
    errors: Likeness
    measured: Likeness


def asked(spec: dict[str, Any], genes: list[str]) -> list[tuple[Perturbation, ...]]:
    """What is tried: each of the genes of a screen, or of the circuit, or all pairs of them.

    spec: kind, dose, genes and pairs of `circuit/screens`. Raises BadInput on an unknown gene.
    """
    _require(spec["genes"], genes, "genes")
    dose = spec.get("dose", 0.0)  # of a knock-out, which has none
    each = [Perturbation(gene, spec["kind"], dose) for gene in spec["genes"] or genes]
    tried = combinations(each, 2) if spec["pairs"] else ((one,) for one in each)
    return [tuple(sorted(those)) for those in tried]


def wanted(spec: dict[str, Any], table: Path | None, genes: list[str]) -> np.ndarray:
    """The signature (G,) float64: the change that is wanted of each gene, NaN of genes of which nothing is.

    spec: up and down of `circuit/screens`, an sd each; table: in their place, text with tabs, a header gene and change,
    and a line a gene, in sds; 0 of one that is to stay as it is. Raises BadInput where it is none of this circuit.
    """
    found = np.full(len(genes), np.nan)
    if table is None:
        for name, change in (("up", 1.0), ("down", -1.0)):
            _require(spec[name], genes, name)
            found[[genes.index(gene) for gene in spec[name]]] = change
        return found
    lines = fields(table)
    if next(lines, (1, []))[1] != HEADER:
        raise BadInput(table, "line 1", "is not the header `gene` and `change`", REMEDY)
    for number, line in lines:
        place = genes.index(line[0]) if len(line) == len(HEADER) and line[0] in genes else None
        try:
            change = float(line[1]) if place is not None else np.nan
        except ValueError:
            change = np.nan
        if place is None or not np.isfinite(change):
            raise BadInput(table, f"line {number}", "is no gene of this circuit and the change that is wanted", REMEDY)
        if np.isfinite(found[place]):
            raise BadInput(table, f"line {number}", f"names {line[0]} for the second time", REMEDY)
        found[place] = change
    if not np.nan_to_num(found).any():
        raise BadInput(table, "", "wants no gene to change", REMEDY)
    return found


def likeness(changes: np.ndarray, signature: np.ndarray, perturbed: np.ndarray) -> Likeness:
    """Of changes (..., R, G), with the perturbed genes (R, G) bool left out; signature (G,), see `wanted`."""
    within = np.isfinite(signature) & ~perturbed
    outside = ~np.isfinite(signature) & ~perturbed
    change, goal = np.where(within, changes, 0.0), np.where(within, np.nan_to_num(signature), 0.0)
    along, length = (change * goal).sum(-1), np.sqrt((change**2).sum(-1))
    reach = np.sqrt((goal**2).sum(-1))
    defined = np.broadcast_to(reach > 0, along.shape)
    below = np.where(length > 0, length, 1.0) * np.where(reach > 0, reach, 1.0)
    match = np.where(defined, np.clip(along / below, -1.0, 1.0), np.nan)  # 0 of no change
    return Likeness(match, _root_mean_square(changes, within), _root_mean_square(changes, outside))


def expected(changes: Likeness, errors: np.ndarray, signature: np.ndarray, perturbed: np.ndarray) -> Likeness:
    """What error is to be expected of each number, where each gene has an error of this size (..., R, G), in sds.

    Of a size it is the root mean square of these. Of a match, which is a cosine, it is less the longer the change is.
    """
    within = np.isfinite(signature) & ~perturbed
    size = _root_mean_square(errors, within)
    outside = _root_mean_square(errors, ~np.isfinite(signature) & ~perturbed)
    return Likeness(size / (size + changes.size), size, outside)


def intervals(predicted: Likeness, errors: Likeness, held: Asked, member: np.ndarray) -> Likeness:
    """Both ends (2, R) of each number, by CV+, see `calibration`.

    predicted, errors: (M, R), of `likeness` and `expected`; held: the same (E,) of experiments that were held out, each
    by the `member` (E,) that was not shown it, and what was measured.
    """
    found = []
    for name in NUMBERS:
        of = [getattr(part, name) for part in held]
        there = np.isfinite(of[0]) & np.isfinite(of[2])
        score = np.abs(of[0] - of[2])[there] / np.maximum(of[1][there], np.finfo(float).tiny)
        scores = scored(score, member[there], len(getattr(predicted, name)))
        found.append(np.array(ends(scores, getattr(predicted, name), getattr(errors, name))))
    return Likeness(*found)


def screened(
    done: list[tuple[Perturbation, ...]],
    predicted: Likeness,
    ends: Likeness,
    measured: Likeness,
    basis: list[str],
    least_size: float,
) -> pd.DataFrame:
    """A Screen of R perturbations.

    predicted: numbers (M, R); ends: of `intervals` (2, R); measured: (R,), NaN where nothing was measured.
    """
    columns: dict[str, Any] = {"perturbation": [joined(list(those)) for those in done]}
    for name in NUMBERS:
        of = getattr(predicted, name).mean(0), *getattr(ends, name)
        for end, values in zip(("", "_low", "_high"), of, strict=True):
            columns[f"{name}{end}"] = np.clip(values, *LIMITS[name])
    columns |= {f"measured_{name}": getattr(measured, name) for name in NUMBERS} | {"basis": basis}
    table = pd.DataFrame(columns)
    order = {
        "undefined": table["match"].isna(),
        "hardly": table["size"] < least_size,
        "by": -table["match"],
        "then": -table["size"],
    }
    ranked = table.assign(**order).sort_values([*order, "perturbation"], ignore_index=True)
    return ranked.assign(rank=np.arange(1, len(ranked) + 1))[list(SCHEMA.columns)]


def _root_mean_square(changes: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Over the genes that are kept, NaN where there are none."""
    number = kept.sum(-1)
    squares = np.where(kept, changes, 0.0) ** 2
    return np.where(number > 0, np.sqrt(squares.sum(-1) / np.maximum(number, 1)), np.nan)


def _require(names: list[str], genes: list[str], key: str) -> None:
    unknown = [name for name in names if name not in genes]
    if unknown:
        reason = f"{unknown[0]} is none of the {len(genes)} genes of the circuit"
        raise BadInput(f"`{key}` of the screen", "", reason, "Name its genes, in the configuration.")
