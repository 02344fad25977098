"""A table of element-gene pairs as models read it: checked, sorted, with the features that are allowed."""

from workflow_scripts.rule import run

from pathlib import Path

from workflow_scripts.circuit.pairs import read_pairs, require_classes
from workflow_scripts.contracts import enhancer_pairs


def prepare_pairs(*, table: Path, pairs: Path, spec: dict) -> None:
    """Write EnhancerPairs; see `pairs.read_pairs`."""
    found = read_pairs(table, spec)
    require_classes(found, table)
    enhancer_pairs.write(found, pairs, features=spec["features"], activity=spec["activity"])


if "snakemake" in globals():
    run(prepare_pairs, snakemake)  # noqa: F821
