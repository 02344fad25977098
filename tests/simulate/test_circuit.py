"""A simulated circuit: its files are those of DREAM4, and its genes do what its edges say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tests.simulate.circuits import Circuit, filled, make
from tests.simulate.organisms import Organism
from workflow_scripts.contracts import provenance, truth
from workflow_scripts.io.errors import BadInput
from workflow_scripts.simulate import circuit as experiments
from workflow_scripts.simulate.circuit import measured, perform
from workflow_scripts.simulate.kinetics import Conditions, Kinetics, State, Unsettled, draw
from workflow_scripts.simulate.streams import streams
from workflow_scripts.simulate.topology import Topology, scale_free, with_feedback

LEVELS = ("wildtype", "knockouts", "knockdowns", "multifactorial")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    """A circuit that is part of no organism."""
    return make(tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def part(organism: Organism, tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    """A circuit that is part of the simulated organism."""
    return make(tmp_path_factory.mktemp("part"), organism.truth, feedback=0.2)


def network(seed: int, size: int = 20, feedback: float = 0.2) -> Topology:
    rng = np.random.default_rng(seed)
    return with_feedback(rng, scale_free(rng, size), feedback)


def reached(edges: Iterable[tuple], start: object) -> set:
    """All that is downstream of a gene, without it unless it is on a cycle."""
    edges, found, new = list(edges), set(), {start}
    while new:
        new = {target for source, target in edges if source in new} - found
        found |= new
    return found


def on_cycles(edges: Iterable[tuple]) -> list[tuple]:
    edges = list(edges)
    return [(source, target) for source, target in edges if source in reached(edges, target)]


def loops(edges: Iterable[tuple]) -> int:
    """Feed-forward loops: a regulates b, and both regulate c."""
    edges = set(edges)
    return sum((a, c) in edges for a, b in edges for other, c in edges if other == b)


# Files


def test_tables_of_levels_have_the_shape_of_dream4(alone: Circuit) -> None:
    names = [f"G{number}" for number in range(1, 21)]
    for name, rows in zip(LEVELS, (1, 20, 20, 20), strict=True):
        text = (alone.folder / f"{name}.tsv").read_text()
        assert text.startswith("\t".join(f'"{gene}"' for gene in names) + "\n")
        assert all(re.fullmatch(r"(\d\.\d{7}\t){19}\d\.\d{7}", line) for line in text.splitlines()[1:])
        assert alone.levels(name).shape == (rows, 20)


def test_series_follow_one_another_each_after_an_empty_line(alone: Circuit) -> None:
    lines = (alone.folder / "timeseries.tsv").read_text().splitlines()
    assert lines[0].startswith('"Time"\t"G1"\t"G2"')
    assert [number for number, line in enumerate(lines) if not line] == [1, 23, 45]
    assert lines[2].startswith("0.0\t") and lines[-1].startswith("1000.0\t")
    assert alone.series.shape == (3, 21, 21)
    np.testing.assert_array_equal(alone.series[:, :, 0], np.tile(np.arange(0, 1001, 50), (3, 1)))


def test_double_knockouts_are_pairs_of_regulators_that_are_gone(alone: Circuit) -> None:
    header, *pairs = alone.rows("dualknockouts_indexes")
    assert (alone.folder / "dualknockouts_indexes.tsv").read_text().startswith('"G_i"\t"G_j"\n')
    assert header == ["G_i", "G_j"] and len({tuple(pair) for pair in pairs}) == 6
    levels = np.array(alone.rows("nonoise_dualknockouts"), float)
    assert levels.shape == (6, 20)
    regulators = {source for source, _ in alone.edges}
    for row, (first, second) in zip(levels, np.array(pairs, int) - 1, strict=True):
        assert first != second and {alone.genes[first], alone.genes[second]} <= regulators
        assert row[first] == row[second] == 0
        assert (row > 0.01).sum() >= 12


def test_there_are_as_many_double_knockouts_as_pairs_if_more_are_asked_for(tmp_path: Path) -> None:
    small = make(tmp_path, genes=5, double_knockouts=500)
    regulators = len({source for source, _ in small.edges})
    assert len(small.rows("nonoise_dualknockouts")) == regulators * (regulators - 1) // 2


def test_the_gold_standard_has_all_pairs_edges_first(alone: Circuit, part: Circuit) -> None:
    for made in (alone, part):
        rows = made.rows("gold_standard")
        assert {(source, target) for source, target, _ in rows} == set(permutations(made.genes, 2))
        present = [value for _, _, value in rows]
        assert present == sorted(present, reverse=True) and set(present) == {"0", "1"}
        assert {(source, target) for source, target, value in rows if value == "1"} == set(made.edges)
        assert '"' not in (made.folder / "gold_standard.tsv").read_text()


def test_each_file_has_its_provenance_and_the_truth_its_seal(alone: Circuit) -> None:
    assert len(alone.files) == 13
    for name, data in alone.files.items():
        told = provenance.read(alone.folder / f"{name}.provenance.json")
        assert (told["sha256"], told["bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
        assert told["simulated"] is True and told["note"].startswith("SIMULATED: a circuit of 20 genes")
    assert truth.read("circuit", alone.folder / "truth")["sign"].isin([-1, 1]).all()
    assert len(truth.read("compounds", alone.folder / "truth"))


def test_the_same_seed_gives_the_same_bytes_and_another_another_circuit(alone: Circuit, tmp_path: Path) -> None:
    assert make(tmp_path / "again").files == alone.files
    other = make(tmp_path / "other", seed=2)
    assert set(other.edges) != set(alone.edges)
    assert not [name for name, data in other.files.items() if data == alone.files[name]]


def test_a_change_of_one_amount_leaves_what_it_does_not_touch(alone: Circuit, tmp_path: Path) -> None:
    other = make(tmp_path, measurement_noise=0.01).files
    same = {name for name, data in alone.files.items() if other[name] == data}
    assert same == {
        "gold_standard.tsv",
        "truth/circuit.tsv",
        "truth/compounds.tsv",
        "regulators.tsv",
        "motif_edges.tsv",
        "dualknockouts_indexes.tsv",
        "nonoise_dualknockouts.tsv",
    }


# Topology


def test_a_circuit_of_the_organism_has_its_planted_edges_and_signs(organism: Organism, part: Circuit) -> None:
    planted = {(row["source"], row["target"]): int(row["sign"]) for row in organism.table("network")}
    inside = {edge: sign for edge, sign in planted.items() if set(edge) <= set(part.genes)}
    assert len(part.genes) == 20 and len(inside) >= 19
    assert {edge: sign for edge, sign in part.edges.items() if edge in inside} == inside
    assert len(part.edges) - len(inside) == round(0.2 * len(inside))
    factors = {row["source"] for row in organism.table("motifs")}
    assert {target for _, target in set(part.edges) - set(inside)} <= factors
    order = [row["gene_id"] for row in organism.table("genes")]
    assert part.genes == sorted(part.genes, key=order.index)


def test_factors_come_before_other_genes(organism: Organism, tmp_path: Path) -> None:
    """Of six factors, those that hang together with few other genes between them are all there."""
    edges = [(row["source"], row["target"]) for row in organism.table("network")]
    both = edges + [(target, source) for source, target in edges]
    factors = {source for source, _ in edges}
    linked = {factor for factor in factors if factors <= reached(both, factor)}
    assert len(linked) == len(factors) > 3
    for seed in range(3):
        assert factors <= set(make(tmp_path / str(seed), organism.truth, seed=seed).genes)


@pytest.mark.parametrize("name", ["alone", "part"])
def test_a_circuit_hangs_together(name: str, request: pytest.FixtureRequest) -> None:
    made: Circuit = request.getfixturevalue(name)
    both = [*made.edges, *((target, source) for source, target in made.edges)]
    assert reached(both, made.genes[0]) == set(made.genes)
    assert not [edge for edge in made.edges if edge[0] == edge[1]]


@pytest.mark.parametrize("seed", range(4))
def test_feedback_closes_cycles_and_feed_forward_loops(seed: int) -> None:
    plain, more = network(seed, feedback=0), network(seed, feedback=0.3)
    before = list(zip(plain.sources, plain.targets, strict=True))
    after = list(zip(more.sources, more.targets, strict=True))
    assert set(before) < set(after) and len(after) == len(set(after)) == round(1.3 * len(before))
    assert on_cycles(before) == [] and loops(before) > 0
    added = set(after) - set(before)
    assert {target for _, target in added} <= {source for source, _ in before}
    closing = [edge for edge in added if edge in on_cycles([*before, edge])]
    assert len(closing) >= len(added) / 2
    forward = [edge for edge in added if edge not in closing]
    assert all(loops([*before, edge]) > loops(before) for edge in forward)


@pytest.mark.parametrize("size", [5, 6, 20, 100])
def test_a_circuit_of_its_own_is_scale_free_and_whole_at_every_size(size: int) -> None:
    made = network(3, size, feedback=0)
    edges = list(zip(made.sources, made.targets, strict=True))
    assert reached(edges + [(b, a) for a, b in edges], 0) == set(range(size))
    assert len(set(made.targets)) < size, "some gene has no regulator"
    if size == 100:
        targets = np.sort(np.bincount(made.sources, minlength=size))
        assert len(edges) == 200 and targets[-1] >= 10 and np.median(targets) == 0
        assert loops(edges) > 45, "feed-forward loops, of which chance makes about 25"


def test_an_organism_with_too_few_genes_that_hang_together_is_refused(organism: Organism, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="hang together, and the circuit has 80") as error:
        make(tmp_path, organism.truth, genes=80)
    assert "network.tsv" in str(error.value)


# Kinetics


def by_hand(protein: np.ndarray, kinetics: Kinetics) -> np.ndarray:
    """a(y) of one experiment, as the docstring of the kinetics has it."""
    ends = [*kinetics.starts[1:], len(kinetics.sources)]
    found = kinetics.basal.copy()
    for start, end, effects in zip(kinetics.starts, ends, kinetics.effects, strict=True):
        active = 1.0
        for edge in range(start, end):
            bound = (protein[kinetics.sources[edge]] / kinetics.constants[edge]) ** abs(kinetics.hill[edge])
            active *= bound / (1 + bound) if kinetics.hill[edge] > 0 else 1 / (1 + bound)
        found += effects * active
    return found


@pytest.mark.parametrize("seed", range(5))
def test_every_edge_and_no_other_moves_its_target_in_the_direction_of_its_sign(seed: int) -> None:
    circuit = network(seed)
    kinetics = draw(np.random.default_rng(seed), circuit)
    assert kinetics.effects.min() < 0 < kinetics.effects.max(), "modules that raise, and that lower what they act on"
    planted = np.zeros((20, 20))
    planted[circuit.sources, circuit.targets] = circuit.signs
    for source in range(20):
        raised = kinetics.wild_type.copy()
        raised[source] *= 1.01
        change = by_hand(raised, kinetics) - by_hand(kinetics.wild_type, kinetics)
        np.testing.assert_array_equal(np.sign(change), planted[source])
        away = by_hand(np.where(np.arange(20) == source, 0, kinetics.wild_type), kinetics) - kinetics.wild_type
        assert (np.abs(away[planted[source] != 0]) > 1e-4).all()
        np.testing.assert_allclose(kinetics.activation(raised[None])[0], by_hand(raised, kinetics), atol=1e-12)


def test_promoters_saturate_between_nothing_and_the_highest_rate() -> None:
    kinetics = draw(np.random.default_rng(1), network(1))
    levels = np.random.default_rng(2).uniform(0, 1, (200, 20)) * np.random.default_rng(3).integers(0, 2, (200, 20))
    found = np.array([by_hand(row, kinetics) for row in levels])
    assert found.min() >= -1e-12 and found.max() <= 1 + 1e-12
    np.testing.assert_allclose(kinetics.activation(levels), found, atol=1e-9)
    np.testing.assert_allclose(kinetics.activation(levels, 0.4), np.clip(found + 0.4, 0, 1), atol=1e-9)


def test_the_wild_type_rests_and_the_course_is_that_of_the_equations() -> None:
    """Held against an integration of the equations with a step that adapts."""
    kinetics = draw(np.random.default_rng(4), network(4, feedback=0))
    np.testing.assert_allclose(by_hand(kinetics.wild_type, kinetics), kinetics.wild_type, atol=1e-12)
    rates = np.ones(20)
    rates[kinetics.sources[0]] = 0.5

    def slope(_: float, state: np.ndarray) -> np.ndarray:
        mrna, protein = state[:20], np.maximum(state[20:], 0)
        made = rates * by_hand(protein, kinetics)
        return np.append(kinetics.mrna_decay * (made - mrna), kinetics.protein_decay * (mrna - protein))

    start = np.tile(kinetics.wild_type, 2)
    exact = solve_ivp(slope, (0, 3000), start, t_eval=[60, 3000], rtol=1e-8, atol=1e-10).y
    conditions = Conditions(rates[None], np.zeros((1, 20)))
    state = kinetics.advanced(kinetics.at_start(conditions), conditions, 60)
    moved = np.abs(exact[:, 0] - start).max()
    assert moved > 0.05
    np.testing.assert_allclose(np.append(*state), exact[:, 0], atol=0.05 * moved)
    np.testing.assert_allclose(kinetics.at_rest(conditions)[0], exact[:20, 1], atol=1e-6)


def pair(sign: int, hill: float, length: int = 2) -> Kinetics:
    """A ring of genes that all activate or repress the next, at half of their range."""
    each = np.full(length, 1.0)
    return Kinetics(
        sources=np.roll(np.arange(length), 1),
        hill=hill * each,
        constants=0.5 * each,
        starts=np.arange(length),
        effects=sign * np.eye(length),
        basal=float(sign < 0) * each,
        mrna_decay=0.05 * each,
        protein_decay=0.05 * each,
        wild_type=0.5 * each,
    )


def test_a_circuit_that_oscillates_does_not_come_to_rest() -> None:
    ring = pair(-1, hill=6, length=3)
    conditions = Conditions(np.ones((1, 3)), np.zeros((1, 3)))
    with pytest.raises(Unsettled):
        ring.at_rest(conditions, State(np.array([[0.4, 0.5, 0.6]]), np.array([[0.4, 0.5, 0.6]])))


def test_a_circuit_that_never_settles_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A switch, of two genes that repress each other, stays where a disturbance has brought it."""
    monkeypatch.setattr(experiments, "draw", lambda rng, circuit: pair(-1, hill=4))
    switch = Topology(["a", "b"], np.array([1, 0]), np.array([0, 1]), np.array([-1, -1]))
    with pytest.raises(BadInput, match="settles with none of") as error:
        perform(streams(1), switch, filled(genes=2), tmp_path)
    assert "\n" not in str(error.value)


def test_a_draw_that_does_not_settle_is_followed_by_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    later = [draw(streams(1)(f"kinetics {number}"), network(0)).wild_type for number in range(1, 6)]
    drawn = iter([pair(-1, hill=4, length=20)])
    monkeypatch.setattr(experiments, "draw", lambda rng, circuit: next(drawn, None) or draw(rng, circuit))
    found = perform(streams(1), network(0), filled(), tmp_path).wildtype[0]
    assert any(np.allclose(found, wild_type) for wild_type in later)


def test_the_noise_of_a_course_has_the_variance_of_the_langevin_equation() -> None:
    """At rest, of a gene without regulators, it is n^2 times the level: n^2 (v + v) / (2 d), with the speed v = d x."""
    kinetics = pair(1, hill=1)._replace(effects=np.zeros((2, 2)), basal=np.array([0.5, 0.9]))
    conditions = Conditions(np.ones((4000, 2)), np.zeros((4000, 2)))
    start = State(np.tile(kinetics.basal, (4000, 1)), np.tile(kinetics.basal, (4000, 1)))
    state = kinetics.advanced(start, conditions, 200, 0.05, np.random.default_rng(1))
    np.testing.assert_allclose(state.mrna.var(0), 0.05**2 * kinetics.basal, rtol=0.1)
    np.testing.assert_allclose(state.mrna.mean(0), kinetics.basal, atol=0.005)


# Experiments


@pytest.fixture(scope="module")
def performed() -> tuple[Topology, experiments.Experiments]:
    circuit = network(5, size=30)
    return circuit, perform(streams(5), circuit, filled(genes=30, series=4, process_noise=0.0), Path("circuit"))


def test_a_knocked_out_gene_is_gone_and_none_but_its_descendants_move(
    performed: tuple[Topology, experiments.Experiments],
) -> None:
    circuit, found = performed
    edges, base = list(zip(circuit.sources, circuit.targets, strict=True)), found.wildtype[0]
    still = moved = 0
    for gene, levels in enumerate(found.knockouts):
        assert levels[gene] == 0
        others = [other for other in range(30) if other not in reached(edges, gene) | {gene}]
        np.testing.assert_allclose(levels[others], base[others], atol=1e-12)
        still += len(others)
        targets = [target for source, target in edges if source == gene]
        moved += (np.abs(levels - base)[targets] > 1e-3).sum()
    assert still > 300 and moved > 0.9 * len(edges)


def test_a_knocked_down_gene_without_feedback_has_half_its_level(
    performed: tuple[Topology, experiments.Experiments],
) -> None:
    circuit, found = performed
    edges, base = list(zip(circuit.sources, circuit.targets, strict=True)), found.wildtype[0]
    free = [gene for gene in range(30) if gene not in reached(edges, gene)]
    assert len(free) > 10
    np.testing.assert_allclose(np.diag(found.knockdowns)[free], base[free] / 2, atol=1e-7)
    assert 0.05 < np.abs(found.multifactorial - base).mean() < 0.3, "every gene is moved a little"
    assert (np.abs(found.multifactorial - base) > 0.01).mean() > 0.8


def test_a_series_leaves_the_wild_type_and_returns_to_it(performed: tuple[Topology, experiments.Experiments]) -> None:
    _, found = performed
    away = np.abs(found.timeseries - found.wildtype)
    assert found.timeseries.shape == (4, 21, 30)
    assert (away[:, 0] == 0).all()
    for series in away:
        assert np.sort(series[10])[-3] > 0.1, "500 minutes: several genes are far off"
        assert series[11].max() > 0.05, "550 minutes: still on its way"
        assert series[20].max() < 0.1 * series[10].max()
        assert series[20].max() < series[15].max() < series[10].max()


def test_each_series_disturbs_another_third_of_the_genes(tmp_path: Path) -> None:
    """A gene without regulators moves where it is disturbed itself, and nowhere else."""
    circuit = network(7, size=60, feedback=0)
    found = perform(streams(7), circuit, filled(genes=60, series=30, process_noise=0.0), tmp_path)
    free = sorted(set(range(60)) - set(circuit.targets))
    assert len(free) >= 4
    moved = np.abs(found.timeseries - found.wildtype).max(1)[:, free] > 0
    assert 0.2 < moved.mean() < 0.47
    assert moved.any(0).all() and not moved.all(0).any()


def test_without_noise_each_table_is_of_its_own_experiment(tmp_path: Path) -> None:
    made = make(tmp_path, feedback=0, measurement_noise=0, process_noise=0)
    base = made.levels("wildtype")[0]
    away = {name: made.levels(name) - base for name in ("knockouts", "knockdowns", "multifactorial")}
    np.testing.assert_array_equal(np.diag(made.levels("knockouts")), 0)
    np.testing.assert_allclose(np.diag(made.levels("knockdowns")), base / 2, atol=2e-7)
    still = {name: (np.abs(change) < 1e-6).mean() for name, change in away.items()}
    assert still["knockouts"] > 0.5 and still["knockdowns"] > 0.5 and still["multifactorial"] < 0.1
    np.testing.assert_array_equal(made.series[:, 0, 1:], np.tile(base, (3, 1)))


def test_measurements_have_the_noise_that_is_configured(tmp_path: Path) -> None:
    made = make(tmp_path, genes=8, series=300, measurement_noise=0.04)
    starts = made.series[:, 0, 1:]
    bright = starts.mean(0) > 0.35
    assert bright.sum() >= 2
    np.testing.assert_allclose(starts[:, bright].std(0), 0.04, rtol=0.15)
    levels = np.repeat([[0.8, 0.2, 0.1, 0.01, 0.0]], 20_000, axis=0)
    noisy = measured(np.random.default_rng(1), levels, 0.05)
    np.testing.assert_allclose(noisy.std(0), [0.05, 0.05, 0.025, 0.0025, 0], rtol=0.03)
    np.testing.assert_allclose(noisy.mean(0), levels[0], atol=0.002)
    assert noisy.min() >= 0
    assert not np.diag(made.levels("knockouts")).any()
