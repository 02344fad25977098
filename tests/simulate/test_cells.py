"""Simulated single cells: those of the circuit, perturbed and counted, in a file as real ones are."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from tests.simulate.circuits import filled, make
from workflow_scripts.contracts import provenance, truth
from workflow_scripts.io.errors import BadInput
from workflow_scripts.simulate import simulate_cells as door
from workflow_scripts.simulate.kinetics import Unsettled
from workflow_scripts.simulate.simulate_cells import simulate_cells

SIZES = {"control": 60, "each": 30, "doubles": 5}
OTHERS = {"depth_sd": 0.3, "dispersion": 0.1, "left": 0.1, "counts": 10}


def cells(folder: Path, noise: float = 0.0, **changes: float) -> tuple[anndata.AnnData, pd.DataFrame]:
    """Cells of a circuit without noise of measurement, and their true levels (perturbations x genes)."""
    spec = filled(cells={**SIZES, **OTHERS, **changes}, process_noise=noise, measurement_noise=0.0)
    simulate_cells(organism=None, cells=folder / "cells.h5ad", truth=folder / "truth/cells.tsv", spec=spec)
    table = truth.read("cells", folder / "truth").pivot(index="perturbation", columns="gene", values="level")
    data = anndata.read_h5ad(folder / "cells.h5ad")
    return data, table[list(data.var_names)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[anndata.AnnData, pd.DataFrame]:
    return cells(tmp_path_factory.mktemp("cells"))


def test_every_gene_is_perturbed_alone_and_some_regulators_in_pairs(made: tuple) -> None:
    data, levels = made
    number = data.obs["condition"].value_counts()
    genes = list(data.var_names)
    pairs = [name for name in number.index if "+" in name]
    assert set(number.index) == set(levels.index) == {"control", *genes, *pairs} and len(pairs) == 5
    assert number["control"] == 60 and (number.drop("control") == 30).all()
    assert data.obs["condition"].astype(str).tolist() != sorted(data.obs["condition"])  # mixed


def test_values_are_logarithms_of_counts_per_ten_thousand(made: tuple) -> None:
    data, _ = made
    counts, total = data.layers["counts"].toarray(), data.obs["ncounts"].to_numpy()[:, None]
    np.testing.assert_allclose(data.X.toarray(), np.log(1 + 10_000 * counts / total), rtol=1e-5)
    assert (counts % 1 == 0).all() and (counts.sum(1) <= total[:, 0]).all()
    assert total.mean() == pytest.approx(10_000, rel=0.1) and np.log(total).std() == pytest.approx(0.3, abs=0.05)


def test_cells_are_of_the_circuit_whose_experiments_are_simulated(tmp_path: Path) -> None:
    _, levels = cells(tmp_path)
    circuit = make(tmp_path / "circuit", process_noise=0.0, measurement_noise=0.0)
    np.testing.assert_allclose(levels.loc["control"], circuit.levels("wildtype")[0], atol=2e-6)
    assert list(levels.columns) == [f"G{number}" for number in range(1, 21)]
    _, half = cells(tmp_path / "half", left=0.5)
    np.testing.assert_allclose(half.loc[levels.columns], circuit.levels("knockdowns"), atol=2e-6)
    _, none = cells(tmp_path / "none", left=0.0)
    np.testing.assert_allclose(none.loc[levels.columns], circuit.levels("knockouts"), atol=2e-6)
    pairs = [name for name in none.index if "+" in name]
    assert len(pairs) == 5 and not any(none.loc[pair, pair.split("+")].any() for pair in pairs)


def test_counts_are_as_dispersed_as_asked_around_their_levels(tmp_path: Path) -> None:
    data, levels = cells(tmp_path, control=4000, depth_sd=0.0, dispersion=0.5)
    counts = data[data.obs["condition"] == "control"].layers["counts"].toarray()
    mean = 10 * levels.loc["control"].to_numpy()
    np.testing.assert_allclose(counts.mean(0), mean, atol=0.06 * 10)
    np.testing.assert_allclose(counts.var(0), mean + 0.5 * mean**2, rtol=0.25)


def test_a_deep_cell_has_more_counts_of_every_gene(tmp_path: Path) -> None:
    data, _ = cells(tmp_path, control=1000, depth_sd=0.5, dispersion=0.01)
    data = data[data.obs["condition"] == "control"]
    counts = data.layers["counts"].toarray().sum(1)
    assert np.polyfit(np.log(data.obs["ncounts"]), np.log(counts), 1)[0] == pytest.approx(1, abs=0.1)


def test_noise_of_the_circuit_makes_genes_go_together(tmp_path: Path) -> None:
    """Control cells tell of edges by what they share; without that noise they differ by counting alone."""
    edges = make(tmp_path / "circuit").edges
    together = {}
    for noise in (0.0, 0.1):
        data, _ = cells(tmp_path / f"{noise}", noise, control=2000, counts=200, dispersion=0.001, depth_sd=0.0)
        x = data[data.obs["condition"] == "control"].layers["counts"].toarray()
        found = np.abs(np.nan_to_num(np.corrcoef(x, rowvar=False)))
        place = {gene: at for at, gene in enumerate(data.var_names)}
        together[noise] = np.mean([found[place[source], place[target]] for source, target in edges])
    assert together[0.0] < 0.04 and together[0.1] > 2 * together[0.0]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        cells(tmp_path / name)
    for file in ("cells.h5ad", "truth/cells.tsv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    told = provenance.read(tmp_path / "one/cells.h5ad.provenance.json")
    assert told["simulated"] is True and told["note"].startswith("SIMULATED: 810 cells of a circuit of 20 genes")


def test_a_circuit_that_does_not_settle_when_perturbed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object) -> None:
        raise Unsettled

    monkeypatch.setattr(door, "at_rest", never)
    with pytest.raises(BadInput, match="the circuit does not come to rest under a perturbation. Give `left` of"):
        cells(tmp_path)
    assert not (tmp_path / "cells.h5ad").exists()
