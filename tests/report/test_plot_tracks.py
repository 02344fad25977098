"""Tracks from sequence: the figure shows a window chosen by what was measured, and every score beside the run's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import nothing_cut, page, picture, printed_honest
from workflow_scripts.contracts import gene_bodies, predicted_tracks, track_store
from workflow_scripts.evaluation.models import label
from workflow_scripts.report.plot_tracks import plot_tracks
from workflow_scripts.report.track_figures import choose_window
from workflow_scripts.seq2track.score_tracks import score_tracks
from workflow_scripts.seq2track.track_baselines import BASELINES

SPEC = {"min_signal": 5, "pause_end": 64, "body_start": 64, "body_end_trim": 0, "coarse": 32,
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
    del paths["bodies"]
    return paths


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


def test_the_window_that_is_drawn_is_chosen_by_measured_signal_alone() -> None:
    rng = np.random.default_rng(1)
    windows = pd.DataFrame({"chrom": "I", "start": 100 * np.arange(11), "end": 100 * np.arange(11) + 100})
    signal = np.ones((11, 2, 5)) * rng.permutation(11)[:, None, None]
    mask = np.ones((11, 2, 5), bool)
    mask[np.argmax(signal[:, 0, 0] == 9)] = False  # the one that would be chosen, were it in use
    chosen = [choose_window(windows, signal, mask, said, 20) for said in rng.random((2, 11, 2, 5))]
    assert chosen[0].place == chosen[1].place
    rank = int(chosen[0].measured[0, 0])
    assert rank == 8 and chosen[0].start == windows["start"][np.argmax(signal[:, 0, 0] == 8)]
