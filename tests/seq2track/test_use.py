"""Tracks of one sequence, from the folder of a model alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.seq2track import material, untrained
from tests.seq2track.untrained import BIN, BINS, CONTEXT
from tests.support.examples import EXAMPLES
from tests.support.workflow import ROOT
from workflow_scripts.genelm import Tracks, load_tracks, tracks
from workflow_scripts.io.bases import encode
from workflow_scripts.io.errors import BadInput

NAMES = ["a plus", "a minus", "b plus", "b minus"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("models")
    return [untrained.write(folder / str(fold), fold, seed=fold) for fold in (1, 2)]


@pytest.fixture(scope="module")
def model(folders: list[Path]) -> Tracks:
    return load_tracks(folders[0])


def bases(length: int, seed: int = 1) -> str:
    return "".join(np.random.default_rng(seed).choice(list("ACGTacgt"), length))


def placed(folder: Path, sequence: str, before: int, windows: int) -> np.ndarray:
    """What a model says (T, bins) of windows side by side, `before` bins of which lie before the sequence."""
    text = "N" * (CONTEXT + before * BIN) + sequence + "N" * (windows * BINS * BIN + CONTEXT)
    starts = [number * BINS * BIN for number in range(windows)]
    said = [untrained.say(folder, encode(text[at : at + BINS * BIN + 2 * CONTEXT])) for at in starts]
    bins = len(sequence) // BIN
    return np.concatenate(said, axis=1)[:, before : before + bins]


@pytest.mark.parametrize(
    ("length", "placements", "windows"),
    [
        (5 * BIN, (1, 2), 1),  # three bins are to spare
        (BIN + 9, (3, 4), 1),
        (BINS * BIN, (0,), 1),
        (20 * BIN + 7, (2,), 3),
        (BINS * BIN * 2 - 1, (0, 1), 2),
    ],
)
def test_a_sequence_of_any_length_is_read_in_the_middle_of_windows(
    folders: list[Path], model: Tracks, length: int, placements: tuple[int, ...], windows: int
) -> None:
    sequence = bases(length)
    expected = np.mean([placed(folders[0], sequence, before, windows) for before in placements], axis=0)
    found = model.predict(sequence)
    assert list(found) == NAMES and expected.shape == (4, length // BIN)
    np.testing.assert_allclose(np.array(list(found.values())), expected, rtol=1e-5)


@pytest.mark.parametrize("bins", [3, 8, 13, 20])
def test_the_reverse_complement_has_the_tracks_exchanged_and_reversed(model: Tracks, bins: int) -> None:
    sequence = bases(bins * BIN)
    found, other = model.predict(sequence), model.predict(material.reverse_complement(sequence))
    for name, exchanged in zip(NAMES, ["a minus", "a plus", "b minus", "b plus"], strict=True):
        np.testing.assert_allclose(other[exchanged][::-1], found[name], rtol=1e-4)
        assert not np.allclose(found[name], found[exchanged], rtol=1e-2)


def say(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, *words: object) -> dict:
    """What the command prints."""
    monkeypatch.setattr(sys, "argv", ["tracks", *map(str, words)])
    tracks.main()
    return json.loads(capsys.readouterr().out)


def test_json_of_a_sequence_and_of_a_fasta(
    folders: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = bases(40), bases(200, seed=2)
    found = say(capsys, monkeypatch, folders[0], "--sequence", one)
    assert list(found) == ["bin", "start", *NAMES] and (found["bin"], found["start"]) == (16, 0)
    assert [len(found[name]) for name in NAMES] == [2] * 4
    path = tmp_path / "some.fa"
    path.write_text(f">one of two\n{one[:30]}\n{one[30:]}\n>two\n{two}\n")
    by_name = say(capsys, monkeypatch, *folders, "--fasta", path)
    assert list(by_name) == ["one", "two"] and len(by_name["two"]["b minus"]) == 12
    second = say(capsys, monkeypatch, folders[1], "--sequence", one)
    for name in NAMES:
        np.testing.assert_allclose(by_name["one"][name], np.add(found[name], second[name]) / 2, rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f">x\n{'ACGT' * 5}\n>y z\nACGTX{'ACGT' * 5}\n", "line 3, record 'y', position 5: 'X' is no base. Give A, C"),
        (">x\nACGT\n", "line 1, record 'x': has 4 bp, and a bin of this model has 16. Give a longer one"),
        (">x\nACGTACGTACGTACGTAC\n>x\nACGTACGTACGTACGTAC\n", "line 3, record 'x': has the name of another. Give"),
        ("", "holds no sequence. Give at least one"),
        ("ACGT\n", "line 1: is not a FASTA header. Give a FASTA"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_clear_line(
    folders: list[Path], text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.fa"
    path.write_text(text)
    monkeypatch.setattr(sys, "argv", ["tracks", str(folders[0]), "--fasta", str(path)])
    with pytest.raises(SystemExit) as end:
        tracks.main()
    assert str(end.value).startswith(f"{path}: {said}") and "\n" not in str(end.value)


def test_a_bundle_of_something_else_is_refused(tmp_path: Path) -> None:
    example = EXAMPLES["model_bundle"]
    example.write(example.content, tmp_path / "model")
    with pytest.raises(BadInput, match="family 'none'|is not one of dilated"):
        load_tracks(tmp_path / "model")


def test_it_needs_torch_numpy_and_pandas_alone(folders: list[Path]) -> None:
    """Said as users say it, from the clone."""
    script = "import runpy, sys; sys.argv[0] = 'tracks'\n"
    script += "runpy.run_module('workflow_scripts.genelm.tracks', run_name='__main__')\n"
    script += "names = {name.split('.')[0] for name in sys.modules}\n"
    script += "assert not {'snakemake', 'pysam', 'pyBigWig', 'scipy', 'sklearn', 'h5py', 'pandera'} & names"
    command = [sys.executable, "-c", script, str(folders[0]), "--sequence", "ACGT" * 8]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    assert done.returncode == 0 and len(json.loads(done.stdout)["a plus"]) == 2, done.stderr
