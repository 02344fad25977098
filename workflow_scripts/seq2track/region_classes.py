"""What stretches of a strand are, by the annotation and by the signal on them and around.

A stretch has the first of LABELS (`contracts/region_classes`) that holds at its middle. What tells it is ln(1 + mean
signal) of it and of its neighbours, on its strand and on the other one, in the direction of the strand. Signal is flat
here as in `starts`: two rows a track, the plus strand first, bins of window after window. Shapes: S stretches,
T tracks, F bins.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from workflow_scripts.contracts.region_classes import LABELS
from workflow_scripts.seq2track.starts import Ground

NEIGHBOURS = 2  # on either side


class Stretches(NamedTuple):
    """Stretches of as many bins each, one after another along the genome."""

    bins: np.ndarray  # (S, K) int64, places in flat signal
    around: np.ndarray  # (S, 2 NEIGHBOURS + 1) int64, neighbours along the genome; itself for those that are not there
    chrom: np.ndarray  # (S,) str
    middle: np.ndarray  # (S,) float64, bp


def cut(ground: Ground, number: int) -> Stretches:
    """Stretches of `number` bins; what is left at the end of a run of bins is none."""
    bins, around, before = [], [], 0
    for run in ground.runs:
        here = run[: len(run) // number * number].reshape(-1, number)
        near = np.arange(len(here))[:, None] + np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
        itself = np.arange(len(here))[:, None]
        around.append(before + np.where((near >= 0) & (near < len(here)), near, itself))
        bins.append(here)
        before += len(here)
    places = np.concatenate(bins)
    return Stretches(places, np.concatenate(around), ground.chrom[places[:, 0]], ground.middle[places].mean(1))


def counted(mask: np.ndarray, stretches: Stretches) -> np.ndarray:
    """Which stretches of each strand (2, S) have half of their bins counted, over all tracks; mask (2T, F) bool."""
    share = mask[:, stretches.bins].mean(-1)
    return share.reshape(-1, 2, len(stretches.bins)).mean(0) >= 0.5


def label(bodies: pd.DataFrame, stretches: Stretches, spec: dict[str, Any]) -> np.ndarray:
    """The class (2, S) str of each stretch of each strand by GeneBodies; spec: `seq2track/region_classes`."""
    rank = np.full((2, len(stretches.middle)), LABELS.index("intergenic"))
    order = np.lexsort((stretches.middle, stretches.chrom))
    of_chrom = {str(chrom): order[stretches.chrom[order] == chrom] for chrom in np.unique(stretches.chrom)}
    for gene in bodies[bodies["placed"] & bodies["chrom"].isin(of_chrom)].itertuples(index=False):
        side = int(gene.strand == "-")
        here = of_chrom[gene.chrom][:: -1 if side else 1]  # along the strand
        length = gene.tss + 1 - gene.start if side else gene.end - gene.tss
        along = (stretches.middle[here] - gene.tss) * (-1 if side else 1)
        for name, strand, start, end in (
            ("start", side, 0, min(spec["start"], length)),
            ("gene", side, 0, length),
            ("before_start", side, -spec["before"], 0),
            ("after_end", side, length, length + spec["after"]),
            ("antisense", 1 - side, 0, length),
        ):
            low, high = np.searchsorted(along, [start - 0.5, end - 0.5])  # the outer edges of these bases
            within = here[low:high]
            rank[strand, within] = np.minimum(rank[strand, within], LABELS.index(name))
    return np.array(LABELS)[rank]


def features(signal: np.ndarray, mask: np.ndarray, stretches: Stretches) -> np.ndarray:
    """What tells a class, (2, S, D) float64; signal (2T, F), mask (2T, F) bool: where the signal counts."""
    within = mask[:, stretches.bins]
    total = np.where(within, signal[:, stretches.bins], 0.0).sum(-1)
    mean = np.log1p(np.maximum(total, 0) / np.maximum(within.sum(-1), 1)).reshape(-1, 2, len(stretches.bins))
    near = mean[..., stretches.around]  # (T, 2, S, neighbours)
    plus, minus = near, near[:, ::-1, :, ::-1]
    return np.stack([np.moveaxis(of, 2, 0).reshape(len(stretches.bins), -1) for of in (plus, minus)])


def tell(x: np.ndarray, labels: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """The class (N,) str of each stretch, by logistic regression on those of all other blocks.

    x (N, D); labels (N,) str; blocks (N,) int. Classes weigh the same, however many stretches they have.
    """
    found = np.empty(len(labels), labels.dtype)
    for block in np.unique(blocks):
        inside = blocks == block
        known = labels[~inside]
        if len(np.unique(known)) < 2:
            found[inside] = known[0] if len(known) else LABELS[-1]
            continue
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
        found[inside] = model.fit(x[~inside], known).predict(x[inside])
    return found
