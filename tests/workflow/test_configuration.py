"""The checks of a configuration and of the sheet of declared files, and what of them decides the jobs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake.io import regex_from_filepattern

from tests.support.disks import read_only
from tests.support.workflow import DEMO, ROOT, snakemake
from workflow_scripts.bulk.inputs import (
    all_trials,
    cores,
    devices,
    earlier_trials,
    gene_embedding,
    nodes,
    searched,
    suggestion,
    unsearched,
)
from workflow_scripts.prebulk.inputs import shards
from workflow_scripts.settings.datasets import load_datasets
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.schema import complete
from workflow_scripts.settings.settings import Settings, any_of, memory
from workflow_scripts.settings.validation import read_yaml
from workflow_scripts.tracks.inputs import each_track, track_names


def demo() -> dict:
    return yaml.safe_load(DEMO.read_text())


def settings(config: dict, *files: Path) -> Settings:
    return Settings(config, str(ROOT / "config/datasets.tsv"), files)


def test_scientific_notation_is_a_number() -> None:
    schema = {"type": "object", "properties": {"rate": {"type": "number"}, "steps": {"type": "integer"}}}
    assert complete(yaml.safe_load("{rate: 1e-3, steps: '20'}"), schema) == {"rate": 0.001, "steps": 20}


def test_text_that_is_no_number_is_refused() -> None:
    config = demo()
    config["prebulk"]["splits"]["train"] = "1e-3x"
    with pytest.raises(BadConfiguration, match="prebulk/splits/train"):
        settings(config)


def test_a_sheet_with_a_row_twice_names_the_row(tmp_path: Path) -> None:
    header, first, *_ = (ROOT / "config/datasets.tsv").read_text().splitlines()
    sheet = tmp_path / "datasets.tsv"
    sheet.write_text("\n".join([header, first, first]) + "\n")
    with pytest.raises(BadConfiguration, match="stands twice"):
        load_datasets(sheet)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bulk": {"runs": {"small": {"training": {"learning_rate": float("inf")}}}}}, "learning_rate: given inf"),
        (
            {"prebulk": {"corpora": {"tcga": {"label": {"pattern": "("}}}}},
            "label/pattern: given '('; allowed: a regular",
        ),
        ({"bulk": {"runs": {1: {"embedding": "esm2/esm2_t6_8M_UR50D"}}}}, "bulk/runs: key 1 is not text"),
        ({"bulk": {"runs": {"a\n": {"embedding": "esm2/esm2_t6_8M_UR50D"}}}}, r"bulk/runs: key 'a\n' is not text"),
        (
            {"reference": {"genome": "gen{o}me/x.fa"}},
            "given 'gen{o}me/x.fa'; allowed: a path without { } < >, but for <results>/ or",
        ),
    ],
    ids=["infinite", "regex", "number", "newline", "braces"],
)
def test_a_fault_is_one_line_before_any_job(change: dict, says: str) -> None:
    config = merged(demo(), change)
    with pytest.raises(BadConfiguration, match=re.escape(says)) as error:
        settings(config)
    assert "\n" not in str(error.value)


SET = "tracks/sets/netseq"
STARTS = "seq2track/attributions/starts"
LIMITS = {
    "simulate/mirror/expression/transcription_factors": (161, "given 161 of 320 genes; allowed: at most half, 160"),
    "simulate/circuits/demo/genes": (321, "given 321 of 320 genes of the organism; allowed: at most 320"),
    "simulate/enhancers/demo/genes": (321, "given 321 of 320 genes of the organism; allowed: at most 320"),
    "circuit/enhancers/planted/table": (
        "<results>/simulate/enhancers/other/pairs.tsv",
        "pairs.tsv'; allowed: files of simulate/enhancers, which are demo",
    ),
    "esm2/models/esm2_t6_8M_UR50D/weights": (
        "<results>/simulate/circuits/other/wildtype.tsv",
        "wildtype.tsv'; allowed: files of simulate/circuits, which are demo",
    ),
    "simulate/weights/embed_dim": (36, "given 36 with 4 attention_heads; allowed: a multiple of 8"),
    "download/refused_licences": (
        ["mit"],
        "given 'MIT'; allowed: what no file has that is named; esm2_t6",
    ),
    "simulate": (None, "demo/wildtype.tsv'; allowed: files of simulate/circuits, which are none"),
    "download/mirror": (
        "https://ada:s3cret@host.example",
        "download/mirror: given 'https://***@host.example'; allowed: an address without credentials, which a netrc",
    ),
    "prebulk/splits/train": (0.9, "prebulk/splits: given parts that add up to 1.2; allowed: parts that add up to 1"),
    "prebulk/corpora/archs4/group/by": ("patient", "'patient' of `archs4`; allowed: one of series, field"),
    "prebulk/corpora/tcga/label": ({"by": "field", "field": "age"}, "'age' of `xena`; allowed: one of sample_id, proj"),
    "prebulk/duplicates/prefer": (["gtex"], "given 'gtex'; allowed: names of prebulk/corpora, which are archs4, tcga"),
    "esm2/models/esm2_t6_8M_UR50D/stride": (1023, "given 1023; allowed: at most its window, 1022"),
    f"{SET}/metagene": ({"body": 2001}, "metagene/body: given 2001; allowed: a multiple of its bin, 50"),
    f"{SET}/polymerase": ({"pause_end": 600}, "pause_end 600, body_start 500; allowed: a pause window that ends"),
    f"{SET}/targets/width": (4095, "given 4095; allowed: a multiple of its bin, 32"),
    f"{SET}/targets/fold_chromosomes": ([["1"], ["2"], ["1"]], "given 1, 2, 1; allowed: each chromosome once"),
    f"{SET}/targets/test_fold": (4, "validation_fold 0 and test_fold 4; allowed: two of 4 folds"),
    f"{SET}/targets/validation_fold": (1, "validation_fold 1 and test_fold 1; allowed: two of 4 folds"),
    "seq2track/runs/strands/set": ("other", "strands/set: given 'other'; allowed: one of tracks/sets: netseq"),
    "seq2track/runs/strands/test_folds": ([1, 4], "given [1, 4]; allowed: some of 4 folds, counted from 0"),
    "seq2track/runs/strands/context": (500, "context: given 500; allowed: a multiple of the bin, 32"),
    "seq2track/runs/strands/training/shift": (4096, "shift: given 4096; allowed: less than a window, 4096"),
    "seq2track/runs/strands/model": (
        {"transformer": {"resolution": 192}},
        "resolution: given 192 with bin 32, window 4096 and context 512; allowed: a multiple of the bin, of which",
    ),
    "seq2track/runs/strands": (
        {"set": "netseq", "model": {"transformer": {"dim": 36, "heads": 8}}},
        "transformer/dim: given 36 with 8 heads; allowed: a multiple of 2 x heads",
    ),
    "seq2track/runs": ({"kmer_ridge": {"set": "netseq"}}, "given 'kmer_ridge'; allowed: a name that no baseline has"),
    "seq2track/runs/variants": (
        {"set": "netseq"},
        "given 'variants'; allowed: a name that no baseline has, and no folder beside runs",
    ),
    "seq2track/variants/mine": (
        {"run": "other", "vcf": "TCGA-BRCA.star_counts.tsv.gz"},
        "seq2track/variants/mine/run: given 'other'; allowed: one of seq2track/runs: strands",
    ),
    "seq2track/variants/near": (
        {"run": "strands", "vcf": "TCGA-BRCA.star_counts.tsv.gz", "distance": 2049},
        "near/distance: given 2049; allowed: at most half a window, 2048, or null",
    ),
    "seq2track/runs/x_gene_level": (
        {"set": "netseq"},
        "given 'x_gene_level'; allowed: a name that does not end in _gene_level",
    ),
    "seq2track/regions/some": (
        {"run": "other", "bed": "TCGA-ACC.star_counts.tsv.gz"},
        "seq2track/regions/some/run: given 'other'; allowed: one of seq2track/runs: strands",
    ),
    "seq2track/evaluation/coarse": (48, "given 48 with bins of 32; allowed: a multiple of the bins of every set"),
    "seq2track/starts/flank": (48, "given 48 with bins of 32; allowed: a multiple of the bins of every set that is"),
    "seq2track/region_classes/width": (48, "given 48 with bins of 32; allowed: a multiple of the bins of every set"),
    "seq2track/starts/reach": (15, "reach: given 15 with bins of 32; allowed: half of the bins of every set that is"),
    "seq2track/starts/tolerance": (15, "given 15 with bins of 32; allowed: half of the bins of every set that is"),
    "seq2track/evaluation/pause_end": (193, "body_start: given 192, before pause_end 193; allowed: pause_end at least"),
    "seq2track/runs/attributions": ({"set": "netseq"}, "given 'attributions'; allowed: a name that no baseline has"),
    f"{STARTS}/run": ("other", "starts/run: given 'other'; allowed: one of seq2track/runs: strands"),
    f"{STARTS}/track": (
        "other",
        "starts/track: given 'other'; allowed: one of tracks/sets/netseq/tracks: netseq, proseq",
    ),
    f"{STARTS}/upstream": (2080, "upstream: given 2080 with windows of 4096 and bins of 32; allowed: a multiple of"),
    f"{STARTS}/downstream": (
        2064,
        "downstream: given 2064 with windows of 4096 and bins of 32; allowed: a multiple of",
    ),
    f"{STARTS}/width": (5122, "width: given 5122 with windows of 4096 and context 512; allowed: at most 5120"),
    f"{STARTS}/seqlets": ({"width": 300}, "seqlets/width: given 300; allowed: at most the width of a region, 128"),
    f"{STARTS}/seqlets/kmer": (8, "seqlets/kmer: given 8; allowed: at most seqlets/width, 7"),
    "bulk/runs/small/model/transformer/heads": (
        5,
        "model/transformer/dim: given 64 with 5 heads; allowed: a multiple of 2 x",
    ),
    "bulk/imputation/mask_ratios": ([0.3, 0.3000000001], "allowed: ratios that differ in six digits, by which"),
    "bulk/runs": (
        {"knn_imputer": {"embedding": "esm2/esm2_t6_8M_UR50D"}},
        "'knn_imputer'; allowed: a name that no",
    ),
    "bulk/peers": (
        {"small": {"embeddings": "TCGA-BRCA.star_counts.tsv.gz"}},
        "bulk/peers/small: given 'small'; allowed: a name that no run",
    ),
    "bulk/peers/knn_imputer": (
        {"embeddings": "TCGA-BRCA.star_counts.tsv.gz"},
        "'knn_imputer'; allowed: a name that no baseline has",
    ),
    "bulk/peers/x_base": (
        {"embeddings": "TCGA-BRCA.star_counts.tsv.gz"},
        "'x_base'; allowed: a name that does not end in _base",
    ),
    "bulk/runs/small/model": ({"transformer": {}, "other": {}}, "bulk/runs/small/model: "),
    "reference/genome": (None, "tracks: given without `reference/genome`; allowed: the genome of the tracks"),
    "reference/gtf": (None, "reference: given neither `gtf` nor `lengths`; allowed: one of them, which says how long"),
    "reference/proteome": (None, "esm2: given without `reference/proteome`; allowed: the proteome whose proteins are"),
    "reference/chromosomes": (
        {"1": "chr01", "2": ["two", "chr01"]},
        "reference/chromosomes: given 'chr01' of 1 and of 2; allowed: each spelling for one chromosome",
    ),
    "reference": (None, "prebulk: given without `reference`; allowed: a section `reference` beside it"),
    "bulk/runs/small/training/min_mask_ratio": (0.7, "given 0.7, above max_mask_ratio 0.6; allowed: at most"),
    "bulk/runs/small/training/augmentation": (
        {"thinning": [20, 1]},
        "augmentation/thinning: given [20, 1]; allowed: two depths, the lesser one first, or none",
    ),
    "bulk/runs/small/training/augmentation/thinning": ([5], "given [5]; allowed: two depths, the lesser one first"),
    "bulk/runs/small/training/objectives/squared_error": (0, "given squared_error 0 and poisson 0; allowed: one of"),
    "bulk/runs/small": (
        {
            "embedding": "esm2/esm2_t6_8M_UR50D",
            "model": {"graph": {}},
            "training": {"objectives": {"contrastive": 0.1}},
        },
        "objectives/contrastive: given 0.1 with model graph; allowed: 0, as it has no states to contrast",
    ),
    "bulk/runs/small/embedding": ("esm2/nosuch", "given 'esm2/nosuch'; allowed: one of esm2/esm2_t6_8M_UR50D"),
    "circuit/networks/planted": ({}, "planted: given no experiment; allowed: one of knockouts, knockdowns, multif"),
    "circuit/networks/planted/double_knockout_pairs": (None, "double_knockouts: given alone; allowed: double_knock"),
    "circuit/networks/planted/knockouts": (None, "given without `knockouts`; allowed: the single knock-outs, of whi"),
    "circuit/screens/programme/network": ("other", "screens/programme/network: given 'other'; allowed: one of planted"),
    "circuit/screens/programme/kind": ("knockdown", "programme/dose: given none; allowed: a dose of a knockdown or"),
    "circuit/screens/programme/dose": (0.5, "programme/dose: given 0.5 of knockout; allowed: a dose of a knockdown"),
    "circuit/screens/programme": (
        {"kind": "knockdown", "dose": 1, "up": ["a"]},
        "programme/dose: given 1 of knockdown; allowed: less than 1",
    ),
    "circuit/screens/other": (
        {"kind": "overexpression", "dose": 0.5, "up": ["a"]},
        "other/dose: given 0.5 of overexpression; allowed: more than 1",
    ),
    "circuit/screens/programme/pairs": (True, "pairs: given true with 0 genes; allowed: two genes at least, or no"),
    "circuit/screens/programme/signature": (
        "TCGA-ACC.star_counts.tsv.gz",
        "programme/signature: given beside `up` or `down`; allowed: `up`, `down` or both, or a table",
    ),
    "circuit/screens/empty": ({}, "empty/signature: given none; allowed: `up`, `down` or both, or a table in their"),
    "circuit/screens/programme/up": (
        ["ENSG00000900129"],
        "down: given ENSG00000900129, which is in `up`; allowed",
    ),
    "circuit/perturb_seq/planted/embeddings/none": (
        "esm2/esm2_t6_8M_UR50D",
        "given 'none'; allowed: a name that is none of coexpression, none",
    ),
    "circuit/perturb_seq/planted/embeddings/esm2": (
        "circuit/other",
        "embeddings/esm2: given 'circuit/other'; allowed: one of esm2/esm2_t6_8M_UR50D",
    ),
    "circuit/perturb_seq/planted/separator": (
        "o",
        "given 'o', which is in 'control'; allowed: what the name of control",
    ),
    "circuit/runs/perturb_seq": (
        {},
        "circuit/runs/perturb_seq: given 'perturb_seq'; allowed: a name that is none of its",
    ),
    "circuit/runs/baselines": ({}, "circuit/runs/baselines: given 'baselines'; allowed: a name that is none of its"),
}


def test_a_simulated_mirror_needs_its_section() -> None:
    config = demo()
    del config["simulate"], config["circuit"]
    with pytest.raises(
        BadConfiguration, match="download/mirror: given 'simulate'; allowed: a section `simulate` beside"
    ):
        settings(config)


@pytest.mark.parametrize("key", LIMITS)
def test_a_limit_that_another_key_sets_is_checked_before_any_job(key: str) -> None:
    value, says = LIMITS[key]
    config = demo()
    *path, last = key.split("/")
    section = config
    for part in path:
        section = section.setdefault(part, {})
    if value is None:
        del section[last]
    else:
        section[last] = value
    with pytest.raises(BadConfiguration, match=re.escape(says)) as error:
        settings(config)
    assert "\n" not in str(error.value)


def test_variants_are_scored_by_windows_of_two_bins_at_least() -> None:
    """With one, none lies wholly before or after an insertion."""
    whole = {"runs": {"strands": {"context": 4096}}, "evaluation": {"coarse": 4096}}
    whole["starts"] = dict.fromkeys(("flank", "reach", "tolerance"), 4096)
    whole["region_classes"] = {"width": 4096}
    config = merged(demo(), {"tracks": {"sets": {"netseq": {"targets": {"bin": 4096}}}}, "seq2track": whole})
    with pytest.raises(BadConfiguration, match="promoters/run: given 'strands' with one bin a window; allowed: a run"):
        settings(config)


RATE = {"low": 1e-4, "high": 1e-2, "log": True}
SPACES = {
    "unknown": ({"training/rate": RATE}, "search/space: given 'training/rate'; allowed: one of base/factors, base"),
    "dots": ({"training.learning_rate": RATE}, "given 'training.learning_rate'; allowed: one of base/factors"),
    "of another family": ({"model/perceiver/dim": {"choices": [8]}}, "given 'model/perceiver/dim'; allowed: one of"),
    "policy": ({"training/devices": {"choices": [1, 2]}}, "given 'training/devices'; allowed: one of base/factors"),
    "seed": ({"seed": {"choices": [1, 2]}}, "given 'seed'; allowed: one of base/factors"),
    "nothing": ({"training/patience": {}}, "space/training/patience: given none; allowed: `choices`, or `low` and"),
    "half a range": ({"training/patience": {"low": 1}}, "training/patience: given low; allowed: `choices`, or `low`"),
    "both": ({"training/patience": {"low": 1, "high": 2, "choices": [1]}}, "given choices, high, low; allowed: `cho"),
    "bound": ({"training/learning_rate": {"low": 0, "high": 1}}, "training/learning_rate: training/learning_rate: gi"),
    "high": ({"training/min_mask_ratio": {"low": 0.1, "high": 1}}, "training/min_mask_ratio: given 1.0; allowed: less"),
    "choice": ({"base/factors": {"choices": [[8], [0]]}}, "base/factors: base/factors/0: given 0; allowed: at least 1"),
    "fraction": ({"training/patience": {"low": 1.5, "high": 3}}, "training/patience: given 1.5; allowed: integer"),
    "upside down": ({"training/patience": {"low": 4, "high": 4}}, "patience/low: given 4; allowed: less than high, 4"),
    "log of 0": ({"training/weight_decay": {"low": 0, "high": 1, "log": True}}, "low: given 0.0; allowed: more than 0"),
    "log of choices": ({"training/patience": {"choices": [1], "log": True}}, "given log with choices; allowed: `log`"),
    "range of a list": ({"base/factors": {"low": 1, "high": 2}}, "given low and high; allowed: `choices`, as it is n"),
    "heads": ({"model/transformer/heads": {"choices": [4, 5]}}, "model/transformer/dim: given 64 with 5 heads; allo"),
    "range of a multiple": ({"model/transformer/dim": {"low": 16, "high": 32}}, "dim: given 17 with 4 heads; allowed"),
    "of two": (
        {"model/transformer/dim": {"choices": [24, 32]}, "model/transformer/heads": {"choices": [4, 8]}},
        "model/transformer/dim: given 24 with 8 heads; allowed: a multiple of 2 x heads",
    ),
    "thinning": (
        {"training/augmentation/thinning": {"choices": [[], [1, 0.5]]}},
        "augmentation/thinning: given [1, 0.5]; allowed: two depths, the lesser",
    ),
    "nothing to predict": (
        {"training/objectives/squared_error": {"low": 0, "high": 1}},
        "training/objectives: given squared_error 0 and poisson 0; allowed: one of them",
    ),
    "ratios": (
        {"training/max_mask_ratio": {"low": 0.05, "high": 0.5}},
        "given 0.1, above max_mask_ratio 0.05; allowed",
    ),
}


def with_search(**search: object) -> dict:
    config = demo()
    config["bulk"]["runs"]["small"]["search"] = {"trials": 4, **search}
    return config


@pytest.mark.parametrize("name", SPACES)
def test_each_value_of_a_search_is_one_that_its_run_can_have(name: str) -> None:
    space, says = SPACES[name]
    with pytest.raises(BadConfiguration, match=re.escape(says)) as error:
        settings(with_search(space=space))
    assert "\n" not in str(error.value) and "bulk/runs/small/" in str(error.value)


def test_a_grid_is_of_choices_and_all_else_of_a_number_of_trials() -> None:
    with pytest.raises(BadConfiguration, match="given low and high; allowed: `choices`, of which a grid has its poi"):
        settings(with_search(method="grid", space={"training/learning_rate": RATE}))
    for method in ("optuna", "random"):
        with pytest.raises(BadConfiguration, match=f"search/trials: given none; allowed: a number, as {method} has no"):
            settings(with_search(method=method, trials=None, space={"training/learning_rate": RATE}))


def test_values_of_a_search_are_read_as_those_of_their_setting() -> None:
    """A whole number is a float where its setting is one, and text that YAML left is a number."""
    space = {
        "training/weight_decay": {"low": 0, "high": 1},
        "training/patience": {"low": 1, "high": 3},
        "training/learning_rate": {"choices": ["1e-3", 1e-2]},
    }
    made = settings(with_search(space=space)).section("bulk/runs/small/search/space")
    assert repr([made["training/weight_decay"][end] for end in ("low", "high")]) == "[0.0, 1.0]"
    assert repr([made["training/patience"][end] for end in ("low", "high")]) == "[1, 3]"
    assert made["training/learning_rate"]["choices"] == [0.001, 0.01]


@pytest.mark.parametrize(("trials", "jobs"), [(None, 6), (4, 4), (9, 6)])
def test_a_grid_has_as_many_trials_as_points_unless_fewer_are_asked_for(trials: int | None, jobs: int) -> None:
    space = {"model/transformer/layers": {"choices": [1, 2]}, "training/patience": {"choices": [1, 2, 3]}}
    made = settings(with_search(method="grid", trials=trials, space=space))
    wildcards = SimpleNamespace(items=lambda: [("run", "small"), ("size", ".60")], run="small")
    files = [f"small.60/{number:03d}" for number in range(1, jobs + 1)]
    assert all_trials(made, "{run}{size}/{trial}")(wildcards) == files
    assert {name for name in made.job_names if name.startswith("small.")} == {
        f"small.{number:03d}" for number in range(1, jobs + 1)
    }


def test_a_run_is_searched_or_trained_and_a_variant_is_trained() -> None:
    config = with_search(space={"training/learning_rate": RATE})
    config["bulk"]["runs"]["small-2"] = {"embedding": "esm2/esm2_t6_8M_UR50D"}
    config["bulk"]["ablations"] = {"parts": {"run": "small-2", "seeds": [1], "changes": {"x": {"seed": 1}}}}
    made = settings(config)
    trained, tried = (re.compile(any_of(of(made))) for of in (unsearched, searched))
    runs = ["small", "small-2", "parts+unchanged+1", "parts+x+1"]
    assert [run for run in runs if trained.fullmatch(run)] == runs[1:]
    assert [run for run in runs if tried.fullmatch(run)] == runs[:1]
    assert not re.compile(any_of([])).fullmatch("")


@pytest.mark.parametrize(
    ("method", "trial", "before"),
    [("optuna", 1, 0), ("optuna", 4, 3), ("optuna", 6, 3), ("optuna", 7, 6), ("random", 7, 0)],
)
def test_a_trial_learns_from_the_waves_before_its_own(method: str, trial: int, before: int) -> None:
    made = settings(with_search(method=method, trials=9, at_once=3, space={"training/learning_rate": RATE}))
    given = {"run": "small", "size": "", "trial": f"{trial:03d}"}
    wildcards = SimpleNamespace(items=lambda: given.items(), **given)
    assert earlier_trials(made, "{trial}")(wildcards) == [f"{number:03d}" for number in range(1, before + 1)]
    said = json.loads(suggestion(made)(wildcards))
    assert set(said) == {"method", "seed", "space"} | ({"objective"} if before else set())


@pytest.mark.parametrize("mirror", ["https://ada:s3cret@host.example", "HTTPS://ada:s3cret@host.example", 5])
def test_credentials_of_a_mirror_are_printed_nowhere(tmp_path: Path, mirror: str) -> None:
    config = demo()
    config["download"]["mirror"] = mirror if isinstance(mirror, str) else ["https://ada:s3cret@host.example"]
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    result = snakemake("--dry-run", "--printshellcmds", "--cores", "1", directory=tmp_path, configs=(path,))
    assert result.returncode != 0
    said = result.stdout + result.stderr
    assert "download/mirror: given" in said and "***@host.example" in said
    assert "s3cret" not in said and "ada:" not in said


def merged(base: dict, change: dict) -> dict:
    """`change` laid over `base`, as Snakemake lays one configuration file over another."""
    return {
        **base,
        **{
            key: merged(base.get(key, {}), value) if isinstance(value, dict) else value for key, value in change.items()
        },
    }


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_order_of_a_configuration_changes_nothing(path: Path) -> None:
    def turned(value: object) -> object:
        return {key: turned(value[key]) for key in reversed(value)} if isinstance(value, dict) else value

    config = yaml.safe_load(path.read_text())
    config["download"]["public_fallback"] = True  # the mirror may not be here
    one, other = (settings(each, path) for each in (config, turned(config)))
    wildcards = SimpleNamespace(items=lambda: [("set", "netseq")], set="netseq")
    for ask in (
        lambda of: shards(of, "{corpus}/{shard}"),
        lambda of: of.names("bulk/runs"),
        lambda of: each_track(of, "{track}")(wildcards),
        lambda of: track_names(of)(wildcards),
        lambda of: sorted(of.provenance()),
    ):
        assert ask(one) == ask(other)


def test_the_worlds_of_the_learning_curve_differ_in_regulation_alone() -> None:
    base = yaml.safe_load((ROOT / "config/scaling.yaml").read_text())
    worlds = {file.stem: yaml.safe_load(file.read_text()) for file in (ROOT / "config/scaling").glob("*.yaml")}
    found = {name: settings(merged(base, world)).config for name, world in {"whole": {}, **worlds}.items()}
    results = {name: config.pop("pathvars").get("results") for name, config in found.items()}
    assert results == {"whole": None, "gated": "results/scaling_gated", "linear": "results/scaling_linear"}
    drawn = {name: config["simulate"]["mirror"]["expression"] for name, config in found.items()}
    regulation = {name: of.pop("regulation") for name, of in drawn.items()}
    assert regulation["gated"] == regulation["whole"] | {"hill": 0, "pairs": 0}
    assert regulation["linear"] == regulation["gated"] | {"gated": 0, "flipped": 0}
    programmes = {name: of["programmes"].pop("number") for name, of in drawn.items()}
    cell_types = {name: of["mixture"].pop("cell_types") for name, of in drawn.items()}
    assert programmes == {"whole": 8, "gated": 0, "linear": 0} and cell_types == {"whole": 5, "gated": 0, "linear": 0}
    assert found["whole"] == found["gated"] == found["linear"]


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text("bulk:\n  runs: {}\nreport: {}\nbulk: {}\n")
    with pytest.raises(BadConfiguration, match="twice.yaml: line 4: key 'bulk' stands twice"):
        read_yaml(path)


FAULTS = {
    "tab": (b"bulk:\n\truns: {}\n", "line 2: found character '\\t' that cannot start any token; YAML takes blanks"),
    "bracket": (b"bulk: [\n", "line 2: expected the node content, but found '<stream end>'; correct it"),
    "latin": (b"bulk: \xe8\n", "cannot be read as YAML"),
    "null": (b"bulk: a\0b\n", "cannot be read as YAML"),
    "folder": (None, "cannot be read as YAML ([Errno 21] Is a directory"),
    "nosuch": (None, "cannot be read as YAML ([Errno 2] No such file"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_configuration_that_is_no_yaml_is_one_line(fault: str, tmp_path: Path) -> None:
    """As `make run` says it, before Snakemake does."""
    content, says = FAULTS[fault]
    path = tmp_path / "own.yaml"
    if content:
        path.write_bytes(content)
    elif fault == "folder":
        path.mkdir()
    command = [sys.executable, "-m", "workflow_scripts.settings.validation", path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{path}: {says}") and len(done.stderr.splitlines()) == 1


def test_a_tab_in_the_configuration_of_the_demo_is_one_line_wherever_it_is_started(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("config", "profiles", "rules", "workflow_scripts"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", copy)
    with (copy / "config/config.yaml").open("a") as handle:
        handle.write("other:\n\tkey: 1\n")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    line, tab = (
        len((copy / "config/config.yaml").read_text().splitlines()),
        "found character '\\t' that cannot start any token",
    )
    said = f"config/config.yaml: line {line}: {tab}; YAML takes blanks, no tabs"
    assert f"BadConfiguration:\n{said}" in done.stdout


def test_a_folder_in_the_place_of_the_sheet_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        BadConfiguration, match=r"^config/datasets\.tsv: cannot be read \(.*Is a directory.*\); restore"
    ):
        load_datasets(tmp_path)


@pytest.mark.parametrize(
    ("folder", "pathvars"),
    [(".", {}), ("results/config", {}), ("elsewhere", {"results": "elsewhere"})],
    ids=["directory", "results", "pathvar"],
)
def test_a_folder_that_may_not_be_written_ends_a_run_before_any_job(
    folder: str, pathvars: dict, tmp_path: Path
) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    overlay = tmp_path / "pathvars.yaml"
    overlay.write_text(yaml.safe_dump({"pathvars": pathvars}))
    with read_only(tmp_path / folder):
        done = snakemake("simulate_weights", "--cores", "1", directory=tmp_path, configs=(DEMO, overlay))
    place = (tmp_path / folder).resolve()
    assert done.returncode == 1 and "Traceback" not in done.stdout + done.stderr
    assert f"{place}: may not be written to (read-only, or another's); mend it, or give another" in done.stderr
    assert not list((tmp_path / "results").glob("*/*")) and not list((tmp_path / "elsewhere").glob("*"))


def test_a_repeated_key_stops_a_run(tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text(DEMO.read_text() + "\nreport: {}\n")
    result = snakemake("--dry-run", "--cores", "1", directory=tmp_path, configs=(path,))
    assert result.returncode != 0
    said = result.stdout.strip().splitlines()  # where a dry run says all
    assert said[0] == "BadConfiguration:" and len(said) == 2, "no lines of code"
    assert re.search(r"twice.yaml: line \d+: key 'report' stands twice", said[1])


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda text: text.replace("\tlicence\t", "\tlicense\t", 1), "config/datasets.tsv: its columns are name"),
        (lambda text: text + "a\tb\n", "holds 2 cells, the header 7"),
        (lambda text: text + 'quoted"name\t1\thttps://a.b/c\tfirst-use\t\tMIT\tno\n', "given 'quoted\"name'"),
        (lambda text: "", "its columns are none"),
    ],
    ids=["column", "cells", "quote", "empty"],
)
def test_a_damaged_sheet_names_the_sheet_and_the_row(tmp_path: Path, edit: Callable[[str], str], says: str) -> None:
    sheet = tmp_path / "elsewhere.tsv"
    sheet.write_text(edit((ROOT / "config/datasets.tsv").read_text()))
    with pytest.raises(BadConfiguration, match=re.escape(says)) as error:
        load_datasets(sheet)
    assert str(error.value).startswith("config/datasets.tsv: ")


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    sheet = tmp_path / "datasets.tsv"
    sheet.write_text((ROOT / "config/datasets.tsv").read_text(), encoding="utf-8-sig")
    assert load_datasets(sheet) == load_datasets(ROOT / "config/datasets.tsv")


def test_memory_grows_with_each_attempt() -> None:
    assert [memory(100)(None, attempt) for attempt in (1, 2, 3)] == [100, 200, 300]


def test_a_model_without_counts_is_refused() -> None:
    config = demo()
    del config["prebulk"]
    with pytest.raises(BadConfiguration, match="configuration: prebulk/corpora: given none; allowed: .* `bulk` needs"):
        settings(config)
    del config["bulk"]
    settings(config)


def test_an_annotation_is_reference_enough_for_tracks_and_counts() -> None:
    config = demo()
    del config["esm2"], config["bulk"], config["reference"]["proteome"], config["circuit"]["perturb_seq"]
    settings(config)
    del config["tracks"], config["reference"]["genome"]
    with pytest.raises(BadConfiguration, match="reference/chromosomes: given without `genome`; allowed: the genome w"):
        settings(merged(config, {"reference": {"chromosomes": {"1": "chr01"}}}))
    del config["reference"]["gtf"]
    with pytest.raises(
        BadConfiguration, match="reference: given neither `gtf` nor `proteome`; allowed: one of them, w"
    ):
        settings(config)


def of_readme(heading: str) -> list[str]:
    """The blocks of YAML below a heading of the README."""
    text = (ROOT / "README.md").read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


def test_the_configuration_of_own_counts_in_the_readme_is_one(tmp_path: Path) -> None:
    own, one_file_a_sample = of_readme("Counts of your own in five minutes")
    file = tmp_path / "mine.yaml"
    file.write_text(own)
    for name in ("counts.tsv.gz", "samples.tsv"):
        (tmp_path / name).touch()
    made = settings(yaml.safe_load(own), file)
    assert len(made.provenance()) == 6
    assert made.section("prebulk/corpora/mine/group") == {"by": "sheet", "pattern": ""}
    (tmp_path / "quant.sf").touch()
    (tmp_path / "samples.tsv").write_text("sample\tfile\na\tquant.sf\n")
    config = yaml.safe_load(own)
    config["prebulk"]["corpora"] = yaml.safe_load(one_file_a_sample)
    file.write_text(yaml.safe_dump(config))
    assert settings(config, file).section("prebulk/corpora/mine/counts") == [os.path.relpath(tmp_path / "quant.sf")]


def test_the_configuration_of_a_search_in_the_readme_is_one() -> None:
    (search,) = of_readme("Search the settings of a run")
    made = settings(merged(demo(), yaml.safe_load(search)))
    space = made.section("bulk/runs/tuned/search/space")
    assert space["training/learning_rate"] == RATE


def test_the_configuration_of_own_tracks_in_the_readme_is_one(tmp_path: Path) -> None:
    own, aliases = of_readme("bigWigs of your own in five minutes")
    file = tmp_path / "own.yaml"
    file.write_text(own)
    for name in re.findall(r"\./([\w.]+)", own + aliases):
        (tmp_path / name).touch()
    config = merged(yaml.safe_load(own), yaml.safe_load(aliases))
    more = tmp_path / "aliases.yaml"
    more.write_text(aliases)
    made = settings(config, file, more)
    assert len(made.provenance()) == 5 and made.section("tracks/sets/mine/hub/chromosome_names") == "ucsc"


def test_a_run_takes_the_embedding_of_any_stage_that_offers_one() -> None:
    made = settings(demo())
    assert made.offered("gene embedding") == ["esm2/esm2_t6_8M_UR50D"]
    wildcards = SimpleNamespace(run="small")
    assert gene_embedding(made)(wildcards) == ["<results>/esm2/esm2_t6_8M_UR50D.h5ad"]


def test_the_name_of_every_shard_is_one_that_the_rules_know() -> None:
    config = demo()
    config["prebulk"]["corpora"] = {"one": config["prebulk"]["corpora"]["archs4"]}
    config["prebulk"]["corpora"]["one"] |= {"counts": ["<results>/1.h5", "<results>/2.h5"], "shards_per_file": 9999}
    names = shards(settings(config), "{shard}")
    constraint = re.search(r'\n    shard=r"(.*?)",', (ROOT / "rules/prebulk.smk").read_text())[1]
    known = re.compile(regex_from_filepattern(f"{{shard,{constraint}}}"))  # not every regex survives the braces
    assert len(names) == len(set(names)) == 19998
    assert (names[0], names[-1]) == ("0000", "19997")
    assert [name for name in names if not known.match(name)] == []


@pytest.mark.parametrize(
    ("training", "asked"),
    [({}, (2, 1, 1)), ({"devices": 4}, (8, 4, 1)), ({"devices": 4, "nodes": 3}, (2, 12, 3))],
    ids=["one", "devices", "nodes"],
)
def test_a_training_asks_for_what_it_trains_on(training: dict, asked: tuple[int, int, int]) -> None:
    """Threads of a node (of a device, where SLURM counts these), devices in all, nodes."""
    config = demo()
    config["bulk"]["runs"]["small"]["training"] |= training
    of, wildcards = settings(config), SimpleNamespace(run="small")
    assert tuple(ask(wildcards) for ask in (cores(of, each=2), devices(of), nodes(of))) == asked
