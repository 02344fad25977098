"""The bulk transformer: attention between the genes of a sample predicts what its latent factors leave.

    factors of the sample (see `bulk/base`) --> coordinates --> context --+---------------------+
                                                             | x gate     | loadings of gene    |
    gene vector (ESM2) + loadings of gene ---> identity -----+            |                     |
                                                  +          |            v                     |
    visible value --> features --> linear ----> token ---> blocks ---> residual in train sds    |
    (masked value ---> mask vector)                          |                                  |
                                                             v                                  v
                                                    mean of states            deviation + residual --> value

Shapes: B samples, G genes of the gene table, T tokens (a part of the genes), D width, K factors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workflow_scripts.bulk.base import MIN_SD, Base, Said, block_size, blocks
from workflow_scripts.bulk.models.attention import linear_attention
from workflow_scripts.bulk.models.layers import feed_forward
from workflow_scripts.bulk.models.tokens import Identity, TokenConfig, ValueFeatures
from workflow_scripts.bulk.objectives import Prediction

if TYPE_CHECKING:  # what training alone needs: a trained model is used with torch and numpy
    import anndata

    from workflow_scripts.bulk.data import Batch
    from workflow_scripts.bulk.fitting import Learned

SETTINGS = {
    "description": "A transformer that predicts what the latent factors of a sample leave.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "dim": {
            "description": "Width of a token; a multiple of twice the heads.",
            "type": "integer",
            "minimum": 8,
            "default": 64,
        },
        "layers": {
            "description": "Transformer layers; 0 leaves one gated context.",
            "type": "integer",
            "minimum": 0,
            "default": 2,
        },
        "heads": {
            "description": "Attention heads of a layer.",
            "type": "integer",
            "minimum": 1,
            "default": 4,
        },
        "dropout": {
            "description": "Share of activations, and of the weights of full attention, dropped in training.",
            "type": "number",
            "minimum": 0,
            "exclusiveMaximum": 1,
            "default": 0,
        },
        "attention": {
            "description": "How tokens look at one another: at a cost that grows with the square of their number "
            "(`full`), or with it (`linear`), so that all genes may be tokens.",
            "type": "string",
            "enum": ["full", "linear"],
            "default": "full",
        },
        "context": {
            "description": "Whether a token is told the factors of its sample.",
            "type": "boolean",
            "default": True,
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

MULTIPLES = {"dim": ["heads", 2]}
STATES = True
NOISE = 0

TOKENS_AT_ONCE = 1 << 14  # of all samples of a pass, which bounds its memory
DEAL = 4  # the seed that deals genes to passes


@dataclass(frozen=True)
class TransformerConfig(TokenConfig):
    """The architecture, stored in the model's bundle: enough to build the network again."""

    tokens: int  # genes that attend to one another in one pass
    layers: int
    heads: int
    dropout: float
    attention: str
    context: bool


class Output(NamedTuple):
    prediction: Tensor  # (B, T) float32, ln(TPM+1)
    states: Tensor  # (B, T, D)


class Block(nn.Module):
    """Pre-norm self-attention, then a pre-norm feed-forward layer."""

    def __init__(self, dim: int, heads: int, dropout: float, attention: str) -> None:
        super().__init__()
        self.heads, self.dropout, self.attention = heads, dropout, attention
        self.attention_norm = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.merge = nn.Linear(dim, dim)
        self.feed_forward = feed_forward(dim, dropout)

    def forward(self, x: Tensor, attended: Tensor | None) -> Tensor:
        """x (B, T, D); attended (B, T) bool, the tokens that may be looked at, one at least, or None for all."""
        qkv = self.qkv(self.attention_norm(x)).unflatten(-1, (3, self.heads, -1))  # (B, T, 3, H, D/H)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, H, T, D/H)
        if self.attention == "linear":
            mixed = linear_attention(q, k, v, attended)
        else:
            mask = None if attended is None else attended[:, None, None, :]
            mixed = F.scaled_dot_product_attention(q, k, v, mask, self.dropout if self.training else 0.0)
        x = x + F.dropout(self.merge(mixed.transpose(1, 2).flatten(2)), self.dropout, self.training)
        return x + self.feed_forward(x)


class Transformer(nn.Module):
    """Predicts the masked genes of a sample from its visible ones.

    It begins where linear imputation ends, at what the factors say of the visible genes, and predicts what they leave.
    Their coordinates are also the context, which so means the same under any mask ratio and any set of measured genes;
    and no masked value can reach it. Trained by gradient with all the rest, the factors came out worse.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        dim, factors = config.dim, config.factors
        self.identity = Identity(config)
        self.features = ValueFeatures(config.values, dim, config.ree_base)
        self.value = nn.Linear(self.features.number, dim)
        self.masked = nn.Parameter(torch.zeros(dim))
        if config.context:
            self.context = nn.Sequential(nn.Linear(factors, dim), nn.GELU(), nn.Linear(dim, dim))
            self.gate = nn.Linear(dim, dim)
        shape = dim, config.heads, config.dropout, config.attention
        self.blocks = nn.ModuleList(Block(*shape) for _ in range(config.layers))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(
        self,
        base: Base,
        identity: Tensor,
        said: Said,
        values: Tensor,
        visible: Tensor,
        index: Tensor,
        attended: Tensor | None = None,
    ) -> Output:
        """Predict the genes `index` of each sample.

        identity (G, D): of all genes; said: by the factors of `base`; values (B, G) ln(TPM+1), of which only the
        `visible` (B, G) bool are read; index (B, T) int64 genes; attended (B, T) bool, False for padding and
        unmeasured genes, or None for all.
        """
        shown = visible.gather(1, index)  # (B, T)
        value = values.gather(1, index).masked_fill(~shown, 0.0)
        features = self.features(value, base.standardized(value, index))
        x = identity[index] + torch.where(shown.unsqueeze(-1), self.value(features), self.masked)  # (B, T, D)
        if self.config.context:
            context = self.context(said.coordinates / base.sizes)
            x = x + context.unsqueeze(1) * self.gate(identity)[index]

        looked_at = None
        if attended is not None:  # a sample of which nothing is measured looks at all, rather than at nothing
            looked_at = attended | ~attended.any(1, keepdim=True)
        for block in self.blocks:
            x = block(x, looked_at)
        states = self.norm(x)
        residual = base.sd.clamp(min=MIN_SD)[index] * self.head(states).squeeze(-1).float()
        return Output((base.mean + said.deviation).gather(1, index) + residual, states)


def create(settings: dict, genes: anndata.AnnData, base: Base, learned: Learned, seed: int, tokens: int) -> Transformer:
    """A new network, see `registry`."""
    size = {"genes": genes.n_obs, "gene_vector": genes.n_vars, "factors": base.shape["factors"], "tokens": tokens}
    torch.manual_seed(seed)
    network = Transformer(TransformerConfig(**size, **settings))
    network.identity.learn(genes, seed)
    return network


def restore(architecture: dict) -> Transformer:
    """An untrained network of the given TransformerConfig, as a dictionary."""
    return Transformer(TransformerConfig(**architecture))


def forward(network: Transformer, base: Base, batch: Batch) -> Prediction:
    """What the network says of those genes of a batch that are tokens, and its mean state of the measured ones."""
    said = base.factors_by_fold(batch.values, batch.visible, batch.fold)
    identity = network.identity(base.loadings)
    output = network(base, identity, said, batch.values, batch.visible, batch.index, batch.attended)
    counted = torch.ones_like(output.prediction) if batch.attended is None else batch.attended.float()
    shares = counted / counted.sum(1, keepdim=True).clamp(min=1)
    return Prediction(output.prediction, batch.index, (shares.unsqueeze(1) @ output.states).squeeze(1).float())


@torch.inference_mode()
def embed_genes(network: Transformer, base: Base) -> np.ndarray:
    """What each gene is to the network, (G, D) float32; with this a token of the gene begins, before its value."""
    return network.identity(base.loadings).cpu().numpy()


class Pass(NamedTuple):
    """N samples through the network with T of their genes as tokens."""

    rows: slice
    genes: np.ndarray  # (T,) int64
    measured: Tensor  # (N, T) bool
    prediction: Tensor  # (N, T)
    states: Tensor  # (N, T, D)


def predict(network: Transformer, base: Base, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """What the network says of every known gene of every sample, see `registry`."""
    predicted = np.full(values.shape, np.nan, np.float32)
    for part in passes(network, base, values, visible):
        predicted[part.rows, part.genes] = part.prediction.cpu().numpy()
    return predicted


def embed(network: Transformer, base: Base, values: np.ndarray) -> np.ndarray:
    """The mean (N, D) float32 of the final states of a sample over its measured genes, all of them visible."""
    embedded = np.zeros((len(values), network.config.dim), np.float32)
    measured = np.isfinite(values) & base.known.cpu().numpy()
    for part in passes(network, base, values, measured):
        embedded[part.rows] += (part.states * part.measured.unsqueeze(-1)).sum(1).cpu().numpy()
    return embedded / np.maximum(1, measured.sum(axis=1, keepdims=True))


@torch.inference_mode()
def passes(network: Transformer, base: Base, values: np.ndarray, visible: np.ndarray) -> Iterator[Pass]:
    """Yield passes until every known gene of every sample has been a token.

    As in training, so many genes attend to one another as the network has tokens; genes are dealt to passes at random,
    once and for all. The factors see all visible genes in every pass. So the cost grows with the number of genes, not
    with its square.
    """
    dealt = np.random.default_rng(DEAL).permutation(np.flatnonzero(base.known.cpu().numpy()))
    parts = np.array_split(dealt, max(1, round(len(dealt) / network.config.tokens)))
    identity = network.identity(base.loadings)  # once for all samples
    size = min(block_size(base), max(1, TOKENS_AT_ONCE // max(1, len(parts[0]))))
    for block in blocks(base, values, visible, size):
        said = base.factors(block.values, block.visible)
        for genes in parts:
            index = torch.from_numpy(genes).to(block.values.device)
            attended, given = block.measured[:, index], (block.values, block.visible)
            output = network(base, identity, said, *given, index.expand(len(block.values), -1), attended)
            yield Pass(block.rows, genes, *(of[: block.number] for of in (attended, *output)))
