"""What the Snakefile knows of the configuration: its sections, and the files that it names.

Imported by the Snakefile alone. Rules see of a configuration only the `spec` of their own section.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from workflow_scripts.limits import faults
from workflow_scripts.validation import (
    BadConfiguration,
    leaves,
    load_datasets,
    load_schema,
    names_files,
    refuse_repeated_keys,
    validate,
)


def canonical(value: Any) -> str:
    """JSON with sorted keys: equal for equal sections, whatever the order or layout of the file."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Settings:
    """The validated configuration, asked by the rules for sections, files and names."""

    def __init__(self, config: dict[str, Any], datasets: str, files: Iterable[str] = ()) -> None:
        """config: as Snakemake merged it of `files`, to be completed in place; datasets: the path of the sheet.

        Raises BadConfiguration, which names the key path, what was given and what is allowed.
        """
        for file in files:
            refuse_repeated_keys(Path(file))
        schema = load_schema("config")
        validate(config, schema, "configuration")
        for place, given, allowed in faults(config):
            raise BadConfiguration(f"configuration: {place}: given {given}; allowed: {allowed}")
        self.config = config
        self.datasets = load_datasets(Path(datasets))
        self.named = {
            place: value if isinstance(value, list) else [value]
            for place, value, of_leaf in leaves(config, schema)
            if names_files(of_leaf)
        }
        for place, listed in self.named.items():
            for name in listed:
                self._require_file(place, name)

    def _require_file(self, place: str, name: str) -> None:
        allowed = ""
        if "/" not in name and name not in self.datasets:
            allowed = "a row of config/datasets.tsv, or a path (which holds a slash)"
        elif "/" not in name and "download" not in self.config:
            allowed = "a path, or a section `download` beside it"
        elif set("{}") & set(name):  # Snakemake would take what they hold for a wildcard
            allowed = "a path without braces"
        if allowed:
            raise BadConfiguration(f"configuration: {place}: given {name!r}; allowed: {allowed}")

    def section(self, path: str) -> Any:
        """The part of the configuration at `path` (`stage/key/...`); None where there is none."""
        value: Any = self.config
        for key in path.split("/"):
            if not isinstance(value, dict) or key not in value:
                return None
            value = value[key]
        return value

    def names(self, path: str) -> list[str]:
        """The names that the configuration gives at `path`, for instance of the runs at `bulk/runs`, sorted."""
        return sorted(self.section(path) or {})

    def spec(self, path: str, without: str = "") -> Callable[..., str]:
        """For a rule's params: the canonical JSON of its own section; `path` may hold wildcards.

        `without` leaves out one key, which the rule does not read, or reads as an input: a file of a list.
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
        return name if "/" in name else f"resources/{name}"

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
        return self._provenance("")

    def provenance_of(self, *paths: str) -> Callable[..., list[str]]:
        """For a figure's input: the provenance of the declared files named at `paths`, which may hold wildcards.

        With the files that the figure was computed from, and no others, it says what is simulated.
        """
        return lambda wildcards: self._provenance(*(fill(path, wildcards) for path in paths))

    def _provenance(self, *paths: str) -> list[str]:
        listed = [
            name
            for path in paths
            for place, names in self.named.items()
            if f"/{place}/".startswith(f"/{path}/".replace("//", "/"))
            for name in names
            if "/" not in name
        ]
        return [f"resources/{name}.provenance.json" for name in dict.fromkeys(listed)]

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

    def track_values(self, wildcards: Any) -> str:
        """What the values of each track of one {set} are, in the order of `tracks`, as canonical JSON."""
        tracks = self.section(f"tracks/sets/{wildcards.set}/tracks")
        return canonical([tracks[name]["values"] for name in sorted(tracks)])

    # bulk

    def gene_embedding(self, wildcards: Any) -> list[str]:
        """The gene embedding that one run takes as the identity of genes."""
        return [f"results/{self.section(f'bulk/runs/{wildcards.run}/embedding')}.h5ad"]

    # report

    @property
    def job_names(self) -> str:
        """What jobs are named after, other than declared files: models, sets, runs, shards, tracks; spaces between."""
        tracks = [
            f"{name}.{track}"
            for name in self.names("tracks/sets")
            for track in self.names(f"tracks/sets/{name}/tracks")
        ]
        alone = [name for path in ("esm2/models", "tracks/sets", "bulk/runs") for name in self.names(path)]
        return " ".join(alone + self.shards("{corpus}.{shard}") + tracks)


def fill(path: str, wildcards: Any) -> str:
    """`path` with the values of the wildcards."""
    return path.format(**dict(wildcards.items()))


def memory(megabytes: int) -> Callable[..., int]:
    """For a rule's resources: so much memory, and as much again with each further attempt."""
    return lambda wildcards, attempt: megabytes * attempt
