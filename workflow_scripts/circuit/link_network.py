"""A network over the candidate elements of one gene, upon a logistic regression of each pair.

    features of each element --+--> logistic regression ----------------------+
                               +--> embed --> local self-attention --> head --+--> logit of each pair

The tokens are the elements of a gene, so that an element is judged beside its competitors. The head begins at 0: what
is learned is a residual, and a network that learns nothing is the logistic regression.
B genes, E elements (the most of a gene of the batch), F features, D numbers a token.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

log = logging.getLogger(__name__)


class LinkNetwork(nn.Module):
    """The residual of each pair, in logits."""

    def __init__(self, features: int, spec: dict[str, Any], attention: bool = True) -> None:
        """spec: dim, heads, layers, dropout; without `attention` each element sees itself alone."""
        super().__init__()
        self.attention = attention
        self.embed = nn.Linear(features, spec["dim"])
        layer = nn.TransformerEncoderLayer(
            spec["dim"], spec["heads"], 2 * spec["dim"], spec["dropout"], batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, spec["layers"], enable_nested_tensor=False)
        self.head = nn.Linear(spec["dim"], 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        """x (B, E, F) float32, present (B, E) bool: which elements there are, one at least. Returns (B, E) float32."""
        tokens = self.embed(x)
        if self.attention:
            states = self.encoder(tokens, src_key_padding_mask=~present)
        else:
            states = self.encoder(tokens.flatten(0, 1).unsqueeze(1)).view_as(tokens)
        return self.head(states).squeeze(-1)


def by_gene(genes: np.ndarray, distance: np.ndarray, max_elements: int) -> list[np.ndarray]:
    """Of each gene the rows of its pairs, the nearest first and `max_elements` at most; genes sorted by name.

    genes (N,) names, distance (N,) bp.
    """
    order = np.lexsort((distance, genes))
    starts = np.flatnonzero(genes[order][1:] != genes[order][:-1]) + 1
    return [rows[:max_elements] for rows in np.split(order, starts)]


def padded(members: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Rows (B, E) int64, 0 where there is no element, and which there are (B, E) bool."""
    rows = np.zeros((len(members), max(map(len, members))), np.int64)
    present = np.zeros(rows.shape, bool)
    for place, of_gene in enumerate(members):
        rows[place, : len(of_gene)] = of_gene
        present[place, : len(of_gene)] = True
    return rows, present


def batches(members: list[np.ndarray], size: int, generator: np.random.Generator) -> Iterator[list[np.ndarray]]:
    """Genes in batches of `size`, each of genes with about as many elements, in another order each time."""
    order = np.lexsort((generator.random(len(members)), [len(rows) for rows in members]))
    cut = np.split(order, range(size, len(order), size))
    for batch in generator.permutation(len(cut)):
        yield [members[place] for place in cut[batch]]


class Told(NamedTuple):
    """What is known of pairs; all float32."""

    x: Tensor  # (N, F)
    offset: Tensor  # (N,) logits of the linear part
    regulated: Tensor  # (N,) 0 or 1, NaN where it is not known


def train(
    x: np.ndarray,
    offset: np.ndarray,
    regulated: np.ndarray,
    members: dict[str, list[np.ndarray]],
    spec: dict[str, Any],
    attention: bool,
    seed: int,
) -> LinkNetwork:
    """The network of the epoch with the least loss on validation, of which epoch 0 is that without any training.

    x, offset, regulated: as of `Told`; members: of `train` and of `validation` the genes. spec: of the network, and
    learning_rate, weight_decay, batch_genes, max_epochs, patience.
    """
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    network = LinkNetwork(x.shape[1], spec, attention)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=spec["learning_rate"], weight_decay=spec["weight_decay"], fused=True
    )
    x, offset, regulated = (torch.from_numpy(part.astype(np.float32)) for part in (x, offset, regulated))
    told = Told(x, offset, regulated)
    best, best_loss, best_epoch = copy.deepcopy(network.state_dict()), loss_of(network, told, members["validation"]), 0
    for epoch in range(1, spec["max_epochs"] + 1):
        network.train()
        for batch in batches(members["train"], spec["batch_genes"], generator):
            loss, tested = summed_loss(network, told, batch)
            if tested:
                optimizer.zero_grad()
                (loss / tested).backward()
                optimizer.step()
        found = loss_of(network, told, members["validation"])
        if found < best_loss:
            best, best_loss, best_epoch = copy.deepcopy(network.state_dict()), found, epoch
        if epoch - best_epoch >= spec["patience"]:
            break
    log.info("seed %d: loss %.5f on validation after epoch %d", seed, best_loss, best_epoch)
    network.load_state_dict(best)
    return network.eval()


def summed_loss(network: LinkNetwork, told: Told, members: list[np.ndarray]) -> tuple[Tensor, int]:
    """Sum of the cross-entropy over the tested pairs of some genes, and how many these are."""
    rows, present = map(torch.from_numpy, padded(members))
    tested = present & torch.isfinite(told.regulated[rows])
    logits = told.offset[rows] + network(told.x[rows], present)
    loss = binary_cross_entropy_with_logits(logits[tested], told.regulated[rows][tested], reduction="sum")
    return loss, int(tested.sum())


@torch.no_grad()
def loss_of(network: LinkNetwork, told: Told, members: list[np.ndarray]) -> float:
    """Mean cross-entropy over the tested pairs of these genes."""
    network.eval()
    parts = [summed_loss(network, told, chunk) for chunk in in_order(members)]
    return sum(float(loss) for loss, _ in parts) / max(1, sum(tested for _, tested in parts))


@torch.no_grad()
def residuals(network: LinkNetwork, x: np.ndarray, members: list[np.ndarray]) -> np.ndarray:
    """What the network adds to the logit of each pair (N,) float64, 0 for those that are not among `members`."""
    network.eval()
    found = np.zeros(len(x))
    for chunk in in_order(members):
        rows, present = padded(chunk)
        said = network(torch.from_numpy(x[rows]), torch.from_numpy(present)).numpy()
        found[rows[present]] = said[present]
    return found


def in_order(members: list[np.ndarray], size: int = 32) -> Iterator[list[np.ndarray]]:
    """Genes by their number of elements, so that little is padded."""
    ordered = sorted(members, key=len)
    for first in range(0, len(ordered), size):
        yield ordered[first : first + size]
