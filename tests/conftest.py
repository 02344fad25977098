"""Order of the tests, and what all may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflow_scripts.io import ledger

# The whole runs, on each of which a process is for minutes; test_demo.py makes the demo that others go on from.
LONG = ("test_environments.py", "test_demo.py", "test_real_data.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long runs come first, since one that begins last leaves the other processes without work.

    Next come the files that run Snakemake and need no demo, then those that wait for it, and the rest.
    """
    waiting = {item.path for item in items if "demo" in item.fixturenames}
    items.sort(
        key=lambda item: (
            LONG.index(item.path.name) if item.path.name in LONG else len(LONG),
            "workflow" not in item.path.parts,
            item.path in waiting,
        )
    )


@pytest.fixture
def own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the checksums that were taken of files: this test's own."""
    monkeypatch.setattr(ledger, "LEDGER", tmp_path / "ledger")
    return tmp_path / "ledger"
