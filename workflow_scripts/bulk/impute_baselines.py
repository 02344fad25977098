"""Hide measured values of validation and test samples, and score how baselines predict them."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.bulk import data, imputation
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import splits as splits_table
from workflow_scripts.contracts import standardizer as standardizer_table
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.evaluation.fitting import fit_imputers


def impute_baselines(*, expression: list[Path], splits: Path, standardizer: Path, scores: Path, spec: dict) -> None:
    """Write the imputation numbers of every imputer of `evaluation/models.py`.

    They are fitted to the train split, or to so many of its samples as `bulk/data.py` allows; the
    settings of each are chosen on validation.
    """
    genes = standardizer_table.read(standardizer)
    order = order_digest(genes["gene_id"])
    table = splits_table.read(splits)
    cohort = imputation.Cohort(expression, order, table, genes["mean"].to_numpy(np.float32), spec)
    train = pd.Index(table.loc[table["split"] == "train", "sample_id"])
    _, references = data.references(expression, train, order, spec["seed"])
    logging.getLogger(__name__).info("fitted to %d of %d train samples", len(references), len(train))
    fitted = fit_imputers(references, cohort.mean, spec)
    candidates = {(name, setting): imputer for name, of in fitted.items() for setting, imputer in of.items()}
    metrics_table.write_replicates(imputation.score(cohort, candidates, spec), scores)


if "snakemake" in globals():
    run(impute_baselines, snakemake)  # noqa: F821
