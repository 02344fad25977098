from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import legends_apart, nothing_cut, picture, printed_honest
from workflow_scripts.contracts import metagene
from workflow_scripts.report import style
from workflow_scripts.report.metagene import draw_track
from workflow_scripts.report.plot_metagene import plot_metagene


def profiles(tracks: tuple[str, ...] = ("a", "b"), flank: int = 20) -> pd.DataFrame:
    """Sense signal 1, 2, ... over bins of 10 bp, antisense half of it, along genes of 40 bp."""
    start = np.arange(-flank, 40 + flank, 10)
    region = np.select([start < 0, start < 40], ["upstream", "gene"], "downstream")
    bins = pd.DataFrame({"region": region, "start": start, "end": start + 10, "signal": np.arange(1.0, len(start) + 1)})
    both = [bins.assign(direction="sense"), bins.assign(direction="antisense", signal=bins["signal"] / 2)]
    table = pd.concat([part.assign(track=track, assay="NET-seq", genes=1234) for track in tracks for part in both])
    return table[list(metagene.schema().columns)].reset_index(drop=True)


@pytest.mark.parametrize("simulated", [True, False])
def test_every_track_is_drawn(tmp_path: Path, files, drawn, simulated: bool) -> None:
    metagene.write(profiles(), tmp_path / "m.parquet")
    for name in ("a.png", "b.png"):
        plot_metagene(metagene=tmp_path / "m.parquet", provenance=files(simulated), figure=tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert printed_honest(tmp_path / "a.png") == simulated
    metagene.write(profiles(("a",)), tmp_path / "m.parquet")
    plot_metagene(metagene=tmp_path / "m.parquet", provenance=files(simulated), figure=tmp_path / "one.png")
    assert all(legends_apart(figure) and nothing_cut(figure) for figure in drawn)
    assert picture(tmp_path / "one.png").shape[0] < picture(tmp_path / "a.png").shape[0]


def test_sense_is_above_the_line_and_antisense_below() -> None:
    axis = draw_track(style.new_figure(5, 3).subplots(), profiles(("a",)))
    steps = {patch.get_label(): patch.get_data() for patch in axis.patches}
    assert steps["sense"].values.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert steps["antisense"].values.tolist() == [-0.5, -1, -1.5, -2, -2.5, -3, -3.5, -4]
    assert steps["sense"].edges.tolist() == [-20, -10, 0, 10, 20, 30, 40, 50, 60]
    assert axis.get_title(loc="left") == "a (NET-seq): 1,234 genes"


@pytest.mark.parametrize(
    ("flank", "ticks"), [(20, {-20: "-20 bp", 0: "start", 40: "end", 60: "+20 bp"}), (0, {0: "start", 40: "end"})]
)
def test_the_borders_of_genes_and_flanks_are_named(flank: int, ticks: dict[int, str]) -> None:
    axis = draw_track(style.new_figure(5, 3).subplots(), profiles(("a",), flank))
    shown = [label.get_text() for label in axis.get_xticklabels()]
    assert dict(zip(axis.get_xticks().tolist(), shown, strict=True)) == ticks
