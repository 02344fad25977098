"""From a run of the configuration to a new model, from a trained model to its bundle, and back."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from workflow_scripts.contracts import model_bundle
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load
from workflow_scripts.seq2track import channels
from workflow_scripts.seq2track.models.layers import Shape
from workflow_scripts.seq2track.models.registry import MODELS
from workflow_scripts.seq2track.stranded import Stranded, strand_swap


class Trained(NamedTuple):
    """What `read` returns."""

    model: Stranded  # in evaluation mode, on the device at hand
    tracks: list[dict[str, str]]  # name, assay, strand
    shape: Shape  # of its windows
    fold: int  # that it has not seen


def create(spec: dict[str, Any], tracks: list[dict[str, str]], bins: int, bin_width: int) -> Stranded:
    """A new model of one run (`seq2track/runs/{run}`) for windows of so many bins of so many bp."""
    ((name, settings),) = spec["model"].items()
    beside = spec["channels"]
    inputs = 4 + channels.number(beside["kinds"])
    shape = Shape(inputs, len(tracks), bins, bin_width, spec["context"])
    network = load(MODELS[name]).create(settings, shape, spec["seed"])
    return Stranded(network, strand_swap(tracks), beside["kinds"], beside["min_codons"], spec["average_strands"])


def set_scale(model: Stranded, mean: np.ndarray) -> None:
    """Let the model's multiples be of these means (T,) of a bin."""
    model.scale.copy_(torch.from_numpy(mean))


def set_levels(model: Stranded, levels: np.ndarray) -> None:
    """Let the model's reading frames have the levels (65,) of their codons, see `channels`."""
    model.levels.copy_(torch.from_numpy(levels))


def write(model: Stranded, path: Path, *, tracks: list[dict[str, str]], seed: int, fold: int) -> None:
    """Write a trained model as a ModelBundle."""
    (name,) = (name for name, dotted in MODELS.items() if dotted == type(model.network).__module__)
    strands = {"kinds": model.kinds, "min_codons": model.min_codons, "average": model.average}
    model_bundle.write(
        model.state_dict(),
        {"family": name, "network": dataclasses.asdict(model.network.config), "strands": strands},
        path,
        gene_order=_digest(tracks),
        seed=seed,
        buffers={name for name, _ in model.named_buffers()},
        about={"tracks": tracks, "fold": fold},
    )


def read(path: Path) -> Trained:
    """Read a trained model; raises BadInput on a damaged bundle, and on one of another family."""
    state, config = model_bundle.read(path)
    architecture, about = config["architecture"], config.get("about", {})
    name = architecture.get("family", "none")
    if name not in MODELS:
        raise BadInput(path, f"family {name!r}", f"is not one of {', '.join(MODELS)}", "Train the run again.")
    try:
        network = load(MODELS[name]).restore(architecture["network"])
        model = Stranded(network, strand_swap(about["tracks"]), **architecture["strands"])
        model.load_state_dict(state)
    except (KeyError, TypeError, RuntimeError) as error:
        raise BadInput(path, "", f"not a {name} of this version ({error})", "Train it again.") from error
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    config = network.config
    shape = Shape(config.inputs, config.tracks, config.bins, config.bin, config.context)
    return Trained(model, about["tracks"], shape, about["fold"])


def _digest(tracks: list[dict[str, str]]) -> str:
    return hashlib.sha256(json.dumps(tracks, sort_keys=True).encode()).hexdigest()
