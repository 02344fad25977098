"""Starts called from tracks: where signal rises in its direction, how far from annotated starts, and in the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from tests.report.looking import page
from tests.seq2track import material
from tests.seq2track.test_baselines import bodies_of
from workflow_scripts.contracts import called_starts, comparisons, gene_bodies, metrics, predicted_tracks, track_store
from workflow_scripts.evaluation.intervals import draws
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report.show_uses import show_uses
from workflow_scripts.seq2track import starts
from workflow_scripts.seq2track.predict_starts import predict_starts
from workflow_scripts.seq2track.reading import SHUFFLED
from workflow_scripts.settings.schema import complete, load_schema
from workflow_scripts.tracks.protocols import PROTOCOLS

BIN, BINS = 10, 8


def windows(*places: tuple[str, int]) -> pd.DataFrame:
    table = pd.DataFrame(places, columns=["chrom", "start"])
    return table.assign(end=table["start"] + BIN * BINS)


PLACES = (("II", 0), ("I", 160), ("I", 80), ("I", 400), ("II", 80))  # out of order, with a gap


def ground() -> starts.Ground:
    return starts.lay_out(windows(("X", 0), *PLACES), np.arange(1, 1 + len(PLACES)), BIN, BINS)


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.gamma(0.5, 4, (2, len(PLACES) * BINS)), rng.random((2, len(PLACES) * BINS)) > 0.05


def bodies(*rows: tuple) -> pd.DataFrame:
    """(chrom, start, end, strand, tss) of each gene."""
    table = pd.DataFrame(rows, columns=["chrom", "start", "end", "strand", "tss"])
    return table.assign(gene_id=[f"G{number}" for number in range(len(rows))], placed=True)


@pytest.mark.parametrize("flank", [1, 3, 7, 9])
def test_a_score_is_the_signal_after_by_that_before_in_the_direction_of_the_strand(flank: int) -> None:
    """As counted bin by bin; a run of eight bins is too short for flanks of seven, and one of sixteen for nine."""
    signal, mask = drawn(flank)
    here, mean = ground(), signal[mask].mean()
    at = {(chrom, start + BIN * number): row * BINS + number for row, (chrom, start) in enumerate(PLACES)
          for number in range(BINS)}  # fmt: skip
    found, able = starts.rises(signal, mask, here, flank), starts.scored(mask, here, flank)
    number = 0
    for (chrom, start), flat in at.items():
        assert here.chrom[flat] == chrom and here.middle[flat] == start + 4.5
        for side, step in ((0, BIN), (1, -BIN)):
            after, before = (
                [at.get((chrom, start + step * away)) for away in of] for of in (range(flank), range(-flank, 0))
            )
            whole = None not in after + before and mask[side, after + before].all()
            assert able[side, flat] == whole
            if whole:
                sums = [signal[side, of].sum() + flank * mean for of in (after, before)]
                assert found[side, flat] == pytest.approx(np.log(sums[0] / sums[1]))
                number += 1
            else:
                assert found[side, flat] == 0
    assert (number > 20) == (flank < 7)
    assert (starts.rises(np.full(mask.shape, 0.1), mask, here, flank) == 0).all()  # exactly: what is even has ties


def test_the_highest_call_is_where_a_step_is_on_either_strand() -> None:
    signal, mask = np.full((2, len(PLACES) * BINS), 0.01), np.ones((2, len(PLACES) * BINS), bool)
    here = ground()
    signal[0, (here.chrom == "I") & (here.middle > 150) & (here.middle < 300)] = 5.0
    signal[1, (here.chrom == "II") & (here.middle < 90)] = 5.0
    score = starts.rises(signal, mask, here, 3)
    assert here.middle[score[0].argmax()] == 154.5 and here.middle[score[1].argmax()] == 84.5
    found = starts.calls(score, starts.scored(mask, here, 3), here, 0.7, 100)
    assert [(side, here.chrom[bin], here.middle[bin]) for side, bin in found] == [(0, "I", 154.5), (1, "II", 84.5)]


def test_assays_that_mark_starts_are_called_at_their_peaks() -> None:
    signal, mask = drawn(5)
    score = starts.peaks(signal, mask)
    inside = np.where(mask, score, -1)
    np.testing.assert_allclose(score[mask], np.log(1 + signal[mask] / signal[mask].mean()))
    assert signal.ravel()[inside.argmax()] == signal[mask].max()
    assert (starts.peaks(np.zeros((2, 40)), mask) == 0).all()  # where nothing is measured, no bin is before another


def test_what_marks_starts_is_known_by_the_same_names_as_where_tracks_are_read() -> None:
    assert set(track_store.INITIATION) == {name for name, protocol in PROTOCOLS.items() if protocol.initiation}


def test_distances_by_hand_downstream_positive() -> None:
    here, able = ground(), np.ones((2, len(PLACES) * BINS), bool)
    table = bodies(("I", 102, 200, "+", 102), ("II", 20, 97, "-", 96), ("I", 300, 390, "+", 300), ("III", 1, 9, "+", 1))
    able[0, np.flatnonzero((here.chrom == "I") & (here.middle == 114.5))] = False
    first, second = starts.annotated(table, here, able, BIN, 25)  # the third is in a gap, the fourth has no windows
    assert (first.gene_id, first.side, here.middle[first.own]) == ("G0", 0, 104.5)
    assert first.distance.tolist() == [-17.5, -7.5, 2.5, 22.5]  # without 12.5, which does not count
    assert (second.gene_id, second.side, here.middle[second.own]) == ("G1", 1, 94.5)
    assert sorted(second.distance) == [-18.5, -8.5, 1.5, 11.5, 21.5]
    score = np.zeros_like(able, float)
    score[0, here.middle == 124.5] = 2.0  # on all chromosomes
    score[1, here.middle == 74.5] = score[1, here.middle == 104.5] = 1.0
    order = np.random.default_rng(0).random(able.shape)
    chosen = starts.highest([first, second], score, order)
    assert first.distance[chosen[0]] == 22.5
    tied = [second.distance[starts.highest([second], score, np.random.default_rng(n).random(able.shape))[0]]
            for n in range(40)]  # fmt: skip
    assert set(tied) == {-8.5, 21.5}  # neither always
    able[0, first.own] = False
    assert [start.gene_id for start in starts.annotated(table, here, able, BIN, 25)] == ["G1"]
    near = starts.at_starts(table.assign(placed=[True, True, True, False]), here, 8)
    assert sorted(here.middle[near[0]]) == [94.5, 104.5] and sorted(here.middle[near[1]]) == [94.5]
    assert set(here.chrom[near[0]]) == {"I"} and set(here.chrom[near[1]]) == {"II"}


def test_calls_are_high_enough_and_apart_on_their_strand_and_chromosome() -> None:
    here = ground()
    score, able = np.random.default_rng(3).normal(size=(2, len(PLACES) * BINS)), drawn(4)[1]
    found = [tuple(call) for call in starts.calls(score, able, here, 0.5, 25)]
    expected = []  # one after another, the highest first
    for side, bin in sorted(np.ndindex(score.shape), key=lambda call: -score[call]):
        near = [one for one in expected if one[0] == side and here.chrom[one[1]] == here.chrom[bin]
                and abs(here.middle[one[1]] - here.middle[bin]) < 25]  # fmt: skip
        if able[side, bin] and score[side, bin] >= 0.5 and not near:
            expected.append((side, bin))
    assert found == expected and 5 < len(found) < (able & (score >= 0.5)).sum()


def spec(**changes: Any) -> dict[str, Any]:
    return complete(
        {"runs": {"r": {"set": "toy"}}, "starts": {"flank": 48, "reach": 100, "tolerance": 16, "apart": 60,
         "bootstrap_samples": 20, **changes}}, load_schema("seq2track"),
    )["starts"]  # fmt: skip


class Given:
    """A toy genome, and files of what is said of it: what is expected with noise, and nothing."""

    def __init__(self, folder: Path) -> None:
        self.made = material.make(folder, motifs=12)
        self.bodies, self.table = bodies_of(self.made, folder), self.made.table
        self.folder, rng = folder, np.random.default_rng(1)
        self.store = track_store.TrackStore(self.made.targets, self.table)
        for fold in (1, 2):
            rows = np.flatnonzero(self.table["fold"] == fold)
            signal, _ = self.store.rows(rows)
            near = signal + rng.gamma(1, 2, signal.shape).astype(np.float32)
            even = np.full_like(signal, 0.1)
            self.write(folder / f"run{fold}.h5", fold, {"r": near, SHUFFLED: even})
            self.write(folder / f"baselines{fold}.h5", fold, {"mean_profile": signal + 0.1, "gc_linear": even})

    def write(self, path: Path, fold: int, values: dict[str, np.ndarray]) -> None:
        predicted_tracks.write(
            [values], path, windows=self.table, fold=fold, tracks=material.TRACKS, bin_width=16, bins=8
        )

    def run(self, out: Path, folds: tuple[int, ...] = (1, 2), others: tuple[int, ...] = (1, 2), **changes: Any) -> None:
        out.mkdir(parents=True, exist_ok=True)
        predict_starts(
            windows=self.made.windows,
            targets=self.made.targets,
            bodies=self.bodies,
            predicted=[self.folder / f"run{fold}.h5" for fold in folds],
            baselines=[self.folder / f"baselines{fold}.h5" for fold in others],
            starts=out / "starts.tsv",
            calls=out / "starts.bed",
            metrics=out / "metrics.parquet",
            comparisons=out / "comparisons.parquet",
            spec=spec(**changes),
            run="r",
        )


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    return Given(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def out(given: Given) -> Path:
    given.run(given.folder / "out")
    return given.folder / "out"


def test_every_model_is_scored_on_every_fold_and_the_measured_track_is_no_baseline(given: Given, out: Path) -> None:
    found = metrics.read(out / "metrics.parquet")
    models = {
        "r",
        SHUFFLED,
        "mean_profile",
        "gc_linear",
        "measured_track",
        "random_bins",
        "swapped_strands",
        "other_track",
    }
    assert set(found["model"]) == models
    assert set(found["dataset"]) == {f"{track}{fold}" for track in "ab" for fold in ("", ", fold 1", ", fold 2")}
    assert set(found["metric"]) == {"start_distance", "start_within_50", "start_within_100", "start_auprc"}
    value = found[found["dataset"] == "a"].set_index(["metric", "model"])["value"]
    auprc = value["start_auprc"]
    assert auprc["mean_profile"] > auprc["r"] > auprc["random_bins"] + 0.2 and auprc["measured_track"] > auprc["r"]
    assert auprc["swapped_strands"] < auprc["r"] - 0.2
    by_fold = found[found["metric"] == "start_auprc"].set_index(["dataset", "model"])["value"]
    for dataset in ("a, fold 1", "b, fold 2"):  # what is even tells nothing: precision is the share of starts
        assert by_fold[dataset, "gc_linear"] == by_fold[dataset, SHUFFLED] < 0.5 * by_fold[dataset, "measured_track"]
    assert value["start_within_50", "measured_track"] > 0.8 > value["start_within_50", "random_bins"] + 0.1
    whole = found[(found["metric"] == "start_auprc") & (found["model"] == "r")].set_index("dataset")["value"]
    assert whole["a"] == pytest.approx((whole["a, fold 1"] + whole["a, fold 2"]) / 2)
    compared = comparisons.read(out / "comparisons.parquet")
    assert set(compared["model"]) == {"r"} and set(compared["baseline"]) == models - {
        "r",
        "measured_track",
        "mean_profile",
    }


def test_numbers_are_those_of_the_table_and_of_scikit_learn(given: Given, out: Path) -> None:
    """The AUPRC of the measured track, made anew from bases."""
    table = called_starts.read(out / "starts.tsv")
    assert set(table["model"]) == {"r", "measured_track"} and set(table["fold"]) == {1, 2}
    value = metrics.read(out / "metrics.parquet").set_index(["dataset", "metric", "model"])["value"]
    for (track, fold, model), rows in table.groupby(["track", "fold", "model"]):
        place = f"{track}, fold {fold}"
        assert value[place, "start_distance", model] == pytest.approx(rows["distance"].abs().median())
        assert value[place, "start_within_50", model] == pytest.approx((rows["distance"].abs() <= 50).mean())
    sign = np.where(table["strand"] == "+", 1, -1)
    np.testing.assert_allclose(table["distance"], (table["called"] - table["tss"]) * sign)
    genes, _ = gene_bodies.read(given.bodies)
    (chrom,) = (name for name, fold in material.FOLD.items() if fold == 1)
    length = -(-material.LENGTHS[chrom] // 128) * 128
    kept, truth, score, names = 3, [], [], []
    signal, usable = (
        np.pad(of[chrom].astype(float), ((0, 0), (0, length - of[chrom].shape[1]))).reshape(4, -1, 16)
        for of in (given.made.signal, given.made.usable)
    )
    signal, usable = signal.sum(-1), usable.all(-1)
    signal = np.where(usable, signal, 0)
    mean = signal[:2][usable[:2]].mean()
    for side, strand in enumerate("+-"):
        tss = genes.loc[(genes["chrom"] == chrom) & (genes["strand"] == strand), "tss"].to_numpy()
        for bin in range(signal.shape[1]):
            after, before = (slice(bin, bin + kept), slice(bin - kept, bin)) if strand == "+" else (
                slice(bin - kept + 1, bin + 1), slice(bin + 1, bin + 1 + kept))  # fmt: skip
            if min(after.start, before.start) < 0 or max(after.stop, before.stop) > signal.shape[1]:
                continue
            if usable[side, after].all() and usable[side, before].all():
                truth.append(np.abs(bin * 16 + 7.5 - tss).min() <= 16)
                sums = (signal[side, after].sum() + kept * mean, signal[side, before].sum() + kept * mean)
                score.append(np.log(sums[0] / sums[1]))
                names.append(f"{chrom}:{bin // 8 * 128}")
    truth, score = np.array(truth), np.round(score, 9)
    assert value["a, fold 1", "start_auprc", "measured_track"] == pytest.approx(average_precision_score(truth, score))
    windows, window = np.unique(names, return_inverse=True)
    again = [np.repeat(np.arange(len(score)), times[window].astype(int)) for times in draws(len(windows), 20, 1)]
    limits = np.quantile([average_precision_score(truth[one], score[one]) for one in again], [0.025, 0.975])
    rows = metrics.read(out / "metrics.parquet").set_index(["dataset", "metric", "model"])
    found = rows.loc[("a, fold 1", "start_auprc", "measured_track"), ["ci_low", "ci_high"]]
    np.testing.assert_allclose(found.astype(float), limits)
    assert value["a, fold 1", "start_auprc", "random_bins"] == pytest.approx(np.mean(truth), abs=0.06)


def test_calls_are_lines_of_bed_on_the_strand_where_signal_rises(given: Given, out: Path) -> None:
    lines = [line.split("\t") for line in (out / "starts.bed").read_text().splitlines()]
    found = pd.DataFrame(lines, columns=["chrom", "start", "end", "name", "score", "strand", "rise"])
    found = found.astype({"start": int, "end": int, "score": int, "rise": float})
    assert (
        set(found["chrom"]) == {"II", "III"} and set(found["name"]) == {"a", "b"} and set(found["strand"]) == {"+", "-"}
    )
    assert (found["end"] - found["start"] == 16).all() and (found["start"] % 16 == 0).all()
    assert found["rise"].min() >= 0.7 - 1e-4 and found["score"].between(500, 1000).all()
    np.testing.assert_allclose(found["score"], 1000 * (1 - np.exp(-found["rise"])), atol=0.6)
    for _, here in found.groupby(["name", "chrom", "strand"]):
        assert np.diff(np.sort(here["start"])).min() >= 60
    genes, _ = gene_bodies.read(given.bodies)
    of_a = found[(found["name"] == "a") & (found["rise"] > 1.5)]
    near = []
    for row in of_a.itertuples():
        tss = genes.loc[(genes["chrom"] == row.chrom) & (genes["strand"] == row.strand), "tss"]
        near.append((tss - row.start - 7.5).abs().min() <= 32)
    assert len(near) > 10 and np.mean(near) > 0.7


def test_the_report_shows_every_model_and_metric(out: Path, tmp_path: Path) -> None:
    show_uses(
        metrics=[out / "metrics.parquet"],
        comparisons=[out / "comparisons.parquet"],
        provenance=[],
        page=tmp_path / "p.html",
        run="r",
        place=0,
    )
    text = page(tmp_path / "p.html").text
    for words in ("median distance of the highest call (bp)", "AUPRC of starts over bins", "bins at random", "ceiling"):
        assert words in text


def test_what_bed_lists_changes_no_score(given: Given, out: Path, tmp_path: Path) -> None:
    given.run(tmp_path, least_score=1.5, apart=300)
    for name in ("starts.tsv", "metrics.parquet"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes()
    assert len((tmp_path / "starts.bed").read_text()) < len((out / "starts.bed").read_text())


def test_files_of_different_folds_are_refused(given: Given, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="fold or tracks: are not those of"):
        given.run(tmp_path, folds=(1, 2), others=(2, 1))
