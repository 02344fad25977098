"""Bulk RNA-seq counts from the planted network, tissue programmes, batches and noise; the truth of samples.

The log expression of gene g in a sample of batch b (natural logarithm, relative):

    x[g] = base[g] + log(sum over kinds of cells k of share[k] * exp(change[k, g]))
           + batch[b, g] + quality * fragility[g]
    change[k, g] = fold[k, g] + on[g] + noise[k, g] + sum of what the regulators of g bring in cells of kind k
    batch[b, g] = noise of the batch and the gene + sum over axes a of score[b, a] * axis[a, g]

`network.py` says what regulators bring. The kinds of cells of a sample are those of its label and either of one other
label or of several cell types that all tissues share; `on` are the programmes that are on in the sample, whatever its
label. Counts are negative binomial around a mean that is proportional to exon length * exp(x), so that TPM of a
correct exon length gives back exp(x).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts import truth
from workflow_scripts.simulate.genes import Gene
from workflow_scripts.simulate.network import Network
from workflow_scripts.simulate.streams import Streams

TISSUES = (
    "breast",
    "liver",
    "lung",
    "brain",
    "blood",
    "heart",
    "kidney",
    "muscle",
    "skin",
    "colon",
    "testis",
    "pancreas",
)
PROJECTS = {"TCGA-BRCA": "breast", "TCGA-LIHC": "liver", "TCGA-LUAD": "lung"}  # and their tissues of origin
CELL_TYPES = ("fibroblast", "endothelium", "macrophage", "T cell", "B cell", "smooth muscle", "adipocyte", "neuron")
UNKNOWN_IDS = ("ENSG00000999001", "ENSG00000999002")  # measured, but in no annotation
UNKNOWN_LENGTH = 1_000  # bp

NONCODING_BASE = -1.5  # mean log expression of lncRNA genes
FACTOR_FOLD = 1.3  # log fold of the factors that mark a label
PROGRAMME_SD = 1.2  # of the log folds of other genes that mark a label
MIXED = (1.0, 4.0)  # beta distribution, times 0.6, of the share of a sample that is of another label
POOR = 0.4  # share of the genes that a sample of low quality keeps
COMPOSITION = 2.0  # Dirichlet concentration a type: how far tissues differ in the cell types that they share


class Sample(NamedTuple):
    """One row of `samples.tsv`. `fate` is what a correct quality control does with the sample."""

    sample_id: str
    corpus: str  # archs4, tcga
    file: str
    label: str
    group: str  # samples of one group belong to one split
    fate: str = "kept"  # kept, single_cell, low_quality, duplicate
    duplicate_of: str = ""


class Batch(NamedTuple):
    """What one batch does to its samples."""

    effect: np.ndarray  # genes, log
    scores: np.ndarray  # axes


class Drawn(NamedTuple):
    """One sample: its counts, and what it is made of as (kind, name, value) of the truth `states`."""

    counts: np.ndarray  # genes, int64
    states: list[tuple[str, str, float]]


@dataclass(frozen=True)
class Model:
    """What decides the expression of the measured genes: protein-coding, lncRNA, then UNKNOWN_IDS."""

    gene_ids: list[str]
    coding: int  # the first so many are protein-coding
    lengths: np.ndarray  # genes, bp
    base: np.ndarray  # genes, log
    folds: dict[str, np.ndarray]  # label: genes, log
    noise: np.ndarray  # genes, sd of the log
    fragility: np.ndarray  # genes, log a unit of quality
    network: Network
    types: dict[str, np.ndarray]  # cell type that all tissues share: genes, log
    composition: dict[str, np.ndarray]  # label: mean shares of its own cells, then of the cell types
    programmes: np.ndarray  # programmes x genes, log
    axes: np.ndarray  # batch axes x genes, log a unit of score
    sizes: dict  # the section `expression` of the configuration

    def batch(self, rng: np.random.Generator) -> Batch:
        """One new batch."""
        own = rng.normal(0, self.sizes["batches"]["sd"], len(self.gene_ids))
        scores = rng.normal(0, 1, len(self.axes))
        return Batch(own + scores @ self.axes, scores)

    def sample(self, rng: np.random.Generator, label: str, batch: Batch) -> Drawn:
        """One new sample."""
        kinds, shares = self._mixture(rng, label)
        on = rng.random(len(self.programmes)) < self.sizes["programmes"]["probability"]
        # what a donor's genes, age and handling do, they do to all cell types; another label is another donor's
        noise = rng.normal(0, self.noise, (1 if self.types else len(kinds), len(self.noise)))
        moved = np.broadcast_to(on @ self.programmes + noise, (len(kinds), len(self.noise)))
        changes = [self._change(kind, more) for kind, more in zip(kinds, moved, strict=True)]
        mixed = np.log(sum(share * np.exp(change) for share, change in zip(shares, changes, strict=True)))
        logs = self.base + mixed + batch.effect + rng.normal(0, self.sizes["quality_sd"]) * self.fragility
        states = [("batch axis", _numbered("axis", axis), score) for axis, score in enumerate(batch.scores)]
        states += [("programme", _numbered("programme", number), 1.0) for number in np.flatnonzero(on)]
        if self.types:
            states += [("cell type", kind, share) for kind, share in zip(kinds, shares, strict=True)]
        return Drawn(self._counts(rng, logs), states)

    def _mixture(self, rng: np.random.Generator, label: str) -> tuple[list[str], np.ndarray | tuple[float, float]]:
        """The kinds of cells in a new sample, those of its label first, and their shares."""
        if self.types:
            shares = rng.dirichlet(self.sizes["mixture"]["concentration"] * self.composition[label])
            return [label, *self.types], shares
        others = sorted(set(self.folds) - {label})
        share = 0.6 * rng.beta(*MIXED)
        return [label, others[int(rng.integers(len(others)))]], (1 - share, share)

    def _change(self, kind: str, moved: np.ndarray) -> np.ndarray:
        fold = self.types[kind] if kind in self.types else self.folds[kind]
        return self.network.spread(fold + moved, kind)

    def _counts(self, rng: np.random.Generator, logs: np.ndarray) -> np.ndarray:
        sizes = self.sizes["counts"]
        means = self.lengths * np.exp(logs)
        reads = sizes["reads_per_gene"] * len(means) * rng.lognormal(-(sizes["reads_sd"] ** 2) / 2, sizes["reads_sd"])
        means *= reads / means.sum()
        # the trend that DESeq2 fits (Love, Huber and Anders, Genome Biology 2014, 15:550)
        dispersion = sizes["dispersion"] + sizes["dispersion_trend"] / means
        return rng.poisson(means * rng.gamma(1 / dispersion, dispersion))


def kinds_of_cells(sizes: dict) -> dict[str, str]:
    """Each label and cell type, with the tissue or type whose regulation its cells have."""
    kinds = list(TISSUES[: sizes["tissues"]]) + list(CELL_TYPES[: sizes["mixture"]["cell_types"]])
    return {kind: kind for kind in kinds} | dict(list(PROJECTS.items())[: sizes["cohorts"]])


def make_model(generator: Streams, genes: list[Gene], network: Network, sizes: dict) -> Model:
    """Draw the model; a cohort's label has the programme of its tissue and one of its own.

    `generator` gives the stream of a part, so that no part moves another. `sizes` is the section `expression`.
    """
    rng, factors = generator("expression"), sizes["transcription_factors"]
    coding = sum(gene.biotype == "protein_coding" for gene in genes)
    total = len(genes) + len(UNKNOWN_IDS)
    base = rng.normal(0, sizes["base_sd"], total)
    base[coding:] += NONCODING_BASE
    folds = {tissue: _programme(rng, total, coding, factors) for tissue in TISSUES[: sizes["tissues"]]}
    for project, tissue in list(PROJECTS.items())[: sizes["cohorts"]]:
        folds[project] = folds[tissue] + _programme(rng, total, coding, factors)

    def programmes(part: str, number: int) -> list[np.ndarray]:
        stream = generator(part)
        return [_programme(stream, total, coding, factors) for _ in range(number)]

    types = CELL_TYPES[: sizes["mixture"]["cell_types"]]
    batches = sizes["batches"]
    loadings = generator("batch axes").normal(0, 1, (batches["axes"], total))
    return Model(
        gene_ids=[gene.gene_id for gene in genes] + list(UNKNOWN_IDS),
        coding=coding,
        lengths=np.array([gene.exon_length for gene in genes] + [UNKNOWN_LENGTH] * len(UNKNOWN_IDS), float),
        base=base,
        folds=folds,
        noise=np.where(np.arange(total) < factors, sizes["factor_noise_sd"], sizes["noise_sd"]),
        fragility=rng.normal(0, 1, total),
        network=network,
        types=dict(zip(types, programmes("cell types", len(types)), strict=True)),
        composition=_compositions(generator("composition"), list(folds), len(types), sizes["mixture"]["own_share"]),
        programmes=np.reshape(programmes("programmes", sizes["programmes"]["number"]), (-1, total)),
        axes=loadings * batches["axes_sd"] / np.sqrt(max(1, batches["axes"])),
        sizes=sizes,
    )


def _compositions(rng: np.random.Generator, labels: list[str], types: int, own: float) -> dict[str, np.ndarray]:
    drawn = rng.dirichlet(np.full(types, COMPOSITION), len(labels))
    return {label: np.array([own, *(1 - own) * shares]) for label, shares in zip(labels, drawn, strict=True)}


def _numbered(name: str, index: int) -> str:
    return f"{name} {index + 1}"


def _programme(rng: np.random.Generator, total: int, coding: int, factors: int) -> np.ndarray:
    fold = np.zeros(total)
    marks = rng.choice(factors, max(1, factors // 8), replace=False)
    fold[marks] = FACTOR_FOLD * rng.choice([-1, 1], len(marks))
    others = rng.choice(np.arange(factors, coding), max(2, coding // 20), replace=False)
    fold[others] = rng.normal(0, PROGRAMME_SD, len(others))
    return fold


def thinned(rng: np.random.Generator, counts: np.ndarray, coding: int, share: float) -> np.ndarray:
    """`counts` with all but `share` of the protein-coding genes lost, and as much of the others."""
    kept = np.zeros(len(counts), bool)
    kept[rng.choice(coding, int(share * coding), replace=False)] = True
    kept[coding:] = rng.random(len(counts) - coding) < share
    return np.where(kept, counts, 0)


def write_truth(
    model: Model, samples: list[Sample], states: dict[str, list[tuple[str, str, float]]], folder: Path
) -> None:
    """Write `samples` and `tissues`, and `patterns` and `states` where there are any.

    Of folds only those that are not 0 are written. `states` are those of each sample, by its accession.
    """
    truth.write("samples", samples, folder)
    truth.write(
        "tissues", [(label, *row) for label, fold in model.folds.items() for row in _moved(model, fold)], folder
    )
    parts = [("cell type", name, fold) for name, fold in model.types.items()]
    parts += [("programme", _numbered("programme", number), fold) for number, fold in enumerate(model.programmes)]
    parts += [("batch axis", _numbered("axis", number), axis) for number, axis in enumerate(model.axes)]
    rows = [(kind, name, *row) for kind, name, fold in parts for row in _moved(model, fold)]
    truth.write_planted("patterns", rows, folder)
    rows = [(sample, kind, name, f"{value:.6f}") for sample, parts in states.items() for kind, name, value in parts]
    truth.write_planted("states", rows, folder)


def _moved(model: Model, fold: np.ndarray) -> list[tuple[str, str]]:
    return [(model.gene_ids[gene], f"{fold[gene]:.6f}") for gene in np.flatnonzero(fold)]
