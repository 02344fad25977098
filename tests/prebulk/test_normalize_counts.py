"""One shard: what is kept, what is dropped and why, and what the numbers are."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from tests.prebulk.sources import FILTERS, gene_id, spec, write_archs4, write_genes, write_xena
from workflow_scripts.contracts import expression
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk import sample_list, sketch
from workflow_scripts.prebulk.gene_mapping import map_rows
from workflow_scripts.prebulk.normalize_counts import normalize_counts
from workflow_scripts.prebulk.readers import archs4

GENES, SAMPLES = 12, 8


@pytest.fixture
def counts() -> np.ndarray:
    return np.random.default_rng(0).integers(1, 5000, (GENES, SAMPLES))


def run(
    folder: Path,
    source: Path | list[Path],
    section: dict,
    genes: int = GENES,
    shard: str = "0000",
    corpus: str = "made",
    found: Path | None = None,
    sheet: Path | None = None,
    aliases: Path | None = None,
    transcripts: Path | None = None,
    qc: list[Path] | None = None,
):
    """Run the door; return (ExpressionStore, samples by id, mapping)."""
    (folder / "prebulk").mkdir(exist_ok=True)
    write_genes(folder / "prebulk/genes.parquet", genes)
    suffixes = {"expression": "h5ad", "sketch": "npz", "samples": "parquet", "mapping": "parquet"}
    outputs = {name: folder / f"prebulk/{name}/{corpus}/{shard}.{suffix}" for name, suffix in suffixes.items()}
    normalize_counts(
        counts=source if isinstance(source, list) else [source],
        genes=folder / "prebulk/genes.parquet",
        found=found,
        sheet=sheet,
        aliases=aliases,
        transcripts=transcripts,
        qc=qc or [],
        **outputs,
        spec=section,
        corpus=corpus,
        shard=shard,
        threads=2,
    )
    data = expression.read(outputs["expression"])
    assert list(sketch.read(outputs["sketch"], data.uns["gene_order"]).sample_id) == list(data.obs_names)
    samples = pd.read_parquet(outputs["samples"]).set_index("sample_id")
    return data, samples, pd.read_parquet(outputs["mapping"])


def expected(counts: np.ndarray, genes: pd.DataFrame) -> np.ndarray:
    """log(TPM+1), samples x genes, as the definition says."""
    rate = counts / genes["exon_length"].to_numpy()[:, None]
    return np.log(1e6 * rate / rate.sum(axis=0) + 1).T


def test_log_tpm_follows_the_definition_and_adds_up_to_a_million(tmp_path, counts):
    data, samples, mapping = run(tmp_path, write_archs4(tmp_path / "a.h5", counts), spec())
    genes = write_genes(tmp_path / "again.parquet", GENES)
    np.testing.assert_allclose(data.X, expected(counts, genes), rtol=1e-6)
    np.testing.assert_allclose(np.expm1(data.X.astype(float)).sum(axis=1), 1e6, rtol=1e-5)
    assert data.X.dtype == np.float32
    assert set(samples["fate"]) == {"kept"}
    assert data.obs["total_counts"].tolist() == counts.sum(axis=0).tolist()
    assert set(mapping["fate"]) == {"mapped"}


def test_the_store_is_chunked_by_samples(tmp_path, counts):
    run(tmp_path, write_archs4(tmp_path / "a.h5", counts), spec())
    with h5py.File(tmp_path / "prebulk/expression/made/0000.h5ad") as file:
        assert file["X"].chunks == (SAMPLES, GENES)


def test_both_layouts_give_the_same_numbers(tmp_path, counts):
    names = [f"TCGA-AA-000{number}-01A" for number in range(SAMPLES)]
    one, _, _ = run(tmp_path, write_archs4(tmp_path / "a.h5", counts), spec(), corpus="one")
    path = write_xena(tmp_path / "TCGA-LIHC.star_counts.tsv.gz", counts, names)
    two, _, _ = run(tmp_path, path, spec("xena"), corpus="two")
    np.testing.assert_allclose(one.X, two.X, rtol=1e-6)
    assert two.obs["group"].tolist() == [name[:12] for name in names]


def test_every_dropped_sample_has_its_reason(tmp_path, counts):
    counts[:, 2] = 0
    counts[5:, 3] = 0
    fields = {
        "singlecellprobability": [0.5, 0.51, 0.1, 0.1, np.nan, 0.1, 0.1, 0.1],
        "alignedreads": [1e6, 1e6, 1e6, 1e6, 1e6, 999_999, 1e6, 1e6],
        "series_id": ["GSE1"] * 6 + ["", "GSE2,GSE3"],
    }
    filters = FILTERS | {"min_nonzero_genes": 6, "min_aligned_reads": 1_000_000}
    path = write_archs4(tmp_path / "a.h5", counts, fields=fields)
    data, samples, _ = run(tmp_path, path, spec(filters=filters))
    assert samples["fate"].to_dict() == {
        "GSM0": "kept",
        "GSM1": "single_cell",
        "GSM2": "empty",
        "GSM3": "low_quality",
        "GSM4": "single_cell",
        "GSM5": "few_aligned_reads",
        "GSM6": "no_group",
        "GSM7": "kept",
    }
    assert list(data.obs_names) == ["GSM0", "GSM7"]
    assert data.obs["group"].tolist() == ["GSE1", "GSE2,GSE3"]
    assert samples.loc["GSM3", "nonzero_genes"] == 5
    assert np.isnan(samples.loc["GSM1", "total_counts"])
    genes = write_genes(tmp_path / "again.parquet", GENES)
    np.testing.assert_allclose(data.X, expected(counts[:, [0, 7]], genes), rtol=1e-6)


def test_a_sample_that_the_search_does_not_find_is_dropped_before_all_else(tmp_path, counts):
    fields = {"singlecellprobability": [0.1, 0.9, 0.9] + [0.1] * 5}
    sample_list.write(pd.DataFrame({"sample_id": ["GSM0", "GSM2", "GSM5"], "fields": "title"}), tmp_path / "found")
    path = write_archs4(tmp_path / "a.h5", counts, fields=fields)
    data, samples, _ = run(tmp_path, path, spec(), found=tmp_path / "found")
    assert list(data.obs_names) == ["GSM0", "GSM5"]
    assert samples["fate"].tolist() == [
        "kept", "not_in_search", "single_cell", "not_in_search", "not_in_search", "kept", *["not_in_search"] * 2
    ]  # fmt: skip


def test_archs4py_as_reader_gives_the_same_shard(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts)
    ours, samples, mapping = run(tmp_path, path, spec(), corpus="ours")
    theirs, samples_too, mapping_too = run(tmp_path, path, spec("archs4py"), corpus="theirs")
    np.testing.assert_array_equal(ours.X, theirs.X)
    pd.testing.assert_frame_equal(samples.drop(columns="corpus"), samples_too.drop(columns="corpus"))
    pd.testing.assert_frame_equal(mapping.drop(columns="corpus"), mapping_too.drop(columns="corpus"))


def test_nothing_is_filtered_that_the_configuration_does_not_ask_for(tmp_path, counts):
    fields = {"singlecellprobability": [1.0] * SAMPLES, "alignedreads": [np.nan] * SAMPLES}
    filters = FILTERS | {"max_singlecellprobability": 1}
    data, _, _ = run(tmp_path, write_archs4(tmp_path / "a.h5", counts, fields=fields), spec(filters=filters))
    assert data.n_obs == SAMPLES


def test_an_unmeasured_gene_is_nan_in_every_row_and_tpm_is_over_the_others(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts)
    data, _, mapping = run(tmp_path, path, spec(), genes=GENES + 2)
    unmeasured = np.arange(GENES + 2) >= GENES
    assert (~data.var["measured"].to_numpy() == unmeasured).all()
    assert (np.isnan(data.X) == unmeasured).all()
    np.testing.assert_allclose(np.nansum(np.expm1(data.X.astype(float)), axis=1), 1e6, rtol=1e-5)
    assert mapping.set_index("gene_id").loc[gene_id(GENES), ["source_id", "fate"]].tolist() == ["", "unmeasured"]


def test_a_gene_outside_the_table_takes_no_part_in_tpm(tmp_path, counts):
    data, _, mapping = run(tmp_path, write_archs4(tmp_path / "a.h5", counts), spec(), genes=GENES - 3)
    np.testing.assert_allclose(np.expm1(data.X.astype(float)).sum(axis=1), 1e6, rtol=1e-5)
    assert (mapping["fate"] == "not in the gene table").sum() == 3
    assert data.obs["total_counts"].tolist() == counts[:-3].sum(axis=0).tolist()


def test_spaces_and_quotes_in_a_sample_name_survive(tmp_path, counts):
    names = ['a "quoted" name', "it's, one", "tab-free  two  blanks", "#5", "λ", "NA", "1", "name|with=signs"]
    section = {"group": {"by": "field", "field": "sample_id", "pattern": ""}}
    path = write_archs4(tmp_path / "a.h5", counts, fields={"geo_accession": names})
    data, samples, _ = run(tmp_path, path, spec(**section), corpus="one")
    assert list(data.obs_names) == list(samples.index) == names
    data, samples, _ = run(tmp_path, write_xena(tmp_path / "x.tsv.gz", counts, names), spec("xena", **section))
    assert list(data.obs_names) == list(samples.index) == list(data.obs["group"]) == names


def test_labels_and_groups_come_from_the_declared_fields(tmp_path, counts):
    titles = ["TCGA-AA-0001-01A re-uploaded", "GTEX-X15G-2126-SM", "other", *["GTEX-1-2"] * 5]
    section = {
        "group": {"by": "field", "field": "title", "pattern": "^(TCGA-[^-]+-[^-]+)|^(GTEX-[^-]+)"},
        "label": {"by": "field", "field": "source_name_ch1", "pattern": "^(liver|lung)$"},
    }
    sources = ["liver", "lung", "liver", "liver cell line", *["lung"] * 4]
    path = write_archs4(tmp_path / "a.h5", counts, fields={"title": titles, "source_name_ch1": sources})
    data, samples, _ = run(tmp_path, path, spec(**section))
    assert data.obs["group"].tolist()[:2] == ["TCGA-AA-0001", "GTEX-X15G"]
    assert samples.loc["GSM2", "fate"] == "no_group"
    assert data.obs["label"].tolist()[:3] == ["liver", "lung", ""]  # GSM2 was dropped; a cell line is unlabelled
    path = write_xena(tmp_path / "TCGA-LIHC.tsv.gz", counts, [f"TCGA-AA-000{n}-11A" for n in range(SAMPLES)])
    by = {"by": "project_and_sample_type", "pattern": ""}
    data, _, _ = run(tmp_path, path, spec("xena", label=by), corpus="two")
    assert set(data.obs["label"]) == {"TCGA-LIHC Solid Tissue Normal"}


def test_shards_of_a_file_hold_every_sample_once(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts, chunks=(GENES, 3))
    section = spec(shards_per_file=2)
    whole, _, _ = run(tmp_path, path, spec(), corpus="whole")
    parts = [run(tmp_path, path, section, shard=f"{shard:04d}")[0] for shard in range(2)]
    assert [part.n_obs for part in parts] == [3, 5]
    np.testing.assert_array_equal(np.concatenate([part.X for part in parts]), whole.X)
    later, _, _ = run(tmp_path, path, section, shard="0003")  # the second part of the second file
    np.testing.assert_array_equal(later.X, parts[1].X)


def test_the_mapping_of_a_file_is_written_once(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts, chunks=(GENES, 3))
    rows = [len(run(tmp_path, path, spec(shards_per_file=2), shard=f"{shard:04d}")[2]) for shard in range(4)]
    assert rows == [GENES, 0, GENES, 0]  # two shards of each of two files


def test_a_shard_without_samples_is_whole_and_empty(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts, chunks=(GENES, SAMPLES))
    data, samples, mapping = run(tmp_path, path, spec(shards_per_file=2))
    assert (data.n_obs, len(samples), len(mapping)) == (0, 0, GENES)
    filters = FILTERS | {"min_nonzero_genes": GENES + 1}
    data, samples, _ = run(tmp_path, path, spec(filters=filters), corpus="dropped")
    assert (data.n_obs, set(samples["fate"])) == (0, {"low_quality"})


@pytest.mark.parametrize(
    ("fields", "section", "reason"),
    [
        ({"geo_accession": ["GSM1"] * SAMPLES}, {}, "sample 'GSM1': stands twice"),
        ({"geo_accession": ["GSM1", *[""] * (SAMPLES - 1)]}, {}, "sample '': has no name|stands twice"),
        ({}, {"group": {"by": "field", "field": "patient", "pattern": ""}}, "meta/samples/patient: is missing"),
        ({}, {"label": {"by": "field", "field": "tissue", "pattern": ""}}, "meta/samples/tissue: is missing"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(tmp_path, counts, fields, section, reason):
    path = write_archs4(tmp_path / "a.h5", counts, fields=fields)
    with pytest.raises(BadInput, match=reason):
        run(tmp_path, path, spec(**section))
    assert [file.name for file in (tmp_path / "prebulk").rglob("*") if file.is_file()] == ["genes.parquet"]


def test_damage_and_another_organism_are_refused_and_leave_nothing(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", counts, ids=[f"ENSMUSG{n:011d}" for n in range(GENES)])
    with pytest.raises(
        BadInput,
        match="0 of the 12 genes .* its rows are Ensembl ids of mouse genes .* the table has Ensembl ids of human",
    ):
        run(tmp_path, path, spec())
    path = write_archs4(tmp_path / "a.h5", counts, chunks=(GENES, 2))
    with h5py.File(path) as file:
        place = file["data/expression"].id.get_chunk_info_by_coord((0, 4))
    raw = bytearray(path.read_bytes())
    raw[place.byte_offset : place.byte_offset + place.size] = bytes(place.size)
    path.write_bytes(raw)
    with pytest.raises(BadInput, match="chunk at gene 0, sample 4: damaged chunk"):
        run(tmp_path, path, spec())
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(BadInput, match="not a readable HDF5 file"):
        run(tmp_path, path, spec())
    assert [file.name for file in (tmp_path / "prebulk").rglob("*") if file.is_file()] == ["genes.parquet"]


def test_threads_do_not_change_a_byte(tmp_path, counts):
    path = write_archs4(tmp_path / "a.h5", np.tile(counts, (1, 40)), chunks=(5, 7))
    mapping = map_rows(archs4.read_genes(path), write_genes(tmp_path / "g.parquet", GENES))
    wanted = np.ones(40 * SAMPLES, bool)
    one, four = ([block for _, block in archs4.read_counts(path, mapping, 0, 1, wanted, threads)] for threads in (1, 4))
    assert all((a == b).all() for a, b in zip(one, four, strict=True))


@pytest.mark.parametrize(
    ("name", "column"), [("geo_accession", "sample_id"), ("series_id", "group"), ("title", "label")]
)
def test_nul_in_what_is_said_of_a_sample_is_refused_before_anything_is_written(tmp_path, counts, name, column):
    source = write_archs4(tmp_path / "a.h5", counts)
    with h5py.File(source, "r+") as file:
        del file[f"meta/samples/{name}"]
        file[f"meta/samples/{name}"] = np.array([b"a\0b", *(f"c{n}".encode() for n in range(1, SAMPLES))], "S3")
    section = spec(label={"by": "field", "field": "title", "pattern": ""})
    with pytest.raises(BadInput, match=rf"a\.h5: sample '.*': its {column} 'a.x00b' holds the character NUL\. Correct"):
        run(tmp_path, source, section)
    assert [path.name for path in (tmp_path / "prebulk").iterdir()] == ["genes.parquet"]


def test_nul_in_a_barcode_of_xena_is_refused(tmp_path, counts):
    samples = [f"TCGA-AA-000{number}-01A" for number in range(SAMPLES)]
    samples[3] += "\0"
    source = write_xena(tmp_path / "made.TCGA-LIHC.star_counts.tsv.gz", counts, samples)
    with pytest.raises(BadInput, match=r"sample 'TCGA-AA-0003-01A.x00': its sample_id .* holds the character NUL"):
        run(tmp_path, source, spec("xena"))
