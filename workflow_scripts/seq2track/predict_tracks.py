"""What a trained model says of the windows of the fold that it has not seen."""

from workflow_scripts.rule import run

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from workflow_scripts.contracts import predicted_tracks, track_store
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import bundle, data
from workflow_scripts.seq2track.reading import AT_ONCE, SHUFFLED, shuffled, signal


def predict_tracks(
    *,
    genome: Path,
    index: Path,
    windows: Path,
    targets: Path,
    model: Path,
    predicted: Path,
    fold: int,
    run: str,
    threads: int,
) -> None:
    """Write PredictedTracks of `run`, and of the same run on sequence whose bases are shuffled within each window.

    Of `targets` only their order and width are read. Raises BadInput on a model that was trained on this fold.
    """
    torch.set_num_threads(threads)
    trained = bundle.read(model)
    if trained.fold != fold:
        raise BadInput(model, "fold", f"is held out {trained.fold}, not {fold}", "Train the run again.")
    table = track_store.read_windows(windows)
    seen = data.Windows(genome, index, targets, table, trained.shape.context)
    rows = data.split(table, fold).test
    about = {"fold": fold, "tracks": trained.tracks, "bin_width": seen.store.bin, "bins": seen.store.bins}
    predicted_tracks.write(_blocks(trained, seen, rows, run), predicted, windows=table, **about)


def _blocks(trained: bundle.Trained, seen: data.Windows, rows: np.ndarray, run: str) -> Iterator[dict[str, np.ndarray]]:
    for first in range(0, len(rows), AT_ONCE):
        codes = np.stack([seen.codes(row) for row in rows[first : first + AT_ONCE]])
        yield {run: signal(trained, codes), SHUFFLED: signal(trained, shuffled(codes, rows[first]))}


if "snakemake" in globals():
    run(predict_tracks, snakemake)  # noqa: F821
