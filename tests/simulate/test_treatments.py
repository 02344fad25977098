"""What is planted in experiments on a circuit beyond those of DREAM4."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.simulate.circuits import Circuit, make

QUIET = {"measurement_noise": 0.0, "process_noise": 0.0, "feedback": 0.0, "compounds": 4, "seed": 3}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    return make(tmp_path_factory.mktemp("quiet"), **QUIET)


def measured(circuit: Circuit) -> list[tuple[str, str, str, np.ndarray]]:
    """Perturbation, series, time and levels of each line."""
    return [(row[0], row[1], row[2], np.array(row[3:], float)) for row in circuit.rows("perturbed")[1:]]


def below(circuit: Circuit, genes: set[str]) -> set[str]:
    """The genes themselves and all that follow of them."""
    found = set(genes)
    while new := {target for source, target in circuit.edges if source in found} - found:
        found |= new
    return found


def planted(circuit: Circuit) -> dict[str, dict[str, tuple[float, float]]]:
    """{compound: {gene: (shift, half dose)}}."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for compound, gene, shift, half in circuit.rows("truth/compounds")[1:]:
        found.setdefault(compound, {})[gene] = float(shift), float(half)
    return found


def test_each_regulator_is_overexpressed_and_each_compound_given_in_doses_and_over_time(quiet: Circuit) -> None:
    header = quiet.rows("perturbed")[0]
    assert header == ["perturbation", "series", "time", *quiet.genes]
    kinds = Counter((text.split(":")[1], bool(series)) for text, series, *_ in measured(quiet))
    regulators = {source for source, _ in quiet.edges}
    assert kinds == {("overexpression", False): len(regulators), ("chemical", False): 20, ("chemical", True): 28}
    times = [float(time) for text, series, time, _ in measured(quiet) if series == "C2"]
    assert times == sorted(times) and len(set(np.diff(times))) > 2  # steps of several lengths
    assert all(time == "" for _, series, time, _ in measured(quiet) if not series)


def test_an_overexpressed_gene_without_regulators_has_twice_its_level(quiet: Circuit) -> None:
    wild = dict(zip(quiet.genes, quiet.levels("wildtype")[0], strict=True))
    free = set(quiet.genes) - {target for _, target in quiet.edges}
    doubled = 0
    for text, _, _, levels in measured(quiet):
        gene, kind = text.split(":")[:2]
        if kind == "overexpression" and gene in free:
            doubled += 1
            assert levels[quiet.genes.index(gene)] == pytest.approx(2 * wild[gene], rel=1e-5)
    assert doubled


def test_a_compound_moves_its_targets_by_dose_and_what_follows_of_them_alone(quiet: Circuit) -> None:
    wild = quiet.levels("wildtype")[0]
    compared = 0
    for compound, of in planted(quiet).items():
        assert 1 <= len(of) <= 3
        reached = {quiet.genes.index(gene) for gene in below(quiet, set(of))}
        free = {gene for gene in of if not below(quiet, set(of) - {gene}) & {gene}}
        for text, series, time, levels in measured(quiet):
            if not text.startswith(f"{compound}:"):
                continue
            others = [place for place in range(len(wild)) if place not in reached]
            np.testing.assert_allclose(levels[others], wild[others], atol=1e-6)
            if series and float(time) == 0:
                np.testing.assert_allclose(levels, wild, atol=1e-6)
            dose = float(text.split(":")[2])
            for gene in free if not series else ():
                shift, half = of[gene]
                at = quiet.genes.index(gene)
                wanted = np.clip(wild[at] + shift * dose / (dose + half), 0, 1)
                compared += 1
                assert levels[at] == pytest.approx(wanted, abs=2e-6), (text, gene)
    assert compared > 20


def test_the_listed_regulators_are_all_that_there_are_and_some_that_are_none(quiet: Circuit) -> None:
    listed, regulators = [row[0] for row in quiet.rows("regulators")], {source for source, _ in quiet.edges}
    assert regulators < set(listed) and listed == sorted(set(listed), key=quiet.genes.index)


def test_motifs_tell_most_edges_among_more_that_there_are_not(tmp_path: Path) -> None:
    circuit = make(tmp_path, genes=100, series=1)
    rows = circuit.rows("motif_edges")
    told, true = [tuple(row[:2]) for row in rows], set(circuit.edges)
    right = sum(edge in true for edge in told)
    assert 0.65 * len(true) < right < 0.95 * len(true) and len(set(told)) == len(told) == 5 * right
    assert all(source != target for source, target in told) and {row[2] for row in rows} == {"0.5"}


def test_without_compounds_there_are_none(tmp_path: Path) -> None:
    circuit = make(tmp_path, **QUIET | {"compounds": 0})
    assert {text.split(":")[1] for text, *_ in measured(circuit)} == {"overexpression"}
    assert len(circuit.rows("truth/compounds")) == 1
