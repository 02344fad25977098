"""An ensemble of circuits: an explicit weight for each candidate edge, and what follows of it over time.

A level x of a gene moves towards what is produced of it, as a gated recurrent unit whose gate is the gene's own:

    s       = (x - reference) / sd
    drive_i = baseline_i + sum_j weight_ij s_j + sum_k input_k effect_ki
    made_i  = rate_i * (reference_i + sd_i drive_i), not below `floor`, not above `ceiling`
    x_i    <- x_i + (1 - (1 - gate_i)^(dt / unit)) (made_i - x_i)

rate: what a perturbation leaves of the production of its gene, 0 of one that is knocked out. Inputs are compounds and,
1 while it acts, whatever unknown disturbs a series: what these act on is learned. A compound acts by its dose as

    input_k = dose / (dose + half_dose_k)

with the dose of half its effect learned, too (the Emax model). Where production and level agree the circuit is at rest.

Weights are standardized: a change of the target, in its sd, with a change of its regulator by an sd.

With graph attention an edge from one of the `ATTENDED` likeliest regulators of a gene weighs more or less with the
state that both ends are in, by

    1 + tanh(query_i . key_j / sqrt(D)),  query_i = Q h_i,  key_j = K h_j,  h_i = tanh(token_i + sense_i s_i)

which is 1 before anything is learned; s counts up to `FARTHEST`. These factors do not sum to one over the regulators of
a gene, as those of a softmax do: a gene may have no regulator. The weight of an edge is that at the reference.

Not `recurrent`, a level has no memory: after any time it is what was produced.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

INITIAL = 0.01  # sd of the first weights
DENSE = 4  # from candidates for a fourth of the genes on, a matrix with zeros is faster than their list
ATTENDED = 16  # regulators of a gene whose weights attention can change
FARTHEST = 5.0  # sds from the reference, beyond which a state looks the same to attention
AT_ONCE = 2**26  # levels of candidates that are gathered, which bounds memory
REST_STEPS, REST_GATE = 60, 0.5  # steps to a state of rest, and how far each goes: less than all, as they may overshoot


@dataclass(frozen=True)
class Shape:
    """What a Dynamics is made of, as its ModelBundle keeps it."""

    members: int
    genes: int
    candidates: int  # possible regulators of each gene
    inputs: int
    attention: int = 0  # dimensions of queries and keys, 0 without attention
    recurrent: bool = True
    compounds: int = 0  # the first of the inputs, given as doses


class Dynamics(nn.Module):
    """See above. All members run beside one another: M members, S states, G genes, C candidates a gene, K inputs."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.config = shape
        members, genes = shape.members, shape.genes
        self.weight = nn.Parameter(torch.zeros(members, genes, shape.candidates))
        self.baseline = nn.Parameter(torch.zeros(members, genes))
        self.gate = nn.Parameter(torch.zeros(members, genes))  # before the logistic function
        self.effect = nn.Parameter(torch.zeros(members, shape.inputs, genes))
        self.register_buffer("source", torch.zeros(genes, shape.candidates, dtype=torch.long))  # of each candidate
        self.register_buffer("possible", torch.ones(genes, shape.candidates))  # 0 of one that fills a shorter list up
        if shape.compounds:
            self.half_dose = nn.Parameter(torch.zeros(members, shape.compounds))  # the logarithm
        if shape.attention:
            width, attended = shape.attention, min(ATTENDED, shape.candidates)
            self.token = nn.Parameter(torch.zeros(members, genes, width))
            self.sense = nn.Parameter(torch.zeros(members, genes, width))
            self.query = nn.Parameter(torch.zeros(members, width, width))
            self.key = nn.Parameter(torch.zeros(members, width, width))
            self.register_buffer("attended", torch.zeros(genes, attended, dtype=torch.long))  # places in `source`
        for name in ("reference", "sd", "floor", "ceiling"):
            self.register_buffer(name, torch.zeros(genes))
        self.register_buffer("unit", torch.ones(()))  # of time, to which the gate belongs

    def begin(self, seed: int) -> None:
        """Draw what is learned from, but for what has to begin at 0."""
        generator = torch.Generator().manual_seed(seed)
        nn.init.normal_(self.weight, std=INITIAL, generator=generator)
        if self.config.attention:
            for part in (self.token, self.sense, self.key):
                nn.init.normal_(part, std=self.config.attention**-0.5, generator=generator)

    def weights(self) -> Tensor:
        """Weights of candidates (M, G targets, C) at the reference."""
        weight = self.weight * self.possible
        if self.config.attention:
            places = self.attended.expand(len(weight), -1, -1)
            factors = 1 + self._attention(torch.zeros_like(self.baseline)[:, None])[:, 0]
            weight = weight.scatter(2, places, weight.gather(2, places) * factors)
        return weight

    def _as_matrix(self, weight: Tensor) -> Tensor:
        found = weight.new_zeros(*weight.shape[:2], self.config.genes)
        return found.scatter_add(2, self.source.expand_as(weight), weight)

    def production(self, levels: Tensor, inputs: Tensor, rates: Tensor) -> Tensor:
        """What is made (M, S, G), of levels (M, S, G), inputs (S, K) and rates (S, G)."""
        return self._made(levels, self._regulation(), inputs, rates)

    def step(
        self, levels: Tensor, inputs: Tensor, rates: Tensor, dt: Tensor, regulation: Tensor | None = None
    ) -> Tensor:
        """Levels (M, S, G) after dt (S, in units of time); regulation: of `regulation()`, once for many steps."""
        regulation = self._regulation() if regulation is None else regulation
        kept = 1 - torch.sigmoid(self.gate) if self.config.recurrent else torch.zeros_like(self.gate)
        left = kept[:, None] ** (dt / self.unit)[:, None]
        return levels + (1 - left) * (self._made(levels, regulation, inputs, rates) - levels)

    def follow(self, start: Tensor, inputs: Tensor, rates: Tensor, dt: Tensor) -> Tensor:
        """Levels (M, S, T, G) after each of T steps from start (S, G); inputs (S, T, K), rates (S, G), dt (S, T)."""
        found, regulation = [start.expand(self.config.members, *start.shape)], self._regulation()
        for number in range(dt.shape[1]):
            found.append(self.step(found[-1], inputs[:, number], rates, dt[:, number], regulation))
        return torch.stack(found, 2)[:, :, 1:]

    def rest(self, inputs: Tensor, rates: Tensor) -> Tensor:
        """Levels (M, S, G) where the circuit comes to rest from its reference, under inputs (S, K) and rates (S, G)."""
        levels = (self.reference * rates.clamp(max=1)).expand(self.config.members, *rates.shape)
        regulation = self._regulation()
        for _ in range(REST_STEPS):
            levels = levels + REST_GATE * (self._made(levels, regulation, inputs, rates) - levels)
        return levels

    def _acting(self, inputs: Tensor) -> Tensor:
        """How much of its effect each input has, (S, K), or of compounds of each member (M, S, K)."""
        if not self.config.compounds:
            return inputs
        doses, others = inputs[:, : self.config.compounds], inputs[:, self.config.compounds :]
        share = doses / (doses + self.half_dose.exp()[:, None])
        return torch.cat([share, others.expand(len(share), -1, -1)], 2)

    def _regulation(self) -> Tensor:
        weight = self.weight * self.possible
        return self._as_matrix(weight) if self.config.candidates * DENSE >= self.config.genes else weight

    def _attention(self, scaled: Tensor) -> Tensor:
        """By what share (M, S, G, A) the attended regulators of a gene weigh more, of scaled levels (M, S, G)."""
        near = scaled.clamp(-FARTHEST, FARTHEST)[..., None]
        state = torch.tanh(self.token[:, None] + near * self.sense[:, None])
        queries, keys = (torch.einsum("msgd,mde->msge", state, part) for part in (self.query, self.key))
        sources = self.source.gather(1, self.attended)
        alike = torch.einsum("msgd,msgad->msga", queries, keys[:, :, sources])
        return torch.tanh(alike / self.config.attention**0.5)

    def _made(self, levels: Tensor, regulation: Tensor, inputs: Tensor, rates: Tensor) -> Tensor:
        scaled = ((levels - self.reference) / self.sd).expand(self.config.members, *levels.shape[-2:])
        if regulation.shape[2] == self.config.genes:
            regulated = scaled @ regulation.transpose(1, 2)
        else:
            parts = scaled.split(max(1, AT_ONCE // regulation.numel()), 1)
            of = [torch.einsum("msgc,mgc->msg", part[:, :, self.source], regulation) for part in parts]
            regulated = torch.cat(of, 1)
        if self.config.attention:
            places = self.attended.expand(self.config.members, -1, -1)
            sources = self.source.gather(1, self.attended)
            weight = (self.weight * self.possible).gather(2, places)
            added = self._attention(scaled) * weight[:, None] * scaled[:, :, sources]
            regulated = regulated + added.sum(-1)
        drive = self.baseline[:, None] + regulated + self._acting(inputs) @ self.effect
        made = rates * (self.reference + self.sd * drive)
        return torch.minimum(torch.maximum(made, self.floor), self.ceiling)
