"""Hide measured values of validation and test samples, and score how a model and baselines predict them."""

from pathlib import Path

from workflow_scripts.rule import run as run_door


def score_imputation(
    *,
    expression: list[Path],
    splits: Path,
    standardizer: Path,
    model: Path,
    metrics: Path,
    spec: dict,
    run: str,
    threads: int,
) -> None:
    """Write the imputation rows of Metrics of one run and its baselines, one dataset a mask ratio.

    All see the same hidden values, drawn by sample from `spec["seed"]`. Baselines are fitted to the
    train split; neighbours and components are chosen on validation; test is read once, after that.
    """
    import logging
    from functools import partial

    import numpy as np
    import torch

    from workflow_scripts.bulk import bundle, imputation
    from workflow_scripts.bulk.inference import impute
    from workflow_scripts.contracts import metrics as metrics_table
    from workflow_scripts.contracts import splits as splits_table
    from workflow_scripts.contracts import standardizer as standardizer_table
    from workflow_scripts.training.scores import metrics_of

    torch.set_num_threads(threads)
    network, order = bundle.read(model)
    mean = standardizer_table.read(standardizer, order)["mean"].to_numpy(np.float32)
    cohort = imputation.Cohort(expression, order, splits_table.read(splits), mean)
    candidates = {(run, ""): partial(impute, network), **imputation.baselines(cohort, spec)}

    of_validation = imputation.score(cohort, "validation", dict.fromkeys(spec["mask_ratios"], candidates), spec["seed"])
    chosen = {ratio: imputation.choose(scored) for ratio, scored in of_validation.items()}
    logging.getLogger(__name__).info("chosen on validation, by mask ratio: %s", chosen)
    only = {ratio: {key: candidates[key] for key in keys} for ratio, keys in chosen.items()}
    of_test = imputation.score(cohort, "test", only, spec["seed"])

    rows = []
    for split, scored in (("validation", of_validation), ("test", of_test)):
        for ratio, keys in chosen.items():
            for name, setting in keys:
                sums = scored[ratio][name, setting]
                rows += sums.rows(spec, model=name, dataset=f"mask_{ratio:g}", split=split)
    metrics_table.write(metrics_of(rows), metrics)


if "snakemake" in globals():
    run_door(score_imputation, snakemake)  # noqa: F821
