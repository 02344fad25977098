"""ModelBundle: a trained model that carries all it needs to be used again.

`results/<stage>/{run}/model/`: `model.safetensors` (tensors by name; of a circuit also `calibration.*`, of which its
intervals are made, see `circuit/bundle`) and `config.json`: architecture (the keyword arguments of the model's
configuration), parameters (trained numbers, counted, never typed), weights_sha256 (of `model.safetensors`), gene_order
(or the digest of the tracks), seed, versions (of python and torch), about (names and units of what the model tells,
where a stage keeps them with it), digest (of all these).
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from workflow_scripts.contracts.gene_order import require_order
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest, replacing
from workflow_scripts.io.seal import sealed, unsealed

KEYS = ("architecture", "parameters", "weights_sha256", "gene_order", "seed", "versions")
REMEDY = "Remove the folder and train again."


def validate(config: dict[str, Any], where: Path | str = "ModelBundle") -> None:
    missing = [key for key in KEYS if key not in config]
    if missing:
        raise BadInput(where, missing[0], "is missing from config.json", REMEDY)


def write(
    state: dict[str, torch.Tensor],
    architecture: dict[str, Any],
    path: Path,
    *,
    gene_order: str,
    seed: int,
    buffers: Collection[str] = (),
    about: dict[str, Any] | None = None,
) -> None:
    """Write the tensors and the configuration to the folder `path`.

    `buffers` names the tensors that were not trained: they are stored, and not counted as parameters.
    """
    config = {
        "architecture": architecture,
        "parameters": sum(tensor.numel() for name, tensor in state.items() if name not in buffers),
        "gene_order": gene_order,
        "seed": seed,
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        **({} if about is None else {"about": about}),
    }
    with replacing(path) as temporary:
        temporary.mkdir()
        _save(state, temporary / "model.safetensors")
        config["weights_sha256"] = digest(temporary / "model.safetensors")
        (temporary / "config.json").write_text(sealed(config), encoding="utf-8")


def _save(state: dict[str, torch.Tensor], path: Path) -> None:
    """Write tensors; OSError where the disk is full, or fails in another way, which the library tells as text."""
    try:
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}, path)
    except SafetensorError as error:
        code = re.search(r"\(os error (\d+)\)", str(error))
        if not code:
            raise
        raise OSError(int(code[1]), os.strerror(int(code[1])), str(path)) from error


def read(path: Path, gene_order: str | None = None) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Return (tensors by name, configuration); raise BadInput on a damaged or foreign bundle."""
    config = unsealed(path / "config.json", REMEDY)
    try:
        state = load_file(path / "model.safetensors")
        found = digest(path / "model.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise BadInput(path, "", f"not a readable model ({error})", REMEDY) from error
    validate(config, path)
    if found != config["weights_sha256"]:
        raise BadInput(path, "model.safetensors", "is damaged (checksum)", REMEDY)
    require_order(path, config["gene_order"], gene_order)
    return state, config
