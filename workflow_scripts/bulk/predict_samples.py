"""A trained run applied to new samples: embedding, imputed expression, class, and how far off they lie."""

from workflow_scripts.rule import run

import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from workflow_scripts.bulk import bundle
from workflow_scripts.bulk.use import apply
from workflow_scripts.contracts import exported_model, imputed, predicted, sample_embedding
from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts import samples as samples_table
from workflow_scripts.contracts.samples import KEPT

SPLIT = "predicted"  # of samples that no split holds
log = logging.getLogger(__name__)


def predict_samples(
    *,
    expression: list[Path],
    samples: list[Path],
    model: Path,
    table: Path,
    embeddings: Path,
    imputation: Path,
    threads: int,
) -> None:
    """Write the Predicted, SampleEmbedding and ImputedExpression of the samples of one corpus.

    expression, samples: its ExpressionStore and Samples shards, normalized as the run's own were; model: an
    ExportedModel. All samples are held in memory together. Raises BadInput on another gene table.
    """
    torch.set_num_threads(threads)
    family, trained, order, _ = bundle.read(model)
    known = exported_model.read(model)
    fates = samples_table.read_shards(samples)
    kept = pd.Index(fates.loc[fates["fate"] == KEPT, "sample_id"])
    names, values = expression_store.load(expression, kept, order)
    found = apply(family, trained, known.probe, values)

    rows = fates[["sample_id", "fate"]].set_index("sample_id")
    rows = rows.join(found.table.assign(label=fates.set_index("sample_id")["label"][names].to_numpy()).set_index(names))
    text = {"label": "", "predicted": "", "note": ""}
    rows = rows.fillna(text).reset_index()[[*predicted.SCHEMA.columns]]
    predicted.write(rows.astype(dict.fromkeys(predicted.TEXT, object)), table)

    obs = fates.set_index("sample_id").loc[names, ["corpus", "group", "label"]]
    run_name = known.probe.run
    sample_embedding.write(found.embedding, obs.assign(split=SPLIT), embeddings, run=run_name, gene_order=order)
    genes = known.genes.set_index("gene_id")
    var = pd.DataFrame({"symbol": genes["symbol"], "measured": np.isfinite(values).mean(axis=0)}, index=genes.index)
    imputed.write(found.imputed, obs[["corpus"]], var, imputation, run=run_name)
    log.info("%d samples: %s", len(fates), dict(Counter(fates["fate"])))
    log.info("notes: %s", dict(Counter(rows["note"])))


if "snakemake" in globals():
    run(predict_samples, snakemake)  # noqa: F821
