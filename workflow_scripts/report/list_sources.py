"""List where every file and every set of weights came from, and say what is simulated, derived or stood in for."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.gene_embedding import read as read_embedding
from workflow_scripts.contracts.provenance import is_derived, is_unknown
from workflow_scripts.contracts.provenance import read as read_provenance
from workflow_scripts.report import sources as contract
from workflow_scripts.report.pages import breakable, link, paragraph, styled, table, write_page

DERIVED = "Derived: made from other data, as the note says, in the layout of the public file; not the public file."
UNKNOWN = "A file of the user: its bytes are those of this checksum; nobody vouches for what it is."
# What is said of a gene embedding, by the origin of its weights, and whether they are simulated.
WEIGHTS = {
    "published": ("no", "Made with the published weights of this checksum."),
    "simulated": (
        "yes",
        "Stand-in: made with simulated weights, so the vectors tell proteins apart but know no biology.",
    ),
    "unknown": ("unknown", "Unknown origin: made with weights for which nobody vouches."),
}


def list_sources(*, provenance: list[Path], embeddings: list[Path], sources: Path, page: Path, licences: dict) -> None:
    """Provenance of all files that the configuration names and of all gene embeddings to one table and one page.

    A file is `weights` where its checksum is that of the weights of a gene embedding. licences: what the
    configuration gives, by key path; it counts for weights of which no provenance tells the licence.
    """
    stated = {(path.split("/")[0], path.split("/")[-2]): licence for path, licence in licences.items()}
    made_from = [_embedding(path, stated) for path in sorted(embeddings)]
    weights = {row["sha256"] for row in made_from}
    files = [_file(read_provenance(path), weights) for path in sorted(provenance)]
    listed = pd.DataFrame(files + made_from, columns=list(contract.COLUMNS)).fillna("").astype(str)
    # One line a row, whatever a licence or a note holds.
    listed = listed.map(lambda value: " ".join(value.split()))
    contract.write(listed, sources)
    _write_page(listed, contract.honest_line(provenance, sorted(embeddings)), page)


def _file(found: dict, weights: set[str]) -> dict[str, str]:
    """The row of one file."""
    if is_unknown(found):
        statement = UNKNOWN
    elif found["simulated"]:
        statement = "Simulated: made by this workflow in the format of the public file; not the public file."
    elif is_derived(found):
        statement = DERIVED
    elif found["source"] != found["url"]:
        statement = "A copy of the file at the public address, of the checksum that its mirror or provenance gives."
    else:
        statement = "Fetched from the public address."
    return {
        "kind": "weights" if found["sha256"] in weights else "data",
        "name": found["dataset"],
        **{key: found[key] for key in ("release", "url", "source", "sha256", "checksum", "licence", "note")},
        "simulated": "unknown" if statement == UNKNOWN else "yes" if found["simulated"] else "no",
        "statement": statement,
    }


def _embedding(path: Path, stated: dict[tuple[str, str], str]) -> dict[str, str]:
    """The row of one gene embedding; stated: licences by stage and name."""
    about = read_embedding(path).uns
    known = about["origin"] != "unknown"
    simulated, statement = WEIGHTS[about["origin"]]
    return {
        "kind": "gene embedding",
        "name": str(about["model"]),
        "release": str(about["revision"]),
        "sha256": str(about["weights_sha256"]),
        "licence": str(about["licence"]) if known else stated.get((path.parent.name, path.stem), "unknown"),
        "simulated": simulated,
        "statement": statement,
        "note": str(about["architecture"]),
    }


def _write_page(listed: pd.DataFrame, honest: str, page: Path) -> None:
    simulated = listed["simulated"] == "yes"
    unknown = listed["simulated"] == "unknown"
    derived = listed["statement"] == DERIVED
    known = "known to be " if unknown.any() else ""
    lead = (
        f"{len(listed)} sources; {simulated.sum()} of them simulated or made with stand-in weights. What is computed "
        "from these shows that the workflow works; it says nothing about any organism."
        if simulated.any()
        else f"{len(listed)} sources; none of them {known}simulated, no stand-in weights."
    )
    if unknown.any():
        lead += f" {unknown.sum()} of unknown origin or made with weights of unknown origin, for which nobody vouches."
    if derived.any():
        lead += f" {derived.sum()} derived from other data: what they hold is not what stands at their addresses."
    rows = listed.to_dict("records")
    what = table(
        "What each file is",
        ["Name", "Kind", "What it is", "Release", "Licence", "Note"],
        [
            (
                breakable(row["name"]),
                row["kind"],
                styled(row["statement"], "bad") if not_original else row["statement"],
                *(row[key] for key in ("release", "licence", "note")),
            )
            for row, not_original in zip(rows, simulated | unknown | derived, strict=True)
        ],
        dict.fromkeys(("Name", "What it is", "Note"), "long"),
    )
    where = table(
        "Where its bytes came from",
        ["Name", "Public address", "Bytes came from", "SHA-256", "Verified against"],
        [
            (breakable(row["name"]), link(row["url"]), link(row["source"]), row["sha256"], row["checksum"])
            for row in rows
        ],
        dict.fromkeys(("Name", "Public address", "Bytes came from"), "long")
        | dict.fromkeys(("SHA-256", "Verified against"), "hash"),
    )
    write_page(page, "Sources", honest, [paragraph(lead), what, where])


if "snakemake" in globals():
    run(list_sources, snakemake)  # noqa: F821
