"""What labels of train samples tell of their latent factors, and what that is worth on validation samples."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

import pandas as pd
import torch

from workflow_scripts.bulk import bundle, conditioning, data, stack
from workflow_scripts.bulk.fitting import hold_out
from workflow_scripts.contracts import conditions as conditions_contract
from workflow_scripts.contracts import splits as splits_table


def fit_conditions(
    *, expression: list[Path], splits: Path, model: Path, conditions: Path, run: str, threads: int
) -> None:
    """Write the Conditions of one run: fitted to its train samples, measured on validation samples.

    The factors of train samples are those that have not seen them, as in the run's embedding.
    """
    torch.set_num_threads(threads)
    family, trained, order, seed = bundle.read(model)
    table = splits_table.read(splits)
    labels, folds = table.set_index("sample_id")["label"], data.folds_of(table, seed)
    of = {name: pd.Index(table.loc[table["split"] == name, "sample_id"]) for name in ("train", "validation")}
    names, values = data.references(expression, of["train"], order, seed)
    fold = folds[names].to_numpy()
    hold_out(trained.base, values, fold, seed)
    found = stack.coordinates(trained.base, values, fold)
    fitted = conditioning.fit_conditions(trained.base, found, labels[names].to_numpy(str), run)
    names, values = data.references(expression, of["validation"], order, seed, data.MOST_CHOSEN_BY)
    fitted = conditioning.measure(family, trained, fitted, values, labels[names].to_numpy(str), seed)
    conditions_contract.write(fitted, conditions)


if "snakemake" in globals():
    run_door(fit_conditions, snakemake)  # noqa: F821
