"""One trained model for all tests that only look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.bulk import cohorts
from tests.support.examples import genes
from workflow_scripts.bulk.base import Base
from workflow_scripts.bulk.classify_samples import classify_samples
from workflow_scripts.bulk.embed_samples import embed_samples
from workflow_scripts.bulk.fit_conditions import fit_conditions
from workflow_scripts.bulk.train_bulk import train_bulk
from workflow_scripts.contracts import exported_model, standardizer
from workflow_scripts.settings.schema import load_schema, only

SPEC = cohorts.specification(
    base={"factors": [8]},
    model={"transformer": {"dim": 16, "layers": 1, "heads": 2}},
    training={"max_epochs": 4, "batch_size": 8, "genes_per_sample": 40, "accelerator": "cpu"},
)

OBJECTIVES = SPEC["runs"]["small"]["training"]["objectives"]  # as they are by default
RUN = load_schema("bulk")["properties"]["runs"]["additionalProperties"]


def train(files: dict[str, Any], folder: Path, spec: dict[str, Any] | None = None, code: str = "code") -> Path:
    """Train with the inputs `files`; write model/, history.tsv, selection.tsv, separation.tsv, checkpoints/ below."""
    spec = spec or SPEC["runs"]["small"]
    train_bulk(
        **files,
        model=folder / "model",
        history=folder / "history.tsv",
        selection=folder / "selection.tsv",
        separation=folder / "separation.tsv",
        spec=only(spec, RUN, results=True),
        policy=only(spec["training"], RUN["properties"]["training"], results=False),
        code=code,
        threads=1,
        memory_mb=8000,
    )
    return folder


def filled_base(genes: int, factors: int, samples: int = 9) -> Base:
    """A base with made-up statistics, loadings and train samples."""
    generator = torch.Generator().manual_seed(3)
    base = Base(genes, factors, samples)
    base.mean.uniform_(1, 5, generator=generator)
    base.sd.uniform_(0.5, 1.5, generator=generator)
    base.noise.uniform_(0.2, 2, generator=generator)
    base.loadings.normal_(generator=generator)
    axes, sizes, _ = torch.linalg.svd(base.loadings, full_matrices=False)
    base.axes.copy_(axes)
    base.sizes.copy_(sizes)
    base.samples.normal_(generator=generator)
    base.measured.fill_(True)
    return base


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return cohorts.write_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(scope="session")
def trained(cohort: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an undisturbed training."""
    return train(cohort, tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="session")
def exported(cohort: dict[str, Any], trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The undisturbed training as it is sent to others; the symbol of the gene G007 is S007."""
    folder = tmp_path_factory.mktemp("exported")
    of_run = {name: cohort[name] for name in ("expression", "splits")}
    of_run |= {"model": trained / "model", "run": "small", "threads": 1}
    embed_samples(**of_run, embeddings=folder / "embeddings.h5ad")
    fit_conditions(**of_run, conditions=folder / "conditions.npz")
    classify_samples(
        embeddings=folder / "embeddings.h5ad",
        scores=folder / "classification.parquet",
        predictions=folder / "predictions.parquet",
        probe=folder / "probe.npz",
        spec=SPEC["classification"],
    )
    table = genes(standardizer.read(cohort["standardizer"])["gene_id"].tolist())
    table["symbol"] = table["symbol"].str.replace("G", "S")
    table.attrs["genome"] = "toy"
    files = trained / "model", folder / "probe.npz", folder / "conditions.npz"
    exported_model.write(*files, table, "card", folder / "export")
    return folder / "export"
