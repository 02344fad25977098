"""Declared files and a user's own, for rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from workflow_scripts.io.attested import beside, is_attested, own_name
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.ledger import sha256_of
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.paths import is_own
from workflow_scripts.settings.settings import Settings, canonical


def row(settings: Settings) -> Callable[..., str]:
    """For a rule's params: the row of the sheet of declared files of one {dataset}, as canonical JSON."""
    return lambda wildcards: canonical(settings.datasets.get(wildcards.dataset))


def own_file(settings: Settings) -> Callable[..., list[str]]:
    """For a rule's input: the user's own file that is called {own}."""
    files = _own_files(settings)
    return lambda wildcards: [settings.file(files[wildcards.own])]


def own_checksum(settings: Settings) -> Callable[..., str]:
    """For a rule's params: the checksum of the user's own file that is called {own}, as it is now."""
    files = _own_files(settings)
    return lambda wildcards: sha256_of(Path(files[wildcards.own]))


def _own_files(settings: Settings) -> dict[str, str]:
    """{what it is called: path} of the user's own files; made once, not for each of many."""
    return {own_name(name): name for name in settings.named_at() if is_own(name)}


def require_unchanged(files: Iterable[str]) -> None:
    """Raise BadConfiguration where a downloaded file is there, and is not what the provenance beside it tells."""
    for file in map(Path, files):
        if not beside(file).exists():
            continue
        try:
            unchanged = is_attested(file, beside(file))
        except FileNotFoundError:
            continue  # it is being fetched by another job
        except BadInput as error:
            raise BadConfiguration(str(error)) from None
        if not unchanged:
            raise BadConfiguration(
                f"{file}: is not the file that was downloaded, of which {beside(file)} tells. Remove it, and it is "
                "fetched again; a file of your own is named by its path."
            )
