"""Scores of tracks against numpy and scipy on resamples that are written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from workflow_scripts.evaluation import tracks
from workflow_scripts.evaluation.intervals import draws

SPEC = {"bootstrap_samples": 40, "seed": 3}


@pytest.fixture
def signal() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predicted and measured signal and mask of 12 windows, 2 strands, 9 bins."""
    rng = np.random.default_rng(0)
    true = rng.poisson(3.0, (12, 2, 9)).astype(np.float32)
    return (true + rng.gamma(1.0, 3.0, true.shape)).astype(np.float32), true, rng.random(true.shape) < 0.8


def rows_of(found: list[dict]) -> dict[str, dict]:
    return {row["metric"]: row for row in found}


def test_correlations_over_bins_are_numpys_over_the_bins_that_count(signal: tuple) -> None:
    predicted, true, mask = signal
    names = [f"w{number:02d}" for number in range(12)]
    found = rows_of(tracks.score_bins(tracks.bin_terms(*signal), names, SPEC, model="m", dataset="d", split="test"))
    for metric, of in (("bin_pearson", lambda x: x), ("bin_log_pearson", np.log1p)):
        expected = np.corrcoef(of(predicted[mask]), of(true[mask]))[0, 1]
        assert found[metric]["value"] == pytest.approx(expected, abs=1e-6)
        for drawn, mine in zip(draws(12, 40, 3)[:5].astype(int), found[metric]["replicates"], strict=False):
            again = np.repeat(np.arange(12), drawn)
            kept = mask[again]
            expected = np.corrcoef(of(predicted[again][kept]), of(true[again][kept]))[0, 1]
            assert mine == pytest.approx(expected, abs=1e-6)
        assert found[metric]["n"] == 12 and found[metric]["task"] == "tracks over bins"


def test_resamples_are_paired_whatever_the_order_of_windows(signal: tuple) -> None:
    names = [f"w{number:02d}" for number in range(12)]
    order = np.random.default_rng(1).permutation(12)
    terms = tracks.bin_terms(*signal)
    plain = tracks.score_bins(terms, names, SPEC, model="m", dataset="d", split="test")
    mixed = tracks.score_bins(
        tracks.Bins(*(part[order] for part in terms)), [names[at] for at in order], SPEC, model="m", dataset="d",
        split="test",
    )  # fmt: skip
    for one, other in zip(plain, mixed, strict=True):
        np.testing.assert_allclose(one["replicates"], other["replicates"])
        assert one["groups"] == other["groups"]


@pytest.fixture
def genes() -> tracks.GeneValues:
    """30 genes with ties; some have no profile, some no index."""
    rng = np.random.default_rng(2)
    level = np.round(rng.normal(size=30), 1)
    within, coarse = rng.uniform(-1, 1, (2, 30))
    within[4:7], coarse[8] = np.nan, np.nan
    pausing = rng.integers(0, 6, 30).astype(float)
    predicted = np.round(pausing + rng.normal(size=30))
    predicted[3] = pausing[3] = np.nan
    body, past = np.round(rng.normal(size=(2, 30)), 1)
    body[9], past[:5] = np.nan, np.nan
    noisy = [part + rng.normal(size=30) for part in (level, body, past)]
    return tracks.GeneValues(
        level, noisy[0], within, coarse, pausing, predicted, body, noisy[1], past, noisy[2]
    )  # fmt: skip


def test_numbers_of_genes_are_scipys_also_on_resamples(genes: tracks.GeneValues) -> None:
    names = [f"g{number:02d}" for number in range(30)]
    found = rows_of(tracks.score_genes(genes, names, SPEC, model="m", dataset="d", split="test"))
    resamples = [np.arange(30), *(np.repeat(np.arange(30), drawn) for drawn in draws(30, 40, 3).astype(int))]
    for place, again in enumerate(resamples):
        values = tracks.GeneValues(*(part[again] for part in genes))

        def spearman(x: np.ndarray, y: np.ndarray) -> float:
            return stats.spearmanr(x[np.isfinite(x)], y[np.isfinite(x)])[0]

        expected = {
            "gene_log_pearson": np.corrcoef(values.level, values.predicted_level)[0, 1],
            "gene_spearman": stats.spearmanr(values.level, values.predicted_level)[0],
            "within_pearson": np.nanmedian(values.within),
            "within_coarse_pearson": np.nanmedian(values.within_coarse),
            "pausing_spearman": spearman(values.pausing, values.predicted_pausing),
            "body_spearman": spearman(values.body, values.predicted_body),
            "readthrough_spearman": spearman(values.readthrough, values.predicted_readthrough),
        }
        for metric, value in expected.items():
            mine = found[metric]["value"] if place == 0 else found[metric]["replicates"][place - 1]
            assert mine == pytest.approx(value, abs=1e-9), (metric, place)


def test_nothing_known_of_genes_is_no_number() -> None:
    none = np.full(4, np.nan)
    found = tracks.on_genes(tracks.GeneValues(*[none] * 10), np.ones((3, 4)))
    assert all(np.isnan(part).all() and part.shape == (3,) for part in found)


def test_fewer_genes_than_a_correlation_needs_have_medians_alone(genes: tracks.GeneValues) -> None:
    few = tracks.GeneValues(*(part[: tracks.LEAST_GENES - 1] for part in genes))
    found = tracks.on_genes(few, np.ones((3, tracks.LEAST_GENES - 1)))
    for name, part in found._asdict().items():
        expected = np.nanmedian(getattr(few, name)) if name.startswith("within") else np.nan
        assert part == pytest.approx(np.full(3, expected), nan_ok=True)
