"""A learning curve runs what it needs at each of its sizes, and nothing that is done at the others."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.support.dry_runs import dry_runs
from tests.support.workflow import DEMO, RESULTS, ROOT, snakemake, succeeded
from workflow_scripts.docs.rules import rules
from workflow_scripts.settings.settings import Settings
from workflow_scripts.settings.validation import read_yaml

FITTED = ("take_train_samples", "fit_standardizer", "train_bulk", "embed_samples", "score_imputation")
FITTED += ("impute_baselines", "classify_samples", "classify_baselines", "score_embedding", "score_representations")
FITTED += ("collect_metrics",)
LAST = ("summarize_costs", "summarize_results", "write_crate")


@pytest.fixture
def config(tmp_path: Path):
    """The demo's configuration, under its own name, with a curve of these sizes."""

    def write(*sizes: int, seed: int = 1) -> Path:
        path = tmp_path / "_".join(map(str, ("seed", seed, *sizes))) / "config.yaml"
        path.parent.mkdir()
        demo = yaml.safe_load(DEMO.read_text())
        demo["bulk"]["learning_curve"] = {"train_samples": [*sizes], "seed": seed}
        path.write_text(yaml.safe_dump(demo))
        return path

    return write


def test_a_curve_adds_its_own_jobs_to_a_finished_run_and_draws_itself(demo: Path, config) -> None:
    added, without = dry_runs((demo, config(120, 60), "all"), (demo, config(seed=2), "all"))
    assert added == dict.fromkeys(FITTED, 2) | dict.fromkeys(("plot_learning_curve", *LAST), 1)
    assert without == {}


def test_what_is_made_of_fewer_samples_reads_nothing_that_was_fitted_to_others() -> None:
    """Else a model of 60 samples would be standardized, or held against baselines, by all of them."""
    found = set()
    for rule in rules():
        read, written = (
            [str(node.value) for node in ast.walk(rule.call(part)) if isinstance(node, ast.Constant)]
            for part in ("input", "output")
        )
        fitted = [text for text in read if re.match("<results>/(bulk/|prebulk/splits|prebulk/standardizer)", text)]
        if any("{size}" in text for text in written):
            found.add(rule.name)
            assert fitted and all("{size}" in text for text in fitted), rule.name
    searched = {"suggest_trial", "train_trial", "take_trial"}
    assert found == {*FITTED} - {"take_train_samples"} | searched


def test_costs_count_the_jobs_of_every_size(config) -> None:
    """By the names of what they leave, as `train_bulk.small.60` and `impute_baselines.60`."""
    named = [
        Settings(read_yaml(config(*sizes)), str(ROOT / "config/datasets.tsv")).job_names for sizes in ((60, 120), ())
    ]
    assert set(named[0]) - set(named[1]) == {"60", "120", "small.60", "small.120"}


def test_a_size_is_fitted_once_whatever_sizes_stand_beside_it(demo: Path, config, tmp_path: Path) -> None:
    copy = tmp_path / "demo"
    shutil.copytree(demo, copy, symlinks=True)
    first, second, other = config(60), config(60, 120), config(60, seed=2)
    made = f"{RESULTS}/prebulk/standardizer.60.parquet"
    assert succeeded(snakemake(made, "--cores", "1", directory=copy, configs=(first,)))
    taken = {"take_train_samples", "fit_standardizer"}
    again, more, drawn_anew = dry_runs((copy, first, "bulk"), (copy, second, "bulk"), (copy, other, "bulk"))
    assert again == {rule: 1 for rule in FITTED if rule not in taken} | {"bulk": 1}
    assert more == {rule: 1 if rule in taken else 2 for rule in FITTED} | {"bulk": 1}
    assert drawn_anew == dict.fromkeys(FITTED, 1) | {"bulk": 1}
