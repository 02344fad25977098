"""The bulk transformer: latent factors of a sample, and what attention between its genes adds to them.

    all visible values ---> scores of latent factors ---> context --------+---------------------+
                                                             | x gate     | x loadings of gene  |
    gene vector (ESM2) + loadings of gene ---> identity -----+            |                     |
                                                  +          |            v                     |
    visible value ---> REE ---> linear -------> token ---> blocks ---> residual in train sds    |
    (masked value ---> mask vector)                          |                                  |
                                                             v                                  v
                                       mean of states ---> sample embedding <--- scores of latent factors

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

from workflow_scripts.training.objective import Loss

if TYPE_CHECKING:  # what training alone needs: a trained model is used with torch and numpy
    import anndata
    import pandas as pd

    from workflow_scripts.bulk.data import Batch

SETTINGS = {
    "description": "Latent factors of a sample, and a transformer that predicts what they leave.",
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
            "description": "Transformer layers; 0 leaves the latent factors and one gated context.",
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
        "factors": {
            "description": "Latent factors of a sample (probabilistic PCA of the train split).",
            "type": "integer",
            "minimum": 1,
            "maximum": 4096,
            "default": 64,
        },
        "dropout": {
            "description": "Share of activations and attention weights dropped in training.",
            "type": "number",
            "minimum": 0,
            "exclusiveMaximum": 1,
            "default": 0,
        },
        "ree_base": {
            "description": "Base of the expression embedding's frequencies; periods reach 2 pi times it, in ln(TPM+1).",
            "type": "number",
            "exclusiveMinimum": 1,
            "default": 100,
        },
    },
}

MULTIPLES = {"dim": ["heads", 2]}

MIN_SD = 0.01  # ln(TPM+1); a gene that hardly varies must not count as many sds away
MAX_DEVIATION = 10.0  # sds; one outlier must not drown a sample's context
# What bounds the memory of one pass: tokens of all its samples, and products of their genes and factors (float32).
TOKENS_AT_ONCE = 1 << 14
PRODUCTS_AT_ONCE = 1 << 28
DEAL = 4  # the seed that deals genes to passes


@dataclass(frozen=True)
class BulkConfig:
    """The architecture, stored in the model's bundle: enough to build the model again."""

    genes: int
    gene_vector: int  # length of one gene's vector
    tokens: int  # genes that attend to one another in one pass
    dim: int
    layers: int
    heads: int
    factors: int
    dropout: float
    ree_base: float


class Output(NamedTuple):
    prediction: Tensor  # (B, T) float32, ln(TPM+1)
    states: Tensor  # (B, T, D)


def rotary_expression_embedding(values: Tensor, dim: int, base: float) -> Tensor:
    """Sinusoidal features of expression values: (...) ln(TPM+1) to (..., dim) float32, dim even.

    inv_freq_k = base^(-2k/dim) for k = 0 .. dim/2 - 1; the sines of value * inv_freq, then the cosines.
    This is the layout of BulkFormer's code (`utils/Rope.py`, base 100). Despite its name it is a
    feature that is added to a token, not a rotation of queries and keys.
    """
    k = torch.arange(dim // 2, device=values.device, dtype=torch.float32)
    angle = values.float().unsqueeze(-1) * base ** (-2 * k / dim)  # (..., dim/2)
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


class Block(nn.Module):
    """Pre-norm self-attention, then a pre-norm feed-forward layer."""

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.merge = nn.Linear(dim, dim)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(dim), nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim), nn.Dropout(dropout)
        )

    def forward(self, x: Tensor, attended: Tensor | None) -> Tensor:
        """x (B, T, D); attended (B, 1, 1, T) bool, the tokens that may be looked at, or None for all."""
        qkv = self.qkv(self.attention_norm(x)).unflatten(-1, (3, self.heads, -1))  # (B, T, 3, H, D/H)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, H, T, D/H)
        mixed = F.scaled_dot_product_attention(q, k, v, attended, self.dropout if self.training else 0.0)
        x = x + F.dropout(self.merge(mixed.transpose(1, 2).flatten(2)), self.dropout, self.training)
        return x + self.feed_forward(x)


class BulkModel(nn.Module):
    """Predicts the masked genes of a sample from its visible ones.

    It begins where linear imputation ends: the scores of a sample are the posterior mean of a linear
    factor model given the visible genes alone (probabilistic PCA, fitted to the train split in closed
    form, see `evaluation/factors.py`), and the transformer predicts what the factors leave. The scores are
    also the context, which so means the same under any mask ratio and any set of measured genes; and no
    masked value can reach it. Trained by gradient with all the rest, the factors came out worse.
    """

    def __init__(self, config: BulkConfig) -> None:
        super().__init__()
        self.config = config
        genes, dim, factors = config.genes, config.dim, config.factors
        # What is known before training: never trained, saved with the weights.
        self.register_buffer("gene_vectors", torch.zeros(genes, config.gene_vector))
        self.register_buffer("has_vector", torch.zeros(genes, dtype=torch.bool))
        self.register_buffer("known", torch.ones(genes, dtype=torch.bool))  # measured in the train split
        self.register_buffer("mean", torch.zeros(genes))  # ln(TPM+1) over the train split
        self.register_buffer("sd", torch.ones(genes))
        self.register_buffer("loadings", torch.zeros(genes, factors))  # ln(TPM+1)
        self.register_buffer("noise", torch.ones(()))  # variance that the factors leave, ln(TPM+1)^2

        self.vector = nn.Linear(config.gene_vector, dim)
        self.no_vector = nn.Parameter(torch.randn(dim))
        self.from_loadings = nn.Linear(factors, dim, bias=False)
        self.value = nn.Linear(dim, dim)
        self.masked = nn.Parameter(torch.zeros(dim))
        self.context = nn.Sequential(nn.Linear(factors, dim), nn.GELU(), nn.Linear(dim, dim))
        self.gate = nn.Linear(dim, dim)
        self.blocks = nn.ModuleList(Block(dim, config.heads, config.dropout) for _ in range(config.layers))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, values: Tensor, visible: Tensor, index: Tensor, attended: Tensor | None = None) -> Output:
        """Predict the genes `index` of each sample.

        values (B, G) ln(TPM+1), of which only the `visible` (B, G) bool are read; index (B, T) int64
        genes; attended (B, T) bool, False for padding and unmeasured genes, or None for all.
        """
        return self.predict(values, visible, self.scores(values, visible), index, attended)

    def scores(self, values: Tensor, visible: Tensor) -> Tensor:
        """Posterior means (B, K) of the latent factors given the visible genes."""
        with torch.autocast(values.device.type, enabled=False):  # a solve needs float32
            limit = MAX_DEVIATION * self.sd.clamp(min=MIN_SD)
            deviation = (values - self.mean).masked_fill(~visible, 0.0).clamp(-limit, limit)  # (B, G)
            seen = visible.unsqueeze(1) * self.loadings.T  # (B, K, G)
            precision = seen @ self.loadings + self.noise * torch.eye(self.config.factors, device=values.device)
            root = torch.linalg.cholesky(precision)  # (B, K, K), times the noise
            return torch.cholesky_solve((deviation @ self.loadings).unsqueeze(-1), root).squeeze(-1)

    def identity(self) -> Tensor:
        """What each gene is, whatever its value: (G, D)."""
        vectors = torch.where(self.has_vector.unsqueeze(1), self.vector(self.gene_vectors), self.no_vector)
        return vectors + self.from_loadings(self.loadings)

    def predict(
        self, values: Tensor, visible: Tensor, scores: Tensor, index: Tensor, attended: Tensor | None = None
    ) -> Output:
        """As `forward`, given the scores (B, K): a sample's genes may be predicted in several passes."""
        dim, base = self.config.dim, self.config.ree_base
        identity = self.identity()

        shown = visible.gather(1, index)  # (B, T)
        value = values.gather(1, index).masked_fill(~shown, 0.0)
        value = torch.where(
            shown.unsqueeze(-1), self.value(rotary_expression_embedding(value, dim, base)), self.masked
        )  # (B, T, D)
        gated = self.context(scores).unsqueeze(1) * self.gate(identity)[index]
        x = identity[index] + value + gated  # (B, T, D)

        looked_at = None
        if attended is not None:  # a sample of which nothing is measured looks at all, rather than at nothing
            looked_at = (attended | ~attended.any(1, keepdim=True))[:, None, None, :]
        for block in self.blocks:
            x = block(x, looked_at)
        states = self.norm(x)

        with torch.autocast(values.device.type, enabled=False):
            linear = self.mean + scores @ self.loadings.T  # (B, G)
        residual = self.sd.clamp(min=MIN_SD)[index] * self.head(states).squeeze(-1).float()
        return Output(linear.gather(1, index) + residual, states)


def create(
    settings: dict, genes: anndata.AnnData, statistics: pd.DataFrame, references: np.ndarray, seed: int, tokens: int
) -> BulkModel:
    """A new model, see `registry`.

    The latent factors are fitted to `references`; should these be fewer than the factors, those left over stay zero.
    The vectors of genes are standardized per dimension: language models have a few dimensions that are large in every
    protein. A gene without train statistics is not `known` and is never looked at.
    """
    from workflow_scripts.evaluation import factors  # with scikit-learn, which a trained model goes without

    config = BulkConfig(genes=genes.n_obs, gene_vector=genes.n_vars, tokens=tokens, **settings)
    torch.manual_seed(seed)
    model = BulkModel(config)

    has_vector = ~genes.obs["missing"].to_numpy(bool)
    vectors = np.asarray(genes.X, np.float64)
    present = vectors[has_vector]
    if len(present):
        sd = present.std(axis=0)
        vectors = (vectors - present.mean(axis=0)) / np.where(sd > 0, sd, 1.0)
    model.gene_vectors.copy_(torch.from_numpy(np.where(has_vector[:, None], vectors, 0.0)))
    model.has_vector.copy_(torch.from_numpy(has_vector))
    model.known.copy_(torch.from_numpy(statistics["mean"].notna().to_numpy()))
    model.mean.copy_(torch.from_numpy(statistics["mean"].fillna(0.0).to_numpy()))
    model.sd.copy_(torch.from_numpy(statistics["sd"].fillna(1.0).to_numpy()))

    number = min(config.factors, min(references.shape) - 1)
    if number > 0:
        centred = np.nan_to_num(references - statistics["mean"].to_numpy(np.float32))
        (fitted,) = factors.fit(centred, [number], seed)
        model.loadings[:, :number] = torch.from_numpy(fitted.loadings)
        model.noise.fill_(float(fitted.noise[0]))  # the same in all genes
    return model


def restore(architecture: dict) -> BulkModel:
    """An untrained model of the given BulkConfig, as a dictionary."""
    return BulkModel(BulkConfig(**architecture))


def loss(model: BulkModel, batch: Batch) -> Loss:
    """Squared error of ln(TPM+1) over those masked measured genes of a batch that are tokens."""
    output = model(batch.values, batch.visible, batch.index, batch.attended)
    target = batch.masked.gather(1, batch.index)
    error = (output.prediction - batch.values.gather(1, batch.index))[target].square()
    return Loss(error.sum(), error.numel())


@torch.inference_mode()
def embed_genes(model: BulkModel) -> np.ndarray:
    """What each gene is to the model, (G, D) float32: its learned map of the gene's vector and of its loadings.

    It is what a token of the gene begins with, before its value is added.
    """
    return model.identity().cpu().numpy()


class Pass(NamedTuple):
    """N samples through the model with T of their genes as tokens."""

    rows: slice
    genes: np.ndarray  # (T,) int64
    measured: Tensor  # (N, T) bool
    scores: Tensor  # (N, K)
    prediction: Tensor  # (N, T)
    states: Tensor  # (N, T, D)


def impute(model: BulkModel, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Predict every known gene of every sample from its visible genes.

    values (N, G) ln(TPM+1), NaN where unmeasured, of which only the `visible` (N, G) bool are looked
    at. Returns (N, G) float32 ln(TPM+1), NaN for genes that no train sample measures.
    """
    predicted = np.full(values.shape, np.nan, np.float32)
    for part in passes(model, values, visible):
        predicted[part.rows, part.genes] = part.prediction.cpu().numpy()
    return predicted


def embed(model: BulkModel, values: np.ndarray) -> np.ndarray:
    """One vector (D + K) float32 per sample of `values` (N, G), with every measured gene visible.

    The first D numbers are the mean of the final states over the measured genes, the last K the
    scores of the latent factors, from which the context is made.
    """
    dim = model.config.dim
    embedded = np.zeros((len(values), dim + model.config.factors), np.float32)
    measured = np.isfinite(values) & model.known.cpu().numpy()
    for part in passes(model, values, measured):
        embedded[part.rows, :dim] += (part.states * part.measured.unsqueeze(-1)).sum(1).cpu().numpy()
        embedded[part.rows, dim:] = part.scores.cpu().numpy()
    embedded[:, :dim] /= np.maximum(1, measured.sum(axis=1, keepdims=True))
    return embedded


@torch.inference_mode()
def passes(model: BulkModel, values: np.ndarray, visible: np.ndarray) -> Iterator[Pass]:
    """Yield passes until every known gene of every sample has been a token.

    As in training, so many genes attend to one another as the model has tokens; genes are dealt to
    passes at random, once and for all. The scores see all visible genes in every pass. So the cost
    grows with the number of genes, not with its square.

    Every pass has the same number of samples, empty ones among them, and a mask: what is computed of a sample is the
    same to the bit whichever samples are beside it.
    """
    known = model.known.cpu().numpy()
    measured = np.isfinite(values)
    dealt = np.random.default_rng(DEAL).permutation(np.flatnonzero(known))
    parts = np.array_split(dealt, max(1, round(len(dealt) / model.config.tokens)))
    size = max(1, min(TOKENS_AT_ONCE // max(1, len(parts[0])), PRODUCTS_AT_ONCE // model.loadings.numel()))
    device = model.mean.device
    for first in range(0, len(values), size):
        rows = slice(first, min(first + size, len(values)))
        number = rows.stop - first
        shown = _filled(visible[rows] & measured[rows] & known, size)
        seen = torch.from_numpy(shown).to(device)
        given = torch.from_numpy(_filled(np.where(measured[rows], values[rows], np.float32(0)), size)).to(device)
        scores = model.scores(given, seen)
        for genes in parts:
            attended = torch.from_numpy(_filled(measured[rows][:, genes], size)).to(device)
            index = torch.from_numpy(genes).to(device).expand(size, -1)
            output = model.predict(given, seen, scores, index, attended)
            yield Pass(rows, genes, *(of[:number] for of in (attended, scores, *output)))


def _filled(rows: np.ndarray, size: int) -> np.ndarray:
    """`rows` (N, M) and as many empty ones as make `size`."""
    return np.concatenate([rows, np.zeros((size - len(rows), rows.shape[1]), rows.dtype)])
