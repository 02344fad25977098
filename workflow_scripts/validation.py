"""The checks of a configuration and of the sheet of declared files, made before any job starts."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

SCHEMAS = Path(__file__).resolve().parent.parent / "config/schemas"
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
SHEET = "config/datasets.tsv"


class BadConfiguration(WorkflowError):
    """A fault in the configuration or a sheet, said in one line; of a kind that Snakemake prints without a trace."""


def load_schema(name: str) -> dict[str, Any]:
    """Read `config/schemas/{name}.schema.yaml` with every `$ref` to a sibling file put in its place."""
    import yaml

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolve(load_schema(node["$ref"].removesuffix(".schema.yaml")))
            return {key: resolve(item) for key, item in node.items()}
        return [resolve(item) for item in node] if isinstance(node, list) else node

    return resolve(yaml.safe_load((SCHEMAS / f"{name}.schema.yaml").read_text()))


def refuse_repeated_keys(path: Path) -> None:
    """Raise BadConfiguration where a mapping of a YAML file holds a key twice, of which readers keep the last."""
    import yaml

    def walk(node: yaml.Node | None) -> None:
        if isinstance(node, yaml.MappingNode):
            seen = set()
            for key, value in node.value:
                if (key.tag, key.value) in seen:
                    line = key.start_mark.line + 1
                    raise BadConfiguration(f"{path}: line {line}: key {key.value!r} stands twice; put both into one")
                seen.add((key.tag, key.value) if isinstance(key, yaml.ScalarNode) else id(key))
                walk(value)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                walk(item)

    try:
        walk(yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise BadConfiguration(f"{path}: cannot be read as YAML ({reason}); correct it") from None


def validate(config: dict[str, Any], schema: dict[str, Any], where: str) -> None:
    """Fill `config` in place with the schema's defaults and check it; raise BadConfiguration.

    The message names the key path, what was given and what is allowed.
    """
    import jsonschema

    _refuse_what_json_has_not(config, where, "")
    complete(config, schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker(["regex"]))
    fault = jsonschema.exceptions.best_match(validator.iter_errors(config))
    if fault is not None:
        path = "/".join(str(part) for part in fault.absolute_path) or "top level"
        raise BadConfiguration(f"{where}: {path}: {_explain(fault)}")


def _refuse_what_json_has_not(value: Any, where: str, path: str) -> None:
    """YAML knows keys that are numbers, and numbers that are none."""
    if isinstance(value, float) and not math.isfinite(value):
        raise BadConfiguration(f"{where}: {path}: given {value}; allowed: a finite number")
    if isinstance(value, dict):
        for key, child in value.items():
            if not isinstance(key, str) or not key.isprintable():
                reason = f"key {key!r} is not text of one line"
                raise BadConfiguration(f"{where}: {path or 'top level'}: {reason}; put it in quotes, or rename it")
            _refuse_what_json_has_not(child, where, f"{path}/{key}".lstrip("/"))
    if isinstance(value, list):
        for at, child in enumerate(value):
            _refuse_what_json_has_not(child, where, f"{path}/{at}")


def _explain(fault: Any) -> str:
    if fault.validator == "additionalProperties":
        known = sorted(fault.schema.get("properties", {}))
        unknown = sorted(set(fault.instance) - set(known))
        return f"unknown key {', '.join(map(repr, unknown))}; allowed: {', '.join(known)}"
    if fault.validator == "required":
        missing = [key for key in fault.validator_value if key not in fault.instance]
        return f"missing key {', '.join(map(repr, missing))}"
    if fault.validator == "dependentRequired":
        return "; ".join(
            f"{key!r} needs {', '.join(map(repr, others))}" for key, others in fault.validator_value.items()
        )
    allowed = {
        "type": lambda value: value if isinstance(value, str) else " or ".join(value),
        "enum": lambda value: "one of " + ", ".join(map(str, value)),
        "minimum": lambda value: f"at least {value}",
        "maximum": lambda value: f"at most {value}",
        "exclusiveMinimum": lambda value: f"more than {value}",
        "exclusiveMaximum": lambda value: f"less than {value}",
        "pattern": lambda value: f"text that matches {value}",
        "format": lambda value: {"regex": "a regular expression"}[value],
    }.get(fault.validator, lambda value: f"{fault.validator} {value}")(fault.validator_value)
    given = repr(fault.instance)
    return f"given {given if len(given) < 100 else given[:97] + '...'}; allowed: {allowed}"


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


def leaves(value: Any, schema: dict[str, Any], path: str = "") -> list[tuple[str, Any, dict[str, Any]]]:
    """(key path, value, schema) of every leaf of a configuration that its schema has completed."""
    if not isinstance(value, dict):
        return [(path, value, schema)]
    found = []
    for key, child in value.items():
        of_child = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
        found += leaves(child, of_child, f"{path}/{key}".lstrip("/"))
    return found


def names_files(schema: dict[str, Any]) -> bool:
    """Whether a leaf of this schema holds the name of a declared file, or a list of them."""
    return "dataset" in (schema.get("format"), schema.get("items", {}).get("format"))


def load_datasets(path: Path) -> dict[str, dict[str, str]]:
    """Read the sheet of declared files, one row a file, and check every row; return rows by name."""
    schema = load_schema("datasets")
    rows: dict[str, dict[str, str]] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{SHEET}: cannot be read ({error}); restore it") from None
    table = csv.reader((line for line in lines if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = next(table, [])
    if sorted(header) != sorted(schema["properties"]):
        needed = ", ".join(schema["properties"])
        raise BadConfiguration(f"{SHEET}: its columns are {', '.join(header) or 'none'}; needed, with tabs: {needed}")
    for number, cells in enumerate(table, start=1):
        place = f"{SHEET}: row {cells[header.index('name')] if len(cells) == len(header) else number}"
        if len(cells) != len(header):
            raise BadConfiguration(f"{place}: holds {len(cells)} cells, the header {len(header)}; put tabs between")
        row = dict(zip(header, cells, strict=True))
        validate(row, schema, place)
        if row["name"] in rows:
            raise BadConfiguration(f"{place}: stands twice; give each row its own name")
        rows[row["name"]] = row
    return rows
