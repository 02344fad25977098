"""The schema of a configuration: one file a stage, and what it says beyond JSON Schema.

`config/schemas/config.schema.yaml` lists the stages: its properties that refer to a schema of their own, in the order
in which their rules are included. Keywords of ours:

| keyword | meaning |
|---|---|
| `format: dataset` | the value names a file: a row of config/datasets.tsv, or a path (which holds a slash) |
| `format: mirror` | the value says where a mirror is: `simulate`, a folder, or the address of a web server |
| `registry: a.b` | the value is the name of an entry of the registry `workflow_scripts/a/b.py` |
| `families: a.b` | one entry of that registry by name, with its own settings: the literal `SETTINGS` of its module |
| `changes_results: false` | policy or speed: a change of it reruns nothing that is done |
| `offers: kind` | each name given here is one that other stages can ask for, as `stage/name` |
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from workflow_scripts.settings.literals import entries, literal

SCHEMAS = Path(__file__).resolve().parents[2] / "config/schemas"
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


@cache
def load_schema(name: str = "config") -> dict[str, Any]:
    """`config/schemas/{name}.schema.yaml` as plain JSON Schema: references and registries put in their places."""
    return _resolved(_read(name))


@cache
def stages() -> list[str]:
    """The list of stages, in order."""
    return [name for name, schema in _read("config")["properties"].items() if "$ref" in schema]


def _read(name: str) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times as fast, at every start of every job
    return yaml.load((SCHEMAS / f"{name}.schema.yaml").read_text(encoding="utf-8"), Loader=loader)


def _resolved(node: Any) -> Any:
    if isinstance(node, list):
        return [_resolved(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return load_schema(node["$ref"].removesuffix(".schema.yaml"))
    if "registry" in node:
        return {**node, "enum": entries(f"workflow_scripts.{node['registry']}")}
    if "families" in node:
        return {**node, **_one_of_family(node["families"])}
    return {key: _resolved(item) for key, item in node.items()}


def _one_of_family(registry: str) -> dict[str, Any]:
    module = f"workflow_scripts.{registry}"
    folder = module.rpartition(".")[0]
    properties = {name: literal(f"{folder}.{name}", "SETTINGS") for name in entries(module)}
    return {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": properties,
    }


def complete(value: Any, schema: dict[str, Any]) -> Any:
    """Return `value` with nested defaults filled in and numbers that YAML left as text (1e-3) read."""
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if (
        isinstance(value, str)
        and {"number", "integer"} & set(types)
        and "string" not in types
        and NUMBER.fullmatch(value)
        and math.isfinite(float(value))
    ):
        number = float(value)
        return int(number) if number.is_integer() and "number" not in types else number
    if isinstance(value, dict):
        for key, child in schema.get("properties", {}).items():
            if key not in value and "default" in child:
                value[key] = json.loads(json.dumps(child["default"]))
            if key in value:
                value[key] = complete(value[key], child)
        others = schema.get("additionalProperties")
        if isinstance(others, dict):
            for key in value.keys() - schema.get("properties", {}).keys():
                value[key] = complete(value[key], others)
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [complete(item, schema["items"]) for item in value]
    return value


def below(schema: dict[str, Any], key: str) -> dict[str, Any]:
    """The schema of the value at one key of an object; empty, which allows anything, where nothing is said of it."""
    return schema.get("properties", {}).get(key) or schema.get("additionalProperties", {})


def walk(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """(key path, value, schema) of every part of a completed configuration, sections before what is in them."""
    yield path, value, schema
    if isinstance(value, dict):
        for key, child in value.items():
            yield from walk(child, below(schema, key), f"{path}/{key}".lstrip("/"))


def leaves(value: Any, schema: dict[str, Any]) -> list[tuple[str, Any, dict[str, Any]]]:
    """(key path, value, schema) of every leaf of a completed configuration."""
    return [part for part in walk(value, schema) if not isinstance(part[1], dict)]


def names_files(schema: dict[str, Any]) -> bool:
    """Whether a leaf of this schema holds the name of a file, or a list of them."""
    return "dataset" in (schema.get("format"), schema.get("items", {}).get("format"))


def names_mirror(schema: dict[str, Any]) -> bool:
    """Whether a leaf of this schema holds the place of a mirror."""
    return schema.get("format") == "mirror"


def changes_results(schema: dict[str, Any]) -> bool:
    """Whether what is done must be done again when this part of a configuration changes."""
    return schema.get("changes_results", True)


def only(value: dict[str, Any], schema: dict[str, Any], results: bool) -> dict[str, Any]:
    """The part of a section that changes results (`results`), or the part that does not: policy and speed."""
    kept = {}
    for key, child in value.items():
        of_child = below(schema, key)
        if isinstance(child, dict) and changes_results(of_child):
            inner = only(child, of_child, results)
            if inner or results:
                kept[key] = inner
        elif changes_results(of_child) == results:
            kept[key] = child
    return kept
