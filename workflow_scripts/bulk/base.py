"""What every bulk model starts from: latent factors of a sample, and kernel ridge regression over samples.

Both predict hidden values from visible ones without a network, and both are baselines of their own. Factors fitted to
a sample explain it better than one they have not seen; so what they say of a train sample comes from factors fitted
without its fold, and what a network learns of their errors is what new samples have.

Shapes: B samples, G genes, K factors, F folds, M train samples that are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from workflow_scripts.evaluation import kernel_ridge, posterior

FOLDS = 5
UNSEEN = -1  # the fold of a sample that no factors were fitted to
MIN_SD = 0.01  # ln(TPM+1); a gene that hardly varies must not count as many sds away
MAX_DEVIATION = 10.0  # sds; one outlier must not drown a sample
NEAREST = 1024  # train samples at most from which kernel ridge regression predicts one


class Said(NamedTuple):
    """What the factors say of samples."""

    deviation: Tensor  # (B, G) from the train mean of each gene, ln(TPM+1)
    coordinates: Tensor  # (B, K) of that deviation along the axes of the factors, ln(TPM+1)


class Base(nn.Module):
    """Statistics of genes, factors, and train samples. None of it is trained by gradient."""

    def __init__(self, genes: int, factors: int, samples: int) -> None:
        """samples: kept for kernel ridge regression; may be 0."""
        super().__init__()
        self.register_buffer("known", torch.ones(genes, dtype=torch.bool))  # measured in the train split
        self.register_buffer("mean", torch.zeros(genes))  # ln(TPM+1) over the train split
        self.register_buffer("sd", torch.ones(genes))
        self.register_buffer("loadings", torch.zeros(genes, factors))  # ln(TPM+1)
        self.register_buffer("noise", torch.ones(genes))  # variance that the factors leave, ln(TPM+1)^2
        self.register_buffer("axes", torch.zeros(genes, factors))  # orthonormal, of the loadings
        self.register_buffer("sizes", torch.ones(factors))  # of the loadings along each axis, 1 where there is none
        self.register_buffer("samples", torch.zeros(samples, genes))  # deviations, 0 where unmeasured
        self.register_buffer("measured", torch.zeros(samples, genes, dtype=torch.bool))
        self.register_buffer("held_out", None, persistent=False)  # (F, G, K), loadings without each fold
        self._train: kernel_ridge.Samples | None = None

    @property
    def shape(self) -> dict[str, int]:
        """The arguments that build it again."""
        genes, factors = self.loadings.shape
        return {"genes": genes, "factors": factors, "samples": len(self.samples)}

    def deviations(self, values: Tensor, visible: Tensor) -> Tensor:
        """values (B, G) ln(TPM+1) less the train mean, within bounds, and 0 where not `visible` (B, G) bool."""
        limit = MAX_DEVIATION * self.sd.clamp(min=MIN_SD)
        return (values - self.mean).masked_fill(~visible, 0.0).clamp(-limit, limit)

    def standardized(self, values: Tensor, genes: Tensor | slice = slice(None)) -> Tensor:
        """Values (B, T) ln(TPM+1) of these genes, or of all, in standard deviations from the train mean, within bounds.

        genes: (B, T) int64.
        """
        sd = self.sd.clamp(min=MIN_SD)[genes]
        return ((values - self.mean[genes]) / sd).clamp(-MAX_DEVIATION, MAX_DEVIATION)

    def factors(self, values: Tensor, visible: Tensor, fold: int = UNSEEN) -> Said:
        """What the factors say of samples, given their visible genes.

        values (B, G) ln(TPM+1), of which only the `visible` (B, G) bool are read; fold: of train samples, which the
        factors must not have seen.
        """
        with torch.autocast(values.device.type, enabled=False):  # a solve needs float32
            loadings = self.loadings if fold == UNSEEN else self.held_out[fold]
            scores = posterior.scores(self.deviations(values, visible), visible, loadings, self.noise)
            deviation = scores @ loadings.T
            return Said(deviation, deviation @ self.axes)

    def factors_by_fold(self, values: Tensor, visible: Tensor, folds: Tensor) -> Said:
        """As `factors`, of samples each with a fold of its own: folds (B,) int64."""
        deviation, coordinates = torch.empty_like(values), values.new_empty(len(values), self.axes.shape[1])
        for fold in folds.unique().tolist():
            rows = folds == fold
            deviation[rows], coordinates[rows] = self.factors(values[rows], visible[rows], fold)
        return Said(deviation, coordinates)

    def left(self, said: Said, values: Tensor, visible: Tensor) -> Tensor:
        """What the factors leave of visible genes, (B, G) ln(TPM+1), 0 for others; as for `factors`."""
        return (self.deviations(values, visible) - said.deviation).masked_fill(~visible, 0.0)

    def kernel_ridge(self, values: Tensor, visible: Tensor, penalty: float) -> Tensor:
        """What train samples say of samples: deviations (B, G), given their visible genes; as for `factors`."""
        if self._train is None:
            self._train = kernel_ridge.samples(self.samples, self.measured)
        return kernel_ridge.predict(self._train, self.deviations(values, visible), visible, penalty, NEAREST)


class Block(NamedTuple):
    """Some samples of a matrix, and empty ones that make all blocks of one size."""

    rows: slice  # of the matrix
    number: int  # of samples that are not empty; they come first
    values: Tensor  # (B, G) ln(TPM+1), 0 where unmeasured
    visible: Tensor  # (B, G) bool
    measured: Tensor  # (B, G) bool


def blocks(base: Base, values: np.ndarray, visible: np.ndarray, size: int) -> Iterator[Block]:
    """Yield `size` samples at a time, on the device of `base`; on a CPU one, as there sums depend on where in memory
    numbers begin. So what is computed of a sample is the same to the bit whichever samples are beside it.

    values (N, G) ln(TPM+1), NaN where unmeasured, of which only the `visible` (N, G) bool of known genes may be looked
    at.
    """
    device, known = base.mean.device, base.known.cpu().numpy()
    size = 1 if device.type == "cpu" else size
    for first in range(0, len(values), size):
        rows = slice(first, min(first + size, len(values)))
        measured = np.isfinite(values[rows]) & known
        parts = np.where(measured, values[rows], np.float32(0)), visible[rows] & measured, measured
        tensors = (torch.from_numpy(_filled(part, size)).to(device) for part in parts)
        yield Block(rows, rows.stop - first, *tensors)


def said_by_fold(base: Base, values: np.ndarray, folds: np.ndarray) -> Iterator[tuple[np.ndarray, Block, Said]]:
    """Yield rows (n,) int64 of `values`, the block whose first n samples they are, and what the factors say of it.

    values (N, G) ln(TPM+1), NaN where unmeasured, all of them visible; folds (N,) int64: which the factors must not
    have seen (see `Base.factors`).
    """
    for fold in np.unique(folds).tolist():
        rows = np.flatnonzero(folds == fold)
        for block in blocks(base, values[rows], np.isfinite(values[rows]), block_size(base)):
            yield rows[block.rows], block, base.factors(block.values, block.visible, fold)


def predict(
    base: Base, values: np.ndarray, visible: np.ndarray, size: int, say: Callable[[Tensor, Tensor], Tensor]
) -> np.ndarray:
    """What `say` makes of values and visible genes (B, G), of every sample; arguments as of `blocks`.

    Returns (N, G) float32, NaN for genes that are not known.
    """
    predicted = np.full(values.shape, np.nan, np.float32)
    known = base.known.cpu().numpy()
    for block in blocks(base, values, visible, size):
        found = say(block.values, block.visible)[: block.number].cpu().numpy()
        predicted[block.rows] = np.where(known, found, np.float32(np.nan))
    return predicted


def block_size(base: Base) -> int:
    """Samples at once, of which the factors can be asked in bounded memory."""
    return max(1, min(64, posterior.PRODUCTS_AT_ONCE // max(1, base.loadings.numel())))


def _filled(rows: np.ndarray, size: int) -> np.ndarray:
    """`rows` (N, ...) and as many empty ones as make `size`."""
    return np.concatenate([rows, np.zeros((size - len(rows), *rows.shape[1:]), rows.dtype)])
