"""One small simulated organism for all tests of the stage."""

from __future__ import annotations

import pytest

from tests.simulate.organisms import Organism, Record, fasta, records, simulate
from workflow_scripts.simulate import layout


@pytest.fixture(scope="session")
def organism(tmp_path_factory: pytest.TempPathFactory) -> Organism:
    return simulate(tmp_path_factory.mktemp("simulated"))


@pytest.fixture(scope="session")
def chromosomes(organism: Organism) -> dict[str, str]:
    """Sequence of each chromosome, as written."""
    return {header.split()[0]: sequence for header, sequence in fasta(organism.lines(layout.GENOME))}


@pytest.fixture(scope="session")
def annotation(organism: Organism) -> list[Record]:
    return records(organism)
