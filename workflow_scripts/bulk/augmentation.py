"""Train samples, changed at random, so that a network learns what does not hang on depth, noise or the very sample.

Everything here is of a whole batch, before ranks take their parts of it. Thinning and noise change what is shown of a
sample, and a prediction is still compared with its clean value; a mixture of two samples is a sample of its own, shown
and compared with alike. What is shown of a gene never hangs on a masked value.
Shapes: B samples, G genes; values are ln(TPM+1) float32, NaN where unmeasured.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def mix(values: np.ndarray, folds: np.ndarray, alpha: float, generator: np.random.Generator) -> np.ndarray:
    """Mixtures (B, G) of each sample and one of its fold, with shares by Beta(alpha, alpha); at alpha 0 the samples.

    Mixed is ln(TPM+1), what a network reads and predicts (mixup, Zhang et al. 2018, arXiv:1710.09412). Partners are a
    random permutation of the samples of a fold (folds (B,) int64), so that factors which have not seen the fold have
    seen neither; some are left to themselves. What one of both does not measure, the mixture does not.
    """
    if not alpha:
        return values
    partner = np.arange(len(values))
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        partner[rows] = generator.permutation(rows)
    share = generator.beta(alpha, alpha, (len(values), 1)).astype(np.float32)
    return share * values + (1 - share) * values[partner]


def corrupt(
    values: np.ndarray, visible: np.ndarray, sd: np.ndarray, settings: dict[str, Any], generator: np.random.Generator
) -> np.ndarray:
    """What is shown (B, G) of the `visible` (B, G) bool, measured genes, in the place of `values`; others stay.

    settings: `bulk/runs/{run}/training/augmentation`; first reads are thinned, then noise is added, in units of the sd
    (G,) float32 of each gene.
    """
    if settings["thinning"]:
        values = thin(values, visible, settings["thinning"], generator)
    if settings["noise"]:
        noise = generator.standard_normal(values.shape, np.float32)
        values = np.where(visible, values + np.float32(settings["noise"]) * sd * noise, values)
    return values


def thin(values: np.ndarray, visible: np.ndarray, depths: list[float], generator: np.random.Generator) -> np.ndarray:
    """`values` (B, G) with the `visible` (B, G) bool drawn anew, as if a sample had been sequenced less deeply.

    Of each sample a depth of d million fragments is drawn, log-uniform between the two of `depths`; of each gene
    k ~ Poisson(d TPM) reads; and it is shown with k / d transcripts per million, of mean TPM and variance TPM / d. That
    is what binomial thinning leaves of reads of which a small share is kept. It is an approximation: TPM are taken for
    the expected ones, so that the noise of the stored reads stays, and the drawn one comes on top; genes are taken to
    be of one length, as lengths are not at hand; and k is divided by the depth and not by the sum of all k over 10^6,
    which would hang on masked genes, and is another by a share of about 1 / sqrt(10^6 d).
    """
    least, most = np.log(depths)
    depth = np.exp(generator.uniform(least, most, (len(values), 1)))
    expected = (depth * np.expm1(values, dtype=np.float64))[visible]
    thinned = values.copy()
    thinned[visible] = np.log1p(generator.poisson(expected) / np.broadcast_to(depth, values.shape)[visible])
    return thinned
