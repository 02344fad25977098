"""Which bases make a model say what it says: scores of all four bases at each place of a region.

The score of a base says what it adds to the target, were it there; the attribution of a place is the score of the base
that is there. Every method reads the whole of its input, and scores the bases of the region alone.

Shapes: B inputs, S bp of an input, L bp of a region in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from workflow_scripts.io.bases import UNKNOWN
from workflow_scripts.seq2track.bundle import Trained
from workflow_scripts.seq2track.shuffling import dinucleotide_shuffled

AT_ONCE = 32  # inputs


@dataclass(frozen=True)
class Target:
    """The logarithm of the expected signal of one strand of a track, summed over some bins of the window.

    Of several models it is that of the mean of what they say. bins: of the window; region: of the bases of an input.
    """

    models: list[Trained]
    track: int
    bins: slice
    region: slice

    def of_codes(self, codes: np.ndarray) -> np.ndarray:
        """Of inputs (B, S) uint8, whatever is read beside the bases made of each: (B,) float64."""
        with torch.inference_mode():
            parts = (self.of_bases(*self.inputs(codes[first : first + AT_ONCE])) for first in _firsts(len(codes)))
            return np.concatenate([part.double().cpu().numpy() for part in parts])

    def inputs(self, codes: np.ndarray) -> tuple[Tensor, list[list[Tensor]]]:
        """What is read of codes (B, S): bases (B, S, 4), and what each of the models has beside them."""
        read = [each.model.inputs(torch.from_numpy(codes).to(each.model.scale.device)) for each in self.models]
        return read[0][0], [beside for _, beside in read]

    def of_bases(self, bases: Tensor, beside: list[list[Tensor]]) -> Tensor:
        """Of what is read: (B,) float32, a function of `bases` that can be differentiated."""
        said = [
            each.model.read(bases, of_model)[:, self.track] * each.model.scale[self.track]
            for each, of_model in zip(self.models, beside, strict=True)
        ]
        return torch.stack(said).mean(0)[:, self.bins].sum(-1).log()


class Scores(NamedTuple):
    """What a method says of one region."""

    of_bases: np.ndarray  # (L, 4) float64
    baseline: float = np.nan  # the mean target of the sequences that the region is held against


def mutagenesis(target: Target, codes: np.ndarray, spec: dict, generator: np.random.Generator) -> Scores:
    """In-silico mutagenesis of an input (S,): the target with every other base at each place of the region.

    The scores of a place are these changes less their mean, that of the base which is there being 0; so what another
    base would change is its score less that of the base that is there. What is read beside the bases is made anew.
    """
    places = np.arange(target.region.start, target.region.stop)
    places = np.repeat(places[codes[places] != UNKNOWN], 3)
    other = (codes[places] + np.tile([1, 2, 3], len(places) // 3)) % 4
    changed = np.zeros((len(codes), 4))
    base = target.of_codes(codes[None])
    for first in _firsts(len(places)):
        here = slice(first, first + AT_ONCE)
        mutants = np.tile(codes, (len(places[here]), 1))
        mutants[np.arange(len(mutants)), places[here]] = other[here]
        changed[places[here], other[here]] = target.of_codes(mutants) - base
    return Scores(_centred(changed)[target.region])


def input_gradient(target: Target, codes: np.ndarray, spec: dict, generator: np.random.Generator) -> Scores:
    """The gradient of the target at the bases of an input (S,), less its mean over the four bases of a place.

    Only that part lies in the space of sequences (Majdandzic et al. 2023, doi:10.1186/s13059-023-02956-3). What is read
    beside the bases is held fixed.
    """
    bases, beside = target.inputs(codes[None])
    (gradient,) = _gradients(target, bases, beside)
    return Scores(_centred(gradient.double().cpu().numpy())[target.region])


def integrated_gradients(target: Target, codes: np.ndarray, spec: dict, generator: np.random.Generator) -> Scores:
    """Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365) of an input (S,), a mean over baselines.

    A baseline is the input with the dinucleotides of the region shuffled. The gradient is integrated along the straight
    line from it by the midpoint rule with `steps` steps; a base is scored by that integral, less what the baseline has
    of it, as DeepLIFT's hypothetical contributions are. Attributions of the region sum to the target less its mean over
    the `shuffles` baselines (completeness), but for the error of the rule. What is read beside the bases is held fixed,
    as it is of the input.
    """
    bases, beside = target.inputs(codes[None])
    path = (torch.arange(spec["steps"], device=bases.device) + 0.5) / spec["steps"]
    scores, level = [], []
    for _ in range(spec["shuffles"]):
        shuffled = codes.copy()
        shuffled[target.region] = dinucleotide_shuffled(codes[target.region], generator)
        other, _ = target.inputs(shuffled[None])
        points = other + path[:, None, None] * (bases - other)
        mean = _gradients(target, points, beside).double().mean(0).cpu().numpy()
        scores.append(mean - (mean * other[0].double().cpu().numpy()).sum(-1, keepdims=True))
        with torch.inference_mode():
            level.append(float(target.of_bases(other, beside)))
    return Scores(np.mean(scores, axis=0)[target.region], float(np.mean(level)))


Method = Callable[[Target, np.ndarray, dict, np.random.Generator], Scores]
METHODS: dict[str, Method] = {
    "mutagenesis": mutagenesis,
    "input_gradient": input_gradient,
    "integrated_gradients": integrated_gradients,
}


def _gradients(target: Target, bases: Tensor, beside: list[list[Tensor]]) -> Tensor:
    """The gradient (B, S, 4) of the target at each of `bases`; beside: of one input, the same of all."""
    found = []
    for part in bases.split(AT_ONCE):
        part = part.detach().requires_grad_()
        said = target.of_bases(part, [[each.expand(len(part), -1, -1) for each in of_model] for of_model in beside])
        found.append(torch.autograd.grad(said.sum(), part)[0])
    return torch.cat(found)


def _centred(scores: np.ndarray) -> np.ndarray:
    return scores - scores.mean(-1, keepdims=True)


def _firsts(number: int) -> Iterator[int]:
    return iter(range(0, number, AT_ONCE))
