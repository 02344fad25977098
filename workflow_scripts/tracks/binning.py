"""Windows over the genome, their folds, and the sums of signal in their bins."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import require_intact_beside
from workflow_scripts.tracks import runs
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig

log = logging.getLogger(__name__)

KNOWN = np.isin(np.arange(256), list(b"ACGTacgt"))


def tile(lengths: dict[str, int], width: int) -> pd.DataFrame:
    """Windows of `width` bp side by side over each chromosome; the last may reach beyond its end.

    Columns chrom, start, end (bp, 0-based half-open).
    """
    parts = [pd.DataFrame({"chrom": chrom, "start": np.arange(0, length, width)}) for chrom, length in lengths.items()]
    windows = pd.concat(parts, ignore_index=True)
    return windows.assign(end=windows["start"] + width)


def usable_bins(sequence: str, width: int, bin: int) -> np.ndarray:
    """Windows x bins, bool: True where all bases of a bin are known; `sequence` starts at a window's start.

    Bases missing from the last window, beyond the end of the chromosome, are unknown.
    """
    known = KNOWN[np.frombuffer(sequence.encode("latin-1"), np.uint8)]
    known = np.pad(known, (0, -len(known) % width))
    return known.reshape(-1, width // bin, bin).all(axis=2)


def blocks(windows: pd.DataFrame, width: int) -> Iterator[tuple[str, int, np.ndarray]]:
    """Chromosome, start of a block of whole windows, and the block's windows, counted from that start."""
    block = max(width, runs.BLOCK // width * width)
    for (chrom, number), rows in windows.groupby(["chrom", windows["start"] // block], sort=False):
        start = number * block
        yield chrom, start, ((rows["start"] - start) // width).to_numpy()


def usable_windows(genome: Path, windows: pd.DataFrame, width: int, bin: int) -> np.ndarray:
    """Windows x bins, bool: True where a bin lies within the chromosome and all its bases are known.

    Raises BadInput on a damaged genome, and where it holds less than its index says.
    """
    require_intact_beside(genome)
    parts = []
    try:
        with pysam.FastaFile(str(genome)) as fasta:
            for chrom, start, rows in blocks(windows, width):
                end = min(start + (rows[-1] + 1) * width, fasta.get_reference_length(chrom))
                sequence = fasta.fetch(chrom, start, end)
                if len(sequence) != end - start:
                    raise ValueError(f"{chrom}:{start + 1}-{end}: {len(sequence)} bases")
                parts.append(usable_bins(sequence, width, bin)[rows])
    except (OSError, ValueError, KeyError) as error:
        reason = f"damaged, or not the file of its index ({error})"
        raise BadInput(genome, "", reason, "Remove it and run index_genome again.") from error
    return np.concatenate(parts)


def binned_signal(
    files: list[SealedBigWig], windows: pd.DataFrame, width: int, bin: int, clip: float = 0.0
) -> Iterator[np.ndarray]:
    """Files x bins, float32, of each window; each file is read once, in blocks, never window by window.

    clip: the most that the signal of a base counts, 0 for no limit.
    """
    for chrom, start, rows in blocks(windows, width):
        bins = (rows[-1] + 1) * width // bin
        sums = [file.bin_sums(chrom, start, bins, bin, clip).reshape(-1, width // bin)[rows] for file in files]
        yield from np.stack(sums, axis=1)


def assign_folds(chrom: pd.Series, folds: int, named: Sequence[list[str]] = ()) -> np.ndarray:
    """The fold (int64, 0 to folds - 1) of each window; windows stand in the order of the genome.

    named: the chromosomes of the first folds. Those that are not named are shared out among the others: whole
    chromosomes, the largest first to the fold that holds least, so that folds are of like size and nothing is random.
    Where that leaves a fold with less than half its even share (few chromosomes, or one), these folds are equal
    consecutive stretches of the genome instead.
    """
    fold_of = {name: fold for fold, names in enumerate(named) for name in names}
    rest = ~chrom.isin(fold_of)
    found = chrom.map(fold_of).fillna(0).to_numpy(np.int64)
    found[rest] = len(named) + _shared_out(chrom[rest], folds - len(named))
    return found


def _shared_out(chrom: pd.Series, folds: int) -> np.ndarray:
    sizes = chrom.value_counts(sort=False)
    held = np.zeros(folds, np.int64)
    fold_of = {}
    for name in sorted(sizes.index, key=lambda name: -sizes[name]):
        fold_of[name] = int(np.argmin(held))
        held[fold_of[name]] += sizes[name]
    if held.min() >= len(chrom) / folds / 2:
        log.info("folds of whole chromosomes, windows in each: %s", held.tolist())
        return chrom.map(fold_of).to_numpy(np.int64)
    log.info("%d chromosomes are too few or too uneven for %d folds: folds are stretches", len(sizes), folds)
    return np.arange(len(chrom)) * folds // len(chrom)
