"""A gated graph of genes: what the factors leave of a gene, from what they leave of its neighbours.

    factors of the sample (see `bulk/base`) --> coordinates --> shares of contexts --> weights of edges
                                                                                            |
                                                                                            v
    visible values less what the factors say ------> messages of neighbours -----> weighted sum = what they leave
                                                               ^                            |
                                                               +------- of hidden genes, in later rounds

Which regulator acts on which gene, and with which sign, differs between tissues, and linear factors of all samples
cannot hold that. The neighbours of a gene are those whose residuals go with its own within contexts, in train samples
that the factors have not seen. Contexts begin as clusters of samples, and are then learned with all the rest.
Shapes: B samples, G genes, K factors, A axes, C contexts, N neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workflow_scripts.bulk.base import MIN_SD, Base, Said, block_size, blocks
from workflow_scripts.bulk.base import predict as of_samples
from workflow_scripts.bulk.objectives import Prediction

if TYPE_CHECKING:  # what training alone needs: a trained model is used with torch and numpy
    import anndata

    from workflow_scripts.bulk.data import Batch
    from workflow_scripts.bulk.fitting import Learned

SETTINGS = {
    "description": "Messages between genes, weighted by context, that predict what the factors of a sample leave.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "neighbours": {
            "description": "Genes that send messages to a gene.",
            "type": "integer",
            "minimum": 1,
            "default": 16,
        },
        "contexts": {
            "description": "Contexts that weight the edges, of which a sample has shares; 1 for one weight an edge.",
            "type": "integer",
            "minimum": 1,
            "default": 8,
        },
        "axes": {
            "description": "Axes of the factors, the greatest first, that tell the context.",
            "type": "integer",
            "minimum": 1,
            "default": 16,
        },
        "rounds": {
            "description": "How often messages are sent; from the second on, hidden genes send what was found of them.",
            "type": "integer",
            "minimum": 1,
            "default": 2,
        },
        "dropout": {
            "description": "Share of messages dropped in training.",
            "type": "number",
            "minimum": 0,
            "exclusiveMaximum": 1,
            "default": 0.1,
        },
    },
}

MULTIPLES = {}
STATES = False
NOISE = 0

EDGES_AT_ONCE = 1 << 24  # of all samples of a pass, which bounds its memory


@dataclass(frozen=True)
class GraphConfig:
    """The architecture, stored in the model's bundle: enough to build the network again."""

    genes: int
    neighbours: int
    contexts: int
    axes: int
    rounds: int
    dropout: float


class Graph(nn.Module):
    """Predicts all genes of a sample from its visible ones; no masked value can reach it.

    Untrained, it says what the factors say.
    """

    def __init__(self, config: GraphConfig) -> None:
        super().__init__()
        self.config = config
        genes, contexts, neighbours = config.genes, config.contexts, config.neighbours
        self.register_buffer("neighbours", torch.zeros(genes, neighbours, dtype=torch.int64))
        self.register_buffer("edges", torch.zeros(genes, neighbours, dtype=torch.bool))  # others send nothing
        self.context = nn.Linear(config.axes, contexts)
        self.common = nn.Parameter(torch.zeros(genes, neighbours))  # weights of edges in every context, in train sds
        self.gated = nn.Parameter(torch.zeros(contexts, genes, neighbours))  # and in each, beside
        self.mean = nn.Parameter(torch.zeros(contexts, genes))  # residuals

    def contexts(self, base: Base, said: Said) -> Tensor:
        """Logarithms of the shares of contexts but for a number, (B, C) float32; said: by the factors of `base`."""
        return self.context(said.coordinates[:, : self.config.axes] / base.sizes[: self.config.axes]).float()

    def forward(self, base: Base, said: Said, values: Tensor, visible: Tensor) -> Tensor:
        """Predict all genes, (B, G) float32 ln(TPM+1).

        said: by the factors of `base`; values (B, G) ln(TPM+1), of which only the `visible` (B, G) bool are read.
        """
        sd = base.sd.clamp(min=MIN_SD)
        shares = self.contexts(base, said).softmax(-1)
        weights = self.common + (shares @ self.gated.flatten(1)).unflatten(1, self.common.shape)  # (B, G, N)
        weights = weights.masked_fill(~self.edges, 0.0)
        mean = shares @ self.mean
        shown = base.left(said, values, visible) / sd
        sent = shown
        for _ in range(self.config.rounds):
            messages = F.dropout(sent, self.config.dropout, self.training)[:, self.neighbours]  # (B, G, N)
            found = mean + (weights * messages).sum(-1)
            sent = torch.where(visible, shown, found)
        return (base.mean + said.deviation + sd * found).float()


def create(settings: dict, genes: anndata.AnnData, base: Base, learned: Learned, seed: int, tokens: int) -> Graph:
    """A new network, see `registry`; it reads all genes, whatever `tokens` says, and no gene vector."""
    from workflow_scripts.bulk import coexpression  # not at the top: a trained model is used with torch and numpy

    most = {"neighbours": max(1, genes.n_obs - 1), "contexts": len(learned.train), "axes": base.shape["factors"]}
    settings = settings | {name: min(settings[name], number) for name, number in most.items()}
    network = Graph(GraphConfig(genes=genes.n_obs, **settings))
    residuals, coordinates = coexpression.left(base, learned.train, learned.folds)
    contexts = coexpression.contexts(coordinates[:, : settings["axes"]], settings["contexts"], seed)
    found, beyond = coexpression.neighbours(residuals, contexts.labels, settings["neighbours"], seed)
    with torch.no_grad():
        # The shares of a mixture of as many equal spherical Gaussians.
        network.context.weight.copy_(torch.from_numpy(contexts.centres / contexts.variance))
        network.context.bias.copy_(torch.from_numpy(-np.square(contexts.centres).sum(1) / (2 * contexts.variance)))
        network.neighbours.copy_(torch.from_numpy(found))
        network.edges.copy_(torch.from_numpy(beyond))
    return network


def restore(architecture: dict) -> Graph:
    """An untrained network of the given GraphConfig, as a dictionary."""
    return Graph(GraphConfig(**architecture))


def forward(network: Graph, base: Base, batch: Batch) -> Prediction:
    """What the network says of all genes of a batch."""
    said = base.factors_by_fold(batch.values, batch.visible, batch.fold)
    return Prediction(network(base, said, batch.values, batch.visible))


@torch.inference_mode()
def predict(network: Graph, base: Base, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """What the network says of every known gene of every sample, see `registry`."""

    def say(values: Tensor, visible: Tensor) -> Tensor:
        return network(base, base.factors(values, visible), values, visible)

    size = max(1, min(block_size(base), EDGES_AT_ONCE // (network.config.genes * network.config.neighbours)))
    return of_samples(base, values, visible, size, say)


@torch.inference_mode()
def embed(network: Graph, base: Base, values: np.ndarray) -> np.ndarray:
    """The contexts (N, C) float32 of samples, as logarithms of shares but for a number, from all measured genes."""
    embedded = np.empty((len(values), network.config.contexts), np.float32)
    for block in blocks(base, values, np.isfinite(values), block_size(base)):
        contexts = network.contexts(base, base.factors(block.values, block.visible))
        embedded[block.rows] = contexts[: block.number].cpu().numpy()
    return embedded
