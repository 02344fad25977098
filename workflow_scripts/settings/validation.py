"""The checks of a configuration against its schema, made before any job starts."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.schema import complete


def read_yaml(path: Path, name: str = "") -> Any:
    """The content of a YAML file, which messages call `name`, or by its path.

    Raises BadConfiguration where it cannot be read, a mapping holds a key twice, of which readers keep the last, or a
    part holds itself. Snakemake, which reads the file as well, says neither its name nor the line.
    """
    name = name or str(path)
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8-sig"))
        root = loader.get_single_node()
        _refuse_repeated_keys(root, name, ())
        return loader.construct_document(root) if root else {}
    except yaml.MarkedYAMLError as error:
        line, reason = error.problem_mark.line + 1, " ".join(str(error.problem).split())
        tab = "; YAML takes blanks, no tabs, at the beginning of a line" if r"'\t'" in reason else "; correct it"
        raise BadConfiguration(f"{name}: line {line}: {reason}{tab}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise BadConfiguration(f"{name}: cannot be read as YAML ({reason}); correct it") from None


def _refuse_repeated_keys(node: yaml.Node | None, name: str, around: tuple[yaml.Node, ...]) -> None:
    if any(node is outer for outer in around):
        raise BadConfiguration(f"{name}: line {node.start_mark.line + 1}: holds itself by an alias; write it out")
    around = (*around, node)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if (key.tag, key.value) in seen:
                line = key.start_mark.line + 1
                raise BadConfiguration(f"{name}: line {line}: key {key.value!r} stands twice; put both into one")
            seen.add((key.tag, key.value) if isinstance(key, yaml.ScalarNode) else id(key))
            _refuse_repeated_keys(value, name, around)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item, name, around)


def validate(config: dict[str, Any], schema: dict[str, Any], where: str) -> None:
    """Fill `config` in place with the schema's defaults and check it; raise BadConfiguration.

    The message names the key path, what was given and what is allowed.
    """
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


if __name__ == "__main__":  # before Snakemake reads the file, which ends on a folder with lines of its code
    try:
        read_yaml(Path(sys.argv[1]))
    except BadConfiguration as error:
        sys.exit(str(error))
