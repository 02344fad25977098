"""Bulk RNA-seq counts from the planted network, tissue programmes, batches and noise; the truth of samples.

The log expression of gene g in a sample of label l and batch b (natural logarithm, relative):

    x[g] = base[g] + change[g] + batch[b, g] + quality * fragility[g]
    change[g] = fold[l, g] + noise[g] + sum over regulators f of weight[f, g] * change[f]

Some of a sample is tissue of another label. Counts are negative binomial around a mean that is
proportional to exon length * exp(x), so that TPM of a correct exon length gives back exp(x).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts import truth
from workflow_scripts.simulate.genes import Gene
from workflow_scripts.simulate.network import Network

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
UNKNOWN_IDS = ("ENSG00000999001", "ENSG00000999002")  # measured, but in no annotation
UNKNOWN_LENGTH = 1_000  # bp

BASE_SD = 1.2  # of log expression over genes
NONCODING_BASE = -1.5  # mean log expression of lncRNA genes
FACTOR_FOLD = 1.3  # log fold of the factors that mark a label
PROGRAMME_SD = 1.2  # of the log folds of other genes that mark a label
NOISE_SD = 0.35  # of log expression between samples of one label
FACTOR_NOISE_SD = 0.7  # the same of the factors: what their targets follow
BATCH_SD = 0.4  # of log expression between batches
QUALITY_SD = 0.3  # of the RNA quality of samples, which moves fragile genes
MIXED = (1.0, 4.0)  # beta distribution of the share of a sample that is of another label
DISPERSION = 0.08  # of the counts: variance = mean + DISPERSION * mean ** 2
READS_PER_GENE = 900  # mean over samples of the reads, divided by the number of genes
POOR = 0.4  # share of the genes that a sample of low quality keeps
READS_SD = 0.35  # of the logarithm of a sample's reads


class Sample(NamedTuple):
    """One row of `samples.tsv`. `fate` is what a correct quality control does with the sample."""

    sample_id: str
    corpus: str  # archs4, tcga
    file: str
    label: str
    group: str  # samples of one group belong to one split
    fate: str = "kept"  # kept, single_cell, low_quality, duplicate
    duplicate_of: str = ""


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

    def batch(self, rng: np.random.Generator) -> np.ndarray:
        """The effect of one batch: genes, log."""
        return rng.normal(0, BATCH_SD, len(self.gene_ids))

    def counts(self, rng: np.random.Generator, label: str, batch: np.ndarray) -> np.ndarray:
        """Counts (genes, int64) of one new sample."""
        others = sorted(set(self.folds) - {label})
        share = 0.6 * rng.beta(*MIXED)
        own, other = (self._change(rng, name) for name in (label, others[int(rng.integers(len(others)))]))
        mixed = np.log((1 - share) * np.exp(own) + share * np.exp(other))
        logs = self.base + mixed + batch + rng.normal(0, QUALITY_SD) * self.fragility
        means = self.lengths * np.exp(logs)
        reads = READS_PER_GENE * len(means) * rng.lognormal(-(READS_SD**2) / 2, READS_SD)
        means *= reads / means.sum()
        return rng.poisson(means * rng.gamma(1 / DISPERSION, DISPERSION, len(means)))

    def _change(self, rng: np.random.Generator, label: str) -> np.ndarray:
        return self.network.spread(self.folds[label] + rng.normal(0, self.noise))


def make_model(
    rng: np.random.Generator, genes: list[Gene], network: Network, factors: int, tissues: int, cohorts: int
) -> Model:
    """Draw the model; a cohort's label has the programme of its tissue and one of its own."""
    coding = sum(gene.biotype == "protein_coding" for gene in genes)
    total = len(genes) + len(UNKNOWN_IDS)
    base = rng.normal(0, BASE_SD, total)
    base[coding:] += NONCODING_BASE
    folds = {tissue: _programme(rng, total, coding, factors) for tissue in TISSUES[:tissues]}
    for project, tissue in list(PROJECTS.items())[:cohorts]:
        folds[project] = folds[tissue] + _programme(rng, total, coding, factors)
    return Model(
        gene_ids=[gene.gene_id for gene in genes] + list(UNKNOWN_IDS),
        coding=coding,
        lengths=np.array([gene.exon_length for gene in genes] + [UNKNOWN_LENGTH] * len(UNKNOWN_IDS), float),
        base=base,
        folds=folds,
        noise=np.where(np.arange(total) < factors, FACTOR_NOISE_SD, NOISE_SD),
        fragility=rng.normal(0, 1, total),
        network=network,
    )


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


def write_truth(model: Model, samples: list[Sample], folder: Path) -> None:
    """Write the tables `samples` and `tissues` (every planted log fold that is not 0)."""
    truth.write("samples", samples, folder)
    rows = [
        (label, model.gene_ids[gene], f"{fold[gene]:.6f}")
        for label, fold in model.folds.items()
        for gene in np.flatnonzero(fold)
    ]
    truth.write("tissues", rows, folder)
