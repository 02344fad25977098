"""Tracks from sequence: the figure shows a window chosen by what was measured, and every score beside the run's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from tests.report.looking import nothing_cut, page, picture, printed_honest
from tests.support import examples
from workflow_scripts.contracts import gene_bodies, gene_table, predicted_tracks, track_store
from workflow_scripts.evaluation.models import label
from workflow_scripts.report.plot_tracks import plot_tracks
from workflow_scripts.report.style import new_figure
from workflow_scripts.report.track_figures import SHADE, Window, choose_window, draw_genes, draw_signal
from workflow_scripts.seq2track.score_tracks import score_tracks
from workflow_scripts.seq2track.track_baselines import BASELINES

SPEC = {"min_signal": 5, "pause_end": 64, "body_start": 64, "body_end_trim": 0, "readthrough": 200, "coarse": 32,
        "bootstrap_samples": 20, "seed": 1}  # fmt: skip
TRACKS = [{"name": name, "assay": "netseq", "strand": strand} for name in "ab" for strand in ("plus", "minus")]


@pytest.fixture
def files(tmp_path: Path) -> dict:
    """Two tracks over ten windows, of which four are held out, and what a run and every baseline say of these."""
    rng = np.random.default_rng(0)
    start = 160 * np.arange(10)
    table = pd.DataFrame({"window": np.arange(10), "chrom": "I", "start": start, "end": start + 160})
    table["fold"], table["split"] = np.arange(10) // 4, "train"
    paths = {name: tmp_path / f"{name}.parquet" for name in ("windows", "bodies", "metrics", "comparisons")}
    paths |= {"targets": tmp_path / "targets.h5"}
    track_store.write_windows(table, paths["windows"])
    signal = rng.poisson(rng.gamma(2, 2, (10, 4, 10))).astype(np.float32)
    blocks = ((values, np.ones((4, 10), bool)) for values in signal)
    about = {"bins": 10, "bin_width": 16, "set_name": "s", "genome": "g"}
    track_store.write_targets(blocks, TRACKS, paths["targets"], windows=table, **about)
    at = 640 + 160 * np.arange(4)
    genes = pd.DataFrame({"gene_id": list("pqrs"), "chrom": "I", "start": at, "end": at + 160, "strand": "+"})
    gene_bodies.write(genes.assign(tss=at, placed=True), paths["bodies"])
    held_out = signal[4:8]
    about = {"windows": table, "fold": 1, "tracks": TRACKS, "bin_width": 16, "bins": 10}
    said = {"mine": held_out + 1, "shuffled_sequence": np.ones_like(held_out)}
    predicted_tracks.write([said], tmp_path / "predicted.h5", **about)
    others = {name: (held_out + rng.gamma(2, 4, held_out.shape)).astype(np.float32) for name in BASELINES}
    predicted_tracks.write([others], tmp_path / "baselines.h5", **about)
    paths["predicted"] = [tmp_path / "predicted.h5"]
    baselines = [tmp_path / "baselines.h5"]
    score_tracks(**paths, baselines=baselines, spec=SPEC, run="mine", values=["counts", "counts"])
    gene_table.write(examples.genes(list("pqrs")), tmp_path / "genes.parquet", "toy")
    return paths | {"genes": tmp_path / "genes.parquet"}


def test_the_figure_and_the_page_are_written(tmp_path: Path, files: dict, write_provenance, drawn) -> None:
    of = files | {"provenance": [write_provenance("t.bw", simulated=True)], "run": "mine", "place": 0}
    for name in ("x", "y"):
        plot_tracks(**of, figure=tmp_path / f"{name}.png", page=tmp_path / f"{name}.html")
    picture(tmp_path / "x.png")
    assert nothing_cut(drawn[0]) and printed_honest(tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes() == (tmp_path / "y.png").read_bytes()
    shown = page(tmp_path / "x.html").text
    for name in ("mine", "mine_gene_level", "swapped_strands", "other_track", "counting_ceiling", *BASELINES):
        assert label(name) in shown


def test_the_window_that_is_drawn_is_the_median_one_and_not_the_best() -> None:
    """Of windows in use with enough signal, by r of both strands over the bins that count."""
    rng = np.random.default_rng(1)
    windows = pd.DataFrame({"chrom": "I", "start": 100 * np.arange(12), "end": 100 * np.arange(12) + 100})
    signal, mask = rng.gamma(2, 2, (12, 2, 50)), np.ones((12, 2, 50), bool)
    predicted = signal + rng.gamma(1, 1, signal.shape) * np.arange(12)[:, None, None]
    signal[2:7] *= 0.01  # less than the others, and better predicted than most
    signal[[1, 9]] = 3 * rng.gamma(2, 2, (2, 2, 50))  # a half of which is masked, and the rest predicted badly
    mask[[1, 9], 0], mask[:, 1, 40:45] = False, False
    signal[~mask] = 1e6
    used = [0, 7, 8, 10, 11]
    scores = {row: np.corrcoef(signal[row][mask[row]], predicted[row][mask[row]])[0, 1] for row in used}
    found = choose_window(windows, signal, mask, predicted, 20)
    assert found.start // 100 == sorted(used, key=scores.get)[2] and found.place.startswith(f"I:{found.start + 1:,}-")
    assert found.score == pytest.approx(np.median(list(scores.values())))
    sparse = np.where(np.isin(np.arange(12), used)[:, None, None], signal, 0.0)
    sparse[[7, 8]] *= 0.001
    found = choose_window(windows, sparse, mask, predicted, 20)
    assert found.start // 100 == sorted([0, 10, 11], key=scores.get)[1]  # though most windows have no signal at all
    assert choose_window(windows, 0 * signal, mask, predicted, 20).score == 0


def test_genes_are_arrows_in_their_direction_with_names_below() -> None:
    window = Window("I", 1000, 10, *[np.zeros((2, 100))] * 2, np.ones((2, 100), bool), 0.0)
    places = [
        ("I", 900, 1300, "+"),
        ("I", 1280, 1700, "-"),
        ("I", 1990, 2400, "+"),
        ("I", 2000, 2100, "+"),
        ("II", 1000, 2000, "+"),
    ]
    genes = pd.DataFrame(places, columns=["chrom", "start", "end", "strand"]).assign(
        symbol=["one", "two", "three", "out", "other"]
    )
    axis = draw_genes(new_figure(5, 1).add_subplot(), window, genes)
    arrows = [patch.get_xy() for patch in axis.patches]
    tips = [xy[3, 0] for xy in arrows]  # in kb; the point between the two halves of the head
    np.testing.assert_allclose(tips, [1.3, 1.28, 2.0])
    np.testing.assert_allclose([xy[0, 0] for xy in arrows], [1.0, 1.7, 1.99])
    names = {text.get_text(): text.get_position() for text in axis.texts}
    assert list(names) == ["one", "two", "three"] and all(1.0 <= x <= 2.0 for x, _ in names.values())
    assert names["one"][1] == names["three"][1] > names["two"][1], "which overlaps the first, and lies below it"
    for xy, (_, height) in zip(arrows, names.values(), strict=True):
        assert height < xy[:, 1].min()


def test_masked_bins_are_shaded_on_their_strand_alone() -> None:
    mask = np.ones((2, 4), bool)
    mask[1, 2] = False
    window = Window("I", 0, 10, np.full((2, 4), 2.0), np.full((2, 4), 1.0), mask, 0.0)
    axis = draw_signal(new_figure(5, 1).add_subplot(), window, window.measured, ("black", "grey"), "t")
    low, high = axis.get_ylim()
    shades = [patch.get_data().values for patch in axis.patches if patch.get_facecolor()[:3] == to_rgb(SHADE)]
    np.testing.assert_allclose(shades, [[0, 0, 0, 0], [0, 0, low, 0]])
    drawn = [patch.get_data().values for patch in axis.patches if patch.get_facecolor()[:3] != to_rgb(SHADE)]
    np.testing.assert_allclose(drawn, [[2] * 4, [-2] * 4])
    assert high == -low == pytest.approx(2.1)
