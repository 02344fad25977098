"""config/datasets.tsv is sound, and holds what the shipped configurations name."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.support.real_data import REAL_MIRROR, needs_real_data
from workflow_scripts.settings.datasets import load_datasets
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.schema import load_schema
from workflow_scripts.settings.validation import validate

CONFIG = Path(__file__).resolve().parents[2] / "config"
SHEET = CONFIG / "datasets.tsv"
COLUMNS = ["name", "release", "url", "checksum", "bytes", "licence", "requires_mirror"]
ROW = {
    "name": "a.bin",
    "release": "1",
    "url": "https://host.example/a.bin",
    "checksum": "first-use",
    "bytes": "",
    "licence": "MIT",
    "requires_mirror": "no",
}
SUFFIXES = (".gz", ".h5", ".pt", ".bw", ".bigWig", ".wig", ".csv", ".tsv", ".h5ad", ".txt")


def named_files(value: object) -> set[str]:
    """The names of files, not paths, that a configuration holds."""
    if isinstance(value, dict):
        return set().union(*(named_files(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(named_files(item) for item in value))
    return {value} if isinstance(value, str) and value.endswith(SUFFIXES) and "/" not in value else set()


def write(path: Path, *rows: dict[str, str]) -> Path:
    lines = ["\t".join(COLUMNS), *("\t".join(row[column] for column in COLUMNS) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_every_row_is_valid():
    assert len(load_datasets(SHEET)) > 60


def test_no_name_differs_from_another_by_case_alone():
    """Two such files would be one on a file system that knows no case."""
    names = [name.casefold() for name in load_datasets(SHEET)]
    assert len(set(names)) == len(names)


def test_the_names_keep_the_suffixes_of_their_addresses():
    """Readers tell formats by suffixes."""
    for name, row in load_datasets(SHEET).items():
        assert Path(name).suffix == Path(urlsplit(row["url"]).path).suffix


@pytest.mark.parametrize("path", sorted(CONFIG.glob("*.yaml")), ids=lambda path: path.name)
def test_every_file_that_a_shipped_configuration_names_is_declared(path):
    config = yaml.safe_load(path.read_text())
    files = named_files(config)
    assert (files or "simulate" in config) and files <= load_datasets(SHEET).keys()


def test_the_full_human_configuration_names_public_files_of_one_assembly():
    rows = load_datasets(SHEET)
    human = yaml.safe_load((CONFIG / "human.yaml").read_text())
    files = named_files(human)
    assert len([name for name in files if name.startswith("TCGA-")]) == 33
    assert all(rows[name]["requires_mirror"] == "no" and "GRCh37" not in rows[name]["release"] for name in files)


@needs_real_data
def test_rows_of_the_real_mirror_have_its_checksums_and_sizes():
    with (REAL_MIRROR / "MANIFEST.tsv").open(newline="") as handle:
        entries = {(row["url"], row["sha256"]): row for row in csv.DictReader(handle, delimiter="\t")}
    rows = [row for name, row in load_datasets(SHEET).items() if name.startswith(("human_mini.", "yeast."))]
    assert len(rows) == 17
    for row in rows:
        entry = entries[row["url"], row["checksum"].removeprefix("sha256:")]
        assert row["bytes"] == entry["bytes"]
        assert (row["requires_mirror"] == "yes") == entry["what"].startswith("DERIVED")


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "a/b.bin"},
        {"name": "a.bin.provenance.json"},
        {"release": ""},
        {"url": "ftp://host.example/a.bin"},
        {"url": "https://host.example/"},
        {"url": "https://host.example/a.bin?version=2"},
        {"checksum": ""},
        {"checksum": "md5:abc"},
        {"checksum": "crc32:12345678"},
        {"checksum": "mirror"},
        {"bytes": "12 MB"},
        {"licence": ""},
        {"licence": " "},
        {"requires_mirror": "maybe"},
    ],
    ids=lambda fault: " ".join(f"{key}={value}" for key, value in fault.items()),
)
def test_a_faulty_row_is_named_in_one_line(tmp_path, fault):
    with pytest.raises(BadConfiguration, match=f"row {fault.get('name', 'a.bin')}: ") as error:
        load_datasets(write(tmp_path / "datasets.tsv", ROW | fault))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("url", "https://ada:s3cret@host.example/a.bin"),
        ("url", "https://ada@host.example/a.bin"),
        ("url", "https://ada:s3cret@host.example/a.bin?version=2"),
        ("checksum", "published:https://ada:s3cret@host.example/CHECKSUMS"),
    ],
)
def test_credentials_in_a_row_are_refused_and_not_printed(tmp_path, column, value):
    with pytest.raises(BadConfiguration, match=rf"row a.bin: {column}: .*//\*\*\*@host.*a netrc file holds") as error:
        load_datasets(write(tmp_path / "datasets.tsv", ROW | {column: value}))
    assert "ada" not in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("cut", ["header", "cell"])
def test_credentials_in_a_damaged_sheet_are_not_printed(tmp_path, cut):
    sheet = write(tmp_path / "datasets.tsv", ROW | {"name": "https://ada:s3cret@host.example/a"})
    header, row = sheet.read_text().splitlines()
    sheet.write_text(f"{row}\n" if cut == "header" else f"{header}\n{row}\n")
    with pytest.raises(BadConfiguration, match="https://[*]{3}@host.example/a") as error:
        load_datasets(sheet)
    assert "ada" not in str(error.value)


@pytest.mark.parametrize(
    "change", [{}, {"checksum": "mirror", "requires_mirror": "yes"}, {"url": "file:///a/b%20c.bin"}]
)
def test_a_good_row_passes(tmp_path, change):
    assert load_datasets(write(tmp_path / "datasets.tsv", ROW | change)) == {"a.bin": ROW | change}


def test_a_name_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(BadConfiguration, match="row a.bin: stands twice"):
        load_datasets(write(tmp_path / "datasets.tsv", ROW, ROW))


def test_the_section_needs_nothing_and_knows_no_other_keys():
    section: dict = {}
    validate(section, load_schema("download"), "configuration")
    assert section == {"mirror": None, "public_fallback": False, "refused_licences": []}
    with pytest.raises(BadConfiguration, match="unknown key 'mirrors'"):
        validate({"mirrors": "x"}, load_schema("download"), "configuration")
