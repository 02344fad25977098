"""The store of targets holds the sums of the signal, and its folds never share a base."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pysam
import pytest
from hypothesis import given, settings, strategies

from tests.support.examples import overwrite
from tests.tracks import toy
from workflow_scripts.contracts import track_store
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.tracks import runs
from workflow_scripts.tracks.binning import assign_folds, tile
from workflow_scripts.tracks.make_targets import make_targets

LENGTHS = {"I": 3030, "II": 2000, "III": 1500, "Mito": 400, "IV": 40}


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Any]:
    """A genome with unknown bases in I:101-140 and II:1-1000, and two tracks of fractional signal."""
    genome = tmp_path / "genome.fa"
    with genome.open("w") as file:
        for number, (name, length) in enumerate(LENGTHS.items()):
            bases = np.random.default_rng(number).choice(list("ACGTacgt"), length)
            for chrom, start, end in (("I", 100, 140), ("II", 0, 1000)):
                if name == chrom:
                    bases[start:end] = "N"
            file.write(f">{name}\n{''.join(bases)}\n")
    pysam.faidx(str(genome))
    for file in (genome, tmp_path / "genome.fa.fai"):
        seal_beside(file)
    files = []
    for seed in range(4):
        signal = {name: values * 123.4567 for name, values in toy.random_signal(seed, LENGTHS).items()}
        files.append(toy.write_track(tmp_path / f"{seed}.bw", signal))
    signals = [toy.read(file) for file in files]
    assays = [toy.write_strands(tmp_path / f"{assay}.parquet", assay) for assay in ("netseq", "proseq")]
    return {
        "signals": signals,
        "call": {
            "genome": genome,
            "index": tmp_path / "genome.fa.fai",
            "chromosomes": toy.write_chromosomes(tmp_path / "chromosomes.parquet", LENGTHS),
            "plus": [files[0], files[2]],
            "minus": [files[1], files[3]],
            "strands": assays,
            "genes": None,
            "regions": [],
            "windows": tmp_path / "windows.parquet",
            "targets": tmp_path / "targets.h5",
            "names": ["a", "b"],
            "set": "toy",
        },
    }


NO_MASK = {"biotypes": [], "margin": 60, "regions": [], "kmer": 0}


def make(inputs: dict[str, Any], **spec: Any) -> tuple[pd.DataFrame, track_store.Targets]:
    call = inputs["call"]
    defaults = {"width": 200, "bin": 20, "folds": 3, "validation_fold": 1, "test_fold": 2, "fold_chromosomes": []}
    defaults |= {"clip": None, "mask": NO_MASK}
    make_targets(**call, spec={**defaults, **spec})
    windows = track_store.read_windows(call["windows"])
    return windows, track_store.read_targets(call["targets"], windows)


@pytest.mark.parametrize(("width", "bin"), [(200, 20), (96, 32), (64, 2), (50, 1), (5000, 500)])
def test_bin_sums_are_sums_over_bases(width: int, bin: int, inputs: dict[str, Any]) -> None:
    windows, store = make(inputs, width=width, bin=bin, **({"folds": 3} if width < 5000 else {}))
    assert store.targets.dtype == np.float32
    for window in windows.itertuples():
        for track, signal in enumerate(inputs["signals"]):
            values = np.zeros(width, np.float64)
            known = np.nan_to_num(signal[window.chrom][window.start : window.end])
            values[: len(known)] = known
            np.testing.assert_allclose(
                store.targets[window.window, track], [part.sum() for part in np.split(values, width // bin)], rtol=1e-6
            )


def test_the_mask_is_true_where_all_bases_of_a_bin_are_known(inputs: dict[str, Any]) -> None:
    windows, store = make(inputs, width=200, bin=30 - 10)
    sequence = pysam.FastaFile(str(inputs["call"]["genome"]))
    for window in windows.itertuples():
        bases = sequence.fetch(window.chrom, window.start, window.end).upper().ljust(200, "N")
        expected = ["N" not in bases[start : start + 20] for start in range(0, 200, 20)]
        assert store.mask[window.window].tolist() == [expected] * 4
    beyond = windows["end"] > windows["chrom"].map(LENGTHS)
    assert beyond.sum() == 3  # the last windows of I, III and IV
    assert not store.mask[beyond].all(axis=2).any()


def test_windows_without_a_known_base_and_mitochondria_are_left_out(inputs: dict[str, Any]) -> None:
    windows, store = make(inputs)
    assert windows.loc[windows["chrom"] == "II", "start"].tolist() == [1000, 1200, 1400, 1600, 1800]
    assert set(windows["chrom"]) == {"I", "II", "III", "IV"}
    assert len(store.targets) == len(windows)
    assert windows["window"].tolist() == list(range(len(windows)))


def test_the_store_names_strands_and_assays(inputs: dict[str, Any]) -> None:
    _, store = make(inputs)
    assert store.tracks == [
        {"name": name, "assay": assay, "strand": strand}
        for name, assay in (("a", "netseq"), ("b", "proseq"))
        for strand in ("plus", "minus")
    ]
    with h5py.File(inputs["call"]["targets"]) as file:
        assert (file.attrs["bin"], file.attrs["set"], len(file.attrs["genome"])) == (20, "toy", 64)
        assert file["targets"].chunks == (1, 4, 10)
        assert file["mask"].chunks == file["mask"].shape  # all windows of a small genome
        assert json.loads(file.attrs["tracks"]) == store.tracks


@pytest.mark.parametrize("block", [1, 500, 1777])
def test_the_result_is_independent_of_the_block_size(
    block: int, inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    windows, store = make(inputs)
    monkeypatch.setattr(runs, "BLOCK", block)
    windows_again, again = make(inputs)
    pd.testing.assert_frame_equal(windows, windows_again)
    np.testing.assert_array_equal(store.targets, again.targets)
    np.testing.assert_array_equal(store.mask, again.mask)


def test_folds_are_whole_chromosomes_where_there_are_enough(inputs: dict[str, Any]) -> None:
    windows, _ = make(inputs, width=100)
    assert (windows.groupby("chrom")["fold"].nunique() == 1).all()
    assert set(windows["fold"]) == {0, 1, 2}
    splits = windows.groupby("fold")["split"].unique().map(list).to_dict()
    assert splits == {0: ["train"], 1: ["validation"], 2: ["test"]}


@settings(max_examples=40, deadline=None)
@given(sizes=strategies.lists(strategies.integers(1, 60), min_size=1, max_size=12), folds=strategies.integers(3, 8))
def test_folds_are_of_like_size_and_consecutive_where_chromosomes_are_cut(sizes: list[int], folds: int) -> None:
    windows = tile({f"chr{number}": size * 10 for number, size in enumerate(sizes)}, 10)
    if len(windows) < folds:
        return
    fold = assign_folds(windows["chrom"], folds)
    held = np.bincount(fold, minlength=folds)
    assert len(held) == folds
    if (windows.assign(fold=fold).groupby("chrom")["fold"].nunique() == 1).all():
        assert held.min() >= len(windows) / folds / 2
    else:
        assert (np.diff(fold) >= 0).all()
        assert held.max() - held.min() <= 1
    np.testing.assert_array_equal(fold, assign_folds(windows["chrom"], folds))


def test_chromosomes_that_are_named_are_a_fold_and_the_others_share_the_rest() -> None:
    chrom = pd.Series(np.repeat(["I", "II", "III", "IV", "V"], [8, 3, 2, 4, 4]))
    fold = assign_folds(chrom, 4, [["II", "V"], ["III"]])
    found = {name: set(fold[chrom == name]) for name in chrom.unique()}
    assert (found["II"], found["V"], found["III"]) == ({0}, {0}, {1})
    assert {*found["I"], *found["IV"]} == {2, 3}
    assert (np.sort(np.unique(fold[chrom == "I"])) == [2]).all()  # the largest first, whole


def test_a_chromosome_without_a_window_is_no_fold(inputs: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="tracks/sets/toy/targets/fold_chromosomes: 'chr9' has no window. Name some of "):
        make(inputs, fold_chromosomes=[["chr9"]])
    assert not inputs["call"]["targets"].exists()


def test_too_few_windows_for_the_folds_are_refused(inputs: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="tracks/sets/toy/targets: 4 windows of 10000 bp are too few for 9 folds"):
        make(inputs, width=10_000, folds=9)
    assert not inputs["call"]["targets"].exists()


def test_a_track_that_cannot_be_read_is_an_error_not_zeros(inputs: dict[str, Any]) -> None:
    file = inputs["call"]["minus"][1]
    data = bytearray(file.read_bytes())
    first = int.from_bytes(data[16:24], "little") + 8
    data[first + 50 : first + 60] = bytes(10)
    file.write_bytes(data)
    with pytest.raises(BadInput, match="3.bw: is damaged"):
        make(inputs)
    assert not inputs["call"]["targets"].exists()


@pytest.mark.parametrize("kept", [0, 40, 3000, 6950])
def test_a_genome_that_was_cut_short_is_an_error_not_unknown_bases(kept: int, inputs: dict[str, Any]) -> None:
    genome = inputs["call"]["genome"]
    whole = genome.read_bytes()
    assert len(whole) > 6990
    genome.write_bytes(whole[:kept])
    seal_beside(genome)  # as another program left it
    with pytest.raises(BadInput, match="genome.fa: damaged, or not the file of its index") as fault:
        make(inputs)
    assert "\n" not in str(fault.value)
    assert not inputs["call"]["targets"].exists()


@pytest.mark.parametrize("name", ["genome.fa", "genome.fa.fai"])
def test_a_base_or_an_offset_that_flipped_is_refused(name: str, inputs: dict[str, Any]) -> None:
    file = inputs["call"]["genome"].with_name(name)
    whole = file.read_bytes()
    overwrite(file, whole[:-10] + bytes([whole[-10] ^ 1]) + whole[-9:])
    with pytest.raises(BadInput, match=f"{name}: is damaged, cut short or was edited"):
        make(inputs)


def test_the_targets_of_one_run_are_not_read_with_the_windows_of_another(inputs: dict[str, Any]) -> None:
    first, _ = make(inputs)
    second, _ = make(inputs, validation_fold=2, test_fold=1)
    assert len(first) == len(second)
    with pytest.raises(BadInput, match="targets.h5: windows: made for other windows"):
        track_store.read_targets(inputs["call"]["targets"], first)


def test_the_largest_chromosome_is_given_a_fold_first() -> None:
    """In the order of the genome 1, 1, 2, 2 and 6 windows would leave folds of 3 and 9."""
    chrom = pd.Series(np.repeat(["I", "II", "III", "IV", "V"], [1, 1, 2, 2, 6]))
    assert np.bincount(assign_folds(chrom, 2)).tolist() == [6, 6]
    assert assign_folds(chrom, 2)[-6:].tolist() == [0] * 6
