"""The examples of what is measured of circuits, and of what is learned."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tests.support.example import Example, same_matrix
from workflow_scripts.contracts import (
    candidates,
    edge_truth,
    edges,
    effects,
    enhancer_links,
    enhancer_pairs,
    experiments,
    exported_circuit,
    model_bundle,
    penalties,
    predicted_effects,
    responses,
    screen,
)
from workflow_scripts.contracts.exported_circuit import Exported

GENES = ["G0", "G1", "G2", "G3"]


def experiments_table() -> pd.DataFrame:
    made = {"perturbation": ["", "G0:knockout", "G1:knockdown:0.5+d:chemical:2", ""], "series": ["", "", "", "s"]}
    made |= {"time": [np.nan, np.nan, np.nan, 0.0], "disturbed": [False, False, False, True], "replicates": 1}
    return pd.DataFrame(made, index=pd.Index(list("wxyz"), name="sample_id"))


def edge_table() -> pd.DataFrame:
    made = {"source": ["a", "c"], "target": ["b", "a"], "weight": [0.5, 0.25], "sign": [1, -1]}
    return pd.DataFrame({**made, "probability": [1.0, np.nan]})


def exported() -> Exported:
    edges = pd.DataFrame({"source": ["G1", "G0"], "target": ["G0", "G3"], "weight": [0.5, -0.25], "sign": [1, -1]})
    edges = edges.assign(stability=[1.0, 0.8], low=[0.4, -0.3], high=[0.6, -0.2])
    genes = pd.DataFrame(
        {"level": [0.5, 0.25, 1.0, 0.0], "sd": [0.1, 0.2, 0.3, 0.4]}, index=pd.Index(GENES, name="gene")
    )
    targets = {"compound": ["NA", "d"], "gene": ["G1", "G0"], "effect": [0.5, -2.0], "stability": [1.0, 0.4]}
    targets = pd.DataFrame({**targets, "low": [0.25, -3.0], "high": [0.75, -1.0], "half_dose": [0.1, 30.0]})
    about = {"network": "n", "run": "r", "unit": "u", "time_unit": "min", "chosen": "all"}
    return Exported(edges, targets, genes, about, [dict.fromkeys(exported_circuit.SOURCE, "x") | {"simulated": False}])


def write_exported(content: Exported, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model_bundle.write({"w": torch.ones(2)}, {}, Path(folder) / "model", gene_order="o", seed=1)
        exported_circuit.write(Path(folder) / "model", content, "card", path)


def same_exported(found: Exported, content: Exported) -> None:
    pd.testing.assert_frame_equal(found.edges, content.edges)
    pd.testing.assert_frame_equal(found.targets, content.targets)
    pd.testing.assert_frame_equal(found.genes, content.genes)
    assert (found.about, found.sources) == (content.about, content.sources)


def screen_of_three() -> pd.DataFrame:
    """Of a perturbation that was measured, one that was not, and one of which nothing is defined."""
    found = pd.DataFrame({"rank": [1, 2, 3], "perturbation": ["a:knockout", "b:knockout+c:knockout", "c:knockout"]})
    for name, value in {"match": 0.5, "size": 1.25, "side_effect": 0.25}.items():
        found = found.assign(**{name: [value, value, np.nan], f"{name}_low": [0.1, value, np.nan]})
        found[f"{name}_high"] = [value + 0.1, value, np.nan]
    measured = {f"measured_{name}": [0.75, np.nan, np.nan] for name in screen.NUMBERS}
    return found.assign(**measured, basis=[screen.CIRCUIT, screen.WITH_SINGLES, screen.CIRCUIT])


def levels(rows: int) -> np.ndarray:
    found = np.random.default_rng(rows).random((rows, len(GENES))).astype(np.float32)
    found[0, 1] = np.nan
    return found


def same_methods(found: dict[str, pd.DataFrame], content: dict[str, pd.DataFrame]) -> None:
    assert list(found) == list(content)
    for name, table in content.items():
        pd.testing.assert_frame_equal(found[name], table)


def pairs_table() -> pd.DataFrame:
    """Three pairs of EnhancerPairs: of one no TSS, of one no outcome, of one a feature is not known."""
    return pd.DataFrame(
        {
            "chrom": ["chr1", "chr1", "chr2"],
            "start": [100, 900, 50],
            "end": [600, 1400, 80],
            "gene": ["G1", "G0", "G2"],
            "tss": pd.array([5000, None, 70000], dtype="Int64"),
            "distance": [4650, 5200, 69935],
            "regulated": pd.array([True, False, None], dtype="boolean"),
            "feature:DHS.RPM": [1.5, np.nan, 0.0],
        }
    )


def links_table() -> pd.DataFrame:
    place = pairs_table()[["chrom", "start", "end", "gene"]]
    return place.assign(score=[0.0, -2.5, 1e9], probability=[0.5, np.nan, 1.0])


def effects_table() -> pd.DataFrame:
    made = {"perturbation": ["", "G0", "G0+G2"], "context": ["a", "a", "a"], "cells": [9, 4, 5]}
    return pd.DataFrame(made, index=pd.Index(list("012"), name="row"))


def predictions_table() -> pd.DataFrame:
    made = {"model": "network:none", "seed": [0, 1], "task": "doubles", "perturbation": "G0+G2", "context": "a"}
    return pd.DataFrame(
        made | {"fold": 2, "share": [0.5, np.nan], "unknown": 1}, index=pd.Index(list("01"), name="row")
    )


EXAMPLES = {
    "effects": Example(
        "effects.h5ad",
        (np.nan_to_num(levels(3)), effects_table()),
        lambda content, path: effects.write(content[0], np.stack([content[0]] * 2), content[1], GENES, path, unit="u"),
        effects.read,
        same_matrix,
        ordered=True,
    ),
    "predicted_effects": Example(
        "none.h5ad",
        (np.nan_to_num(levels(2)), predictions_table()),
        lambda content, path: predicted_effects.write(*content, GENES, path, unit="u"),
        predicted_effects.read,
        same_matrix,
        ordered=True,
    ),
    "enhancer_pairs": Example(
        "pairs.parquet",
        pairs_table(),
        partial(enhancer_pairs.write, features={"DHS.RPM": "log"}, activity=["DHS.RPM"]),
        lambda path: enhancer_pairs.read(path)[0],
    ),
    "enhancer_links": Example("links.parquet", links_table(), enhancer_links.write, enhancer_links.read),
    "experiments": Example(
        "experiments.h5ad",
        (levels(4), experiments_table()),
        lambda content, path: experiments.write(*content, GENES, path, unit="u", time_unit="min"),
        experiments.read,
        same_matrix,
        ordered=True,
    ),
    "responses": Example(
        "predicted.h5ad",
        (np.nan_to_num(levels(2)), experiments_table()[["perturbation"]].iloc[1:3]),
        lambda content, path: responses.write(
            *(content[0] * of for of in (1, 0.5, 0.25, 2)), content[1]["perturbation"], GENES, path, unit="u", run="r"
        ),
        responses.read,
        same_matrix,
        ordered=True,
    ),
    "edges": Example("edges.parquet", edge_table(), edges.write, edges.read),
    "edges: methods": Example(
        "edges.parquet",
        {"one": edge_table(), "other": edge_table().iloc[:1]},
        edges.write_methods,
        edges.read_methods,
        same_methods,
    ),
    "candidates": Example(
        "candidates.parquet",
        pd.DataFrame({"source": ["b", "a"], "target": ["a", "b"], "prior": [0.0, 0.75]}),
        candidates.write,
        candidates.read,
    ),
    "edge_truth": Example(
        "truth.parquet",
        pd.DataFrame({"source": ["a", "b"], "target": ["b", "a"], "present": [True, False], "sign": [1, 0]}),
        edge_truth.write,
        edge_truth.read,
    ),
    "exported_circuit": Example("export", exported(), write_exported, exported_circuit.read, same_exported),
    "screen": Example("sink.tsv", screen_of_three(), screen.write, screen.read),
    "penalties": Example(
        "selection.tsv",
        pd.DataFrame(
            {
                "penalty": [0.1, 0.3],
                "held_out_error": [0.5, 0.75],
                "roll_out_error": [0.25, 0.5],
                "perturbation_error": [np.nan, np.nan],
                "chosen": [True, False],
            }
        ),
        penalties.write,
        penalties.read,
    ),
}
