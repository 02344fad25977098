"""A network laid out as BulkFormer's, put together from public packages; none of its code is here.

    gene table --> feed-forward --+
    value ---> REE ---------------+--> token --> [GCN over the gene graph --> Performers] --> head --> value
    all values --> context -------+                          mask ratio, mean, share of non-zero --+

Facts it follows, of the model as released in 2026-07: ln(TPM+1), of which 15 % are masked by -10; REE of base 100, zero
where masked; a learned table of genes; a context of G -> 4D -> D, of the values with their -10; a GCNConv (of
torch-geometric), then Performers (of performer-pytorch) with 8 heads of D / 8; a head that is also told three numbers
of the sample; squared error of the masked genes.

What is not known is taken so that it costs little: parts of a token are summed, and a gene has 20 neighbours. Of 20,010
genes in the five published sizes it has 13.3, 28.3, 74.6, 110.4 and 130.1 million parameters, counted; the release has
13.4, 28.6, 75.9, 112.4 and 132.1. That leaves no room for Performers of genes binned by expression, of 12 D^2 each:
there are none. The graph of a batch is one CSR matrix, since a list of edges was slower.

Shapes: B samples, G genes, D width, N neighbours of a gene.
"""

from __future__ import annotations

import torch
from performer_pytorch import Performer
from torch import Tensor, nn
from torch_geometric.nn import GCNConv

from workflow_scripts.bulk.models.tokens import rotary_expression_embedding
from workflow_scripts.training.objective import Loss

MASK, RATIO = -10.0, 0.15
NEIGHBOURS = 20


class Plan(nn.Module):
    """BulkFormer's layers: `depth` is the number of Performers after the GCN."""

    def __init__(self, genes: int, dim: int, depth: int, heads: int, batch: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(genes, dim))
        self.identity = two_layers(dim, dim)
        self.context = two_layers(genes, dim, dim)
        self.convolve = GCNConv(dim, dim, cached=True)  # the weights of the edges are computed once
        self.attend = Performer(dim=dim, depth=depth, heads=heads, dim_head=dim // heads)
        self.norm = nn.LayerNorm(dim)
        self.head = two_layers(dim + 3, 1, dim)
        self.register_buffer("graph", random_graph(genes, batch), persistent=False)

    def forward(self, values: Tensor, masked: Tensor) -> Tensor:
        """Predict all genes of samples: values (B, G) ln(TPM+1), of which the `masked` (B, G) bool are hidden."""
        given = values.masked_fill(masked, MASK)
        ree = rotary_expression_embedding(given, self.table.shape[1], 100.0).masked_fill(masked.unsqueeze(-1), 0.0)
        x = self.identity(self.table) + ree + self.context(given).unsqueeze(1)  # (B, G, D)
        x = x + self.convolve(x.flatten(0, 1), self.graph).view_as(x)
        x = self.norm(self.attend(x))
        of_sample = torch.stack([masked.float().mean(1), given.mean(1), (given > 0).float().mean(1)], 1)  # (B, 3)
        told = of_sample.unsqueeze(1).expand(-1, x.shape[1], -1)
        return self.head(torch.cat([x, told], -1)).squeeze(-1)


def two_layers(given: int, out: int, dim: int | None = None) -> nn.Sequential:
    hidden = 4 * (dim or out)
    return nn.Sequential(nn.Linear(given, hidden), nn.GELU(), nn.Linear(hidden, out))


def random_graph(genes: int, batch: int) -> Tensor:
    """NEIGHBOURS other genes of each gene, (B x G, B x G) CSR: the same for every sample, and none between samples."""
    gene = torch.arange(genes).unsqueeze(1)
    neighbour = ((gene + torch.randint(1, genes, (genes, NEIGHBOURS))) % genes).sort().values  # (G, N)
    columns = torch.arange(batch)[:, None, None] * genes + neighbour  # (B, G, N)
    starts = torch.arange(0, columns.numel() + 1, NEIGHBOURS)
    return torch.sparse_csr_tensor(starts, columns.flatten(), torch.ones(columns.numel()), [batch * genes] * 2)


def loss(network: Plan, values: Tensor) -> Loss:
    """Squared error of ln(TPM+1) over the masked genes of samples (B, G)."""
    masked = torch.rand(values.shape) < RATIO
    error = (network(values, masked) - values)[masked].square()
    return Loss(error.sum(), error.numel())
