"""What holds for every format: it comes back as written, and damaged, foreign or half-written it is refused."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tests.support.examples import EXAMPLES, ORDER, Example, overwrite
from workflow_scripts import contracts
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import beside

FLIPS = 40  # of each file

every = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
ordered = [example for example in EXAMPLES.values() if example.ordered]


@pytest.fixture
def written(example: Example, tmp_path: Path) -> Path:
    path = tmp_path / "made/here" / example.file
    example.write(example.content, path)
    return path


def parts(path: Path) -> list[Path]:
    """The file, or the files of the folder but for a card that people edit, and the seal beside it, if it has one."""
    files = sorted(set(path.iterdir()) - {path / "README.md"}) if path.is_dir() else [path]
    return [*files, *(seal for seal in [beside(path)] if seal.exists())]


def alone(path: Path) -> bool:
    """Whether nothing but a file and its seal is in its folder."""
    return set(path.parent.iterdir()) <= {path, beside(path)}


def test_every_format_has_an_example() -> None:
    """A module of contracts is a format where it writes; the others serve these."""
    names = [module.name for module in pkgutil.iter_modules(contracts.__path__)]
    modules = {name: import_module(f"{contracts.__name__}.{name}") for name in names}
    formats = {name for name, module in modules.items() if any(each.startswith("write") for each in dir(module))}
    assert {name.partition(":")[0] for name in EXAMPLES} == formats


@every
def test_it_comes_back_as_written(example: Example, written: Path) -> None:
    example.same(example.read(written), example.content)
    assert alone(written)


@every
def test_a_folder_in_its_place_is_refused(example: Example, tmp_path: Path) -> None:
    (tmp_path / example.file).mkdir()
    with pytest.raises(BadInput) as fault:
        example.read(tmp_path / example.file)
    assert "\n" not in str(fault.value) and example.file in str(fault.value)


@every
def test_it_replaces_an_older_file_and_the_same_content_gives_the_same_bytes(example: Example, written: Path) -> None:
    before = [part.read_bytes() for part in parts(written)]
    example.write(example.content, written)
    assert [part.read_bytes() for part in parts(written)] == before
    assert alone(written)


@every
def test_an_absent_file_is_refused(example: Example, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=example.file):
        example.read(tmp_path / example.file)


@every
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_refused_in_one_line(example: Example, written: Path, kept: float) -> None:
    for part in parts(written):
        whole = part.read_bytes()
        overwrite(part, whole[: int(kept * len(whole))])
        with pytest.raises(BadInput) as fault:
            example.read(written)
        assert example.file in str(fault.value)
        assert "\n" not in str(fault.value)
        overwrite(part, whole)


@every
def test_one_wrong_bit_anywhere_is_refused(example: Example, written: Path) -> None:
    """In a value, a name, a count of rows, a pointer, the seal."""
    places = np.random.default_rng(1)
    for part in parts(written):
        whole = part.read_bytes()
        for place in places.integers(len(whole), size=FLIPS).tolist():
            flipped = bytes([whole[place] ^ (1 << places.integers(8))])
            overwrite(part, whole[:place] + flipped + whole[place + 1 :])
            with pytest.raises(BadInput) as fault:
                example.read(written)
            assert "\n" not in str(fault.value)
        overwrite(part, whole)
    example.same(example.read(written), example.content)


@pytest.mark.parametrize("example", ordered, ids=lambda example: example.file)
def test_a_file_for_another_order_of_genes_is_refused(example: Example, written: Path) -> None:
    example.same(example.read(written, ORDER), example.content)
    with pytest.raises(BadInput, match="made for another gene table"):
        example.read(written, "another")
