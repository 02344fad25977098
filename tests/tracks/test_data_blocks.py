"""The runs of a sealed track are those that libBigWig reads, however the file's blocks and index lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from hypothesis import given, settings, strategies

from tests.tracks import toy
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.tracks import data_blocks
from workflow_scripts.tracks.data_blocks import DataBlocks
from workflow_scripts.tracks.runs import Runs
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig

# Neither in the order of their names nor of their lengths; more than the index holds in one node.
MANY = {f"c{number * 7919 % 600}": 40 + number % 7 for number in range(600)}
LONG = {"II": 90_000, "I": 60_000, "Mito": 100}


def interval(runs: Runs) -> list[tuple]:
    return list(zip(*(column.tolist() for column in runs), strict=True))


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two chromosomes of several blocks and one without signal."""
    path = tmp_path_factory.mktemp("long") / "a.bw"
    signal = toy.random_signal(1, LONG, whole=False)
    toy.write_bigwig(path, {**signal, "Mito": np.full(100, np.nan)})
    assert len(DataBlocks(path)._blocks["II"]) > 3
    return path


def test_every_chromosome_of_many_has_its_own_runs(tmp_path: Path) -> None:
    """300 blocks and more: the index is a tree."""
    path = toy.write_bigwig(tmp_path / "many.bw", toy.random_signal(1, MANY))
    found, expected = DataBlocks(path), pyBigWig.open(str(path))
    assert list(found.lengths.items()) == list(MANY.items())
    for name, length in MANY.items():
        assert interval(found.runs(name, 0, length)) == list(expected.intervals(name) or [])


@settings(max_examples=60, deadline=None)
@given(data=strategies.data())
def test_the_runs_of_a_stretch_are_those_of_libbigwig_cut_at_its_ends(data: strategies.DataObject, long: Path) -> None:
    """Stretch after stretch from one reader, forth and back."""
    found, expected = DataBlocks(long), pyBigWig.open(str(long))
    for _ in range(4):
        name = data.draw(strategies.sampled_from(["I", "II", "Mito"]))
        start = data.draw(strategies.integers(0, LONG[name] - 1))
        end = data.draw(
            strategies.integers(start + 1, min(LONG[name], start + data.draw(strategies.integers(1, 50_000))))
        )
        cut = [(max(a, start), min(b, end), value) for a, b, value in expected.intervals(name, start, end) or []]
        assert interval(found.runs(name, start, end)) == cut


@pytest.mark.parametrize("together", [1, 2, 1000])
@pytest.mark.parametrize(("start", "steps", "step"), [(0, 6001, 13), (7, 997, 88), (11, 3, 9970), (5, 1, 80_000)])
def test_stretches_are_whole_steps_side_by_side(
    start: int, steps: int, step: int, together: int, long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_blocks, "TOGETHER", together)
    end = start + steps * step
    stretches = list(DataBlocks(long).stretches("II", start, end, step))
    assert [first for first, _ in stretches] == [start, *(last for _, last in stretches[:-1])]
    assert stretches[-1][1] == end
    assert all(last > first and (last - first) % step == 0 for first, last in stretches)
    assert (len(stretches) > 1) == (together < 3 and steps > 1)


@pytest.mark.parametrize("together", [1, 2, 1000])
def test_parts_hold_every_run_once_and_whole(together: int, long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_blocks, "TOGETHER", together)
    expected = pyBigWig.open(str(long)).intervals("II")
    parts = [interval(part) for part in DataBlocks(long).parts("II", LONG["II"])]
    assert [run for part in parts for run in part] == list(expected)
    assert (len(parts) > 1) == (together < 1000)
    some = [run for part in DataBlocks(long).parts("II", 40_000) for run in interval(part)]
    assert some == list(expected)[: len(some)]
    assert len(some) < len(expected) or together == 1000
    assert [run for run in some if run[0] < 40_000] == [run for run in expected if run[0] < 40_000]


def test_stretch_after_stretch_unpacks_each_block_once_and_keeps_few(
    long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = DataBlocks(long)
    unpacked = []
    unpack = track._unpack
    monkeypatch.setattr(track, "_unpack", lambda place, size: unpacked.append(place) or unpack(place, size))
    for start in range(0, LONG["II"], 500):
        track.runs("II", start, start + 500)
        assert len(track._last) <= 2
    assert unpacked == track._blocks["II"]["offset"].tolist()


@pytest.mark.parametrize("kind", ["variable", "fixed"])
def test_a_sealed_bigwig_of_another_form_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "other.bw"
    file = pyBigWig.open(str(path), "w")
    file.addHeader([("I", 1000)])
    if kind == "variable":
        file.addEntries("I", [3, 8], values=[1.0, 2.0], span=1)
    else:
        file.addEntries("I", 3, values=[1.0, 2.0], span=1, step=5)
    file.close()
    seal_beside(path)
    with pytest.raises(BadInput, match="other.bw: is not a sealed track") as fault:
        SealedBigWig(path).values("I", 0, 1000)
    assert "\n" not in str(fault.value)
