"""`make perturb`: what a run predicts of other genes, were some genes of a sample another value.

The sample is one of a table of counts, one of the run's own, or the mean profile of a label. The answer is JSON; what
stands in it, and that it is association and no effect of a cause, says `genelm.Model.perturb`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import expression
from workflow_scripts.genelm import load
from workflow_scripts.io.errors import BadInput
from workflow_scripts.terminal.query import exported, give, read_values, results


def main() -> None:
    arguments = parsed(sys.argv[1:])
    try:
        model = load(exported(arguments))
        profile, scale = profile_of(arguments)
        found = model.perturb(profile, read_values(arguments.genes), arguments.condition, scale)
    except BadInput as error:
        sys.exit(str(error))
    give(found, arguments.output)


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make perturb", description=__doc__)
    parser.add_argument("--config", required=True, help="the configuration whose run it is")
    parser.add_argument("--run", required=True, help="RUN: a name of bulk/runs")
    parser.add_argument(
        "--genes", required=True, type=Path, help="GENES: {gene: fold}, JSON or a table; 0: knocked out"
    )
    parser.add_argument("--counts", type=Path, help="COUNTS: a table of genes down, samples across, with tabs")
    parser.add_argument("--scale", default="counts", help="SCALE: what its values are; counts without it")
    parser.add_argument("--sample", help="SAMPLE: which of the table, or of the run's own where there is no table")
    parser.add_argument("--condition", help="CONDITION: the sample's label; alone, whose mean profile it is")
    parser.add_argument("--output", type=Path, help="OUTPUT: where the answer goes; without it, to the terminal")
    parser.add_argument("--directory", default=".")
    return parser.parse_args([word for word in words if word])


def profile_of(arguments: argparse.Namespace) -> tuple[pd.DataFrame | dict[str, float] | None, str]:
    """The profile that is asked of, and what its values are; None for that of a label."""
    if arguments.counts:
        try:
            table = pd.read_csv(arguments.counts, sep="\t", index_col=0)
        except (OSError, ValueError) as error:
            raise BadInput(arguments.counts, "", f"not a readable table ({error})", "Give one with tabs.") from error
        name = arguments.sample or table.columns[0]
        if name not in table:
            raise BadInput(arguments.counts, f"sample {name!r}", "is no column of it", "Give one of its samples.")
        return table[[name]], arguments.scale
    if not arguments.sample:
        return None, arguments.scale
    for path in sorted(results(arguments).glob("prebulk/expression/*/*.h5ad")):
        data = expression.read(path)
        if arguments.sample in data.obs_names:
            values = pd.Series(np.asarray(data[arguments.sample].X).ravel(), data.var_names)
            return values.dropna().to_dict(), "ln_tpm1"
    remedy = "Give COUNTS, or a sample of prebulk/splits.parquet."
    raise BadInput(f"sample {arguments.sample!r}", "", f"is none of those in {results(arguments)}", remedy)


if __name__ == "__main__":
    main()
