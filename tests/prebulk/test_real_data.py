"""What holds on real public data: a complete yeast, and TPM as another tool has it. (Whole runs: tests/workflow.)"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.prebulk.sources import (
    spec,
    write_gct,
    write_h5ad,
    write_kallisto,
    write_salmon,
    write_sheet,
    write_star,
    write_table,
    write_xena,
)
from tests.support.real_data import REAL_MIRROR, needs_real_data
from workflow_scripts.contracts import expression, gene_mapping, gene_table
from workflow_scripts.contracts.identifiers import without_version
from workflow_scripts.prebulk.gene_mapping import map_rows
from workflow_scripts.prebulk.normalize_counts import normalize_counts
from workflow_scripts.prebulk.readers import recount3, star
from workflow_scripts.prebulk.tpm import tpm
from workflow_scripts.reference.annotation import read_annotation
from workflow_scripts.reference.list_gene_aliases import list_gene_aliases
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


def test_a_published_table_gives_the_same_in_every_format_by_symbols_and_by_ids(tmp_path):
    """RSEM counts of TCGA-CHOL as RNAseqDB publishes them: symbols, padded numbers beside them, fractions."""
    make_gene_table(
        proteome=mirrored("ftp.ensembl.org/pub/release-107/fasta/homo_sapiens/pep/*.pep.all.fa.gz"),
        gtf=None,
        lengths=mirrored("raw.githubusercontent.com/KangBoming/BulkFormer/*/data/gene_length_df.csv"),
        **{name: tmp_path / name for name in ("genes", "proteins", "choices")},
        spec={"assembly": "GRCh38", "lengths": {"gene_column": "ensg_id", "length_column": "length"}},
    )
    genes, _ = gene_table.read(tmp_path / "genes")
    list_gene_aliases(
        names=mirrored("raw.githubusercontent.com/maximilianh/*/*/data/hgnc_complete_set.txt.gz"),
        genes=tmp_path / "genes",
        aliases=tmp_path / "aliases",
    )
    published = mirrored("raw.githubusercontent.com/mskcc/RNAseqDB/*/data/expected_count/chol-rsem-count-tcga-t.txt.gz")
    counts = pd.read_csv(published, sep="\t", index_col=0).drop(columns="Entrez_Gene_Id")
    names = list(counts.columns)
    sheet = write_sheet(tmp_path / "sheet", pd.DataFrame({"group": names}, index=names))

    def normalized(corpus: str, path: Path, section: dict, aliases: Path | None = None) -> tuple:
        outputs = {name: tmp_path / f"{corpus}.{name}" for name in ("expression", "sketch", "samples", "mapping")}
        outputs["sketch"] = outputs["sketch"].with_suffix(".npz")
        inputs = {
            "counts": path if isinstance(path, list) else [path],
            "genes": tmp_path / "genes",
            "found": None,
            "sheet": sheet,
            "aliases": aliases,
            "transcripts": None,
            "qc": [],
        }
        normalize_counts(**inputs, **outputs, spec=section, corpus=corpus, shard="0000", threads=2)
        data = expression.read(outputs["expression"])
        assert list(data.obs_names) == names
        return data.X, data.var["measured"].to_numpy(), gene_mapping.read_rows(outputs["mapping"])

    table, measured, mapping = normalized("table", published, spec("table", scale="counts"), tmp_path / "aliases")
    assert measured.mean() > 0.99
    assert (mapping["fate"] == "alias").sum() > 10, "genes that HGNC has renamed since"

    # The same counts of the same genes, under Ensembl ids.
    row_of = mapping[mapping["gene_id"].ne("") & mapping["source_id"].ne("")]
    of_gene = counts.loc[row_of["source_id"]].groupby(row_of["gene_id"].to_numpy()).sum()
    values, ids = of_gene.to_numpy(), list(of_gene.index)
    section = spec("xena", group={"by": "sheet", "pattern": ""})
    log2 = write_xena(tmp_path / "TCGA-CHOL.star_counts.tsv.gz", values, names, [f"{name}.3" for name in ids])
    ways = {
        "xena": (log2, section),
        "h5ad": (write_h5ad(tmp_path / "a.h5ad", values, ids, names), spec("h5ad", scale="counts")),
        "gct": (write_gct(tmp_path / "a.gct", values, ids, names), spec("gct", scale="counts")),
        "ids": (write_table(tmp_path / "a.tsv", values, ids, names), spec("table", scale="counts")),
    }
    for way, (path, section) in ways.items():
        x, same, _ = normalized(way, path, section)
        np.testing.assert_array_equal(same, measured)
        np.testing.assert_allclose(x, table, rtol=1e-6, atol=1e-6)
    # A file a sample: reads of STAR are whole numbers; salmon and kallisto have TPM by lengths of their own.
    whole = np.rint(values)
    lengths = genes.set_index("gene_id").loc[ids, "exon_length"].to_numpy(float)
    shares = tpm(values, lengths)
    files = {
        "star": lambda at: write_star(
            tmp_path / f"{at}.tab", ids, dict.fromkeys(star.STRANDS, whole[:, at].astype(int))
        ),
        "salmon": lambda at: write_salmon(tmp_path / f"{at}/quant.sf", ids, lengths, values[:, at], shares[:, at]),
        "kallisto": lambda at: write_kallisto(
            tmp_path / f"{at}/abundance.h5", ids, lengths, values[:, at], shares[:, at]
        ),
    }
    of_whole, *_ = normalized(
        "whole", write_table(tmp_path / "whole.tsv", whole, ids, names), spec("table", scale="counts")
    )
    for way, write in files.items():
        section = spec(way, strandedness="unstranded") if way == "star" else spec(way)
        x, same, _ = normalized(way, [write(at) for at in range(len(names))], section)
        np.testing.assert_array_equal(same, measured)
        np.testing.assert_allclose(x, of_whole if way == "star" else table, rtol=1e-6, atol=1e-6)
    length = genes["exon_length"].to_numpy()[measured]
    known = of_gene.loc[genes["gene_id"][measured]].to_numpy()
    np.testing.assert_allclose(table[:, measured], np.log1p(tpm(known, length)).T, rtol=1e-6)


def test_gene_sums_of_recount3_become_the_reads_that_star_assigned(tmp_path):
    """A published study: base coverage by the mean mapped length, against the reads that recount3 assigned itself."""
    folder = "raw.githubusercontent.com/MoseleyBioinformaticsLab/recount3/*/tests/data/recount3_mirror/recount3/human"
    sums = mirrored(f"{folder}/data_sources/sra/gene_sums/65/SRP014565/*.gz")
    qc = mirrored(f"{folder}/data_sources/sra/metadata/65/SRP014565/sra.recount_qc.SRP014565.MD.gz")
    names = recount3.read_genes(sums, qc=[qc])
    ids = list(dict.fromkeys(without_version(name) for name in names.kinds[0]))
    genes = pd.DataFrame({"gene_id": ids, "symbol": ids})
    mapping = map_rows(names, genes)
    ((_, counts),) = recount3.read_counts(sums, mapping, 0, 1, np.ones(1, bool), 1, qc=[qc])
    coverage = pd.read_csv(sums, sep="\t", comment="#", index_col=0)["SRR527082"]
    told = pd.read_csv(qc, sep="\t").iloc[0]
    assert counts.sum() == pytest.approx(coverage.sum() / told["star.average_mapped_length"])
    # 20,000 genes of the annotation stand in this extract, so they hold a part of the reads that featureCounts assigned
    assert 0.05 < counts.sum() / told["gene_fc_count_all.assigned"] < 1.2
