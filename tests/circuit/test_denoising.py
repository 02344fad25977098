"""Effects without the noise, against Bayes' rule with what they were drawn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from tests.circuit.experiments import sheet, written
from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.denoising import denoised_singles, posterior_mean
from workflow_scripts.contracts.perturbations import Perturbation

SHARE, SD, NOISE, HALF = 0.1, 1.0, 0.2, 0.4  # HALF: of an effect, what the second reading has


def drawn(number: int = 6000) -> tuple[np.ndarray, np.ndarray]:
    """True effects (N,), and two readings of each (N, 2)."""
    rng = np.random.default_rng(0)
    true = np.where(rng.random(number) < SHARE, SD * rng.normal(size=number), 0)
    return true, np.column_stack([true, HALF * true]) + NOISE * rng.normal(size=(number, 2))


@pytest.mark.parametrize("readings", [1, 2])
def test_the_mean_is_that_of_bayes_rule_with_what_effects_were_drawn_from(readings: int) -> None:
    true, measured = drawn()
    measured = measured[:, :readings]
    gains = np.array([1, HALF])[:readings]
    noise = NOISE**2 * np.eye(readings)
    slab = noise + SD**2 * np.outer(gains, gains)
    real = SHARE * multivariate_normal(cov=slab).pdf(measured)
    none = (1 - SHARE) * multivariate_normal(cov=noise).pdf(measured)
    bayes = real / (real + none) * (measured @ np.linalg.inv(slab) @ gains * SD**2)
    found = posterior_mean(measured, NOISE**2)
    assert np.sqrt(np.mean((found - bayes) ** 2)) < 0.02
    clear = np.where(np.abs(measured[:, 0]) > 3 * NOISE, measured[:, 0], 0)
    assert np.mean((found - true) ** 2) < 0.9 * np.mean((clear - true) ** 2)


def test_a_second_reading_tells_more_and_noise_alone_leaves_nothing() -> None:
    true, measured = drawn()
    errors = [np.mean((posterior_mean(measured[:, :of], NOISE**2) - true) ** 2) for of in (1, 2)]
    assert errors[1] < 0.95 * errors[0]
    noise = NOISE * np.random.default_rng(1).normal(size=(4000, 1))
    assert np.abs(posterior_mean(noise, NOISE**2)).max() < 0.3 * np.abs(noise).max()


REST = ("", "", np.nan, False)
GENES = [f"G{place}" for place in range(12)]


def circuit(folder: Path, knocked_down: int, replicates: int = 20) -> Circuit:
    """12 genes at 10, with a noise of 0.1; each knock-out moves the next gene by 3, half as much knocked down."""
    rng = np.random.default_rng(3)
    rows = [REST] * replicates + [(f"{gene}:knockout", "", np.nan, False) for gene in GENES]
    rows += [(f"{gene}:knockdown:0.5", "", np.nan, False) for gene in GENES[:knocked_down]]
    x = 10 + 0.1 * rng.normal(size=(len(rows), 12))
    for place in range(12):
        x[replicates + place, (place + 1) % 12] += 3
        x[replicates + place, place] = 0
    for place in range(knocked_down):
        x[replicates + 12 + place, (place + 1) % 12] += 1.5
        x[replicates + 12 + place, place] = 5
    return written(x, sheet(rows), GENES, folder / "experiments.h5ad")


@pytest.mark.parametrize("knocked_down", [0, 5, 12])
def test_of_knock_outs_only_what_they_do_is_left(knocked_down: int, tmp_path: Path) -> None:
    measured = circuit(tmp_path, knocked_down)
    singles, reference = measured.singles(), measured.reference()
    found = denoised_singles(measured)
    assert set(found) == set(singles)
    for place, gene in enumerate(GENES):
        one = Perturbation(gene, "knockout", 0.0)
        effect = found[one] - reference
        assert found[one][place] == singles[one][place]  # what is done to it is known
        assert effect[(place + 1) % 12] == pytest.approx(3, abs=0.4)
        others = [other for other in range(12) if other not in (place, (place + 1) % 12)]
        assert np.abs(effect[others]).mean() < 0.3 * np.abs(singles[one] - reference)[others].mean()


def test_levels_stay_where_noise_is_unknown_or_effects_are_few(tmp_path: Path) -> None:
    measured = circuit(tmp_path, 0)
    still = measured._replace(levels=np.where(np.arange(len(measured.levels))[:, None] < 20, 10.0, measured.levels))
    few = measured._replace(at_rest=measured.at_rest[:23])  # three knock-outs: 33 effects
    assert not still.noise().any() and len(few.singles()) == 3
    for each in (still, few):
        for one, levels in each.singles().items():
            assert denoised_singles(each)[one] == pytest.approx(levels, abs=1e-12)
