"""Files of one sample each, as STAR, the GDC, salmon and kallisto write them, and the sheet that names them."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.prebulk.sources import gene_id, spec, write_kallisto, write_salmon, write_sheet, write_star
from tests.prebulk.test_normalize_counts import expected, run
from tests.support.workflow import DEMO, ROOT
from workflow_scripts.contracts import transcript_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.inputs import counts_file, shards, transcripts
from workflow_scripts.prebulk.match_samples import match_samples
from workflow_scripts.prebulk.readers import abundance, star
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.settings import Settings

GENES, SAMPLES = 12, 5
NAMES = [f"patient {number}" for number in range(SAMPLES)]
IDS = [f"{gene_id(number)}.{number}" for number in range(GENES)]
TRANSCRIPTS = [f"ENST{number:011d}.1" for number in range(2 * GENES)]  # two of each gene, not side by side
GENE_OF = {name.partition(".")[0]: gene_id(number % GENES) for number, name in enumerate(TRANSCRIPTS)}
SHEET = pd.DataFrame({"group": NAMES, "label": "a"}, index=NAMES)


@pytest.fixture
def counts() -> np.ndarray:
    return np.random.default_rng(0).integers(1, 5000, (GENES, SAMPLES))


@pytest.fixture
def reads() -> tuple[np.ndarray, np.ndarray]:
    """Reads of transcripts (transcripts x samples), and their effective lengths in each sample (bp)."""
    rng = np.random.default_rng(1)
    return rng.gamma(1, 900, (2 * GENES, SAMPLES)), rng.uniform(150, 5000, (2 * GENES, SAMPLES))


def of_strand(counts: np.ndarray, strandedness: str) -> dict[str, np.ndarray]:
    """Reads by strand of a library in which one read of fifty is of the other strand."""
    other = counts // 50
    kept = {"forward": (counts, other), "reverse": (other, counts), "unstranded": (counts // 2, counts - counts // 2)}
    forward, reverse = kept[strandedness]
    unstranded = counts if strandedness == "unstranded" else counts + 7  # would be seen if it was taken
    return {"unstranded": unstranded, "forward": forward, "reverse": reverse}


@pytest.mark.parametrize("header", [False, True], ids=["STAR", "GDC"])
@pytest.mark.parametrize("strandedness", ["unstranded", "forward", "reverse"])
def test_reads_of_star_are_those_of_the_declared_strand(tmp_path, counts, strandedness, header):
    of = of_strand(counts, strandedness)
    paths = [
        write_star(tmp_path / f"{at}.tab", IDS, {name: values[:, at] for name, values in of.items()}, header)
        for at in range(SAMPLES)
    ]
    sheet = write_sheet(tmp_path / "sheet.parquet", SHEET)
    data, samples, mapping = run(tmp_path, paths, spec("star", strandedness=strandedness), sheet=sheet)
    genes = pd.read_parquet(tmp_path / "prebulk/genes.parquet")
    np.testing.assert_allclose(data.X, expected(counts, genes), rtol=1e-6)
    assert list(data.obs_names) == NAMES
    np.testing.assert_array_equal(data.obs["total_counts"], counts.sum(axis=0))
    assert (mapping["fate"] == "mapped").all() and len(mapping) == GENES, "lines of N_ are no genes"


@pytest.mark.parametrize("way", ["salmon", "GENCODE's names", "kallisto", "kallisto, HDF5", "genes"])
def test_abundance_becomes_counts_whose_tpm_are_those_of_the_tool(tmp_path, reads, way):
    reads, effective = reads
    rate = reads / effective
    tpm = 1e6 * rate / rate.sum(axis=0)
    names, gene = TRANSCRIPTS, np.arange(2 * GENES) % GENES
    known = transcript_file(tmp_path)
    if way == "GENCODE's names":
        names, known = [f"{name}|{IDS[at % GENES]}|OTT|-|S" for at, name in enumerate(TRANSCRIPTS)], None
    if way == "genes":  # as salmon's own summary, quant.genes.sf
        names, known = IDS, None
        tpm, reads = (np.array([values[gene == at].sum(axis=0) for at in range(GENES)]) for values in (tpm, reads))
        effective, gene = np.full_like(reads, 1000), np.arange(GENES)
    paths = []
    for at in range(SAMPLES):
        if way.startswith("kallisto"):
            file = tmp_path / f"{at}/abundance.{'h5' if 'HDF5' in way else 'tsv'}"
            paths.append(write_kallisto(file, names, effective[:, at], reads[:, at], tpm[:, at]))
        else:
            paths.append(write_salmon(tmp_path / f"{at}/quant.sf", names, effective[:, at], reads[:, at], tpm[:, at]))
    sheet = write_sheet(tmp_path / "sheet.parquet", SHEET)
    format_ = "kallisto" if "kallisto" in way else "salmon"
    # The last gene is not in the table: its TPM are shared out, and its reads are none of the sample's.
    data, *_ = run(tmp_path, paths, spec(format_), genes=GENES - 1, sheet=sheet, transcripts=known)
    of_gene = np.array([tpm[gene == at].sum(axis=0) for at in range(GENES - 1)])
    np.testing.assert_allclose(data.X, np.log1p(1e6 * of_gene / of_gene.sum(axis=0)).T, rtol=2e-6)
    np.testing.assert_allclose(data.obs["total_counts"], reads[gene < GENES - 1].sum(axis=0), rtol=1e-5)


def transcript_file(folder: Path) -> Path:
    path = folder / "transcripts.parquet"
    transcript_table.write(pd.DataFrame(GENE_OF.items(), columns=["transcript_id", "gene_id"], dtype=object), path)
    return path


def test_a_shard_is_so_many_lines_of_the_sheet(tmp_path, counts):
    of = of_strand(counts, "unstranded")
    paths = [
        write_star(tmp_path / f"{at}.tab", IDS, {name: values[:, at] for name, values in of.items()})
        for at in range(SAMPLES)
    ]
    sheet = write_sheet(tmp_path / "sheet.parquet", SHEET)
    section = spec("star", strandedness="unstranded", files_per_shard=2)
    stores = [run(tmp_path, paths[at : at + 2], section, shard=f"{at // 2:04d}", sheet=sheet)[0] for at in (0, 2, 4)]
    genes = pd.read_parquet(tmp_path / "prebulk/genes.parquet")
    np.testing.assert_allclose(np.concatenate([store.X for store in stores]), expected(counts, genes), rtol=1e-6)
    assert [name for store in stores for name in store.obs_names] == NAMES


def test_a_sample_that_is_left_out_takes_no_other_along(tmp_path, counts):
    of = of_strand(counts, "unstranded")
    paths = [
        write_star(tmp_path / f"{at}.tab", IDS, {name: values[:, at] for name, values in of.items()})
        for at in range(SAMPLES)
    ]
    sheet = write_sheet(tmp_path / "sheet.parquet", SHEET.assign(group=["", *NAMES[1:3], "", NAMES[4]]))
    data, samples, _ = run(tmp_path, paths, spec("star", strandedness="unstranded"), sheet=sheet)
    genes = pd.read_parquet(tmp_path / "prebulk/genes.parquet")
    assert samples["fate"].tolist() == ["no_group", "kept", "kept", "no_group", "kept"]
    np.testing.assert_allclose(data.X, expected(counts, genes)[[1, 2, 4]], rtol=1e-6)


def test_a_sample_without_reads_is_no_number_divided_by_none(tmp_path):
    paths = [
        write_kallisto(tmp_path / "a/abundance.tsv", IDS, np.full(GENES, 9.0), np.zeros(GENES), np.full(GENES, np.nan)),
        write_kallisto(tmp_path / "b/abundance.h5", IDS, np.full(GENES, 9.0), np.zeros(GENES), np.zeros(GENES)),
    ]
    sheet = write_sheet(tmp_path / "sheet.parquet", SHEET.head(2))
    _, samples, _ = run(tmp_path, paths, spec("kallisto"), sheet=sheet)
    assert samples["fate"].tolist() == ["empty", "empty"]


def star_text(lines: str) -> str:
    return "N_unmapped\t1\t1\t1\nN_multimapping\t1\t1\t1\nN_noFeature\t1\t1\t1\nN_ambiguous\t1\t1\t1\n" + lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (star_text("G0\t5\t4\t1\nG1\t5\t4\n"), "line 6: is not a gene and its reads"),
        (star_text("G0\t5\t4\t1.5\n"), "line 5: is not a gene and its reads"),
        (star_text("G0\t5\t-4\t1\n"), "line 5: is not a gene and its reads"),
        (star_text("G0\t5\t4\t1"), "line 5: the file is cut short"),
        (star_text(""), "holds no gene"),
        ("gene_id\tgene_name\tunstranded\tstranded_first\nG0\ta\t1\t2\n", "line 1: has no column `stranded_second`"),
        (star_text("G0\t50\t10\t40\n"), "strandedness forward: 10 reads of genes are forward, 40 reverse.*is reverse"),
        (star_text("G0\t50\t26\t24\n"), "strandedness forward: 26 reads .* Perhaps the library is unstranded"),
    ],
)
def test_what_is_no_file_of_star_or_of_another_strandedness_is_one_clear_line(tmp_path, text, reason):
    path = tmp_path / "a.tab"
    path.write_text(text)
    with pytest.raises(BadInput, match=reason) as caught:
        star.read_file(path, "forward")
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


SALMON = "Name\tLength\tEffectiveLength\tTPM\tNumReads\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Name\tLength\tTPM\nT0\t9\t1000000\n", "line 1: has no column `NumReads`. Give quant.sf of salmon"),
        ("gene\tcount\nT0\t9\n", "line 1: has no column `Name`"),
        (SALMON + "T0\t9\t9\t400000\t5\nT1\t9\t9\t500000\t5\n", "its TPM add up to 900,000, not to a million"),
        (SALMON + "T0\t9\t9\t1000000\t5\nT1\t9\t9\n", "T1: nan is no TPM"),
        (SALMON + "T0\t9\t9\t1000000\t5\nT1\t9\t9\t0\t5\t5\n", "Expected 5 fields in line 3, saw 6"),
        (SALMON + "T0\t9\t9\tmany\t5\n", "T0: nan is no TPM"),
        (SALMON + "T0\t9\t9\t1000000\t-5\n", "T0: -5 is no number of reads"),
        (SALMON + "T0\t9\t9\tnan\t5\n", "T0: nan is no TPM"),
    ],
)
def test_abundance_that_is_damaged_is_one_clear_line(tmp_path, text, reason):
    path = tmp_path / "quant.sf"
    path.write_text(text)
    with pytest.raises(BadInput, match=reason) as caught:
        abundance.read_file(path, {})
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_a_damaged_hdf5_of_kallisto_is_one_clear_line(tmp_path, reads):
    reads, effective = reads
    path = write_kallisto(tmp_path / "abundance.h5", TRANSCRIPTS, effective[:, 0], reads[:, 0], reads[:, 0])
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(BadInput, match=r"abundance.h5: cannot be read .* Give quant.sf"):
        abundance.read_file(path, {})


def test_files_of_two_annotations_are_not_mixed(tmp_path, counts):
    of = {name: counts[:, 0] for name in star.STRANDS}
    paths = [write_star(tmp_path / "a.tab", IDS, of), write_star(tmp_path / "b.tab", [*IDS[:3], "X", *IDS[4:]], of)]
    sheet = write_sheet(tmp_path / "sheet.parquet", SHEET.head(2))
    with pytest.raises(BadInput, match=r"b.tab: its gene 4 is 'X', that of .*a.tab is 'ENSG00000000003.3'"):
        run(tmp_path, paths, spec("star", strandedness="unstranded"), sheet=sheet)


# The sheet names the files, and is read before any job.


def settings(folder: Path, sheet: str, **corpus) -> Settings:
    (folder / "sheet.tsv").write_text(sheet)
    config = yaml.safe_load(DEMO.read_text())
    lab = {"format": "salmon", "samples": str(folder / "sheet.tsv"), "files_per_shard": 2} | corpus
    config["prebulk"]["corpora"] = {"lab": {name: value for name, value in lab.items() if value is not None}}
    return Settings(config, str(ROOT / "config/datasets.tsv"))


def test_files_and_folders_of_the_sheet_are_the_counts_of_the_corpus(tmp_path):
    for name in ("s1/quant.sf", "s2/quant.sf.gz", "s3.sf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sheet = f"sample\tfile\tgroup\nc\t{tmp_path}/s3.sf\tg\na\ts1\tg\nb\ts2\tg\n"
    found = settings(tmp_path, sheet)
    assert shards(found, "{shard}") == ["0000", "0001"]
    files = [counts_file(found, found.file)(SimpleNamespace(corpus="lab", shard=shard)) for shard in ("0000", "0001")]
    assert [[Path(file).absolute().resolve() for file in of_shard] for of_shard in files] == [
        [tmp_path / "s3.sf", tmp_path / "s1/quant.sf"],
        [tmp_path / "s2/quant.sf.gz"],
    ]
    table = "<results>/reference/transcripts.parquet"
    assert transcripts(found, table)(SimpleNamespace(corpus="lab")) == [table]
    again = settings(tmp_path, sheet, counts=found.section("prebulk/corpora/lab/counts"))  # as a crate repeats it
    assert again.section("prebulk/corpora/lab/counts") == found.section("prebulk/corpora/lab/counts")

    match_samples(counts=[], sheet=tmp_path / "sheet.tsv", matched=tmp_path / "matched.parquet", spec=spec("salmon"))
    matched = pd.read_parquet(tmp_path / "matched.parquet")
    assert matched.to_dict("list") == {
        "sample_id": ["c", "a", "b"],
        "file": [f"{tmp_path}/s3.sf", "s1", "s2"],
        "group": ["g"] * 3,
    }


@pytest.mark.parametrize(
    ("sheet", "corpus", "reason"),
    [
        ("sample\tgroup\na\tg\n", {}, "line 1: has no column `file`; its columns are 'sample', 'group'"),
        ("sample\tfile\na\tnone.sf\n", {}, r"samples: .*sheet.tsv, line 2: given 'none.sf' .*No such file"),
        ("sample\tfile\na\t.\n", {}, r"line 2: given the folder '\.'; allowed: .* one of quant.sf, "),
        ("sample\tfile\na\tsheet.tsv\nb\tsheet.tsv\n", {}, "line 3: file 'sheet.tsv' stands in line 2 already"),
        ("sample\tfile\na\t\n", {}, "line 2: names no file"),
        ("sample\tfile\na\tsheet.tsv\n", {"counts": [f"{ROOT}/README.md"]}, "lab/counts: given other files than"),
        ("sample\tfile\na\tsheet.tsv\n", {"samples": "human_gene_v2.5.h5"}, "lab/samples: .*allowed: a path"),
        ("sample\tfile\na\tsheet.tsv\n", {"samples": None}, "lab/samples: given none, with format `salmon`"),
        ("sample\tfile\na\tsheet.tsv\n", {"format": "star"}, "lab/strandedness: given none, with format `star`"),
        ("sample\tfile\na\tsheet.tsv\n", {"strandedness": "forward"}, "strandedness: given with format `salmon`"),
        ("sample\tfile\na\tsheet.tsv\n", {"shards_per_file": 2}, "shards_per_file: given 2, with format `salmon`"),
        ("sample\tfile\na\tsheet.tsv\n", {"format": "table", "scale": "counts"}, "lab/counts: given none"),
    ],
)
def test_what_a_sheet_of_files_cannot_be_is_said_before_any_job(tmp_path, sheet, corpus, reason):
    with pytest.raises(BadConfiguration, match=reason) as caught:
        settings(tmp_path, sheet, **corpus)
    assert len(str(caught.value).splitlines()) == 1 and not re.search(r"Traceback", str(caught.value))
