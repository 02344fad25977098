"""Each mechanism of the simulated expression does what the truth tables say of it, and nothing where it is off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.simulate.organisms import Organism, archs4, filled, log_tpm, samples, simulate
from workflow_scripts.contracts import truth
from workflow_scripts.simulate import expression, network
from workflow_scripts.simulate.genes import make_genes

FACTORS = 6
# Little of what the tests do not ask for.
QUIET = {
    "transcription_factors": FACTORS,
    "samples_per_tissue": 60,
    "cohorts": 1,
    "samples_per_cohort": 4,
    "noise_sd": 0.1,
    "quality_sd": 0.05,
    "batches": {"sd": 0.0},
    "counts": {"reads_per_gene": 20_000, "dispersion": 0.001},
}


def quiet(folder: Path, **changes: object) -> Organism:
    return simulate(folder, expression={**QUIET, **changes})


class Kept:
    """The good samples of the corpus: their log(TPM+1) within labels, labels, and the tables of the truth."""

    def __init__(self, organism: Organism) -> None:
        kept = samples(organism, corpus="archs4", fate="kept")
        self.names = [row["sample_id"] for row in kept]
        self.labels = np.array([row["label"] for row in kept])
        logs = log_tpm(organism, archs4(organism), self.names)
        self.logs = pd.DataFrame(self.within(logs), self.names, [row["gene_id"] for row in organism.table("genes")])
        self.truth = organism.truth
        self.network = truth.read("network", organism.truth)
        self.regulators = self.network.groupby("target")["source"].agg(list)

    def within(self, values: np.ndarray) -> np.ndarray:
        """`values` (samples x anything) without the mean of their label."""
        return values - pd.DataFrame(values).groupby(self.labels).transform("mean").to_numpy()

    def free(self) -> list[str]:
        """Genes that nothing regulates."""
        return [gene for gene in self.logs if gene not in self.regulators]

    def states(self, kind: str) -> pd.DataFrame:
        """Samples x names: what the samples are made of; 0 where nothing is said."""
        table = truth.read("states", self.truth)
        table = table[table["kind"] == kind].pivot(index="sample_id", columns="name", values="value")
        return table.reindex(self.names).fillna(0)

    def patterns(self, kind: str) -> pd.DataFrame:
        """Names x genes: log folds."""
        table = truth.read("patterns", self.truth)
        table = table[table["kind"] == kind].pivot(index="name", columns="gene_id", values="log_fold")
        return table.reindex(columns=self.logs.columns).fillna(0)


def slope(planted: np.ndarray, found: np.ndarray) -> float:
    """Of the found on the planted: 1 where all that was planted is there."""
    return float((planted * found).sum() / (planted**2).sum())


def test_an_edge_acts_where_its_gate_says_and_with_that_sign(tmp_path: Path) -> None:
    regulation = {"gated": 0.6, "active": 0.5, "flipped": 0.4}
    kept = Kept(quiet(tmp_path, samples_per_tissue=150, regulation=regulation))
    gates = truth.read("gates", kept.truth).set_index(["label", "source", "target"])["sign"]
    factors = set(kept.network["source"])
    planted, found = [], []
    for label in np.unique(kept.labels):
        own = kept.logs[kept.labels == label]
        for target, edges in kept.network.groupby("target"):
            if target in factors:
                continue
            effects = np.linalg.lstsq(own[edges["source"]], own[target], rcond=None)[0]
            for source, sign, weight, effect in zip(
                edges["source"], edges["sign"], edges["weight"], effects, strict=True
            ):
                planted.append(gates.get((label, source, target), sign) * weight)
                found.append(effect)
    planted, found = np.array(planted), np.array(found)
    assert {-1, 0, 1} == set(np.sign(planted))
    assert abs(found[planted == 0]).mean() < 0.1 < 0.3 < abs(found[planted != 0]).mean()
    assert (np.sign(found) == np.sign(planted))[planted != 0].mean() > 0.97
    assert 0.8 < slope(planted, found) < 1.1  # some of a sample is of another label


def test_gates_are_as_many_as_asked_for(tmp_path: Path) -> None:
    regulation = {"gated": 0.5, "active": 0.34, "flipped": 0.25}
    organism = quiet(tmp_path, samples_per_tissue=4, regulation=regulation)
    gates, edges = truth.read("gates", organism.truth), truth.read("network", organism.truth)
    gates = gates.merge(edges, on=["source", "target"], suffixes=("", "_elsewhere"))
    tissues = gates[~gates["label"].str.startswith("TCGA")]
    of_edge = tissues.assign(acts=tissues["sign"] != 0).groupby(["source", "target"])["acts"].sum()
    assert len(of_edge) == round(len(edges) / 2)
    assert set(of_edge) == {2}  # of six tissues
    acting = tissues[tissues["sign"] != 0]
    assert (acting["sign"] != acting["sign_elsewhere"]).mean() == pytest.approx(0.25, abs=0.1)
    project, tissue = (gates[gates["label"] == label]["sign"].tolist() for label in ("TCGA-BRCA", "breast"))
    assert project == tissue


def test_the_edges_of_a_pair_have_one_gate(tmp_path: Path) -> None:
    organism = quiet(tmp_path, samples_per_tissue=4, regulation={"gated": 0.5, "pairs": 1})
    signs = truth.read("gates", organism.truth).set_index(["source", "target", "label"])["sign"].unstack()
    signs = signs.apply(tuple, axis=1).to_dict()
    pairs = truth.read("pairs", organism.truth)
    assert any((pair.first, pair.target) in signs for pair in pairs.itertuples())
    for pair in pairs.itertuples():
        assert signs.get((pair.first, pair.target)) == signs.get((pair.second, pair.target))


def hill(log_concentration: float, coefficient: float) -> float:
    concentration = np.exp(log_concentration)
    return float(concentration**coefficient / (1 + concentration**coefficient))


@pytest.mark.parametrize("coefficient", [1.0, 3.0])
@pytest.mark.parametrize("level", [-4.0, -0.5, 0.0, 1.5])
def test_a_response_is_the_hill_function_of_the_concentration(coefficient: float, level: float) -> None:
    one = network.Network(*map(np.array, ([0], [1], [0.8])), 0, coefficient, np.array([-1]), {"any": np.ones(1)})
    brought = one.spread(np.array([level, 0.0]), "any")[1]
    assert brought == pytest.approx(0.8 * 4 / coefficient * (hill(level, coefficient) - 0.5))
    small = one.spread(np.array([1e-6, 0.0]), "any")[1]
    assert small == pytest.approx(0.8e-6)  # the slope at the mean is the weight


@pytest.mark.parametrize("levels", [(2.0, 2.0), (2.0, -3.0), (-3.0, 2.0), (0.0, 0.0)])
def test_a_pair_is_the_product_of_two_hill_functions(levels: tuple[float, float]) -> None:
    ends = np.array([0, 1]), np.array([2, 2]), np.array([0.5, 0.8])
    apart = network.Network(*ends, 0, 0.0, np.array([-1, -1]), {"any": np.ones(2)})
    pair = network.paired(np.random.default_rng(1), apart, 1.0)
    brought = pair.spread(np.array([*levels, 0.0]), "any")[2]
    first, second = (hill(level, 2) for level in levels)
    assert brought == pytest.approx(0.5 * (4 * first * second - 1))


def test_strong_factors_saturate(tmp_path: Path) -> None:
    spread = []
    for name, coefficient in (("linear", 0), ("hill", 4)):
        kept = Kept(quiet(tmp_path / name, factor_noise_sd=2, regulation={"hill": coefficient}))
        factors = set(kept.network["source"])
        spread.append(kept.logs[[gene for gene in kept.regulators.index if gene not in factors]].std().median())
    assert spread[1] < 0.5 * spread[0]


def test_the_target_of_a_pair_needs_both_factors(tmp_path: Path) -> None:
    kept = Kept(quiet(tmp_path, regulation={"pairs": 0.5}))
    pairs = truth.read("pairs", kept.truth).set_index("target")
    sign = kept.network.set_index(["source", "target"])["sign"]
    found = {True: [], False: []}
    for target, (first, second, *more) in kept.regulators[kept.regulators.map(len) > 1].items():
        x, y = kept.logs[first], kept.logs[second]
        terms = np.column_stack([x, y, x * y, x**2, y**2, *(kept.logs[source] for source in more)])
        together = np.linalg.lstsq(kept.within(terms), kept.logs[target], rcond=None)[0][2]
        paired = target in pairs.index
        assert not paired or {first, second} == set(pairs.loc[target])
        assert not paired or sign[first, target] == sign[second, target]
        found[paired].append(together * sign[first, target])
    assert len(found[True]) == round((len(found[True]) + len(found[False])) / 2)
    assert np.median(found[True]) > 0.15 > 0.05 > abs(np.median(found[False]))


def test_samples_are_the_mixtures_that_the_truth_says(tmp_path: Path) -> None:
    mixture = {"cell_types": 3, "own_share": 0.6, "concentration": 9}
    kept = Kept(quiet(tmp_path, noise_sd=0.05, factor_noise_sd=0.1, mixture=mixture))
    shares, types = kept.states("cell type"), kept.patterns("cell type")
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert len(types) == 3
    own = np.array([shares.loc[name, label] for name, label in zip(kept.names, kept.labels, strict=True)])
    assert own.mean() == pytest.approx(0.6, abs=0.03)
    assert own.var() == pytest.approx(0.6 * 0.4 / 10, rel=0.25)
    folds = truth.read("tissues", kept.truth).pivot(index="label", columns="gene_id", values="log_fold")
    folds = pd.concat([types, folds.reindex(columns=kept.logs.columns).fillna(0)])
    mixed = np.log(shares.to_numpy() @ np.exp(folds.loc[shares.columns].to_numpy()))
    free = kept.logs.columns.isin(kept.free())
    planted = kept.within(mixed)[:, free]
    assert slope(planted, kept.logs.to_numpy()[:, free]) == pytest.approx(1, abs=0.1)
    assert np.corrcoef(planted.ravel(), kept.logs.to_numpy()[:, free].ravel())[0, 1] > 0.7


def test_programmes_are_on_in_the_samples_of_the_truth(tmp_path: Path) -> None:
    kept = Kept(quiet(tmp_path, factor_noise_sd=0.1, programmes={"number": 4, "probability": 0.3}))
    on, folds = kept.states("programme"), kept.patterns("programme")
    assert set(np.unique(on)) == {0, 1}
    assert len(folds) == 4
    assert on.to_numpy().mean() == pytest.approx(0.3, abs=0.05)
    planted = kept.within(on[folds.index].to_numpy() @ folds.to_numpy())
    free = kept.logs.columns.isin(kept.free())
    assert slope(planted[:, free], kept.logs.to_numpy()[:, free]) == pytest.approx(1, abs=0.1)


def test_all_batches_differ_along_the_axes_of_the_truth(tmp_path: Path) -> None:
    kept = Kept(quiet(tmp_path, factor_noise_sd=0.1, batches={"sd": 0.0, "axes": 2, "axes_sd": 0.5}))
    scores, axes = kept.states("batch axis"), kept.patterns("batch axis")
    planted = kept.within(scores[axes.index].to_numpy() @ axes.to_numpy())
    free = kept.logs.columns.isin(kept.free())
    assert slope(planted[:, free], kept.logs.to_numpy()[:, free]) == pytest.approx(1, abs=0.1)
    groups = {row["sample_id"]: row["group"] for row in samples(Organism(tmp_path, kept.truth, {}))}
    scores = scores.iloc[:-1].assign(group=[groups[name] for name in kept.names[:-1]])  # the last is of a plate
    batches = scores.groupby("group")["axis 1"].nunique()
    assert set(batches[batches.index.str.startswith("GSE9990")]) == {2}  # linked series, each with an effect of its own
    assert set(batches[batches.index.str.startswith("GSE9900")]) == {1}


def model(**changes: object) -> expression.Model:
    """The model of a small organism, without the organism."""
    sizes = filled(expression={**QUIET, **changes})["expression"]
    genes = make_genes(np.random.default_rng(1), 300, FACTORS)
    edges = network.make_network(np.random.default_rng(2), 300, FACTORS, 0)
    edges = network.gated(np.random.default_rng(3), edges, expression.kinds_of_cells(sizes), sizes["regulation"])
    return expression.make_model(lambda part: np.random.default_rng([4, *part.encode()]), genes, edges, sizes)


@pytest.mark.parametrize(("axes", "sd", "rank"), [(3, 0.0, 3), (0, 0.4, 40), (3, 0.4, 40)])
def test_batches_have_as_many_axes_as_asked_for(axes: int, sd: float, rank: int) -> None:
    drawn, rng = model(batches={"sd": sd, "axes": axes, "axes_sd": 0.3}), np.random.default_rng(5)
    effects = np.array([drawn.batch(rng).effect for _ in range(40)])
    assert np.linalg.matrix_rank(effects) == rank
    assert effects.std() == pytest.approx(np.hypot(sd, 0.3 * (axes > 0)), rel=0.15)


def replicates(number: int, **counts: float) -> np.ndarray:
    """Counts (samples x genes) of the same RNA, sequenced again and again."""
    same = model(counts=counts, noise_sd=0.0, factor_noise_sd=0.0, quality_sd=0.0, base_sd=2.0)
    same = replace(same, folds={label: 0 * fold for label, fold in same.folds.items()})
    rng = np.random.default_rng(6)
    batch = expression.Batch(np.zeros(len(same.gene_ids)), np.zeros(0))
    return np.array([same.sample(rng, "liver", batch).counts for _ in range(number)])


def test_variance_of_counts_follows_dispersion_and_trend() -> None:
    drawn = replicates(800, reads_per_gene=500, reads_sd=0.0, dispersion=0.05, dispersion_trend=3)
    means = drawn.mean(0)
    excess = (drawn.var(0) - means) / means**2  # the dispersion
    for low, high in ((2, 10), (10, 100), (1000, 1e6)):
        chosen = (means > low) & (means < high)
        assert np.median(excess[chosen] / (0.05 + 3 / means[chosen])) == pytest.approx(1, abs=0.1)


def test_samples_have_the_reads_asked_for() -> None:
    reads = replicates(400, reads_per_gene=700, reads_sd=0.5).mean(1)
    assert reads.mean() == pytest.approx(700, rel=0.1)
    assert np.log(reads).std() == pytest.approx(0.5, rel=0.1)


def test_more_samples_are_samples_of_the_same_world(tmp_path: Path) -> None:
    world = {
        "regulation": {"hill": 2, "pairs": 0.3, "gated": 0.5},
        "programmes": {"number": 2},
        "mixture": {"cell_types": 2},
        "batches": {"axes": 2},
    }
    few, many = (quiet(tmp_path / f"{n}", samples_per_tissue=n, **world) for n in (4, 9))
    for name in ("network", "gates", "pairs", "patterns", "tissues"):
        assert few.table(name) == many.table(name)
    assert len(few.table("states")) < len(many.table("states"))


def test_a_world_without_mechanisms_has_no_tables_of_them(organism: Organism) -> None:
    assert not {"gates", "pairs", "patterns", "states"} & {path.stem for path in organism.truth.glob("*.tsv")}
