"""`make predict`: new samples through a trained run of a configuration.

It lays a corpus of new samples (`predict_only`) over the configuration, by a file `results/CONFIG/predicted/NAME.yaml`,
and asks Snakemake for what the run predicts of it; what is there already stays as it is.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from workflow_scripts.contracts import predicted
from workflow_scripts.contracts.samples import KEPT
from workflow_scripts.settings.validation import read_yaml

MOST = 8  # classes that are counted by name


def main() -> None:
    arguments = parsed(sys.argv[1:])
    name, runs = Path(arguments.config).stem, (read_yaml(Path(arguments.config)).get("bulk") or {}).get("runs") or {}
    if arguments.run not in runs:
        sys.exit(
            f"{arguments.config}: bulk/runs: has no run {arguments.run!r}; RUN is one of {', '.join(runs) or 'none'}"
        )
    folder = f"results/{name}/bulk/{arguments.run}/predicted/{arguments.name}"
    asked = Path(arguments.directory) / f"results/{name}/predicted/{arguments.name}.yaml"
    asked.parent.mkdir(parents=True, exist_ok=True)
    asked.write_text(
        json.dumps({"prebulk": {"corpora": {arguments.name: corpus(arguments)}}}, indent=2) + "\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "snakemake", "--logger", "genelm", "--nolock", f"{folder}/samples.tsv"]
    command += ["--directory", arguments.directory, "--cores", arguments.cores]
    command += ["--configfile", arguments.config, str(asked)]
    done = subprocess.run(command)
    if done.returncode:
        sys.exit(done.returncode)
    print("\n".join(summary(Path(arguments.directory) / folder)))


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make predict", description=__doc__)
    parser.add_argument("--config", required=True, help="the configuration whose run it is")
    parser.add_argument("--run", required=True, help="RUN: a name of bulk/runs")
    parser.add_argument("--counts", nargs="+", type=Path, help="COUNTS: files of counts, unless the sheet names them")
    parser.add_argument("--samples", type=Path, help="SAMPLES: a sample sheet, which FORMAT=table needs")
    parser.add_argument("--format", default="table", help="FORMAT: as prebulk/corpora/NAME/format")
    parser.add_argument("--scale", help="SCALE: what the values are; of tables, h5ad and GCT counts without it")
    parser.add_argument("--strandedness", help="STRANDEDNESS: of the library, which FORMAT=star needs")
    parser.add_argument("--name", default="new", help="NAME: of the folder of the results")
    parser.add_argument("--directory", default=".")
    parser.add_argument("--cores", default="all")
    return parser.parse_args([word for word in words if word])


def corpus(arguments: argparse.Namespace) -> dict:
    """The section of the new corpus."""
    found = {"predict_only": True, "format": arguments.format}
    found |= {"counts": [str(path.absolute()) for path in arguments.counts]} if arguments.counts else {}
    found |= {"strandedness": arguments.strandedness} if arguments.strandedness else {}
    scale = arguments.scale or ("counts" if arguments.format in ("table", "h5ad", "gct") else None)
    found |= {"scale": scale} if scale else {}
    return found | ({"samples": str(arguments.samples.absolute())} if arguments.samples else {})


def summary(folder: Path) -> list[str]:
    """What a user reads at the end: how many samples, as what, what speaks against them, and where it stands."""
    table = predicted.read(folder / "samples.tsv")
    kept = table[table["fate"] == KEPT]
    lines = [f"{len(kept)} of {len(table)} samples predicted"]
    lines += [f"  {count} dropped: {fate}" for fate, count in table["fate"].value_counts().items() if fate != KEPT]
    classes = kept["predicted"][kept["predicted"] != ""].value_counts()
    lines += [f"  {count} {name}" for name, count in classes.head(MOST).items()]
    lines += [f"  {classes[MOST:].sum()} of {len(classes) - MOST} other classes"] if len(classes) > MOST else []
    lines += [
        f"  {count} with a note: {note}" for note, count in kept["note"][kept["note"] != ""].value_counts().items()
    ]
    files = {"Table": "samples.tsv", "Embedding": "embeddings.h5ad", "Imputed expression": "imputed.h5ad"}
    return lines + [f"{what}: {folder / file}" for what, file in files.items()]


if __name__ == "__main__":
    main()
