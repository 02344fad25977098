"""ModelBundle: a trained model that carries all it needs to be used again.

`results/<stage>/{run}/model/`: `model.safetensors` (tensors by name) and `config.json`:
architecture (the keyword arguments of the model's configuration), parameters (counted, never typed),
gene_order (or the digest of the tracks), seed, versions (of python, torch and the workflow).
"""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_scripts.contracts.errors import BadInput
from workflow_scripts.contracts.files import replacing
from workflow_scripts.contracts.gene_table import require_order

if TYPE_CHECKING:
    import torch

KEYS = ("architecture", "parameters", "gene_order", "seed", "versions")


def validate(config: dict[str, Any], where: Path | str = "ModelBundle") -> None:
    missing = [key for key in KEYS if key not in config]
    if missing:
        raise BadInput(where, missing[0], "is missing from config.json", "Remove the folder and train again.")


def write(
    state: dict[str, torch.Tensor], architecture: dict[str, Any], path: Path, *, gene_order: str, seed: int
) -> None:
    """Write the tensors and the configuration to the folder `path`."""
    import torch
    from safetensors.torch import save_file

    config = {
        "architecture": architecture,
        "parameters": sum(tensor.numel() for tensor in state.values()),
        "gene_order": gene_order,
        "seed": seed,
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
    }
    with replacing(path) as temporary:
        temporary.mkdir()
        save_file(
            {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()},
            temporary / "model.safetensors",
        )
        (temporary / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def read(path: Path, gene_order: str | None = None) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Return (tensors by name, configuration); raise BadInput on a damaged or foreign bundle."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = json.loads((path / "config.json").read_text())
        state = load_file(path / "model.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise BadInput(path, "", f"not a readable model ({error})", "Remove the folder and train again.") from error
    validate(config, path)
    require_order(path, config["gene_order"], gene_order)
    return state, config
