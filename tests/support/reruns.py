"""Which rules a change of the configuration reruns, read off the rule files.

A rule runs again when its own section changes (`spec("...")`), when a file it names changes
(`resource("...")` and the named helpers below), and when a rule upstream runs again.
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
from workflow_scripts.configuration import complete, load_schema

# What a helper of `rules/common.smk` reads of the configuration.
HELPERS = {
    "mirror": ["download/mirror"],
    "counts_file": ["prebulk/corpora/{corpus}/counts", "prebulk/corpora/{corpus}/shards_per_file"],
    "gene_embedding": ["bulk/runs/{run}/embedding"],
}
# Keys whose values are names of declared files: a new name is fetched, and listed among the sources.
FILES = re.compile(
    r"prebulk/gene_table/(proteome|gtf|lengths/file)|prebulk/corpora/[^/]+/counts"
    r"|esm2/models/[^/]+/weights|tracks/genome|tracks/sets/[^/]+/tracks/[^/]+/(plus|minus)"
)


@cache
def sections() -> dict[str, list[str]]:
    """{rule: the parts of the configuration that it reads}, with wildcards in braces."""
    found = {}
    for rule in rules():
        paths = set()
        for node in (node for call in rule.directives.values() for node in ast.walk(call)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("spec", "resource"):
                paths.add(ast.literal_eval(node.args[0]))
            elif isinstance(node, ast.Name):
                paths.update(HELPERS.get(node.id, ()))
        found[rule.name] = sorted(paths)
    return found


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
    direct = {rule for rule, paths in sections().items() if any(_within(key, path) for path in paths)}
    if FILES.fullmatch(key):
        return {"fetch_dataset"} | closure(direct | {"list_sources"})
    return closure(direct)


def _within(key: str, section: str) -> bool:
    pattern = re.sub(r"\{\w+\}", "[^/]+", section)
    return re.fullmatch(rf"{pattern}(/.*)?", key) is not None


def leaves(value: Any, schema: dict[str, Any], path: str = "") -> list[tuple[str, Any, dict[str, Any]]]:
    """(key path, value, schema) of every leaf of a configuration that its schema has completed."""
    if not isinstance(value, dict):
        return [(path, value, schema)]
    found = []
    for key, child in value.items():
        of_child = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
        found += leaves(child, of_child, f"{path}/{key}".lstrip("/"))
    return found


def demo() -> tuple[dict[str, Any], dict[str, Any]]:
    """The demo's configuration with every default filled in, and the schema."""
    import yaml

    schema = load_schema("config")
    return complete(yaml.safe_load(DEMO.read_text()), schema), schema
