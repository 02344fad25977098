"""A sealed file with any byte changed is refused before its format is read."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import anndata
import h5py
import numpy as np
import pyBigWig
import pytest

from tests.support.examples import EXAMPLES, GENES, overwrite, samples
from workflow_scripts.contracts import expression
from workflow_scripts.io.annotated import write_annotated
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import LENGTH, beside, require_intact, require_intact_beside, seal, seal_beside

FAULT = "is damaged, cut short or was edited"


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A small .h5ad file."""
    path = tmp_path / "small.h5ad"
    write_annotated(anndata.AnnData(np.ones((2, 3), np.float32)), path)
    require_intact(path)
    return path


def test_every_flipped_byte_is_refused(sealed: Path) -> None:
    whole = sealed.read_bytes()
    with sealed.open("r+b", buffering=0) as handle:
        for place, byte in enumerate(whole):
            handle.seek(place)
            handle.write(bytes([byte ^ 0x10]))
            os.utime(sealed, ns=(place, place))  # a state of its own: a seal is checked once for each
            with pytest.raises(BadInput, match=FAULT):
                require_intact(sealed)
            handle.seek(place)
            handle.write(bytes([byte]))
    overwrite(sealed, whole)
    require_intact(sealed)


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_refused(sealed: Path, kept: float) -> None:
    whole = sealed.read_bytes()
    overwrite(sealed, whole[: int(kept * len(whole))])
    with pytest.raises(BadInput, match=f"small.h5ad: {FAULT}"):
        require_intact(sealed)


def test_a_file_without_a_seal_is_refused(sealed: Path) -> None:
    overwrite(sealed, sealed.read_bytes()[:-LENGTH])
    anndata.read_h5ad(sealed)
    with pytest.raises(BadInput, match=FAULT):
        require_intact(sealed)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="absent: not readable .No such file or directory"):
        require_intact(tmp_path / "absent")


def test_an_edited_file_says_that_it_was_edited_and_what_to_do(sealed: Path) -> None:
    before = sealed.stat().st_mtime_ns
    with h5py.File(sealed, "r+") as file:
        file["X"][0, 0] = 5
    os.utime(sealed, ns=(before + 1, before + 1))
    with pytest.raises(BadInput) as fault:
        require_intact(sealed)
    assert str(fault.value) == f"{sealed}: {FAULT} (checksum). Remove it and run its rule again."


@pytest.mark.parametrize("text", [b"liver tissue", b"S1"])
def test_a_letter_of_a_label_or_a_name_that_flipped_is_refused(tmp_path: Path, text: bytes) -> None:
    """HDF5 would read it as another label."""
    path = tmp_path / "0000.h5ad"
    x = EXAMPLES["expression"].content[0][:2]
    expression.write(x, samples(["S0", "S1"]).assign(label="liver tissue"), GENES, ~np.isnan(x[0]), path)
    content = bytearray(path.read_bytes())
    content[content.index(text)] ^= 1
    overwrite(path, content)
    found = anndata.read_h5ad(path)
    assert set(found.obs["label"]) != {"liver tissue"} or list(found.obs_names) != ["S0", "S1"]
    with pytest.raises(BadInput, match=FAULT):
        expression.read(path)


def test_content_may_be_sealed_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for _ in range(2):
        seal(tmp_path / "file")
        require_intact(tmp_path / "file")
    assert (tmp_path / "file").stat().st_size == 2 * LENGTH


# Beside the file


@pytest.fixture
def bigwig(tmp_path: Path) -> Path:
    """A small bigWig with its seal beside it."""
    path = tmp_path / "a.plus.bw"
    file = pyBigWig.open(str(path), "w")
    file.addHeader([("I", 1000)])
    file.addEntries(["I", "I"], [3, 8], ends=[5, 9], values=[1.0, 2.0])
    file.close()
    seal_beside(path)
    require_intact_beside(path)
    return path


def test_a_file_that_is_sealed_beside_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    seal_beside(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"content"
    assert {path.name for path in tmp_path.iterdir()} == {"file", "file.sha256"}


def test_sha256sum_checks_a_seal(bigwig: Path) -> None:
    check = ["sha256sum", "--strict", "--check", beside(bigwig).name]
    done = subprocess.run(check, cwd=bigwig.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "a.plus.bw: OK\n")
    written = subprocess.run(["sha256sum", bigwig.name], cwd=bigwig.parent, capture_output=True, check=True).stdout
    assert beside(bigwig).read_bytes() == written


@pytest.mark.parametrize("of_seal", [False, True], ids=["file", "seal"])
def test_every_flipped_byte_of_a_file_or_of_its_seal_is_refused(of_seal: bool, bigwig: Path) -> None:
    changed = beside(bigwig) if of_seal else bigwig
    whole = changed.read_bytes()
    with changed.open("r+b", buffering=0) as handle:
        for place, byte in enumerate(whole):
            handle.seek(place)
            handle.write(bytes([byte ^ 0x10]))
            os.utime(changed, ns=(place, place))
            with pytest.raises(BadInput, match=f"a.plus.bw: {FAULT}") as fault:
                require_intact_beside(bigwig)
            assert "\n" not in str(fault.value)
            handle.seek(place)
            handle.write(bytes([byte]))
    overwrite(changed, whole)
    require_intact_beside(bigwig)


@pytest.mark.parametrize("of_seal", [False, True], ids=["file", "seal"])
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_truncated_file_or_seal_is_refused(of_seal: bool, kept: float, bigwig: Path) -> None:
    changed = beside(bigwig) if of_seal else bigwig
    whole = changed.read_bytes()
    overwrite(changed, whole[: int(kept * len(whole))])
    with pytest.raises(BadInput, match=f"a.plus.bw: {FAULT}"):
        require_intact_beside(bigwig)


@pytest.mark.parametrize("absent", ["a.plus.bw", "a.plus.bw.sha256"])
def test_a_file_or_a_seal_that_is_missing_is_named(absent: str, bigwig: Path) -> None:
    (bigwig.parent / absent).unlink()
    with pytest.raises(BadInput) as fault:
        require_intact_beside(bigwig)
    assert (
        str(fault.value) == f"{bigwig.parent / absent}: not readable (No such file or directory). Run its rule again."
    )


def test_the_seal_of_another_file_is_refused(bigwig: Path) -> None:
    """Of another content, and of the same content under another name."""
    other = bigwig.with_name("a.minus.bw")
    other.write_bytes(bigwig.read_bytes())
    shutil.copy(beside(bigwig), beside(other))
    with pytest.raises(BadInput, match=f"a.minus.bw: {FAULT}"):
        require_intact_beside(other)
    other.write_bytes(bigwig.read_bytes()[:-1])
    seal_beside(other)
    require_intact_beside(other)
    shutil.copy(beside(other), beside(bigwig))
    with pytest.raises(BadInput, match=f"a.plus.bw: {FAULT}"):
        require_intact_beside(bigwig)


def test_a_seal_behind_the_content_is_none_beside_it(bigwig: Path) -> None:
    beside(bigwig).unlink()
    seal(bigwig)
    require_intact(bigwig)
    with pytest.raises(BadInput, match="a.plus.bw.sha256: not readable"):
        require_intact_beside(bigwig)
