"""A good file of one contract, and how such files are compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd


class Example(NamedTuple):
    file: str  # its name
    content: Any
    write: Callable[[Any, Path], None]
    read: Callable[..., Any]
    same: Callable[[Any, Any], None] = pd.testing.assert_frame_equal  # of what `read` gives and `content`
    ordered: bool = False  # `read` takes the gene order that is expected


def same_matrix(found: Any, content: tuple) -> None:
    x, obs = content
    np.testing.assert_array_equal(found.X, x)
    assert found.X.dtype == np.float32
    pd.testing.assert_frame_equal(found.obs, obs)
