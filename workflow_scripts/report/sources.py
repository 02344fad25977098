"""Sources: what every file and every set of weights of a run is, and the honest line that figures print.

`results/report/sources.tsv`, written by `report/list_sources`, one row each: kind (`data`, `weights`:
a downloaded file that a gene embedding was made with, or `gene embedding`), name, release, url (the
public address), source (where the bytes came from), sha256 (of the file, or of the weights), checksum
(what the file was verified against), licence, simulated (`yes` or `no`; of weights: random or
made-up), statement (what it is, in a sentence), note (what a mirror says of the file).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.errors import BadInput
from workflow_scripts.contracts.files import replacing

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "kind",
    "name",
    "release",
    "url",
    "source",
    "sha256",
    "checksum",
    "licence",
    "simulated",
    "statement",
    "note",
)


def write(sources: pd.DataFrame, path: Path) -> None:
    with replacing(path) as temporary:
        sources.to_csv(temporary, sep="\t", index=False, columns=list(COLUMNS), lineterminator="\n")


def read(path: Path) -> pd.DataFrame:
    """Return the table, every column as text; raise BadInput where it is damaged."""
    import pandas as pd

    try:
        sources = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise BadInput(path, "", f"not a readable table ({error})", "Remove it and run its rule again.") from error
    missing = [name for name in COLUMNS if name not in sources]
    if missing:
        raise BadInput(path, f"column {missing[0]}", "is missing", "Remove the file and run its rule again.")
    return sources


def honest_line(sources: pd.DataFrame, weights: bool) -> str:
    """What a figure must say of simulated data and, where `weights` played a part, of stand-in weights.

    Empty where everything is what its public address says it is.
    """
    data = sources[sources["kind"] == "data"]
    simulated = int((data["simulated"] == "yes").sum())
    parts = []
    if simulated and simulated == len(data):
        parts.append("Simulated data")
    elif simulated:
        parts.append(f"Partly simulated data ({simulated} of {len(data)} files)")
    embeddings = sources[sources["kind"] == "gene embedding"]
    stand_ins = embeddings.loc[embeddings["simulated"] == "yes", "name"]
    if weights and len(stand_ins):
        parts.append(f"Stand-in weights: random ESM2 ({', '.join(stand_ins)})")
    return "  ·  ".join(parts)
