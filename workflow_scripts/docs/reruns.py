"""Which rules a change of the configuration reruns, read off the rule files.

A rule runs again when its own section changes (`spec("...")`), but for what the schema marks as policy or speed; when a
file that it names changes (`resource("...")`), or one whose provenance it shows (`provenance_of("...")`); when what a
helper of `<stage>/inputs.py` reads of the configuration changes; and when a rule upstream runs again.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

import yaml

from workflow_scripts.docs.rules import DEMO, ROOT, closure, downstream, rules
from workflow_scripts.settings.schema import below, changes_results, complete, load_schema, names_files

# What these keys rerun is said in words.
NOT_IN_THE_DEMO = ("bulk/learning_curve/", "bulk/ablations/", "circuit/ablations/", "circuit/missing/")


@cache
def sections() -> dict[str, list[str]]:
    """{rule: the parts of the configuration that it reads}, with wildcards in braces."""
    found = {}
    for rule in rules():
        paths = set()
        for call in _calls(rule):
            if call.func.id in ("spec", "resource", "sidecar"):
                without = [key for keyword in call.keywords for key in ast.literal_eval(keyword.value)]
                paths.add(ast.literal_eval(call.args[0]) + "".join(f"(?!/{key}(/|$))" for key in without))
            if call.func.id == "values_of":
                paths.add(f".*/{ast.literal_eval(call.args[0])}")
            paths.update(helpers().get(call.func.id, ()))
        found[rule.name] = sorted(paths)
    return found


@cache
def shown() -> dict[str, list[str]]:
    """{rule: the parts of the configuration whose files it shows the provenance of}."""
    return {
        rule.name: [ast.literal_eval(path) for path in call.args]
        for rule in rules()
        for call in _calls(rule)
        if call.func.id == "provenance_of"
    }


def _calls(rule: Any) -> list[ast.Call]:
    nodes = (node for call in rule.directives.values() for node in ast.walk(call))
    return [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]


@cache
def helpers() -> dict[str, set[str]]:
    """{function of some `<stage>/inputs.py`: what it asks the settings for}, with wildcards in braces."""
    found = {}
    for file in sorted((ROOT / "workflow_scripts").glob("*/inputs.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for name in functions:
            found[name] = _asked(name, functions)
    return found


def _asked(name: str, functions: dict[str, ast.FunctionDef]) -> set[str]:
    """What a function asks the settings for, by itself or by way of others of its file."""
    calls = [node for node in ast.walk(functions[name]) if isinstance(node, ast.Call)]
    own = {_path(call.args[0]) for call in calls if getattr(call.func, "attr", "") == "section"}
    others = {getattr(call.func, "id", "") for call in calls} & functions.keys() - {name}
    return own.union(*(_asked(other, functions) for other in others))


def _path(node: ast.expr) -> str:
    """A key path as it is written, with {wildcard} for what a job fills in."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(part.value if isinstance(part, ast.Constant) else "{name}" for part in parts)


def expected(key: str) -> set[str]:
    """The rules that run again when the value at `key` (`stage/key/...`) changes."""
    schema = schema_of(key)
    if not changes_results(schema):
        return set()
    direct = _readers(key, sections())
    if names_files(schema):  # another file is fetched, and listed among the sources
        return {"fetch_dataset"} | closure(direct | _readers(key, shown()) | {"list_sources"})
    return closure(direct)


def _readers(key: str, sections: dict[str, list[str]]) -> set[str]:
    found = {rule for rule, paths in sections.items() if any(_within(key, path) for path in paths)}
    return found & downstream().keys()  # rules for what the demo has not, as a second run, are none of its


def _within(key: str, section: str) -> bool:
    pattern = re.sub(r"\{\w+\}", "[^/]+", section)
    return re.fullmatch(rf"{pattern}(/.*)?", key) is not None


def schema_of(key: str) -> dict[str, Any]:
    """The schema of the value at a key path."""
    schema = load_schema()
    for part in key.split("/"):
        schema = below(schema, part)
    return schema


def demo() -> tuple[dict[str, Any], dict[str, Any]]:
    """The demo's configuration with every default filled in, and the schema."""
    schema = load_schema()
    return complete(yaml.safe_load(DEMO.read_text(encoding="utf-8")), schema), schema
