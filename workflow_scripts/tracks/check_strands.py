"""Signal on the strand of the genes against the other strand, and against chance: stops a run whose strands are
flipped or missing, or whose tracks are of another assembly."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import gene_bodies
from workflow_scripts.tracks import assembly_gate, strand_gate
from workflow_scripts.tracks.protocols import PROTOCOLS
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig

log = logging.getLogger(__name__)


def check_strands(
    *, bodies: Path, plus: Path, minus: Path, strands: Path, track: str, protocol: str, spec: dict
) -> None:
    """Write `strands`, or raise BadInput if sense to antisense signal is below `spec["min_ratio"]`, or if signal
    follows the genes no more than it follows places where they are not.

    The ratio is that of sums over whole genes; for assays of initiation over windows at their starts. Overlapping
    genes of opposite strands count on both sides.
    """
    signal = SealedBigWig(plus), SealedBigWig(minus)
    table, _ = gene_bodies.read(bodies)
    initiation = PROTOCOLS[protocol].initiation
    placed = table[table["placed"]]
    regions = strand_gate.regions(placed, signal[0].lengths, initiation)
    sense, antisense = (float(values.sum()) for values in strand_gate.count(regions, *signal))
    log.info("%s: %.6g sense, %.6g antisense over %d genes", track, sense, antisense, len(placed))
    files = f"{plus} and {minus.name}"
    warning = strand_gate.require_stranded(files, sense, antisense, spec["min_ratio"])
    if warning:
        log.warning("%s: sense to antisense %s", track, warning)
    excess = assembly_gate.measure_excess(strand_gate.regions(placed, signal[0].lengths, initiation=False), *signal)
    log.info("%s: %s", track, excess)
    assembly_gate.require_in_place(files, excess)
    row = {
        "track": track,
        "assay": protocol,
        "region": "start of transcription" if initiation else "gene body",
        "genes": len(placed),
        "sense": sense,
        "antisense": antisense,
        "ratio": sense / antisense if antisense else np.inf,
        "min_ratio": float(spec["min_ratio"]),
        "warning": warning,
        "moved_genes": excess.genes,
        "excess": excess.in_place,
        "moved_excess": excess.moved,
        "moved_sd": excess.moved_sd,
    }
    strand_gate.write(pd.DataFrame([row]), strands)


if "snakemake" in globals():
    run(check_strands, snakemake)  # noqa: F821
