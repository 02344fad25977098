"""Baselines that are told where genes are: the mean profile along them, the level of each, and bases around a bin.

Composed in three steps, each multiplied in: the mean signal by place along a gene, with every gene of one level; the
level of a gene, by boosted trees on its sequence (codons, 4-mers, promoter, length); and ridge regression of what is
left on dinucleotides at each place around a bin. Each is fitted to the genes of the windows of training, the penalty
chosen on those of validation.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from workflow_scripts.io.bases import UNKNOWN, reverse_complement
from workflow_scripts.seq2track import ridge
from workflow_scripts.seq2track.genes import LEAST_BINS, Placed
from workflow_scripts.seq2track.track_baselines import Known, Part, unflatten

UPSTREAM, ALONG, DOWNSTREAM = 512, 1024, 512  # bp of which each bin has a mean of its own
PROMOTER = 500  # bp
REACH = 20  # bp at either side of a bin
ROWS = 20_000  # bins at once
MOST_BINS = 400_000  # of genes of training, which are drawn whole
log = logging.getLogger(__name__)
STOPS = (3 * 16 + 0 * 4 + 0, 3 * 16 + 0 * 4 + 2, 3 * 16 + 2 * 4 + 0)  # TAA, TAG, TGA as numbers to the base 4


def mean_profile(known: Known, track: int) -> np.ndarray:
    """The mean signal by place along annotated genes."""
    return unflatten(_profile(known, track)[1], known.windows.store.bins)


def profile_and_level(known: Known, track: int) -> np.ndarray:
    """The mean profile of genes of one level, times the level of each gene."""
    return unflatten(_leveled(known, track)[1], known.windows.store.bins)


def linear_composite(known: Known, track: int) -> np.ndarray:
    """The same times what dinucleotides around a bin say of what is left."""
    (before, after), (signal, mask) = _leveled(known, track), known.train.flat(track)
    if known.made["fitted", track].trees is None:
        return unflatten(after, known.windows.store.bins)
    others = known.validation.flat(track)
    of_validation = _expected(known, track, known.validation)

    def blocks(part: Part, expected: np.ndarray, signal: np.ndarray, mask: np.ndarray) -> Iterator[ridge.Block]:
        for side, bins, features in _dinucleotides(known, part):
            kept = mask[side, bins] & (expected[side, bins] > 0)
            rate = expected[side, bins[kept]].astype(float)
            yield features[kept], signal[side, bins[kept]] / rate - 1, rate

    weights, constant = ridge.fit(
        blocks(known.train, before, signal, mask), lambda: blocks(known.validation, of_validation, *others)
    )
    said = after.copy()
    for side, bins, features in _dinucleotides(known, known.test):
        said[side, bins] *= np.maximum(1 + constant + features @ weights, 0.05).astype(np.float32)
    return unflatten(said, known.windows.store.bins)


# the mean profile


def _classes(known: Known, part: Part) -> np.ndarray:
    """The place (2, W x N) int64 of each bin along genes: 0 without one, by distance from start or end otherwise.

    Where several genes reach, a body goes before what is up- and downstream of another, and what is nearer before what
    is further. What is beside a gene ends with the window.
    """
    bin, bins = known.windows.store.bin, known.windows.store.bins
    up, along, down = UPSTREAM // bin, ALONG // bin, DOWNSTREAM // bin
    none = 2 + up + down + along
    body, beside = (np.full((2, len(part.rows) * bins), none) for _ in range(2))
    for gene in part.genes:
        place = 1 + up + down + np.minimum(gene.distance // bin, along)
        body[gene.side, gene.bins] = np.minimum(body[gene.side, gene.bins], place)
        step = 1 if gene.side == 0 else -1
        for edge, count, first, way in ((gene.bins[0], up, 1, -step), (gene.bins[-1], down, 1 + up, step)):
            near = edge + way * np.arange(1, count + 1)
            same = (near >= 0) & (near // bins == edge // bins)
            place = first + np.arange(count)[same]
            beside[gene.side, near[same]] = np.minimum(beside[gene.side, near[same]], place)
    found = np.where(body < none, body, beside)
    return np.where(found < none, found, 0)


def _profile(known: Known, track: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean signal of each place, as it is expected of the train and of the test windows (2, W x N) float32."""
    if ("profile", track) not in known.made:
        place, (signal, mask) = _classes(known, known.train), known.train.flat(track)
        means = _means(place[mask], signal[mask])
        known.made["profile", track] = tuple(_at(means, _classes(known, part)) for part in (known.train, known.test))
    return known.made["profile", track]


def _means(place: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The mean of each place, of places without any bin that of all."""
    number = np.bincount(place)
    return np.where(number > 0, np.bincount(place, values) / np.maximum(number, 1), values.mean())


def _at(means: np.ndarray, place: np.ndarray) -> np.ndarray:
    """What is expected at each place, of those that training has not the mean of the last."""
    return means[np.minimum(place, len(means) - 1)].astype(np.float32)


# the level of each gene


def _leveled(known: Known, track: int) -> tuple[np.ndarray, np.ndarray]:
    """Profile times level, of the train and the test windows (2, W x N) float32."""
    if ("leveled", track) not in known.made:
        known.made["leveled", track] = tuple(_expected(known, track, part) for part in (known.train, known.test))
    return known.made["leveled", track]


def _expected(known: Known, track: int, part: Part) -> np.ndarray:
    """Profile times level (2, W x N) float32; the level of a gene is predicted, also of genes of training."""
    if ("fitted", track) not in known.made:
        known.made["fitted", track] = _fit(known, track)
    trees, shape, means = known.made["fitted", track]
    place = _classes(known, part)
    found = _at(means, place)
    if trees is None or not part.genes:
        return found
    levels = np.exp(trees.predict(np.stack([_gene_features(known, gene) for gene in part.genes])))
    for gene in part.genes:
        found[gene.side, gene.bins] = 0
    for gene, level in zip(part.genes, levels, strict=True):  # of genes that overlap the one with most counts
        expected = level * _at(shape, place[gene.side, gene.bins])
        found[gene.side, gene.bins] = np.maximum(found[gene.side, gene.bins], expected)
    return found


class Fitted(NamedTuple):
    trees: HistGradientBoostingRegressor | None  # the level of a gene, ln of signal a bin; none without genes
    shape: np.ndarray  # the profile of genes of level 1
    means: np.ndarray  # of each place


def _fit(known: Known, track: int) -> Fitted:
    """What genes of training tell; without any, levels are those of the mean profile."""
    part, place = known.train, _classes(known, known.train)
    signal, mask = part.flat(track)
    means = _means(place[mask], signal[mask])
    genes = [gene for gene in part.genes if mask[gene.side, gene.bins].sum() >= LEAST_BINS]
    if not genes:
        log.warning("no annotated gene lies within the windows of training: nothing is known of levels")
        return Fitted(None, means, means)
    total = [signal[gene.side, gene.bins[mask[gene.side, gene.bins]]].sum() for gene in genes]
    number = [mask[gene.side, gene.bins].sum() for gene in genes]
    levels = (np.array(total) + 1) / (np.array(number) + 1 / max(signal[mask].mean(), 1e-9))
    trees = HistGradientBoostingRegressor(
        max_iter=150, learning_rate=0.06, max_leaf_nodes=15, l2_regularization=1.0, max_features=0.2,
        random_state=known.seed,
    )  # fmt: skip
    trees.fit(np.stack([_gene_features(known, gene) for gene in genes]), np.log(levels))
    scaled, places = [], []
    for gene, level in zip(genes, levels, strict=True):
        own = gene.bins[mask[gene.side, gene.bins]]
        scaled.append(signal[gene.side, own] / level)
        places.append(place[gene.side, own])
    shape = _means(np.concatenate(places), np.concatenate(scaled))
    return Fitted(trees, shape, means)


def _gene_features(known: Known, gene: Placed) -> np.ndarray:
    """Codons of its longest reading frame, 4-mers of its sequence and of its promoter, shares; length and G or C."""
    codes = _sequence(known, gene, PROMOTER, 0)
    promoter, body = codes[:PROMOTER], codes[PROMOTER:]
    frame = longest_frame(body)
    strong = ((body == 1) | (body == 2)).mean()
    about = np.array([np.log(len(body)), np.log(len(frame) + 1), strong])
    return np.concatenate([_shares(frame[::3], 64), *(_shares(words(of, 4), 256) for of in (body, promoter)), about])


def words(codes: np.ndarray, k: int) -> np.ndarray:
    """The k-mer that begins at each base, as a number to the base 4; -1 where one is unknown."""
    count = max(0, len(codes) - k + 1)
    found, unknown = np.zeros(count, np.int64), np.zeros(count, bool)
    for at in range(k):
        here = codes[at : at + count]
        found, unknown = found * 4 + np.minimum(here, 3), unknown | (here == UNKNOWN)
    return np.where(unknown, -1, found)


def longest_frame(codes: np.ndarray) -> np.ndarray:
    """The 3-mers, as of `words`, of the longest stretch of codons without a stop, in any of the three frames."""
    word = words(codes, 3)
    best = word[:0]
    for frame in range(3):
        stops = np.flatnonzero(np.isin(word[frame::3], STOPS))
        edges = np.concatenate([[-1], stops, [len(word[frame::3])]])
        longest = int(np.argmax(np.diff(edges)))
        first, last = frame + 3 * (edges[longest] + 1), frame + 3 * edges[longest + 1]
        if last - first > len(best):
            best = word[first:last]
    return best


def _shares(word: np.ndarray, number: int) -> np.ndarray:
    counts = np.bincount(word[word >= 0], minlength=number)
    return counts / max(1, counts.sum())


def _sequence(known: Known, gene: Placed, before: int, after: int) -> np.ndarray:
    """The bases of a gene in its direction, with so many before and after it."""
    if gene.side == 0:
        return known.windows.sequences.codes(gene.chrom, gene.tss - before, gene.end + after)
    return reverse_complement(known.windows.sequences.codes(gene.chrom, gene.end + 1 - after, gene.tss + 1 + before))


# bases around a bin


def _dinucleotides(known: Known, part: Part) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Side, bins (n,) and features (n, places x 16) float32 of genes, in blocks of one side."""
    bin = known.windows.store.bin
    genes = part.genes
    if part is known.train:
        order = np.random.default_rng(known.seed).permutation(len(genes))
        held = np.cumsum([len(genes[at].bins) for at in order])
        genes = [genes[at] for at in order[: np.searchsorted(held, MOST_BINS) + 1]]
    for side in range(2):
        waiting: list[tuple[np.ndarray, np.ndarray]] = []
        for gene in (gene for gene in genes if gene.side == side):
            pair = words(_sequence(known, gene, REACH, REACH + bin), 2)
            waiting.append((gene.bins, pair[gene.distance[:, None] + np.arange(bin + 2 * REACH - 1)]))
            if sum(len(bins) for bins, _ in waiting) >= ROWS:
                yield side, *_block(waiting)
                waiting = []
        if waiting:
            yield side, *_block(waiting)


def _block(waiting: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    bins, pairs = (np.concatenate(parts) for parts in zip(*waiting, strict=True))
    features = np.zeros((*pairs.shape, 16), np.float32)
    row, place = np.nonzero(pairs >= 0)
    features[row, place, pairs[row, place]] = 1
    return bins, features.reshape(len(bins), -1)
