"""Order of the tests."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs come first: begun last, one of them would leave the other processes without work."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)
