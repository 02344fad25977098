"""How well each model ranks the tested pairs, with intervals over genes, and the stage's own beside all others."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd

from workflow_scripts.circuit.link_models import MODEL
from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import enhancer_links, enhancer_pairs
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.evaluation.links import score_links as score
from workflow_scripts.io.errors import BadInput


def score_links(*, pairs: Path, links: Path, metrics: Path, comparisons: Path, spec: dict, dataset: str) -> None:
    """Write Metrics and Comparisons of EnhancerLinks, all scored on chromosomes that their models had not seen."""
    table, _, _ = enhancer_pairs.read(pairs)
    tested = table[table["regulated"].notna()]
    rows = []
    for path in sorted(links.glob("*.parquet")):
        found = enhancer_links.read(path)
        if not found[enhancer_pairs.KEYS].equals(table[enhancer_pairs.KEYS]):
            raise BadInput(path, "", f"is not of the pairs of {pairs}", "Run its rule again.")
        scores = found.loc[tested.index, "score"].to_numpy()
        rows += score(scores, tested, spec, model=path.stem, dataset=dataset, split="test")
    replicates = pd.DataFrame(rows)
    own = replicates["model"] == MODEL
    order = ["task", "dataset", "split", "level", "metric", "model"]
    metrics_table.write(replicates[list(metrics_table.SCHEMA.columns)].sort_values(order), metrics)
    comparisons_table.write(compare(replicates[own], replicates[~own], metrics), comparisons)


if "snakemake" in globals():
    run(score_links, snakemake)  # noqa: F821
