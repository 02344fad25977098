from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.download.servers import Site, serving
from workflow_scripts.download import rate_limit, transfer
from workflow_scripts.download.fetch_dataset import fetch_dataset

BODY = bytes(range(256)) * 4096 * 3  # 3 MiB, three blocks


@pytest.fixture(autouse=True)
def home(own_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a netrc file, and nothing that is known of files."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("NETRC", raising=False)
    return folder


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No proxy between the tests and their server, and no waiting: the pauses asked for, in seconds."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    asked: list[float] = []
    monkeypatch.setattr(transfer, "sleep", asked.append)
    monkeypatch.setattr(rate_limit, "INTERVAL", 0.01)
    return asked


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site(files={"/data.bin": BODY})) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "resources/data.bin"


@pytest.fixture
def fetch(file: Path, site: Site) -> Callable[..., dict[str, Any]]:
    """Run the door for a row that is right unless told otherwise; return the provenance that it wrote."""
    from workflow_scripts.contracts import provenance as provenances

    def call(mirror: Path | None = None, spec: dict[str, Any] | None = None, **row: str) -> dict[str, Any]:
        row = {
            "name": file.name,
            "release": "1",
            "url": f"{site.address}/data.bin",
            "checksum": f"sha256:{hashlib.sha256(BODY).hexdigest()}",
            "bytes": "",
            "licence": "CC0-1.0",
            "requires_mirror": "no",
        } | row
        written = file.with_name(f"{file.name}.provenance.json")
        settings = {"mirror": None, "public_fallback": False, "refused_licences": []} | (spec or {})
        fetch_dataset(mirror=mirror, file=file, provenance=written, row=row, spec=settings, policy=settings)
        return provenances.read(written)

    return call
