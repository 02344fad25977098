"""Pausing index with its interval, and densities of pause window and gene body, of each gene and track."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import gene_bodies
from workflow_scripts.contracts import polymerase as contract
from workflow_scripts.tracks import pausing
from workflow_scripts.tracks.protocols import PROTOCOLS
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig
from workflow_scripts.tracks.strand_gate import read_assays


def measure_polymerase(
    *,
    bodies: Path,
    plus: list[Path],
    minus: list[Path],
    strands: list[Path],
    polymerase: Path,
    names: list,
    values: list,
    spec: dict,
) -> None:
    """Write `polymerase`: one row a gene and track, in the order of the gene table within each track.

    A gene is measured where its body is at least min_body_length long and no other gene's polymerase is
    counted with its own, on tracks of assays that see the polymerase in gene bodies: of initiation (PRO-cap,
    GRO-cap, CAGE) the ratio of the two windows means nothing. Others have counts, but no index, and the reason.
    The index is NaN where the body has no signal; its interval is there nonetheless, unless the track holds no
    counts: `values` (of each track of `names`) is `coverage`, or its signal is fractional. `strands` tells the assay,
    and is asked for so that only tracks with sound strands are measured.
    """
    lengths = SealedBigWig(plus[0]).lengths
    table, order = gene_bodies.read(bodies)
    # A gene that cannot be placed has no chromosome to be cut at; it is never measured.
    regions = pausing.windows(table, table["chrom"].map(lengths).fillna(table["end"]).to_numpy("int64"), spec)
    against = {
        pausing.NOT_PLACED: ~table["placed"].to_numpy(),
        pausing.TOO_SHORT: regions.body_length < spec["min_body_length"],
        pausing.CROWDED: pausing.crowded(table, regions),
    }
    reason = np.select(list(against.values()), list(against), "").astype(object)
    parts = []
    for track, assay, kind, *files in zip(names, read_assays(strands), values, plus, minus, strict=True):
        counts = pausing.count(table, regions, *map(SealedBigWig, files))
        why = np.full_like(reason, pausing.INITIATION) if PROTOCOLS[assay].initiation else reason
        parts.append(pausing.features(track, table["gene_id"], counts, regions, why, spec["confidence"], kind))
    contract.write(pd.concat(parts, ignore_index=True), polymerase, order)


if "snakemake" in globals():
    run(measure_polymerase, snakemake)  # noqa: F821
