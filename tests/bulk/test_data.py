"""The order of samples and their masks are functions of (seed, epoch, step), in bounded memory."""

from __future__ import annotations

import tracemalloc
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tests.bulk import cohorts
from tests.bulk.conftest import SPEC
from workflow_scripts.bulk import augmentation, data
from workflow_scripts.bulk.base import FOLDS, UNSEEN
from workflow_scripts.contracts import expression, splits
from workflow_scripts.training.part import Part

TRAINING = SPEC["runs"]["small"]["training"]
TRAINING = TRAINING | {"augmentation": {"thinning": [], "noise": 0, "mixup": 0}}
EVERYTHING = TRAINING | {
    "augmentation": {"thinning": [0.01, 1], "noise": 0.2, "mixup": 0.4},
    "objectives": TRAINING["objectives"] | {"contrastive": 0.5},
}


@pytest.fixture(scope="module")
def samples(cohort: dict[str, Any]) -> data.Samples:
    split = splits.read(cohort["splits"]).set_index("sample_id")["split"]
    train, validation = (split.index[split == name] for name in ("train", "validation"))
    order = str(expression.read(cohort["expression"][0]).uns["gene_order"])
    folds = data.folds_of(splits.read(cohort["splits"]), 1)
    return data.Samples(
        cohort["expression"], order, train, validation, np.arange(60) > 0, np.ones(60, np.float32), folds
    )


def unseen(values: np.ndarray) -> np.ndarray:
    return np.full(len(values), UNSEEN)


def rows_of(samples: data.Samples, wanted: pd.Index) -> np.ndarray:
    return expression.load(samples.paths, wanted)[1]


@pytest.mark.parametrize("most", [10, 72, 100])
def test_references_are_different_train_samples_drawn_by_the_seed(samples: data.Samples, most: int) -> None:
    (names, found), (_, again), (_, other) = (
        data.references(samples.paths, samples.train, samples.gene_order, seed, most) for seed in (1, 1, 2)
    )
    number = min(most, len(samples.train))
    assert len(names.unique()) == len(found) == number and names.isin(samples.train).all()
    np.testing.assert_array_equal(found, rows_of(samples, names))
    np.testing.assert_array_equal(found, again)
    assert np.array_equal(found, other, equal_nan=True) == (number == len(samples.train))


def test_folds_are_of_train_samples_alone_and_never_part_a_group(cohort: dict[str, Any]) -> None:
    table = splits.read(cohort["splits"])
    folds = data.folds_of(table, 1)
    assert sorted(folds.index) == sorted(table.loc[table["split"] == "train", "sample_id"])
    assert set(folds) == set(range(FOLDS))
    groups = folds.groupby(table.set_index("sample_id")["group"])
    assert (groups.nunique() == 1).all() and (groups.size() == 2).all()
    assert folds.value_counts().max() - folds.value_counts().min() <= 2
    assert not folds.equals(data.folds_of(table, 2))


def test_a_train_sample_goes_with_its_fold_and_others_with_none(samples: data.Samples) -> None:
    values = {
        row.tobytes(): fold for row, fold in zip(rows_of(samples, samples.folds.index), samples.folds, strict=True)
    }
    for batch, folds in data.shuffled(samples, 1, 2, 7):
        assert [values[row.tobytes()] for row in batch] == folds.tolist()
    for batch in data.training_batches(samples, TRAINING, 1, 3):
        assert set(batch.fold.tolist()) <= set(range(FOLDS))
    for batch in data.validation_batches(samples, TRAINING, 1):
        assert set(batch.fold.tolist()) == {UNSEEN}


@pytest.mark.parametrize("buffer", [1, 4000, 1 << 29])
def test_an_epoch_reads_every_train_sample_once(
    samples: data.Samples, buffer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "BUFFER_BYTES", buffer)
    batches = list(data.shuffled(samples, 1, 1, 7))
    assert [len(batch) for batch, _ in batches[:-1]] == [7] * (len(batches) - 1)
    assert len(batches) == -(-len(samples.train) // 7)
    found, expected = np.concatenate([batch for batch, _ in batches]), rows_of(samples, samples.train)
    np.testing.assert_array_equal(np.sort(found[:, 3]), np.sort(expected[:, 3]))


@pytest.fixture(scope="module")
def long_shards(tmp_path_factory: pytest.TempPathFactory) -> data.Samples:
    """Three shards of 400 samples, of which 720 are of train; their values are stored 64 samples together."""
    cohort = cohorts.write_cohort(tmp_path_factory.mktemp("long"), genes=12, samples=1200)
    table = splits.read(cohort["splits"])
    train, validation = (pd.Index(table.loc[table["split"] == name, "sample_id"]) for name in ("train", "validation"))
    order = str(expression.read(cohort["expression"][0]).uns["gene_order"])
    known, sd = np.arange(12) > 0, np.ones(12, np.float32)
    return data.Samples(cohort["expression"], order, train, validation, known, sd, data.folds_of(table, 1))


def test_batches_are_of_all_shards_however_many_times_the_buffer_the_corpus_is(
    long_shards: data.Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "BUFFER_BYTES", 12 * 4 * 240)  # a third of the train samples
    shard = {
        row.tobytes(): place
        for place, path in enumerate(long_shards.paths)
        for row in expression.load([path], expression.read(path).obs_names)[1]
    }
    parts = [{shard[row.tobytes()] for row in rows} for rows, _ in data.shuffled(long_shards, 1, 1, 24)]
    assert len(parts) == 30
    assert sum(len(part) == 3 for part in parts) > 20
    rows = np.concatenate([rows for rows, _ in data.shuffled(long_shards, 1, 1, 24)])
    np.testing.assert_array_equal(np.sort(rows[:, 3]), np.sort(rows_of(long_shards, long_shards.train)[:, 3]))
    again = np.concatenate([rows for rows, _ in data.shuffled(long_shards, 1, 1, 24)])
    np.testing.assert_array_equal(rows, again)
    assert not np.array_equal(rows, np.concatenate([rows for rows, _ in data.shuffled(long_shards, 1, 2, 24)]))


def test_no_more_than_twice_the_buffer_is_in_memory(samples: data.Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read, and the same as one matrix; its batches are made one by one."""
    names, genes, parts = samples.train[:64], 1 << 13, 8  # 2 MiB a block
    obs = pd.DataFrame(index=names)
    monkeypatch.setattr(data.expression, "blocks", lambda *_, **__: ((obs, made(names, genes)) for _ in range(parts)))
    tracemalloc.start()
    try:
        assert sum(len(rows) for rows, _ in data.shuffled(samples, 1, 1, 4)) == parts * len(names)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.3 * parts * made(names, genes).nbytes


def made(names: pd.Index, genes: int) -> np.ndarray:
    return np.zeros((len(names), genes), np.float32)


def test_order_depends_on_seed_and_epoch_alone(samples: data.Samples) -> None:
    def order(seed: int, epoch: int) -> list[float]:
        return [float(row[3]) for batch, _ in data.shuffled(samples, seed, epoch, 8) for row in batch]

    assert order(1, 1) == order(1, 1)
    assert order(1, 1) != order(1, 2) != order(2, 2)


def same(one: data.Batch, other: data.Batch) -> bool:
    return all(
        a is b is None or (same(a, b) if isinstance(a, data.Batch) else a.equal(b))
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("training", [TRAINING, EVERYTHING], ids=["default", "everything"])
def test_batches_of_an_epoch_can_be_drawn_again(samples: data.Samples, training: dict[str, Any]) -> None:
    first, second, of_next = (list(data.training_batches(samples, training, 1, epoch)) for epoch in (3, 3, 4))
    assert all(same(one, other) for one, other in zip(first, second, strict=True))
    assert not any(same(one, other) for one, other in zip(first, of_next, strict=True))
    ratios = [1 - float(batch.visible.sum() / batch.values.ne(0).sum()) for batch in first]
    assert max(ratios) - min(ratios) > 0.1, "every batch has a mask ratio of its own"


@pytest.mark.parametrize("view", ["first", "other"])
@pytest.mark.parametrize("world", [2, 3, 10])
def test_the_parts_of_a_step_are_together_the_batch_of_one_rank(samples: data.Samples, world: int, view: str) -> None:
    """Of 72 train samples in batches of 11 the last has six: with ten ranks four of them have no row of their own."""
    training = {**EVERYTHING, "batch_size": 11, "genes_per_sample": 59}
    whole = list(data.training_batches(samples, training, 1, 3))
    parts = [list(data.training_batches(samples, training, 1, 3, Part(rank, world))) for rank in range(world)]
    assert [len(batches) for batches in parts] == [len(whole)] * world
    if view == "other":
        whole, *parts = ([batch.other for batch in batches] for batches in (whole, *parts))
    for step, batch in enumerate(whole):
        for rank in range(world):
            part = parts[rank][step]
            if rank >= len(batch.values):
                assert len(part.values) == 1 and not part.masked.any(), "looks at one sample, predicts nothing"
                continue
            for name in ("values", "visible", "index", "masked", "fold", "targets"):
                assert getattr(part, name).equal(getattr(batch, name)[rank::world]), name
            attended = torch.ones_like(part.index, dtype=torch.bool) if part.attended is None else part.attended
            everywhere = torch.ones_like(batch.index, dtype=torch.bool) if batch.attended is None else batch.attended
            assert attended.equal(everywhere[rank::world])


@pytest.mark.parametrize("name", ["thinning", "noise"])
def test_what_is_corrupted_is_shown_and_never_predicted(samples: data.Samples, name: str) -> None:
    """Masks and targets are those of a training without; of another view, too."""
    off, on = TRAINING["augmentation"], EVERYTHING["augmentation"]
    training = EVERYTHING | {"augmentation": off | {name: on[name]}}
    clean, changed = (list(data.training_batches(samples, each, 1, 3)) for each in (TRAINING, training))
    for one, first in zip(clean, changed, strict=True):
        assert first.masked.equal(one.masked) and first.index.equal(one.index)
        assert first.other is not None and not first.other.masked.equal(first.masked) and one.other is None
        for view in (first, first.other):
            assert view.targets.equal(one.values) and view.fold.equal(one.fold)
            assert (view.values != view.targets)[view.visible].float().mean() > 0.9
            measured = view.visible | view.masked
            assert measured.equal(one.visible | one.masked) and not view.values[~measured].any()


def test_what_is_shown_of_a_batch_hangs_on_no_masked_value(samples: data.Samples) -> None:
    def drawn(values: np.ndarray) -> data.Batch:
        settings = EVERYTHING["augmentation"]
        corrupt = partial(augmentation.corrupt, sd=samples.sd, settings=settings, generator=np.random.default_rng(1))
        return data.draw(values, unseen(values), samples.known, 0.5, 20, np.random.default_rng(0), corrupt=corrupt)

    values = rows_of(samples, samples.train)
    first = drawn(values)
    other = drawn(np.where(first.masked, np.float32(0.1), values))
    assert other.masked.equal(first.masked) and other.values[first.visible].equal(first.values[first.visible])


def test_noise_is_drawn_anew_in_every_step_and_view(samples: data.Samples) -> None:
    """Of the gene and the place in a batch alone it would be the same in all, and could be learned."""
    training = EVERYTHING | {"augmentation": TRAINING["augmentation"] | {"noise": 0.2}}
    first, *_ = of_epoch = list(data.training_batches(samples, training, 1, 3))
    for batch in (of_epoch[1], first.other, next(data.training_batches(samples, training, 1, 4))):
        both = first.visible & batch.visible
        one, other = ((of.values - of.targets)[both] for of in (first, batch))
        assert both.any() and abs(np.corrcoef(one, other)[0, 1]) < 0.3


def test_a_mixture_is_shown_and_predicted_alike_in_both_views(samples: data.Samples) -> None:
    """It lies between samples of its fold, and measures what both do: the second gene is of the first shard alone."""
    training = EVERYTHING | {"augmentation": TRAINING["augmentation"] | {"mixup": 0.4}}
    for clean, mixed in zip(
        data.training_batches(samples, TRAINING, 1, 3), data.training_batches(samples, training, 1, 3), strict=True
    ):
        assert mixed.values.equal(mixed.targets) and mixed.other.values.equal(mixed.targets)
        assert not mixed.targets.equal(clean.targets)
        measured = clean.visible | clean.masked
        for row, fold in enumerate(mixed.fold):
            among = clean.targets[clean.fold == fold][:, 2:]
            found = mixed.targets[row, 2:]
            assert ((among.amin(0) - 1e-4 <= found) & (found <= among.amax(0) + 1e-4)).all()
            assert not (mixed.visible | mixed.masked)[row, 1] or measured[row, 1]


def test_validation_is_of_samples_as_they_are(samples: data.Samples) -> None:
    plain, found = (list(data.validation_batches(samples, each, 1)) for each in (TRAINING, EVERYTHING))
    assert all(same(one, other) for one, other in zip(plain, found, strict=True))
    assert all(batch.values.equal(batch.targets) and batch.other is None for batch in found)


def test_the_parts_of_validation_are_together_that_of_one_rank(samples: data.Samples) -> None:
    whole = list(data.validation_batches(samples, TRAINING, 1))
    parts = [list(data.validation_batches(samples, TRAINING, 1, Part(rank, 2))) for rank in (0, 1)]
    for batch, *of_ranks in zip(whole, *parts, strict=True):
        assert sum(int(part.masked.sum()) for part in of_ranks) == int(batch.masked.sum())
        assert all(part.masked.equal(batch.masked[rank::2]) for rank, part in enumerate(of_ranks))


def test_validation_masks_the_mean_of_the_ratios_of_training(samples: data.Samples) -> None:
    batches = list(data.validation_batches(samples, {**TRAINING, "min_mask_ratio": 0.2, "max_mask_ratio": 0.9}, 1))
    masked = sum(int(batch.masked.sum()) for batch in batches)
    usable = sum(int((batch.masked | batch.visible).sum()) for batch in batches)
    assert masked / usable == pytest.approx(0.55, abs=4 * np.sqrt(0.55 * 0.45 / usable))


def test_validation_is_the_same_in_every_epoch(samples: data.Samples) -> None:
    first, second = (list(data.validation_batches(samples, TRAINING, 1)) for _ in range(2))
    assert sum(len(batch.values) for batch in first) == len(samples.validation)
    assert all(a.masked.equal(b.masked) and a.index.equal(b.index) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("contrastive", [0, 0.5])
def test_an_example_has_the_asked_samples_and_the_views_of_a_step(samples: data.Samples, contrastive: float) -> None:
    training = {**TRAINING, "objectives": {**TRAINING["objectives"], "contrastive": contrastive}}
    step = next(data.training_batches(samples, training, 1, 1))
    for rows in (1, 2):
        batch = data.example(samples, training, 1, rows)
        assert len(batch.values) == len(batch.masked) == rows
        assert (batch.other is None) == (step.other is None) == (not contrastive)


def test_an_unmeasured_or_unknown_gene_is_never_seen_or_a_target(samples: data.Samples) -> None:
    values = rows_of(samples, samples.train)
    values[:, 0] = 1.0  # measured, but unknown to the train statistics
    batch = data.draw(values, unseen(values), samples.known, 0.5, 60, np.random.default_rng(0))
    usable = np.isfinite(values) & samples.known
    assert usable.sum() < np.isfinite(values).sum() < values.size
    assert not (batch.visible.numpy() & ~usable).any()
    masked, token = batch.masked.numpy(), np.take_along_axis(usable, batch.index.numpy(), 1)
    assert masked.any() and not (masked & ~usable).any()
    assert not (batch.visible.numpy() & masked).any()
    assert batch.attended is not None and (batch.attended.numpy() == token).all()


def test_tokens_are_distinct_genes(samples: data.Samples) -> None:
    values = rows_of(samples, samples.train)[:4]
    batch = data.draw(values, unseen(values), samples.known, 0.3, 20, np.random.default_rng(0))
    assert batch.index.shape == (4, 20)
    assert all(len(set(row.tolist())) == 20 for row in batch.index)
