"""Small tables of element-gene pairs as EngreitzLab/CRISPR_comparison has them, with a rule that is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.settings.schema import complete, load_schema

CHROMS = [f"chr{name}" for name in ("1", "10", "11", "2", "3", "X")]
NETWORK = {"dim": 8, "heads": 2, "max_epochs": 3, "patience": 2, "batch_genes": 8}


def planted(genes: int = 10, elements: int = 6, competing: bool = True, seed: int = 0) -> pd.DataFrame:
    """So many genes on each chromosome, each with pairs enough; columns as in that repository, all text.

    Of each gene the elements of the most activity by contact are regulated: the best, if they are `competing`; without
    that each whose own activity by contact is above a threshold. Besides outcomes it holds nothing that tells of them.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for chrom in CHROMS:
        for gene in range(genes):
            tss = 5_000_000 + 3_000_000 * gene
            offset = np.sort(rng.choice(np.arange(2_000, 900_000, 1_000), elements, replace=False))
            level = rng.normal(0, 2) if competing else 0.0  # of a gene, which hides the best of a gene from the others
            dhs, h3k27ac = np.exp(rng.normal(1 + level, 1, (2, elements)))
            strength = np.sqrt(dhs * h3k27ac) / (offset + 5_000) ** 0.87
            regulated = strength == strength.max() if competing else np.log(strength) > -9
            for element in range(elements):
                start = tss + offset[element] - 250
                rows.append(
                    {
                        "chrom": chrom, "chromStart": start, "chromEnd": start + 500, "chrTSS": chrom, "startTSS": tss,
                        "measuredGeneSymbol": f"{chrom}G{gene}", "ValidConnection": "TRUE",
                        "distanceToTSS": offset[element], "DHS.RPM": dhs[element],
                        "H3K27ac.RPM.expandedRegion": h3k27ac[element], "CTCF.RPM": rng.exponential(),
                        "ubiquitous": "TRUE" if gene % 2 else "FALSE",
                        "Regulated": str(bool(regulated[element])).upper(),
                        "EffectSize": -0.4 if regulated[element] else 0.01,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows).astype(str)


def spec(**changes: Any) -> dict[str, Any]:
    """A completed section `circuit/enhancers/{pairs}` for such tables, with a network that trains at once."""
    features = {"DHS.RPM": "log", "H3K27ac.RPM.expandedRegion": "log", "CTCF.RPM": "log", "ubiquitous": "linear"}
    section = {
        "table": "x",
        "features": features,
        "fit": {"inner_folds": 3, "strengths": [1], "network": dict(NETWORK)},
    }
    section["scores"] = {"bootstrap_samples": 50}
    return complete({"made": {**section, **changes}}, load_schema("circuit.enhancers"))["made"]


def write(table: pd.DataFrame, path: Path) -> Path:
    table.to_csv(path, sep="\t", index=False)
    return path
