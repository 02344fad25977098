"""What is to be predicted of perturbed cells, and what may be learned from: folds that leave out what is predicted.

R rows (a perturbation in a context), G genes.

| task | left out | known |
|---|---|---|
| unseen genes | the single perturbations of some genes, in every context | those of all other genes, no doubles |
| doubles | some pairs of genes, in every context | all single perturbations, and the other pairs |
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import NamedTuple

import anndata
import numpy as np

from workflow_scripts.circuit.cells import JOIN
from workflow_scripts.contracts.effects import HALVES
from workflow_scripts.evaluation.cell_models import DOUBLES, UNSEEN

log = logging.getLogger(__name__)


class Asked(NamedTuple):
    """Perturbations of which the effects are asked."""

    targets: list[tuple[str, ...]]  # (R,) the perturbed genes of each
    context: np.ndarray  # (R,) str


class Known(NamedTuple):
    """Perturbations, and how expression changes under them."""

    targets: list[tuple[str, ...]]  # (R,)
    context: np.ndarray  # (R,) str
    change: np.ndarray  # (R, G) float64, from control cells of the context

    def take(self, rows: np.ndarray) -> Known:
        """Those rows (places, or bool)."""
        places = np.arange(len(self.targets))[rows]
        return Known([self.targets[place] for place in places], self.context[places], self.change[places])

    @property
    def number(self) -> np.ndarray:
        """How many genes are perturbed (R,) int64."""
        return np.array([len(genes) for genes in self.targets], int)

    def singles(self) -> dict[tuple[str, str], np.ndarray]:
        """{(gene, context): its change (G,)} of the single perturbations."""
        rows = zip(self.targets, self.context, self.change, strict=True)
        return {(genes[0], str(context)): change for genes, context, change in rows if len(genes) == 1}


class Task(NamedTuple):
    """Rows of one task, and the fold that each is left out with."""

    name: str
    rows: np.ndarray  # (T,) int64
    fold: np.ndarray  # (T,) int64


def changes(data: anndata.AnnData) -> tuple[Known, np.ndarray]:
    """Of Effects the changes from control cells, without those cells; and of the halves (2, R, G) float64."""
    text, context = (data.obs[name].astype(str).to_numpy() for name in ("perturbation", "context"))
    control = {context[place]: place for place in np.flatnonzero(text == "")}
    rows = np.flatnonzero(text != "")
    below = np.asarray(data.X, float)[[control[name] for name in context[rows]]]
    mean, *halves = (np.asarray(of, float)[rows] - below for of in (data.X, *(data.layers[half] for half in HALVES)))
    return Known([tuple(name.split(JOIN)) for name in text[rows]], context[rows], mean), np.array(halves)


def tasks(known: Known, folds: int, seed: int) -> list[Task]:
    """The tasks that there are rows for."""
    of_tasks = rows_of_tasks(known)
    left = len(known.targets) - sum(map(len, of_tasks.values()))
    log.info("%d rows are in no task: more than two genes, or a single of a double was not made", left)
    return [
        Task(name, rows, parted([known.targets[row] for row in rows], folds, seed)) for name, rows in of_tasks.items()
    ]


def rows_of_tasks(known: Known) -> dict[str, np.ndarray]:
    """{task: its rows}; a double of which a single perturbation was not made is in neither."""
    singles, number = known.singles(), known.number
    single = np.flatnonzero(number == 1)
    double = [
        row
        for row in np.flatnonzero(number == 2)
        if all((gene, known.context[row]) in singles for gene in known.targets[row])
    ]
    return {name: rows for name, rows in ((UNSEEN, single), (DOUBLES, np.array(double, int))) if len(rows)}


def parted(targets: list[tuple[str, ...]], folds: int, seed: int) -> np.ndarray:
    """A fold (R,) int64 from 0 for each, the same of the same genes; about as many different ones in each."""
    names = sorted(set(targets))
    dealt = np.random.default_rng(seed).permutation(len(names)) % min(folds, len(names))
    fold_of = dict(zip(names, dealt.tolist(), strict=True))
    return np.array([fold_of[genes] for genes in targets])


def held_out(known: Known, task: Task) -> Iterator[tuple[int, np.ndarray, Known, Asked]]:
    """Of each fold its number, the places of its rows within the task, what may be learned from, and what is asked."""
    singles = np.flatnonzero(known.number == 1) if task.name == DOUBLES else np.empty(0, int)
    for fold in range(task.fold.max() + 1):
        left = task.fold == fold
        asked = known.take(task.rows[left])
        others = known.take(np.concatenate([singles, task.rows[~left]]))
        yield fold, np.flatnonzero(left), others, Asked(asked.targets, asked.context)
