"""Calibrations of the planted circuit whose intervals are computed here in plain numpy, as CV+ is defined."""

from __future__ import annotations

import numpy as np

from workflow_scripts.circuit.calibration import POINTS, Calibration, Calibrations

BASE = np.array([[0.1, 0.2, 0.3], [0.15, 0.1, 0.3], [0.1, 0.2, 0.2]])  # of three members and three genes
EACH = 20  # scores of a member


def drawn(seed: int) -> np.ndarray:
    """Scores (3, EACH)."""
    return np.abs(np.random.default_rng(seed).normal(0, [[1.0], [1.5], [0.8]], (3, EACH)))


def calibration(seed: int, share: float) -> Calibration:
    points = np.full((3, POINTS), np.inf)
    points[:, :EACH] = np.sort(drawn(seed), axis=1)
    return Calibration(BASE.copy(), np.array(share), points, np.full(3, EACH))


def calibrations() -> Calibrations:
    return Calibrations(at_rest=calibration(1, 0.25), over_time=calibration(2, 0.1))


def interval(seed: int, share: float, levels: np.ndarray, changes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends (G,) of levels and changes (3, G)."""
    half = drawn(seed)[:, :, None] * np.sqrt(BASE**2 + (share * changes) ** 2)[:, None]
    number = 3 * EACH
    low = np.sort((levels[:, None] - half).reshape(number, -1), axis=0)[int(np.floor(0.1 * (number + 1))) - 1]
    high = np.sort((levels[:, None] + half).reshape(number, -1), axis=0)[int(np.ceil(0.9 * (number + 1))) - 1]
    return low, high
