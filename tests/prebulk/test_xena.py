"""Counts of the Xena layout: log2(count+1) inverted, barcodes read, damage told by its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.prebulk.sources import gene_id, write_text, write_xena
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.gene_mapping import map_rows
from workflow_scripts.prebulk.readers import xena

BARCODES = ["TCGA-AA-0001-01A", "TCGA-AA-0001-11A", "TCGA-BB-0002-03B", "TCGA-BB-0003-06A", "TCGA-CC-0004-40A"]
NAME = "made.TCGA-LIHC.star_counts.tsv.gz"


def table(genes: int) -> pd.DataFrame:
    return pd.DataFrame({"gene_id": [gene_id(n) for n in range(genes)], "symbol": [f"S{n}" for n in range(genes)]})


def read(path: Path, genes: pd.DataFrame, parts: int = 1) -> np.ndarray:
    mapping = map_rows(xena.read_genes(path), genes)
    blocks = []
    for part in range(parts):
        wanted = np.ones(len(xena.read_samples(path, part, parts, set())), bool)
        blocks += [block for _, block in xena.read_counts(path, mapping, part, parts, wanted, 1)]
    return np.concatenate(blocks, axis=1)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays(np.float64, (4, 5), elements=st.floats(0, 1e8)), st.integers(1, 7))
def test_counts_make_the_round_trip_fractions_and_all(tmp_path, counts, parts):
    path = write_xena(tmp_path / NAME, counts, BARCODES)
    np.testing.assert_allclose(read(path, table(4), parts), counts, rtol=1e-9, atol=1e-9)


def test_rounded_logs_give_back_the_integers(tmp_path):
    counts = np.array([[0, 1, 2, 150, 4000]])
    lines = "\t".join(f"{value:.4f}" for value in np.log2(counts[0] + 1))
    path = write_text(tmp_path / NAME, f"Ensembl_ID\t{chr(9).join(BARCODES)}\n{gene_id(0)}.1\t{lines}\n")
    np.testing.assert_allclose(read(path, table(1)), counts, rtol=5e-5, atol=1e-4)


def test_tpm_in_the_same_layout_is_refused(tmp_path):
    """Its values are logarithms too; each sample adds up to a million over all genes of the file."""
    counts = np.random.default_rng(0).gamma(0.3, 100, (60, 4))
    tpm = counts / counts.sum(axis=0) * 1e6
    samples = [f"TCGA-AA-000{number}-01A" for number in range(4)]
    with pytest.raises(BadInput, match=r"4 samples: the values of each sample add up to a million: TPM, not counts"):
        read(write_xena(tmp_path / "TCGA-LIHC.star_tpm.tsv", tpm, samples), table(40))
    deep = np.rint(tpm)
    deep[0] += 1e6 - deep.sum(axis=0)
    assert (deep.sum(axis=0) == 1e6).all(), "counts that happen to add up to it are counts"
    np.testing.assert_allclose(read(write_xena(tmp_path / "TCGA-LIHC.tsv", deep, samples), table(60)), deep, rtol=1e-9)


def test_versions_par_y_rows_and_repeats_fall_on_one_gene(tmp_path):
    ids = [f"{gene_id(0)}.14", f"{gene_id(0)}.14_PAR_Y", f"{gene_id(1)}.2_PAR_Y", gene_id(9), ""]
    counts = np.arange(25.0).reshape(5, 5)
    path = write_xena(tmp_path / NAME, counts, BARCODES, ids)
    np.testing.assert_allclose(read(path, table(3)), [counts[0] + counts[1], counts[2], np.zeros(5)], atol=1e-9)
    mapping = map_rows(xena.read_genes(path), table(3))
    assert mapping.table["fate"].tolist() == [
        "summed",
        "par_y",
        "par_y",
        "not in the gene table",
        "no id",
        "unmeasured",
    ]
    assert mapping.measured.tolist() == [True, True, False]


def test_a_barcode_tells_patient_and_sample_type_and_the_file_name_the_project(tmp_path):
    path = write_xena(tmp_path / NAME, np.ones((1, 5)), BARCODES)
    found = xena.read_samples(path, 0, 1, {"project", "sample_type", "patient"})
    assert found["sample_id"].tolist() == BARCODES
    assert found["patient"].tolist() == [barcode[:12] for barcode in BARCODES]
    assert set(found["project"]) == {"TCGA-LIHC"}
    assert found["sample_type"].tolist() == [
        "Primary Tumor",
        "Solid Tissue Normal",
        "Primary Blood Derived Cancer - Peripheral Blood",
        "Metastatic",
        "sample type 40",
    ]


@pytest.mark.parametrize(
    ("field", "samples", "name", "reason"),
    [
        ("patient", ["donor 1"], NAME, "tells no patient"),
        ("sample_type", ["TCGA-AA-0001"], NAME, "not a TCGA barcode with a sample type"),
        ("project", BARCODES, "counts.tsv.gz", "names no project"),
        ("series_id", BARCODES, NAME, "is unknown"),
    ],
)
def test_what_the_file_does_not_tell_is_refused(tmp_path, field, samples, name, reason):
    path = write_xena(tmp_path / name, np.ones((1, len(samples))), samples)
    with pytest.raises(BadInput, match=reason):
        xena.read_samples(path, 0, 1, {field})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1.5\t2", "2 values for 3 columns"),
        ("1.5\t2\t3\t4", "4 values for 3 columns"),
        ("1.5\tx\t3", "not a number"),
        ("1.5\t\t3", "not a number"),
        ("1.5 2\t\t3", "not a number"),
        ("1_5\t2\t3", "not a number"),
        ("1.5\t2\t", "not a number"),
        ("", "values for 3 columns"),
    ],
)
@pytest.mark.parametrize("gene", [gene_id(1), "ENSG00000099999"])
def test_a_malformed_line_is_named_whichever_gene_it_is_of(tmp_path, line, reason, gene):
    text = f"Ensembl_ID\ta\tb\tc\n{gene_id(0)}\t1\t2\t3\n{gene}\t{line}\n"
    path = write_text(tmp_path / NAME, text)
    with pytest.raises(BadInput, match=f"line 3: {gene}: .*{reason}"):
        read(path, table(2))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nan", r"nan is not log2\(count \+ 1\)\. Correct"),
        ("-2", r"-2 is not log2\(count \+ 1\)\. Correct"),
        ("inf", r"inf is not log2\(count \+ 1\), perhaps its scale is counts"),
        ("812", r"812 is not log2\(count \+ 1\), perhaps its scale is counts"),
    ],
)
@pytest.mark.parametrize("gene", [gene_id(1), "ENSG00000099999"])
def test_a_value_that_is_no_log_count_is_named_with_its_sample(tmp_path, value, reason, gene):
    text = f"Ensembl_ID\ta\tb\tc\n{gene_id(0)}\t1\t2\t64\n{gene}\t1.5\t{value}\t3\n"
    with pytest.raises(BadInput, match=f"line 3, {gene}, sample 'b': {reason}"):
        read(write_text(tmp_path / NAME, text), table(2))


def test_a_plain_file_cut_within_its_last_value_is_refused(tmp_path):
    text = f"Ensembl_ID\ta\tb\n{gene_id(0)}\t1.25\t12.75\n"
    assert read(write_text(tmp_path / NAME, text), table(1)).shape == (1, 2)
    with pytest.raises(BadInput, match="line 2: the file is cut short"):
        read(write_text(tmp_path / NAME, text[:-3]), table(1))


def test_a_truncated_or_damaged_file_is_an_error(tmp_path):
    counts = np.random.default_rng(0).integers(0, 9999, (500, 5)).astype(float)
    path = write_xena(tmp_path / NAME, counts, BARCODES)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="after line .*truncated or damaged"):
        read(path, table(500))
    path.write_bytes(whole[:3000] + b"\0" * 50 + whole[3050:])
    with pytest.raises(BadInput, match="damaged|not a number|values"):
        read(path, table(500))
    path.write_text("<html>no such file</html>\n")
    with pytest.raises(BadInput, match="line 1: is not a header with sample names"):
        read(path, table(500))


def test_an_unpacked_file_reads_as_the_packed_one(tmp_path):
    counts = np.arange(10.0).reshape(2, 5)
    for name in (NAME, NAME.removesuffix(".gz")):
        np.testing.assert_allclose(read(write_xena(tmp_path / name, counts, BARCODES), table(2)), counts, atol=1e-9)


def test_a_file_without_sample_names_is_refused(tmp_path):
    for text in ("", "Ensembl_ID\n"):
        path = tmp_path / NAME
        path.write_bytes(gzip.compress(text.encode()))
        with pytest.raises(BadInput, match="not a header with sample names"):
            xena.read_samples(path, 0, 1, set())
