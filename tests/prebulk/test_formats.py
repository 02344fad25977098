"""The same counts in every format that a laboratory has them in: the same log(TPM+1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from tests.prebulk.sources import (
    FILTERS,
    gene_id,
    spec,
    write_gct,
    write_h5ad,
    write_qc,
    write_recount3,
    write_sheet,
    write_table,
    write_xena,
)
from tests.prebulk.test_normalize_counts import expected, run
from workflow_scripts.contracts import gene_aliases
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.readers import h5ad, recount3, table

GENES, SAMPLES = 12, 8
NAMES = [f"patient {number}" for number in range(SAMPLES)]
IDS = [f"{gene_id(number)}.{number}" for number in range(GENES)]
SYMBOLS = [f"S{number}" for number in range(GENES)]
LENGTHS = np.linspace(60, 150, SAMPLES)
SHEET = pd.DataFrame({"group": NAMES, "label": ["a", "b"] * 4, "sex": "f"}, index=NAMES)


@pytest.fixture
def counts() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 5000, (GENES, SAMPLES))


def tpm_of(counts: np.ndarray) -> np.ndarray:
    rate = counts / np.linspace(200, 4000, GENES)[:, None]  # lengths of `write_genes`
    return 1e6 * rate / rate.sum(axis=0)


# What each writes of the counts: (path, section of the corpus, tables of qc)
FORMATS = {
    "table": lambda at, n: (write_table(at / "a.tsv", n, IDS, NAMES), {"scale": "counts"}, []),
    "symbols": lambda at, n: (write_table(at / "a.tsv", n, SYMBOLS, NAMES), {"scale": "counts"}, []),
    "no name above the genes": lambda at, n: (_as_r(at / "a.txt", n), {"scale": "counts"}, []),
    "transposed, commas, gzipped": lambda at, n: (
        write_table(at / "a.csv.gz", n, IDS, NAMES, samples_in="rows"),
        {"scale": "counts", "samples_in": "rows"},
        [],
    ),
    "columns between": lambda at, n: (_with_columns(at / "a.txt", n), {"scale": "counts"}, []),
    "log2 of counts": lambda at, n: (
        write_table(at / "a.tsv", np.log2(n + 1.0), IDS, NAMES),
        {"scale": "log2_counts"},
        [],
    ),
    "tpm": lambda at, n: (write_table(at / "a.tsv", tpm_of(n), IDS, NAMES), {"scale": "tpm"}, []),
    "log2 of tpm": lambda at, n: (
        write_table(at / "a.tsv", np.log2(tpm_of(n) + 1), IDS, NAMES),
        {"scale": "log2_tpm"},
        [],
    ),
    "gct": lambda at, n: (write_gct(at / "a.gct.gz", n, IDS, NAMES), {"scale": "counts"}, []),
    "h5ad": lambda at, n: (write_h5ad(at / "a.h5ad", n, IDS, NAMES), {"scale": "counts"}, []),
    "h5ad, sparse layer": lambda at, n: (
        write_h5ad(at / "a.h5ad", scipy.sparse.csc_matrix(n), IDS, NAMES, "counts"),
        {"scale": "counts", "layer": "counts"},
        [],
    ),
    "h5ad, sparse by columns": lambda at, n: (
        write_h5ad(at / "a.h5ad", scipy.sparse.csr_matrix(n), IDS, NAMES),
        {"scale": "counts"},
        [],
    ),
    "h5ad, ids in a column": lambda at, n: (
        write_h5ad(at / "a.h5ad", n, [f"unknown {name}" for name in SYMBOLS], NAMES, ensembl=IDS),
        {"scale": "counts"},
        [],
    ),
    "recount3": lambda at, n: (
        write_recount3(at / "a.gz", np.rint(n * LENGTHS), IDS, NAMES),
        {},
        [write_qc(at / "qc.gz", dict(zip(NAMES, LENGTHS, strict=True)))],
    ),
}


def _as_r(path: Path, counts: np.ndarray) -> Path:
    """As R's write.table does: one name less in the header, quotes around names."""
    lines = ["\t".join(f'"{name}"' for name in NAMES)]
    lines += ["\t".join([f'"{name}"', *map(str, row)]) for name, row in zip(IDS, counts, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def _with_columns(path: Path, counts: np.ndarray) -> Path:
    """As featureCounts and RNAseqDB do: columns of text and of numbers before those of samples."""
    lines = ["# Program:made up", "\t".join(["Geneid", "Chr", "Length", *NAMES])]
    lines += ["\t".join([name, "chr1;chr1", " 23272", *map(str, row)]) for name, row in zip(IDS, counts, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_expression(tmp_path, counts, name, parts):
    path, changes, qc = FORMATS[name](tmp_path, counts)
    kind = name if name == "recount3" else {"gct": "gct", "h5": "h5ad"}.get(name[:3].rstrip("a"), "table")
    section = spec(kind, shards_per_file=parts, group={"by": "sheet", "pattern": ""}, **changes)
    section["label"] = {"by": "sheet", "pattern": "", "classes": {"both": ["a", "b"]}}
    sheet = write_sheet(tmp_path / "sheet.parquet", SHEET)
    shards = [run(tmp_path, path, section, shard=f"{shard:04d}", sheet=sheet, qc=qc)[0] for shard in range(parts)]
    genes = pd.read_parquet(tmp_path / "prebulk/genes.parquet")
    x = np.concatenate([shard.X for shard in shards])
    np.testing.assert_allclose(x, expected(counts, genes), rtol=1e-6 if kind != "recount3" else 1e-3, atol=1e-6)
    obs = pd.concat([shard.obs for shard in shards])
    assert obs.index.tolist() == obs["group"].tolist() == NAMES
    assert set(obs["label"]) == {"both"}
    if "tpm" in name:
        assert obs["total_counts"].isna().all()
    else:
        np.testing.assert_allclose(obs["total_counts"], counts.sum(axis=0), rtol=1e-3)


def test_the_sheet_names_columns_that_are_samples_and_drops_the_others(tmp_path, counts):
    path = write_table(tmp_path / "a.tsv", counts, IDS, NAMES)
    sheet = write_sheet(tmp_path / "sheet.parquet", SHEET.iloc[[1, 4]])
    data, samples, _ = run(tmp_path, path, spec("table", scale="counts"), sheet=sheet)
    assert list(data.obs_names) == [NAMES[1], NAMES[4]]
    # the first column lies before the first sample of the sheet: it is one of those that name genes
    assert samples["fate"].tolist() == ["kept", "not_in_sheet", "not_in_sheet", "kept", *["not_in_sheet"] * 3]
    np.testing.assert_allclose(
        data.X, expected(counts, pd.read_parquet(tmp_path / "prebulk/genes.parquet"))[[1, 4]], rtol=1e-6
    )


def test_group_and_label_come_from_the_sheet_or_its_other_columns(tmp_path, counts):
    path = write_h5ad(tmp_path / "a.h5ad", counts, IDS, NAMES)
    rows = SHEET.assign(donor=["d1 x", "d1 y", *["d2 x"] * 6], group="", label="NA")
    sheet = write_sheet(tmp_path / "sheet.parquet", rows)
    by = {"group": {"by": "field", "field": "donor", "pattern": "^(d.)"}}
    data, _, _ = run(
        tmp_path, path, spec("h5ad", scale="counts", label={"by": "sheet", "pattern": ""}, **by), sheet=sheet
    )
    assert data.obs["group"].tolist() == ["d1", "d1", *["d2"] * 6]
    assert set(data.obs["label"]) == {""}, "NA is no class"
    data, samples, _ = run(tmp_path, path, spec("h5ad", scale="counts"), sheet=sheet, corpus="ungrouped")
    assert set(samples["fate"]) == {"no_group"}
    absent = {"group": {"by": "field", "field": "plate", "pattern": ""}}
    with pytest.raises(BadInput, match=r"obs/plate: is missing"):
        run(tmp_path, path, spec("h5ad", scale="counts", **absent), sheet=sheet)
    with pytest.raises(BadInput, match=r"field 'label': is no column of the sample sheet \(it has group\)"):
        section = spec("table", scale="counts", label={"by": "sheet", "pattern": ""})
        few = write_sheet(tmp_path / "few.parquet", SHEET[["group"]])
        run(tmp_path, write_table(tmp_path / "a.tsv", counts, IDS, NAMES), section, sheet=few)


def test_aliases_find_genes_by_other_names(tmp_path, counts):
    """An alias gives way to the gene's own row; of a name of two genes nobody knows which it is."""
    names = ["S0", "old1", "S2", "old2", "both", "shared", *SYMBOLS[6:]]
    known = [
        ("old1", 1, "previous"),
        ("old2", 2, "alias"),
        ("both", 3, "alias"),
        ("both", 4, "alias"),
        ("shared", 5, "alias"),
        ("shared", 99, "alias"),
    ]
    aliases = pd.DataFrame(
        [(alias, gene_id(gene), kind) for alias, gene, kind in known], columns=["alias", "gene_id", "kind"]
    )
    gene_aliases.write(aliases.astype(object), tmp_path / "aliases.parquet")
    path = write_table(tmp_path / "a.tsv", counts, names, NAMES)
    sheet = write_sheet(tmp_path / "sheet.parquet", SHEET)
    section = spec("table", scale="counts")
    data, _, mapping = run(tmp_path, path, section, sheet=sheet, aliases=tmp_path / "aliases.parquet")
    fates = mapping.set_index("source_id")["fate"].to_dict()
    assert fates | {"": ""} == {
        **dict.fromkeys(SYMBOLS[6:] + ["S0", "S2"], "mapped"),
        "shared": "ambiguous symbol",
        "old1": "alias",
        "old2": "alias of a measured gene",
        "both": "ambiguous symbol",
        "": "",
    }
    kept = [0, 1, 2, *range(6, GENES)]
    assert np.isnan(data.X[:, [3, 4, 5]]).all() and np.isfinite(data.X[:, kept]).all()
    genes = pd.read_parquet(tmp_path / "prebulk/genes.parquet")
    np.testing.assert_allclose(data.X[:, kept], expected(counts[kept], genes.iloc[kept]), rtol=1e-6)


def test_a_source_that_measures_too_few_genes_stops(tmp_path, counts):
    path = write_table(tmp_path / "a.tsv", counts, [*IDS[:2], *(f"probe {n}" for n in range(GENES - 2))], NAMES)
    sheet = write_sheet(tmp_path / "sheet.parquet", SHEET)
    filters = FILTERS | {"min_measured_genes": 0.5}
    with pytest.raises(
        BadInput, match=r"holds 2 of the 12 genes of the gene table \(16.7%\); .*lower filters/min_measured"
    ):
        run(tmp_path, path, spec("table", scale="counts", filters=filters), sheet=sheet)
    few = FILTERS | {"min_measured_genes": 2 / 12}
    assert run(tmp_path, path, spec("table", scale="counts", filters=few), sheet=sheet)[0].n_obs == SAMPLES


ONES = np.arange(1.0, 5)[:, None] * np.ones((4, 2)) * 1000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gene\tx\ty\nG\t1\t2\n", "line 1: the header names no sample of the sheet"),
        ("gene\ta\tb\nG\t1\t2\nH\t1\n", "line 3: H: 1 values for 2 columns"),
        ("gene\ta\tb\nG\t1\t2\nH\t1\t2\t3\n", "line 3: H: 3 values for 2 columns"),
        ("gene\ta\tb\nG\t1\tNA\n", "line 2: G: holds a value that is not a number"),
        ("gene\ta\tb\nG\t1\t\n", "line 2: G: holds a value that is not a number"),
        ("gene\ta\tb\nG\t1\t-2\n", "line 2, G, sample 'b': -2 is not a count"),
        ("gene\ta\tb\nG\t1\tinf\n", "line 2, G, sample 'b': inf is not a count"),
        ("gene\ta\tb\nG\t1.5\t2.25\n", "2 samples: the largest value is 2.25, as of logarithms"),
        ("gene\ta\tb\nG\t600000.5\t2\nH\t399999.5\t999998\n", "add up to a million: TPM, not counts"),
        ("gene\ta\tb\nG\t1\t2", "line 2: the file is cut short"),
        ("gene\ta\tb\n", "after line 1: no line follows the header"),
        ("", "line 1: is not a header with sample names"),
        ("gene\ta\tb\nG\t1\t2\n".encode("utf-16").decode("latin-1"), "is no UTF-8 text|is not a header"),
    ],
)
def test_a_malformed_table_is_one_clear_line(tmp_path, text, reason):
    path = tmp_path / "a.tsv"
    path.write_bytes(text.encode("latin-1"))
    given = {"scale": "counts", "samples": {"a", "b"}, "samples_in": "columns"}
    with pytest.raises(BadInput, match=reason) as caught:
        names = table.read_genes(path, **given)
        mapping = mapped(names.kinds[0])
        wanted = np.ones(len(table.read_samples(path, 0, 1, set(), **given)), bool)
        list(table.read_counts(path, mapping, 0, 1, wanted, 1, **given))
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def mapped(ids: list[str]):
    from workflow_scripts.prebulk.gene_mapping import GeneNames, map_rows

    return map_rows(GeneNames([ids]), pd.DataFrame({"gene_id": ids, "symbol": ids}))


@pytest.mark.parametrize(
    ("values", "scale", "reason"),
    [
        (ONES, "log2_counts", r"1000 is not log2\(count \+ 1\), perhaps its scale is counts"),
        (np.array([[5.0, 0], [9, 30], [7, 3]]), "log2_counts", r"every value is a whole number \(up to 30\)"),
        (ONES, "tpm", None),
        (ONES * 1000.5, "tpm", r"2.001e\+06 is not a TPM"),
        (ONES * 200, "tpm", r"add up to 2e\+06, more than a million.*counts\?"),
        (np.array([[3.5, 2], [9, 13.2]]), "tpm", "the largest value is 13.2, as of logarithms"),
        (np.log2(ONES + 1), "log2_tpm", None),
        (np.full((4, 2), 19.7), "log2_tpm", r"add up to .*, more than a million"),
        (np.full((4, 2), 21.0), "log2_tpm", r"21 is not log2\(TPM \+ 1\), perhaps its scale is tpm"),
    ],
)
@pytest.mark.parametrize("kind", ["table", "rows", "h5ad"])
def test_values_are_held_against_the_declared_scale(tmp_path, values, scale, reason, kind):
    ids, samples = [f"G{at}" for at in range(len(values))], ["a", "b"]
    if kind == "h5ad":
        reader, given = h5ad, {"scale": scale, "layer": ""}
        path = write_h5ad(tmp_path / "a.h5ad", values, ids, samples)
    else:
        side = "rows" if kind == "rows" else "columns"
        reader, given = table, {"scale": scale, "samples": {"a", "b"}, "samples_in": side}
        path = write_table(tmp_path / "a.tsv", values, ids, samples, samples_in=side)
    read = lambda: list(reader.read_counts(path, mapped(ids), 0, 1, np.ones(2, bool), 1, **given))  # noqa: E731
    if reason is None:
        read()
        return
    with pytest.raises(BadInput, match=reason):
        read()


def test_xena_of_counts_that_are_small_is_no_logarithm(tmp_path):
    """Counts up to 64 pass for logarithms, one by one; all together they are whole numbers."""
    from workflow_scripts.prebulk.readers import xena

    lines = ["Ensembl_ID\tTCGA-AA-0001-01A\tTCGA-AA-0002-01A", "G1\t5\t0", "G2\t60\t3"]
    (tmp_path / "TCGA-LIHC.star_counts.tsv").write_text("\n".join(lines) + "\n")
    path = tmp_path / "TCGA-LIHC.star_counts.tsv"
    with pytest.raises(BadInput, match=r"every value is a whole number \(up to 60\), as no logarithms are"):
        list(xena.read_counts(path, mapped(["G1", "G2"]), 0, 1, np.ones(2, bool), 1))
    one = write_xena(tmp_path / "one.tsv", np.array([[0, 1]]), ["TCGA-AA-0001-01A", "TCGA-AA-0002-01A"], ["G1"])
    list(xena.read_counts(one, mapped(["G1"]), 0, 1, np.ones(2, bool), 1))  # log2(2) is 1: nobody can tell


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("external_id\tother\nSRR1\t1\n", "column 'star.average_mapped_length': is missing"),
        ("external_id\tstar.average_mapped_length\nSRR1\tNA\n", "line 2: .* 'NA' is no length of reads"),
        ("external_id\tstar.average_mapped_length\nSRR1\t0\n", "line 2: .* '0' is no length of reads"),
        ("external_id\tstar.average_mapped_length\nSRR2\t99\n", "sample 'SRR1': no table of `qc` tells the length"),
    ],
)
def test_coverage_without_the_length_of_reads_is_refused(tmp_path, text, reason):
    (tmp_path / "qc").write_text(text)
    path = write_recount3(tmp_path / "a.gz", np.full((1, 1), 990.0), ["G"], ["SRR1"])
    with pytest.raises(BadInput, match=reason):
        list(recount3.read_counts(path, mapped(["G"]), 0, 1, np.ones(1, bool), 1, qc=[tmp_path / "qc"]))


@pytest.mark.parametrize(
    ("layer", "change", "reason"),
    [
        ("counts", {}, "layers/counts: is missing; layers of the file: none"),
        ("", {"x": np.array([[1.0, -1]])}, "X, sample 'a', gene column 1: -1 is not a count"),
        ("", {"x": np.array([[1.0, np.nan]])}, "X, sample 'a', gene column 1: nan is not a count"),
    ],
)
def test_an_h5ad_without_counts_is_refused(tmp_path, layer, change, reason):
    path = write_h5ad(tmp_path / "a.h5ad", change.get("x", np.ones((1, 2))).T, ["G", "H"], ["a"])
    with pytest.raises(BadInput, match=reason):
        list(h5ad.read_counts(path, mapped(["G", "H"]), 0, 1, np.ones(1, bool), 1, scale="counts", layer=layer))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(BadInput, match="not a readable .h5ad file"):
        h5ad.read_samples(path, 0, 1, set(), scale="counts", layer="")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("#1.3\n1\t1\nName\tDescription\ta\nG\tg\t1\n", "line 1: '#1.3' is not #1.2"),
        ("#1.2\nx\ty\nName\tDescription\ta\nG\tg\t1\n", "line 2: does not hold the numbers"),
        ("#1.2\n1\t2\nName\tDescription\ta\nG\tg\t1\n", "line 3: 1 samples where line 2 says 2"),
        ("#1.2\n2\t1\nName\tDescription\ta\nG\tg\t1\n", "line 2: says 2 genes, and 1 lines follow"),
    ],
)
def test_a_gct_that_contradicts_itself_is_refused(tmp_path, text, reason):
    from workflow_scripts.prebulk.readers import gct

    (tmp_path / "a.gct").write_text(text)
    with pytest.raises(BadInput, match=reason):
        gct.read_genes(tmp_path / "a.gct", scale="counts")


def test_a_gtex_sample_tells_its_donor(tmp_path):
    from workflow_scripts.prebulk.readers import gct

    names = ["GTEX-1117F-0226-SM-5GZZ7", "K-562-SM-2AXVE"]
    path = write_gct(tmp_path / "a.gct", np.ones((1, 2)), ["G"], names)
    assert gct.read_samples(path, 0, 1, {"donor"}, scale="counts")["donor"].tolist() == ["GTEX-1117F", "K-562"]
    path = write_gct(tmp_path / "b.gct", np.ones((1, 1)), ["G"], ["patient 1"])
    with pytest.raises(BadInput, match="is no GTEx sample name"):
        gct.read_samples(path, 0, 1, {"donor"}, scale="counts")
