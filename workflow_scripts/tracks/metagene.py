"""Metagenes: signal along genes that are scaled to one length, by deepTools computeMatrix."""

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

from workflow_scripts.io.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

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
    file, then of its minus file. Memory: 8 bytes a gene, bin and file for the table as pandas reads it, and about
    as much again for float32 copies of its values.
    """
    import pandas as pd

    with gzip.open(matrix, "rt") as handle:
        header = json.loads(handle.readline().removeprefix("@"))
        rows = pd.read_csv(handle, sep="\t", header=None, dtype=dict.fromkeys(range(6), str), na_filter=False)
    values = rows.iloc[:, 6:].to_numpy(np.float32).reshape(len(rows), tracks, 2, header["sample_boundaries"][1])
    reverse = (rows[5] == "-").to_numpy()
    values[reverse] = values[reverse, :, ::-1]
    return np.minimum(values, np.percentile(values, CEILING, axis=0)).mean(axis=0, dtype=np.float64)


def profile_table(profiles: np.ndarray, tracks: list[str], assays: list[str], spec: dict) -> pd.DataFrame:
    """The rows of a Metagene but for `genes`, from profiles of tracks x 2 (sense, antisense) x bins."""
    import pandas as pd

    start = np.arange(-spec["upstream"], spec["body"] + spec["downstream"], spec["bin"])
    region = np.select([start < 0, start < spec["body"]], ["upstream", "gene"], "downstream")
    bins = pd.DataFrame({"region": region, "start": start, "end": start + spec["bin"]})
    parts = [
        bins.assign(track=track, assay=assay, direction=direction, signal=signal)
        for track, assay, of_track in zip(tracks, assays, profiles, strict=True)
        for direction, signal in zip(("sense", "antisense"), of_track, strict=True)
    ]
    columns = ["track", "assay", "direction", "region", "start", "end", "signal"]
    return pd.concat(parts, ignore_index=True)[columns]
