"""What holds for every format: it comes back as written, and damaged, foreign or half-written it is refused."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.examples import EXAMPLES, ORDER, Example
from workflow_scripts import contracts
from workflow_scripts.contracts.errors import BadInput

every = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())


def parts(path: Path) -> list[Path]:
    """The file, or the files of the folder."""
    return sorted(path.iterdir()) if path.is_dir() else [path]


@pytest.fixture
def written(example: Example, tmp_path: Path) -> Path:
    path = tmp_path / "made/here" / example.name
    example.write(path)
    return path


def test_every_format_has_an_example() -> None:
    """A module of contracts is a format if it reads; the others serve these."""
    modules = [module.name for module in pkgutil.iter_modules(contracts.__path__)]
    formats = {
        name
        for name in modules
        if any(
            function.startswith("read") and member.__module__.endswith(f".{name}")
            for function, member in inspect.getmembers(
                __import__(f"workflow_scripts.contracts.{name}", fromlist=[name]), inspect.isfunction
            )
        )
    }
    shown = {
        module
        for name in EXAMPLES
        for module in ({"windows": "track_store", "targets": "track_store"}.get(name, name),)
    }
    assert formats - {"tables", "annotated"} == shown


@every
def test_it_comes_back_as_written(example: Example, written: Path) -> None:
    content = example.content(example.read(written))
    again = written.with_name(f"again.{written.name}")
    example.write(again)
    np.testing.assert_equal(example.content(example.read(again)), content)
    assert content
    assert [path.name for path in written.parent.iterdir() if path.name.startswith(".")] == []


@every
def test_the_same_content_has_the_same_bytes(example: Example, written: Path) -> None:
    before = [part.read_bytes() for part in parts(written)]
    example.write(written)
    assert [part.read_bytes() for part in parts(written)] == before


@every
def test_an_absent_file_is_refused(example: Example, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=example.name):
        example.read(tmp_path / example.name)


@every
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_refused(example: Example, written: Path, kept: float) -> None:
    for part in parts(written):
        whole = part.read_bytes()
        part.write_bytes(whole[: int(kept * len(whole))])
        with pytest.raises(BadInput) as fault:
            example.read(written)
        assert str(written) in str(fault.value) and "\n" not in str(fault.value)
        part.write_bytes(whole)


def payload(path: Path) -> Iterator[int]:
    """Offsets of bytes that hold values, not the layout of the file."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as parquet

        group = parquet.ParquetFile(path).metadata.row_group(0)
        for number in range(group.num_columns):
            column = group.column(number)
            start = column.dictionary_page_offset or column.data_page_offset
            yield start + column.total_compressed_size - 1
    elif path.suffix in (".h5", ".h5ad"):
        import h5py

        with h5py.File(path) as file:
            for name in ("X",) if "X" in file else ("targets", "mask"):
                for number in range(file[name].id.get_num_chunks()):
                    chunk = file[name].id.get_chunk_info(number)
                    yield chunk.byte_offset + chunk.size // 2
    elif path.suffix == ".safetensors":
        yield path.stat().st_size - 1


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "provenance"])
def test_one_wrong_byte_among_the_values_is_refused(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    path = tmp_path / example.name
    example.write(path)
    seen = 0
    for part in parts(path):
        whole = bytearray(part.read_bytes())
        for place in payload(part):
            whole[place] ^= 1
            part.write_bytes(whole)
            with pytest.raises(BadInput):
                example.read(path)
            whole[place] ^= 1
            seen += 1
        part.write_bytes(whole)
    assert seen > 0
    example.read(path)


@pytest.mark.parametrize("name", [name for name, example in EXAMPLES.items() if example.ordered])
def test_a_file_for_another_order_of_genes_is_refused(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    example.write(tmp_path / example.name)
    example.read(tmp_path / example.name, ORDER)
    with pytest.raises(BadInput, match="made for another gene table"):
        example.read(tmp_path / example.name, "another")
