"""Which rules a change of the configuration reruns, read off the rule files.

A rule runs again when its own section changes (`spec("...")`), when a file it names changes
(`resource("...")` and the named helpers below) or one whose provenance it shows (`provenance_of("...")`),
and when a rule upstream runs again.
"""

from __future__ import annotations

import ast
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.rules import rules
from tests.support.workflow import DEMO, snakemake
from workflow_scripts.settings.validation import complete, load_schema, names_files

# What a helper of `rules/common.smk` reads of the configuration.
HELPERS = {
    "mirror": ["download/mirror"],
    "counts_file": ["prebulk/corpora/{corpus}/counts", "prebulk/corpora/{corpus}/shards_per_file"],
    "gene_embedding": ["bulk/runs/{run}/embedding"],
    "track_values": ["tracks/sets/{set}/tracks/{track}/values"],
}


@cache
def sections() -> dict[str, list[str]]:
    """{rule: the parts of the configuration that it reads}, with wildcards in braces."""
    found = {}
    for rule in rules():
        paths = set()
        for node in (node for call in rule.directives.values() for node in ast.walk(call)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("spec", "resource"):
                without = [ast.literal_eval(keyword.value) for keyword in node.keywords]
                paths.add(ast.literal_eval(node.args[0]) + "".join(f"(?!/{key}$)" for key in without))
            elif isinstance(node, ast.Name):
                paths.update(HELPERS.get(node.id, ()))
        found[rule.name] = sorted(paths)
    return found


@cache
def shown() -> dict[str, list[str]]:
    """{rule: the parts of the configuration whose files it shows the provenance of}."""
    calls = [(rule.name, node) for rule in rules() for call in rule.directives.values() for node in ast.walk(call)]
    return {
        name: [ast.literal_eval(path) for path in node.args]
        for name, node in calls
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "provenance_of"
    }


@cache
def downstream() -> dict[str, set[str]]:
    """{rule: the rules that read what it writes}, of the demo."""
    with tempfile.TemporaryDirectory() as directory:
        printed = snakemake("--rulegraph", "dot", "--forceall", directory=Path(directory), configs=(DEMO,)).stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)', printed))
    edges: dict[str, set[str]] = {name: set() for name in names.values()}
    for source, target in re.findall(r"(\d+) -> (\d+)", printed):
        edges[names[source]].add(names[target])
    return edges


def closure(rules: set[str]) -> set[str]:
    """`rules` and all that follow from them, without the target `all`."""
    found: set[str] = set()
    waiting = list(rules)
    while waiting:
        rule = waiting.pop()
        if rule not in found:
            found.add(rule)
            waiting += downstream().get(rule, ())
    return found - {"all"}


def expected(key: str) -> set[str]:
    """The rules that run again when the value at `key` (`stage/key/...`) changes."""
    direct = _readers(key, sections())
    if names_files(schema_of(key)):  # another file is fetched, and listed among the sources
        return {"fetch_dataset"} | closure(direct | _readers(key, shown()) | {"list_sources"})
    return closure(direct)


def _readers(key: str, sections: dict[str, list[str]]) -> set[str]:
    return {rule for rule, paths in sections.items() if any(_within(key, path) for path in paths)}


def _within(key: str, section: str) -> bool:
    pattern = re.sub(r"\{\w+\}", "[^/]+", section)
    return re.fullmatch(rf"{pattern}(/.*)?", key) is not None


def schema_of(key: str) -> dict[str, Any]:
    """The schema of the value at a key path."""
    schema = load_schema("config")
    for part in key.split("/"):
        schema = schema.get("properties", {}).get(part) or schema["additionalProperties"]
    return schema


def demo() -> tuple[dict[str, Any], dict[str, Any]]:
    """The demo's configuration with every default filled in, and the schema."""
    import yaml

    schema = load_schema("config")
    return complete(yaml.safe_load(DEMO.read_text()), schema), schema
