"""Shards of the corpora and the files that they are of, for rules."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.sheet import FILE, read_sheet
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.literals import literal
from workflow_scripts.settings.paths import is_own, own_file
from workflow_scripts.settings.settings import Settings

REGISTRY = "workflow_scripts.prebulk.readers.registry"


def complete(settings: Settings) -> None:
    """Put the files that sample sheets name into the corpora whose files hold one sample each, in the order of lines.

    A name is a row of the sheet of declared files, or the path of a file or of its folder, relative to the sheet.
    Raises BadConfiguration where a sheet is malformed, or a file is not there.
    """
    for name in settings.names("prebulk/corpora"):
        corpus, place = settings.section(f"prebulk/corpora/{name}"), f"prebulk/corpora/{name}"
        in_folder = _in_folder(corpus)
        if not in_folder or "samples" not in corpus:
            continue
        if not is_own(corpus["samples"]):
            allowed = "a path: it names files, and is read before any job"
            raise BadConfiguration(f"configuration: {place}/samples: given {corpus['samples']!r}; allowed: {allowed}")
        named = _named(settings, f"{place}/samples", Path(corpus["samples"]), in_folder)
        if [*map(os.path.abspath, corpus.get("counts", named))] != [*map(os.path.abspath, named)]:
            raise BadConfiguration(
                f"configuration: {place}/counts: given other files than {corpus['samples']} names; allowed: none, "
                f"with format `{corpus['format']}`"
            )
        corpus["counts"] = named


def _named(settings: Settings, place: str, path: Path, in_folder: tuple[str, ...]) -> list[str]:
    """The files that the sample sheet at `path` names."""
    try:
        sheet = read_sheet(path, files=True)
    except BadInput as error:
        raise BadConfiguration(str(error)) from None
    found = []
    for number, name in zip(sheet.lines, sheet.column(FILE), strict=True):
        line = f"{place}: {path}, line {number}"
        if name not in settings.datasets:
            inner = _in(path.parent, name, in_folder, line) if (path.parent / name).is_dir() else name
            name = own_file(line, inner, path.parent)
        settings.require_name(line, name)
        found.append(name)
    return found


def _in(parent: Path, folder: str, in_folder: tuple[str, ...], line: str) -> str:
    """The file of a sample in the `folder` (of `parent`) that its tool wrote."""
    for file in in_folder:
        if (parent / folder / file).is_file():
            return f"{folder}/{file}"
    allowed = f"a file, or a folder that holds one of {', '.join(in_folder)}"
    raise BadConfiguration(f"configuration: {line}: given the folder {folder!r}; allowed: {allowed}")


def _in_folder(corpus: dict[str, Any]) -> tuple[str, ...]:
    """What files of one sample each are called in a folder; () of a format whose files hold many."""
    return literal(literal(REGISTRY, "READERS")[corpus["format"]], "IN_FOLDER")


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
    if _in_folder(section):
        number = -(-len(section["counts"]) // section["files_per_shard"])
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
    """For a rule's input: what `of` gives for the file of counts that holds one {shard} of one {corpus}.

    Of files of one sample each, for so many of them.
    """

    def files(wildcards):
        section = settings.section(f"prebulk/corpora/{wildcards.corpus}")
        first, many = _number(section, wildcards.shard), 1
        if _in_folder(section):
            many = section["files_per_shard"]
            first = int(wildcards.shard) * many
        return [of(file) for file in section["counts"][first : first + many]]

    return files


def transcripts(settings: Settings, table: str) -> Callable[..., list[str]]:
    """For a rule's input: the `table` of transcripts, if the format of one {corpus} asks for it and there is one."""

    def files(wildcards):
        reader = literal(REGISTRY, "READERS")[settings.section(f"prebulk/corpora/{wildcards.corpus}/format")]
        return [table] if "transcripts" in literal(reader, "OPTIONS") and settings.section("reference/gtf") else []

    return files


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
