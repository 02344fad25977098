"""From a run of the configuration to a new model, from a trained model to its bundle, and back."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import torch

from workflow_scripts.bulk.base import Base
from workflow_scripts.bulk.models.registry import MODELS
from workflow_scripts.bulk.stack import Stack
from workflow_scripts.contracts import model_bundle
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load

if TYPE_CHECKING:  # what training alone needs
    import anndata

    from workflow_scripts.bulk.fitting import Learned


class Trained(NamedTuple):
    """What `read` returns."""

    family: ModuleType  # of its network, see `models/registry`
    model: Stack  # in evaluation mode, on the device at hand
    gene_order: str  # digest
    seed: int


def create(spec: dict, genes: anndata.AnnData, base: Base, learned: Learned) -> tuple[ModuleType, Stack]:
    """The family and a new model of one run (`bulk/runs/{run}`); genes: a GeneEmbedding, base: fitted to `learned`."""
    ((name, settings),) = spec["model"].items()
    family = load(MODELS[name])
    network = family.create(settings, genes, base, learned, spec["seed"], spec["training"]["genes_per_sample"])
    return family, Stack(base, network)


def write(family: ModuleType, model: Stack, path: Path, gene_order: str, seed: int) -> None:
    """Write a trained model as a ModelBundle."""
    (name,) = (name for name, dotted in MODELS.items() if dotted == family.__name__)
    model_bundle.write(
        model.state_dict(),
        {"family": name, "base": model.base.shape, "network": dataclasses.asdict(model.network.config)},
        path,
        gene_order=gene_order,
        seed=seed,
        buffers={name for name, _ in model.named_buffers()},
    )


def read(path: Path, gene_order: str | None = None) -> Trained:
    """Read a trained model; raises BadInput on a damaged bundle, and on one of another family or gene order."""
    state, config = model_bundle.read(path, gene_order)
    architecture = config["architecture"]
    name = architecture.get("family", "none")
    if name not in MODELS:
        raise BadInput(path, f"family {name!r}", f"is not one of {', '.join(MODELS)}", "Train the run again.")
    family = load(MODELS[name])
    try:
        model = Stack(Base(**architecture["base"]), family.restore(architecture["network"]))
        model.load_state_dict(state)
    except (KeyError, TypeError, RuntimeError) as error:
        raise BadInput(path, "", f"not a {name} of this version ({error})", "Train it again.") from error
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    return Trained(family, model, config["gene_order"], config["seed"])
