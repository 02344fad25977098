"""What the bulk model is trained to do: predict the masked genes of a sample."""

from __future__ import annotations

from workflow_scripts.bulk.data import Batch
from workflow_scripts.bulk.model import BulkModel
from workflow_scripts.training.loop import Loss


def masked_error(model: BulkModel, batch: Batch) -> Loss:
    """Squared error of ln(TPM+1) over the masked measured genes of a batch.

    Reported is that of the whole model over the masked genes that are tokens. Minimised is its mean
    plus that of the linear factors alone over every masked gene: these cost next to nothing, are
    several times more, and so the factors learn in a few epochs.
    """
    scores = model.scores(batch.values, batch.visible)
    output = model.predict(batch.values, batch.visible, scores, batch.index, batch.attended)
    target = batch.masked.gather(1, batch.index)
    error = (output.prediction - batch.values.gather(1, batch.index))[target].square()
    linear = (model.linear(scores) - batch.values)[batch.masked].square()
    objective = error.sum() / max(1, error.numel()) + linear.sum() / max(1, linear.numel())
    return Loss(objective, float(error.detach().sum()), error.numel())
