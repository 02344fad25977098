"""Variants of an ablation are runs to the rules, and no runs to the user."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.workflow import ROOT
from workflow_scripts.bulk.inputs import of_variants
from workflow_scripts.docs.reruns import demo as demo_configuration
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.settings import Settings


def settings(ablation: dict[str, Any]) -> Settings:
    config = demo_configuration()[0]
    config["bulk"]["ablations"] = {"parts": ablation}
    return Settings(config, str(ROOT / "config/datasets.tsv"))


SEARCH = {"trials": 2, "space": {"training/patience": {"choices": [1, 2]}}}
CHANGES = {"small": {"model/transformer/layers": 1, "training/max_mask_ratio": 0.3}, "other": {"model": {"graph": {}}}}


def test_a_variant_differs_from_its_run_in_what_is_changed_and_in_its_seed() -> None:
    of = settings({"run": "small", "seeds": [3, 4], "changes": CHANGES})
    run = of.section("bulk/runs/small")
    assert of.section("bulk/runs/parts+unchanged+4") == {**run, "seed": 4}
    changed = of.section("bulk/runs/parts+small+3")
    assert changed["model"]["transformer"] == {**run["model"]["transformer"], "layers": 1}
    assert changed["training"] == {**run["training"], "max_mask_ratio": 0.3} and changed["seed"] == 3
    assert run["training"]["max_mask_ratio"] != 0.3, "the run itself stays as it is"
    assert of.section("bulk/runs/parts+other+3/model/graph/rounds") == 2, "defaults are filled in"
    assert of.names("bulk/runs") == ["small"] and of.section("bulk/runs/parts+small+5") is None


def test_an_ablation_asks_for_every_change_and_seed_and_for_the_run_as_it_is() -> None:
    of = settings({"run": "small", "seeds": [3, 4], "changes": CHANGES})
    names = [f"parts+{change}+{seed}" for change in ("unchanged", "small", "other") for seed in (3, 4)]
    asked = of_variants(of, "a", "b")(SimpleNamespace(ablation="parts"))
    assert asked == [f"<results>/bulk/{name}/{file}" for name in names for file in "ab"]
    assert set(names) <= set(of.job_names)


@pytest.mark.parametrize(
    ("ablation", "said"),
    [
        ({"run": "large"}, "bulk/ablations/parts/run: given 'large'; allowed: one of small"),
        ({"changes": {"unchanged": {"seed": 2}}}, "changes: given 'unchanged'; allowed: another name"),
        ({"changes": {"x": {"model/transformer/layers": -1}}}, "changes/x: model/transformer/layers: given -1"),
        ({"changes": {"x": {"model/graph/rounds": 1}}}, "changes/x: given a key path that leads nowhere"),
        ({"changes": {"x": {"search": SEARCH}}}, "changes/x: given a run with `search`; allowed: one without, that is"),
        ({"changes": {"x": {"nothing": 1}}}, "changes/x: top level: unknown key 'nothing'"),
        ({"changes": {"x": {"model/transformer/dim": 20}}}, "changes/x/model/transformer/dim: given 20 with 4 heads"),
        ({"changes": {"x": {"embedding": "esm2/no"}}}, "changes/x/embedding: given 'esm2/no'; allowed: one of esm2/"),
        ({"changes": {"x": {"training/max_mask_ratio": 0.01}}}, "changes/x/training/min_mask_ratio: given 0.1, above"),
        ({"changes": {"a+b": {"seed": 2}}}, "propertyNames|a\\+b"),
    ],
)
def test_what_no_run_could_be_is_refused(ablation: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        settings({"run": "small", "changes": CHANGES} | ablation)
