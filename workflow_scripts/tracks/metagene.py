"""Metagenes: signal along scaled genes, by deepTools computeMatrix, and their figure."""

from __future__ import annotations

import gzip
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workflow_scripts.contracts.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

log = logging.getLogger(__name__)

SENSE, ANTISENSE = (
    "#0072B2",
    "#D55E00",
)  # blue and vermilion of Okabe and Ito (2008), told apart by colour-blind readers
CEILING = 99  # percentile of genes


def write_bed(genes: pd.DataFrame, path: Path) -> None:
    """Write genes as BED6, in the order of the table."""
    bed = genes[["chrom", "start", "end", "gene_id"]].assign(score=0, strand=genes["strand"])
    bed.to_csv(path, sep="\t", header=False, index=False)


def compute_matrix(regions: list[Path], signal: list[Path], matrix: Path, spec: dict, threads: int) -> None:
    """Run `computeMatrix scale-regions` over all files at once; bases without signal count 0.

    deepTools turns regions of the minus strand round, so that every row runs from 5' to 3'.
    """
    # Beside this Python, even where its environment is not the one on PATH.
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    command = [shutil.which("computeMatrix", path=search) or "computeMatrix", "scale-regions", "--missingDataAsZero"]
    command += ["--regionsFileName", *map(str, regions), "--scoreFileName", *map(str, signal)]
    command += ["--outFileName", str(matrix), "--sortRegions", "keep", "--numberOfProcessors", str(threads)]
    options = {"upstream": "-b", "body": "-m", "downstream": "-a", "bin": "-bs"}
    for name, flag in options.items():
        command += [flag, str(spec[name])]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in result.stderr.splitlines():
        log.info("computeMatrix: %s", line)
    if result.returncode:
        said = (result.stderr.strip().splitlines() or ["nothing"])[-1]
        raise BadInput(
            matrix,
            "deepTools computeMatrix",
            f"ended with exit status {result.returncode}: {said}",
            "See the log of the rule.",
        )


def read_profiles(matrix: Path, tracks: int) -> np.ndarray:
    """Mean signal per bp over all genes: tracks x 2 (sense, antisense) x bins, float64.

    In each bin the genes above the `CEILING` percentile count as if they were at it. Otherwise the figure shows
    the few places with most signal (tRNA and snoRNA genes, artefacts) and nothing of the other genes.
    The matrix has a block of rows for the genes of each strand, and for each track the columns of its plus
    file, then of its minus file. Memory: 4 bytes a gene, bin and file.
    """
    import pandas as pd

    with gzip.open(matrix, "rt") as handle:
        header = json.loads(handle.readline().removeprefix("@"))
        rows = pd.read_csv(handle, sep="\t", header=None, dtype=dict.fromkeys(range(6), str), na_filter=False)
    values = rows.iloc[:, 6:].to_numpy(np.float32).reshape(len(rows), tracks, 2, header["sample_boundaries"][1])
    reverse = (rows[5] == "-").to_numpy()
    values[reverse] = values[reverse, :, ::-1]
    return np.minimum(values, np.percentile(values, CEILING, axis=0)).mean(axis=0, dtype=np.float64)


def draw(axis: Axes, profile: np.ndarray, spec: dict) -> Axes:
    """Draw one track's sense and antisense profile (2 x bins), the antisense below zero."""
    edges = spec["upstream"], spec["upstream"] + spec["body"]
    position = (np.arange(profile.shape[1]) + 0.5) * spec["bin"]
    for values, colour, label in ((profile[0], SENSE, "sense"), (-profile[1], ANTISENSE, "antisense")):
        axis.fill_between(position, values, step="mid", color=colour, alpha=0.25, linewidth=0)
        axis.step(position, values, where="mid", color=colour, linewidth=1, label=label)
    axis.axhline(0, color="black", linewidth=0.5)
    for edge in edges:
        axis.axvline(edge, color="grey", linewidth=0.5, linestyle="--")
    end = edges[1] + spec["downstream"]
    axis.set_xlim(0, end)
    axis.set_xticks([0, *edges, end], [f"-{spec['upstream']} bp", "start", "end", f"+{spec['downstream']} bp"])
    axis.set_ylabel("signal per bp")
    return axis
