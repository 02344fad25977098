"""A sealed track is whole or refused: damage is never zeros, and a full disk never a short file."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pyBigWig
import pytest

from tests.support.disks import small_disk
from tests.support.examples import overwrite
from tests.support.workflow import ROOT
from tests.tracks import toy
from tests.tracks.sealed_track import LENGTHS, runs_of, write
from tests.tracks.test_measure_metagene import GENES, measure
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import beside, seal_beside
from workflow_scripts.tracks import data_blocks, sealed_bigwig
from workflow_scripts.tracks.bigwig_source import is_whole
from workflow_scripts.tracks.runs import Runs
from workflow_scripts.tracks.sealed_bigwig import BigWigWriter, SealedBigWig


def bases(chrom: str) -> np.ndarray:
    """The signal of each base of the track."""
    values = np.zeros(LENGTHS[chrom])
    for start, end, value in zip(*runs_of(chrom), strict=True):
        values[start:end] = value
    return values


@pytest.fixture
def track(tmp_path: Path) -> Path:
    path = tmp_path / "a.plus.bw"
    write(path)
    return path


def test_a_track_comes_back_as_written(track: Path) -> None:
    found = SealedBigWig(track)
    assert found.lengths == LENGTHS
    for name in LENGTHS:
        np.testing.assert_array_equal(found.values(name, 0, LENGTHS[name]), bases(name))


def test_the_end_of_a_chromosome_may_lie_within_a_bin(track: Path) -> None:
    values = bases("II")
    found = SealedBigWig(track).bin_sums("II", 149_000, 4, 300)
    expected = [values[start : start + 300].sum() for start in (149_000, 149_300, 149_600, 149_900)]
    assert (found.dtype, found.tolist()) == (np.float32, expected)
    assert SealedBigWig(track).bin_sums("II", 149_999, 3, 1).tolist() == [values[149_999], 0, 0]


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A track of several blocks whose values have no exact sum, and the signal of its bases."""
    path = tmp_path_factory.mktemp("uneven") / "a.plus.bw"
    rng = np.random.default_rng(3)
    values = np.repeat(np.where(rng.random(20_000) < 0.6, rng.lognormal(0, 5, 20_000), 0), rng.integers(1, 20, 20_000))
    values = values.astype(np.float32)
    toy.write_track(path, {"I": np.where(values > 0, values, np.nan)})
    return path, values.astype(np.float64)


def intervals(length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    start, end = np.sort(rng.integers(0, length + 1, (2, 500)), axis=0)
    return np.full(502, "I", object), np.r_[start, 0, 7], np.r_[end, length, 7]


def test_sums_over_intervals_are_sums_of_their_bases(uneven: tuple[Path, np.ndarray]) -> None:
    path, values = uneven
    chrom, start, end = intervals(len(values))
    expected = [values[a:b].sum() for a, b in zip(start, end, strict=True)]
    np.testing.assert_allclose(SealedBigWig(path).sums(chrom, start, end), expected, rtol=1e-6)


def test_sums_and_bins_are_the_same_for_any_size_of_block(
    uneven: tuple[Path, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, values = uneven
    where = intervals(len(values))
    whole = SealedBigWig(path).sums(*where)
    bins = SealedBigWig(path).bin_sums("I", 7, len(values) // 32, 32)
    for together in (1, 2, 1000):
        monkeypatch.setattr(data_blocks, "TOGETHER", together)
        track = SealedBigWig(path)
        np.testing.assert_array_equal(track.sums(*where), whole)
        np.testing.assert_array_equal(track.bin_sums("I", 7, len(values) // 32, 32), bins)
        np.testing.assert_array_equal(track.values("I", 0, len(values)), values)
        assert track.bin_sums("I", 0, 1, len(values)) == np.float32(values.sum())
    parts = [track.bin_sums("I", 7 + start * 32, 100, 32) for start in range(0, len(bins) - 100, 100)]
    np.testing.assert_array_equal(np.concatenate(parts), bins[: 100 * len(parts)])


def test_memory_goes_with_the_runs_not_with_the_bases(tmp_path: Path) -> None:
    """200 Mb of a chromosome and 3 runs: an array of its bases would take 800 MB."""
    start, end = np.array([5, 10**8, 10**8 + 10**6]), np.array([7, 10**8 + 10**6, 10**8 + 10**6 + 4])
    writer = BigWigWriter(tmp_path / "a.bw", {"I": 2 * 10**8})
    writer.append("I", Runs(start, end, np.array([1.5, 0.25, 2.0])))
    writer.close()
    seal_beside(tmp_path / "a.bw")
    track = SealedBigWig(tmp_path / "a.bw")
    tracemalloc.start()
    start, end = np.array([0, 6, 10**8 - 1, 10**8 + 10**6 - 4]), np.array([2 * 10**8, 7, 10**8 + 1, 2 * 10**8])
    assert track.sums(np.full(4, "I", object), start, end).tolist() == [3 + 10**6 / 4 + 8, 1.5, 0.25, 1 + 8]
    assert track.bin_sums("I", 0, 4, 5 * 10**7).tolist() == [3, 0, 10**6 / 4 + 8, 0]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10**6


def test_a_track_ends_as_the_tools_of_ucsc_ask(tmp_path: Path) -> None:
    """In the number of the format that begins it, of one byte order (bbiFileCheckSigs, kent/src/lib/bbiRead.c)."""
    sources = [toy.write_bigwig(tmp_path / f"{strand}.bw", toy.random_signal(1)) for strand in ("plus", "minus")]
    for path in toy.convert(tmp_path / "out", sources[:1], sources[1:]):
        content = path.read_bytes()
        assert content[:4] == content[-4:]
        assert 0x888FFC26 in (*struct.unpack("<I", content[-4:]), *struct.unpack(">I", content[-4:]))
        with pyBigWig.open(str(path)) as file:
            assert file.chroms() == SealedBigWig(path).lengths


def test_a_track_without_its_seal_is_refused(track: Path) -> None:
    beside(track).unlink()
    with pytest.raises(BadInput, match="a.plus.bw.sha256: not readable .No such file"):
        SealedBigWig(track)


def test_a_track_with_the_seal_of_another_is_refused(track: Path) -> None:
    other = track.with_name("a.minus.bw")
    write(other)
    shutil.copy(beside(other), beside(track))
    with pytest.raises(BadInput, match="a.plus.bw: is damaged"):
        SealedBigWig(track)


def test_a_flipped_byte_anywhere_is_one_line_and_never_zeros(track: Path) -> None:
    """Header, zoom levels, chromosomes, blocks of data, index, end."""
    whole = track.read_bytes()
    places = [*range(1500), *range(1500, len(whole) - 500, 997), *range(len(whole) - 500, len(whole))]
    with track.open("r+b", buffering=0) as handle:
        for place in places:
            handle.seek(place)
            handle.write(bytes([whole[place] ^ 0xFF]))
            os.utime(track, ns=(place, place))
            with pytest.raises(BadInput, match="a.plus.bw: is damaged") as fault:
                SealedBigWig(track)
            assert "\n" not in str(fault.value)
            handle.seek(place)
            handle.write(whole[place : place + 1])
    overwrite(track, whole)
    assert SealedBigWig(track).lengths == LENGTHS


@pytest.mark.parametrize("damaged", ["0.0.bw", "1.1.bw"])
def test_deeptools_is_given_no_damaged_track(damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = toy.write_track

    def write_track(path: Path, values: toy.Signal) -> Path:
        written(path, values)
        if path.name == damaged:
            content = bytearray(path.read_bytes())
            content[-600] ^= 1
            path.write_bytes(content)
        return path

    monkeypatch.setattr(toy, "write_track", write_track)
    with pytest.raises(BadInput, match=f"{damaged}: is damaged"):
        measure(tmp_path, GENES)
    assert not (tmp_path / "out/metagene.parquet").exists()


@pytest.mark.parametrize(
    ("share", "reason"),
    [
        (0.7, "No space left, or the file system failed"),
        (0.9, "No space left, or the file system failed"),
        (0.9999, "No space left, or the file system failed"),  # in the midst of the number at the end
    ],
)
def test_a_file_that_could_not_be_finished_is_an_error(share: float, reason: str, track: Path, tmp_path: Path) -> None:
    """libBigWig itself prints a line and goes on."""
    limit = int(share * track.stat().st_size)

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    short = tmp_path / "short.bw"
    run = [sys.executable, "-B", "-m", "tests.tracks.sealed_track", short]
    done = subprocess.run(run, cwd=ROOT, preexec_fn=limited, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("OSError: ") and reason in said
    assert short.stat().st_size == limit


def test_a_file_that_lost_bases_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_bigwig, "covered_bases", lambda path: 5)
    with pytest.raises(OSError, match="No space left, or the file system failed"):
        write(tmp_path / "short.bw")


@pytest.mark.parametrize("size", ["60k", "1100k"])
def test_a_full_disk_is_an_error_that_names_the_file(size: str, tmp_path: Path) -> None:
    """Before libBigWig meets it and ends the process."""
    with small_disk(tmp_path / "disk", size) as disk:
        with pytest.raises(OSError, match="No space left, or the file system failed") as fault:
            write(disk / "a.bw")
        assert (fault.value.errno, fault.value.filename) == (errno.ENOSPC, str(disk / "a.bw"))


def test_whole_is_a_bigwig_with_its_end(track: Path, tmp_path: Path) -> None:
    plain = toy.write_bigwig(tmp_path / "plain.bw", toy.random_signal(1))
    assert is_whole(track) and is_whole(plain)
    for path in (track, plain):
        path.write_bytes(path.read_bytes()[:-200])
        assert not is_whole(path)
