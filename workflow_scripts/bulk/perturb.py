"""What a trained run would predict of other genes, were some genes of a sample another value.

Every other gene that the sample measures is predicted twice: with the genes as they are, and as they are set. Visible
are, each time, the genes that are set and four fifths of the others, so that none sees itself: each is in one of five
folds, which are hidden in turn. The response of a gene is the difference of its two predictions.

That is association: what goes with another value of a gene in the samples that the model learned from, the rest of the
sample given. It is no effect of a cause: a gene that responds may drive the one that is set, or share a driver with it.

Shapes: G genes.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from workflow_scripts.bulk import conditions, stack
from workflow_scripts.bulk.base import MIN_SD
from workflow_scripts.bulk.names import finder
from workflow_scripts.bulk.query import Ready, about, classes
from workflow_scripts.io.errors import BadInput

FOLDS = 5
SEED = 7  # of the folds
MOST_FOLD = 1e6
UNUSUAL = 3.0  # train sds of a gene from its mean, beyond which a set value is worth a note
ASSOCIATION = (
    "association, not causation: a response says what goes with another value of these genes in the samples that the "
    "model learned from, and not what would follow if they were changed in cells"
)


class Change(NamedTuple):
    """Genes that are set."""

    places: np.ndarray  # (n,) int64
    values: np.ndarray  # (G,) float32 ln(TPM+1), with these set
    said: dict[str, dict[str, Any]]  # by the name that was given: gene_id, fold, tpm_before, tpm_after


def perturb(
    run: Ready, values: np.ndarray, genes: Mapping[str, float], condition: str | None, top: int
) -> dict[str, Any]:
    """The answer as what JSON can hold; see `genelm.Model.perturb`.

    values (G,) float32 ln(TPM+1), NaN where unmeasured; genes: {name: fold of its TPM}. Raises BadInput as `set_genes`.
    """
    values = np.where(run.model.base.known.cpu().numpy(), values, np.float32(np.nan))
    change = set_genes(run, values, genes)
    before, after = predict_others(run, np.stack([values, change.values]), change.places, condition)
    response = after - before  # NaN for genes that are set
    moved = np.where(np.isfinite(response), np.maximum(values + response, 0), change.values)
    embedding = stack.embed(run.family, run.model, np.stack([values, moved]).astype(np.float32))
    of_class = [classes(run, embedding[[row]]) for row in range(2)]
    order = np.argsort(-np.abs(response), kind="stable")[: min(top, np.isfinite(response).sum())]  # NaN come last
    table = run.known.genes
    return {
        "input": {"genes": change.said, "condition": condition},
        "model": about(run),
        "response": {
            table["gene_id"].iloc[place]: {
                "symbol": table["symbol"].iloc[place],
                "before": float(before[place]),
                "after": float(after[place]),
                "change": float(response[place]),
            }
            for place in order
        },
        "embedding": {
            "before": embedding[0].tolist(),
            "after": embedding[1].tolist(),
            "shift": float(np.linalg.norm(embedding[1] - embedding[0])),
        },
        "classes": {
            label: {"before": one, "after": of_class[1][label], "change": of_class[1][label] - one}
            for label, one in of_class[0].items()
        },
        "notes": [ASSOCIATION, *notes(run, change)],
    }


def set_genes(run: Ready, values: np.ndarray, genes: Mapping[str, float]) -> Change:
    """values (G,) with genes at so many times their TPM.

    Raises BadInput on no gene, an unknown one, one without a value, one that is given twice, and on what is no fold.
    """
    if not genes:
        raise BadInput("genes", "", "are none", "Give one at least, and its fold of TPM: 0 knocks it out.")
    changed, places, said = values.copy(), [], {}
    find = finder(run.known.genes)
    for name, fold in genes.items():
        place = find(name)
        if place in places:
            raise BadInput(f"gene {name!r}", "", "is given twice, by two of its names", "Give it once.")
        if not isinstance(fold, Real) or not 0 <= fold <= MOST_FOLD:
            raise BadInput(f"gene {name!r}", "", f"{fold!r} is no fold of TPM (0 to {MOST_FOLD:g})", "Give its fold.")
        if not np.isfinite(values[place]):
            reason = "has no value in this profile, or the model knows nothing of it"
            raise BadInput(f"gene {name!r}", "", reason, "Give a profile that measures it, or another gene.")
        tpm = float(np.expm1(values[place]))
        changed[place] = np.log1p(fold * tpm)
        places.append(place)
        gene_id = run.known.genes["gene_id"].iloc[place]
        said[name] = {"gene_id": gene_id, "fold": float(fold), "tpm_before": tpm, "tpm_after": float(fold * tpm)}
    return Change(np.array(places), changed, said)


def predict_others(run: Ready, values: np.ndarray, places: np.ndarray, condition: str | None) -> np.ndarray:
    """Predictions (2, G) of both rows of values, NaN for unmeasured genes and those at `places`; see above."""
    measured = np.isfinite(values)
    others = np.setdiff1d(np.flatnonzero(measured[0]), places)
    found = np.full(values.shape, np.nan)
    for hidden in np.array_split(np.random.default_rng(SEED).permutation(others), FOLDS):
        visible = measured.copy()
        visible[:, hidden] = False
        said = conditions.say(run.family, run.model, run.known.conditions, condition, values, visible)
        found[:, hidden] = said.mean[:, hidden]
    return found


def notes(run: Ready, change: Change) -> list[str]:
    """What speaks against trusting the answer: genes that do not change, and values unlike those of training."""
    base, found = run.model.base, []
    for place, (name, row) in zip(change.places, change.said.items(), strict=True):
        if row["tpm_after"] == row["tpm_before"]:
            found.append(f"{name} has {row['tpm_before']:g} TPM as before: nothing is changed")
        away = abs(change.values[place] - float(base.mean[place])) / max(float(base.sd[place]), MIN_SD)
        if away > UNUSUAL:
            found.append(f"{name} is set {away:.1f} standard deviations from its mean in train samples")
    return found
