"""The registry of models that say which element regulates which gene, and what each is called where people read of it.

One entry a line: the key names its file of EnhancerLinks, `function` is what fits it and predicts, in
`link_baselines.py` or `link_attention.py`:

    function(data: Candidates, spec) -> logits or other scores (N,) float64, the higher the likelier

`data.regulated` is NaN wherever a pair was not tested and on the chromosome that is held out, so that no model can see
what it is to predict. `spec` is `fit` of a configuration. To add a model, write one function, and add its line.
"""

from __future__ import annotations

from typing import NamedTuple

BASELINE = "workflow_scripts.circuit.link_baselines"
NETWORK = "workflow_scripts.circuit.link_attention"
MODEL = "attention"  # the stage's own, which is compared with all others


class LinkModel(NamedTuple):
    label: str  # as it is printed
    function: str
    logits: bool = True  # whether its scores are logits, of which there is a probability


MODELS = {
    "attention": LinkModel("attention over the elements of a gene", f"{NETWORK}.attention"),
    "attention_without_neighbours": LinkModel("the same, each element alone", f"{NETWORK}.without_neighbours"),
    "attention_without_linear": LinkModel("the same without its linear part", f"{NETWORK}.without_linear"),
    "attention_permuted_labels": LinkModel("the same with permuted train labels", f"{NETWORK}.permuted_labels"),
    "distance": LinkModel("distance", f"{BASELINE}.distance", logits=False),
    "activity_by_contact": LinkModel("activity x contact", f"{BASELINE}.activity_by_contact", logits=False),
    "share_of_contact": LinkModel("its share over the pairs of a gene", f"{BASELINE}.share_of_contact", logits=False),
    "logistic_regression": LinkModel("logistic regression", f"{BASELINE}.logistic_regression"),
    "counted_logistic_regression": LinkModel(
        "logistic regression that knows how many pairs a gene has", f"{BASELINE}.counted_logistic_regression"
    ),
    "gradient_boosting": LinkModel("gradient boosting", f"{BASELINE}.gradient_boosting"),
}
