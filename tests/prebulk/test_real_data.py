"""What holds on real public data: a complete yeast, and TPM as another tool has it. (Whole runs: tests/workflow.)"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from tests.support.real_data import REAL_MIRROR, needs_real_data
from workflow_scripts.contracts import gene_table
from workflow_scripts.contracts.identifiers import without_version
from workflow_scripts.prebulk.tpm import tpm
from workflow_scripts.reference.annotation import read_annotation
from workflow_scripts.reference.make_gene_table import make_gene_table

pytestmark = needs_real_data


def mirrored(pattern: str) -> Path:
    (path,) = REAL_MIRROR.glob(pattern)
    return path


def test_every_yeast_protein_is_in_the_table_though_gtf_and_proteome_are_of_two_releases(tmp_path):
    make_gene_table(
        proteome=mirrored("raw.githubusercontent.com/andrewyatz/*/*/data/Saccharomyces*.pep.all.fa.gz"),
        gtf=mirrored("raw.githubusercontent.com/rpolicastro/yeast_data/*/genome/*.gtf.gz"),
        lengths=None,
        genes=tmp_path / "genes.parquet",
        proteins=tmp_path / "proteins.fa",
        choices=tmp_path / "choices.tsv",
        spec={"assembly": "R64-1-1"},
    )
    genes, _ = gene_table.read(tmp_path / "genes.parquet")
    assert len(genes) == (tmp_path / "proteins.fa").read_text().count(">") == 6692
    with (tmp_path / "choices.tsv").open() as handle:
        choices = list(csv.DictReader(handle, delimiter="\t"))
    assert sum(row["source"] == "proteome header" for row in choices) == 93
    assert [row["gene_id"] for row in choices if row["kept"] == "no"] == ["YCL054W-A"]
    # RPL28 (YGL103W) is on the plus strand, with one intron of 511 bp.
    row = genes.set_index("gene_id").loc["YGL103W"]
    assert (row["strand"], row["tss"]) == ("+", row["start"])
    assert row["end"] - row["start"] - row["exon_length"] == 511


def test_tpm_and_exon_lengths_equal_rnanorm(tmp_path):
    folder = "raw.githubusercontent.com/genialis/RNAnorm/*/src/rnanorm/files"
    counts = pd.read_csv(mirrored(f"{folder}/gtex_lung.first30.chr21.csv.gz"), index_col=0)
    genes, _ = read_annotation(mirrored(f"{folder}/gencode.v26.annotation.chr21.gtf.gz"))
    length = np.array([genes[without_version(name)][0].exon_length for name in counts.columns], float)
    found = tpm(counts.to_numpy(float).T, length).T
    # What RNAnorm 2.2.0 gives for the first four genes of the first sample; all 30 x 818 agreed to 3e-15.
    expected = [638.7466128033045, 8684.95668892778, 116.13008895566566, 45062.16171716015]
    np.testing.assert_allclose(found[0, :4], expected, rtol=1e-12)
