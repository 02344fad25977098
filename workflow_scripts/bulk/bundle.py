"""From a configuration to a new model, from a trained model to its bundle, and back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import torch

from workflow_scripts.bulk.model import BulkConfig, BulkModel
from workflow_scripts.contracts import model_bundle
from workflow_scripts.io.errors import BadInput
from workflow_scripts.training import factors


def create(spec: dict, genes: anndata.AnnData, statistics: pd.DataFrame, references: np.ndarray) -> BulkModel:
    """A new model of one run (`bulk/runs/{run}`) over the genes of a GeneEmbedding and a Standardizer.

    references (N, G) float32 ln(TPM+1), NaN where unmeasured: train samples that the latent factors are
    fitted to; should they be fewer than the factors, those left over stay zero. The vectors of genes are
    standardized per dimension: language models have a few dimensions that are large in every protein. A
    gene without train statistics is not `known` and is never looked at.
    """
    config = BulkConfig(
        genes=genes.n_obs, gene_vector=genes.n_vars, tokens=spec["training"]["genes_per_sample"], **spec["model"]
    )
    torch.manual_seed(spec["seed"])
    model = BulkModel(config)

    has_vector = ~genes.obs["missing"].to_numpy(bool)
    vectors = np.asarray(genes.X, np.float64)
    present = vectors[has_vector]
    if len(present):
        sd = present.std(axis=0)
        vectors = (vectors - present.mean(axis=0)) / np.where(sd > 0, sd, 1.0)
    model.gene_vectors.copy_(torch.from_numpy(np.where(has_vector[:, None], vectors, 0.0)))
    model.has_vector.copy_(torch.from_numpy(has_vector))
    model.known.copy_(torch.from_numpy(statistics["mean"].notna().to_numpy()))
    model.mean.copy_(torch.from_numpy(statistics["mean"].fillna(0.0).to_numpy()))
    model.sd.copy_(torch.from_numpy(statistics["sd"].fillna(1.0).to_numpy()))

    number = min(config.factors, min(references.shape) - 1)
    if number > 0:
        centred = np.nan_to_num(references - statistics["mean"].to_numpy(np.float32))
        (fitted,) = factors.fit(centred, [number], spec["seed"])
        model.loadings[:, :number] = torch.from_numpy(fitted.loadings)
        model.noise.fill_(fitted.noise)
    return model


def write(model: BulkModel, path: Path, gene_order: str, seed: int) -> None:
    """Write a trained model as a ModelBundle."""
    model_bundle.write(
        model.state_dict(),
        dataclasses.asdict(model.config),
        path,
        gene_order=gene_order,
        seed=seed,
        buffers={name for name, _ in model.named_buffers()},
    )


def read(path: Path, gene_order: str | None = None) -> tuple[BulkModel, str]:
    """Return (the model in evaluation mode on the device at hand, its gene-order digest)."""
    state, config = model_bundle.read(path, gene_order)
    try:
        model = BulkModel(BulkConfig(**config["architecture"]))
        model.load_state_dict(state)
    except (TypeError, RuntimeError) as error:
        raise BadInput(path, "", f"not a bulk model of this version ({error})", "Train it again.") from error
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    return model, config["gene_order"]
