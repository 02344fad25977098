"""Tracks of DNA sequences, by the trained model of one folder or the mean of several: JSON to the terminal.

    python -m genelm.tracks MODEL --sequence ACGT...
    python -m genelm.tracks MODEL MODEL --fasta some.fa

Of one sequence: bin (bp), start (0: the first base of the first bin), and for each track and strand, `name plus` and
`name minus`, the expected sum of signal in each whole bin. Of a FASTA the same by the name of each record.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from workflow_scripts.io import fasta
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track.use import Tracks, load


def main() -> None:
    arguments = parsed(sys.argv[1:])
    try:
        model = load(*arguments.model)
        found = of_fasta(model, arguments.fasta) if arguments.fasta else said(model, arguments.sequence)
    except BadInput as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps(found, allow_nan=False) + "\n")


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m genelm.tracks", description=__doc__)
    parser.add_argument("model", nargs="+", type=Path, help="the folder `model` of a run, one for each fold held out")
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--sequence", help="bases: A, C, G, T, and N for one that is not known")
    given.add_argument("--fasta", type=Path, help="a FASTA of sequences, plain or gzipped")
    return parser.parse_args(words)


def said(model: Tracks, sequence: str) -> dict[str, Any]:
    """What JSON can hold of one sequence."""
    tracks = {name: values.tolist() for name, values in model.predict(sequence).items()}
    return {"bin": model.bin, "start": 0, **tracks}


def of_fasta(model: Tracks, path: Path) -> dict[str, Any]:
    """The same by the name of each record, the first word of its header; raises BadInput with the record."""
    found: dict[str, Any] = {}
    for record in fasta.records(path, "Give a FASTA."):
        name = (record.header.split() or [""])[0]
        place = f"line {record.line}, record {name!r}"
        if name in found:
            raise BadInput(path, place, "has the name of another", "Give each its own.")
        try:
            found[name] = said(model, record.sequence)
        except BadInput as error:
            place = f"{place}, {error.place}".removesuffix(", ")
            raise BadInput(path, place, error.reason, error.remedy) from error
    if not found:
        raise BadInput(path, "", "holds no sequence", "Give at least one.")
    return found


if __name__ == "__main__":
    main()
