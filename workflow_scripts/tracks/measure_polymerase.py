"""Pausing index with its interval, and densities of pause window and gene body, of each gene and track."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

log = logging.getLogger(__name__)


def measure_polymerase(
    *,
    bodies: Path,
    plus: list[Path],
    minus: list[Path],
    strands: list[Path],
    polymerase: Path,
    tracks: list,
    values: list,
    spec: dict,
) -> None:
    """Write `polymerase`: one row a gene and track, in the order of the gene table within each track.

    A gene is measured where its body is at least min_body_length long and no other gene's polymerase is
    counted with its own; others have counts, but no index. The index is NaN where the body has no signal; its
    interval is there nonetheless, unless the track holds no counts: `values` (of each of `tracks`) is `coverage`, or
    its signal is fractional. `strands` is asked for so that only tracks with sound strands are measured.
    """
    import pandas as pd

    from workflow_scripts.contracts import gene_bodies
    from workflow_scripts.contracts import polymerase as contract
    from workflow_scripts.tracks import pausing
    from workflow_scripts.tracks.standard import StandardTrack

    lengths = StandardTrack(plus[0]).lengths
    table, order = gene_bodies.read(bodies)
    placed = table["placed"].to_numpy()
    # A gene that cannot be placed has no chromosome to be cut at; it is never measured.
    regions = pausing.windows(table, table["chrom"].map(lengths).fillna(table["end"]).to_numpy("int64"), spec)
    long_enough = regions.body_length >= spec["min_body_length"]
    crowded = pausing.crowded(table, regions)
    measured = placed & long_enough & ~crowded
    log.info(
        "%d genes measured; left out: %d not placed, %d too short, %d crowded by another gene",
        measured.sum(),
        (~placed).sum(),
        (placed & ~long_enough).sum(),
        (placed & long_enough & crowded).sum(),
    )
    parts = []
    for track, kind, *files in zip(tracks, values, plus, minus, strict=True):
        counts = pausing.count(table, regions, *map(StandardTrack, files))
        parts.append(pausing.features(track, table["gene_id"], counts, regions, measured, spec["confidence"], kind))
    contract.write(pd.concat(parts, ignore_index=True), polymerase, order)


if "snakemake" in globals():
    run(measure_polymerase, snakemake)  # noqa: F821
