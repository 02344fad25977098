"""The bigWigs hold the planted polymerase, strand by strand, base by base."""

from __future__ import annotations

import itertools

import numpy as np
import pyBigWig
import pytest

from tests.simulate.organisms import Organism
from tests.simulate.test_genome import reverse_complement
from workflow_scripts.simulate import layout
from workflow_scripts.simulate.genes import Gene, Transcript
from workflow_scripts.simulate.tracks import Polymerase, base_preference, expected_signal

ASSAYS = {"netseq": ("", 1), "proseq": ("chr", -1)}  # prefix of chromosome names, sign of the minus strand


def signal(organism: Organism, assay: str, strand: str) -> dict[str, np.ndarray]:
    """Values at every base of each chromosome as the file has them, uncovered bases 0."""
    with pyBigWig.open(str(organism.mirror / layout.TRACK.format(assay=assay, strand=strand))) as file:
        return {name: np.nan_to_num(file.values(name, 0, size, numpy=True)) for name, size in file.chroms().items()}


class Sense:
    """Reads of one assay along genes, from the TSS on in the direction of transcription."""

    def __init__(self, organism: Organism, assay: str) -> None:
        self.prefix, sign = ASSAYS[assay]
        plus, minus = (signal(organism, assay, strand) for strand in ("plus", "minus"))
        self.strands = {"+": plus, "-": {name: values * sign for name, values in minus.items()}}

    def along(self, gene: dict[str, str], before: int = 0, after: int = 0, opposite: bool = False) -> np.ndarray:
        strand = gene["strand"] if not opposite else {"+": "-", "-": "+"}[gene["strand"]]
        values = self.strands[strand][self.prefix + gene["chrom"]]
        start, end, tss = int(gene["start"]), int(gene["end"]), int(gene["tss"])
        if gene["strand"] == "+":
            return values[tss - before : end + after]
        return values[start - after : tss + 1 + before][::-1]


def alone(organism: Organism) -> list[dict[str, str]]:
    """Genes whose neighbourhood no other protein-coding gene touches."""
    genes = organism.table("genes")
    return [
        gene
        for gene in genes
        if not any(
            other is not gene
            and other["chrom"] == gene["chrom"]
            and int(other["start"]) < int(gene["end"])
            and int(gene["start"]) < int(other["end"])
            for other in genes
        )
    ]


@pytest.mark.parametrize("assay", ASSAYS)
def test_reads_are_whole_numbers_with_the_sign_and_names_of_the_assay(
    organism: Organism, chromosomes: dict[str, str], assay: str
) -> None:
    prefix, sign = ASSAYS[assay]
    for strand, expected in (("plus", 1), ("minus", sign)):
        found = signal(organism, assay, strand)
        assert {name: len(values) for name, values in found.items()} == {
            prefix + name: len(sequence) for name, sequence in chromosomes.items()
        }
        values = np.concatenate(list(found.values()))
        values = values[values != 0]
        assert len(values) > 1000
        assert (np.sign(values) == expected).all()
        assert (values == np.rint(values)).all()


@pytest.mark.parametrize("assay", ASSAYS)
def test_genes_hold_the_planted_pausing_and_density(organism: Organism, assay: str) -> None:
    sense = Sense(organism, assay)
    planted = {row["gene_id"]: row for row in organism.table("pausing") if row["assay"] == assay}
    assert set(planted) == {row["gene_id"] for row in organism.table("genes")}
    scores = []
    for gene in alone(organism):
        reads = sense.along(gene)
        density, index = (float(planted[gene["gene_id"]][key]) for key in ("body_density", "pausing_index"))
        expected = {(20, 120): 100 * density * index, (0, 20): 20 * density, (120, 500): 380 * density}
        expected[500, len(reads)] = max(0, len(reads) - 500) * density
        scores += [
            (reads[start:end].sum() - mean) / np.sqrt(mean) for (start, end), mean in expected.items() if mean > 5
        ]
    scores = np.array(scores)
    assert len(scores) > 150
    assert abs(scores.mean()) < 4 / np.sqrt(len(scores))  # standard normal numbers, within four standard errors
    assert 0.75 < scores.std() < 1.25


@pytest.mark.parametrize("assay", ASSAYS)
def test_little_runs_beyond_the_end_and_against_the_direction(organism: Organism, assay: str) -> None:
    sense = Sense(organism, assay)
    genes = alone(organism)
    body = np.mean([sense.along(gene)[120:].mean() for gene in genes])
    tail = np.mean([sense.along(gene, after=300)[-300:].mean() for gene in genes])
    beyond = np.mean([sense.along(gene, after=700)[-400:].mean() for gene in genes])
    before = np.mean([sense.along(gene, before=200)[:200].mean() for gene in genes])
    against = np.mean([sense.along(gene, opposite=True).mean() for gene in genes])
    assert 0.05 * body < tail < 0.15 * body
    assert beyond < 0.02 * body
    assert before < 0.02 * body
    assert 0.02 * body < against < 0.05 * body


def test_genes_have_as_many_reads_as_asked_for(organism: Organism) -> None:
    sense = Sense(organism, "netseq")
    reads = [sense.along(gene).sum() for gene in alone(organism)]
    assert np.mean(reads) == pytest.approx(organism.spec["tracks"]["reads_per_gene"], rel=0.3)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_pause_window_body_and_tail_begin_and_end_at_the_planted_base(strand: str) -> None:
    transcripts = [Transcript("T", "protein_coding", ((0, 1000),)), Transcript("U", "protein_coding", ((40, 1000),))]
    gene = Gene("G", "G", "protein_coding", np.zeros(1000, np.uint8), transcripts, 1, None, (0, 0), "1", 2000, strand)
    truth = Polymerase(np.array([5.0]), np.array([0.1]))
    even = {("1", "+"): np.ones(5000), ("1", "-"): np.ones(5000)}
    signal = expected_signal([gene], truth, even)
    sense, against = signal["1", strand], signal["1", "-" if strand == "+" else "+"]
    if strand == "-":
        sense, against = sense[::-1], against[::-1]
    start = 2000  # the gene spans 2000 to 3000 of 5000, seen from either side
    expected = np.zeros(5000)
    expected[start + 40 : start + 1000] = 0.1  # the chosen transcript starts 40 bp into the gene
    expected[start + 60 : start + 160] = 0.5
    expected[start + 1000 : start + 1300] = 0.01
    np.testing.assert_allclose(sense, expected)
    np.testing.assert_allclose(against, np.repeat([0, 0.003, 0], [2000, 1000, 2000]))


@pytest.mark.parametrize("strand", ["+", "-"])
def test_preferred_bases_have_more_and_every_stretch_its_sum(strand: str) -> None:
    """At the 3' end of the RNA, in its own letters: C before G most, at any place of the same stretch."""
    text = "".join(np.random.default_rng(5).choice(list("ACGT"), 5000))
    codes = np.frombuffer((text if strand == "+" else reverse_complement(text)).encode(), np.uint8)
    gene = Gene(
        "G", "G", "lncRNA", np.zeros(1000, np.uint8), [Transcript("T", "lncRNA", ((0, 1000),))], 0, None, (0, 0), "1",
        2000, strand,
    )  # fmt: skip
    preference = base_preference({"1": codes}, 0.5)
    signal = expected_signal([gene], Polymerase(np.array([5.0]), np.array([0.1])), preference)
    sense, against = signal["1", strand], signal["1", "-" if strand == "+" else "+"]
    if strand == "-":
        sense, against = sense[::-1], against[::-1]
    for (start, end), mean in {(0, 20): 0.1, (20, 120): 0.5, (120, 1000): 0.1, (1000, 1300): 0.01}.items():
        assert sense[2000 + start : 2000 + end].sum() == pytest.approx(mean * (end - start), rel=1e-12)
    assert against.sum() == pytest.approx(3, rel=1e-12)
    assert sense[:2000].sum() == sense[3300:].sum() == 0
    body = {at: sense[at] for at in range(2120, 3000)}
    of = {pair: {round(body[at], 12) for at in body if text[at : at + 2] == "".join(pair)} for pair in PAIRS}
    assert all(len(values) == 1 for values in of.values())
    means = {pair: values.pop() for pair, values in of.items()}
    assert max(means, key=means.get) == ("C", "G") and means["T", "G"] > means["T", "A"] > means["G", "A"]
    other = text.translate(str.maketrans("ACGT", "TGCA"))
    assert len({round(against[at] / means[other[at], other[at - 1]], 9) for at in range(2120, 3000)}) == 1
    shares = np.array([0.295, 0.205, 0.205, 0.295])
    logs = np.log([[means[pair] for pair in PAIRS[row : row + 4]] for row in range(0, 16, 4)])
    both = shares[:, None] * shares
    assert np.sqrt((both * (logs - (both * logs).sum()) ** 2).sum()) == pytest.approx(0.5)


PAIRS = list(itertools.product("ACGT", repeat=2))  # the base at the 3' end of the RNA, and the next


@pytest.mark.parametrize("assay", ASSAYS)
def test_reads_in_the_files_prefer_a_pyrimidine_before_a_guanine(
    organism: Organism, chromosomes: dict[str, str], assay: str
) -> None:
    sense, reads = Sense(organism, assay), {pair: [] for pair in PAIRS}
    for gene in alone(organism):
        text = chromosomes[gene["chrom"]][int(gene["start"]) : int(gene["end"])].upper()
        text = text if gene["strand"] == "+" else reverse_complement(text)
        along = sense.along(gene)
        text = text[len(text) - len(along) :]
        for at in range(120, len(along) - 1):
            reads[text[at], text[at + 1]].append(along[at] / along[120:].mean())
    means = {pair: np.mean(values) for pair, values in reads.items()}
    assert means["C", "G"] / means["A", "A"] == pytest.approx(np.exp(0.4 * 2.7 / np.sqrt(SPREAD)), rel=0.1)


MEAN = -0.5 * 0.5 + 0.205 * 1 + 0.295 * 0.5
# the variance of the planted preferences over a genome of 41 % G+C, by hand: at the end (-0.5, 1, -0.5, 0.5), after it
# (-0.3, -0.3, 0.9, -0.3), each for A, C, G, T
AFTER = 0.205 * 0.9 - 0.795 * 0.3
SPREAD = (0.5 * 0.25 + 0.205 * 1 + 0.295 * 0.25 - MEAN**2) + (0.795 * 0.09 + 0.205 * 0.81 - AFTER**2)
