"""Order of the tests."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs come first, since one that begins last leaves the other processes without work.

    Of them those that wait for the completed demo come last.
    """
    items.sort(key=lambda item: ("workflow" not in item.path.parts, "demo" in item.fixturenames))
