"""What holds on real public data: gene space, planted duplicates, the classes of 15 cohorts, a complete yeast."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.prebulk.sources import FILTERS, spec
from tests.support.real_data import REAL_MIRROR, needs_real_data
from workflow_scripts.contracts import expression, gene_table
from workflow_scripts.contracts import splits as split_table
from workflow_scripts.prebulk import duplicates as duplicate_table
from workflow_scripts.prebulk.find_duplicates import find_duplicates
from workflow_scripts.prebulk.fit_standardizer import fit_standardizer
from workflow_scripts.prebulk.normalize_counts import normalize_counts
from workflow_scripts.prebulk.split_samples import split_samples
from workflow_scripts.reference.make_gene_table import make_gene_table

pytestmark = needs_real_data

PROJECTS = ["CHOL", "COAD", "KICH", "LIHC", "LUAD", "PRAD", "READ", "THCA", "UCS"]
CORPORA = {
    "tcga": spec("xena", label={"by": "project_and_sample_type", "pattern": ""}),
    "archs4": spec(
        shards_per_file=2,
        filters=FILTERS | {"min_nonzero_genes": 2000},
        group={"by": "field", "field": "title", "pattern": "^(TCGA-[^-]+-[^-]+|GTEX-[^-]+)"},
        label={"by": "field", "field": "source_name_ch1", "pattern": ""},
    ),
}


def mirrored(pattern: str) -> Path:
    (path,) = REAL_MIRROR.glob(pattern)
    return path


@pytest.fixture(scope="module")
def human(tmp_path_factory):
    """Nine TCGA projects and one ARCHS4 file, run to their splits. Returns (folder, ExpressionStores)."""
    folder = tmp_path_factory.mktemp("human_mini")
    make_gene_table(
        proteome=mirrored("ftp.ensembl.org/pub/release-107/fasta/homo_sapiens/pep/*.pep.all.fa.gz"),
        gtf=None,
        lengths=mirrored("raw.githubusercontent.com/KangBoming/BulkFormer/*/data/gene_length_df.csv"),
        genes=folder / "genes.parquet",
        proteins=folder / "proteins.fa",
        choices=folder / "choices.tsv",
        spec={"assembly": "GRCh38", "lengths": {"gene_column": "ensg_id", "length_column": "length"}},
    )
    files = {
        "archs4": ["s3.dev.maayanlab.cloud/archs4/files/human_gene_v2.5.h5"] * 2,
        "tcga": [f"gdc-hub.s3.us-east-1.amazonaws.com/download/TCGA-{name}.star_counts.tsv.gz" for name in PROJECTS],
    }
    suffixes = {"expression": "h5ad", "sketch": "npz", "samples": "parquet", "mapping": "parquet"}
    for corpus, section in CORPORA.items():
        for number, file in enumerate(files[corpus]):
            shard = f"{number:04d}"
            outputs = {name: folder / f"{name}/{corpus}/{shard}.{suffix}" for name, suffix in suffixes.items()}
            genes = folder / "genes.parquet"
            normalize_counts(
                counts=mirrored(file),
                genes=genes,
                found=None,
                **outputs,
                spec=section,
                corpus=corpus,
                shard=shard,
                threads=1,
            )
    stores = [path for corpus in CORPORA for path in sorted(folder.glob(f"expression/{corpus}/*.h5ad"))]
    sketches = [folder / "sketch" / path.parent.name / f"{path.stem}.npz" for path in stores]
    found = folder / "duplicates.parquet"
    section = {"min_correlation": 0.999, "prefer": ["tcga"]}
    find_duplicates(sketches=sketches, expression=stores, duplicates=found, spec=section, threads=1)
    section = {"seed": 1, "train": 0.7, "validation": 0.15, "test": 0.15}
    tables = [folder / "samples" / path.parent.name / f"{path.stem}.parquet" for path in stores]
    split_samples(samples=tables, duplicates=found, splits=folder / "splits.parquet", spec=section)
    fit_standardizer(expression=stores, splits=folder / "splits.parquet", standardizer=folder / "standardizer.parquet")
    return folder, stores


def test_all_2408_genes_of_the_proteome_are_in_the_gene_space(human):
    folder, stores = human
    genes, order = gene_table.read(folder / "genes.parquet")
    assert len(genes) == 2408
    assert all(expression.read(path, order).var["measured"].all() for path in stores)


def test_the_planted_duplicates_are_found_and_no_others(human):
    folder, _ = human
    found = duplicate_table.read(folder / "duplicates.parquet").set_index("sample_id")["duplicate_of"].to_dict()
    assert found == {
        "GSM900255": "GSM900000",
        "GSM900256": "GSM900040",
        "GSM900257": "GSM900090",
        "GSM900258": "GSM900150",
        "GSM900259": "GSM900200",
        "GSM900252": "TCGA-BC-A10W-11A",
        "GSM900253": "TCGA-DD-A118-11A",
        "GSM900254": "TCGA-DD-A3A2-11A",
    }


def test_fifteen_cohorts_are_in_every_split_and_no_patient_straddles(human):
    folder, _ = human
    splits = split_table.read(folder / "splits.parquet")
    assert len(splits) == 260 + 474 - 8
    assert splits["label"].nunique() == 15
    assert splits.groupby("label")["split"].nunique().eq(3).all()
    donors = splits["group"].groupby(splits["group"]).size()
    assert donors[donors.index.str.startswith("GTEX")].max() == 2  # donors of two tissues


def test_logistic_regression_tells_the_cohorts_with_patients_held_out(human):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folder, stores = human
    splits = split_table.read(folder / "splits.parquet")
    _, x = expression.load(stores, pd.Index(splits["sample_id"]))
    labels = splits["label"].to_numpy()
    predicted = np.empty_like(labels)
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    for train, test in folds.split(x, labels, splits["group"]):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
        predicted[test] = model.fit(x[train], labels[train]).predict(x[test])
    assert f1_score(labels, predicted, average="weighted") >= 0.985


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
    from workflow_scripts.contracts.identifiers import without_version
    from workflow_scripts.prebulk.tpm import tpm
    from workflow_scripts.reference.annotation import read_annotation

    folder = "raw.githubusercontent.com/genialis/RNAnorm/*/src/rnanorm/files"
    counts = pd.read_csv(mirrored(f"{folder}/gtex_lung.first30.chr21.csv.gz"), index_col=0)
    genes, _ = read_annotation(mirrored(f"{folder}/gencode.v26.annotation.chr21.gtf.gz"))
    length = np.array([genes[without_version(name)].exon_length for name in counts.columns], float)
    found = tpm(counts.to_numpy(float).T, length).T
    # What RNAnorm 2.2.0 gives for the first four genes of the first sample; all 30 x 818 agreed to 3e-15.
    expected = [638.7466128033045, 8684.95668892778, 116.13008895566566, 45062.16171716015]
    np.testing.assert_allclose(found[0, :4], expected, rtol=1e-12)
