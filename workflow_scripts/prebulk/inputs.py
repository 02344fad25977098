"""Shards of the corpora and the files that they are of, for rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_scripts.settings.settings import Settings


def shards(settings: Settings, pattern: str) -> list[str]:
    """`pattern` for every {corpus} that models learn, and {shard}: the files of a corpus, each in so many parts."""
    return [file for corpus in learned(settings) for file in _shards(settings, corpus, pattern)]


def corpus_shards(settings: Settings, pattern: str) -> Callable[..., list[str]]:
    """For a rule's input: `pattern` for every {shard} of one {corpus}."""
    return lambda wildcards: _shards(settings, wildcards.corpus, pattern)


def learned(settings: Settings) -> list[str]:
    """The corpora that models are trained and tested on."""
    return [name for name in settings.names("prebulk/corpora") if not _is_new(settings, name)]


def learned_files(settings: Settings) -> list[str]:
    """Key paths of the corpora that models are trained and tested on, for what follows their files."""
    return [f"prebulk/corpora/{name}" for name in learned(settings)]


def predicted(settings: Settings) -> list[str]:
    """The corpora of new samples, which are predicted."""
    return [name for name in settings.names("prebulk/corpora") if _is_new(settings, name)]


def _is_new(settings: Settings, corpus: str) -> bool:
    return settings.section(f"prebulk/corpora/{corpus}/predict_only")


def _shards(settings: Settings, corpus: str, pattern: str) -> list[str]:
    section = settings.section(f"prebulk/corpora/{corpus}")
    number = len(section["counts"]) * section["shards_per_file"]
    return [pattern.format(corpus=corpus, shard=f"{shard:04d}") for shard in range(number)]


def searches(settings: Settings, pattern: str) -> list[str]:
    """`pattern` for every {corpus} that is searched and the {number} of each of its files."""
    return [
        pattern.format(corpus=corpus, number=f"{number:04d}")
        for corpus in settings.names("prebulk/corpora")
        for section in [settings.section(f"prebulk/corpora/{corpus}")]
        if "search" in section
        for number in range(len(section["counts"]))
    ]


def counts_file(settings: Settings, of: Callable[[str], str]) -> Callable[..., list[str]]:
    """For a rule's input: what `of` gives for the file of counts that holds one {shard} of one {corpus}."""

    def file(wildcards):
        section = settings.section(f"prebulk/corpora/{wildcards.corpus}")
        return [of(section["counts"][_number(section, wildcards.shard)])]

    return file


def searched_file(settings: Settings, of: Callable[[str], str]) -> Callable[..., list[str]]:
    """For a rule's input: what `of` gives for the file of one {corpus} that stands at {number} in its list."""
    return lambda wildcards: [of(settings.section(f"prebulk/corpora/{wildcards.corpus}/counts")[int(wildcards.number)])]


def attested_counts(settings: Settings) -> Callable[..., list[str]]:
    """For a rule's input: the provenance of the file of one {shard} of one {corpus}, and of its tables `qc`."""
    counts = counts_file(settings, settings.provenance_file)

    def files(wildcards):
        qc = settings.section(f"prebulk/corpora/{wildcards.corpus}/qc") or []
        return [*counts(wildcards), *map(settings.provenance_file, qc)]

    return files


def found_samples(settings: Settings, pattern: str) -> Callable[..., list[str]]:
    """For a rule's input: `pattern` for the file that holds one {shard} of one {corpus}; none without a search."""

    def files(wildcards):
        section = settings.section(f"prebulk/corpora/{wildcards.corpus}")
        number = f"{_number(section, wildcards.shard):04d}"
        return [pattern.format(corpus=wildcards.corpus, number=number)] if "search" in section else []

    return files


def sample_sheet(settings: Settings, pattern: str) -> Callable[..., list[str]]:
    """For a rule's input: `pattern` for one {corpus}; none if it has no sample sheet."""

    def files(wildcards):
        sheet = settings.section(f"prebulk/corpora/{wildcards.corpus}/samples")
        return [pattern.format(corpus=wildcards.corpus)] if sheet else []

    return files


def sample_sheets(settings: Settings, pattern: str) -> list[str]:
    """`pattern` for every {corpus} that models learn and that has a sample sheet."""
    corpora = learned(settings)
    return [pattern.format(corpus=name) for name in corpora if settings.section(f"prebulk/corpora/{name}/samples")]


def _number(section: dict[str, Any], shard: str) -> int:
    """Where the file of a shard stands in the list of its corpus."""
    return int(shard) // section["shards_per_file"]


def job_names(settings: Settings) -> list[str]:
    """What jobs of single shards are named after."""
    corpora = settings.names("prebulk/corpora")
    return [name for corpus in corpora for name in _shards(settings, corpus, "{corpus}.{shard}")]
