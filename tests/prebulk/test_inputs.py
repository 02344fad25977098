"""Which file of counts, and which list of searched samples, a job of one shard is given."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import yaml

from tests.support.workflow import DEMO, ROOT
from workflow_scripts.prebulk.inputs import counts_file, found_samples, searched_file, shards
from workflow_scripts.settings.settings import Settings

FILES = ["TCGA-BRCA.star_counts.tsv.gz", "TCGA-LIHC.star_counts.tsv.gz", "TCGA-LUAD.star_counts.tsv.gz"]
SEARCHED = ["human_gene_v2.5.h5", "<results>/further.h5"]


@pytest.fixture
def settings() -> Settings:
    """Three files of two shards each, and two files of three."""
    config = yaml.safe_load(DEMO.read_text())
    config["prebulk"]["corpora"]["tcga"] |= {"counts": FILES, "shards_per_file": 2}
    config["prebulk"]["corpora"]["archs4"] |= {"counts": SEARCHED, "shards_per_file": 3}
    return Settings(config, str(ROOT / "config/datasets.tsv"))


def test_each_shard_is_of_the_file_that_holds_it(settings: Settings) -> None:
    given = {}
    for name in shards(settings, "{corpus} {shard}"):
        corpus, shard = name.split()
        (file,) = counts_file(settings, settings.file)(SimpleNamespace(corpus=corpus, shard=shard))
        given.setdefault(corpus, []).append(file.rpartition("/")[2])
    assert given == {
        "archs4": ["human_gene_v2.5.h5"] * 3 + ["further.h5"] * 3,
        "tcga": [file for file in FILES for _ in range(2)],
    }


def test_each_shard_has_the_samples_that_were_found_in_its_own_file(settings: Settings) -> None:
    found = found_samples(settings, "{corpus}/{number}")
    lists = [found(SimpleNamespace(corpus="archs4", shard=f"{shard:04d}")) for shard in range(6)]
    assert lists == [["archs4/0000"]] * 3 + [["archs4/0001"]] * 3
    assert found(SimpleNamespace(corpus="tcga", shard="0000")) == []  # all samples: it has no search
    for number, file in enumerate(SEARCHED):
        (searched,) = searched_file(settings, settings.file)(SimpleNamespace(corpus="archs4", number=f"{number:04d}"))
        assert searched.endswith(file)
