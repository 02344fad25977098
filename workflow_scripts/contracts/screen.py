"""Screen: perturbations by how well what they are predicted to do matches what is wanted.

`results/circuit/{network}/{run}/screens/{screen}.tsv`, its seal beside it, written by `circuit/screen_perturbations`,
one row a perturbation, the best first:

| column | dtype | meaning |
|---|---|---|
| rank | int64 | from 1; those whose size is below `least_size` come after all others, each of them by match |
| perturbation | str | as in `contracts/perturbations` |
| match | float64 | cosine of the change at rest and the signature over its genes (-1 to 1), mean over members |
| match_low, match_high | float64 | the 90 % interval of what one measurement would come to, as of what follows |
| size | float64 | root mean square of the change of these genes, in sds of each |
| side_effect | float64 | the same of the genes outside of the signature |
| measured_match, measured_size, measured_side_effect | float64 | the same as measured; empty where nothing was |
| basis | str | what is predicted from: `circuit`, or `circuit, measured singles` |

Intervals are calibrated on the same number of each experiment that members were not shown, predicted and measured (CV+,
see `circuit/calibration`). They take it that what is tried is like these, which are perturbations of one gene, and are
empty where these are too few.

Genes that are perturbed themselves are left out of all of these: their level is set, and tells nothing. What is not
defined without them is empty, and comes last.
"""

from __future__ import annotations

from math import inf
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_text_table, write_text_table

TEXT = ("perturbation", "basis")
NUMBERS = ("match", "size", "side_effect")
CIRCUIT, WITH_SINGLES = "circuit", "circuit, measured singles"


LIMITS = {"match": (-1.0, 1.0), "size": (0.0, inf), "side_effect": (0.0, inf)}


def _number(name: str) -> pa.Column:
    return pa.Column("float64", pa.Check.in_range(*LIMITS[name]), nullable=True, coerce=True)


SCHEMA = pa.DataFrameSchema(
    {
        "rank": pa.Column("int64", pa.Check.ge(1), coerce=True),
        "perturbation": pa.Column(str, pa.Check.str_length(min_value=1)),
        **{f"{name}{end}": _number(name) for name in NUMBERS for end in ("", "_low", "_high")},
        **{f"measured_{name}": _number(name) for name in NUMBERS},
        "basis": pa.Column(str, pa.Check.isin([CIRCUIT, WITH_SINGLES])),
    },
    unique=["perturbation"],
    name="Screen",
    strict=True,
    ordered=True,
)


def write(screen: pd.DataFrame, path: Path) -> None:
    write_text_table(screen, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    """Read a screen; a damaged one raises BadInput."""
    return read_text_table(path, SCHEMA, TEXT)
