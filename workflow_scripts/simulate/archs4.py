"""The corpus in the layout of ARCHS4 v2: samples of several tissues and series, good and planted bad ones."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from workflow_scripts.simulate.expression import POOR, TISSUES, Drawn, Model, Sample, thinned
from workflow_scripts.simulate.genes import Gene
from workflow_scripts.simulate.layout import ARCHS4

CORPUS = "archs4"
TISSUES_PER_SERIES = 3  # so that no series stands for a class
SAMPLES_PER_SERIES = 10
LINKED_EVERY = 8  # of so many series, two share a super-series
PLANTED_PER = 40  # of each kind of bad sample, one for so many good ones, and two at least
SPARSE = 0.75  # share of the genes that a single-cell-like sample keeps
REPROCESSED_SD = 0.01  # of the log ratio between the counts of one sample from two pipelines
CHUNK = (100, 20)  # genes x samples; chunks at the edges are cut
DATE = "2026-01-01"


class Corpus:
    """Samples and their counts, collected in order of accession."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.samples: list[Sample] = []
        self.series: list[str] = []  # as `series_id`, comma-separated
        self.counts: list[np.ndarray] = []
        self.probability: list[float] = []  # of being single-cell
        self.titles: list[str] = []
        self.states: dict[str, list[tuple[str, str, float]]] = {}  # of each sample, as the truth `states` tells them

    def add(
        self, drawn: Drawn, label: str, series: str, probability: float, fate: str = "kept", twin: str = ""
    ) -> None:
        accession = f"GSM{99_000_001 + len(self.samples)}"
        self.samples.append(Sample(accession, CORPUS, self.file, label, series.split(",")[-1], fate, twin))
        self.series.append(series)
        self.counts.append(drawn.counts.astype("u4"))
        self.states[accession] = drawn.states
        self.probability.append(probability)
        self.titles.append(f"simulated {label} sample {len(self.samples)}")


def make_corpus(
    rng: np.random.Generator, model: Model, tissues: int, samples_per_tissue: int, twin: tuple[str, str, Drawn]
) -> Corpus:
    """Draw the corpus. Its last sample is that of a cohort, `twin` (label, barcode, sample), deposited here too."""
    good = tissues * samples_per_tissue
    number = max(tissues, round(good / SAMPLES_PER_SERIES))
    series_of = _series_of_tissues(rng, number, tissues)
    names = series_names(number)
    batches = [model.batch(rng) for _ in range(number)]
    plan = [
        (TISSUES[tissue], series_of[tissue][index % len(series_of[tissue])])
        for tissue in range(tissues)
        for index in range(samples_per_tissue)
    ]
    planted = max(2, good // PLANTED_PER)
    fates = ["kept"] * good + ["single_cell"] * planted + ["low_quality"] * planted
    plan += [plan[index] for index in rng.choice(good, 2 * planted)]

    corpus = Corpus(Path(ARCHS4).name)
    for index in rng.permutation(len(plan)):  # good and bad, of all tissues, mixed over the file
        (label, series), fate = plan[index], fates[index]
        drawn = model.sample(rng, label, batches[series])
        if fate != "kept":
            share = SPARSE if fate == "single_cell" else POOR
            drawn = drawn._replace(counts=thinned(rng, drawn.counts, model.coding, share))
        probability = rng.uniform(0.55, 0.99) if fate == "single_cell" else rng.beta(1, 12) / 2
        corpus.add(drawn, label, names[series], probability, fate)
    kept = [index for index, sample in enumerate(corpus.samples) if sample.fate == "kept"]
    for index in rng.choice(kept, planted, replace=False):  # deposited again, in another series
        sample = corpus.samples[index]
        other = names[(names.index(corpus.series[index]) + 1) % number]
        twice = Drawn(corpus.counts[index], corpus.states[sample.sample_id])
        corpus.add(twice, sample.label, other, corpus.probability[index], "duplicate", sample.sample_id)
    label, barcode, drawn = twin
    again = np.rint(drawn.counts * rng.lognormal(0, REPROCESSED_SD, len(drawn.counts)))
    corpus.add(drawn._replace(counts=again), label, names[0], 0.01)
    corpus.titles[-1] = barcode
    return corpus


def _series_of_tissues(rng: np.random.Generator, number: int, tissues: int) -> list[np.ndarray]:
    """The series (of `number`) in which each tissue stands: three tissues or two in each series, in fair shares."""
    places = number * TISSUES_PER_SERIES
    deck = np.concatenate([rng.permutation(tissues) for _ in range(-(-places // tissues))])[:places]
    series = np.arange(places) // TISSUES_PER_SERIES
    return [rng.permutation(np.unique(series[deck == tissue])) for tissue in range(tissues)]


def series_names(number: int) -> list[str]:
    """`series_id` of each series; one pair in so many also stands in a super-series."""
    names = [f"GSE{9_900_001 + series}" for series in range(number)]
    for first in range(0, number - 1, LINKED_EVERY):
        both = f"GSE{9_990_001 + first}"
        names[first : first + 2] = [f"{name},{both}" for name in names[first : first + 2]]
    return names


def write_corpus(corpus: Corpus, model: Model, genes: list[Gene], rng: np.random.Generator, path: Path) -> None:
    """Write data/expression (genes x samples, uint32) with meta/genes, meta/samples and meta/info."""
    order = rng.permutation(len(model.gene_ids))
    counts = np.array(corpus.counts).T
    known = {gene.gene_id: (gene.symbol or gene.gene_id, gene.biotype) for gene in genes}
    described = [known.get(model.gene_ids[row], (model.gene_ids[row], "protein_coding")) for row in order]
    labels = [sample.label for sample in corpus.samples]
    accessions = [sample.sample_id for sample in corpus.samples]
    empty = [""] * len(labels)
    texts = {
        "genes/symbol": [symbol for symbol, _ in described],
        "genes/ensembl_gene": [model.gene_ids[row] for row in order],
        "genes/biotype": [biotype for _, biotype in described],
        "samples/geo_accession": accessions,
        "samples/sample": accessions,
        "samples/series_id": corpus.series,
        "samples/title": corpus.titles,
        "samples/source_name_ch1": labels,
        "samples/characteristics_ch1": [f"tissue: {label}" for label in labels],
        "samples/extract_protocol_ch1": empty,
        "samples/library_source": ["transcriptomic"] * len(labels),
        "info/creation-date": [DATE],
        "info/version": ["2.5-simulated"],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        chunks = tuple(np.minimum(CHUNK, counts.shape))
        file.create_dataset("data/expression", data=counts[order], chunks=chunks, compression="gzip")
        for name, values in texts.items():
            file.create_dataset(f"meta/{name}", data=values, dtype=h5py.string_dtype())
        # a hundred times the reads of this small organism: about those of a real library
        file.create_dataset("meta/samples/alignedreads", data=counts.sum(0) * 100.0)
        file.create_dataset("meta/samples/singlecellprobability", data=np.array(corpus.probability))
