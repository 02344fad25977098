"""Elements of core promoters: where they stand, what they do to polymerase, and what variants do to them."""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.simulate.organisms import Organism, Record, simulate
from tests.simulate.test_genome import reverse_complement
from tests.simulate.test_mirror import files
from tests.simulate.test_tracks import Sense, alone
from workflow_scripts.contracts import truth
from workflow_scripts.simulate import layout

# Written by hand: consensus, first base (0 is the first transcribed one), what it does to ln density and to ln index.
ELEMENTS = {
    "nf_y": ("GATTGGY", tuple(range(-130, -115)), 0.6, 0.0),
    "creb": ("TGAYRTCA", tuple(range(-108, -97)), 0.6, 0.0),
    "nrf_1": ("RCGCANGCGY", tuple(range(-89, -78)), 0.6, 0.0),
    "ets": ("SCGGAAGY", tuple(range(-68, -57)), 0.6, 0.0),
    "sp1": ("GGGCGGR", tuple(range(-49, -39)), 0.6, 0.0),
    "tata_box": ("TATAWAWR", (-32, -31, -30), 1.0, 0.0),
    "initiator": ("BBCABW", (-3,), 0.8, 0.0),
    "yy1": ("GCCATNTTG", tuple(range(8, 18)), 0.6, 0.0),
    "downstream_element": ("RGWYVT", (27,), 0.5, 0.5),
    "pause_button": ("KCGRWCG", (33,), 0.0, 1.0),
}
LETTERS = dict(A="A", C="C", G="G", T="T", R="AG", Y="CT", W="AT", K="GT", S="CG", B="CGT", V="ACG")
GENOME = dict(A=0.295, C=0.205, G=0.205, T=0.295)
SDS = {"density": 0.6 * math.sqrt(0.5), "pausing": 0.7 * math.sqrt(0.4)}  # of what elements tell, by default


def match(name: str, site: str) -> float:
    """ln odds of a site: nine bases of ten are of the consensus, among these as in the genome."""
    total = 0.0
    for letter, base in zip(ELEMENTS[name][0], site, strict=True):
        if letter == "N":
            continue
        share = sum(GENOME[one] for one in LETTERS[letter])
        total += math.log(0.9 / share) if base in LETTERS[letter] else math.log(0.1 / (1 - share))
    return total


def best(name: str) -> float:
    letters = ELEMENTS[name][0].replace("N", "")
    return sum(math.log(0.9 / sum(GENOME[one] for one in LETTERS[letter])) for letter in letters)


class Promoter:
    """The neighbourhood of one start, read off the genome that was written."""

    def __init__(self, record: tuple[str, int, str], chromosomes: dict[str, str]) -> None:
        chrom, tss, self.strand = record
        forward = self.strand == "+"
        self.start = tss - 140 if forward else tss - 49
        text = chromosomes[chrom][self.start : self.start + 190].upper()
        self.text = text if forward else reverse_complement(text)

    def site(self, name: str, first: int) -> str:
        return self.text[140 + first : 140 + first + len(ELEMENTS[name][0])]

    def amount(self, name: str) -> float:
        """From 0 to 1, at the best of the places where the element may stand."""
        return max(0.0, max(match(name, self.site(name, first)) for first in ELEMENTS[name][1])) / best(name)

    def changed(self, position: int, ref: str, alt: str) -> Promoter:
        """With another base at a place of the plus strand (0-based)."""
        at = position - self.start if self.strand == "+" else self.start + 189 - position
        ref, alt = (base if self.strand == "+" else reverse_complement(base) for base in (ref, alt))
        assert self.text[at] == ref
        other = object.__new__(Promoter)
        other.start, other.strand, other.text = self.start, self.strand, self.text[:at] + alt + self.text[at + 1 :]
        return other


@pytest.fixture(scope="module")
def promoters(organism: Organism, annotation: list[Record], chromosomes: dict[str, str]) -> dict[str, Promoter]:
    """Of all genes; lncRNA genes have one transcript."""
    places = {
        record.values["gene_id"]: (record.chrom, _first(record), record.strand)
        for record in annotation
        if record.feature == "gene"
    }
    places |= {row["gene_id"]: (row["chrom"], int(row["tss"]), row["strand"]) for row in organism.table("genes")}
    return {gene: Promoter(place, chromosomes) for gene, place in places.items()}


def _first(record: Record) -> int:
    return record.start if record.strand == "+" else record.end - 1


@pytest.fixture(scope="module")
def elements(organism: Organism) -> pd.DataFrame:
    return truth.read("elements", organism.truth)


@pytest.fixture(scope="module")
def variants(organism: Organism) -> pd.DataFrame:
    """What the VCF says of each variant (index: ID)."""
    lines = (organism.mirror / layout.VARIANTS).read_text().splitlines()
    rows = csv.DictReader([line for line in lines if not line.startswith("##")], delimiter="\t")
    return pd.DataFrame(rows).rename(columns={"#CHROM": "CHROM"}).set_index("ID").astype({"POS": int})


def scales(promoters: dict[str, Promoter]) -> dict[str, float]:
    """What 1 adds to the logarithm of density and of the index, so that over genes it has the sd that is asked for."""
    raw = {
        "density": [sum(of[2] * one.amount(name) for name, of in ELEMENTS.items()) for one in promoters.values()],
        "pausing": [sum(of[3] * one.amount(name) for name, of in ELEMENTS.items()) for one in promoters.values()],
    }
    return {name: SDS[name] / np.std(values) for name, values in raw.items()}


def test_elements_stand_at_their_place_and_strand_and_are_scored_as_they_match(
    elements: pd.DataFrame, promoters: dict[str, Promoter], chromosomes: dict[str, str]
) -> None:
    of_genes = elements[elements["origin"] != "decoy"]
    told = Counter(zip(of_genes["gene_id"], of_genes["element"], strict=True))
    assert max(told.values()) == 1 and set(of_genes["element"]) == set(ELEMENTS)
    scale = scales(promoters)
    for row in elements.itertuples():
        site = chromosomes[row.chrom][row.start : row.end].upper()
        site = site if row.strand == "+" else reverse_complement(site)
        assert row.score == pytest.approx(match(row.element, site), abs=2e-6)
        if row.origin == "decoy":
            continue
        promoter = promoters[row.gene_id]
        assert promoter.strand == row.strand
        tss = promoter.start + 140 if row.strand == "+" else promoter.start + 49
        assert (row.start - tss if row.strand == "+" else tss - row.end + 1) in ELEMENTS[row.element][1]
        amount = promoter.amount(row.element)
        assert row.density_effect == pytest.approx(ELEMENTS[row.element][2] * amount * scale["density"], abs=2e-6)
        assert row.pausing_effect == pytest.approx(ELEMENTS[row.element][3] * amount * scale["pausing"], abs=2e-6)
    missing = {(gene, name) for gene in promoters for name in ELEMENTS} - set(told)
    assert all(promoters[gene].amount(name) == 0 for gene, name in missing)  # nothing that acts is untold


def test_planted_elements_have_mismatches_and_not_all_genes_have_them(
    elements: pd.DataFrame, promoters: dict[str, Promoter]
) -> None:
    planted = elements[elements["origin"] == "planted"]
    expected = {"tata_box": 0.2, "initiator": 0.5, "downstream_element": 0.3, "pause_button": 0.3, "nf_y": 0.25}
    expected |= {"creb": 0.15, "nrf_1": 0.2, "ets": 0.3, "sp1": 0.4, "yy1": 0.15}
    for name, share in expected.items():
        has = (planted["element"] == name).sum() / len(promoters)
        assert abs(has - share) < 4 * math.sqrt(share * (1 - share) / len(promoters))
    sites = [
        (letter, base)
        for row in planted.itertuples()
        for first in ELEMENTS[row.element][1]
        if abs(match(row.element, promoters[row.gene_id].site(row.element, first)) - row.score) < 2e-6
        for letter, base in zip(ELEMENTS[row.element][0], promoters[row.gene_id].site(row.element, first), strict=True)
        if letter != "N"
    ]
    wrong = np.mean([base not in LETTERS[letter] for letter, base in sites])
    assert abs(wrong - 0.1) < 4 * math.sqrt(0.09 / len(sites))


def test_density_and_pausing_follow_the_elements_by_the_share_that_is_asked_for(
    organism: Organism, elements: pd.DataFrame, tmp_path: Path
) -> None:
    def residual(found: Organism, table: pd.DataFrame, assay: str, key: str, of: str) -> np.ndarray:
        pausing = truth.read("pausing", found.truth)
        pausing = pausing[pausing["assay"] == assay].set_index("gene_id")
        told = table.groupby("gene_id")[of].sum().reindex(pausing.index).fillna(0)
        return (np.log(pausing[key]) - told).to_numpy()

    parts = (("body_density", "density_effect", 0.6, 0.5), ("pausing_index", "pausing_effect", 0.7, 0.4))
    for key, of, sd, share in parts:
        rest = residual(organism, elements, "netseq", key, of)
        expected = sd * math.sqrt(1 - share)
        assert abs(rest.std() / expected - 1) < 4 / math.sqrt(2 * len(rest))
    whole = simulate(tmp_path, tracks={"density_share": 1, "pausing_share": 1})
    table = truth.read("elements", whole.truth)
    for key, of, *_ in parts:
        assert np.ptp(residual(whole, table, "netseq", key, of)) < 1e-4
    assert np.ptp(residual(whole, table, "proseq", "body_density", "density_effect")) < 1e-4
    assert np.ptp(residual(whole, table, "proseq", "pausing_index", "pausing_effect")) > 0.5  # assays differ by chance


def test_the_reads_that_were_written_follow_the_elements(organism: Organism, elements: pd.DataFrame) -> None:
    sense, told = Sense(organism, "netseq"), elements.groupby("gene_id")[["density_effect", "pausing_effect"]].sum()
    genes = [gene for gene in alone(organism) if sense.along(gene)[120:].sum() >= 20]
    reads = [sense.along(gene) for gene in genes]
    told = told.reindex([gene["gene_id"] for gene in genes]).fillna(0)
    body = np.log([of[120:].mean() for of in reads])
    index = np.log([of[20:120].mean() + 0.01 for of in reads]) - body
    assert np.corrcoef(body, told["density_effect"])[0, 1] ** 2 > 0.25
    assert np.corrcoef(index, told["pausing_effect"])[0, 1] ** 2 > 0.15


def test_decoys_stand_alone_away_from_genes(
    organism: Organism, elements: pd.DataFrame, annotation: list[Record], chromosomes: dict[str, str]
) -> None:
    decoys, genes = elements[elements["origin"] == "decoy"], [row for row in annotation if row.feature == "gene"]
    assert len(decoys) == 2 * len(genes) and set(decoys["gene_id"]) == {""}
    assert (decoys[["density_effect", "pausing_effect"]] == 0).all(axis=None)
    assert decoys["element"].value_counts().to_numpy() == pytest.approx(len(decoys) / 10, abs=1)
    assert 0.35 < (decoys["strand"] == "+").mean() < 0.65
    assert decoys["score"].mean() == pytest.approx(elements[elements["origin"] == "planted"]["score"].mean(), rel=0.3)
    for _, here in decoys.groupby("chrom"):
        assert np.diff(np.sort(here["start"])).min() >= 100
    for row in decoys.itertuples():
        near = [g for g in genes if g.chrom == row.chrom and g.start - 500 < row.end and row.start < g.end + 500]
        assert not near and "N" not in chromosomes[row.chrom][row.start : row.end]


def test_the_vcf_is_one_whose_reference_is_the_genome(
    organism: Organism, variants: pd.DataFrame, chromosomes: dict[str, str]
) -> None:
    lines = (organism.mirror / layout.VARIANTS).read_text().splitlines()
    assert lines[0] == "##fileformat=VCFv4.2"
    contigs = [line for line in lines if line.startswith("##contig")]
    assert contigs == [f"##contig=<ID={name},length={len(text)}>" for name, text in chromosomes.items()]
    assert [line for line in lines if line.startswith("#C")] == ["#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    assert all(line.count("\t") == 7 for line in lines if not line.startswith("##"))
    assert len(variants) == 200 and variants.index.is_unique
    assert not variants.duplicated(["CHROM", "POS", "ALT"]).any()
    places = list(zip(variants["CHROM"].astype(int), variants["POS"], strict=True))
    assert places == sorted(places)
    for row in variants.itertuples():
        assert chromosomes[row.CHROM][row.POS - 1].upper() == row.REF != row.ALT
        assert row.REF in "ACGT" and row.ALT in "ACGT"


def test_what_a_variant_does_follows_from_the_match_of_the_promoter_with_it(
    organism: Organism, variants: pd.DataFrame, promoters: dict[str, Promoter]
) -> None:
    table, scale = truth.read("variants", organism.truth), scales(promoters)
    pausing = truth.read("pausing", organism.truth).set_index(["gene_id", "assay"])["pausing_index"]
    genes = {row["gene_id"]: row for row in organism.table("genes")}
    assert table.groupby("variant_id")["assay"].agg(set).map(lambda of: of == {"netseq", "proseq"}).all()
    assert set(table["variant_id"]) == set(variants.index)
    kinds = table.drop_duplicates("variant_id")["kind"].value_counts().to_dict()
    assert kinds == {"neutral": 100, "break": 50, "mend": 50}
    folds = {"break": [], "mend": []}
    for row in table[table["kind"] != "neutral"].itertuples():
        variant, before = variants.loc[row.variant_id], promoters[row.gene_id]
        after = before.changed(variant["POS"] - 1, variant["REF"], variant["ALT"])
        gained = {name: after.amount(name) - before.amount(name) for name in ELEMENTS}
        assert {name for name, of in gained.items() if abs(of) > 1e-9} == {row.element}
        assert (gained[row.element] > 0) == (row.kind == "mend")
        density = sum(ELEMENTS[name][2] * of for name, of in gained.items()) * scale["density"]
        index = sum(ELEMENTS[name][3] * of for name, of in gained.items()) * scale["pausing"]
        assert row.density_log_fold == pytest.approx(density, abs=2e-6)
        assert row.pausing_log_fold == pytest.approx(index, abs=2e-6)
        if row.gene_id in genes:
            gene, old = genes[row.gene_id], pausing[row.gene_id, row.assay]
            tss = int(gene["tss"])
            length = int(gene["end"]) - tss if gene["strand"] == "+" else tss + 1 - int(gene["start"])
            signal = [length - 100 + 100 * of for of in (old, old * math.exp(index))]
            assert row.log_fold == pytest.approx(density + math.log(signal[1] / signal[0]), abs=5e-6)
        folds[row.kind].append(row.log_fold)
    assert max(folds["break"]) < 0 < min(folds["mend"]) and max(folds["mend"]) > 0.2


def test_neutral_variants_are_in_promoters_and_touch_neither_elements_nor_motifs(
    organism: Organism, variants: pd.DataFrame, elements: pd.DataFrame, annotation: list[Record]
) -> None:
    table = truth.read("variants", organism.truth)
    neutral = table[table["kind"] == "neutral"].drop_duplicates("variant_id")
    folds = ["log_fold", "density_log_fold", "pausing_log_fold"]
    assert (table.loc[table["kind"] == "neutral", folds] == 0).all(axis=None)
    assert set(neutral["element"]) == {""}
    genes = {record.values["gene_id"]: record for record in annotation if record.feature == "gene"}
    assert neutral["gene_id"].nunique() > 40
    for row in neutral.itertuples():
        variant, gene = variants.loc[row.variant_id], genes[row.gene_id]
        position = variant["POS"] - 1
        upstream = gene.start - position if gene.strand == "+" else position - gene.end + 1
        assert 130 < upstream <= 430 and (upstream - 131) % 30 >= 10  # motifs: 10 bp, 30 bp apart, from 130 bp on
        here = elements[elements["chrom"] == variant["CHROM"]]
        assert not ((here["start"] <= position) & (position < here["end"])).any()


@pytest.mark.parametrize(
    ("changes", "expected", "moves_tracks"),
    [
        ({"density_share": 0.2}, {"pausing", "elements", "variants"}, True),
        ({"variants": 20}, {"variants", "promoter_variants.vcf"}, False),
        ({"base_preference": 0}, set(), True),
        ({"decoys": 0}, {"elements", "Homo_sapiens.GRCh38.dna.primary_assembly.fa.gz"}, False),
    ],
)
def test_a_change_of_starts_leaves_genes_expression_and_proteins_as_they_are(
    organism: Organism, tmp_path: Path, changes: dict, expected: set[str], moves_tracks: bool
) -> None:
    other = files(simulate(tmp_path, tracks={"reads_per_gene": 400, **changes}))
    changed = {Path(name).name.removesuffix(".sha256") for name, data in files(organism).items() if other[name] != data}
    tracks = {f"{assay}.{strand}.bw" for assay in ("netseq", "proseq") for strand in ("plus", "minus")}
    tables = {name if "." in name else f"{name}.tsv" for name in expected}
    assert changed == tables | {"MANIFEST.tsv"} | (tracks if moves_tracks else set())


def test_where_no_sequence_tells_anything_there_are_variants_without_effect(tmp_path: Path) -> None:
    found = simulate(tmp_path, tracks={"density_share": 0, "pausing_share": 0, "variants": 8})
    table = truth.read("variants", found.truth)
    assert len(table) == 16 and (table["log_fold"] == 0).all()
    assert set(table["kind"]) == {"break", "mend", "neutral"}
