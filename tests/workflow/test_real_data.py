"""The two small real configurations, end to end from the mirror of real data."""

from __future__ import annotations

import gzip
import re
from functools import reduce
from pathlib import Path

import pandas as pd
import pyBigWig
import pytest
import yaml

from tests.support.real_data import REAL_MIRROR, needs_real_data
from tests.support.workflow import ROOT, snakemake, succeeded
from workflow_scripts.contracts import expression, gene_embedding, gene_table, metrics, polymerase, splits

pytestmark = needs_real_data
SMALLEST = {"seed": 1, "layers": 1, "embed_dim": 8, "attention_heads": 1}  # of random weights, which mean nothing


def configured(name: str, folder: Path, **changes: object) -> Path:
    """A shipped configuration with the mirror's absolute path, in `folder`; changes: values by key path."""
    config = yaml.safe_load((ROOT / "config" / name).read_text())
    for key, value in {"download/mirror": str(REAL_MIRROR), "simulate/weights": SMALLEST, **changes}.items():
        *path, last = key.split("/")
        reduce(dict.__getitem__, path, config)[last] = value
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(yaml.safe_dump(config))
    return file


# One small model of tracks, trained for one epoch, and baselines of few windows: that they run on real data.
SHORT = {
    "seq2track/runs": {
        "short": {
            "set": "netseq",
            "test_folds": [1],
            "model": {"dilated": {"dim": 8, "blocks": 2}},
            "training": {"max_epochs": 1, "batch_size": 16},
        }
    },
    "seq2track/baselines": {"max_windows": 50},
    "seq2track/starts": {"bootstrap_samples": 10},
}


@pytest.fixture(scope="module")
def yeast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("yeast")
    config = configured("yeast.yaml", directory, **SHORT)
    assert succeeded(snakemake("--cores", "1", directory=directory, configs=(config,)))
    return directory


def test_every_gene_of_the_yeast_proteome_is_embedded(yeast: Path) -> None:
    genes, order = gene_table.read(yeast / "results/yeast/reference/genes.parquet")
    embedding = gene_embedding.read(yeast / "results/yeast/esm2/random.h5ad", order)
    assert len(genes) == 6692
    assert not embedding.obs["missing"].any()


def test_yeast_netseq_reads_lie_on_the_sense_strand(yeast: Path) -> None:
    strands = pd.read_parquet(yeast / "results/yeast/tracks/netseq/strands/WT.parquet").iloc[0]
    assert strands["ratio"] == pytest.approx(2.6, abs=0.05)
    assert strands["sense"] == pytest.approx(722_000, rel=0.01)


def test_exchanged_yeast_strands_stop_the_run(yeast: Path) -> None:
    track = "tracks/sets/netseq/tracks/WT"
    files = {f"{track}/plus": ["yeast.WT.minus.wig"], f"{track}/minus": ["yeast.WT.plus.wig"]}
    flipped = configured("yeast.yaml", yeast / "flipped", **files)
    result = snakemake("tracks", "--cores", "1", directory=yeast, configs=(flipped,))
    assert result.returncode != 0
    said = [line for line in result.stderr.splitlines() if line.startswith("check_strands: ")]
    assert len(said) == 1 and "flipped" in said[0]


@pytest.fixture(scope="module")
def human_mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its results; of what the tests look at nothing is left out."""
    directory = tmp_path_factory.mktemp("human_mini")
    less = {
        "bulk/runs/small/base": {"factors": [16]},
        "bulk/runs/small/model": {"transformer": {"dim": 16, "layers": 1, "heads": 1}},
        "bulk/runs/small/training/max_epochs": 1,
        "bulk/imputation": {"mask_ratios": [0.3], "bootstrap_samples": 100},
        "bulk/classification": {"regularization": [0.01], "bootstrap_samples": 100},
    }
    file = configured("human_mini.yaml", directory, **less)
    assert succeeded(snakemake("--cores", "1", directory=directory, configs=(file,)))
    return directory / "results/human_mini"


def test_human_mini_has_all_genes_of_its_proteome(human_mini: Path) -> None:
    genes, order = gene_table.read(human_mini / "reference/genes.parquet")
    assert len(genes) == 2408
    stores = sorted(human_mini.glob("prebulk/expression/*/*.h5ad"))
    assert len(stores) == 11
    assert all(expression.read(path, order).var["measured"].all() for path in stores)


def test_human_mini_classifies_fifteen_cohorts(human_mini: Path) -> None:
    table = splits.read(human_mini / "prebulk/splits.parquet")
    assert len(table) == 260 + 474 - 8
    assert table["label"].nunique() == 15
    assert table.groupby("label")["split"].nunique().eq(3).all()
    assert table.groupby("group")["split"].nunique().eq(1).all()
    donors = table["group"].value_counts()
    assert donors[donors.index.str.startswith("GTEX")].max() == 2  # donors of two tissues
    scores = metrics.read(human_mini / "bulk/small/metrics.parquet")
    row = scores.query("model == 'logistic_regression_log_tpm' and split == 'test' and metric == 'weighted_f1'")
    assert row["value"].item() >= 0.985


def test_human_mini_finds_the_repeated_samples_and_no_others(human_mini: Path) -> None:
    samples = pd.read_parquet(human_mini / "prebulk/samples.parquet")
    assert set(samples["fate"]) == {"kept", "duplicate"}
    repeated = samples[samples["fate"] == "duplicate"].set_index("sample_id")["duplicate_of"]
    assert repeated.to_dict() == {
        "GSM900255": "GSM900000",
        "GSM900256": "GSM900040",
        "GSM900257": "GSM900090",
        "GSM900258": "GSM900150",
        "GSM900259": "GSM900200",
        "GSM900252": "TCGA-BC-A10W-11A",
        "GSM900253": "TCGA-DD-A118-11A",
        "GSM900254": "TCGA-DD-A3A2-11A",
    }


def test_human_mini_reports_what_became_of_other_genes(human_mini: Path) -> None:
    mapping = pd.read_parquet(human_mini / "prebulk/mapping.parquet")
    archs4 = mapping[mapping["corpus"] == "archs4"].set_index("fate")["genes"]
    assert archs4["mapped"] == 2408
    assert archs4["not in the gene table"] == 18_758 - 2408


def test_human_mini_refuses_to_run_without_its_mirror(tmp_path: Path) -> None:
    config = yaml.safe_load((ROOT / "config/human_mini.yaml").read_text())
    config["download"]["mirror"] = None
    file = tmp_path / "no_mirror.yaml"
    file.write_text(yaml.safe_dump(config))
    result = snakemake("resources/human_mini.human_gene_v2.5.h5", "--cores", "1", directory=tmp_path, configs=(file,))
    assert result.returncode != 0
    said = [line for line in result.stderr.splitlines() if line.startswith("fetch_dataset: ")]
    assert len(said) == 1 and "mirror" in said[0]


CHR22 = 51_304_566  # bp, of hg19
SACCER3 = {"chrI": 230218, "chrXVI": 948066, "chrM": 85779}  # bp
ROMAN = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of tracks of one's own, with chromosomes called 01, 02, ..., beside a genome and an annotation."""
    directory = tmp_path_factory.mktemp("own")
    config = yaml.safe_load(configured("yeast.yaml", directory).read_text())
    del config["esm2"], config["simulate"], config["reference"]["proteome"], config["seq2track"]
    netseq = config["tracks"]["sets"]["netseq"]
    for strand in ("plus", "minus"):
        (published,) = REAL_MIRROR.rglob(f"WT.{strand}.wig")
        text = re.sub("chrom=chr([IVX]+)", lambda found: f"chrom={ROMAN.index(found[1]):02}", published.read_text())
        (directory / f"own.{strand}.wig").write_text(text)
        netseq["tracks"]["WT"][strand] = [f"./own.{strand}.wig"]
    netseq["hub"] = {"genome": "sacCer3", "email": "maintainer@example.org"}
    aliases = (f"{number:02}\t{name}\n" for number, name in enumerate(ROMAN) if name)
    (directory / "own.txt").write_text("".join(aliases))
    config["reference"]["chromosome_aliases"] = "./own.txt"
    file = directory / "own.yaml"
    file.write_text(yaml.safe_dump(config))
    assert succeeded(snakemake("--cores", "1", directory=directory, configs=(file,)))
    return directory / "results/own"


def test_own_tracks_need_a_genome_and_an_annotation_alone(own: Path) -> None:
    genes, order = gene_table.read(own / "reference/genes.parquet")
    assert len(genes) == 6600  # as the annotation counts its protein-coding genes
    assert (genes["protein_id"] == "").all() and not (own / "reference/proteins.fa").stat().st_size
    strands = pd.read_parquet(own / "tracks/netseq/strands/WT.parquet").iloc[0]
    assert (strands["sense"], strands["antisense"]) == (
        722_180,
        275_607,
    )  # as of chromosomes that were called I, II, ...
    features = polymerase.read(own / "tracks/netseq/polymerase.parquet", order)
    assert features["measured"].sum() == pytest.approx(5000, abs=100)
    assert {path.name for path in (own / "report").iterdir()} >= {"netseq", "sources.html", "costs.html"}


def test_the_hub_of_own_tracks_holds_every_read_under_the_names_of_ucsc(own: Path) -> None:
    folder = own / "tracks/netseq/hub"
    named = re.findall(r"^bigDataUrl (.*)$", (folder / "hub.txt").read_text(), re.MULTILINE)
    sums = {}
    for name in named:
        with pyBigWig.open(str(folder / name)) as file:
            assert {chrom: file.chroms(chrom) for chrom in ("chrI", "chrXVI", "chrM")} == SACCER3
            sums[name] = file.header()["sumData"]
    assert sums == {"WT.plus.bw": 821_649, "WT.minus.bw": -883_845}
    assert "igv_session.xml" in (own / "ro-crate-metadata.json").read_text()


@pytest.fixture(scope="module")
def human(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a piece of chr22 of hg19, whose rest is unknown bases, and of variants of people in it."""
    directory = tmp_path_factory.mktemp("human")
    names = ("chr22_part.fa.gz", "ALL.chr22.*.vcf.gz", "annotations.chr22.gtf.gz", "pl.chr22.bw", "mn.chr22.bw")
    part, table, gtf, plus, minus = (next(REAL_MIRROR.rglob(name)) for name in names)
    known = gzip.decompress(part.read_bytes()).decode().partition("\n")[2].replace("\n", "").ljust(CHR22, "N")
    (directory / "chr22.fa").write_text(f">22 dna:chromosome chromosome:hg19:22:1:{CHR22}:1\n{known}\n")
    lines = gzip.decompress(table.read_bytes()).decode().splitlines(keepends=True)
    (directory / "some.vcf").write_text("".join(lines[: 20 + sum(line.startswith("#") for line in lines)]))
    # the source calls these 5' ends of nascent RNA, and names no assay
    nascent = {"protocol": "procap", "plus": [str(plus)], "minus": [str(minus)]}
    config = {
        "download": {"mirror": str(REAL_MIRROR)},
        "reference": {"assembly": "hg19", "gtf": str(gtf), "genome": "./chr22.fa"},
        "tracks": {"sets": {"starts": {"tracks": {"nascent": nascent}, "targets": {"clip": 100}}}},
        "seq2track": {
            "runs": {"short": {**SHORT["seq2track/runs"]["short"], "set": "starts"}},
            "baselines": SHORT["seq2track/baselines"],
            "starts": SHORT["seq2track/starts"],
            "variants": {"people": {"run": "short", "vcf": "./some.vcf"}},
            "attributions": {
                "starts": {"run": "short", "track": "nascent", "max_regions": 4, "method": "input_gradient"}
            },
        },
    }
    file = directory / "human.yaml"
    file.write_text(yaml.safe_dump(config))
    assert succeeded(snakemake("--cores", "1", directory=directory, configs=(file,)))
    return directory / "results/human"


def test_human_signal_runs_from_bigwigs_to_scores_starts_and_figures(human: Path) -> None:
    windows = pd.read_parquet(human / "tracks/starts/windows.parquet")
    assert windows["start"].between(16_050_000 - 4096, 22_000_000).all() and windows["fold"].nunique() == 8
    scores = metrics.read(human / "seq2track/short/metrics.parquet")
    assert {"short", "linear_composite", "counting_ceiling"} <= set(scores["model"])
    assert {"bin_pearson", "gene_log_pearson", "body_spearman", "readthrough_spearman"} <= set(scores["metric"])
    with pyBigWig.open(str(human / "seq2track/short/bigwig/nascent.plus.bw")) as file:
        assert file.header()["sumData"] > 0
    assert (human / "seq2track/short/starts.tsv").stat().st_size
    assert {path.name for path in (human / "report").rglob("*.png")} >= {"tracks.png"}


def test_variants_of_people_are_scored_where_they_stand(human: Path) -> None:
    scores = pd.read_csv(human / "seq2track/variants/people/scores.tsv.gz", sep="\t")
    assert scores["id"].notna().all() and scores["reason"].isna().mean() > 0.9
    assert scores["pos"].between(17_440_000, 17_690_000).all() and set(scores["strand"]) == {"plus", "minus"}
