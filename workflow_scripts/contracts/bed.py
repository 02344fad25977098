"""BED: regions of the genome in files of users, under any spelling of its chromosomes; it is read, never written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.genome import Genome
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines


def read(path: Path, genome: Genome) -> pd.DataFrame:
    """The regions of a BED: chrom, start, end, strand (`.` where it tells none). Raises BadInput with the line."""
    rows = []
    for number, line in whole_lines(path):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        fields = line.rstrip("\r\n").split("\t")
        remedy = "Give a BED with tabs: chrom, start, end, and where it matters name, score and strand."
        if len(fields) < 3 or not (fields[1].isdigit() and fields[2].isdigit()):
            raise BadInput(path, f"line {number}", "is no region", remedy)
        chrom, strand = genome.find(fields[0]), fields[5] if len(fields) > 5 else "."
        if chrom is None or strand not in (".", "+", "-") or not int(fields[1]) < int(fields[2]):
            raise BadInput(path, f"line {number}", f"{line.strip()} is no place of the genome", remedy)
        rows.append((chrom, int(fields[1]), int(fields[2]), strand))
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "strand"])
