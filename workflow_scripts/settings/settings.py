"""What the Snakefile knows of the configuration: its sections, and the files that it names.

Imported by the Snakefile alone. Rules see of a configuration only the `spec` of their own section. What one stage
alone asks stands with it, in `<stage>/checks.py` (limits between keys) and `<stage>/inputs.py` (files and names; its
`complete` puts in what the user's own files say).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from snakemake.io import ancient, local

from workflow_scripts.io.attested import SUFFIX, own_name
from workflow_scripts.settings.datasets import load_datasets
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.paths import absolute, is_own, listed, resolve
from workflow_scripts.settings.schema import below, load_schema, names_files, only, stages, walk
from workflow_scripts.settings.validation import read_yaml, validate

PATHVAR = re.compile(r"^<(results|resources)>/")
# A fault of a configuration that its schema accepts: (key path, what was given, what is allowed)
Fault = tuple[str, str, str]


def canonical(value: Any) -> str:
    """JSON with sorted keys: equal for equal sections, whatever the order or layout of the file."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Settings:
    """The validated configuration, asked by the rules for sections, files and names."""

    def __init__(self, config: dict[str, Any], datasets: str, files: Iterable[str] = ()) -> None:
        """config: as Snakemake merged it of `files`, to be completed in place; datasets: the path of the sheet.

        Raises BadConfiguration, which names the key path, what was given and what is allowed.
        """
        files = [Path(file) for file in files]
        stated = {file: read_yaml(file) for file in files}
        self.name = files[0].stem if files else "config"
        self.derived: dict[str, dict[str, Any]] = {}
        self.config, self.schema = config, load_schema()
        validate(config, self.schema, "configuration")
        self.datasets = load_datasets(Path(datasets))
        for place, named in _named(config, self.schema).items():
            for name in named:
                self.require_name(place, name)
        resolve(config, self.schema, stated)
        for stage in _modules("inputs"):
            if hasattr(stage, "complete"):
                stage.complete(self)
        self.named = _named(config, self.schema)
        for check in _modules("checks"):
            for place, given, allowed in check.faults(self):
                raise BadConfiguration(f"configuration: {place}: given {given}; allowed: {allowed}")

    def require_name(self, place: str, name: str) -> None:
        """Raise BadConfiguration unless what is given at a key path can be the name of a file."""
        allowed = ""
        if "/" not in name and name not in self.datasets:
            allowed = "a row of config/datasets.tsv, or a path (which holds a slash)"
        elif "/" not in name and "download" not in self.config:
            allowed = "a path, or a section `download` beside it"
        elif set("{}<>") & set(PATHVAR.sub("", name)):  # Snakemake would take what they hold for a wildcard or a folder
            allowed = "a path without { } < >, but for <results>/ or <resources>/ at its beginning"
        if allowed:
            raise BadConfiguration(f"configuration: {place}: given {name!r}; allowed: {allowed}")

    # sections

    def section(self, path: str) -> Any:
        """The part of the configuration at `path` (`stage/key/...`), also where it was derived; None where is none."""
        value: Any = self.config
        place = ""
        for key in path.split("/"):
            place = f"{place}/{key}".lstrip("/")
            if place in self.derived:
                value = self.derived[place]
            elif isinstance(value, dict) and key in value:
                value = value[key]
            else:
                return None
        return value

    def derive(self, path: str, section: dict[str, Any], place: str) -> None:
        """Let `section`, which follows from what is configured at `place`, stand at `path`; it is not among `names`.

        It is completed, and held against the schema of `path`.
        """
        validate(section, self._schema_of(path), f"configuration: {place}")
        self.derived[path] = section

    def names(self, path: str) -> list[str]:
        """The names that the configuration gives at `path`, for instance of the runs at `bulk/runs`, sorted."""
        return sorted(self.section(path) or {})

    def spec(self, path: str, without: Collection[str] = ()) -> Callable[..., str]:
        """For a rule's params: the canonical JSON of its own section; `path` may hold wildcards.

        Policy and speed are left out, and the keys `without`, which the rule does not read, or reads as inputs.
        """

        def section(wildcards: Any) -> str:
            kept = only(*self._own(fill(path, wildcards)), results=True)
            return canonical({key: value for key, value in kept.items() if key not in without})

        return section

    def policy(self, path: str) -> Callable[..., str]:
        """For a rule's params: that part of its section that changes no result, as canonical JSON.

        Snakemake takes a param that asks for `resources` to follow from them, and does not compare it: a change of
        policy or speed reruns nothing.
        """

        def section(wildcards: Any, resources: Any) -> str:
            return canonical(only(*self._own(fill(path, wildcards)), results=False))

        return section

    def _own(self, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The section at `path`, and its schema."""
        found = self.section(path)
        if found is None:
            raise BadConfiguration(f"configuration: {path}: no such section, which this rule needs")
        return found, self._schema_of(path)

    def _schema_of(self, path: str) -> dict[str, Any]:
        schema = self.schema
        for key in path.split("/"):
            schema = below(schema, key)
        return schema

    def values_of(self, key: str) -> str:
        """For a rule's params: {key path: value} of one key wherever it stands, as canonical JSON."""
        found = {path: value for path, value, _ in walk(self.config, self.schema) if path.endswith(f"/{key}")}
        return canonical(found)

    def portable(self, wildcards: Any, resources: Any) -> str:
        """For a rule's params: the whole configuration as canonical JSON, its paths as they hold anywhere.

        It is no reason to run a rule again, as `policy` is none: who holds it reads what the rules make of it.
        """
        return canonical(absolute(self.config, self.schema))

    def offered(self, kind: str) -> list[str]:
        """What the configuration lets some stage make of one kind (`offers` in the schema), as `stage/name`."""
        return [
            f"{path.split('/')[0]}/{name}"
            for path, value, schema in walk(self.config, self.schema)
            if schema.get("offers") == kind
            for name in value
        ]

    @property
    def job_names(self) -> list[str]:
        """What jobs are named after: the names that the configuration gives, one within another with a dot between,
        and what single stages add."""
        names = [name for stage in _modules("inputs") if hasattr(stage, "job_names") for name in stage.job_names(self)]
        return sorted({*_given_names(self.config, self.schema), *names})

    # files

    def resource(self, path: str) -> Callable[..., list[str]]:
        """For a rule's input: the files that the configuration names at `path` (a name or a list).

        A name is a row of the sheet, downloaded to the folder of resources; what holds a slash is a path.
        """
        return lambda wildcards: [self.file(name) for name in listed(self.section(fill(path, wildcards)))]

    def file(self, name: str) -> str:
        """The path of a file that the configuration names.

        Its date is nothing to Snakemake: what a rule follows is its provenance, which tells the checksum. A user's own
        file is local: no prefix of a module goes before its path.
        """
        if is_own(name):
            return ancient(local(name))
        return ancient(name if "/" in name else f"<resources>/{name}")

    def provenance_file(self, name: str) -> str:
        """The provenance of a file that the configuration names: beside what rules make, else among the results."""
        if is_own(name):
            return f"<results>/provenance/{own_name(name)}{SUFFIX}"
        return f"{self.file(name)}{SUFFIX}"

    def named_at(self, *paths: str) -> list[str]:
        """Every file that the configuration names at one of `paths`; of none, that it names anywhere."""
        listed = [
            name
            for path in paths or [""]
            for place, names in self.named.items()
            if f"/{place}/".startswith(f"/{path}/".replace("//", "/"))
            for name in names
        ]
        return list(dict.fromkeys(listed))

    def provenance(self, *paths: str) -> list[str]:
        """The provenance of the files that are `named_at` `paths`."""
        return [self.provenance_file(name) for name in self.named_at(*paths)]

    def provenance_of(self, *paths: str) -> Callable[..., list[str]]:
        """For a rule's input: the provenance of the files named at `paths`, which may hold wildcards.

        With that of the files that it reads, a rule follows their content; with that of the files that a figure was
        computed from, and no others, it says what is simulated.
        """
        return lambda wildcards: self.provenance(*(fill(path, wildcards) for path in paths))


def _named(config: dict[str, Any], schema: dict[str, Any]) -> dict[str, list[str]]:
    """The files that a configuration names: {key path: names}."""
    return {place: listed(value) for place, value, of_leaf in walk(config, schema) if names_files(of_leaf)}


def _modules(name: str) -> Iterator[ModuleType]:
    """The modules `checks` or `inputs` of the stages that have one."""
    for stage in stages():
        if find_spec(f"workflow_scripts.{stage}.{name}"):
            yield import_module(f"workflow_scripts.{stage}.{name}")


def _given_names(value: Any, schema: dict[str, Any], outer: str = "") -> Iterator[str]:
    """The names that a user gives to what is made: the schema says of them how they are written."""
    if isinstance(value, dict):
        for key, child in value.items():
            given = "propertyNames" in schema
            inner = f"{outer}.{key}".lstrip(".") if given else outer
            if given:
                yield inner
            yield from _given_names(child, below(schema, key), inner)


def fill(path: str, wildcards: Any) -> str:
    """`path` with the values of the wildcards."""
    return path.format(**dict(wildcards.items()))


def any_of(names: list[str]) -> str:
    """For the constraint of a wildcard: one of these, or nothing where there is none."""
    return "|".join(map(re.escape, names)) or "(?!)"


def memory(megabytes: int) -> Callable[..., int]:
    """For a rule's resources: so much memory, and as much again with each further attempt."""
    return lambda wildcards, attempt: megabytes * attempt
