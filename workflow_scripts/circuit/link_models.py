"""The registry of models that say which element regulates which gene.

One entry a line: the key names its file of EnhancerLinks, `function` is what fits it and predicts, in
`link_baselines.py` or `link_attention.py`:

    function(data: Candidates, spec) -> logits or other scores (N,) float64, the higher the likelier

`data.regulated` is NaN wherever a pair was not tested and on the chromosome that is held out, so that no model can see
what it is to predict. `spec` is `fit` of a configuration. To add a model, write one function, add its line, and in
`evaluation/models.py` what it is called where people read of it.
"""

from __future__ import annotations

from typing import NamedTuple

BASELINE = "workflow_scripts.circuit.link_baselines"
NETWORK = "workflow_scripts.circuit.link_attention"
MODEL = "attention"  # over the elements of a gene: the stage's own, which is compared with all others


class LinkModel(NamedTuple):
    function: str
    logits: bool = True  # whether its scores are logits, of which there is a probability


MODELS = {
    "attention": LinkModel(f"{NETWORK}.attention"),
    "attention_without_neighbours": LinkModel(f"{NETWORK}.without_neighbours"),
    "attention_without_linear": LinkModel(f"{NETWORK}.without_linear"),
    "attention_permuted_labels": LinkModel(f"{NETWORK}.permuted_labels"),
    "distance": LinkModel(f"{BASELINE}.distance", logits=False),
    "activity_by_contact": LinkModel(f"{BASELINE}.activity_by_contact", logits=False),
    "share_of_contact": LinkModel(f"{BASELINE}.share_of_contact", logits=False),
    "logistic_regression": LinkModel(f"{BASELINE}.logistic_regression"),
    "counted_logistic_regression": LinkModel(f"{BASELINE}.counted_logistic_regression"),
    "gradient_boosting": LinkModel(f"{BASELINE}.gradient_boosting"),
}
