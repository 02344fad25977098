"""Pausing index with its interval, and densities of pause window and gene body, of each gene and track."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.rule import run

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from workflow_scripts.tracks.pausing import Windows
    from workflow_scripts.tracks.standard import StandardTrack

log = logging.getLogger(__name__)


def measure_polymerase(
    *,
    genes: Path,
    plus: list[Path],
    minus: list[Path],
    strands: list[Path],
    polymerase: Path,
    tracks: list,
    spec: dict,
) -> None:
    """Write `polymerase`: one row a gene and track, in the order of the gene table within each track.

    A gene is measured where its body is at least min_body_length long and no other gene's polymerase is
    counted with its own; others have counts, but no index. The index is NaN where the body has no signal; its
    interval is there nonetheless, unless the track has fractional values, which are no counts.
    `strands` is asked for so that only tracks with sound strands are measured.
    """
    import pandas as pd

    from workflow_scripts.contracts import polymerase as contract
    from workflow_scripts.contracts.errors import BadInput
    from workflow_scripts.tracks import pausing
    from workflow_scripts.tracks.genes import read_genes
    from workflow_scripts.tracks.standard import StandardTrack

    if not spec["pause_start"] < spec["pause_end"] <= spec["body_start"]:
        reason = "pause_start, pause_end and body_start do not follow each other: " + ", ".join(
            f"{spec[key]}" for key in ("pause_start", "pause_end", "body_start")
        )
        raise BadInput("configuration", "polymerase", reason, "Put the body after the pause window.")
    lengths = StandardTrack(plus[0]).lengths
    table, order = read_genes(genes, lengths)
    placed = table["placed"].to_numpy()
    # A gene that cannot be placed has no chromosome to be cut at; it is never measured.
    regions = pausing.windows(table, table["chrom"].map(lengths).fillna(table["end"]).to_numpy("int64"), spec)
    whole = regions.pause_length == spec["pause_end"] - spec["pause_start"]
    long_enough = whole & (regions.body_length >= spec["min_body_length"])
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
    for track, *files in zip(tracks, plus, minus, strict=True):
        counts = _counts(table, placed, regions, *map(StandardTrack, files))
        parts.append(_features(track, table["gene_id"], counts, regions, measured, spec["confidence"]))
    contract.write(pd.concat(parts, ignore_index=True), polymerase, order)


def _counts(
    table: "pd.DataFrame", placed: "np.ndarray", regions: "Windows", plus: "StandardTrack", minus: "StandardTrack"
) -> "dict[str, np.ndarray]":
    """Sums of signal of each gene, float64; NaN where the gene is not placed. Each file is read once."""
    import numpy as np

    chrom = np.tile(table["chrom"].to_numpy()[placed], 2)
    start = np.concatenate([regions.pause_start[placed], regions.body_start[placed]])
    end = np.concatenate([regions.pause_end[placed], regions.body_end[placed]])
    forward = table["strand"].to_numpy()[placed] == "+"
    (pause_plus, body_plus), (pause_minus, body_minus) = (
        file.sums(chrom, start, end).reshape(2, -1) for file in (plus, minus)
    )
    sums = {
        "pause_count": np.where(forward, pause_plus, pause_minus),
        "body_count": np.where(forward, body_plus, body_minus),
        "antisense_count": np.where(forward, body_minus, body_plus),
    }
    counts = {name: np.full(len(table), np.nan) for name in sums}
    for name, values in sums.items():
        counts[name][placed] = values
    return counts


def _features(
    track: str,
    gene_id: "pd.Series",
    counts: "dict[str, np.ndarray]",
    regions: "Windows",
    measured: "np.ndarray",
    confidence: float,
) -> "pd.DataFrame":
    """The rows of one track."""
    import numpy as np
    import pandas as pd

    from workflow_scripts.tracks.pausing import ratio_interval

    frame = pd.DataFrame({"gene_id": gene_id, "track": track, **counts})
    frame["pause_length"], frame["body_length"] = regions.pause_length, regions.body_length
    for window in ("pause", "body"):
        length = frame[f"{window}_length"]
        frame[f"{window}_density"] = frame[f"{window}_count"] / length.where(length > 0)
    body = frame["body_density"].where(measured & (frame["body_density"] > 0))
    frame["pausing_index"] = frame["pause_density"] / body
    frame["ci_low"], frame["ci_high"] = np.nan, np.nan
    kept = frame.loc[measured, ["pause_count", "pause_length", "body_count", "body_length"]]
    if (kept == kept.round()).all(axis=None):
        low, high = ratio_interval(*kept.to_numpy().T, confidence)
        frame.loc[measured, "ci_low"], frame.loc[measured, "ci_high"] = low, high
    else:
        log.warning("%s: has fractional values, which are no counts: its indices have no interval", track)
    index = frame["pausing_index"].dropna()
    log.info("%s: median pausing index %.3g of %d genes", track, index.median(), len(index))
    frame["measured"] = measured
    return frame


if "snakemake" in globals():
    run(measure_polymerase, snakemake)  # noqa: F821
