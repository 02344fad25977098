"""Public networks from sequence to tracks, each with its own loss: enformer-pytorch, bpnet-lite and Cherimoya.

They read one-hot bases (B, 4, L) and predict both strands of one track in bins (B, 2, N). BPNet and Cherimoya say a
profile over bases and the logarithm of a total: what they say of the bases of a bin is summed, and their loss (the
multinomial of the profile, the squared error of the total) is of the same bins. Cherimoya is not compiled.
"""

from __future__ import annotations

from collections.abc import Callable

from bpnetlite.bpnet import BPNet
from bpnetlite.losses import MNLLLoss, log1pMSELoss
from cherimoya import Cherimoya
from enformer_pytorch import Enformer
from torch import Tensor, nn
from torch.nn.functional import poisson_nll_loss


class OfBins(nn.Module):
    """Networks of Enformer's kind: the expected signal of each bin."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, bases: Tensor) -> Tensor:
        return self.network(bases.mT)["tracks"].mT

    def loss(self, bases: Tensor, signal: Tensor) -> Tensor:
        return poisson_nll_loss(self(bases), signal, log_input=False)


class OfBases(nn.Module):
    """Networks of BPNet's kind: shares of the signal of a window, by bases of both strands, and its logarithm."""

    def __init__(self, network: nn.Module, bins: int) -> None:
        super().__init__()
        self.network, self.bins = network, bins

    def said(self, bases: Tensor) -> tuple[Tensor, Tensor]:
        """Logarithms of shares (B, 2, N), and of the total (B, 1)."""
        logits, total = self.network(bases)
        shares = logits.flatten(1).log_softmax(-1).unflatten(1, logits.shape[1:])
        return shares.unflatten(-1, (self.bins, -1)).logsumexp(-1), total

    def forward(self, bases: Tensor) -> Tensor:
        shares, total = self.said(bases)
        return shares.exp() * (total.exp() - 1).clamp(min=0)[..., None]  # the total is that of log(1 + signal)

    def loss(self, bases: Tensor, signal: Tensor) -> Tensor:
        shares, total = self.said(bases)
        profile = MNLLLoss(shares.flatten(1), signal.flatten(1)).mean()
        return profile + log1pMSELoss(total, signal.flatten(1).sum(-1, keepdim=True)).mean()


def enformer(dim: int, layers: int, bins: int, halvings: int) -> nn.Module:
    """halvings: how often two positions become one, from bases to bins."""
    network = Enformer.from_hparams(
        dim=dim,
        depth=layers,
        heads=4,
        output_heads={"tracks": 2},
        target_length=bins,
        num_downsamples=halvings,
        attn_dim_key=dim // 4,
        dim_divisible_by=16,
        dropout_rate=0.1,
    )
    return OfBins(network)


def bpnet(filters: int, layers: int, bins: int, context: int) -> nn.Module:
    return OfBases(BPNet(filters, layers, n_control_tracks=0, trimming=context, verbose=False), bins)


def cherimoya(filters: int, layers: int, bins: int, context: int) -> nn.Module:
    network = Cherimoya(filters, layers, signal_groups=[2], trimming=context, verbose=False, compile=False)
    return OfBases(network, bins)


PEERS: dict[str, Callable[..., nn.Module]] = {
    "enformer-pytorch": enformer,
    "bpnet-lite": bpnet,
    "cherimoya": cherimoya,
}
