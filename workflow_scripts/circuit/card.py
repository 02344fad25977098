"""The card of an exported circuit: Markdown with a head that model hubs read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd

from workflow_scripts.circuit.bundle import PRESENT
from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.ensemble import LEVEL
from workflow_scripts.contracts.exported_circuit import Exported
from workflow_scripts.evaluation import intervals
from workflow_scripts.evaluation.card import SCORES, SOURCES, head, of_sources, scores, table
from workflow_scripts.evaluation.metrics import label
from workflow_scripts.evaluation.responses import COVERAGES, WIDTHS

NUMBERS = ("aupr", "edge_f1", "response_delta_pearson", "roll_out_delta_pearson")
SHOWN = dict.fromkeys(NUMBERS, "pooled")  # numbers of the card, and their level
EXAMPLE = """```python
from genelm import load_circuit
circuit = load_circuit("{folder}")
circuit.predict("{first}:knockout+{second}:knockout")
```"""


def write_card(
    exported: Exported,
    known: Circuit,
    config: dict[str, Any],
    spec: dict[str, Any],
    metrics: pd.DataFrame,
    comparisons: pd.DataFrame,
) -> str:
    """The text; config: of the ModelBundle, spec: `circuit/runs/{run}`, the other arguments as in their contracts."""
    about, simulated = exported.about, any(source["simulated"] for source in exported.sources)
    first, second = known.genes[:2]
    scored = list(scores(metrics, comparisons, SHOWN))
    parts = [
        head(["biology", "gene-regulatory-network", "perturbation"], simulated),
        f"# {about['run']} of {about['network']}, a regulatory circuit of GeneLM",
        "Who regulates whom, where the circuit comes to rest when genes are perturbed, and the way there.",
        "## Use",
        EXAMPLE.format(folder="the folder of this file", first=first, second=second),
        f"The answer has a row for each gene: level, change from the unperturbed circuit ({about['unit']}), its sd "
        f"over the members of the ensemble, and the {100 * LEVEL:g} % interval of one new measurement, with its noise, "
        "less the same unperturbed level; none of genes that are perturbed. "
        "A perturbation is `GENE:knockout`, `GENE:knockdown:0.5` (the share of its production that is left) or "
        "`GENE:overexpression:2` (times its production); `+` joins several. `circuit.edges()` tells all edges.",
        f'`circuit.follow("{first}:knockout", [50, 100])` tells the way there, by time ({about["time_unit"]}) and gene.'
        if known.series
        else "It was learned without time series, and knows no time.",
        "## Edges",
        f"`edges.tsv`, `edges.graphml` (networkx, Cytoscape, Gephi) and `edges.h5ad` (anndata, scanpy: `varp`) hold "
        f"the same {len(exported.edges):,} edges among {len(known.genes):,} genes: {about['chosen']}. A weight is the "
        "change of the target, in its sds, with a change of its regulator by an sd, all others as they are."
        + (" `targets.tsv` tells what compounds act on." if known.compounds else ""),
        "## Data",
        table(["experiments", "number"], _experiments(known)),
        "## Scores",
        f"With {100 * intervals.LEVEL:g} % intervals over resamples of target genes, perturbations or series; `ahead`, "
        "`level` and `behind` are told by the interval of the paired difference. What is true of edges and responses "
        "was read by scoring alone.",
        table(SCORES, scored) if scored else "Nothing was scored: what is true of this circuit was not given.",
        "## Training",
        f"{config['parameters']:,} trained numbers in {config['architecture']['members']} members, seed "
        f"{config['seed']}.",
        f"```json\n{json.dumps(spec, indent=2, sort_keys=True)}\n```",
        "## Sources and licences",
        table(SOURCES, of_sources(exported.sources)),
        "## Limits",
        "- `predict` tells what the circuit alone makes of a perturbation. Where single perturbations were measured, "
        "the run joins their effects to what it predicts of several, and scores of responses are of that.",
        "- An interval of levels is as wide as members were wrong about experiments that they were not shown (CV+, "
        "Barber et al. 2021): single perturbations, and courses of the unperturbed circuit. Of others it holds as far "
        "as they are predicted as well. That of an edge is the spread of members, all of which may be wrong."
        + _held(metrics),
        "- Of genes, cells and conditions that were not measured it knows nothing.",
    ]
    if simulated:
        parts.insert(
            2, "**Learned from simulated data: it shows how the workflow works, and knows nothing of biology.**"
        )
    return "\n\n".join(parts) + "\n"


def chosen(edges: pd.DataFrame, genes: int, edges_per_gene: float, stability: float) -> tuple[pd.DataFrame, str]:
    """Those of edges, the strongest first, that are exported, and how they were chosen, in words.

    edges: of `use.edge_table`. Of the strongest, as many as precision and recall are of, those that a share of the
    members has which is at least `stability` (stability selection, Meinshausen and Buehlmann 2010, over folds).
    """
    first = edges.head(round(edges_per_gene * genes))
    found = first[first["stability"] >= stability].reset_index(drop=True)
    said = (
        f"of the {len(first):,} strongest ({edges_per_gene:g} a gene) those that at least {100 * stability:g} % of the "
    )
    return found, said + f"members of the ensemble have with a weight of {PRESENT:g} or more"


def _held(metrics: pd.DataFrame) -> str:
    """How much of what was measured lay within intervals, and how wide these were, where that was scored."""
    said = []
    for row in metrics[metrics["metric"].isin(COVERAGES + WIDTHS)].to_dict("records"):
        shown = f"{100 * row['value']:.0f} %" if row["metric"] in COVERAGES else f"{row['value']:.2f} sds of the gene"
        said.append(f"{label(row['metric'])} {shown}")
    return f" Measured: {', '.join(said)}." if said else ""


def _experiments(known: Circuit) -> Iterable[tuple[str, str]]:
    """What was measured, and how often."""
    rest = [known.perturbations[row] for row in known.at_rest if not known.disturbed[row]]
    kinds = Counter("+".join(sorted(one.kind for one in done)) or "as it is, at rest" for done in rest)
    yield from ((kind, f"{number:,}") for kind, number in sorted(kinds.items()))
    unknown = int(known.disturbed[known.at_rest].sum())
    if unknown:
        yield "unknown changes, at rest", f"{unknown:,}"
    if known.series:
        yield "time series", f"{len(known.series):,}, of {sum(map(len, known.series)):,} measurements"
