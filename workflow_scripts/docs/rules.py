"""The rules as written in rules/STAGE.smk and STAGE.PART.smk, by Snakemake's own parser; nothing of them is run."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from snakemake.api import SnakemakeApi
from snakemake.settings.types import ResourceSettings

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "config/config.yaml"


class Rule(NamedTuple):
    """One rule of one stage: {directive: the call that Snakemake compiles it to}."""

    stage: str
    name: str
    directives: dict[str, ast.Call]

    def names(self, directive: str) -> list[str]:
        """The names given in `input:`, `output:` or `params:`."""
        return [keyword.arg or "" for keyword in self.call(directive).keywords]

    def call(self, directive: str) -> ast.Call:
        return self.directives.get(directive, ast.Call(ast.Name("none"), [], []))

    def text(self, directive: str) -> Any:
        """The one literal of `script:`, `conda:`, `log:` or `benchmark:`; None without that directive."""
        return ast.literal_eval(self.call(directive).args[0]) if directive in self.directives else None


@cache
def rules() -> list[Rule]:
    """Every rule that runs a script, in the order of files and lines."""
    found = [rule for file in sorted((ROOT / "rules").glob("*.smk")) for rule in _read(file)]
    return [rule for rule in found if "script" in rule.directives]


def _read(file: Path) -> list[Rule]:
    compiled = io.StringIO()
    with redirect_stdout(compiled), SnakemakeApi() as api:
        api.workflow(ResourceSettings(cores=1), snakefile=file).print_compilation()
    functions = [node for node in ast.parse(compiled.getvalue()).body if isinstance(node, ast.FunctionDef)]
    return [
        Rule(
            file.name.partition(".")[0],
            function.name.removeprefix("__rule_"),
            {call.func.attr: call for call in function.decorator_list if isinstance(call, ast.Call)},
        )
        for function in functions
    ]


@cache
def downstream() -> dict[str, set[str]]:
    """{rule: the rules that read what it writes}, of the demo."""
    command = [sys.executable, "-m", "snakemake", "--rulegraph", "dot", "--forceall", "--configfile", str(DEMO)]
    with tempfile.TemporaryDirectory() as directory:
        command += ["--directory", directory]
        made = subprocess.run(command, cwd=ROOT, env=os.environ, encoding="utf-8", capture_output=True, check=True)
    names = dict(re.findall(r'(\d+)\[label = "(\w+)', made.stdout))
    edges: dict[str, set[str]] = {name: set() for name in names.values()}
    for source, target in re.findall(r"(\d+) -> (\d+)", made.stdout):
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
