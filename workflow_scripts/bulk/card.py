"""The card of an exported model: Markdown with a head that model hubs read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd

from workflow_scripts.contracts.conditions import Conditions
from workflow_scripts.contracts.probe import Probe
from workflow_scripts.evaluation.card import SCORES, SOURCES, head, of_sources, scores, table
from workflow_scripts.evaluation.intervals import LEVEL

SHOWN = {"weighted_f1": "pooled", "macro_f1": "pooled", "skill": "pooled"}  # numbers of the card, and their level
EXAMPLE = """```python
from genelm import load
model = load("{folder}")
model.predict(counts)  # a table of counts: Ensembl ids or symbols, and samples
model.query({{"TP53": 12.5}}, scale="tpm", condition=None)  # the rest of a profile, from some genes and a label
```"""


def write_card(
    run: str,
    spec: dict[str, Any],
    config: dict[str, Any],
    genes: pd.DataFrame,
    splits: pd.DataFrame,
    metrics: pd.DataFrame,
    comparisons: pd.DataFrame,
    probe: Probe,
    conditions: Conditions,
    embedding: dict[str, Any],
    sources: list[dict[str, Any]],
) -> str:
    """The text; spec: `bulk/runs/{run}`, config: of the ModelBundle, embedding: uns of the GeneEmbedding.

    The other arguments as in their contracts; sources: provenance of the files that the run was trained on.
    """
    simulated = any(source["simulated"] for source in sources)
    parts = [
        head(["biology", "transcriptomics", "bulk-rna-seq"], simulated),
        f"# {run}, a bulk RNA-seq model of GeneLM",
        "Of a sample's expression it makes an embedding, the expression of genes that were not measured"
        + (", and a class." if len(probe.classes) else "."),
        "## Use",
        EXAMPLE.format(folder="the folder of this file"),
        f"Genes: {len(genes):,} of {genes.attrs['genome']}. Values: counts, TPM, or log2(value + 1) of these. What is "
        "predicted of a sample has a note where it measures few of the genes, or lies farther from the train samples "
        "than 99 % of the validation samples.",
        "## Data",
        table(["split", "samples", "groups", "labelled"], _of_splits(splits)),
        f"Corpora: {', '.join(sorted(set(splits['corpus'])))}. Groups (patients, donors, series) are in one split "
        "each. Classes: " + (", ".join(probe.classes) or "none") + ".",
        "## Scores",
        f"On the test split, with {100 * LEVEL:g} % intervals over resamples of whole groups; `ahead`, `level` and "
        "`behind` are told by the interval of the paired difference.",
        table(SCORES, scores(metrics, comparisons, SHOWN)),
        *_of_conditions(conditions),
        "## Training",
        f"{config['parameters']:,} trained numbers, seed {config['seed']}; gene identities: "
        f"{embedding['architecture']}, {embedding['origin']} weights ({embedding['licence']}){_vectors(spec)}.",
        *_held(config["architecture"]["base"]["samples"]),
        f"```json\n{json.dumps(spec, indent=2, sort_keys=True)}\n```",
        "## Sources and licences",
        table(SOURCES, of_sources(sources)),
        "## Limits",
        "- Trained on the samples above alone: of tissues, diseases and protocols that they lack it knows nothing.",
        "- Probabilities are calibrated on the validation split, and hold where new samples are like those.",
        "- It is no device for diagnosis.",
    ]
    if simulated:
        parts.insert(2, "**Trained on simulated data: it shows how the workflow works, and knows nothing of biology.**")
    return "\n\n".join(parts) + "\n"


def _vectors(spec: dict[str, Any]) -> str:
    """What is to be said of gene identities that are not as their embedding gives them."""
    (settings,) = spec["model"].values()
    kind = settings.get("gene_vectors", "given")
    return "" if kind == "given" else f", but for the setting `gene_vectors`, which is `{kind}`"


def _of_conditions(conditions: Conditions) -> list[str]:
    """What the label of a sample is worth where few genes are given."""
    if not len(conditions.shares):
        return []
    said = "Of validation samples a share of the genes was shown, alone or with a label (`condition` of `query`), "
    rows = (
        (f"{100 * share:g} %", *(f"{error:.3f}" for error in errors))
        for share, errors in zip(conditions.shares, conditions.errors, strict=True)
    )
    return [
        said + "their own or another at random; mean squared error of the hidden genes, ln(TPM+1)^2:",
        table(["shown", "no label", "its label", "another label"], rows),
    ]


def _held(samples: int) -> list[str]:
    if not samples:
        return []
    said = f"The model holds the normalized expression of {samples:,} train samples, from which it predicts by kernel "
    return [said + "ridge regression: share it as you may share these."]


def _of_splits(splits: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    for name in ("train", "validation", "test"):
        rows = splits[splits["split"] == name]
        yield name, f"{len(rows):,}", f"{rows['group'].nunique():,}", f"{(rows['label'] != '').sum():,}"
