"""Baselines find what they can know, and nothing of the fold that is held out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from tests.seq2track import material
from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import gene_bodies, metrics, predicted_tracks, track_store
from workflow_scripts.evaluation.models import BASELINES as LABELS
from workflow_scripts.io.bases import encode
from workflow_scripts.seq2track import gene_baselines, genes, ridge, scoring, sequence_baselines
from workflow_scripts.seq2track.predict_track_baselines import predict_track_baselines
from workflow_scripts.seq2track.score_tracks import score_tracks
from workflow_scripts.seq2track.track_baselines import BASELINES, OF_SEQUENCE, TOLD, flatten, unflatten

SPEC = {"min_signal": 10, "pause_end": 96, "body_start": 96, "body_end_trim": 16, "readthrough": 200, "coarse": 32,
        "bootstrap_samples": 20, "seed": 1}  # fmt: skip


def bodies_of(made: material.Material, folder: Path) -> Path:
    """Genes that begin a few bases after a motif, on its strand."""
    rows = []
    for chrom, text in made.sequence.items():
        for strand, motif in (("+", material.MOTIF), ("-", material.reverse_complement(material.MOTIF))):
            at = text.upper().find(motif)
            while at >= 0:
                start, end = (at + 8, at + 208) if strand == "+" else (at - 200, at)
                if start >= 0 and end <= len(text):
                    rows.append((chrom, start, end, strand, start if strand == "+" else end - 1))
                at = text.upper().find(motif, at + 1)
    table = pd.DataFrame(rows, columns=["chrom", "start", "end", "strand", "tss"])
    table.insert(0, "gene_id", [f"G{number:04d}" for number in range(len(table))])
    gene_bodies.write(table.assign(placed=True), folder / "bodies.parquet")
    return folder / "bodies.parquet"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> material.Material:
    return material.make(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def bodies(made: material.Material) -> Path:
    return bodies_of(made, made.genome.parent)


def run(made: material.Material, bodies: Path, path: Path, **spec: Any) -> predicted_tracks.Predicted:
    predict_track_baselines(
        **made.inputs, bodies=bodies, predicted=path, fold=1, spec={"max_windows": 2000, "seed": 1, **spec}
    )
    return predicted_tracks.read(path, made.table)


@pytest.fixture(scope="module")
def predicted(made: material.Material, bodies: Path) -> predicted_tracks.Predicted:
    return run(made, bodies, made.genome.parent / "baselines.h5")


def test_every_baseline_of_the_registry_says_something_of_every_track(predicted: predicted_tracks.Predicted) -> None:
    assert set(predicted.values) == set(BASELINES) <= set(LABELS)
    assert {*OF_SEQUENCE, *TOLD} == set(BASELINES)
    for values in predicted.values.values():
        assert values.shape[1:] == (4, 8) and (np.ptp(values, axis=(0, 2)) > 0).all()


def test_genes_tell_more_than_composition_and_each_step_adds(
    made: material.Material, predicted: predicted_tracks.Predicted
) -> None:
    rows = np.flatnonzero(made.table["fold"] == 1)
    signal, mask = track_store.TrackStore(made.targets, made.table).rows(rows)
    r = {name: np.corrcoef(values[mask], signal[mask])[0, 1] for name, values in predicted.values.items()}
    assert r["mean_profile"] > r["kmer_ridge"] > r["gc_linear"] > 0.05
    assert r["linear_composite"] > 0.5 and r["mean_profile"] > 0.5


def test_the_fold_held_out_has_no_part_in_its_baselines(
    made: material.Material, bodies: Path, predicted: predicted_tracks.Predicted, tmp_path: Path
) -> None:
    store = track_store.TrackStore(made.targets, made.table)
    values, mask = store.rows(np.arange(len(made.table)))
    values[made.table["fold"] == 1] = 1e5
    track_store.write_targets(
        zip(values, mask, strict=True), store.tracks, tmp_path / "targets.h5", windows=made.table, bins=8,
        bin_width=16, set_name="toy", genome=store.genome,
    )  # fmt: skip
    again = run(made._replace(targets=tmp_path / "targets.h5"), bodies, tmp_path / "baselines.h5")
    for name, values in predicted.values.items():
        np.testing.assert_array_equal(values, again.values[name])


def test_without_genes_in_training_nothing_is_known_of_levels(
    made: material.Material, bodies: Path, tmp_path: Path
) -> None:
    table, _ = gene_bodies.read(bodies)
    gene_bodies.write(table[table["chrom"] == "II"].reset_index(drop=True), tmp_path / "bodies.parquet")
    found = run(made, tmp_path / "bodies.parquet", tmp_path / "baselines.h5").values
    for name in ("profile_and_level", "linear_composite"):
        np.testing.assert_array_equal(found[name], found["mean_profile"])


def test_a_mirrored_genome_has_the_mirrored_predictions(tmp_path: Path) -> None:
    """Of chromosomes that windows fill; all but boosted trees, which cut between values, see the same."""
    before = material.LENGTHS.copy()
    material.LENGTHS.update({name: length // 128 * 128 for name, length in before.items()})
    try:
        pair = [material.make(tmp_path / str(side), mirrored=bool(side)) for side in (0, 1)]
    finally:
        material.LENGTHS.update(before)
    found = [run(made, bodies_of(made, made.genome.parent), tmp_path / f"{side}.h5") for side, made in enumerate(pair)]
    for name in ("gc_linear", "kmer_ridge", "mean_profile"):
        flipped = found[1].values[name][::-1][:, [1, 0, 3, 2], ::-1]
        np.testing.assert_allclose(found[0].values[name], flipped, rtol=0.02, atol=0.02)


def test_genes_are_the_bins_that_lie_within_them_in_their_direction(made: material.Material) -> None:
    table = pd.DataFrame(
        [("a", "II", 150, 400, "+", 170, True), ("b", "II", 150, 400, "-", 380, True),
         ("c", "I", 150, 400, "+", 150, True), ("d", "II", 10, 20, "+", 10, True),
         ("e", "II", 150, 400, "+", 150, False)],
        columns=["gene_id", "chrom", "start", "end", "strand", "tss", "placed"],
    )  # fmt: skip
    rows = np.flatnonzero(made.table["chrom"] == "II")
    found = {gene.gene_id: gene for gene in genes.place(table, made.table, rows, 16, 8)}
    assert found.keys() == {"a", "b"}
    forward = [number for number in range(100) if number * 16 >= 170 and number * 16 + 16 <= 400]
    assert found["a"].bins.tolist() == forward and found["a"].side == 0
    assert found["a"].distance.tolist() == [number * 16 - 170 for number in forward]
    back = [number for number in range(99, -1, -1) if number * 16 >= 150 and number * 16 + 16 <= 381]
    assert found["b"].bins.tolist() == back and found["b"].side == 1
    assert found["b"].distance.tolist() == [381 - (number * 16 + 16) for number in back]
    assert abs(found["b"].end - found["b"].tss) == 381 - 150 and abs(found["a"].end - found["a"].tss) == 400 - 170


def test_bins_after_a_gene_end_with_the_next_one_on_its_strand_and_with_the_windows(made: material.Material) -> None:
    table = pd.DataFrame(
        [("a", "II", 150, 405, "+"), ("b", "II", 470, 600, "+"), ("within", "II", 200, 300, "+"),
         ("over", "II", 380, 480, "-"), ("c", "II", 620, 900, "-"), ("d", "II", 560, 610, "-"),
         ("low", "II", 20, 130, "-"), ("last", "II", 7800, 8000, "+")],
        columns=["gene_id", "chrom", "start", "end", "strand"],
    ).assign(placed=True)  # fmt: skip
    table["tss"] = np.where(table["strand"] == "+", table["start"], table["end"] - 1)
    rows = np.flatnonzero(made.table["chrom"] == "II")
    found = {gene.gene_id: gene.after.tolist() for gene in genes.place(table, made.table, rows, 16, 8, 100)}
    assert found["a"] == [26, 27, 28]  # whole bins between 405 and 470
    assert found["b"] == [38, 39, 40, 41, 42]  # 600 to 700, whatever the other strand has
    assert found["within"] == []
    assert found["c"] == []  # less than a bin before d
    assert found["d"] == [34, 33, 32, 31, 30]  # 560 down to 480, where `over` begins
    assert found["low"] == [0]
    assert found["last"] == list(range(500, 506))
    elsewhere = {gene.gene_id: gene.after.tolist() for gene in genes.place(table, made.table, rows[:5], 16, 8, 100)}
    assert elsewhere["b"] == [38, 39]  # the other bins are of a window that is not at hand
    assert all(not len(gene.after) for gene in genes.place(table, made.table, rows, 16, 8))


def test_what_is_known_of_a_gene_is_computed_over_its_bins_that_count() -> None:
    rng = np.random.default_rng(4)
    signal, said = rng.poisson(5, (2, 40)).astype(float), rng.gamma(2, 2, (2, 40))
    mask = np.ones((2, 40), bool)
    mask[1, 20] = False
    after = np.array([9, 8, 7, 6, 5])
    mask[1, 7] = False
    gene = genes.Placed("g", 1, np.arange(30, 9, -1), np.arange(21) * 16 + 3, "I", 500, 500 - 21 * 16 - 3, after)
    found = genes.values([gene], said, signal, mask, 16, SPEC)
    bins = [number for number in range(30, 9, -1) if number != 20]
    true, mine = signal[1, bins], said[1, bins]
    distance = np.array([3 + 16 * (30 - number) for number in bins])
    assert found.level[0] == pytest.approx(np.log((true.sum() + 1) / (16 * len(true))))
    assert found.within[0] == pytest.approx(np.corrcoef(true, mine)[0, 1])
    pause, body = distance + 16 <= 96, (distance >= 96) & (distance + 16 <= 21 * 16 + 3 - 16)
    index = [np.log2((of[pause].sum() + 1) / pause.sum() / ((of[body].sum() + 1) / body.sum())) for of in (true, mine)]
    assert [found.pausing[0], found.predicted_pausing[0]] == pytest.approx(index)
    inner = [np.log((of[body].sum() + 1) / body.sum() / 16) for of in (true, mine)]
    assert [found.body[0], found.predicted_body[0]] == pytest.approx(inner)
    past = [(of[1, [9, 8, 6, 5]].sum() + 1) / 4 for of in (signal, said)]
    through = [np.log2(density) - np.log2(np.exp(of) * 16) for density, of in zip(past, inner, strict=True)]
    assert [found.readthrough[0], found.predicted_readthrough[0]] == pytest.approx(through)
    short = genes.values([gene._replace(after=after[:4])], said, signal, mask, 16, SPEC)
    assert np.isnan(short.readthrough[0]) and short.body[0] == found.body[0]
    pairs = [(np.flatnonzero(distance // 32 == whole)) for whole in range(11)]
    pairs = [pair for pair in pairs if len(pair) == 2]
    coarse = [[of[pair].sum() for pair in pairs] for of in (true, mine)]
    assert found.within_coarse[0] == pytest.approx(np.corrcoef(*coarse)[0, 1])
    quiet = genes.values([gene], said, signal, mask, 16, {**SPEC, "min_signal": 1e6})
    assert np.isnan([quiet.within[0], quiet.within_coarse[0], quiet.pausing[0], quiet.readthrough[0]]).all()
    assert (quiet.level[0], quiet.body[0]) == (found.level[0], found.body[0])
    even = genes.values([gene], np.ones((2, 40)), signal, mask, 16, SPEC)
    assert even.within[0] == 0


def test_ridge_is_scikit_learns_with_the_penalty_that_validation_prefers() -> None:
    rng = np.random.default_rng(5)
    x, other = (rng.normal(size=(number, 6)).astype(np.float32) * [1, 2, 1, 1, 5, 1] for number in (60, 40))
    x, other = x.astype(np.float32), other.astype(np.float32)
    truth, weights = rng.normal(size=6), rng.uniform(0.5, 2, 60)
    y, of_other = x @ truth + rng.normal(size=60), other @ truth + rng.normal(size=40)
    blocks = [(x[:25], y[:25], weights[:25]), (x[25:], y[25:], weights[25:])]
    found, constant = ridge.fit(blocks, lambda: [(other, of_other, np.ones(40))])
    sd = np.sqrt(np.average((x - np.average(x, axis=0, weights=weights)) ** 2, axis=0, weights=weights))
    fits = [Ridge(alpha=penalty * weights.sum()).fit(x / sd, y, sample_weight=weights) for penalty in ridge.PENALTIES]
    errors = [((fit.predict(other / sd) - of_other) ** 2).sum() for fit in fits]
    best = fits[int(np.argmin(errors))]
    np.testing.assert_allclose(found, best.coef_ / sd, rtol=1e-3)
    assert constant == pytest.approx(best.intercept_, abs=1e-3)


def test_kmers_and_composition_are_counted_around_each_bin() -> None:
    rng = np.random.default_rng(6)
    text = "".join(rng.choice(list("ACGTN"), 16 * 12, p=[0.24, 0.25, 0.25, 0.24, 0.02]))
    words = [a + b + c + d for a in "ACGT" for b in "ACGT" for c in "ACGT" for d in "ACGT"]
    found = sequence_baselines.kmers(encode(text), 16, 48)
    near = found[0, :256] * 16 * 5  # two bins at either side of the first bin after the context
    stretch = text[16 : 16 * 6 + 3]
    expected = [sum(stretch[at : at + 4] == word for at in range(len(stretch) - 3)) for word in words]
    np.testing.assert_allclose(near, expected, atol=1e-4)
    shares = sequence_baselines.composition(encode(text), 16, 48)
    assert shares[0, 0] == pytest.approx(sum(base in "GC" for base in text[16 : 16 * 6]) / 80)
    assert shares[0, 1] == pytest.approx(sum(text[at : at + 2] == "CG" for at in range(16, 96)) / 80)


def test_the_longest_frame_is_the_longest_stretch_without_a_stop() -> None:
    codes = encode("AA" + "TAA" + "ATG" + "GCC" * 5 + "TGA" + "AAA")
    frame = gene_baselines.longest_frame(codes)
    assert len(frame[::3]) >= 6
    spelled = ["".join("ACGT"[word // 4**at % 4] for at in (2, 1, 0)) for word in frame[::3]]
    assert not set(spelled) & {"TAA", "TAG", "TGA"}


def test_flat_signal_is_window_after_window() -> None:
    values = np.arange(24).reshape(3, 2, 4)
    flat = flatten(values)
    assert flat[1].tolist() == [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23]
    np.testing.assert_array_equal(unflatten(flat, 4), values)


@pytest.fixture(scope="module")
def scored(
    made: material.Material, bodies: Path, predicted: predicted_tracks.Predicted
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A run that says the truth plus noise, held against the baselines."""
    folder = made.genome.parent
    rows = np.flatnonzero(made.table["fold"] == 1)
    signal, _ = track_store.TrackStore(made.targets, made.table).rows(rows)
    rng = np.random.default_rng(0)
    said = (signal + rng.gamma(1, 1, signal.shape)).astype(np.float32)
    blocks = [{"mine": said, "shuffled_sequence": rng.gamma(1, 1, signal.shape).astype(np.float32)}]
    about = {"fold": 1, "tracks": material.TRACKS, "bin_width": 16, "bins": 8}
    predicted_tracks.write(blocks, folder / "mine.h5", windows=made.table, **about)
    score_tracks(
        windows=made.windows, targets=made.targets, bodies=bodies, predicted=[folder / "mine.h5"],
        baselines=[folder / "baselines.h5"], metrics=folder / "metrics.parquet",
        comparisons=folder / "comparisons.parquet", spec=SPEC, run="mine", values=["counts", "coverage"],
    )  # fmt: skip
    return metrics.read(folder / "metrics.parquet"), comparisons_table.read(folder / "comparisons.parquet")


def test_a_run_stands_beside_every_baseline_on_each_track(
    made: material.Material, scored: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    found, against = scored
    assert set(found["dataset"]) == {"a", "b"}
    controls = {"mine", "mine_gene_level", "shuffled_sequence", "swapped_strands", "other_track", *BASELINES}
    for dataset, of_track in found.groupby("dataset"):
        ceiling = {"counting_ceiling"} if dataset.startswith("a") else set()
        assert set(of_track["model"]) == controls | ceiling
    rows = np.flatnonzero(made.table["fold"] == 1)
    signal, mask = track_store.TrackStore(made.targets, made.table).rows(rows)
    said = predicted_tracks.read(made.genome.parent / "mine.h5", made.table).values["mine"]
    value = found.set_index(["dataset", "model", "metric"])["value"]
    for track, pair in (("a", [0, 1]), ("b", [2, 3])):
        kept = mask[:, pair]
        expected = np.corrcoef(said[:, pair][kept], signal[:, pair][kept])[0, 1]
        assert value[track, "mine", "bin_pearson"] == pytest.approx(expected, abs=1e-5)
        swapped = np.corrcoef(said[:, pair[::-1]][kept], signal[:, pair][kept])[0, 1]
        assert value[track, "swapped_strands", "bin_pearson"] == pytest.approx(swapped, abs=1e-5)
        other = np.corrcoef(said[:, [2, 3] if track == "a" else [0, 1]][kept], signal[:, pair][kept])[0, 1]
        assert value[track, "other_track", "bin_pearson"] == pytest.approx(other, abs=1e-5)
    verdicts = against[(against["metric"] == "bin_pearson") & (against["baseline"] == "gc_linear")]["verdict"]
    assert {"mine", "mine_gene_level"} == set(against["model"])
    assert verdicts[against["model"] == "mine"].eq("ahead").all() and "counting_ceiling" not in set(against["baseline"])


def test_the_mean_over_folds_has_the_mean_of_each_resample() -> None:
    rows = pd.DataFrame(
        {
            "model": "m", "dataset": ["a, fold 0", "a, fold 1"], "split": "test", "task": "t", "level": "pooled",
            "metric": "x", "value": [1.0, 2.0], "ci_low": 0.0, "ci_high": 3.0, "n": [5, 7],
            "replicates": [np.array([1.0, 3.0, 2.0]), np.array([2.0, 2.0, 4.0])], "groups": ["p", "q"],
        }
    )  # fmt: skip
    found = scoring.mean_over_folds(rows, "a").iloc[0]
    assert (found["value"], found["n"], found["groups"]) == (1.5, 12, "p q")
    np.testing.assert_allclose(found["replicates"], [1.5, 2.5, 3.0])
    assert found["ci_low"] == pytest.approx(np.quantile([1.5, 2.5, 3.0], 0.025))


def test_each_gene_is_rescaled_half_way_to_the_level_that_it_is_told() -> None:
    rng = np.random.default_rng(0)
    said, told = rng.gamma(2, 2, (2, 2, 8)), rng.gamma(2, 2, (2, 2, 8))
    none = np.zeros(0, int)
    placed = [
        genes.Placed("a", 0, np.arange(2, 7), np.arange(5) * 16, "I", 0, 80, none),
        genes.Placed("b", 1, np.arange(12, 8, -1), np.arange(4) * 16, "I", 0, 64, none),
        genes.Placed("c", 1, np.arange(9, 12), np.arange(3) * 16, "I", 0, 48, none),
    ]
    found = flatten(scoring.with_levels(said, told, placed))
    before, level = flatten(said), flatten(told)
    assert found[0, 2:7].sum() ** 2 == pytest.approx(before[0, 2:7].sum() * level[0, 2:7].sum(), rel=1e-5)
    np.testing.assert_allclose(found[0, 2:7] / before[0, 2:7], found[0, 2] / before[0, 2], rtol=1e-5)
    both = [np.sqrt(level[1, part].sum() / before[1, part].sum()) for part in (slice(9, 13), slice(9, 12))]
    np.testing.assert_allclose(found[1, 9:12] / before[1, 9:12], np.sqrt(np.prod(both)), rtol=1e-5)
    np.testing.assert_allclose(found[1, 12] / before[1, 12], both[0], rtol=1e-5)
    np.testing.assert_allclose(found[0, 7:], before[0, 7:], rtol=1e-6)


def test_halves_of_the_reads_are_brought_to_all_of_them() -> None:
    row = {"level": "pooled", "value": 0.5, "replicates": np.array([0.5, 0.6]), "ci_low": 0.0, "ci_high": 1.0}
    found = scoring.of_both_halves(row)
    assert found["value"] == pytest.approx(2 / 3) and found["replicates"][1] == pytest.approx(0.75)
