"""What the bulk model is trained to do: predict the masked genes of a sample."""

from __future__ import annotations

from workflow_scripts.bulk.data import Batch
from workflow_scripts.bulk.model import BulkModel
from workflow_scripts.training.loop import Loss


def masked_error(model: BulkModel, batch: Batch) -> Loss:
    """Squared error of ln(TPM+1) over those masked measured genes of a batch that are tokens."""
    output = model(batch.values, batch.visible, batch.index, batch.attended)
    target = batch.masked.gather(1, batch.index)
    error = (output.prediction - batch.values.gather(1, batch.index))[target].square()
    return Loss(error.sum(), error.numel())
