"""A figure is told of the files that it was computed from, and of no others."""

from __future__ import annotations

import copy

import pytest

from tests.support.workflow import ROOT
from workflow_scripts.docs.reruns import demo
from workflow_scripts.settings.settings import Settings

COUNTS = ["human_gene_v2.5.h5", *(f"TCGA-{name}.star_counts.tsv.gz" for name in ("BRCA", "LIHC", "LUAD"))]
GENES = ["Homo_sapiens.GRCh38.pep.all.fa.gz", "Homo_sapiens.GRCh38.107.gtf.gz"]
GENOME = ["Homo_sapiens.GRCh38.dna.primary_assembly.fa.gz"]
TRACKS = [f"{assay}.{strand}.bw" for assay in ("netseq", "proseq") for strand in ("plus", "minus")]


@pytest.fixture
def settings() -> Settings:
    """The demo with a second set of tracks."""
    config = copy.deepcopy(demo()[0])
    other = {"protocol": "proseq", "plus": ["yeast.WT.plus.wig"], "minus": ["yeast.WT.minus.wig"]}
    config["tracks"]["sets"]["other"] = {"tracks": {"WT": other}}
    return Settings(config, str(ROOT / "config/datasets.tsv"))


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["reference/proteome", "reference/gtf", "reference/lengths", "prebulk"], GENES + COUNTS),
        (["reference", "tracks/sets/{set}/tracks"], GENES + GENOME + TRACKS),
    ],
    ids=["runs and quality", "tracks"],
)
def test_the_provenance_of_a_figure_is_that_of_its_own_files(
    settings: Settings, paths: list[str], names: list[str]
) -> None:
    found = settings.provenance_of(*paths)({"set": "netseq"})  # wildcards, as far as they are asked
    assert sorted(found) == sorted(f"<resources>/{name}.provenance.json" for name in names)
