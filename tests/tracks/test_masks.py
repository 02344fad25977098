"""Bases that are left out of targets: which, on which strand, and to which bins that leads."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pysam
import pytest

from tests.tracks import test_make_targets as targets
from tests.tracks import toy
from workflow_scripts.contracts import annotated_genes, bed
from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.reference.list_annotated_genes import list_annotated_genes
from workflow_scripts.tracks import masks, runs

inputs = targets.inputs
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def reverse_complement(text: str) -> str:
    return text.translate(COMPLEMENT)[::-1]


@pytest.fixture
def repeats(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A genome of which some stretches stand twice: on one strand, on both, across chromosomes, as a palindrome."""
    rng = np.random.default_rng(5)
    texts = {name: "".join(rng.choice(list("ACGT"), size)) for name, size in (("a", 700), ("b", 300), ("c", 5))}
    twin, palindrome = texts["a"][100:130], texts["a"][50:56] + reverse_complement(texts["a"][50:56])
    a = texts["a"][:300] + twin.lower() + texts["a"][300:400] + palindrome + "N" * 8 + texts["a"][400:]
    b = texts["b"][:200] + reverse_complement(texts["a"][500:540]) + texts["b"][200:]
    whole = {"a": a, "b": b, "c": texts["c"]}
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in whole.items()))
    pysam.faidx(str(path))
    return path, whole


@pytest.mark.parametrize("k", [6, 11, 12])
@pytest.mark.parametrize(("block", "at_once"), [(1 << 20, 1 << 24), (97, 100)])
def test_a_kmer_is_repeated_if_it_stands_twice_on_either_strand(
    k: int, block: int, at_once: int, repeats: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole = repeats
    monkeypatch.setattr(runs, "BLOCK", block)
    monkeypatch.setattr(masks, "AT_ONCE", at_once)
    count: Counter[str] = Counter()
    for text in whole.values():
        for strand in (text.upper(), reverse_complement(text.upper())):
            count.update(strand[at : at + k] for at in range(len(strand) - k + 1))
    found = masks.repeated_kmers(path, {name: len(text) for name, text in whole.items()}, k)
    for name, text in whole.items():
        begins = np.zeros(len(text), bool)
        masks.paint(found[name], 0, begins)
        kmers = [text[at : at + k].upper() for at in range(len(text) - k + 1)]
        expected = ["N" not in kmer and count[kmer] > 1 for kmer in kmers]
        assert begins[: len(expected)].tolist() == expected
    assert sum(len(at.start) for at in found.values()) >= 4


@pytest.mark.parametrize(("assay", "strand", "base"), [
    ("netseq", "plus", 27), ("netseq", "minus", 20), ("procap", "plus", 20), ("procap", "minus", 27),
])  # fmt: skip
def test_a_base_is_masked_where_the_read_that_marks_it_is_repeated(assay: str, strand: str, base: int) -> None:
    """A read of 8 bases at [20, 28): the RNA's 3' end is its last base in the direction of the RNA, 5' its first."""
    repeated = {"a": masks.Stretches(np.array([20]), np.array([21]))}
    found = masks.masked_by_reads(repeated, 8, strand, assay)
    assert {key: (at.start.tolist(), at.end.tolist()) for key, at in found.items()} == {
        ("a", strand): ([base], [base + 1])
    }


@pytest.mark.parametrize("block", [1 << 20, 500])
def test_bins_with_a_masked_base_are_masked_on_its_strand(
    block: int, inputs: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BLOCK", block)
    genes = pd.DataFrame(
        {"gene_id": ["t", "c"], "biotype": ["tRNA", "protein_coding"], "chrom": "I", "start": [500, 900],
         "end": [530, 1000], "strand": ["+", "-"]}
    )  # fmt: skip
    annotated_genes.write(genes, tmp_path / "genes.parquet")
    bed = tmp_path / "own.bed"
    bed.write_text("# mine\ntrack name=x\nchrI\t1205\t1206\tx\t0\t-\nIII\t0\t40\n")
    inputs["call"] |= {"genes": tmp_path / "genes.parquet", "regions": [bed]}
    _, plain = targets.make(inputs | {"call": inputs["call"] | {"genes": None, "regions": []}})
    windows, store = targets.make(inputs, mask=targets.NO_MASK | {"biotypes": ["tRNA"], "margin": 25})
    hidden = {(name, strand): np.zeros(4000, bool) for name in targets.LENGTHS for strand in ("plus", "minus")}
    for strand in ("plus", "minus"):
        hidden["I", strand][475:555] = True
        hidden["III", strand][:40] = True
    hidden["I", "minus"][1205] = True
    for window in windows.itertuples():
        for number, track in enumerate(store.tracks):
            bases = hidden[window.chrom, track["strand"]][window.start : window.end]
            expected = plain.mask[window.window, number] & ~bases.reshape(-1, 20).any(1)
            np.testing.assert_array_equal(store.mask[window.window, number], expected)
    np.testing.assert_array_equal(store.targets, plain.targets)
    assert (plain.mask & ~store.mask).sum() == 4 * 5 + 4 * 2 + 2


def test_kmers_mask_each_track_by_its_own_reads(inputs: dict[str, Any]) -> None:
    """Of random sequence nearly all 6-mers of 7 kb are repeated, and a quarter of the 8-mers."""
    _, plain = targets.make(inputs)
    _, store = targets.make(inputs, mask=targets.NO_MASK | {"kmer": 8}, bin=2)
    _, strict = targets.make(inputs, mask=targets.NO_MASK | {"kmer": 6}, bin=2)
    assert strict.mask.mean() < store.mask.mean() < plain.mask.mean()
    plus, minus = store.mask[:, 0], store.mask[:, 1]
    assert (plus != minus).any() and (plus == store.mask[:, 2]).all()  # both tracks mark the RNA's 3' end


def test_the_signal_of_a_base_counts_no_more_than_the_clip(inputs: dict[str, Any]) -> None:
    windows, store = targets.make(inputs, clip=200.5)
    assert store.clip == 200.5
    for window in windows.itertuples():
        for track, signal in enumerate(inputs["signals"]):
            values = np.zeros(200)
            here = np.nan_to_num(signal[window.chrom][window.start : window.end])
            values[: len(here)] = np.minimum(here, 200.5)
            np.testing.assert_allclose(store.targets[window.window, track], values.reshape(-1, 20).sum(1), rtol=1e-6)


@pytest.mark.parametrize("line", ["I 5 9", "I\t5", "I\t9\t5", "V\t5\t9", "I\t5\t9\tx\t0\tplus", "I\t-5\t9"])
def test_a_line_that_is_no_region_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "own.bed"
    path.write_text(f"I\t1\t2\n{line}\n")
    with pytest.raises(BadInput, match=r"own.bed: line 2"):
        bed.read(path, genome_contract.Genome({"I": 100}))


def test_genes_of_all_biotypes_are_listed_where_they_lie(tmp_path: Path) -> None:
    lines = [
        'I\tx\tgene\t11\t40\t.\t-\t.\tgene_id "T1"; gene_biotype "tRNA";',
        'I\tx\texon\t11\t20\t.\t-\t.\tgene_id "T1"; transcript_id "t1"; gene_biotype "tRNA";',
        'I\tx\texon\t31\t40\t.\t-\t.\tgene_id "T1"; transcript_id "t1"; gene_biotype "tRNA";',
        'Q\tx\texon\t5\t9\t.\t+\t.\tgene_id "G2"; transcript_id "t2"; gene_biotype "protein_coding";',
    ]
    gtf = tmp_path / "a.gtf.gz"
    gtf.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    chromosomes = toy.write_chromosomes(tmp_path / "chromosomes.parquet", {"chrI": 100})
    list_annotated_genes(gtf=gtf, chromosomes=chromosomes, genes=tmp_path / "genes.parquet")
    assert annotated_genes.read(tmp_path / "genes.parquet").to_numpy().tolist() == [
        ["T1", "tRNA", "chrI", 10, 40, "-"],
        ["G2", "protein_coding", "Q", 4, 9, "+"],
    ]
