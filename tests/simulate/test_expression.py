"""Counts follow the planted model, in the layouts of ARCHS4 and Xena, and bad samples are where the truth says."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.simulate.organisms import Counts, Organism, archs4, log_tpm, samples, simulate
from workflow_scripts.simulate import layout

PROJECTS = ("TCGA-BRCA", "TCGA-LIHC", "TCGA-LUAD")


def xena(organism: Organism, project: str) -> Counts:
    header, *lines = organism.lines(layout.COHORT.format(project=project))
    rows = [line.split("\t") for line in lines]
    values = 2 ** np.array([row[1:] for row in rows], float) - 1
    return Counts([row[0] for row in rows], header.split("\t")[1:], values)


def test_archs4py_reads_the_corpus_as_it_was_written(organism: Organism) -> None:
    import archs4py.data
    import archs4py.meta

    file = str(organism.mirror / layout.ARCHS4)
    counts = archs4(organism)
    chosen = counts.samples[3:5]
    read = archs4py.data.samples(file, chosen, silent=True)
    assert list(read.columns) == chosen
    np.testing.assert_array_equal(read.to_numpy(), counts.values[:, 3:5])
    told = archs4py.meta.samples(file, chosen, silent=True)
    assert list(told["source_name_ch1"]) == [row["label"] for row in samples(organism, corpus="archs4")[3:5]]


def test_the_corpus_has_the_layout_of_archs4_version_2(organism: Organism) -> None:
    with h5py.File(organism.mirror / layout.ARCHS4) as file:
        expression = file["data/expression"]
        assert (expression.dtype, expression.compression) == (np.uint32, "gzip")
        assert expression.chunks[1] < expression.shape[1]
        genes, number = expression.shape
        assert {name: len(file["meta/genes"][name]) for name in file["meta/genes"]} == dict.fromkeys(
            ("symbol", "ensembl_gene", "biotype"), genes
        )
        fields = ["geo_accession", "sample", "series_id", "title", "source_name_ch1", "characteristics_ch1"]
        fields += ["extract_protocol_ch1", "library_source", "alignedreads", "singlecellprobability"]
        assert {name: len(file["meta/samples"][name]) for name in file["meta/samples"]} == dict.fromkeys(fields, number)
        assert set(file["meta/genes/biotype"].asstr()[:]) == {"protein_coding", "lncRNA"}
        measured = set(file["meta/genes/ensembl_gene"].asstr()[:])
    annotated = set(re.findall(r"ENSG\d+", "".join(organism.lines(layout.ANNOTATION))))
    assert annotated < measured  # and something that no annotation holds


def test_no_series_stands_for_a_class_and_some_are_linked(organism: Organism) -> None:
    with h5py.File(organism.mirror / layout.ARCHS4) as file:
        listed = file["meta/samples/series_id"].asstr()[:].tolist()
        labels = file["meta/samples/source_name_ch1"].asstr()[:].tolist()
    of_label, of_series = defaultdict(set), defaultdict(set)
    groups = {row["sample_id"]: row["group"] for row in samples(organism, corpus="archs4")}
    for sample, series, label in zip(groups, listed, labels, strict=True):
        for one in series.split(","):
            of_label[label].add(one)
            of_series[one].add(label)
        assert groups[sample] in series.split(",")
    assert len(of_label) == organism.spec["expression"]["tissues"]
    assert min(map(len, of_label.values())) >= 3
    assert min(map(len, of_series.values())) >= 2
    assert any("," in series for series in listed)


def test_good_samples_have_nearly_all_genes_and_bad_ones_are_as_the_truth_says(organism: Organism) -> None:
    genes = [row["gene_id"] for row in organism.table("genes")]
    counts = archs4(organism)
    with h5py.File(organism.mirror / layout.ARCHS4) as file:
        probability = dict(zip(counts.samples, file["meta/samples/singlecellprobability"][:], strict=True))
    shares = dict(zip(counts.samples, (counts.of(genes, counts.samples) > 0).mean(0), strict=True))
    expected = {"kept": (0.9, 1), "duplicate": (0.9, 1), "single_cell": (0.65, 0.76), "low_quality": (0.3, 0.41)}
    told = samples(organism, corpus="archs4")
    assert [row["sample_id"] for row in told] == counts.samples
    assert {row["fate"] for row in told} == set(expected)
    for row in told:
        low, high = expected[row["fate"]]
        assert low <= shares[row["sample_id"]] <= high
        assert (probability[row["sample_id"]] > 0.5) == (row["fate"] == "single_cell")
    kept = [row for row in told if row["fate"] == "kept"]
    size = organism.spec["expression"]
    assert len(kept) == size["tissues"] * size["samples_per_tissue"] + 1  # and one that a cohort holds too


def test_duplicates_have_the_same_counts_and_that_of_a_cohort_nearly_so(organism: Organism) -> None:
    counts, cohort = archs4(organism), xena(organism, PROJECTS[0])
    across = 0
    for row in samples(organism, fate="duplicate"):
        twin = counts.values[:, counts.samples.index(row["duplicate_of"])]
        if row["corpus"] == "archs4":
            np.testing.assert_array_equal(counts.values[:, counts.samples.index(row["sample_id"])], twin)
            original = samples(organism, sample_id=row["duplicate_of"])[0]
            assert row["group"] != original["group"] or "GSE999" in row["group"]
        else:
            shared = {gene.split(".")[0]: at for at, gene in enumerate(cohort.genes) if not gene.endswith("PAR_Y")}
            rows = [counts.genes.index(gene) for gene in shared]
            own = cohort.values[list(shared.values()), cohort.samples.index(row["sample_id"])]
            assert np.corrcoef(np.log1p(own), np.log1p(twin[rows]))[0, 1] > 0.9995
            assert not np.array_equal(np.rint(own), twin[rows])
            across += 1
    assert across == 1


def test_cohorts_have_the_layout_of_xena(organism: Organism) -> None:
    tables = [xena(organism, project) for project in PROJECTS]
    assert organism.lines(layout.COHORT.format(project="TCGA-BRCA"))[0].startswith("Ensembl_ID\tTCGA-")
    assert len({tuple(table.genes) for table in tables}) == 3
    assert len({tuple(sorted(table.genes)) for table in tables}) == 1
    coding = {row["gene_id"] for row in organism.table("genes")}
    for table, project in zip(tables, PROJECTS, strict=True):
        assert all(re.fullmatch(r"ENSG\d{11}\.\d+(_PAR_Y)?", gene) for gene in table.genes)
        assert sum(gene.endswith("_PAR_Y") for gene in table.genes) == 1
        assert len(coding - {gene.split(".")[0] for gene in table.genes}) == 1  # not measured here
        np.testing.assert_allclose(table.values, np.rint(table.values), atol=0.01)
        assert all(re.fullmatch(r"TCGA-[A-Z0-9]{2}-[A-Z0-9]{4}-(01A|01B|11A)", sample) for sample in table.samples)
        told = samples(organism, corpus="tcga", label=project)
        assert [row["sample_id"] for row in told] == table.samples
        assert all(row["group"] == row["sample_id"][:12] for row in told)
        assert len({row["group"] for row in told}) < len(told)
        assert [row["fate"] for row in told].count("low_quality") == 1
        poor = table.samples.index(next(row["sample_id"] for row in told if row["fate"] == "low_quality"))
        assert (table.values[:, poor] > 0.5).mean() < 0.5 < 0.9 < (table.values[:, 1] > 0.5).mean()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Organism:
    """An organism of the size of the demo."""
    return simulate(tmp_path_factory.mktemp("demo"), genome={}, expression={})


def test_the_demo_is_that_of_the_figures_in_the_readme(demo: Organism) -> None:
    """Its counts and its truth, as they were before worlds of other kinds could be simulated."""
    contents = [archs4(demo).values.astype("<u4").tobytes()]
    contents += ["\n".join(demo.lines(layout.COHORT.format(project=project))).encode() for project in PROJECTS]
    of_tracks = ("pausing", "elements", "variants")
    contents += [path.read_bytes() for path in sorted(demo.truth.glob("*.tsv")) if path.stem not in of_tracks]
    assert (
        hashlib.sha256(b"".join(contents)).hexdigest()
        == "b9fd3975d8d2b889ea485ddf2bfa3b95b58d07c4c19b54b94b85311669d1d461"
    )


def test_targets_follow_their_factors_in_the_direction_of_the_edge(demo: Organism) -> None:
    kept = samples(demo, corpus="archs4", fate="kept")
    logs = log_tpm(demo, archs4(demo), [row["sample_id"] for row in kept])
    for label in {row["label"] for row in kept}:  # within tissues
        rows = [row["label"] == label for row in kept]
        logs[rows] -= logs[rows].mean(0)
    column = {row["gene_id"]: at for at, row in enumerate(demo.table("genes"))}
    correlation = np.corrcoef(logs.T)
    signed, sizes = [], []
    for edge in demo.table("network"):
        signed.append(int(edge["sign"]) * correlation[column[edge["source"]], column[edge["target"]]])
        sizes.append(float(edge["weight"]))
    signed, strong = np.array(signed), np.array(sizes) > np.median(sizes)
    assert (signed[strong] > 0).mean() > 0.95
    assert signed[strong].mean() > signed[~strong].mean() > 0.1 > abs(correlation.mean())


def test_marks_of_a_tissue_differ_as_planted(demo: Organism) -> None:
    kept = samples(demo, corpus="archs4", fate="kept")
    logs = log_tpm(demo, archs4(demo), [row["sample_id"] for row in kept])
    labels = np.array([row["label"] for row in kept])
    column = {row["gene_id"]: at for at, row in enumerate(demo.table("genes"))}
    planted, found = [], []
    for row in demo.table("tissues"):
        if row["label"] in labels and row["gene_id"] in column:
            own = labels == row["label"]
            planted.append(float(row["log_fold"]))
            found.append(logs[own, column[row["gene_id"]]].mean() - logs[~own, column[row["gene_id"]]].mean())
    assert np.corrcoef(planted, found)[0, 1] > 0.7


def test_samples_of_one_series_share_a_batch_effect(demo: Organism) -> None:
    kept = samples(demo, corpus="archs4", fate="kept")
    logs = log_tpm(demo, archs4(demo), [row["sample_id"] for row in kept])
    labels, groups = (np.array([row[key] for row in kept]) for key in ("label", "group"))
    for label in set(labels):
        logs[labels == label] -= logs[labels == label].mean(0)
    correlation = np.corrcoef(logs)
    across = labels[:, None] != labels  # pairs of tissues only, so that nothing but the series is shared
    together = groups[:, None] == groups
    assert correlation[across & together].mean() > correlation[across & ~together].mean() + 0.05


@pytest.mark.parametrize("corpus", ["archs4", "tcga"])
def test_classes_are_told_apart_well_but_not_trivially(demo: Organism, corpus: str) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kept = samples(demo, corpus=corpus, fate="kept")
    names = [row["sample_id"] for row in kept]
    if corpus == "archs4":
        x = log_tpm(demo, archs4(demo), names)
    else:
        tables = [xena(demo, project) for project in PROJECTS]
        genes = sorted(tables[0].genes)
        x = np.log1p(np.hstack([table.of(genes, [n for n in names if n in table.samples]) for table in tables]).T)
    labels = [row["label"] for row in kept]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=300))
    groups = [row["group"] for row in kept]
    predicted = cross_val_predict(model, x, labels, groups=groups, cv=GroupKFold(5))
    assert 0.88 < f1_score(labels, predicted, average="weighted") < 1


def test_a_smaller_corpus_has_fewer_tables(tmp_path: Path) -> None:
    organism = simulate(tmp_path, expression={"transcription_factors": 3, "cohorts": 1, "samples_per_cohort": 4})
    hub = organism.mirror / "gdc-hub.s3.us-east-1.amazonaws.com/download"
    assert [path.name for path in hub.iterdir()] == ["TCGA-BRCA.star_counts.tsv.gz"]
    assert len(samples(organism, corpus="tcga")) == 5
