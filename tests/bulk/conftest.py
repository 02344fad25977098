"""One trained model for all tests that only look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bulk import cohorts
from workflow_scripts.bulk.train_bulk import train_bulk
from workflow_scripts.settings.schema import load_schema, only

SPEC = cohorts.specification(
    model={"transformer": {"dim": 16, "layers": 1, "heads": 2, "factors": 8}},
    training={"max_epochs": 4, "batch_size": 8, "genes_per_sample": 40, "accelerator": "cpu"},
)

RUN = load_schema("bulk")["properties"]["runs"]["additionalProperties"]


def train(files: dict[str, Any], folder: Path, spec: dict[str, Any] | None = None, code: str = "code") -> Path:
    """Train with the inputs `files`; write model/, history.tsv and checkpoints/ below `folder`."""
    spec = spec or SPEC["runs"]["small"]
    train_bulk(
        **files,
        model=folder / "model",
        history=folder / "history.tsv",
        spec=only(spec, RUN, results=True),
        policy=only(spec["training"], RUN["properties"]["training"], results=False),
        code=code,
        threads=1,
    )
    return folder


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return cohorts.write_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(scope="session")
def trained(cohort: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an undisturbed training."""
    return train(cohort, tmp_path_factory.mktemp("trained"))
