"""From a run of the configuration to a new model, from a trained model to its bundle, and back."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import nn

from workflow_scripts.bulk.models.registry import MODELS
from workflow_scripts.contracts import model_bundle
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load

if TYPE_CHECKING:  # what training alone needs
    import anndata
    import pandas as pd


class Trained(NamedTuple):
    """What `read` returns."""

    family: ModuleType  # see `models/registry`
    model: nn.Module  # in evaluation mode, on the device at hand
    gene_order: str  # digest


def create(
    spec: dict, genes: anndata.AnnData, statistics: pd.DataFrame, references: np.ndarray
) -> tuple[ModuleType, nn.Module]:
    """The family and a new model of one run (`bulk/runs/{run}`); the other arguments as in `models/registry`."""
    ((name, settings),) = spec["model"].items()
    family = load(MODELS[name])
    tokens = spec["training"]["genes_per_sample"]
    return family, family.create(settings, genes, statistics, references, spec["seed"], tokens)


def write(family: ModuleType, model: nn.Module, path: Path, gene_order: str, seed: int) -> None:
    """Write a trained model as a ModelBundle."""
    (name,) = (name for name, dotted in MODELS.items() if dotted == family.__name__)
    model_bundle.write(
        model.state_dict(),
        {"family": name, **dataclasses.asdict(model.config)},
        path,
        gene_order=gene_order,
        seed=seed,
        buffers={name for name, _ in model.named_buffers()},
    )


def read(path: Path, gene_order: str | None = None) -> Trained:
    """Read a trained model; raises BadInput on a damaged bundle, and on one of another family or gene order."""
    state, config = model_bundle.read(path, gene_order)
    architecture = dict(config["architecture"])
    name = architecture.pop("family", "none")
    if name not in MODELS:
        raise BadInput(path, f"family {name!r}", f"is not one of {', '.join(MODELS)}", "Train the run again.")
    family = load(MODELS[name])
    try:
        model = family.restore(architecture)
        model.load_state_dict(state)
    except (TypeError, RuntimeError) as error:
        raise BadInput(path, "", f"not a {name} of this version ({error})", "Train it again.") from error
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    return Trained(family, model, config["gene_order"])
