"""Making small simulated organisms, and reading their files."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from workflow_scripts.settings.schema import complete, load_schema
from workflow_scripts.simulate import layout
from workflow_scripts.simulate.simulate_mirror import simulate_mirror

SMALL = {
    "genome": {"chromosomes": 2, "genes": 80},
    "expression": {"transcription_factors": 6, "samples_per_tissue": 8, "samples_per_cohort": 9},
    "tracks": {"reads_per_gene": 400},
}


class Organism(NamedTuple):
    mirror: Path
    truth: Path
    spec: dict

    def table(self, name: str) -> list[dict[str, str]]:
        """The rows of one table of the truth."""
        with (self.truth / f"{name}.tsv").open(newline="") as handle:
            return list(csv.DictReader(handle, delimiter="\t"))

    def lines(self, place: str) -> list[str]:
        return gzip.decompress((self.mirror / place).read_bytes()).decode().splitlines()


def filled(**changes: object) -> dict:
    """A small `simulate/mirror` section with the schema's defaults filled in."""
    schema = load_schema("simulate")["properties"]["mirror"]
    return complete({**{key: dict(value) for key, value in SMALL.items()}, **changes}, schema)


def simulate(folder: Path, **changes: object) -> Organism:
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / "weights.pt"
    weights.write_bytes(b"weights")
    organism = Organism(folder / "mirror", folder / "truth", filled(**changes))
    simulate_mirror(weights=weights, mirror=organism.mirror, truth=organism.truth, spec=organism.spec)
    return organism


def fasta(lines: list[str]) -> Iterator[tuple[str, str]]:
    """(header, sequence) of each record."""
    header, parts = "", []
    for line in [*lines, ">"]:
        if line.startswith(">"):
            if header:
                yield header, "".join(parts)
            header, parts = line[1:], []
        else:
            parts.append(line)


class Record(NamedTuple):
    """One line of the GTF, 0-based half-open."""

    chrom: str
    feature: str
    start: int
    end: int
    strand: str
    frame: str
    values: dict[str, str]
    tags: tuple[str, ...]


def records(organism: Organism) -> list[Record]:
    """Every line of the annotation."""
    found = []
    for line in organism.lines(layout.ANNOTATION):
        if line.startswith("#"):
            continue
        chrom, _, feature, start, end, _, strand, frame, told = line.split("\t")
        pairs = re.findall(r'(\w+) "([^"]*)";', told)
        tags = tuple(value for key, value in pairs if key == "tag")
        found.append(Record(chrom, feature, int(start) - 1, int(end), strand, frame, dict(pairs), tags))
    return found


class Counts(NamedTuple):
    genes: list[str]
    samples: list[str]
    values: np.ndarray  # genes x samples

    def of(self, genes: list[str], samples: list[str]) -> np.ndarray:
        rows = [self.genes.index(gene) for gene in genes]
        return self.values[np.ix_(rows, [self.samples.index(sample) for sample in samples])]


def archs4(organism: Organism) -> Counts:
    with h5py.File(organism.mirror / layout.ARCHS4) as file:
        genes = file["meta/genes/ensembl_gene"].asstr()[:].tolist()
        return Counts(genes, file["meta/samples/geo_accession"].asstr()[:].tolist(), file["data/expression"][:])


def samples(organism: Organism, **where: str) -> list[dict[str, str]]:
    return [row for row in organism.table("samples") if all(row[key] == value for key, value in where.items())]


def log_tpm(organism: Organism, counts: Counts, chosen: list[str]) -> np.ndarray:
    """Samples x protein-coding genes."""
    genes = organism.table("genes")
    rate = counts.of([row["gene_id"] for row in genes], chosen) / np.array([[int(r["exon_length"])] for r in genes])
    return np.log1p(1e6 * rate / rate.sum(0)).T
