"""Signal on the strand of the genes against the other strand: stops a run whose strands are flipped."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

log = logging.getLogger(__name__)


def check_strands(
    *, bodies: Path, plus: Path, minus: Path, strands: Path, track: str, protocol: str, spec: dict
) -> None:
    """Write `strands`, or raise BadInput if sense to antisense signal is below `spec["min_ratio"]`.

    Summed over whole genes; for assays of initiation over windows at their starts. Overlapping genes of
    opposite strands count on both sides.
    """
    import numpy as np
    import pandas as pd

    from workflow_scripts.contracts import gene_bodies
    from workflow_scripts.tracks import strand_gate
    from workflow_scripts.tracks.protocols import PROTOCOLS
    from workflow_scripts.tracks.standard import StandardTrack

    signal = {"+": StandardTrack(plus), "-": StandardTrack(minus)}
    table, _ = gene_bodies.read(bodies)
    placed = table[table["placed"]]
    initiation = PROTOCOLS[protocol].initiation
    start, end = strand_gate.regions(placed, signal["+"].lengths, initiation)
    chrom, forward = placed["chrom"].to_numpy(), placed["strand"].to_numpy() == "+"
    on_plus = signal["+"].sums(chrom, start, end)
    on_minus = signal["-"].sums(chrom, start, end)
    sense = float(np.where(forward, on_plus, on_minus).sum())
    antisense = float(np.where(forward, on_minus, on_plus).sum())
    log.info("%s: %.6g sense, %.6g antisense over %d genes", track, sense, antisense, len(placed))
    strand_gate.require_stranded(f"{plus} and {minus.name}", sense, antisense, spec["min_ratio"])
    row = {
        "track": track,
        "assay": protocol,
        "region": "start of transcription" if initiation else "gene body",
        "genes": len(placed),
        "sense": sense,
        "antisense": antisense,
        "ratio": sense / antisense if antisense else np.inf,
        "min_ratio": float(spec["min_ratio"]),
    }
    strand_gate.write(pd.DataFrame([row]), strands)


if "snakemake" in globals():
    run(check_strands, snakemake)  # noqa: F821
