"""Genes of the simulated organism: structure, transcripts and sequence.

A gene is made in the direction of its transcription, in local coordinates (bp, 0-based half-open, 0 =
the first transcribed base of any transcript), and placed on the genome later (`genome.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from workflow_scripts.simulate.genetic_code import SENSE_CODONS, STOP_CODONS, first_stop

Interval = tuple[int, int]

# What decides which transcript stands for a gene, in turn over the genes: six of ten have a single one.
DECIDERS = ("single", "mane", "single", "canonical", "single", "longest", "single", "lowest", "single", "single")
BASES = np.frombuffer(b"ACGT", np.uint8)
COMPOSITION = (0.295, 0.205, 0.205, 0.295)  # of everything but codons: 41 % G+C, about that of the human genome
ALTERNATIVE_START = 40  # bp from the first to the second transcription start
LONG_EVERY = 80  # one gene in so many codes for more than 1,022 residues, the longest window of ESM-2
NAMELESS_EVERY = 60  # one gene in so many has no gene_name
DECAY_EVERY = 12  # one gene in so many has a transcript for nonsense-mediated decay
HOST_EVERY = 80  # one gene in so many holds the gene before it in an intron
NEST_MARGIN = 500  # bp of the intron on either side of the gene within: room for its promoter


@dataclass(frozen=True)
class Transcript:
    """One transcript. `cds` is in spliced coordinates, from the start codon to the end of the stop codon."""

    transcript_id: str
    biotype: str
    exons: tuple[Interval, ...]  # local, in order of transcription
    tags: tuple[str, ...] = ()
    cds: Interval | None = None
    protein_id: str = ""

    def blocks(self, start: int, end: int) -> list[Interval]:
        """Local intervals that make up the spliced interval [start, end)."""
        found, spliced = [], 0
        for first, last in self.exons:
            left, right = max(start, spliced), min(end, spliced + last - first)
            if left < right:
                found.append((first + left - spliced, first + right - spliced))
            spliced += last - first
        return found


@dataclass
class Gene:
    """One gene; `chrom`, `start` (genomic, 0-based) and `strand` are set when it is placed."""

    gene_id: str
    symbol: str  # empty: no gene_name
    biotype: str
    sequence: np.ndarray  # uint8 ASCII, in the direction of transcription
    transcripts: list[Transcript]
    chosen: int = 0  # the transcript that MANE_Select > Ensembl_canonical > longest CDS > lowest id picks
    guest: Gene | None = field(default=None, repr=False)  # a gene within an intron of this one
    room: Interval = (0, 0)  # local: that intron
    chrom: str = ""
    start: int = 0
    strand: str = "+"

    @property
    def end(self) -> int:
        return self.start + len(self.sequence)

    def to_genome(self, start: int, end: int) -> Interval:
        """The genomic interval of a local one."""
        if self.strand == "+":
            return self.start + start, self.start + end
        return self.end - end, self.end - start

    @property
    def first(self) -> int:
        """Local position of the first base of the chosen transcript."""
        return self.transcripts[self.chosen].exons[0][0]

    @property
    def tss(self) -> int:
        """Genomic position of that base."""
        return self.to_genome(self.first, self.first + 1)[0]

    @property
    def exon_length(self) -> int:
        """bp of the union of the exons of all transcripts."""
        covered = np.zeros(len(self.sequence), bool)
        for transcript in self.transcripts:
            for start, end in transcript.exons:
                covered[start:end] = True
        return int(covered.sum())


def make_genes(rng: np.random.Generator, genes: int, factors: int) -> list[Gene]:
    """Return `genes` protein-coding genes, the first `factors` being transcription factors, then lncRNA genes.

    A gene that lies within another stands in the list as any other; its host's `guest` is that gene.
    """
    total = genes + max(2, genes // 20)
    numbers = rng.permutation(total) + 1  # so that the order of ids is not the order on the genome
    names = _Names()
    made: list[Gene] = []
    for index in range(total):
        gene_id = f"ENSG{900_000 + numbers[index]:011d}"
        if index >= genes:
            made.append(_noncoding(rng, gene_id, f"SIMLNC{index - genes + 1}", names))
            continue
        symbol = f"SIMTF{index + 1}" if index < factors else f"SIM{index + 1}"
        if index >= factors and index % NAMELESS_EVERY == NAMELESS_EVERY - 2:
            symbol = ""
        guest = made[-1] if index % HOST_EVERY == HOST_EVERY // 2 - 1 else None
        made.append(_coding(rng, gene_id, symbol, names, index, guest))
    return made


class _Names:
    """Transcript and protein identifiers, counted upwards: a later one is a higher one."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> tuple[str, str]:
        self.count += 1
        return f"ENST{900_000 + self.count:011d}", f"ENSP{900_000 + self.count:011d}"


def _random_bases(rng: np.random.Generator, length: int) -> np.ndarray:
    return rng.choice(BASES, length, p=COMPOSITION)


def _coding(rng: np.random.Generator, gene_id: str, symbol: str, names: _Names, index: int, guest: Gene | None) -> Gene:
    decider = DECIDERS[index % len(DECIDERS)]
    residues = int(np.clip(rng.lognormal(np.log(300), 0.5), 90, 900))
    if index % LONG_EVERY == 7:
        residues = int(rng.integers(1_030, 1_400))
    leader, trailer = (int(length) for length in rng.integers((80, 120), (250, 500)))
    usage = rng.dirichlet(np.full(len(SENSE_CODONS), 4.0))  # each protein has a composition of its own
    codons = ["ATG", *rng.choice(SENSE_CODONS, residues - 1, p=usage), rng.choice(STOP_CODONS)]
    coding = np.frombuffer("".join(codons).encode(), np.uint8)
    spliced = np.concatenate([_random_bases(rng, leader), coding, _random_bases(rng, trailer)])

    cassette = None
    if decider in ("mane", "canonical", "longest"):  # these have a transcript that skips an exon of whole codons
        first = leader + 3 * 30
        cassette = (first, first + 3 * int(rng.integers(14, 40)))
    cuts = _cuts(rng, len(spliced), cassette, at_least=1 if guest else 0)
    introns = [int(length) for length in rng.integers(90, 900, len(cuts))]
    if guest:
        introns[-1] = len(guest.sequence) + 2 * NEST_MARGIN
    sequence, exons = _with_introns(rng, spliced, cuts, introns)

    full = (leader, leader + len(coding))
    gene = Gene(gene_id, symbol, "protein_coding", sequence, [], guest=guest)
    if guest:
        gene.room = (exons[-2][1], exons[-1][0])
    for tags, form in _forms(decider):
        if form == "skip":
            at = cuts.index(cassette[0]) + 1
            kept, cds = exons[:at] + exons[at + 1 :], (full[0], full[1] - (cassette[1] - cassette[0]))
        elif form == "late":
            kept = [(exons[0][0] + ALTERNATIVE_START, exons[0][1]), *exons[1:]]
            cds = (full[0] - ALTERNATIVE_START, full[1] - ALTERNATIVE_START)
        else:
            kept, cds = exons, full
        transcript_id, protein_id = names.next()
        gene.transcripts.append(Transcript(transcript_id, "protein_coding", tuple(kept), tags, cds, protein_id))
    gene.chosen = 1 if decider in ("mane", "canonical", "longest") else 0  # see `_forms`
    if index % DECAY_EVERY == 5:
        _add_decay(gene, exons, full, names)
    return gene


def _forms(decider: str) -> list[tuple[tuple[str, ...], str]]:
    """(tags, form) of each transcript of a gene, in order of their ids; `skip` has the shorter CDS."""
    return {
        "single": [(("basic", "Ensembl_canonical", "MANE_Select"), "full")],
        "mane": [(("basic", "Ensembl_canonical"), "full"), (("basic", "MANE_Select"), "skip")],
        "canonical": [(("basic",), "full"), (("basic", "Ensembl_canonical"), "skip")],
        "longest": [(("basic",), "skip"), (("basic",), "full")],
        "lowest": [(("basic",), "late"), (("basic",), "full")],
    }[decider]


def _cuts(rng: np.random.Generator, length: int, cassette: Interval | None, at_least: int) -> list[int]:
    """Sorted spliced positions of introns: those around the cassette, and up to five that leave it whole."""
    free = np.arange(60, length - 30, 31)  # exons of 30 bp and more; 31 gives introns of every phase
    if cassette:
        free = free[(free < cassette[0] - 30) | (free > cassette[1] + 30)]
    chosen = rng.choice(free, min(len(free), int(rng.integers(at_least, 6))), replace=False).tolist()
    return sorted(chosen + list(cassette or ()))


def _with_introns(
    rng: np.random.Generator, spliced: np.ndarray, cuts: list[int], introns: list[int]
) -> tuple[np.ndarray, list[Interval]]:
    """Return the gene's sequence, an intron (GT...AG) at each cut, and the local intervals of its exons."""
    parts, exons, position = [], [], 0
    for exon, intron in zip(np.split(spliced, cuts), [*introns, 0], strict=True):
        exons.append((position, position + len(exon)))
        parts.append(exon)
        position += len(exon) + intron
        if intron:
            inner = _random_bases(rng, intron - 4)
            parts += [np.frombuffer(b"GT", np.uint8), inner, np.frombuffer(b"AG", np.uint8)]
    return np.concatenate(parts), exons


def _add_decay(gene: Gene, exons: list[Interval], cds: Interval, names: _Names) -> None:
    """Add a transcript that retains the first intron within the CDS, so that its reading frame stops elsewhere."""
    junctions = np.cumsum([end - start for start, end in exons])[:-1]
    within = np.flatnonzero((junctions > cds[0] + 3) & (junctions < cds[1] - 3))
    if gene.guest or not len(within):
        return
    at = int(within[0])
    kept = (*exons[:at], (exons[at][0], exons[at + 1][1]), *exons[at + 2 :])
    sequence = np.concatenate([gene.sequence[start:end] for start, end in kept])
    stop = first_stop(sequence[cds[0] :])
    if stop is None:
        return
    transcript_id, protein_id = names.next()
    gene.transcripts.append(
        Transcript(transcript_id, "nonsense_mediated_decay", kept, (), (cds[0], cds[0] + stop), protein_id)
    )


def _noncoding(rng: np.random.Generator, gene_id: str, symbol: str, names: _Names) -> Gene:
    spliced = _random_bases(rng, int(rng.integers(600, 2_000)))
    cuts = sorted(rng.choice(np.arange(150, len(spliced) - 100, 101), int(rng.integers(0, 3)), replace=False).tolist())
    sequence, exons = _with_introns(rng, spliced, cuts, [int(length) for length in rng.integers(90, 900, len(cuts))])
    transcript_id, _ = names.next()
    return Gene(
        gene_id,
        symbol,
        "lncRNA",
        sequence,
        [Transcript(transcript_id, "lncRNA", tuple(exons), ("basic", "Ensembl_canonical"))],
    )
