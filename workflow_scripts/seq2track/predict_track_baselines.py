"""What every baseline says of the windows of a fold that it has not seen."""

from workflow_scripts.rule import run

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from workflow_scripts.contracts import gene_bodies, predicted_tracks, track_store
from workflow_scripts.io.registry import load
from workflow_scripts.seq2track import data
from workflow_scripts.seq2track.sequence_baselines import FAR
from workflow_scripts.seq2track.track_baselines import BASELINES, Known, part

AT_ONCE = 64  # windows that are written together
log = logging.getLogger(__name__)


def predict_track_baselines(
    *, genome: Path, index: Path, windows: Path, targets: Path, bodies: Path, predicted: Path, fold: int, spec: dict
) -> None:
    """Write PredictedTracks of every baseline of the registry; each is fitted to the same folds as a model.

    spec: `seq2track/baselines`. No signal of `fold` is read.
    """
    table = track_store.read_windows(windows)
    genes, _ = gene_bodies.read(bodies)
    bin = track_store.TrackStore(targets, table).bin
    seen = data.Windows(genome, index, targets, table, context=-(-FAR // bin) * bin)
    split, generator = data.split(table, fold), np.random.default_rng(spec["seed"])
    train, validation = (
        part(seen, genes, np.sort(generator.permutation(rows)[: spec["max_windows"]]))
        for rows in (split.train, split.validation)
    )
    known = Known(seen, train, validation, part(seen, genes, split.test, known=False), spec["seed"])
    store, said = seen.store, {}
    for name, function in BASELINES.items():
        said[name] = np.zeros((len(split.test), len(store.tracks), store.bins), np.float32)
        for track in range(0, len(store.tracks), 2):
            said[name][:, track : track + 2] = load(function)(known, track)
        log.info("fold %d: %s", fold, name)

    def blocks() -> Iterator[dict[str, np.ndarray]]:
        for first in range(0, len(split.test), AT_ONCE):
            yield {name: values[first : first + AT_ONCE] for name, values in said.items()}

    about = {"fold": fold, "tracks": store.tracks, "bin_width": store.bin, "bins": store.bins}
    predicted_tracks.write(blocks(), predicted, windows=table, **about)


if "snakemake" in globals():
    run(predict_track_baselines, snakemake)  # noqa: F821
