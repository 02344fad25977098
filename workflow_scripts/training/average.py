"""An exponential moving average of the weights, which is validated and kept in place of the weights themselves.

    average_t = (1 - d) / (1 - d^t) * sum over steps i = 1 .. t of d^(t - i) * weights_i

with the decay d. The factor is the bias correction of Kingma and Ba (2015, section 3): an average that is still young
is one of the few steps there were, and owes nothing to the weights before training.

Lightning's WeightAveraging and torch's AveragedModel copy a whole module, which one that is sharded does not allow;
the step of the average is torch's.
"""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from workflow_scripts.training.sharding import as_part, part, whole


class Average:
    """The average of the parameters of a model; on each rank, of what it holds of them."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model, self.decay, self.steps = model, decay, 0
        self.parameters = [part(parameter) for parameter in model.parameters()]
        self.weights = [parameter.clone() for parameter in self.parameters]

    def update(self) -> None:
        """Take in the parameters after a step."""
        self.steps += 1
        newest = (1 - self.decay) / (1 - self.decay**self.steps)
        get_ema_multi_avg_fn(1 - newest)(self.weights, self.parameters, self.steps)

    def swap(self) -> None:
        """Give the parameters the values of the average, and the average theirs; twice is not at all."""
        for average, parameter in zip(self.weights, self.parameters, strict=True):
            held = parameter.clone()
            parameter.copy_(average)
            average.copy_(held)

    def state(self) -> dict[str, Any]:
        """What `load` goes on from, whole on every rank."""
        self.swap()
        weights = whole(dict(self.model.named_parameters()))
        self.swap()
        return {"steps": self.steps, "weights": weights}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a `state`, of however many ranks."""
        self.steps = state["steps"]
        for average, (name, parameter) in zip(self.weights, self.model.named_parameters(), strict=True):
            average.copy_(as_part(state["weights"][name], parameter))
