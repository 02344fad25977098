"""Sources: what every file and every set of weights of a run is, and the honest line that figures print.

`results/report/sources.tsv`, written by `report/list_sources`, one row each: kind (`data`, `weights`: a file that a
gene embedding was made with, or `gene embedding`), name, release, url (the public address), source (where the bytes
came from), sha256 (of the file, or of the weights), checksum (what the file was verified against), licence, simulated
(`yes`, `no`, or `unknown`: of a user's own file, and of what was made with own weights), statement (what it is, in a
sentence), note (what a mirror says of the file, or the encoder of its architecture).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.gene_embedding import read as read_embedding
from workflow_scripts.contracts.provenance import is_derived
from workflow_scripts.contracts.provenance import read as read_provenance
from workflow_scripts.io.files import replacing

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
# How the origin of weights is said.
NOT_PUBLISHED = {"simulated": "Stand-in weights", "unknown": "Weights of unknown origin"}


def write(sources: pd.DataFrame, path: Path) -> None:
    with replacing(path) as temporary:
        sources.to_csv(temporary, sep="\t", index=False, columns=list(COLUMNS), lineterminator="\n")


def honest_line(provenance: Iterable[Path], embeddings: Iterable[Path] = ()) -> str:
    """What a figure must say of simulated or derived data and of weights that are not published ones; empty where
    all is what its address says.

    `provenance`: of the files that the figure was computed from; `embeddings`: the gene embeddings that took
    part. A file that is the weights of one of these is no data; the embedding tells their origin.
    """
    made = [read_embedding(path).uns for path in embeddings]
    weights = {about["weights_sha256"] for about in made}
    data = [file for file in map(read_provenance, provenance) if file["sha256"] not in weights]
    simulated = sum(file["simulated"] for file in data)
    parts = []
    if simulated and simulated == len(data):
        parts.append("Simulated data")
    elif simulated:
        parts.append(f"Partly simulated data ({simulated} of {len(data)} files)")
    derived = sum(map(is_derived, data))
    if derived:
        parts.append(f"Derived data ({derived} of {len(data)} files)")
    for origin, said in NOT_PUBLISHED.items():
        models = [f"{about['model']} ({about['architecture']})" for about in made if about["origin"] == origin]
        if models:
            parts.append(f"{said}: {', '.join(models)}")
    return "  ·  ".join(parts)
