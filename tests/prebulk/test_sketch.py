"""A sketch comes back as written, or is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.examples import GENES, ORDER, SAMPLES, matrix, overwrite
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk import sketch


def test_one_wrong_bit_anywhere_is_refused(tmp_path: Path) -> None:
    """Also where zip keeps no checksum: in the order of the members, and behind them."""
    path = tmp_path / "0000.npz"
    x = matrix(len(SAMPLES), len(GENES))
    sketch.write(SAMPLES, x, ORDER, path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        overwrite(path, whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(BadInput, match="0000.npz: is damaged, cut short or was edited"):
            sketch.read(path)
    overwrite(path, whole)
    found = sketch.read(path, ORDER)
    np.testing.assert_array_equal(found.values, x.astype(np.float16))
    assert found.sample_id.tolist() == SAMPLES
    with pytest.raises(BadInput, match="made for another gene table"):
        sketch.read(path, "another")
