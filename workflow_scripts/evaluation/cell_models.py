"""What the models and rules of perturbed cells are called where people read of them, and what each is there for.

A name is one of `circuit/effect_rules.py` or `circuit/effect_models.py`; after a colon stands that of the gene vectors
that a model takes, as configured: `network:esm2`. Some of these names are those of other functions where levels of a
circuit are predicted, so that they stand here and not among `models.BASELINES`.
"""

from __future__ import annotations

UNSEEN, DOUBLES = "unseen genes", "doubles"  # tasks
OWN = "network"  # the stage's own, which is compared with all others
NEGATIVE, CEILING = "train_mean", "split_half"  # the least that counts, and the best that the data let see
RULES = {DOUBLES: "additive", UNSEEN: NEGATIVE}  # that networks stand upon, with which all others are compared
WITHOUT = "none"  # the name of no gene vectors

LABELS = {
    "no_change": "no change",
    NEGATIVE: "mean of the singles known",
    "mean_of_doubles": "mean of the doubles known",
    "matching_mean": "mean of the two singles",
    "additive": "sum of the two singles",
    "largest_effect": "larger of the two singles",
    OWN: "networks upon a rule",
    "linear_low_rank": "linear model of low rank",
    "network_permuted_genes": "networks, permuted vectors",
    "network_permuted_labels": "networks, permuted labels",
    CEILING: "half of the cells (ceiling)",
}
VECTORS = {"coexpression": "co-expression", WITHOUT: "no gene vectors"}  # that every set of cells has


def kind(model: str) -> str:
    """A model without its vectors, a key of `LABELS`."""
    return model.partition(":")[0]


def vectors(model: str) -> str:
    """How the vectors that a model takes are printed; "" where it takes none by their kind."""
    name = model.partition(":")[2]
    return VECTORS.get(name, name)


def is_own(model: str) -> bool:
    """Whether it is one of the stage's own, and no control."""
    return model.startswith(f"{OWN}:")


def is_baseline(model: str) -> bool:
    """Whether an own model has to be better: neither another own one nor what nothing can be expected to reach."""
    return not is_own(model) and model != CEILING


def label(model: str) -> str:
    """How a model is printed, with its vectors."""
    return ", ".join(filter(None, (LABELS[kind(model)], vectors(model))))
