"""Are the strands of a track right? Signal on the strand of the genes, against signal on the other.

`results/tracks/{set}/strands/{track}.parquet`, one row: track, assay (a name of `protocols`), region
(`gene body` or `start of transcription`), genes, sense, antisense (sums of signal), ratio, min_ratio.
Only a track that passed has such a file, and later rules ask for it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.tables import read_table, write_table
from workflow_scripts.tracks.protocols import PROTOCOLS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pandera.pandas as pa

# bp after the start of transcription. Nothing before it: there the divergent transcript begins, on the other strand.
START_WINDOW = 250


@cache
def schema() -> pa.DataFrameSchema:
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            "track": pa.Column(str),
            "assay": pa.Column(str, pa.Check.isin(PROTOCOLS)),
            "region": pa.Column(str),
            "genes": pa.Column("int64", pa.Check.gt(0)),
            "sense": pa.Column("float64", pa.Check.ge(0)),
            "antisense": pa.Column("float64", pa.Check.ge(0)),
            "ratio": pa.Column("float64"),
            "min_ratio": pa.Column("float64"),
        },
        name="Strands",
        strict=True,
        ordered=True,
    )


def write(strands: pd.DataFrame, path: Path) -> None:
    write_table(strands, path, schema())


def read_assays(paths: list[Path]) -> list[str]:
    """The assay of each track, in the order of the files."""
    return [read_table(path, schema())[0]["assay"][0] for path in paths]


def regions(genes: pd.DataFrame, lengths: dict[str, int], initiation: bool) -> tuple[np.ndarray, np.ndarray]:
    """Start and end (bp, 0-based half-open) of the part of each gene where its signal is expected."""
    import numpy as np

    if not initiation:
        return genes["start"].to_numpy(), genes["end"].to_numpy()
    forward = genes["strand"].to_numpy() == "+"
    tss = genes["tss"].to_numpy()
    start = np.where(forward, tss, tss - START_WINDOW + 1)
    end = np.where(forward, tss + START_WINDOW, tss + 1)
    return np.maximum(start, 0), np.minimum(end, genes["chrom"].map(lengths).to_numpy())


def require_stranded(files: str, sense: float, antisense: float, min_ratio: float) -> None:
    """Raise BadInput unless sense signal is at least `min_ratio` times antisense signal."""
    sums = f"signal over genes: {sense:.6g} sense, {antisense:.6g} antisense"
    if sense + antisense == 0:
        raise BadInput(files, "", "hold no signal over any gene", "Take genome, annotation and track of one assembly.")
    if sense >= min_ratio * antisense:
        return
    if antisense >= min_ratio * sense:
        raise BadInput(
            files,
            "",
            f"the strands look flipped ({sums})",
            "Exchange plus and minus in the track's configuration, or state its file_strand.",
        )
    raise BadInput(
        files,
        "",
        f"do not look stranded ({sums}; at least {min_ratio:g} to 1 is asked for)",
        "Check the files and the protocol, or lower strands/min_ratio if you know the track to be right.",
    )
