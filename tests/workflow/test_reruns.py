"""One change of the configuration, exactly its reruns: no rule too few, none too many."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.reruns import FILES, closure, expected, leaves
from tests.support.reruns import demo as demo_configuration
from tests.support.workflow import ROOT

ANOTHER_FILE = "TCGA-ACC.star_counts.tsv.gz"
# A run that takes another embedding needs that embedding: it is declared in the same change.
SECOND_MODEL = {"weights": "results/simulate/esm2_random.pt", "licence": "MIT"}


def changed(key: str, value: Any, schema: dict[str, Any]) -> Any:
    """Another value that the schema allows at this leaf."""
    if key.endswith("/embedding"):
        return "esm2/second"
    if FILES.fullmatch(key):
        return [*value, ANOTHER_FILE] if isinstance(value, list) else ANOTHER_FILE
    if key == "download/mirror":
        return "https://mirror.example"
    allowed = jsonschema.Draft202012Validator(schema)
    types = schema.get("type", [])
    candidates: list[Any] = [*schema.get("enum", []), *schema.get("examples", [])]
    if isinstance(value, bool):
        candidates.append(not value)
    elif isinstance(value, (int, float)):
        candidates += [value + 1, value - 1, value * 2, value / 2, (value + 1) / 2]
    elif isinstance(value, str):
        candidates += [value + "x", "x"]
    elif isinstance(value, list):
        candidates += [value[:-1], [*value, *value[-1:]]] if value else [["x"], [1]]
    elif value is None:
        candidates += ["x"] if "string" in types else [1, 0.5]
    for candidate in candidates:
        if candidate != value and allowed.is_valid(candidate):
            return candidate
    raise AssertionError(f"{key}: no other value than {value!r} found; give the schema `examples`")


@pytest.fixture(scope="module")
def reruns(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """{key path: the rules that Snakemake would run after that change, or its error}."""
    folder = tmp_path_factory.mktemp("changes")
    base, schema = demo_configuration()
    files = {}
    for key, value, of_leaf in leaves(base, schema):
        config = copy.deepcopy(base)
        parent = config
        *path, last = key.split("/")
        for part in path:
            parent = parent[part]
        parent[last] = changed(key, value, of_leaf)
        if key.endswith("/embedding"):
            config["esm2"]["models"]["second"] = SECOND_MODEL
        file = folder / f"{key.replace('/', '.')}.yaml"
        file.write_text(yaml.safe_dump(config))
        files[str(file)] = key
    command = [sys.executable, "-m", "tests.support.dry_runs", str(demo), *files]
    printed = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True).stdout
    return {files[file]: rules for file, rules in json.loads(printed.splitlines()[-1]).items()}


def test_every_leaf_reruns_exactly_the_rules_of_the_table(reruns: dict[str, Any]) -> None:
    assert len(reruns) > 50
    faults = {}
    for key, rules in reruns.items():
        wanted = expected(key)
        if key.endswith("/embedding"):
            wanted |= closure({"embed_proteins"})
        if isinstance(rules, str) or set(rules) != wanted:
            found = rules if isinstance(rules, str) else set(rules)
            faults[key] = found if isinstance(found, str) else f"missing {wanted - found}, too many {found - wanted}"
    assert not faults, "\n".join(f"{key}: {fault}" for key, fault in faults.items())
