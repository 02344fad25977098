"""One change of the configuration, exactly its reruns: no rule too few, none too many."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from functools import reduce
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.readmes import general
from tests.support.reruns import closure, expected
from tests.support.reruns import demo as demo_configuration
from tests.support.workflow import ROOT
from workflow_scripts import limits
from workflow_scripts.settings.validation import leaves, names_files

ANOTHER_FILE = "TCGA-ACC.star_counts.tsv.gz"
# What no rule for all keys finds: values that only some files, rules or corpora know, or that others must follow.
VALUES = {
    **{
        f"prebulk/corpora/{name}/format": {
            f"prebulk/corpora/{name}/format": other,
            f"prebulk/corpora/{name}/group": {"by": by},
            f"prebulk/corpora/{name}/label": {"by": "none"},
        }
        for name, other, by in (("archs4", "xena", "patient"), ("tcga", "archs4", "series"))
    },
    **{
        f"prebulk/corpora/{name}/group/by": {f"prebulk/corpora/{name}/group": {"by": "field", "field": field}}
        for name, field in (("archs4", "series_id"), ("tcga", "sample_id"))
    },
    "download/mirror": {"download/mirror": "https://mirror.example"},
    "prebulk/duplicates/prefer": {"prebulk/duplicates/prefer": ["archs4"]},
    **dict.fromkeys(
        [f"prebulk/splits/{name}" for name in ("train", "validation", "test")],
        {"prebulk/splits/train": 0.6, "prebulk/splits/validation": 0.25, "prebulk/splits/test": 0.15},
    ),
    "bulk/runs/small/embedding": {
        "bulk/runs/small/embedding": "esm2/second",
        "esm2/models/second": {"weights": "results/simulate/esm2_random.pt", "licence": "MIT"},
    },
}
# Sections that the demo goes without. They are added whole, and rerun what each of their keys does.
ADDED = {
    "prebulk/gene_table/lengths": {"file": ANOTHER_FILE, "gene_column": "gene", "length_column": "length"},
    "prebulk/corpora/archs4/group": {"by": "field", "field": "series_id"},
}


def candidates(value: Any, schema: dict[str, Any]) -> list[Any]:
    """Other values than that of a leaf, some of which its schema may refuse."""
    if names_files(schema):
        return [[*value, ANOTHER_FILE] if isinstance(value, list) else ANOTHER_FILE]
    found: list[Any] = [*schema.get("enum", []), *schema.get("examples", [])]
    if isinstance(value, bool):
        found.append(not value)
    elif isinstance(value, (int, float)):
        found += [value + 1, value - 1, value * 2, value / 2, (value + 1) / 2, value + 2]
    elif isinstance(value, str):
        found += [value + "x", "x"]
    elif isinstance(value, list):
        found += [value[:-1], [*value, *value[-1:]]] if value else [["x"], [1]]
    elif value is None:
        found += ["x"] if "string" in schema.get("type", []) else [1, 0.5]
    return [candidate for candidate in found if candidate != value]


def laid_over(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A copy of `base` with the values at these key paths."""
    config = copy.deepcopy(base)
    for key, value in values.items():
        *path, last = key.split("/")
        reduce(dict.__getitem__, path, config)[last] = value
    return config


def changed(base: dict[str, Any], key: str, value: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """The configuration with another value at this leaf, which the schema and the other keys allow."""
    if key in VALUES:
        return laid_over(base, VALUES[key])
    allowed = jsonschema.Draft202012Validator(schema)
    for candidate in candidates(value, schema):
        config = laid_over(base, {key: candidate})
        if allowed.is_valid(candidate) and not list(limits.faults(config)):
            return config
    raise AssertionError(f"{key}: no other value than {value!r} found; give the schema `examples`")


@pytest.fixture(scope="module")
def reruns(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """{key path: the rules that Snakemake would run after that change, or its error}."""
    folder = tmp_path_factory.mktemp("changes")
    base, schema = demo_configuration()
    changes = {key: changed(base, key, value, of_leaf) for key, value, of_leaf in leaves(base, schema)}
    changes |= {key: laid_over(base, {key: section}) for key, section in ADDED.items()}
    files = {str(folder / f"{key.replace('/', '.')}.yaml"): key for key in changes}
    for file, key in files.items():
        Path(file).write_text(yaml.safe_dump(changes[key]))
    command = [sys.executable, "-m", "tests.support.dry_runs", str(demo), *files]
    printed = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True).stdout
    return {files[file]: rules for file, rules in json.loads(printed.splitlines()[-1]).items()}


def patterns(schema: dict[str, Any], path: str = "") -> set[str]:
    """The key paths of all leaves that a schema knows, with {name} for names that a user gives."""
    if schema.get("type") != "object":
        return {path.removeprefix("/")}
    children = dict(schema.get("properties", {}))
    if isinstance(schema.get("additionalProperties"), dict):
        children["{name}"] = schema["additionalProperties"]
    return set().union(*(patterns(child, f"{path}/{key}") for key, child in children.items()))


def test_every_leaf_of_the_schema_is_changed(reruns: dict[str, Any]) -> None:
    schema = demo_configuration()[1]
    done = {general(key, schema) for key in reruns if key not in ADDED}
    done |= {f"{general(key, schema)}/{name}" for key, section in ADDED.items() for name in section}
    assert patterns(schema) == done


def test_a_change_of_tracks_touches_no_model(reruns: dict[str, Any]) -> None:
    """Said by hand, and not read off the rules as all else here."""
    keys = [key for key in reruns if key.startswith("tracks/sets/")]
    others = {"make_gene_table", "embed_proteins", "train_bulk", "plot_embedding", "plot_scores", "plot_training"}
    assert keys and not {rule for key in keys for rule in reruns[key]} & others


def test_a_change_of_scores_trains_nothing(reruns: dict[str, Any]) -> None:
    keys = [key for key in reruns if key.startswith(("bulk/imputation/", "bulk/classification/", "report/"))]
    assert keys and not {rule for key in keys for rule in reruns[key]} & {"train_bulk", "embed_samples", "make_targets"}


def test_every_leaf_reruns_exactly_the_rules_of_the_table(reruns: dict[str, Any]) -> None:
    faults = {}
    for key, rules in reruns.items():
        wanted = set().union(*(expected(f"{key}/{name}") for name in ADDED[key])) if key in ADDED else expected(key)
        if key.endswith("/embedding"):
            wanted |= closure({"embed_proteins"})
        if isinstance(rules, str) or set(rules) != wanted:
            found = rules if isinstance(rules, str) else set(rules)
            faults[key] = found if isinstance(found, str) else f"missing {wanted - found}, too many {found - wanted}"
    assert not faults, "\n".join(f"{key}: {fault}" for key, fault in faults.items())
