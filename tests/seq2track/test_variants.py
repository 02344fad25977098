"""Variants: each score is that of windows read from a genome that holds the variant, whatever its kind and place."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pysam
import pytest
import torch

from tests.seq2track import material
from tests.seq2track.material import reverse_complement
from workflow_scripts.contracts import gene_bodies, genome
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.seq2track import bundle, reading, score_variants, variants, vcf
from workflow_scripts.seq2track.sequence import Sequences

BINS, BIN, CONTEXT = 8, 16, 32
WIDTH, HALF = BINS * BIN, BINS * BIN // 2
SWAP = [1, 0, 3, 2]
MEANS = np.array([3, 3, 0.5, 0.5], np.float32)
PSEUDO = 0.25
HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def chromosomes() -> dict[str, str]:
    """Random sequence with a stretch of unknown bases, soft-masked ones, and CA six times between G and T."""
    random = np.random.default_rng(5)
    one, two = ("".join(random.choice(list("ACGT"), length)) for length in (900, 260))
    one = one[:200] + "N" * 12 + one[212:400] + "G" + "CA" * 6 + "T" + one[414:600] + one[600:640].lower() + one[640:]
    return {"I": one, "II": two}


SEQUENCE = chromosomes()
GENES = [  # gene_id, chrom, start, end, strand, tss, placed
    ("whole", "I", 420, 470, "+", 430, True),
    ("part", "I", 100, 415, "-", 409, True),
    ("other", "I", 380, 460, "+", 380, False),
    ("far", "I", 700, 800, "-", 799, True),
    ("second", "II", 5, 70, "+", 5, True),
]


class Organism(NamedTuple):
    folder: Path
    sequences: Sequences
    genes: variants.Genes


def organism(folder: Path, sequence: dict[str, str], genes: list[tuple] = GENES) -> Organism:
    """A genome with index and seals, its chromosomes and its genes, as the stage `reference` leaves them."""
    folder.mkdir(parents=True)
    path, index = folder / "genome.fa", folder / "genome.fa.fai"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in sequence.items()))
    pysam.faidx(str(path))
    seal_beside(path)
    seal_beside(index)
    lengths = {name: len(text) for name, text in sequence.items()}
    genome.write(genome.Genome(lengths, {"one": "I"}), folder / "chromosomes.parquet")
    columns = ["gene_id", "chrom", "start", "end", "strand", "tss", "placed"]
    bodies = pd.DataFrame(genes, columns=columns)
    gene_bodies.write(bodies, folder / "gene_bodies.parquet")
    return Organism(folder, Sequences(path, index), variants.Genes(bodies))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Organism:
    return organism(tmp_path_factory.mktemp("made") / "organism", SEQUENCE)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two folds of a run, of random weights that tell bases and strands apart."""
    folder, found = tmp_path_factory.mktemp("models"), []
    for fold in (0, 1):
        spec = material.run_spec(channels={"kinds": ["orf", "start"], "min_codons": 4}, context=CONTEXT)
        model = bundle.create(spec, material.TRACKS, BINS, BIN)
        torch.manual_seed(fold)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
        bundle.set_scale(model, MEANS)
        found.append(folder / str(fold))
        bundle.write(model, found[-1], tracks=material.TRACKS, seed=1, fold=fold)
    return found


@pytest.fixture(scope="module")
def models(paths: list[Path]) -> list[bundle.Trained]:
    return reading.read_models(paths)


class Record(NamedTuple):
    """A line of a VCF."""

    chrom: str
    position: int
    ref: str
    alt: str

    @property
    def mutated(self) -> str:
        """The chromosome with the alternative allele."""
        text, start = SEQUENCE[self.chrom], self.position - 1
        assert text[start : start + len(self.ref)].upper() == self.ref.upper()
        return text[:start] + self.alt + text[start + len(self.ref) :]


def at(chrom: str, position: int, length: int, alt: str) -> Record:
    """The bases there (of `length`) become `alt`; a letter `.` of it is a base that differs from the one there."""
    ref = SEQUENCE[chrom][position - 1 : position - 1 + length].upper()
    alt = (
        "".join("CGTA"["ACGT".index(was)] if new == "." else new for was, new in zip(ref, alt, strict=False))
        + (alt[length:])
    )
    return Record(chrom, position, ref, alt)


LONG = "".join(np.random.default_rng(6).choice(list("ACGT"), 300))
RECORDS = {
    "substitution": at("I", 430, 1, "."),
    "substitution of soft-masked": at("I", 620, 1, "."),
    "first base": at("I", 1, 1, "."),
    "last base": at("I", 900, 1, "."),
    "window begins with the chromosome": at("I", HALF + 1, 1, "."),
    "context begins with the chromosome": at("I", HALF + CONTEXT + 1, 1, "."),
    "window ends with the chromosome": at("I", 900 - HALF + 1, 1, "."),
    "near both ends": at("II", 130, 1, "."),
    "beside unknown bases": at("I", 200, 1, "."),
    "several bases": at("I", 445, 5, "..A.."),
    "insertion": at("I", 450, 1, SEQUENCE["I"][449] + "GATTACA"),
    "long insertion": at("I", 450, 1, SEQUENCE["I"][449] + LONG),
    "insertion before the first base": Record("I", 1, SEQUENCE["I"][0], "TTG" + SEQUENCE["I"][0]),
    "insertion after the last base": Record("I", 900, SEQUENCE["I"][899], SEQUENCE["I"][899] + "GTA"),
    "deletion": at("I", 440, 6, SEQUENCE["I"][439]),
    "long deletion": at("I", 430, 251, SEQUENCE["I"][429].upper()),
    "deletion of the first bases": Record("I", 1, SEQUENCE["I"][:4], SEQUENCE["I"][3]),
    "deletion of the last bases": Record("I", 897, SEQUENCE["I"][896:], SEQUENCE["I"][896]),
    "longer and other": at("I", 455, 3, "...TCGATCG"),
    "shorter and other": at("I", 455, 9, "..A"),
    "repeat longer": Record("I", 401, "G", "GCA"),
    "repeat shorter": Record("I", 405, "ACA", "A"),
}


def effect(models: list[bundle.Trained], of: Organism, record: Record, distance: int | None = None) -> variants.Effect:
    change = variants.change(of.sequences, *record, HALF)
    return variants.effects(models, of.sequences, [change], of.genes, distance)[0]


def alike(one: str, other: str) -> int:
    return len(os.path.commonprefix([one, other]))


class Expected(NamedTuple):
    bases: dict[int, tuple[np.ndarray, np.ndarray]]  # signal (T,) of each base that is compared, of both alleles
    bins: list[tuple[set[int], np.ndarray]]  # bases of the genome that a bin has of these, and its change (T,)

    def total(self, allele: int, first: int = 0, last: int = 10**6) -> np.ndarray:
        return sum((pair[allele] for base, pair in self.bases.items() if first <= base < last), np.zeros(4))


def brute_force(models: list[bundle.Trained], one: Organism, other: Organism, chrom: str) -> Expected:
    """From the genome without and the genome with the variant: base by base, of nothing but their sequences."""
    before, after = (each.sequences.codes(chrom, 0, each.sequences.lengths[chrom]) for each in (one, other))
    texts = ["".join("ACGTN"[code] for code in codes) for codes in (before, after)]
    lengths = [len(text) for text in texts]
    prefix, suffix = alike(*texts), alike(*(text[::-1] for text in texts))
    start = min(prefix, *(length - suffix for length in lengths))
    ends = [max(length - suffix, prefix + max(0, length - rest)) for length, rest in zip(lengths, lengths[::-1])]  # noqa: B905
    said: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    bins = []
    for name in ("before", "after"):
        tracks, begins = [], []
        for each, end in zip((one, other), ends, strict=True):
            begin = start - HALF if name == "before" else end + HALF - WIDTH
            codes = each.sequences.codes(chrom, begin - CONTEXT, begin + WIDTH + CONTEXT)
            tracks.append(np.mean([reading.signal(model, codes[None])[0] for model in models], axis=0))
            begins.append(begin)
        for number in range(BINS):
            held = set()
            for base in range(begins[0] + number * BIN, begins[0] + (number + 1) * BIN):
                kept = base < start if name == "before" else base >= ends[0]
                if 0 <= base < lengths[0] and (kept or lengths[0] == lengths[1]):
                    held.add(base)
                    said.setdefault(base, []).append(tuple(each[:, number] / BIN for each in tracks))
            bins.append((held, tracks[1][:, number] - tracks[0][:, number]))
    return Expected({base: tuple(np.mean(pairs, axis=0)) for base, pairs in said.items()}, bins)


@pytest.mark.parametrize("name", RECORDS)
def test_a_score_is_that_of_windows_of_a_genome_that_holds_the_variant(
    name: str, made: Organism, models: list[bundle.Trained], tmp_path: Path
) -> None:
    record = RECORDS[name]
    expected = brute_force(models, made, organism(tmp_path / "x", SEQUENCE | {record.chrom: record.mutated}), record[0])
    found = effect(models, made, record)
    for allele in (0, 1):
        np.testing.assert_allclose(found.totals[allele], expected.total(allele), rtol=1e-5)
    ratio = np.log2((expected.total(1) + PSEUDO) / (expected.total(0) + PSEUDO))
    np.testing.assert_allclose(found.totals.log2_ratio(PSEUDO), ratio, atol=1e-5)
    assert np.abs(ratio).max() > 1e-4
    changes = np.array([change for held, change in expected.bins if held])
    greatest = changes[np.abs(changes).argmax(0), np.arange(4)]
    np.testing.assert_allclose(found.max_change, greatest, rtol=1e-4, atol=1e-5)
    wanted = {}
    for gene, chrom, start, end, strand, tss, placed in GENES:
        first, last = (tss, end) if strand == "+" else (start, tss + 1)
        bases = [base for base in expected.bases if first <= base < last]
        if placed and chrom == record.chrom and bases:
            totals = [expected.total(allele, first, last) for allele in (0, 1)]
            wanted[gene] = (len(bases) / (last - first), "plus" if strand == "+" else "minus", *totals)
    assert [gene.gene_id for gene in found.genes] == list(wanted)
    for gene in found.genes:
        part, strand, *totals = wanted[gene.gene_id]
        assert gene.part == pytest.approx(part) and gene.strand == strand
        np.testing.assert_allclose(gene.totals, totals, rtol=1e-5)


def test_genes_of_which_a_window_holds_a_part_are_among_them(made: Organism, models: list[bundle.Trained]) -> None:
    """So that the test before is of some."""
    found = {name: {gene.gene_id: gene.part for gene in effect(models, made, RECORDS[name]).genes} for name in RECORDS}
    assert found["substitution"]["whole"] == 1 and 0 < found["substitution"]["part"] < 1
    assert "whole" not in found["first base"] and found["near both ends"].keys() == {"second"}
    assert found["long deletion"].keys() == {"part", "far"}, "what is deleted is in neither"


@pytest.mark.parametrize("distance", [1, 24, HALF])
@pytest.mark.parametrize("name", ["substitution", "insertion", "shorter and other", "first base"])
def test_a_distance_limits_totals_and_the_greatest_change_but_not_genes(
    name: str, distance: int, made: Organism, models: list[bundle.Trained], tmp_path: Path
) -> None:
    record = RECORDS[name]
    expected = brute_force(models, made, organism(tmp_path / "x", SEQUENCE | {record.chrom: record.mutated}), record[0])
    found, whole = effect(models, made, record, distance), effect(models, made, record)
    longest = max(len(record.ref), 1)
    change = variants.change(made.sequences, *record, HALF)
    assert record.position - 1 <= change.start <= change.end <= record.position - 1 + longest
    first, last = change.start - distance, change.end + distance
    for allele in (0, 1):
        np.testing.assert_allclose(found.totals[allele], expected.total(allele, first, last), rtol=1e-5)
    changes = np.array([change for held, change in expected.bins if any(first <= base < last for base in held)])
    greatest = changes[np.abs(changes).argmax(0), np.arange(4)]
    np.testing.assert_allclose(found.max_change, greatest, rtol=1e-4, atol=1e-5)
    assert [gene.part for gene in found.genes] == [gene.part for gene in whole.genes]


@pytest.mark.parametrize("name", RECORDS)
def test_alleles_exchanged_change_the_sign(
    name: str, made: Organism, models: list[bundle.Trained], tmp_path: Path
) -> None:
    record = RECORDS[name]
    other = organism(tmp_path / "x", SEQUENCE | {record.chrom: record.mutated})
    there, back = effect(models, made, record), effect(models, other, record._replace(ref=record.alt, alt=record.ref))
    np.testing.assert_allclose(back.totals, there.totals[::-1], rtol=1e-5)
    np.testing.assert_allclose(back.totals.log2_ratio(PSEUDO), -there.totals.log2_ratio(PSEUDO), atol=1e-5)
    np.testing.assert_allclose(back.max_change, -there.max_change, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", RECORDS)
def test_on_the_other_strand_the_same_is_said_with_strands_exchanged(
    name: str, made: Organism, models: list[bundle.Trained], tmp_path: Path
) -> None:
    record = RECORDS[name]
    genes = []
    for gene, chrom, start, end, strand, tss, placed in GENES:
        length = len(SEQUENCE[chrom])
        genes.append((gene, chrom, length - end, length - start, "-+"[strand == "-"], length - 1 - tss, placed))
    other = organism(tmp_path / "x", {name: reverse_complement(text) for name, text in SEQUENCE.items()}, genes)
    position = len(SEQUENCE[record.chrom]) - (record.position - 1 + len(record.ref)) + 1
    turned = Record(record.chrom, position, reverse_complement(record.ref), reverse_complement(record.alt))
    here, there = effect(models, made, record), effect(models, other, turned)
    np.testing.assert_allclose(np.array(there.totals)[:, SWAP], here.totals, rtol=1e-5)
    np.testing.assert_allclose(there.max_change[SWAP], here.max_change, rtol=1e-4, atol=1e-5)
    assert {gene.gene_id for gene in there.genes} == {gene.gene_id for gene in here.genes}
    by_name = {gene.gene_id: gene for gene in there.genes}
    for gene in here.genes:
        turned_gene = by_name[gene.gene_id]
        assert {turned_gene.strand, gene.strand} == {"plus", "minus"} and turned_gene.part == gene.part
        np.testing.assert_allclose(np.array(turned_gene.totals)[:, SWAP], gene.totals, rtol=1e-5)


def test_the_same_sequence_has_the_same_score_however_it_is_written(
    made: Organism, models: list[bundle.Trained]
) -> None:
    text = SEQUENCE["I"]
    ways = {
        "a repeat that is longer": [
            Record("I", 401, "G", "GCA"),
            Record("I", 413, "A", "ACA"),
            Record("I", 404, "C", "CAC"),
            Record("I", 390, text[389:420], text[389:401] + "CA" + text[401:420]),
        ],
        "a repeat that is shorter": [
            Record("I", 401, "GCA", "G"),
            Record("I", 411, "ACA", "A"),
            Record("I", 406, "CAC", "C"),
        ],
        "a base": [
            Record("I", 431, text[430], "A"),
            Record("I", 429, text[428:433], text[428:430] + "A" + text[431:433]),
        ],
    }
    for records in ways.values():
        assert len({record.mutated for record in records}) == 1
        first, *others = (effect(models, made, record) for record in records)
        assert np.abs(first.max_change).max() > 1e-4
        for other in others:
            np.testing.assert_array_equal(other.totals, first.totals)
            np.testing.assert_array_equal(other.max_change, first.max_change)


@pytest.mark.parametrize(
    "record", [at("I", 430, 1, SEQUENCE["I"][429].lower()), at("I", 431, 9, SEQUENCE["I"][430:439])]
)
def test_what_changes_nothing_scores_exactly_0(record: Record, made: Organism, models: list[bundle.Trained]) -> None:
    changes = [variants.change(made.sequences, *each, HALF) for each in (record, RECORDS["insertion"], record)]
    for found in variants.effects(models, made.sequences, changes, made.genes, None)[::2]:
        assert found.totals.reference.min() > 0 and found.genes
        for totals in (found.totals, *(gene.totals for gene in found.genes)):
            assert (totals.log2_ratio(PSEUDO) == 0).all() and (totals.reference == totals.alternative).all()
        assert (found.max_change == 0).all()


# Files


def written(folder: Path, *lines: str) -> Path:
    path = folder / "variants.vcf"
    path.write_text(HEADER + "".join(f"{line}\t.\t.\t.\n" for line in lines))
    return path


def scored(
    table: Path, of: Organism, paths: list[Path], folder: Path, **spec: Any
) -> tuple[pd.DataFrame, pd.DataFrame, Path]:
    """The tables that the door writes, text but for numbers, and the folder of bedGraphs."""
    folder.mkdir(exist_ok=True)
    score_variants.score_variants(
        table=table,
        genome=of.folder / "genome.fa",
        index=of.folder / "genome.fa.fai",
        chromosomes=of.folder / "chromosomes.parquet",
        bodies=of.folder / "gene_bodies.parquet",
        models=paths,
        scores=folder / "scores.tsv.gz",
        genes=folder / "genes.tsv.gz",
        bedgraphs=folder / "bedgraphs",
        spec={"run": "r", "distance": None, "pseudo_count": PSEUDO, **spec},
        assembly="toy1",
        name="mine",
        threads=1,
    )
    tables = (pd.read_csv(folder / name, sep="\t", keep_default_na=False) for name in ("scores.tsv.gz", "genes.tsv.gz"))
    return *tables, folder / "bedgraphs"


LINES = [f"{one.chrom}\t{one.position}\t{number}\t{one.ref}\t{one.alt}" for number, one in enumerate(RECORDS.values())]
LINES += [
    f"one\t430\t.\t{SEQUENCE['I'][429]}\tA,C,G,T",
    f"I\t500\tx\t{SEQUENCE['I'][499]}\t<DEL>,*,N,]II:7]A",
    f"II\t20\tx\t{SEQUENCE['II'][19]}\t.",
    "I\t205\tx\tN\t<DUP:TANDEM>",
]


def test_the_tables_hold_each_allele_by_each_track_and_gene(
    made: Organism, models: list[bundle.Trained], paths: list[Path], tmp_path: Path
) -> None:
    scores, genes, _ = scored(written(tmp_path, *LINES), made, paths, tmp_path / "out")
    assert len(scores) == 4 * (len(RECORDS) + 4 + 4 + 1 + 1)
    for number, record in enumerate(RECORDS.values()):
        found, rows = effect(models, made, record), scores.iloc[4 * number : 4 * number + 4]
        assert rows[["chrom", "pos", "ref", "alt"]].to_numpy().tolist() == [list(record)] * 4
        assert rows["id"].tolist() == [str(number)] * 4 and rows["reason"].tolist() == [""] * 4
        named = [{"name": row.track, "assay": row.assay, "strand": row.strand} for row in rows.itertuples()]
        assert named == material.TRACKS
        wanted = [*found.totals, found.totals.log2_ratio(PSEUDO), found.max_change]
        values = rows[["ref_signal", "alt_signal", "log2_ratio", "max_change"]].to_numpy(float).T
        np.testing.assert_allclose(values, wanted, rtol=2e-5, atol=2e-6)
        of_genes = genes[genes["id"] == str(number)]
        assert len(of_genes) == 2 * len(found.genes)
        for gene in found.genes:
            rows = of_genes[of_genes["gene_id"] == gene.gene_id]
            assert rows["track"].tolist() == ["a", "b"] and set(rows["strand"]) == {gene.strand}
            own = slice(gene.strand == "minus", None, 2)
            wanted = [totals[own] for totals in (*gene.totals, gene.totals.log2_ratio(PSEUDO))]
            values = rows[["ref_signal", "alt_signal", "log2_ratio"]].to_numpy(float).T
            np.testing.assert_allclose(values, wanted, rtol=2e-5, atol=2e-6)
            np.testing.assert_allclose(rows["part"], gene.part, rtol=1e-5)
    several = scores[scores["chrom"] == "one"]
    same = several["alt"] == SEQUENCE["I"][429]
    assert (several.loc[same, "log2_ratio"].astype(float) == 0).all() and same.sum() == 4
    assert (several.loc[~same, "log2_ratio"].astype(float) != 0).all()
    rest = scores.iloc[-24::4]
    assert rest["reason"].tolist() == [
        "symbolic allele",
        "spanning deletion",
        "unknown base",
        "breakend",
        "no alternative allele",
        "symbolic allele",
    ]
    assert (scores.iloc[-24:][["ref_signal", "alt_signal", "log2_ratio", "max_change"]] == "").all(axis=None)
    assert set(genes["id"]) <= {*map(str, range(len(RECORDS))), "."}


def test_bedgraphs_hold_the_strongest_allele_of_each_base_in_order(
    made: Organism, paths: list[Path], tmp_path: Path
) -> None:
    lines = sorted(line for line in LINES if not line.startswith("one"))  # backwards: II before I
    several = f"I\t430\t.\t{SEQUENCE['I'][429]}\tA,C,G,T"
    scores, _, folder = scored(written(tmp_path, *lines[::-1], several), made, paths, tmp_path / "out")
    assert {path.name for path in folder.iterdir()} == {
        f"{track}.{strand}.bedGraph" for track in "ab" for strand in ("plus", "minus")
    }
    kept = scores[scores["reason"] == ""].astype({"log2_ratio": float})
    for (track, strand), rows in kept.groupby(["track", "strand"]):
        first, *lines = (folder / f"{track}.{strand}.bedGraph").read_text().splitlines()
        assert first.startswith(f'track type=bedGraph name="mine: {track} {strand}"')
        wanted = []
        for (chrom, position), here in rows.groupby(["chrom", "pos"]):
            value = max(here["log2_ratio"], key=abs)
            wanted.append(f"{chrom}\t{position - 1}\t{position}\t{value:.6g}")
        assert lines == wanted and len(lines) < len(rows)


def test_a_vcf_is_read_plain_gzipped_and_bgzipped_the_same(made: Organism, paths: list[Path], tmp_path: Path) -> None:
    plain = written(tmp_path, *LINES)
    gzipped, bgzipped = tmp_path / "b.vcf.gz", tmp_path / "c.vcf.gz"
    gzipped.write_bytes(gzip.compress(plain.read_bytes()))
    pysam.tabix_compress(str(plain), str(bgzipped))
    windows = tmp_path / "d.vcf"
    windows.write_bytes(plain.read_bytes().replace(b"\n", b"\r\n"))
    alleles = [list(vcf.read(path)) for path in (plain, gzipped, bgzipped, windows)]
    assert len(alleles[0]) == len(RECORDS) + 10 and alleles[1:] == alleles[:1] * 3
    results = [scored(path, made, paths, tmp_path / path.name.replace(".", "_")) for path in (plain, bgzipped)]
    files = [sorted(path for path in found[2].parent.rglob("*") if path.is_file()) for found in results]
    assert len(files[0]) == 6
    for one, other in zip(*files, strict=True):
        assert one.name == other.name and one.read_bytes() == other.read_bytes()


def test_scores_do_not_follow_what_else_is_read_at_once(
    made: Organism, paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = written(tmp_path, *LINES)
    columns = ["ref_signal", "alt_signal", "log2_ratio", "max_change"]
    found = []
    for at_once in (1, 4, 7):
        monkeypatch.setattr(score_variants, "AT_ONCE", at_once)
        scores, _, _ = scored(table, made, paths, tmp_path / f"{at_once}")
        found.append(scores.loc[scores["reason"] == "", columns].to_numpy(float))
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-4, atol=1e-5)


def test_a_long_vcf_is_read_as_it_is_needed(
    made: Organism, paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more windows are made at once than `AT_ONCE` says, and no line is read before the ones before it are done."""
    sizes, read = [], 0

    def lines() -> Any:
        nonlocal read
        for allele in vcf_read(path):
            read += 1
            assert read <= sum(sizes) + score_variants.AT_ONCE
            yield allele

    def effects(models: Any, sequences: Any, changes: list, genes: Any, distance: Any) -> list[variants.Effect]:
        sizes.append(len(changes))
        nothing = np.zeros(4)
        return [variants.Effect(variants.Totals(nothing, nothing), nothing, []) for _ in changes]

    path = written(tmp_path, *[f"I\t430\t{number}\t{SEQUENCE['I'][429]}\tA,T" for number in range(2000)])
    vcf_read = vcf.read
    monkeypatch.setattr(score_variants.vcf, "read", lambda path: lines())
    monkeypatch.setattr(score_variants.variants, "effects", effects)
    scores, _, _ = scored(path, made, paths, tmp_path / "out")
    assert len(scores) == 4 * 4000 and read == 4000
    assert max(sizes) <= score_variants.AT_ONCE


WRONG = {
    "another base": (
        f"one\t430\t.\t{'A' if SEQUENCE['I'][429] != 'A' else 'C'}\tG",
        "line 3, one:430: REF is .*, toy1 has .* there. Give a VCF of this assembly",
    ),
    "another base of several": (
        f"I\t430\t.\t{SEQUENCE['I'][429:432]}{'A' if SEQUENCE['I'][432] != 'A' else 'C'}\tG",
        f"REF is {SEQUENCE['I'][429:432]}[AC], toy1 has {SEQUENCE['I'][429:433]} there",
    ),
    "beyond the end": (f"I\t900\t.\t{SEQUENCE['I'][899]}A\tG", "I:900: REF .* lies beyond the 900 bases that toy1 has"),
    "before the first": ("I\t0\t.\tA\tG", "I:0: REF A lies beyond the 900 bases that toy1 has"),
    "unknown bases": ("I\t205\t.\tN\tG", "I:205: REF N holds an unknown base, of which no change can be scored"),
    "unknown bases for a known one": (f"I\t200\t.\t{SEQUENCE['I'][199]}N\tG", "holds an unknown base"),
    "a base for an unknown one": ("I\t205\t.\tA\tG", "I:205: REF is A, toy1 has N there"),
    "another chromosome": ("III\t5\t.\tA\tG", "line 3: the genome has no chromosome 'III', it has I, II"),
    "no position": ("I\tx\t.\tA\tG", "line 3: POS 'x' is no position"),
    "a negative position": ("I\t-5\t.\tA\tG", "line 3: POS '-5' is no position"),
    "no base": ("I\t5\t.\tQ\tG", "line 3: REF 'Q' holds other than A, C, G, T and N"),
    "no reference": ("I\t5\t.\t\tG", "line 3: REF '' holds other than"),
    "no allele": ("I\t5\t.\tA\tG,", "line 3: ALT '' is no allele"),
    "no bases": ("I\t5\t.\tA\tR", "line 3: ALT 'R' is no allele"),
    "spaces": ("I 5 . A G", "line 3: has 4 columns, its header 8"),
    "a column less": ("I\t5\tA\tG", "line 3: has 7 columns, its header 8"),
    "an empty line": ("", "line 3: has 4 columns, its header 8"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_line_is_one_clear_line_and_leaves_no_file(
    name: str, made: Organism, paths: list[Path], tmp_path: Path
) -> None:
    line, says = WRONG[name]
    table = written(tmp_path, line)
    with pytest.raises(BadInput, match=says) as error:
        scored(table, made, paths, tmp_path / "out")
    assert str(error.value).startswith(f"{table}: line 3") and "\n" not in str(error.value)
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has no header #CHROM"),
        (b"##fileformat=VCFv4.2\n", "has no header #CHROM"),
        (b"chrom\tpos\nI\t5\n", "line 1: is not ##fileformat=VCF, with which a VCF begins"),
        (b"##fileformat=VCFv4.2\nI\t5\t.\tA\tG\t.\t.\t.\n", "line 2: is not the header #CHROM POS ID REF ALT"),
        (HEADER.encode() + b"I\t5\t.\tA\tG\t.\t.\t.", "line 3: the file is cut short: its last line has no end"),
        (gzip.compress(HEADER.encode() + LONG.encode() * 99)[:-30], "truncated or damaged"),
    ],
)
def test_what_is_no_vcf_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=says):
        list(vcf.read(path))


def test_structural_variants_with_an_unknown_reference_are_no_error(
    made: Organism, paths: list[Path], tmp_path: Path
) -> None:
    scores, genes, folder = scored(written(tmp_path, "I\t5\t.\tN\t<DEL>"), made, paths, tmp_path / "out")
    assert scores["reason"].tolist() == ["symbolic allele"] * 4 and len(genes) == 0
    assert len((folder / "a.plus.bedGraph").read_text().splitlines()) == 1
