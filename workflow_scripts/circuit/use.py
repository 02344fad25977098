"""A trained circuit in Python, as users import it; with torch, numpy, pandas and safetensors alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workflow_scripts.circuit import bundle
from workflow_scripts.circuit.calibration import interval
from workflow_scripts.circuit.dynamics import Dynamics
from workflow_scripts.circuit.ensemble import spread
from workflow_scripts.contracts.perturbations import Perturbation, parsed
from workflow_scripts.io.errors import BadInput

Combination = Sequence[Perturbation]
ROUNDING = 1e-6  # of a step: what is less beyond a whole number of steps is none
NAMED = 5  # names that a message gives as examples


class Circuit:
    """A trained circuit: an ensemble whose members are asked alike, with intervals by what each was not shown.

    What it tells is the circuit's own, also of perturbations that were measured. What a run predicts of several at once
    (`predicted.h5ad`, screens) takes in the measured effects of each alone, which do not travel with it.
    """

    def __init__(self, path: Path) -> None:
        """path: the folder `model` or `export` of a run; raises BadInput where it is damaged or of something else."""
        self._model, self._known, self.seed, self._calibrations = bundle.read(path)
        self.genes, self.compounds = self._known.genes, self._known.compounds
        self.unit, self.time_unit = self._known.unit, self._known.time_unit

    def predict(self, perturbation: str = "") -> pd.DataFrame:
        """Where the circuit comes to rest: by gene level, change, sd, low and high, in the unit of levels.

        perturbation: text such as `A:knockout+B:knockdown:0.5`, see `contracts/perturbations`. change: from the rest of
        the unperturbed circuit; sd: of the change over the members; low, high: the 90 % interval in which one new
        measurement of the level lies, with its noise, less that same rest. Its width is that of errors of experiments
        that members were not shown, see `calibration`: they were of single perturbations, and two at once are taken
        to be predicted as well. NaN of genes that are perturbed, whose levels were never asked for, and of all where
        too few experiments were held out. Raises BadInput on a gene or compound that the circuit does not know.
        """
        done = self._parsed(perturbation)
        levels, before = at_rest(self._model, self.genes, self.compounds, [done, ()]).swapaxes(0, 1)
        ends = interval(self._calibrations.at_rest, levels, levels - before)
        return self._table(levels[:, None], before[:, None], ends, done, pd.Index(self.genes, name="gene"))

    def follow(
        self, perturbation: str, times: Sequence[float], start: Mapping[str, float] | None = None
    ) -> pd.DataFrame:
        """The way there: the same by time and gene, under a perturbation that sets in at the time 0.

        times: in `time_unit`, rising from 0 or later; start: {gene: level} at the time 0; of a gene that is not named
        the level where the unperturbed circuit rests. change: from the start, less which low and high are, too. Their
        width is that of errors over courses of the unperturbed circuit; under a perturbation it is that of states of
        rest as well, whichever reaches farther, since no course under one was held out. Raises BadInput as `predict`,
        on times that do not rise, and of a circuit that was learned without time series.
        """
        done, given = self._parsed(perturbation), np.asarray(times, float)
        if self._model.config.inputs == len(self.compounds):
            reason = "was learned without time series, and knows no time"
            raise BadInput("this circuit", "", reason, "Ask where it comes to rest, by `predict`.")
        if given.ndim != 1 or not (
            len(given) and np.isfinite(given).all() and given[0] >= 0 and np.all(np.diff(given) > 0)
        ):
            raise BadInput("times", "", f"{times!r} do not rise from 0 or later", "Give times in order.")
        first = self._at_rest([])
        for gene, level in (start or {}).items():
            self._require(gene, self.genes, "gene")
            first[:, self.genes.index(gene)] = level
        levels = over_time(self._model, self.genes, self.compounds, done, given, first)
        changes = levels - first[:, None]
        low, high = interval(self._calibrations.over_time, levels, changes)
        if done:
            of_rest = interval(self._calibrations.at_rest, levels, changes)
            low, high = np.fmin(low, of_rest[0]), np.fmax(high, of_rest[1])
        rows = pd.MultiIndex.from_product([given, self.genes], names=["time", "gene"])
        return self._table(levels, first[:, None], (low, high), done, rows)

    def edges(self) -> pd.DataFrame:
        """Who regulates whom, the strongest first; the columns of `edge_table`."""
        return edge_table(self._model, self.genes)

    def targets(self) -> pd.DataFrame:
        """What each compound acts on, the strongest first; the columns of `target_table`."""
        return target_table(self._model, self.genes, self.compounds)

    def _table(
        self,
        levels: np.ndarray,
        before: np.ndarray,
        ends: tuple[np.ndarray, np.ndarray],
        done: Combination,
        rows: pd.Index,
    ) -> pd.DataFrame:
        """Of levels (M, T, G), those that changes are from (M, 1, G), and both ends (..., G) of intervals of levels."""
        changes = levels - before
        numbers = {"level": levels.mean(0), "change": changes.mean(0), "sd": changes.std(0)}
        for name, end in zip(("low", "high"), ends, strict=True):
            numbers[name] = np.where(perturbed(self.genes, done), np.nan, end - before.mean(0))
        return pd.DataFrame({name: values.reshape(-1) for name, values in numbers.items()}, index=rows)

    def _at_rest(self, done: Combination) -> np.ndarray:
        """Levels (M, G) under one set of perturbations."""
        return at_rest(self._model, self.genes, self.compounds, [done])[:, 0]

    def _parsed(self, text: str) -> list[Perturbation]:
        found = parsed(text, "the perturbation")
        for one in found:
            chemical = one.kind == "chemical"
            self._require(one.target, self.compounds if chemical else self.genes, "compound" if chemical else "gene")
        return found

    def _require(self, name: str, names: Collection[str], kind: str) -> None:
        if name not in names:
            some = ", ".join([*names][:NAMED]) + (", ..." if len(names) > NAMED else "")
            reason = f"is none of the {len(names)} {kind}s of this circuit"
            raise BadInput(f"{kind} {name!r}", "", reason, f"Name one of {some}." if some else f"Name no {kind}.")


def load(path: str | Path) -> Circuit:
    """The trained circuit in the folder `path`."""
    return Circuit(Path(path))


def at_rest(model: Dynamics, genes: list[str], compounds: list[str], done: Sequence[Combination]) -> np.ndarray:
    """Levels (M members, R, G) float64 where the circuit comes to rest under each of R sets of perturbations.

    Compounds that the model has not learned from, and disturbances of series, do nothing.
    """
    rates, inputs = _conditions(model, genes, compounds, done)
    with torch.no_grad():
        return model.rest(inputs, rates).double().numpy()


def over_time(
    model: Dynamics, genes: list[str], compounds: list[str], done: Combination, times: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Levels (M, T, G) float64 at times (T,) after start (M, G), from which on `done` is done.

    Between times there are steps of one length, none longer than the model's own, which it was learned with.
    """
    rates, inputs = _conditions(model, genes, compounds, [done])
    levels, found, now = torch.tensor(start, dtype=torch.float32)[:, None], [], 0.0
    with torch.no_grad():
        for time in times:
            steps = max(1, ceil((time - now) / float(model.unit) - ROUNDING))
            dt = torch.tensor([(time - now) / steps], dtype=torch.float32)
            for _ in range(steps):
                levels = model.step(levels, inputs, rates, dt)
            found.append(levels[:, 0].double().numpy())
            now = float(time)
    return np.stack(found, 1)


def edge_table(model: Dynamics, genes: list[str]) -> pd.DataFrame:
    """The edges, ordered by the mean over members of their size, as `contracts/edges` has them, the strongest first.

    source, target; weight: mean over members, in sds of the target for an sd of the source; sign: 1 activates, -1
    represses; stability: share of members that have the edge, see `bundle.PRESENT`; low, high: the 90 % interval of the
    weight over members.
    """
    edges = bundle.edges(model)
    order = np.argsort(-np.abs(edges.weights).mean(0), kind="stable")
    names, found = np.array(genes, dtype=object), edges.weights[:, order]
    over = spread(found)
    return pd.DataFrame(
        {
            "source": names[edges.source[order]],
            "target": names[edges.target[order]],
            "weight": over.mean,
            "sign": np.sign(over.mean).astype("int64"),
            "stability": bundle.present(found),
            "low": over.low,
            "high": over.high,
        }
    )


def target_table(model: Dynamics, genes: list[str], compounds: list[str]) -> pd.DataFrame:
    """The genes that compounds act on by themselves, by compound, the strongest first; there may be none.

    compound, gene; effect: of a dose without limit on the production of the gene, in its sds, mean over members;
    stability: share of members with an effect as large as that of an edge, see `bundle.PRESENT`; low, high: the 90 %
    interval of the effect over members; half_dose: that has half the effect, the same for all genes of a compound.
    """
    of = model.effect.detach()[:, : len(compounds)].double().numpy()  # (M, compounds, G)
    halves = np.exp(model.half_dose.detach().double().numpy()).mean(0) if compounds else np.zeros(0)
    tables = []
    for place, compound in enumerate(compounds):
        effects = of[:, place]
        order = np.argsort(-np.abs(effects).mean(0), kind="stable")
        over = spread(effects[:, order])
        made = {"compound": compound, "gene": np.array(genes, dtype=object)[order], "effect": over.mean}
        made |= {"stability": bundle.present(effects[:, order]), "low": over.low, "high": over.high}
        tables.append(pd.DataFrame({**made, "half_dose": halves[place]}))
    columns = ["compound", "gene", "effect", "stability", "low", "high", "half_dose"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def perturbed(genes: list[str], done: Combination) -> np.ndarray:
    """Which genes (G,) bool are perturbed themselves, so that their level is set."""
    targets = {one.target for one in done if one.kind != "chemical"}
    return np.array([gene in targets for gene in genes])


def _conditions(
    model: Dynamics, genes: list[str], compounds: list[str], done: Sequence[Combination]
) -> tuple[Tensor, Tensor]:
    """Factors (R, G) on the production of genes, and inputs (R, K), under sets of perturbations."""
    place = {gene: column for column, gene in enumerate(genes)}
    rates, inputs = np.ones((len(done), len(genes))), np.zeros((len(done), model.config.inputs))
    for row, those in enumerate(done):
        for one in those:
            if one.kind != "chemical":
                rates[row, place[one.target]] *= one.dose
            elif one.target in compounds:
                inputs[row, compounds.index(one.target)] += one.dose
    return torch.tensor(rates, dtype=torch.float32), torch.tensor(inputs, dtype=torch.float32)
