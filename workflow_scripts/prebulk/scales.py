"""What the values of a file of expression are, as its corpus declares, and whether they can be that.

| scale | values |
|---|---|
| counts | reads or fragments of a gene, whole or expected (RSEM, salmon) |
| tpm | transcripts per million |
| log2_counts, log2_tpm | log2(value + 1) of these |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workflow_scripts.io.errors import BadInput

MEANING = {
    "counts": "a count",
    "tpm": "a TPM",
    "log2_counts": "log2(count + 1)",
    "log2_tpm": "log2(TPM + 1)",
}
# The most that a value can be: no sample has 2**64 counts of a gene, and the TPM of a sample add up to a million.
HIGHEST = {"counts": 2.0**64, "tpm": 1.01e6, "log2_counts": 64.0, "log2_tpm": 20.0}
MILLION = 1e-3  # relative distance from a million that rounding leaves
LOGARITHMS = 25.0  # log2 of 30 million: where no gene of a file has so many counts and fractions stand, they are logs
PRINTED = 100  # counts below it come whole out of a printed logarithm


def is_log(scale: str) -> bool:
    return scale.startswith("log2_")


def are_counts(scale: str) -> bool:
    """Whether values are counts, once they are no logarithms."""
    return scale.endswith("counts")


def linear(values: np.ndarray, scale: str) -> np.ndarray:
    """Counts or TPM of declared values, float64."""
    return np.exp2(values) - 1 if is_log(scale) else np.asarray(values, np.float64)


def require_values(
    values: np.ndarray, scale: str, path: Path, place: str, kind: str, names: Sequence[str] | range
) -> None:
    """Raise BadInput at the first value that no value of this scale can be.

    values: (N,), at `place`, each of one of N things of a kind, such as samples, whose names are `names`.
    """
    wrong = ~((values >= 0) & (values <= HIGHEST[scale]))
    if not wrong.any():
        return
    at = int(wrong.argmax())
    value = values[at]
    other = f", perhaps its scale is {scale.removeprefix('log2_')}" if is_log(scale) and value > HIGHEST[scale] else ""
    where = f"{place}, {kind} {names[at]!r}"
    raise BadInput(path, where, f"{value:g} is not {MEANING[scale]}{other}", "Correct it, or declare another scale.")


class Evidence:
    """What all values of some samples tell together of their scale; fed block by block."""

    def __init__(self, samples: int, scale: str) -> None:
        self.scale = scale
        self.total = np.zeros(samples)  # of linear values
        self.most = 0.0  # of declared values
        self.whole = True  # declared values are whole numbers
        self.whole_counts = True  # linear values are, as far as a printed logarithm can tell

    def add(self, values: np.ndarray, samples: slice | np.ndarray = slice(None)) -> None:
        """values: declared values, of one gene (samples,) or of many (genes, samples)."""
        found = linear(values, self.scale)
        self.total[samples] += found if found.ndim == 1 else found.sum(axis=0)
        if not values.size:
            return
        self.most = max(self.most, float(values.max()))
        self.whole = self.whole and bool((values == np.floor(values)).all())
        few = found[found < PRINTED]
        self.whole_counts = self.whole_counts and bool((np.abs(few - np.rint(few)) < 0.01).all())

    def require(self, path: Path) -> None:
        """Raise BadInput where the values say that they are on another scale than the declared one."""
        told = self._told()
        if told:
            reason, scale = told
            place = f"{len(self.total)} samples"
            remedy = f"Give a file of {MEANING[self.scale]} per gene and sample, or declare its scale ({scale}?)."
            raise BadInput(path, place, reason, remedy)

    def _told(self) -> tuple[str, str] | None:
        if not len(self.total) or not self.total.any():
            return None
        millions = bool(np.allclose(self.total, 1e6, rtol=MILLION))
        if is_log(self.scale) and self.whole and self.most > 1:
            linear_scale = self.scale.removeprefix("log2_")
            return f"every value is a whole number (up to {self.most:g}), as no logarithms are", linear_scale
        if are_counts(self.scale) and millions and not (self.whole or is_log(self.scale) and self.whole_counts):
            return "the values of each sample add up to a million: TPM, not counts", self.scale.replace("counts", "tpm")
        if not is_log(self.scale) and self.most < LOGARITHMS and not self.whole:
            return f"the largest value is {self.most:g}, as of logarithms", f"log2_{self.scale}"
        if not are_counts(self.scale) and (self.total > 1e6 * 1.01).any():
            most = self.total.max()
            return f"the values of a sample add up to {most:.4g}, more than a million", self.scale.replace(
                "tpm", "counts"
            )
        return None
