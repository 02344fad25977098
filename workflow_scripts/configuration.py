"""What the Snakefile knows of the configuration: its checks, its sections, the files that it names.

Imported by the Snakefile alone. Rules see of a configuration only the `spec` of their own section.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

SCHEMAS = Path(__file__).resolve().parent.parent / "config/schemas"
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


class BadConfiguration(WorkflowError):
    """A fault in the configuration or a sheet, said in one line; of a kind that Snakemake prints without a trace."""


def canonical(value: Any) -> str:
    """JSON with sorted keys: equal for equal sections, whatever the order or layout of the file."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


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


def validate(config: dict[str, Any], schema: dict[str, Any], where: str) -> None:
    """Fill `config` in place with the schema's defaults and check it; raise BadConfiguration.

    The message names the key path, what was given and what is allowed.
    """
    import jsonschema

    complete(config, schema)
    faults = jsonschema.Draft202012Validator(schema).iter_errors(config)
    fault = jsonschema.exceptions.best_match(faults)
    if fault is not None:
        path = "/".join(str(part) for part in fault.absolute_path) or "top level"
        raise BadConfiguration(f"{where}: {path}: {_explain(fault)}")


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


def load_datasets(path: Path) -> dict[str, dict[str, str]]:
    """Read the sheet of declared files, one row a file, and check every row; return rows by name."""
    schema = load_schema("datasets")
    rows: dict[str, dict[str, str]] = {}
    with path.open(newline="") as handle:
        for row in csv.DictReader((line for line in handle if not line.startswith("#")), delimiter="\t"):
            validate(row, schema, f"{path}: row {row.get('name') or len(rows) + 1}")
            if row["name"] in rows:
                raise BadConfiguration(f"{path}: row {row['name']}: stands twice; give each row its own name")
            rows[row["name"]] = row
    return rows


class Settings:
    """The validated configuration, asked by the rules for sections, files and names."""

    def __init__(self, config: dict[str, Any], datasets: str) -> None:
        validate(config, load_schema("config"), "configuration")
        self.config = config
        self.datasets = load_datasets(Path(datasets))
        models = [f"esm2/{model}" for model in self.names("esm2/models")]
        for run in self.names("bulk/runs"):
            if self.section(f"bulk/runs/{run}/embedding") not in models:
                given = self.section(f"bulk/runs/{run}/embedding")
                raise BadConfiguration(
                    f"configuration: bulk/runs/{run}/embedding: given {given!r}; allowed: {', '.join(models)}"
                )

    def section(self, path: str) -> Any:
        """The part of the configuration at `path` (`stage/key/...`); None where there is none."""
        value: Any = self.config
        for key in path.split("/"):
            if not isinstance(value, dict) or key not in value:
                return None
            value = value[key]
        return value

    def names(self, path: str) -> list[str]:
        """The names that the configuration gives at `path`, for instance of the runs at `bulk/runs`."""
        return list(self.section(path) or {})

    def spec(self, path: str, without: str = "") -> Callable[..., str]:
        """For a rule's params: the canonical JSON of its own section; `path` may hold wildcards.

        `without` leaves out one key: a list of files, of which each job reads one that is its input.
        """

        def section(wildcards: Any) -> str:
            found = self.section(fill(path, wildcards))
            if found is None:
                raise BadConfiguration(
                    f"configuration: {fill(path, wildcards)}: no such section, which this rule needs"
                )
            kept = {key: value for key, value in found.items() if key != without}
            return canonical(kept)

        return section

    def resource(self, path: str) -> Callable[..., list[str]]:
        """For a rule's input: the files that the configuration names at `path` (a name or a list).

        A name is a row of the sheet, downloaded to `resources/`; what holds a slash is a path.
        """

        def files(wildcards: Any) -> list[str]:
            value = self.section(fill(path, wildcards))
            listed = value if isinstance(value, list) else [value] if value else []
            return [self.file(name) for name in listed]

        return files

    def file(self, name: str) -> str:
        """The path of a file that the configuration names."""
        if "/" in name:
            return name
        if name not in self.datasets:
            raise BadConfiguration(
                f"configuration: {name!r} is no row of config/datasets.tsv; add a row, or give a path"
            )
        return f"resources/{name}"

    # download

    @property
    def mirror(self) -> list[str]:
        """The simulated mirror, where the configuration asks for it."""
        return ["results/simulate/mirror"] if self.section("download/mirror") == "simulate" else []

    @property
    def truth(self) -> list[str]:
        """The planted truth of the simulated organism, where there is one."""
        return ["results/simulate/truth"] if self.mirror else []

    def row(self, wildcards: Any) -> str:
        """One row of the sheet of declared files, as canonical JSON."""
        return canonical(self.datasets.get(wildcards.dataset))

    @property
    def provenance(self) -> list[str]:
        """The provenance of every declared file that the configuration names."""
        return self._provenance(self.config)

    def _provenance(self, section: Any) -> list[str]:
        def texts(value: Any) -> list[str]:
            children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
            return [value] if isinstance(value, str) else [text for child in children for text in texts(child)]

        declared = dict.fromkeys(text for text in texts(section) if text in self.datasets)
        return [f"resources/{name}.provenance.json" for name in declared]

    # prebulk

    def shards(self, pattern: str) -> list[str]:
        """`pattern` for every {corpus} and {shard}: the files of a corpus, each in so many parts."""
        return [
            pattern.format(corpus=corpus, shard=f"{shard:04d}")
            for corpus in self.names("prebulk/corpora")
            for section in [self.section(f"prebulk/corpora/{corpus}")]
            for shard in range(len(section["counts"]) * section["shards_per_file"])
        ]

    def counts_file(self, wildcards: Any) -> list[str]:
        """The file of counts that holds one shard."""
        section = self.section(f"prebulk/corpora/{wildcards.corpus}")
        return [self.file(section["counts"][int(wildcards.shard) // section["shards_per_file"]])]

    # tracks

    def tracks(self, wildcards: Any) -> str:
        """The names of the tracks of one set, as canonical JSON."""
        return canonical(self.names(f"tracks/sets/{wildcards.set}/tracks"))

    def each_track(self, pattern: str) -> Callable[..., list[str]]:
        """`pattern` for every {track} of one {set}, in the order of `tracks`."""
        return lambda wildcards: [
            pattern.format(set=wildcards.set, track=track)
            for track in self.names(f"tracks/sets/{wildcards.set}/tracks")
        ]

    def track_provenance(self, wildcards: Any) -> list[str]:
        """The provenance of the declared files of one {set} of tracks."""
        return self._provenance(self.section(f"tracks/sets/{wildcards.set}/tracks"))

    # bulk

    def gene_embedding(self, wildcards: Any) -> list[str]:
        """The gene embedding that one run takes as the identity of genes."""
        return [f"results/{self.section(f'bulk/runs/{wildcards.run}/embedding')}.h5ad"]


def fill(path: str, wildcards: Any) -> str:
    """`path` with the values of the wildcards."""
    return path.format(**dict(wildcards.items()))


def memory(megabytes: int) -> Callable[..., int]:
    """For a rule's resources: so much memory, and as much again with each further attempt."""
    return lambda wildcards, attempt: megabytes * attempt
