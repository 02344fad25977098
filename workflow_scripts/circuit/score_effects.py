"""How well each model and rule predicts perturbed cells: intervals over perturbations, and the spread over seeds."""

from workflow_scripts.rule import run

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.circuit.cells import JOIN
from workflow_scripts.circuit.effect_rules import RULES
from workflow_scripts.circuit.effect_tasks import Known, Task, changes, held_out, rows_of_tasks
from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import effects as effects_table
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import predicted_effects
from workflow_scripts.evaluation import cell_models
from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.evaluation.effects import Truth, score_seeds
from workflow_scripts.evaluation.effects import score_effects as score
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load


def score_effects(
    *, effects: Path, predicted: list[Path], metrics: Path, comparisons: Path, spec: dict, dataset: str
) -> None:
    """Write Metrics of models, and of rules by their folds, and Comparisons.

    Own models are compared with all others, and all others with the rule that own ones stand upon.
    """
    data = effects_table.read(effects)
    known, halves = changes(data)
    told = [predicted_effects.read(path, str(data.uns["gene_order"])) for path in predicted]
    rows: list[dict[str, Any]] = []
    seeds: list[dict[str, Any]] = []
    unknown: list[dict[str, Any]] = []
    for name, of_task in rows_of_tasks(known).items():
        task = Task(name, of_task, _folds(told, predicted, known.take(of_task), name))
        found, of_seeds = ruled(known, task), defaultdict(list)
        truth = _truth(known, halves, task, found["train_mean"], list(data.var_names))
        for path, table in zip(predicted, told, strict=True):
            for model, seed, changed in _models(table, known, task, path):
                if seed:
                    of_seeds[model].append(changed)
                else:
                    found[model] = changed
            unknown += _unknown(table, task.name, dataset)
        rows += score(truth, found, task.name, spec, dataset)
        seeds += score_seeds(truth, of_seeds, task.name, dataset)
    _write(rows, seeds, unknown, metrics, comparisons)


def ruled(known: Known, task: Task) -> dict[str, np.ndarray]:
    """Changes (T, G) of one task by each rule, out of fold, in the precision of files."""
    found = {}
    for name, rule in RULES.items():
        if task.name in rule.tasks:
            found[name] = np.empty((len(task.rows), known.change.shape[1]))
            for _, rows, others, asked in held_out(known, task):
                found[name][rows] = load(rule.function)(others, asked).astype(np.float32)
    return found


def _truth(known: Known, halves: np.ndarray, task: Task, mean: np.ndarray, genes: list[str]) -> Truth:
    of = known.take(task.rows)
    perturbed = np.array([[gene in targets for gene in genes] for targets in of.targets])
    name = np.array([JOIN.join(targets) for targets in of.targets])
    return Truth(of.change, halves[:, task.rows], mean, perturbed, of.context, name)


def _folds(told: list[anndata.AnnData], paths: list[Path], of: Known, task: str) -> np.ndarray:
    """The fold (T,) of each perturbation of a task, by which all files of PredictedEffects were made."""
    folds = []
    for path, table in zip(paths, told, strict=True):
        once = table.obs[(table.obs["task"] == task) & (table.obs["model"] == table.obs["model"].iloc[0])]
        once = once[once["seed"] == 0]
        folds.append(once["fold"].to_numpy()[_places(once, of, path, task)])
        if (folds[-1] != folds[0]).any():
            raise BadInput(path, f"task {task!r}", f"has other folds than {paths[0]}", "Run their rules again.")
    return folds[0]


def _models(table: anndata.AnnData, known: Known, task: Task, path: Path) -> Iterator[tuple[str, int, np.ndarray]]:
    """(model, seed, changes (T, G) in the order of the task) of what a file of PredictedEffects holds of it."""
    of_task = table.obs["task"] == task.name
    for (model, seed), rows in table.obs[of_task].groupby(["model", "seed"], observed=True):
        places = table.obs_names.get_indexer(rows.index)[_places(rows, known.take(task.rows), path, task.name)]
        yield model, seed, np.asarray(table.X[places], float)


def _places(rows: pd.DataFrame, of: Known, path: Path, task: str) -> np.ndarray:
    """Where among these rows (perturbation, context) each perturbation of a task (T,) is."""
    keys = pd.MultiIndex.from_frame(rows[["perturbation", "context"]].astype(str))
    found = keys.get_indexer(pd.MultiIndex.from_arrays([[JOIN.join(genes) for genes in of.targets], of.context]))
    if (found < 0).any() or len(found) != len(keys):
        raise BadInput(path, f"task {task!r}", "is not of the perturbations of the effects", "Run its rule again.")
    return found


def _unknown(table: anndata.AnnData, task: str, dataset: str) -> list[dict[str, Any]]:
    """Rows of Metrics: of how many perturbed genes there is no vector, counted in each perturbation."""
    rows = []
    of_task = table.obs[(table.obs["task"] == task) & (table.obs["seed"] == 0)]
    for model, found in of_task.groupby("model", observed=True):
        once = found.drop_duplicates("perturbation")
        number = {"value": float(once["unknown"].sum()), "ci_low": np.nan, "ci_high": np.nan, "n": len(once)}
        about = {"model": model, "dataset": dataset, "split": "test", "task": task, "level": "pooled"}
        rows.append({**about, "metric": "unknown_genes", **number})
    return rows


def _write(rows: list[dict], seeds: list[dict], unknown: list[dict], metrics: Path, comparisons: Path) -> None:
    table = pd.DataFrame(rows, columns=list(metrics_table.REPLICATES.columns))
    columns = list(metrics_table.SCHEMA.columns)
    parts = [table[columns], pd.DataFrame(seeds)[columns], pd.DataFrame(unknown)[columns]]
    types = {"value": float, "ci_low": float, "ci_high": float, "n": "int64"}
    order = ["task", "dataset", "split", "level", "metric", "model"]
    metrics_table.write(pd.concat([part.astype(types) for part in parts]).sort_values(order), metrics)
    own = table["model"].map(cell_models.is_own)
    rule = table["model"] == table["task"].map(cell_models.RULES)
    found = pd.concat([compare(table[own], table, metrics), compare(table[~own], table[rule], metrics)])
    comparisons_table.write(found[found["model"] != found["baseline"]], comparisons)


if "snakemake" in globals():
    run(score_effects, snakemake)  # noqa: F821
