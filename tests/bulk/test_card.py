"""The card of a model says what its genes are to it."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from tests.support.examples import genes
from workflow_scripts.bulk.card import write_card


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"transformer": {"gene_vectors": "given"}}, "."),
        ({"graph": {}}, "."),
        ({"perceiver": {"gene_vectors": "random"}}, ", but for the setting `gene_vectors`, which is `random`."),
    ],
)
def test_a_card_tells_of_gene_vectors_that_are_not_the_given_ones(model: dict[str, dict], said: str) -> None:
    table = genes(["G1", "G2"])
    table.attrs["genome"] = "made"
    splits = pd.DataFrame({"split": ["train"], "group": ["a"], "label": [""], "corpus": ["made"]})
    metrics = pd.DataFrame(columns=["model", "dataset", "split", "task", "level", "metric"])
    comparisons = pd.DataFrame(columns=["split", "metric", "level", "task", "dataset", "model", "baseline"])
    config = {"parameters": 5, "seed": 1, "architecture": {"base": {"samples": 0}}}
    embedding = {"architecture": "ESM2", "origin": "published", "licence": "MIT"}
    probe = SimpleNamespace(classes=[])
    conditions = SimpleNamespace(shares=[])
    tables = table, splits, metrics, comparisons
    card = write_card("small", {"model": model}, config, *tables, probe, conditions, embedding, [])
    assert f"gene identities: ESM2, published weights (MIT){said}\n" in card
