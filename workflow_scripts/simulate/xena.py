"""TCGA-like cohorts in the layout of the UCSC Xena GDC hub: log2(count+1), one table a project."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.simulate.expression import POOR, PROJECTS, Batch, Drawn, Model, Sample, thinned
from workflow_scripts.simulate.genes import Gene
from workflow_scripts.simulate.layout import COHORT, write_gzip

CORPUS = "tcga"
NORMAL_EVERY = 4  # one patient in so many gives normal tissue too (sample code 11)
ALIQUOT_EVERY = 8  # one patient in so many gives a second aliquot of the tumour (vial B)
ABSENT_PER = 160  # one protein-coding gene in so many is in no table


PLATES = 6  # batches


class Cohort(NamedTuple):
    """One project: its samples, as the truth knows them and as they were drawn."""

    project: str
    samples: list[Sample]
    drawn: list[Drawn]


def make_cohort(rng: np.random.Generator, model: Model, project: str, plates: list[Batch], good: int) -> Cohort:
    """Draw `good` samples of tumours and normal tissue, then one of low quality, of a patient of its own.

    `plates` are the batches, which all projects share.
    """
    file = Path(COHORT.format(project=project)).name
    number = list(PROJECTS).index(project) + 1
    barcodes, patient = [], 0
    while len(barcodes) < good + 1:
        patient += 1
        name = f"TCGA-S{number}-{patient:04d}"
        codes = ["01A"] + ["11A"] * (patient % NORMAL_EVERY == 0) + ["01B"] * (patient % ALIQUOT_EVERY == 1)
        barcodes += [f"{name}-{code}" for code in codes][: max(1, good - len(barcodes))]
    drawn, samples = [], []
    for index, barcode in enumerate(barcodes):
        label = PROJECTS[project] if barcode.endswith("11A") else project
        one = model.sample(rng, label, plates[int(rng.integers(len(plates)))])
        fate = "kept" if index < good else "low_quality"
        if fate != "kept":
            one = one._replace(counts=thinned(rng, one.counts, model.coding, POOR))
        drawn.append(one)
        samples.append(Sample(barcode, CORPUS, file, project, barcode[:12], fate))
    return Cohort(project, samples, drawn)


def absent_genes(model: Model, factors: int) -> np.ndarray:
    """The protein-coding genes (indices) that no cohort measures, as happens between two annotations."""
    return np.arange(factors, model.coding)[-max(1, model.coding // ABSENT_PER) :]


def write_cohort(
    rng: np.random.Generator, cohort: Cohort, model: Model, genes: list[Gene], absent: np.ndarray, path: Path
) -> None:
    """Write the table, its rows in an order of their own, with versions of another release and one PAR_Y row."""
    rows = np.setdiff1d(np.arange(len(model.gene_ids)), absent)
    logs = np.log2(np.array([one.counts for one in cohort.drawn]).T + 1.0)
    lines = ["\t".join(["Ensembl_ID", *(sample.sample_id for sample in cohort.samples)])]
    for row in rng.permutation(rows):
        lines.append("\t".join([_versioned(model.gene_ids[row]), *(f"{value:.10g}" for value in logs[row])]))
    again = f"{_versioned(genes[0].gene_id)}_PAR_Y"  # the copy on chromosome Y: never counted
    lines.append("\t".join([again, *["0"] * len(cohort.samples)]))
    write_gzip(path, "\n".join(lines) + "\n")


def _versioned(gene_id: str) -> str:
    """The identifier with a version that differs from the annotation's."""
    return f"{gene_id}.{2 + int(gene_id[4:]) % 11}"
