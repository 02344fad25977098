"""Training from the door: it learns, knows strands, resumes to the same bytes and never sees the fold held out."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.seq2track import material
from workflow_scripts.contracts import history, predicted_tracks, track_store
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import bundle
from workflow_scripts.seq2track.predict_tracks import predict_tracks
from workflow_scripts.seq2track.reading import SHUFFLED, shuffled
from workflow_scripts.seq2track.train_seq2track import train_seq2track

LEARNING = {"max_epochs": 15, "batch_size": 4, "shift": 32, "learning_rate": 0.01, "ema": 0.9, "patience": 30}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> material.Material:
    return material.make(tmp_path_factory.mktemp("toy"))


def train(made: material.Material, folder: Path, fold: int = 1, **changes: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    train_seq2track(
        **made.inputs,
        model=folder / "model",
        history=folder / "history.tsv",
        fold=fold,
        spec=material.run_spec(**changes),
        policy=material.policy(),
        code="c",
        threads=1,
        memory_mb=2000,
    )
    return folder


def predict(made: material.Material, folder: Path, fold: int = 1) -> predicted_tracks.Predicted:
    predict_tracks(
        **made.inputs, model=folder / "model", predicted=folder / "predicted.h5", fold=fold, run="r", threads=1
    )
    return predicted_tracks.read(folder / "predicted.h5", made.table)


@pytest.fixture(scope="module")
def trained(made: material.Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(made, tmp_path_factory.mktemp("run"), training=LEARNING)


def correlation(made: material.Material, values: np.ndarray, tracks: list[int], fold: int = 1) -> float:
    """Pearson r over the bins of the fold that count."""
    rows = np.flatnonzero(made.table["fold"] == fold)
    signal, mask = track_store.TrackStore(made.targets, made.table).rows(rows)
    return float(np.corrcoef(values[mask], signal[:, tracks][mask])[0, 1])


def test_it_learns_which_strand_a_motif_starts(made: material.Material, trained: Path) -> None:
    found = predict(made, trained)
    assert found.fold == 1 and found.tracks == material.TRACKS and found.bin == 16
    right, wrong = (correlation(made, found.values["r"], tracks) for tracks in ([0, 1, 2, 3], [1, 0, 3, 2]))
    assert right > 0.8 > wrong + 0.3
    assert correlation(made, found.values[SHUFFLED], [0, 1, 2, 3]) < 0.5
    rows = np.flatnonzero(made.table["fold"] == 1)
    signal, mask = track_store.TrackStore(made.targets, made.table).rows(rows)
    for pair in ([0, 1], [2, 3]):  # in the units of the store, each track in its own
        ratio = found.values["r"][:, pair][mask[:, pair]].mean() / signal[:, pair][mask[:, pair]].mean()
        assert 0.6 < ratio < 1.6


def test_training_on_the_other_strand_gives_the_flipped_prediction(tmp_path: Path) -> None:
    """With both strands averaged, and windows that tile the mirrored genome as they tile this one."""
    lengths = {name: length // 128 * 128 for name, length in material.LENGTHS.items()}
    before = material.LENGTHS.copy()
    material.LENGTHS.update(lengths)
    try:
        plain, mirrored = material.make(tmp_path / "a"), material.make(tmp_path / "b", mirrored=True)
    finally:
        material.LENGTHS.update(before)
    for name, text in plain.sequence.items():
        assert mirrored.sequence[name] == material.reverse_complement(text)
    found = []
    for number, made in enumerate((plain, mirrored)):
        changes = {**LEARNING, "max_epochs": 12, "shift": 0, "reverse_complement": False}
        folder = train(made, tmp_path / f"run{number}", average_strands="always", training=changes)
        found.append(predict(made, folder).values["r"])
    flipped = found[1][::-1][:, [1, 0, 3, 2], ::-1]
    assert np.corrcoef(found[0].ravel(), flipped.ravel())[0, 1] > 0.95
    assert np.corrcoef(found[0].ravel(), flipped[:, [1, 0, 3, 2]].ravel())[0, 1] < 0.7


def test_the_history_tells_a_falling_loss_and_the_bundle_the_fold(made: material.Material, trained: Path) -> None:
    rows = history.read(trained / "history.tsv")
    assert len(rows) == 16 and rows["validation_loss"].min() < rows["validation_loss"][0] - 0.1
    config = json.loads((trained / "model/config.json").read_text())
    assert config["about"] == {"tracks": material.TRACKS, "fold": 1}
    read = bundle.read(trained / "model")
    assert read.shape.context == 32 and config["parameters"] == sum(each.numel() for each in read.model.parameters())
    assert not (trained / "checkpoints").exists()


def test_the_fold_held_out_has_no_part_in_its_model(made: material.Material, trained: Path, tmp_path: Path) -> None:
    """Other signal there, and the model is the same to the byte."""
    table = made.table
    store = track_store.TrackStore(made.targets, table)
    values, mask = store.rows(np.arange(len(table)))
    values[table["fold"] == 1] = 1e5
    track_store.write_targets(
        zip(values, mask, strict=True), store.tracks, tmp_path / "targets.h5", windows=table, bins=8, bin_width=16,
        set_name="toy", genome=store.genome,
    )  # fmt: skip
    folder = train(made._replace(targets=tmp_path / "targets.h5"), tmp_path / "run", training=LEARNING)
    weights = "model/model.safetensors"
    assert (folder / weights).read_bytes() == (trained / weights).read_bytes()


def test_a_model_says_nothing_of_windows_that_it_was_trained_on(made: material.Material, trained: Path) -> None:
    with pytest.raises(BadInput, match="fold: is held out 1, not 2"):
        predict(made, trained, fold=2)


def _in_a_process(made: material.Material, folder: Path, changes: dict[str, Any]) -> None:
    train(made, folder, **changes)


@pytest.mark.parametrize("family", ["dilated", "transformer"])
def test_a_killed_training_goes_on_to_the_same_bytes(family: str, made: material.Material, tmp_path: Path) -> None:
    models = {
        "dilated": {"dim": 16, "blocks": 2, "dropout": 0.1},
        "transformer": {"dim": 16, "layers": 1, "heads": 2, "resolution": 32, "dropout": 0.1},
    }
    changes = {"model": {family: models[family]}, "training": {**LEARNING, "max_epochs": 6}}
    changes["training"]["loss"] = "poisson_multinomial"
    whole = train(made, tmp_path / "whole", **changes)
    process = multiprocessing.get_context("spawn").Process(target=_in_a_process, args=(made, tmp_path / "cut", changes))
    process.start()
    deadline = time.monotonic() + 120
    while not list((tmp_path / "cut").glob("checkpoints/*/epoch-00000[23].pt")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert list((tmp_path / "cut").glob("checkpoints/*/epoch-*.pt")) and not (tmp_path / "cut/model").exists()
    cut = train(made, tmp_path / "cut", **changes)
    for name in ("model/model.safetensors", "model/config.json"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()
    losses = [history.read(folder / "history.tsv")["validation_loss"] for folder in (whole, cut)]
    assert losses[0].equals(losses[1])


def test_nothing_to_train_on_is_one_clear_line(made: material.Material, tmp_path: Path) -> None:
    table = made.table
    table["fold"] = (table["chrom"] != "II").astype(int)
    track_store.write_windows(table, tmp_path / "windows.parquet")
    store = track_store.TrackStore(made.targets, made.table)
    values, mask = store.rows(np.arange(len(table)))
    track_store.write_targets(
        zip(values, mask, strict=True), store.tracks, tmp_path / "targets.h5", windows=table, bins=8, bin_width=16,
        set_name="toy", genome=store.genome,
    )  # fmt: skip
    other = made._replace(windows=tmp_path / "windows.parquet", targets=tmp_path / "targets.h5")
    with pytest.raises(BadInput, match="without fold 1 no window"):
        train(other, tmp_path / "run")


def test_shuffled_bases_are_the_same_bases_and_the_unknown_stay() -> None:
    codes = np.random.default_rng(0).integers(0, 5, (4, 300)).astype(np.uint8)
    found = shuffled(codes, 1)
    for before, after in zip(codes, found, strict=True):
        np.testing.assert_array_equal(np.sort(before), np.sort(after))
        np.testing.assert_array_equal(before == 4, after == 4)
        assert (before != after).mean() > 0.4
