"""One declared file, fetched once from its public address or a mirror, verified, with its provenance."""

from workflow_scripts.rule import run

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from workflow_scripts.contracts import provenance as provenances
from workflow_scripts.download import checksums, content, first_use, manifest, rate_limit, transfer
from workflow_scripts.download.checksums import Checksum
from workflow_scripts.download.transfer import readable
from workflow_scripts.io import ledger
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import require_intact_beside

SHEET = "config/datasets.tsv"


@dataclass(frozen=True)
class Source:
    """Where the bytes are, and what is known of them before they come."""

    location: str
    expected: list[Checksum]
    bytes: int | None
    licence: str
    note: str
    remedy: str = "The file is damaged or was changed at its source: run again, or correct the declaration."


def fetch_dataset(*, mirror: Path | None, file: Path, provenance: Path, row: dict, spec: dict, policy: dict) -> None:
    """Download the file that `row` declares to `file`, verify it, and write its provenance.

    mirror: the simulated mirror, where `spec["mirror"]` is `simulate`.
    row: one row of config/datasets.tsv. spec and policy: the section `download` of the configuration.
    Raises BadInput where the row, its licence, the source or the bytes are refused; then neither output exists.
    A download cut short stays beside `file` as `.{name}.part` and is resumed by the next run.
    """
    if row is None:
        raise BadInput(SHEET, file.name, "there is no such row", "Add the file to the sheet.")
    refuse_licence(row["licence"], row, policy)
    if mirror:
        require_intact_beside(mirror / manifest.NAME)
    address = mirror_address(mirror, spec, policy) if not row["url"].startswith("file:") else None
    if address is None and row["requires_mirror"] == "yes":
        raise BadInput(
            SHEET,
            row["name"],
            "exists only in a mirror; the public address holds other content, or nothing",
            "Set download.mirror to a mirror that holds it.",
        )
    partial = transfer.Partial(file.with_name(f".{file.name}.part"))
    with rate_limit.turn(address or row["url"], file.parent / ".hosts"):
        source = from_mirror(address, row) if address else from_public(file, row)
        refuse_licence(source.licence, row, policy)
        logging.info("fetching %s", readable(source.location))
        resumed = partial.size > 0
        ended = transfer.fetch(source.location, partial, source.bytes)
    try:
        measured = verify(partial, source, file.name, ended)
    except BadInput:
        if not resumed:
            raise
        logging.warning("what was kept of an earlier download is damaged: fetching anew")
        with rate_limit.turn(address or row["url"], file.parent / ".hosts"):
            ended = transfer.fetch(source.location, partial, source.bytes)
        measured = verify(partial, source, file.name, ended)
    if row["checksum"] == "first-use" and not address and not source.expected:
        first_use.record(file, row["url"], measured["sha256"])
        logging.info("first use: sha256:%s recorded in %s", measured["sha256"], first_use.path_of(file))
    size = partial.size
    partial.finish(file)
    ledger.record(file, measured["sha256"])
    provenances.write(
        {
            "dataset": row["name"],
            "release": row["release"],
            "url": row["url"],
            "source": readable(source.location),
            "sha256": measured["sha256"],
            "bytes": size,
            "checksum": "; ".join(map(str, source.expected)) or f"sha256:{measured['sha256']} (first use)",
            "licence": source.licence,
            "simulated": manifest.is_simulated(source.note),
            "note": source.note,
            "retrieved": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        provenance,
    )


def refuse_licence(licence: str, row: dict, policy: dict) -> None:
    """Stop on a licence that is not given, or that the configuration refuses."""
    if not licence.strip():
        raise BadInput(SHEET, row["name"], "gives no licence", "Write the terms of the source into the sheet.")
    if licence.casefold() in {refused.casefold() for refused in policy["refused_licences"]}:
        raise BadInput(
            SHEET,
            row["name"],
            f"licence {licence!r} is in download.refused_licences",
            "Allow it, or do without the file.",
        )


def mirror_address(mirror: Path | None, spec: dict, policy: dict) -> str | None:
    """The address of the mirror that the configuration asks for: file:// or http(s)://."""
    setting = spec["mirror"]
    if setting is None:
        return None
    if setting.startswith(("https://", "http://")):
        return setting.rstrip("/")
    folder = mirror or Path(setting)
    if policy["public_fallback"] and not folder.is_dir():
        logging.warning("there is no mirror at %s: fetching from the public address", folder)
        return None
    return folder.resolve().as_uri()


def from_mirror(address: str, row: dict) -> Source:
    """A mirror's manifest is what is verified; a row that is the mirror's own is held against its checksum too."""
    table = f"{address}/{manifest.NAME}"
    entry = manifest.find(transfer.read_text(table), row["url"], readable(table))
    expected = [Checksum("sha256", entry.sha256, manifest.NAME)]
    if row["requires_mirror"] == "yes" and row["checksum"] != "mirror":
        expected.append(checksums.declared(row["checksum"], SHEET))
    return Source(
        manifest.below(address, row["url"]), expected, entry.bytes, entry.licence or row["licence"], entry.what
    )


def from_public(file: Path, row: dict) -> Source:
    """At the public address, the row's checksum is verified."""
    kind, _, value = row["checksum"].partition(":")
    remedy = Source.remedy
    if kind == "first-use":
        before = first_use.recorded(file, row["url"])
        expected = [before] if before else []
        remedy = f"Run again; to accept what the source holds now, delete {first_use.path_of(file)} before."
    elif kind == "published":
        expected = [checksums.published(transfer.read_text(value), unquote(row["url"].rpartition("/")[2]), value)]
    else:
        expected = [checksums.declared(row["checksum"], SHEET)]
    return Source(row["url"], expected, int(row["bytes"]) if row["bytes"] else None, row["licence"], "", remedy)


def verify(partial: transfer.Partial, source: Source, name: str, ended: bool) -> dict[str, str]:
    """The checksums of a complete part by algorithm: sha256 and those that are expected.

    ended: whether the source told where the file ends.
    Where one is wrong, or none is expected and the bytes are not what `name` says, remove the part and raise BadInput.
    """
    measured = checksums.measure(partial.path, {"sha256", *(checksum.algorithm for checksum in source.expected)})
    for checksum in source.expected:
        found = measured[checksum.algorithm]
        if found != checksum.value:
            partial.discard()
            reason = f"{checksum.algorithm} is {found}, expected {checksum.value} ({checksum.origin})"
            raise BadInput(readable(source.location), "", reason, source.remedy)
    if not source.expected and (reason := content.fault(partial.path, name, ended)):
        partial.discard()
        raise BadInput(readable(source.location), "", reason, content.REMEDY)
    return measured


if "snakemake" in globals():
    run(fetch_dataset, snakemake)  # noqa: F821
