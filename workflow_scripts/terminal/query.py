"""`make query`: the rest of a profile, from some genes and what the sample is, by the exported model of a run.

The answer is JSON; what stands in it says `genelm.Model.query`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

from workflow_scripts.genelm import load
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing


def main() -> None:
    arguments = parsed(sys.argv[1:])
    try:
        genes = read_values(arguments.genes) if arguments.genes else {}
        found = load(exported(arguments)).query(genes, arguments.condition, scale=arguments.scale)
    except BadInput as error:
        sys.exit(str(error))
    give(found, arguments.output)


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make query", description=__doc__)
    parser.add_argument("--config", required=True, help="the configuration whose run it is")
    parser.add_argument("--run", required=True, help="RUN: a name of bulk/runs")
    parser.add_argument("--genes", type=Path, help="GENES: {gene: value} as JSON, or a table: genes, values; with tabs")
    parser.add_argument("--scale", default="tpm", help="SCALE: what the values are, tpm or ln_tpm1; tpm without it")
    parser.add_argument("--condition", help="CONDITION: a label that the run knows")
    parser.add_argument("--output", type=Path, help="OUTPUT: where the answer goes; without it, to the terminal")
    parser.add_argument("--directory", default=".")
    return parser.parse_args([word for word in words if word])


def results(arguments: argparse.Namespace) -> Path:
    return Path(arguments.directory) / "results" / Path(arguments.config).stem


def exported(arguments: argparse.Namespace) -> Path:
    """The exported model of a run; BadInput where it is not there."""
    export = results(arguments) / f"bulk/{arguments.run}/export"
    if not export.is_dir():
        remedy = f"Finish the run first: make run CONFIG={Path(arguments.config).stem}."
        raise BadInput(export, "", "is not there", remedy)
    return export


def give(found: dict[str, Any], output: Path | None) -> None:
    """Write an answer as JSON to a file, or to the terminal."""
    text = json.dumps(found, indent=2, allow_nan=False) + "\n"
    if output is None:
        sys.stdout.write(text)
        return
    with replacing(output) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_values(path: Path) -> dict[str, float]:
    """Values by gene, of a file of JSON or of a table of two columns, whose first line names these."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return json.loads(text, object_pairs_hook=lambda pairs: _once(path, pairs))
        rows = [row for row in csv.reader(text.splitlines(), delimiter="\t") if row]
        return _once(path, [(gene, float(value)) for gene, value in rows[1:]])
    except (OSError, ValueError) as error:
        remedy = 'Give {"gene": value}, or a line with the names of two columns and one for each gene, with tabs.'
        raise BadInput(path, "", f"holds no values of genes ({error})", remedy) from error


def _once(path: Path, pairs: list[tuple[str, float]]) -> dict[str, float]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for place, (name, _) in enumerate(pairs) if name in dict(pairs[:place]))
        raise BadInput(path, f"gene {twice!r}", "is given twice", "Give it once.")
    return found


if __name__ == "__main__":
    main()
