"""A perceiver of bulk expression: few latent vectors read all visible genes of a sample, and say the whole profile.

    gene vector (ESM2) + loadings of gene ---> identity, slope --+
    visible value ---> features (REE), standardized value -------+--> token = identity + value x slope + features
                                                                          |
                          latent vectors ---> [read tokens, attend to one another] x blocks ---> states
                                                                                                   |
                      mean over states --> sample embedding           coordinates along the axes <-+--> value of gene

A token is a sum in which what is of the gene and what is of the value stand apart, so that it is never formed: the cost
of reading grows with genes times latents, and 20,000 genes are read at once (Jaegle et al. 2021, arXiv:2103.03206).
Shapes: B samples, G genes, L latents, D width, H heads, E = D / H, K factors, R numbers of features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from workflow_scripts.bulk.base import Base, blocks
from workflow_scripts.bulk.base import predict as of_samples
from workflow_scripts.bulk.models.layers import feed_forward
from workflow_scripts.bulk.models.tokens import Identity, TokenConfig, ValueFeatures
from workflow_scripts.bulk.objectives import Prediction

if TYPE_CHECKING:  # what training alone needs: a trained model is used with torch and numpy
    import anndata

    from workflow_scripts.bulk.data import Batch
    from workflow_scripts.bulk.fitting import Learned

SETTINGS = {
    "description": "Latent vectors that read all visible genes of a sample, and say its whole profile.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "dim": {
            "description": "Width of a latent vector; a multiple of the heads.",
            "type": "integer",
            "minimum": 8,
            "default": 64,
        },
        "latents": {
            "description": "Latent vectors of a sample.",
            "type": "integer",
            "minimum": 1,
            "default": 8,
        },
        "blocks": {
            "description": "How often they read the genes, and attend to one another.",
            "type": "integer",
            "minimum": 1,
            "default": 2,
        },
        "heads": {
            "description": "Attention heads.",
            "type": "integer",
            "minimum": 1,
            "default": 4,
        },
        "decoder": {
            "description": "Width of the layer between the latent vectors and the profile.",
            "type": "integer",
            "minimum": 1,
            "default": 256,
        },
        "dropout": {
            "description": "Share of activations dropped in training.",
            "type": "number",
            "minimum": 0,
            "exclusiveMaximum": 1,
            "default": 0.1,
        },
        "visible_weight": {
            "description": "Weight in the loss of values that are visible, beside 1 of those that are masked.",
            "type": "number",
            "minimum": 0,
            "default": 0.1,
        },
        "gene_vectors": {
            "description": "What tells genes apart beside loadings: the vectors of `embedding` (`given`), these, each "
            "at another gene (`shuffled`), normal noise (`random`), trained vectors (`learned`) or nothing (`none`).",
            "type": "string",
            "enum": ["given", "shuffled", "random", "learned", "none"],
            "default": "given",
        },
        "gene_loadings": {
            "description": "Whether loadings on the factors tell genes apart, too.",
            "type": "boolean",
            "default": True,
        },
        "values": {
            "description": "What says a value: sines, then cosines (`ree`), cosines and sines in turn, their index "
            "moved by one (`ree_interleaved`), a trained vector of each of 64 bins from 0 to 14 (`binned`), or the "
            "value itself, standardized (`scalar`).",
            "type": "string",
            "enum": ["ree", "ree_interleaved", "binned", "scalar"],
            "default": "ree",
        },
        "ree_base": {
            "description": "Base of the frequencies of `ree` and `ree_interleaved`; periods reach 2 pi times it, in "
            "ln(TPM+1).",
            "type": "number",
            "exclusiveMinimum": 1,
            "default": 100,
        },
    },
}

MULTIPLES = {"dim": ["heads", 1]}
STATES = True
NOISE = 0.1

REE = 16  # numbers of a value's features, where these are an expression embedding
READ_AT_ONCE = 1 << 25  # attention weights of all samples of a pass, which bounds its memory (float32)


@dataclass(frozen=True)
class PerceiverConfig(TokenConfig):
    """The architecture, stored in the model's bundle: enough to build the network again."""

    latents: int
    blocks: int
    heads: int
    decoder: int
    dropout: float
    visible_weight: float


class Tokens(NamedTuple):
    """What there is to read."""

    identity: Tensor  # (G, D)
    slope: Tensor  # (G, D), per standard deviation of a value
    direction: Tensor  # (R, D), of features
    value: Tensor  # (B, G), standardized
    features: Tensor  # (B, G, R)
    visible: Tensor  # (B, G) bool


class Read(nn.Module):
    """Pre-norm attention from latents to tokens, then among latents, each with a feed-forward layer."""

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(dim)
        self.query, self.merge = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.key, self.content = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.feed_forward = feed_forward(dim, dropout)
        self.among_norm = nn.LayerNorm(dim)
        self.among = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.among_feed_forward = feed_forward(dim, dropout)

    def forward(self, latents: Tensor, tokens: Tokens) -> Tensor:
        """latents (B, L, D)."""
        query = self.query(self.norm(latents)).unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, H, L, E)
        query = query / query.shape[-1] ** 0.5
        keys, contents = (
            [layer(of).unflatten(-1, (self.heads, -1)).transpose(0, 1) for of in tokens[:3]]  # (H, G or R, E)
            for layer in (self.key, self.content)
        )
        value, features = tokens.value[:, None, None, :], tokens.features[:, None]  # (B, 1, 1, G), (B, 1, G, R)
        identity, slope, direction = (query @ key.mT for key in keys)
        weights = identity + slope * value + direction @ features.mT  # (B, H, L, G)
        lowest = torch.finfo(weights.dtype).min  # of a sample without visible genes all weigh alike
        weights = weights.masked_fill(~tokens.visible[:, None, None, :], lowest).softmax(-1)
        identity, slope, direction = contents
        found = weights @ identity + (weights * value) @ slope + (weights @ features) @ direction  # (B, H, L, E)
        latents = latents + self.merge(found.transpose(1, 2).flatten(2))
        latents = latents + self.feed_forward(latents)
        x = self.among_norm(latents)
        latents = latents + self.among(x, x, x, need_weights=False)[0]
        return latents + self.among_feed_forward(latents)


class Output(NamedTuple):
    prediction: Tensor  # (B, G) float32, ln(TPM+1)
    states: Tensor  # (B, L, D)


class Perceiver(nn.Module):
    """Predicts all genes of a sample from its visible ones; no masked value can reach it.

    It says the whole profile, not what the factors leave, since otherwise its states would lack what the factors hold.
    """

    def __init__(self, config: PerceiverConfig) -> None:
        super().__init__()
        self.config = config
        dim, factors = config.dim, config.factors
        self.identity, self.slope = Identity(config), Identity(config)
        self.features = ValueFeatures(config.values, REE, config.ree_base)
        self.direction = nn.Parameter(0.1 * torch.randn(self.features.number, dim))
        self.latents = nn.Parameter(0.5 * torch.randn(config.latents, dim))
        self.reads = nn.ModuleList(Read(dim, config.heads, config.dropout) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(dim)
        flat = config.latents * dim
        self.linear = nn.Linear(flat, factors)
        self.curved = nn.Sequential(
            nn.Linear(flat, config.decoder), nn.GELU(), nn.Dropout(config.dropout), nn.Linear(config.decoder, factors)
        )
        self.loadings = nn.Parameter(torch.zeros(config.genes, factors))  # ln(TPM+1)

    def genes(self, base: Base) -> tuple[Tensor, Tensor]:
        """The parts of tokens that no value changes, identity and slope (G, D)."""
        axes = base.axes * base.axes.shape[0] ** 0.5
        return self.identity(axes), self.slope(axes)

    def forward(self, base: Base, genes: tuple[Tensor, Tensor], values: Tensor, visible: Tensor) -> Output:
        """genes: as of `genes`; values (B, G) ln(TPM+1), of which only the `visible` (B, G) bool are read."""
        shown = values.masked_fill(~visible, 0.0)
        value = base.standardized(shown)
        tokens = Tokens(*genes, self.direction, value, self.features(shown, value), visible)
        latents = self.latents.expand(len(values), -1, -1)
        for read in self.reads:
            latents = read(latents, tokens)
        states = self.norm(latents)
        flat = states.flatten(1)
        deviation = (self.linear(flat) + self.curved(flat)) @ self.loadings.T
        return Output(base.mean + deviation.float(), states.float())


def create(settings: dict, genes: anndata.AnnData, base: Base, learned: Learned, seed: int, tokens: int) -> Perceiver:
    """A new network, see `registry`; it reads all genes, whatever `tokens` says."""
    size = {"genes": genes.n_obs, "gene_vector": genes.n_vars, "factors": base.shape["factors"]}
    torch.manual_seed(seed)
    network = Perceiver(PerceiverConfig(**size, **settings))
    network.identity.learn(genes, seed)
    network.slope.learn(genes, seed)
    with torch.no_grad():
        network.loadings.copy_(base.axes * base.sizes)
    return network


def restore(architecture: dict) -> Perceiver:
    """An untrained network of the given PerceiverConfig, as a dictionary."""
    return Perceiver(PerceiverConfig(**architecture))


def forward(network: Perceiver, base: Base, batch: Batch) -> Prediction:
    """What the network says of all genes of a batch, and its mean states; errors of visible genes have a weight."""
    output = network(base, network.genes(base), batch.values, batch.visible)
    return Prediction(output.prediction, None, output.states.mean(1), network.config.visible_weight)


@torch.inference_mode()
def embed_genes(network: Perceiver, base: Base) -> np.ndarray:
    """What each gene is to the network, (G, D) float32: the learned part of its tokens that no value changes."""
    return network.genes(base)[0].cpu().numpy()


@torch.inference_mode()
def predict(network: Perceiver, base: Base, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """What the network says of every known gene of every sample, see `registry`."""
    genes = network.genes(base)
    return of_samples(base, values, visible, _size(network), lambda *given: network(base, genes, *given).prediction)


@torch.inference_mode()
def embed(network: Perceiver, base: Base, values: np.ndarray) -> np.ndarray:
    """The mean (N, D) float32 of the states of a sample, with every measured gene visible."""
    embedded = np.empty((len(values), network.config.dim), np.float32)
    genes = network.genes(base)
    for block in blocks(base, values, np.isfinite(values), _size(network)):
        states = network(base, genes, block.values, block.visible).states[: block.number]
        embedded[block.rows] = states.mean(1).cpu().numpy()
    return embedded


def _size(network: Perceiver) -> int:
    """Samples at once."""
    of_one = network.config.genes * max(network.config.latents * network.config.heads, network.features.number)
    return max(1, min(64, READ_AT_ONCE // of_one))
