"""Accessions of archives to declared files and a sample sheet, by a stand-in of the archive on the loopback address."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.download.servers import Handler, Site, serving
from tests.prebulk.sources import write_star
from tests.support.workflow import ROOT
from workflow_scripts.download.resolvers import gdc
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.readers import star
from workflow_scripts.prebulk.sheet import read_sheet
from workflow_scripts.settings.datasets import load_datasets

KINDS = ["Primary Tumor", "Solid Tissue Normal"]


class StandInForGdc(Site):
    """Answers as the documentation of the GDC says: filters are applied, pages have the size that was asked for."""

    def __init__(self, folder: Path, samples: int) -> None:
        super().__init__()
        self.hits, self.trouble = [], []
        for number in range(samples):
            kinds = [("STAR - Counts", "open"), ("STAR - Counts", "controlled"), ("STAR 2-Pass Genome", "open")]
            for workflow, access in kinds:
                self._add(folder, number, workflow, access)

    def _add(self, folder: Path, number: int, workflow: str, access: str) -> None:
        reads = dict.fromkeys(star.STRANDS, [number + 1, 7])
        body = write_star(folder / "file", ["ENSG00000000001.1", "ENSG00000000002.2"], reads, header=True).read_bytes()
        name = f"00000000-0000-4000-8000-{number:012d}"
        self.files[f"/data/{name}"] = body
        case = f"TCGA-ZZ-{number // 2:04d}"
        self.hits.append(
            {
                "file_id": name,
                "id": name,
                "file_name": f"{name}.rna_seq.augmented_star_gene_counts.tsv",
                "file_size": len(body),
                "md5sum": hashlib.md5(body).hexdigest(),
                "data_type": "Gene Expression Quantification",
                "experimental_strategy": "RNA-Seq",
                "analysis": {"workflow_type": workflow},
                "data_format": "TSV",
                "access": access,
                "associated_entities": [{"entity_submitter_id": f"{case}-{1 + 10 * (number % 2):02d}A-11R-0000-07"}],
                "cases": [
                    {
                        "submitter_id": case,
                        "project": {"project_id": "TCGA-CHOL"},
                        "samples": [{"sample_type": KINDS[number % 2]}],
                    }
                ],
            }
        )

    def search(self, asked: dict[str, str]) -> dict:
        found = self.hits
        for one in json.loads(asked["filters"])["content"]:
            assert one["op"] == "in"
            field, values = one["content"]["field"], one["content"]["value"]
            found = [hit for hit in found if at(hit, field) in values]
        first, size = int(asked["from"]), int(asked["size"])
        page = {"count": len(found[first : first + size]), "total": len(found), "size": size, "from": first}
        return {"data": {"hits": found[first : first + size], "pagination": page}, "warnings": {}}


def at(hit: dict, field: str) -> str:
    """What stands at a path of a record; of a list in its first element."""
    value = hit
    for key in field.split("."):
        value = value[0][key] if isinstance(value, list) else value[key]
    return value


def answer(handler: Handler) -> None:
    site, parts = handler.site, urlsplit(handler.path)
    site.requests.append((handler.path, None))
    if site.trouble:
        site.trouble.pop(0)(handler)
    elif parts.path == "/status":
        handler.answer(200, json.dumps({"status": "OK", "tag": "1", "data_release": "Data Release 1.0"}).encode())
    elif parts.path == "/files":
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        handler.answer(200, json.dumps(site.search(asked)).encode())
    else:
        Handler.do_GET(handler)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInForGdc]:
    site = StandInForGdc(tmp_path, 7)
    original = Handler.do_GET
    monkeypatch.setattr(Handler, "do_GET", lambda self: original(self) if "/data/" in self.path else answer(self))
    with serving(site) as running:
        yield running


def test_every_open_sample_of_a_project_is_declared_page_by_page(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(gdc, "PAGE", 3)
    found = gdc.resolve("TCGA-CHOL", archive.address)
    assert len(found.rows) == len(found.samples) == 7
    assert sum("/files?" in path for path, _ in archive.requests) == 3
    assert found.samples == sorted(found.samples, key=lambda line: line["sample"])
    first, row = found.samples[0], found.rows[0]
    assert first == {
        "sample": "TCGA-ZZ-0000-01A-11R-0000-07",
        "file": "00000000-0000-4000-8000-000000000000.rna_seq.augmented_star_gene_counts.tsv",
        "group": "TCGA-ZZ-0000",
        "label": "TCGA-CHOL Primary Tumor",
        "project": "TCGA-CHOL",
        "sample_type": "Primary Tumor",
    }
    body = archive.files["/data/00000000-0000-4000-8000-000000000000"]
    assert (row["name"], row["bytes"], row["release"]) == (first["file"], str(len(body)), "GDC, Data Release 1.0")
    assert row["checksum"] == f"md5:{hashlib.md5(body).hexdigest()}"
    for line, of_file in zip(found.samples, found.rows, strict=True):
        assert line["file"] == of_file["name"] and of_file["url"].split("/")[-1] in line["file"]


def test_its_lines_are_rows_of_the_sheet_of_declared_files_which_are_fetched_and_read(archive, tmp_path, fetch):
    sheet = tmp_path / "samples.tsv"
    command = [sys.executable, "-m", "workflow_scripts.terminal.resolve", "TCGA-CHOL", "--samples", str(sheet)]
    command += ["--server", archive.address]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "TCGA-CHOL: 7 files, 0 MB, Data Release 1.0. Append the lines to config/datasets.tsv" in done.stderr
    header = next(line for line in (ROOT / "config/datasets.tsv").read_text().splitlines() if line.startswith("name\t"))
    (tmp_path / "datasets.tsv").write_text(f"{header}\n{done.stdout}")
    rows = load_datasets(tmp_path / "datasets.tsv")
    named = read_sheet(sheet, files=True).column("file")
    assert sorted(named) == sorted(rows) and len(rows) == 7
    assert not any("/data/" in path for path, _ in archive.requests), "nothing is downloaded behind the user's back"

    names = []
    for row in list(rows.values())[:2]:
        fetch(**{**row, "name": "data.bin"})
        names.append(star.read_file(tmp_path / "resources/data.bin", "unstranded")[0])
    assert names == [["ENSG00000000001.1", "ENSG00000000002.2"]] * 2
    again = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    assert again.returncode == 1 and f"{sheet}: is there already" in again.stderr


def test_an_archive_that_is_busy_is_asked_again_and_what_it_lacks_is_one_line(archive, pauses):
    archive.trouble.append(lambda handler: handler.answer(429, b"", **{"Retry-After": "7"}))
    assert len(gdc.resolve("TCGA-CHOL", archive.address).rows) == 7
    assert pauses == [7.0]
    with pytest.raises(BadInput, match="TCGA-NONE: .* has no open counts of STAR under it"):
        gdc.resolve("TCGA-NONE", archive.address)
    archive.trouble.append(lambda handler: handler.answer(200, b"<html>maintenance</html>"))
    with pytest.raises(BadInput, match="answers with no JSON"):
        gdc.resolve("TCGA-CHOL", archive.address)
    archive.trouble.append(lambda handler: handler.answer(200, b'{"message": "no"}'))
    with pytest.raises(BadInput, match="answers without `status`"):
        gdc.resolve("TCGA-CHOL", archive.address)
    archive.hits[0]["cases"].append({})
    with pytest.raises(BadInput, match="augmented_star_gene_counts.tsv: is not described as one sample of one case"):
        gdc.resolve("TCGA-CHOL", archive.address)


def test_an_accession_of_no_known_form_is_one_line():
    command = [sys.executable, "-m", "workflow_scripts.terminal.resolve", "a study"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    assert done.returncode == 1 and "a study: is no accession that is known here" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
