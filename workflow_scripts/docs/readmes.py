"""What the READMEs hold of schemas, rules and each other (`make docs`).

Two tables in config/README.md; in README.md a graph, and the table of outputs, which is written in results/README.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from workflow_scripts.docs.reruns import NOT_IN_THE_DEMO, demo, expected
from workflow_scripts.docs.rules import ROOT, downstream
from workflow_scripts.settings.schema import below, changes_results, leaves, load_schema

READMES = [ROOT / "README.md", ROOT / "config/README.md"]
OUTPUTS = ROOT / "results/README.md"


def keys(schema: dict[str, Any], path: str = "") -> list[str]:
    """One row a key: path, what it is, default, what is allowed."""
    rows = []
    for key, child in schema.get("properties", {}).items():
        here = f"{path}/{key}".lstrip("/")
        rows += _row(here, child)
    if isinstance(schema.get("additionalProperties"), dict):
        rows += _row(f"{path}/{{name}}", schema["additionalProperties"])
    return rows


def _row(path: str, schema: dict[str, Any]) -> list[str]:
    if schema.get("type") == "object":
        head = [f"| **`{path}`** | {schema.get('description', '')} | | |"]
        return head + keys(schema, path)
    default = f"`{json.dumps(schema['default'])}`" if "default" in schema else "needed"
    said = schema.get("description", "") + ("" if changes_results(schema) else " Reruns nothing.")
    return [f"| `{path}` | {said} | {default} | {_allowed(schema)} |"]


def _allowed(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    types = schema.get("type", "any")
    words = [types] if isinstance(types, str) else list(types)
    bounds = {"minimum": "≥", "maximum": "≤", "exclusiveMinimum": ">", "exclusiveMaximum": "<", "pattern": "matches"}
    text = " or ".join(words) + "".join(f" {sign} {schema[key]}" for key, sign in bounds.items() if key in schema)
    return text.replace("|", "\\|")


def reruns() -> list[str]:
    """One row for all keys that rerun the same rules; names that a user gives stand as {name}."""
    grouped: dict[tuple[str, ...], list[str]] = {}
    configuration, schema = demo()
    for key in (key for key, _, _ in leaves(configuration, schema) if not key.startswith(NOT_IN_THE_DEMO)):
        places = grouped.setdefault(tuple(sorted(expected(key))), [])
        place = general(key, schema)
        if place not in places:
            places.append(place)
    return [
        f"| {', '.join(f'`{key}`' for key in sorted(places))} | {', '.join(rules)} |"
        for rules, places in sorted(grouped.items(), key=lambda row: (-len(row[0]), row[1]))
    ]


def general(key: str, schema: dict[str, Any]) -> str:
    """`key` with the names that a user gives written as {name}; one that is a key path itself is one name."""
    parts = []
    for part in key.split("/"):
        named = part not in schema.get("properties", {})
        if named and parts[-1:] == ["{name}"] and not isinstance(schema.get("additionalProperties"), dict):
            continue  # the next part of the same name
        schema = below(schema, part)
        parts.append("{name}" if named else part)
    return "/".join(parts)


def rule_graph() -> list[str]:
    """Which rules read what another writes, in the language of Mermaid; without those that read everything."""
    edges = []
    for rule, readers in sorted(downstream().items()):
        if shown := sorted(readers - {"all", "summarize_costs", "summarize_results", "write_crate"}):
            edges.append(f"    {rule} --> {' & '.join(shown)}")
    return ["```mermaid", "flowchart LR", *edges, "```"]


def outputs() -> list[str]:
    """The table of what a run leaves, one row a line."""
    return block(OUTPUTS.read_text(encoding="utf-8"), "outputs").splitlines()


def page(text: str) -> str:
    """`text` of a README with all that is between the markers made anew."""
    made = {
        "keys": lambda: ["| key | what it is | default | allowed |", "|---|---|---|---|", *keys(load_schema())],
        "reruns": lambda: ["| edit | and these rules run |", "|---|---|", *reruns()],
        "rules": rule_graph,
        "outputs": outputs,
    }
    for name, rows in made.items():
        text = filled(text, name, rows)
    return text


def filled(text: str, name: str, rows: Callable[[], list[str]]) -> str:
    """`text` with other rows between the markers of `name`, if it has these."""
    if f"<!-- {name} -->" not in text:
        return text
    return text.replace(f"<!-- {name} -->\n{block(text, name)}", "\n".join([f"<!-- {name} -->", *rows(), ""]))


def block(text: str, name: str) -> str:
    """What stands in `text` between the markers of `name`, whole lines."""
    return re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", text, re.DOTALL)[1]


if __name__ == "__main__":
    for readme in READMES:
        readme.write_text(page(readme.read_text(encoding="utf-8")), encoding="utf-8")
