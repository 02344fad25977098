"""What is known of real perturbed cells (of Norman 2019 and McFaline 2024, by PerturBench) comes out of them here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.circuit.perturbed_cells import attested
from tests.support.real_data import REAL_MIRROR, needs_real_data
from workflow_scripts.circuit.embed_interactome import embed_interactome
from workflow_scripts.circuit.predict_effects import predict_effects
from workflow_scripts.circuit.prepare_effects import prepare_effects
from workflow_scripts.circuit.score_effects import score_effects
from workflow_scripts.contracts import effects, gene_embedding, metrics
from workflow_scripts.settings.schema import complete, load_schema

pytestmark = needs_real_data

CELLS = "raw.githubusercontent.com/altoslabs/perturbench/*/src/perturbench/data/resources/devel.h5ad"
NETWORK = "raw.githubusercontent.com/anfoss/PCprophet/*/coreComplexes.txt"
# Of five doubles of K562: correlation of changes from control, of changes from the mean of singles, and distance, each
# computed apart from this project; of the ceiling with another draw of the halves, on which its distance hangs.
EXPECTED = {
    "no_change": (0.0, 0.07, 1.37),
    "train_mean": (0.28, 0.0, 1.33),
    "matching_mean": (0.870, 0.872, 0.75),
    "additive": (0.870, 0.881, 0.45),
    "split_half": (0.867, 0.880, None),
}


def mirrored(pattern: str, folder: Path) -> Path:
    """A file of the mirror, linked to where its provenance can stand beside it."""
    (path,) = REAL_MIRROR.glob(pattern)
    (folder / path.name).symlink_to(path)
    return folder / path.name


def test_the_scores_of_doubles_are_those_computed_elsewhere(tmp_path: Path) -> None:
    section = complete(
        {"devel": {"cells": "x", "columns": {"context": "cell_type"}, "fit": {"steps": 1, "seeds": 2}}},
        load_schema("circuit.perturb_seq"),
    )["devel"]
    file = mirrored(CELLS, tmp_path)
    made = {name: tmp_path / f"{name}.h5ad" for name in ("effects", "coexpression")}
    prepare_effects(cells=file, provenance=attested(file), **made, spec=section)
    data = effects.read(made["effects"])
    assert (len(data), data.n_vars, data.obs["cells"].sum()) == (64, 500, 5961)
    told = {"effects": made["effects"], "predicted": tmp_path / "none.h5ad"}
    predict_effects(**told, vectors=None, spec=section["fit"], embedding="none")
    out = {name: tmp_path / f"{name}.parquet" for name in ("metrics", "comparisons")}
    scores = {"bootstrap_samples": 20, "seed": 1}
    score_effects(effects=made["effects"], predicted=[told["predicted"]], **out, spec=scores, dataset="devel")
    table = metrics.read(out["metrics"])
    doubles = table[(table["task"] == "doubles") & (table["dataset"] == "devel")]
    assert set(doubles.loc[doubles["metric"] == "effect_l2", "n"]) == {5}
    found = doubles.pivot(index="model", columns="metric", values="value")
    for name, (delta, beyond, distance) in EXPECTED.items():
        assert found.loc[name, "effect_delta_pearson"] == pytest.approx(delta, abs=0.01)
        assert found.loc[name, "effect_pearson_beyond_mean"] == pytest.approx(beyond, abs=0.01)
        if distance:
            assert found.loc[name, "effect_l2"] == pytest.approx(distance, abs=0.01)


def test_vectors_of_proteins_in_complexes(tmp_path: Path) -> None:
    file = mirrored(NETWORK, tmp_path)
    section = {"network": "x", "where": {"Organism": "Human"}}
    spec = complete({"corum": section}, load_schema("circuit.interactomes"))["corum"]
    embed_interactome(network=file, provenance=attested(file), embedding=tmp_path / "corum.h5ad", spec=spec)
    found = gene_embedding.read(tmp_path / "corum.h5ad")
    x = found.to_df()
    assert x.shape == (3429, 32)
    proteasome, far = x.loc[["PSMA1", "PSMB5", "PSMC2"]], x.loc["POLR2A"]
    spread = ((proteasome - proteasome.mean()) ** 2).sum().sum() / 3
    assert spread < 0.1 * ((proteasome.mean() - far) ** 2).sum()
