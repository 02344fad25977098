"""What the bulk model is trained to do: predict the masked genes of a sample."""

from __future__ import annotations

from torch import Tensor

from workflow_scripts.bulk.data import Batch
from workflow_scripts.bulk.model import BulkModel


def masked_error(model: BulkModel, batch: Batch) -> tuple[Tensor, int]:
    """Return (sum of squared errors over the masked measured genes of a batch, how many these are)."""
    output = model(batch.values, batch.visible, batch.index, batch.attended)
    error = output.prediction - batch.values.gather(1, batch.index)
    return error[batch.target].square().sum(), int(batch.target.sum())
