"""The mirror: complete, described by its manifest, and the same for one seed."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest
import yaml

from tests.simulate.organisms import Organism, filled, simulate
from workflow_scripts.simulate.simulate_mirror import simulate_mirror

CONFIG = Path(__file__).resolve().parents[2] / "config/config.yaml"


def files(organism: Organism) -> dict[str, bytes]:
    folders = {"mirror": organism.mirror, "truth": organism.truth}
    return {
        f"{name}/{path.relative_to(folder)}": path.read_bytes()
        for name, folder in folders.items()
        for path in folder.rglob("*")
        if path.is_file()
    }


def manifest(organism: Organism) -> list[dict[str, str]]:
    with (organism.mirror / "MANIFEST.tsv").open(newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def test_the_same_seed_gives_the_same_bytes(organism: Organism, tmp_path: Path) -> None:
    again = files(simulate(tmp_path))
    assert [name for name, data in files(organism).items() if again.pop(name) != data] == []
    assert again == {}


def test_another_seed_gives_another_organism(organism: Organism, tmp_path: Path) -> None:
    other = files(simulate(tmp_path, seed=2))
    same = [name for name, data in files(organism).items() if other[name] == data]
    assert same == ["mirror/dl.fbaipublicfiles.com/fair-esm/models/esm2_t6_8M_UR50D.pt"]


def test_a_change_of_one_part_leaves_the_others_as_they_are(organism: Organism, tmp_path: Path) -> None:
    other = files(simulate(tmp_path, tracks={"reads_per_gene": 50}))
    changed = {Path(name).name for name, data in files(organism).items() if other[name] != data}
    tracks = {f"{assay}.{strand}.bw" for assay in ("netseq", "proseq") for strand in ("plus", "minus")}
    assert changed == tracks | {f"{name}.tsv{seal}" for name in ("MANIFEST", "pausing") for seal in ("", ".sha256")}


def test_the_manifest_lists_every_file_with_its_checksum_at_the_place_of_its_address(organism: Organism) -> None:
    rows = manifest(organism)
    assert list(rows[0]) == ["dataset", "url", "sha256", "bytes", "licence", "what", "facts"]
    listed = set()
    for row in rows:
        place = row["url"].removeprefix("https://")
        data = (organism.mirror / place).read_bytes()
        assert (row["sha256"], int(row["bytes"])) == (hashlib.sha256(data).hexdigest(), len(data))
        assert row["what"].startswith("SIMULATED")
        assert row["dataset"] == Path(place).name
        listed.add(place)
    there = {str(path.relative_to(organism.mirror)) for path in organism.mirror.rglob("*") if path.is_file()}
    assert listed == there - {"MANIFEST.tsv", "MANIFEST.tsv.sha256"}


def test_the_mirror_holds_every_file_that_the_demo_names(organism: Organism) -> None:
    config = yaml.safe_load(CONFIG.read_text())
    named = {config["reference"][key] for key in ("proteome", "gtf", "genome")}
    named |= {name for corpus in config["prebulk"]["corpora"].values() for name in corpus["counts"]}
    named |= {model["weights"] for model in config["esm2"]["models"].values()}
    for tracks in config["tracks"]["sets"].values():
        named |= {name for track in tracks["tracks"].values() for name in track["plus"] + track["minus"]}
    assert named <= {row["dataset"] for row in manifest(organism)}


def test_a_failure_leaves_neither_mirror_nor_truth(tmp_path: Path) -> None:
    mirror, truth = tmp_path / "mirror", tmp_path / "truth"
    with pytest.raises(FileNotFoundError):
        simulate_mirror(weights=tmp_path / "absent.pt", mirror=mirror, truth=truth, spec=filled())
    assert not list(tmp_path.iterdir())


def test_a_mirror_that_stands_there_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror/left.over").touch()
    organism = simulate(tmp_path)
    assert not (organism.mirror / "left.over").exists()


@pytest.mark.parametrize(
    ("genome", "expression"),
    [
        ({"chromosomes": 22, "genes": 40}, {"transcription_factors": 3, "tissues": 6, "samples_per_tissue": 4}),
        ({"chromosomes": 1, "genes": 41}, {"transcription_factors": 20, "tissues": 12, "samples_per_cohort": 4}),
    ],
)
def test_the_smallest_organisms_are_made_too(tmp_path: Path, genome: dict, expression: dict) -> None:
    organism = simulate(tmp_path, genome=genome, expression=expression)
    assert len({row["chrom"] for row in organism.table("genes")}) == genome["chromosomes"]
    assert len(organism.table("motifs")) == expression["transcription_factors"]
    labels = {row["label"] for row in organism.table("samples") if row["corpus"] == "archs4"}
    assert len(labels) == expression["tissues"]
