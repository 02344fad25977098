"""Small wrong changes of the project's code: what `make mutants` plants.

A mutant changes one node of a module's syntax tree as a slip of the hand would: a boundary, a sign, an axis, a mean
for a sum, an order, a statement or a keyword that is missing. Left out is what no result depends on (messages, logging,
annotations) and what mostly fails by itself, wherever it is run (a path times a name).
"""

from __future__ import annotations

import ast
import copy
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.FloorDiv: ast.Mod,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
PAIRS = [
    ("min", "max"),
    ("minimum", "maximum"),
    ("argmin", "argmax"),
    ("idxmin", "idxmax"),
    ("any", "all"),
    ("sum", "mean"),
    ("floor", "ceil"),
    ("head", "tail"),
    ("startswith", "endswith"),
    ("union1d", "intersect1d"),
]
FUNCTIONS = {
    **{old: new for pair in PAIRS for old, new in (pair, pair[::-1])},
    **{f"nan{name}": name for name in ("mean", "std", "var", "sum", "min", "max", "median", "percentile", "quantile")},
}
# Functions of one argument that are left away
UNWRAPPED = {"abs", "deepcopy", "exp", "expm1", "log", "log1p", "nan_to_num", "reversed", "sqrt", "cumsum"}
WORDS = {"left": "right", "right": "left", "first": "last", "last": "first"}

UNSEEN_FIELDS = {"annotation", "returns", "decorator_list"}
UNSEEN_CALLS = {"log", "logging", "warnings", "BadInput"}
# What only protects from a crash, a full disk, a warning or a caller's slip
UNSEEN_METHODS = {"flush", "fsync", "close", "simplefilter", "filterwarnings"}
UNSEEN_KEYWORDS = {"encoding", "errors", "exist_ok", "parents", "missing_ok", "ignore_errors", "strict", "copy"}
LEAST = 1e-4  # a smaller number is a tolerance, which may as well be twice as large
SIZE = 32  # a larger integer is a size, and a size one larger is hardly another
LONGEST = 70  # characters of a change that is shown whole
AROUND = 25  # characters shown before and after a change in a longer line


class Mutant(NamedTuple):
    file: str  # of workflow_scripts
    function: str
    change: str  # old -> new, of as much of the statement as is easily read
    lines: range  # of the changed node in the file
    source: str  # the module with the change

    @property
    def name(self) -> str:
        """Stays as it is while other functions change."""
        return f"{self.file}:{self.function}: {self.change}"


def mutants(path: Path, root: Path) -> Iterator[Mutant]:
    """Yield the mutants of the module `path` below `root`, from top to bottom; no two have the same name."""
    tree = ast.parse(path.read_text())
    parts = [ast.unparse(part) for part in tree.body]
    seen: Counter[tuple[str, str]] = Counter()
    for above, holder, key in _slots(tree, ()):
        node = holder[key]
        function = ".".join(each.name for each in above if isinstance(each, ast.FunctionDef | ast.ClassDef)) or "module"
        top = next(at for at, part in enumerate(tree.body) if part in (*above, node))
        for new in _changes(node, above, function):
            shown = _shown([*above, node])
            before = ast.unparse(shown)
            holder[key] = new
            after = ast.unparse(new if shown is node else shown)
            source = "\n".join([*parts[:top], ast.unparse(tree.body[top]), *parts[top + 1 :]])
            holder[key] = node
            change = _difference(before, after)
            seen[function, change] += 1
            if seen[function, change] > 1:
                change += f" ({seen[function, change]})"
            lines = range(node.lineno, node.end_lineno + 1)
            yield Mutant(path.relative_to(root).as_posix(), function, change, lines, source)


def _slots(node: ast.AST, above: tuple[ast.AST, ...]) -> Iterator[tuple[tuple[ast.AST, ...], Any, Any]]:
    """Yield (nodes above, holder, key) of every node below `node` that may be changed."""
    above = (*above, node)
    for field, value in ast.iter_fields(node):
        if field in UNSEEN_FIELDS:
            continue
        slots = [(value, at) for at in range(len(value))] if isinstance(value, list) else [(vars(node), field)]
        for holder, key in slots:
            child = holder[key]
            if isinstance(child, ast.AST) and not _unseen(child):
                if hasattr(child, "lineno"):
                    yield above, holder, key
                yield from _slots(child, above)


def _unseen(node: ast.AST) -> bool:
    match node:
        case ast.Raise() | ast.Assert() | ast.Import() | ast.ImportFrom() | ast.JoinedStr():
            return True
        case ast.Assign(targets=[ast.Name("SCHEMA" | "SETTINGS")]):  # of a file or of the configuration
            return True
        case ast.If(test=ast.Compare(left=ast.Name("__name__") | ast.Constant("snakemake"))):
            return True
        case ast.Call(func=ast.Name(name)):
            return name in UNSEEN_CALLS
        case ast.Call(func=ast.Attribute(value=value, attr=method)):
            return method in UNSEEN_METHODS or (isinstance(value, ast.Name) and value.id in UNSEEN_CALLS)
        case ast.keyword(arg=name):
            return name in UNSEEN_KEYWORDS
    return False


def _changes(node: ast.AST, above: tuple[ast.AST, ...], function: str) -> Iterator[ast.AST]:
    """Yield what may stand in the place of `node`."""
    match node:
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                yield _with(node, ops=[*node.ops[:at], COMPARISONS[type(operator)](), *node.ops[at + 1 :]])
        case ast.BinOp(left=left, right=right):
            if type(node.op) in OPERATORS and not (_is_text(left) or _is_text(right)):
                yield _with(node, op=OPERATORS[type(node.op)]())
        case ast.BoolOp() | ast.AugAssign() if type(node.op) in OPERATORS:
            yield _with(node, op=OPERATORS[type(node.op)]())
        case ast.UnaryOp(operand=operand) if not isinstance(operand, ast.Constant):
            yield operand
        case ast.IfExp(body=body, orelse=orelse) if not isinstance(body, ast.JoinedStr):  # a message
            yield _with(node, body=orelse, orelse=body)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=0 | 1 as value) if isinstance(above[-1], ast.keyword) and above[-1].arg == "axis":
            yield ast.Constant(1 - value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1 if abs(value) < SIZE else value * 2)
        case ast.Constant(value=float(value)) if value == 0 or abs(value) >= LEAST:
            yield ast.Constant(value * 2 or 1.0)
        case ast.Constant(value=str(value)) if value in WORDS:
            yield ast.Constant(WORDS[value])
        case ast.Call():
            yield from _calls(node, above[0])
        case ast.Expr(value=ast.Call() as call) if not _unseen(call):
            yield ast.Pass()
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]) if not function.endswith("__init__"):
            yield ast.Pass()


def _calls(node: ast.Call, module: ast.Module) -> Iterator[ast.AST]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in FUNCTIONS:
        field = "attr" if isinstance(function, ast.Attribute) else "id"
        yield _with(node, func=_with(function, **{field: FUNCTIONS[name]}))
    if name in UNWRAPPED and node.args:
        yield node.args[0]
    if name == "where" and len(node.args) == 3:
        yield _with(node, args=[node.args[0], node.args[2], node.args[1]])
    for name_, keyword in (("sorted", "reverse"), ("sort_values", "ascending")):
        if name == name_ and keyword not in [each.arg for each in node.keywords]:
            added = ast.keyword(keyword, ast.Constant(keyword == "reverse"))
            yield _with(node, keywords=[*node.keywords, added])
    if not _is_own(function, module):  # a library's keyword has a default
        for at, keyword in enumerate(node.keywords):
            if keyword.arg and not _unseen(keyword):
                yield _with(node, keywords=[*node.keywords[:at], *node.keywords[at + 1 :]])


def _is_own(function: ast.expr, module: ast.Module) -> bool:
    """Whether a function that is called is the project's, as far as its name tells."""
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name) and function.id in _own_names(module)


@cache
def _own_names(module: ast.Module) -> set[str]:
    names = {"dict", "cls"}
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("workflow_scripts"):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def _is_text(node: ast.expr) -> bool:
    """Text, a list or a path by the look of it: other operators do not apply."""
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _with(node: ast.AST, **changes: Any) -> Any:
    node = copy.copy(node)
    for field, value in changes.items():
        setattr(node, field, value)
    return node


def _shown(nodes: list[ast.AST]) -> ast.AST:
    """Of some nested nodes the outermost expression or simple statement that is short; at least what holds the last."""
    simple = [node for node in nodes if not isinstance(getattr(node, "body", None), list)]
    return next((node for node in simple[:-1] if len(ast.unparse(node)) <= LONGEST), simple[-2:][0])


def _difference(old: str, new: str) -> str:
    """`old -> new`; of long texts what differs, with a little of what stands around it."""
    start = end = 0
    if max(len(old), len(new)) > LONGEST:
        start = max(0, len(os.path.commonprefix([old, new])) - AROUND)
        end = max(0, len(os.path.commonprefix([old[:start:-1], new[:start:-1]])) - AROUND)
    parts = (" ".join(text[start : len(text) - end].split()) for text in (old, new))
    return " -> ".join(part if len(part) <= 2 * LONGEST else f"{part[:LONGEST]} ..." for part in parts)
