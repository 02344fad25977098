"""What holds for every format: it comes back as written, and damaged, foreign or half-written it is refused."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.examples import EXAMPLES, ORDER, Example, overwrite
from workflow_scripts import contracts
from workflow_scripts.io.errors import BadInput

every = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
ordered = [example for example in EXAMPLES.values() if example.ordered]


@pytest.fixture
def written(example: Example, tmp_path: Path) -> Path:
    path = tmp_path / "made/here" / example.file
    example.write(example.content, path)
    return path


def parts(path: Path) -> list[Path]:
    """The file, or the files of the folder."""
    return sorted(path.iterdir()) if path.is_dir() else [path]


def test_every_format_has_an_example() -> None:
    """A module of contracts is a format where it writes; the others serve these."""
    names = [module.name for module in pkgutil.iter_modules(contracts.__path__)]
    modules = {name: import_module(f"{contracts.__name__}.{name}") for name in names}
    formats = {name for name, module in modules.items() if any(each.startswith("write") for each in dir(module))}
    assert {name.partition(":")[0] for name in EXAMPLES} == formats


@every
def test_it_comes_back_as_written(example: Example, written: Path) -> None:
    example.same(example.read(written), example.content)
    assert list(written.parent.iterdir()) == [written]


@every
def test_it_replaces_an_older_file_and_the_same_content_gives_the_same_bytes(example: Example, written: Path) -> None:
    before = [part.read_bytes() for part in parts(written)]
    example.write(example.content, written)
    assert [part.read_bytes() for part in parts(written)] == before
    assert list(written.parent.iterdir()) == [written]


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
        assert str(written) in str(fault.value)
        assert "\n" not in str(fault.value)
        overwrite(part, whole)


def payload(path: Path) -> Iterator[int]:
    """The place of one byte in each block of values."""
    if path.suffix == ".parquet":
        from pyarrow import parquet

        group = parquet.ParquetFile(path).metadata.row_group(0)
        for column in map(group.column, range(group.num_columns)):
            yield (column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size - 1
    elif path.suffix in (".h5", ".h5ad"):
        import h5py

        with h5py.File(path) as file:
            for dataset in (file[name] for name in ("X", "targets", "mask") if name in file):
                for number in range(dataset.id.get_num_chunks()):
                    chunk = dataset.id.get_chunk_info(number)
                    yield chunk.byte_offset + chunk.size // 2
    elif path.suffix == ".safetensors":
        yield path.stat().st_size - 1


# Plain text carries no checksum.
TEXT = (".json", ".tsv", ".fa")


@pytest.mark.parametrize("name", [name for name in EXAMPLES if not EXAMPLES[name].file.endswith(TEXT)])
def test_one_wrong_bit_among_the_values_is_refused(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    path = tmp_path / example.file
    example.write(example.content, path)
    seen = 0
    for part in parts(path):
        whole = bytearray(part.read_bytes())
        for place in list(payload(part)):
            overwrite(part, whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(BadInput):
                example.read(path)
            seen += 1
        overwrite(part, whole)
    assert seen
    example.same(example.read(path), example.content)


@pytest.mark.parametrize("example", ordered, ids=lambda example: example.file)
def test_a_file_for_another_order_of_genes_is_refused(example: Example, written: Path) -> None:
    example.same(example.read(written, ORDER), example.content)
    with pytest.raises(BadInput, match="made for another gene table"):
        example.read(written, "another")
