"""Windows beside their sequence: what is read, moved and turned, and what a model never sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from tests.seq2track import material
from workflow_scripts.contracts import track_store
from workflow_scripts.io.bases import encode, reverse_complement
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.seq2track import data
from workflow_scripts.training.part import Part

LETTERS = "ACGTN"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> material.Material:
    return material.make(tmp_path_factory.mktemp("toy"))


@pytest.fixture
def windows(made: material.Material) -> data.Windows:
    return data.Windows(made.genome, made.index, made.targets, made.table, context=40)


def text(codes: np.ndarray) -> str:
    return "".join(LETTERS[code] for code in codes)


def expected_sequence(made: material.Material, chrom: str, start: int, end: int) -> str:
    padded = "N" * 1000 + made.sequence[chrom].upper() + "N" * 1000
    return padded[1000 + start : 1000 + end]


def test_a_window_is_the_bases_of_its_place_and_its_context(made: material.Material, windows: data.Windows) -> None:
    """Soft-masked bases are as others; beyond a chromosome all are unknown."""
    for row in windows.table.itertuples():
        for shift in (-3, 0, 5):
            first = row.start + 16 * shift
            found = text(windows.codes(row.window, shift))
            assert found == expected_sequence(made, row.chrom, first - 40, first + 128 + 40)


def test_a_moved_window_holds_the_signal_of_its_new_place(made: material.Material, windows: data.Windows) -> None:
    allowed = np.ones(len(windows.table), bool)
    allowed[windows.table.index[windows.table["chrom"] == "II"][3]] = False
    rows = np.arange(len(windows.table))
    for shift in (-7, -1, 0, 1, 6):
        values, mask = windows.targets(rows, np.full(len(rows), shift), allowed)
        for row in windows.table.itertuples():
            for bin in range(8):
                at = row.start + 16 * (bin + shift)
                neighbour = row.window + (bin + shift) // 8
                same = 0 <= neighbour < len(rows) and windows.table["chrom"][neighbour] == row.chrom
                usable = made.usable[row.chrom][:, max(0, at) : at + 16]
                known = at >= 0 and same and usable.shape[1] == 16 and (neighbour == row.window or allowed[neighbour])
                expected = usable.all(1) & known
                np.testing.assert_array_equal(mask[row.window, :, bin], expected)
                if known:
                    signal = made.signal[row.chrom][:, at : at + 16].sum(1)
                    np.testing.assert_array_equal(values[row.window, :, bin][expected], signal[expected])


def test_a_window_on_the_other_strand_is_the_same_signal_seen_from_there(
    made: material.Material, windows: data.Windows
) -> None:
    rows, shifts, allowed = np.array([2, 5]), np.array([0, 2]), np.ones(len(windows.table), bool)
    plain = windows.batch(rows, shifts, np.array([False, False]), allowed)
    turned = windows.batch(rows, shifts, np.array([False, True]), allowed)
    for before, after in zip(plain, turned, strict=True):
        assert before[0].equal(after[0])
    assert text(turned.codes[1].numpy()) == material.reverse_complement(text(plain.codes[1].numpy()))
    for name in ("targets", "mask"):
        before, after = getattr(plain, name)[1].numpy(), getattr(turned, name)[1].numpy()
        np.testing.assert_array_equal(after, np.stack([before[1], before[0], before[3], before[2]])[:, ::-1])


@settings(max_examples=30, deadline=None)
@given(seed=strategies.integers(0, 999), length=strategies.integers(1, 40), bins=strategies.integers(1, 9))
def test_turned_twice_a_window_is_as_before(seed: int, length: int, bins: int) -> None:
    rng = np.random.default_rng(seed)
    before = (
        rng.integers(0, 5, (3, length)).astype(np.uint8),
        rng.random((3, 4, bins), np.float32),
        rng.random((3, 4, bins)) < 0.5,
    )
    once = data.flip(*before, data.strand_swap(material.TRACKS))
    twice = data.flip(*once, data.strand_swap(material.TRACKS))
    for first, last in zip(before, twice, strict=True):
        np.testing.assert_array_equal(first, last)
    if length > 3:
        assert (once[0] != before[0]).any()


def test_the_other_strand_of_a_base_is_its_complement_whatever_its_case() -> None:
    assert text(reverse_complement(encode("AACgtNnRc"))) == "GNNNACGTT"


def test_the_other_strand_of_a_track_is_found_by_name() -> None:
    tracks = [material.TRACKS[at] for at in (2, 0, 1, 3)]
    assert data.strand_swap(tracks) == [3, 2, 1, 0]


def test_folds_are_apart_and_the_one_before_is_for_validation(windows: data.Windows) -> None:
    for fold, validation in ((0, 3), (1, 0), (3, 2)):
        parts = data.split(windows.table, fold)
        folds = [set(windows.table["fold"].to_numpy()[rows]) for rows in parts]
        assert folds == [{0, 1, 2, 3} - {fold, validation}, {validation}, {fold}]
        assert sorted(np.concatenate(parts)) == list(range(len(windows.table)))


def test_no_signal_of_another_fold_comes_into_training(made: material.Material, tmp_path: Path) -> None:
    """Folds that are stretches of one chromosome: a window at a border is moved beyond it."""
    table = made.table
    table["fold"] = np.arange(len(table)) * 4 // len(table)
    track_store.write_windows(table, tmp_path / "windows.parquet")
    store = track_store.TrackStore(made.targets, made.table)
    values, _ = store.rows(np.arange(len(table)))
    train = table["fold"].isin([2, 3]).to_numpy()
    values[~train] = 1e6
    track_store.write_targets(
        ((value, np.ones(value.shape, bool)) for value in values), store.tracks, tmp_path / "targets.h5",
        windows=table, bins=8, bin_width=16, set_name="toy", genome=store.genome,
    )  # fmt: skip
    windows = data.Windows(made.genome, made.index, tmp_path / "targets.h5", table, 0)
    training = material.run_spec(training={"shift": 112, "batch_size": 5})["training"]
    rows = data.split(table, 1).train
    assert set(rows) == set(np.flatnonzero(train))
    batches = [batch for epoch in (1, 2) for batch in data.training_batches(windows, rows, training, 1, epoch)]
    assert max(float(batch.targets[batch.mask].max()) for batch in batches) < 1e6
    assert max(float(batch.targets.max()) for batch in batches) == 1e6 or any(~batch.mask.all() for batch in batches)


def test_an_epoch_is_every_window_once_in_an_order_of_its_own(windows: data.Windows) -> None:
    training = material.run_spec(training={"shift": 0, "reverse_complement": False, "batch_size": 7})["training"]
    rows = data.split(windows.table, 1).train

    def seen(epoch: int, seed: int = 1) -> list[str]:
        return [text(codes.numpy()) for batch in data.training_batches(windows, rows, training, seed, epoch)
                for codes in batch.codes]  # fmt: skip

    assert sorted(seen(1)) == sorted(text(windows.codes(row)) for row in rows)
    assert seen(1) == seen(1) != seen(2) and seen(1) != seen(1, seed=2)


def test_shifts_and_strands_vary_and_follow_from_the_seed(windows: data.Windows) -> None:
    training = material.run_spec(training={"shift": 32, "batch_size": 30})["training"]
    rows = data.split(windows.table, 1).train
    one, again = (next(data.training_batches(windows, rows, training, 1, 3)) for _ in range(2))
    assert one.codes.equal(again.codes) and one.targets.equal(again.targets)
    order = np.random.default_rng([data.ORDER, 1, 3]).permutation(rows)[:30]
    places = {}
    for row, codes in zip(order, one.codes.numpy(), strict=True):
        for shift in range(-2, 3):
            here = windows.codes(row, shift)
            for turned, same in ((False, here), (True, reverse_complement(here))):
                if (same == codes).all():
                    places[row] = (shift, turned)
    assert len(places) == len(order)
    assert {shift for shift, _ in places.values()} == {-2, -1, 0, 1, 2}
    assert {turned for _, turned in places.values()} == {False, True}


def test_parts_are_together_the_whole_batch(windows: data.Windows) -> None:
    training = material.run_spec(training={"shift": 16, "batch_size": 5})["training"]
    rows = data.split(windows.table, 1).train[:11]
    whole = list(data.training_batches(windows, rows, training, 1, 1))
    parts = [list(data.training_batches(windows, rows, training, 1, 1, Part(rank, 2))) for rank in range(2)]
    assert len(whole) == len(parts[0]) == len(parts[1]) == 3 and len(whole[2].codes) == 1
    for batch, first, second in zip(whole[:2], *(part[:2] for part in parts), strict=True):
        assert batch.codes[0::2].equal(first.codes) and batch.codes[1::2].equal(second.codes)
        assert batch.targets[1::2].equal(second.targets) and batch.mask[0::2].equal(first.mask)
    assert parts[1][2].codes.equal(whole[2].codes) and not parts[1][2].mask.any()


def test_the_mean_of_a_track_is_that_of_its_bins_that_count(made: material.Material, windows: data.Windows) -> None:
    rows = data.split(windows.table, 1).train
    values, mask = windows.store.rows(rows)
    pooled = [values[:, pair][mask[:, pair]].mean() for pair in ([0, 1], [2, 3])]
    np.testing.assert_allclose(data.mean_signal(windows, rows), np.repeat(pooled, 2), rtol=1e-6)
    assert len(data.with_signal_to_count(windows, np.arange(len(windows.table)))) <= len(windows.table)


def test_a_store_of_another_genome_is_refused(made: material.Material, tmp_path: Path) -> None:
    other = material.make(tmp_path, mirrored=True)
    with pytest.raises(BadInput, match="genome: made of another genome"):
        data.Windows(other.genome, other.index, made.targets, made.table, 0)


def test_a_damaged_genome_is_refused(tmp_path: Path) -> None:
    made = material.make(tmp_path)
    content = made.genome.read_text()
    made.genome.write_text(content[:-200])
    with pytest.raises(BadInput, match=r"genome.fa: is damaged"):
        data.Windows(made.genome, made.index, made.targets, made.table, 0)
    seal_beside(made.genome)
    with pytest.raises(BadInput):
        data.Windows(made.genome, made.index, made.targets, made.table, 0)
