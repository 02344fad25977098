"""Order of the tests."""

from __future__ import annotations

import pytest

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
