"""Real data: wild-type yeast NET-seq (wig) and human nascent transcription of chr22 (bigWig, minus negative)."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from tests.support.real_data import REAL_MIRROR, needs_real_data
from tests.tracks import toy
from workflow_scripts.contracts import polymerase as contract
from workflow_scripts.contracts import track_store
from workflow_scripts.contracts.genome import read_index
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.reference.index_genome import index_genome
from workflow_scripts.reference.place_genes import place_genes
from workflow_scripts.tracks.check_strands import check_strands
from workflow_scripts.tracks.convert_track import convert_track
from workflow_scripts.tracks.make_targets import make_targets
from workflow_scripts.tracks.measure_polymerase import measure_polymerase
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig

pytestmark = needs_real_data


def mirror(name: str) -> Path:
    """The one file of the mirror with this name."""
    (found,) = REAL_MIRROR.rglob(name)
    return found


def protein_coding_genes(gtf: Path, path: Path) -> Path:
    rows = {}
    with gzip.open(gtf, "rt") as lines:
        for line in lines:
            fields = line.split("\t")
            if len(fields) > 8 and fields[2] == "gene" and re.search('gene_(bio)?type "protein_coding"', fields[8]):
                gene = re.search('gene_id "([^".]+)', fields[8]).group(1)
                rows.setdefault(gene, (gene, fields[0], int(fields[3]) - 1, int(fields[4]), fields[6]))
    toy.write_genes(path, list(rows.values()))
    bodies = path.with_name("bodies.parquet")
    place_genes(genes=path, chromosomes=path.with_name("chromosomes.parquet"), bodies=bodies)
    return bodies


def converted(folder: Path, files: tuple[str, str], **of_track: str) -> Path:
    """Convert the plus and minus file into `folder`, which holds the index of the genome."""
    convert_track(
        plus_files=[mirror(files[0])],
        minus_files=[mirror(files[1])],
        chromosomes=folder / "chromosomes.parquet",
        plus=folder / "a.plus.bw",
        minus=folder / "a.minus.bw",
        spec=toy.specs(**of_track)["track"],
    )
    return folder


@pytest.fixture(scope="module")
def yeast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("yeast")
    fasta = mirror("Saccharomyces_cerevisiae.R64-1-1.dna.toplevel.fa.gz")
    index_genome(fasta=fasta, genome=folder / "genome.fa", index=folder / "genome.fa.fai")
    toy.write_chromosomes(folder / "chromosomes.parquet", read_index(folder / "genome.fa.fai"))
    protein_coding_genes(mirror("Saccharomyces_cerevisiae.R64-1-1.96.gtf.gz"), folder / "genes.parquet")
    return converted(folder, ("WT.plus.wig", "WT.minus.wig"))


@pytest.fixture(scope="module")
def human(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """hg19 chr22, called 22 in the index and chr22 in the files."""
    folder = tmp_path_factory.mktemp("human")
    toy.write_chromosomes(folder / "chromosomes.parquet", {"22": 51_304_566})
    protein_coding_genes(mirror("annotations.chr22.gtf.gz"), folder / "genes.parquet")
    return converted(folder, ("pl.chr22.bw", "mn.chr22.bw"), protocol="procap")


def total(path: Path) -> float:
    track = SealedBigWig(path)
    return sum(float(track.values(name, 0, length).sum(dtype=float)) for name, length in track.lengths.items())


def check(folder: Path, plus: str, minus: str, protocol: str, min_ratio: float | None = None) -> pd.Series:
    check_strands(
        bodies=folder / "bodies.parquet",
        plus=folder / plus,
        minus=folder / minus,
        strands=folder / "strands.parquet",
        track="a",
        protocol=protocol,
        spec=toy.specs()["strands"] if min_ratio is None else {"min_ratio": min_ratio},
    )
    return pd.read_parquet(folder / "strands.parquet").iloc[0]


def test_every_read_of_the_yeast_wig_is_kept(yeast: Path) -> None:
    assert (total(yeast / "a.plus.bw"), total(yeast / "a.minus.bw")) == (821_649, 883_845)


def test_every_read_of_the_human_bigwig_is_kept_and_positive(human: Path) -> None:
    assert (total(human / "a.plus.bw"), total(human / "a.minus.bw")) == (362_895, 353_607)


def test_yeast_strands_are_right_and_stop_the_run_when_exchanged(yeast: Path) -> None:
    row = check(yeast, "a.plus.bw", "a.minus.bw", "netseq")
    assert (row["genes"], row["sense"], row["antisense"]) == (6572, 722_180, 275_607)
    with pytest.raises(BadInput, match="the strands look flipped .*275607 sense, 722180 antisense"):
        check(yeast, "a.minus.bw", "a.plus.bw", "netseq")


def test_human_strands_are_right_and_stop_the_run_when_exchanged(human: Path) -> None:
    assert check(human, "a.plus.bw", "a.minus.bw", "procap")["ratio"] > 10
    with pytest.raises(BadInput, match="the strands look flipped"):
        check(human, "a.minus.bw", "a.plus.bw", "procap")


def displaced(folder: Path, to: Path, by: int) -> Path:
    """The tracks of `folder` written to `to`, moved along each chromosome, or mirrored where `by` is 0."""
    for name in ("a.plus.bw", "a.minus.bw"):
        source, file = pyBigWig.open(str(folder / name)), pyBigWig.open(str(to / name), "w")
        file.addHeader(list(source.chroms().items()))
        for chrom, length in source.chroms().items():
            first, last, value = np.array(source.intervals(chrom)).T
            start = (first + by) % length if by else length - last
            order = np.argsort(start)
            start, width = start[order].astype(int), (last - first)[order].astype(int)
            ends = np.minimum(start + width, length)
            file.addEntries([chrom] * len(start), start, ends=ends, values=value[order])
        file.close()
        seal_beside(to / name)
    (to / "bodies.parquet").write_bytes((folder / "bodies.parquet").read_bytes())
    return to


# Between hg19 and hg38 most of chr22 lies 396 kb to 480 kb elsewhere.
@pytest.mark.parametrize(
    ("organism", "protocol", "by"),
    [("yeast", "netseq", 0), ("yeast", "netseq", -5000), ("human", "procap", -396_000), ("human", "groseq", -480_000)],
)
def test_signal_stands_out_on_its_own_assembly_alone(
    organism: str, protocol: str, by: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(organism)
    row = check(folder, "a.plus.bw", "a.minus.bw", protocol)
    assert (row["excess"] - row["moved_excess"]) / row["moved_sd"] > 8
    displaced(folder, tmp_path, by)
    with pytest.raises(BadInput, match="signal does not follow the genes"):
        check(tmp_path, "a.plus.bw", "a.minus.bw", protocol, min_ratio=0)


def test_a_genome_that_ends_before_the_track_is_refused(human: Path, tmp_path: Path) -> None:
    toy.write_chromosomes(tmp_path / "chromosomes.parquet", {"22": 22_000_000})
    with pytest.raises(BadInput, match="pl.chr22.bw: chromosome 'chr22': has 51304566 bp, the genome's '22' 22000000"):
        converted(tmp_path, ("pl.chr22.bw", "mn.chr22.bw"))


def test_yeast_targets_hold_every_read_of_the_nucleus(yeast: Path) -> None:
    spec = toy.specs()["targets"]
    toy.write_strands(yeast / "assay.parquet")
    make_targets(
        genome=yeast / "genome.fa",
        index=yeast / "genome.fa.fai",
        chromosomes=yeast / "chromosomes.parquet",
        plus=[yeast / "a.plus.bw"],
        minus=[yeast / "a.minus.bw"],
        strands=[yeast / "assay.parquet"],
        genes=None,
        regions=[],
        windows=yeast / "windows.parquet",
        targets=yeast / "targets.h5",
        names=["a"],
        set="yeast",
        spec=spec,
    )
    windows = track_store.read_windows(yeast / "windows.parquet")
    store = track_store.read_targets(yeast / "targets.h5", windows)
    for side, strand in enumerate(("plus", "minus")):
        track = SealedBigWig(yeast / f"a.{strand}.bw")
        kept = [track.values(name, 0, length).sum() for name, length in track.lengths.items() if name != "Mito"]
        # Windows without a whole known bin, at the ends of chromosomes, are not in the store.
        lost = sum(kept) - store.targets[:, side].sum(dtype=float)
        assert 0 <= lost < 10
    assert (windows.groupby("chrom")["fold"].nunique() == 1).all()
    assert windows.groupby("fold").size().between(300, 400).all()
    assert (yeast / "targets.h5").stat().st_size < 5_000_000


def test_yeast_indices_have_intervals_around_them(yeast: Path) -> None:
    toy.write_strands(yeast / "assay.parquet")
    spec = {**toy.specs()["polymerase"], "body_start": 250, "min_body_length": 250}
    measure_polymerase(
        bodies=yeast / "bodies.parquet",
        plus=[yeast / "a.plus.bw"],
        minus=[yeast / "a.minus.bw"],
        strands=[yeast / "assay.parquet"],
        polymerase=yeast / "polymerase.parquet",
        names=["a"],
        values=["counts"],
        spec=spec,
    )
    found = contract.read(yeast / "polymerase.parquet")
    index = found["pausing_index"].dropna()
    assert 1 < index.median() < 4
    assert len(index) > 4500
    inside = found.loc[index.index]
    assert ((inside["ci_low"] <= index) & (index <= inside["ci_high"])).all()
    assert np.isfinite(inside["ci_high"]).all()
