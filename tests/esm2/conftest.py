"""A random ESM2 checkpoint on disk, and random proteins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.esm2 import make_checkpoint


@pytest.fixture(scope="session")
def checkpoint() -> dict[str, Any]:
    return make_checkpoint()


@pytest.fixture(scope="session")
def weights(checkpoint: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "esm2_random.pt"
    torch.save(checkpoint, path)
    return path


@pytest.fixture(scope="session")
def proteins() -> list[str]:
    """Proteins of 1 to 1,022 residues, in no order of length, with every letter of ESM2."""
    rng = np.random.default_rng(0)
    letters = np.array(list("ACDEFGHIKLMNPQRSTVWYBOUXZ"))
    return ["".join(rng.choice(letters, length)) for length in (40, 1, 1022, 300, 7, 41, 150, 299)]
