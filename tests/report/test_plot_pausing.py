from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from tests.report.looking import picture, printed_honest
from workflow_scripts.contracts import polymerase
from workflow_scripts.contracts.gene_table import order_digest
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report import intervals, pausing, style
from workflow_scripts.report.plot_pausing import plot_pausing
from workflow_scripts.training import scores


def features(tracks: tuple[str, ...] = ("netseq", "proseq"), genes: int = 60, measured: float = 0.8) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    tables = []
    for track in tracks:
        known = rng.random(genes) < measured
        index = np.where(known, np.exp(rng.normal(1, 0.8, genes)), np.nan)
        table = pd.DataFrame({"gene_id": [f"g{number}" for number in range(genes)], "track": track})
        table = table.assign(
            **dict.fromkeys(("pause_count", "body_count", "pause_density", "body_density"), 1.0),
            pausing_index=index,
            ci_low=index / 1.5,
            ci_high=index * 1.5,
            antisense_count=0.0,
            pause_length=100,
            body_length=1000,
            measured=known,
            reason=np.where(known, "", "body too short").astype(object),
        )
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def write_truth(folder: Path, table: pd.DataFrame, factor: float = 1.1) -> Path:
    folder.mkdir()
    planted = table[["gene_id", "track"]].rename(columns={"track": "assay"})
    planted["pausing_index"] = table["pausing_index"].fillna(1) * factor
    planted.to_csv(folder / "pausing.tsv", sep="\t", index=False)
    return folder


@pytest.mark.parametrize("simulated", [True, False])
def test_the_pausing_of_every_track_is_drawn(tmp_path, files, simulated: bool) -> None:
    table = features()
    polymerase.write(table, tmp_path / "p.parquet", order_digest(table["gene_id"].unique()))
    truth = write_truth(tmp_path / "truth", table) if simulated else None
    for name in ("a.png", "b.png"):
        plot_pausing(
            polymerase=tmp_path / "p.parquet", truth=truth, provenance=files(simulated), figure=tmp_path / name
        )
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert picture(tmp_path / "a.png").shape[1] == (3 if simulated else 2) * 4.4 * style.DPI
    assert printed_honest(tmp_path / "a.png") == simulated


def test_the_share_of_planted_values_within_their_interval_is_said() -> None:
    table = features(("netseq",), genes=50, measured=1)
    planted = table[["gene_id", "track"]].assign(planted=table["pausing_index"] * np.where(np.arange(50) < 5, 2, 1.2))
    axis = pausing.draw_planted(style.new_figure(4, 4).subplots(), table, planted, np.geomspace(0.1, 100, 41))
    assert axis.get_title(loc="left").startswith("Planted: 90% held [79%, 96%]")
    labels = [text.get_text() for text in axis.get_legend().get_texts()]
    assert "within its interval (45 genes)" in labels and "outside its interval (5 genes)" in labels


def test_genes_with_an_index_of_zero_or_without_end_count_in_the_share() -> None:
    table = features(("netseq",), genes=10, measured=1)
    planted = table[["gene_id", "track"]].assign(planted=table["pausing_index"])
    table.loc[0, ["pausing_index", "ci_low", "ci_high"]] = 0.0, 0.0, 1e-6
    table.loc[1, ["pausing_index", "ci_low", "ci_high"]] = np.nan, 1e-6, np.inf
    axis = pausing.draw_planted(style.new_figure(4, 4).subplots(), table, planted, np.geomspace(0.1, 100, 41))
    labels = [text.get_text() for text in axis.get_legend().get_texts()]
    assert "within its interval (9 genes)" in labels and "outside its interval (1 genes)" in labels


def test_a_track_of_fractional_values_is_drawn_without_intervals(tmp_path, files) -> None:
    table = features().assign(ci_low=np.nan, ci_high=np.nan)
    polymerase.write(table, tmp_path / "p.parquet", order_digest(table["gene_id"].unique()))
    truth = write_truth(tmp_path / "truth", table)
    plot_pausing(polymerase=tmp_path / "p.parquet", truth=truth, provenance=files(True), figure=tmp_path / "f.png")
    picture(tmp_path / "f.png")
    planted = pausing.read_planted(truth)
    axis = pausing.draw_planted(style.new_figure(4, 3).subplots(), table, planted, np.geomspace(0.1, 100, 41))
    assert [text.get_text() for text in axis.texts] == ["no index of this track has an interval"]


@pytest.mark.parametrize("tracks", [("procap",), ("netseq", "procap")])
def test_a_track_of_initiation_says_that_it_has_no_index(tmp_path, files, tracks: tuple[str, ...]) -> None:
    table = features(tracks)
    capped = table["track"] == "procap"
    table.loc[capped, ["pausing_index", "ci_low", "ci_high"]] = np.nan
    table.loc[capped, ["measured", "reason"]] = False, "initiation assay: no pausing index"
    polymerase.write(table, tmp_path / "p.parquet", order_digest(table["gene_id"].unique()))
    truth = write_truth(tmp_path / "truth", table)
    plot_pausing(polymerase=tmp_path / "p.parquet", truth=truth, provenance=files(True), figure=tmp_path / "f.png")
    picture(tmp_path / "f.png")
    table, edges, planted = table[capped], np.geomspace(0.1, 100, 41), pausing.read_planted(truth)
    for draw, *further in (
        (pausing.draw_distribution, edges, "procap"),
        (pausing.draw_genes, edges),
        (pausing.draw_planted, planted, edges),
    ):
        axis = draw(style.new_figure(4, 3).subplots(), table, *further)
        assert [text.get_text() for text in axis.texts] == ["initiation assay: no pausing index"]


def test_a_track_without_measured_genes_says_so_where_reasons_differ() -> None:
    table = features(("netseq",), genes=4, measured=0)
    table["reason"] = ["body too short", "crowded by another gene"] * 2
    axis = pausing.draw_genes(style.new_figure(4, 3).subplots(), table, np.geomspace(0.1, 100, 41))
    assert [text.get_text() for text in axis.texts] == ["no gene of this track was measured"]
    without_end = features(("netseq",), genes=4, measured=1).assign(pausing_index=np.inf)
    axis = pausing.draw_genes(style.new_figure(4, 3).subplots(), without_end, np.geomspace(0.1, 100, 41))
    assert [text.get_text() for text in axis.texts] == ["no gene of this track was measured"]


@pytest.mark.parametrize("measured", [0.0, 0.02])
def test_tracks_with_hardly_a_gene_are_drawn(tmp_path, files, measured: float) -> None:
    table = features(measured=measured)
    polymerase.write(table, tmp_path / "p.parquet", order_digest(table["gene_id"].unique()))
    truth = write_truth(tmp_path / "truth", table)
    plot_pausing(polymerase=tmp_path / "p.parquet", truth=truth, provenance=files(True), figure=tmp_path / "f.png")
    picture(tmp_path / "f.png")


def test_zero_and_endless_indices_are_counted_as_not_drawn() -> None:
    table = features(("netseq",), genes=10, measured=1)
    table.loc[0, "pausing_index"], table.loc[1, "pausing_index"] = 0.0, np.inf
    axis = pausing.draw_distribution(style.new_figure(4, 3).subplots(), table, np.geomspace(0.1, 100, 41), "netseq")
    assert axis.get_title(loc="left") == "netseq: 8 of 10 genes"


def test_a_track_for_which_nothing_was_planted_says_so() -> None:
    table = features(("other",), genes=10)
    planted = pd.DataFrame({"gene_id": ["g1"], "track": ["netseq"], "planted": [1.0]})
    axis = pausing.draw_planted(style.new_figure(4, 3).subplots(), table, planted, np.geomspace(0.1, 100, 41))
    assert [text.get_text() for text in axis.texts] == ["nothing was planted for this track"]


def test_a_damaged_table_of_planted_values_is_an_error(tmp_path) -> None:
    (tmp_path / "pausing.tsv").write_text("gene_id\tassay\ng1\tnetseq\n")
    with pytest.raises(BadInput, match="not a table of planted pausing indices"):
        pausing.read_planted(tmp_path)
    with pytest.raises(BadInput, match="not a table of planted pausing indices"):
        pausing.read_planted(tmp_path / "absent")


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.floats(0.01, 100), min_size=1, max_size=200))
def test_a_median_lies_within_its_interval(values: list[float]) -> None:
    median, low, high = intervals.median_interval(np.array(values))
    assert min(values) <= low <= median <= high <= max(values)


def test_the_interval_of_the_median_holds_it_in_95_of_100() -> None:
    rng = np.random.default_rng(0)
    found = [intervals.median_interval(rng.exponential(size=80)) for _ in range(2000)]
    held = np.mean([low <= np.log(2) <= high for _, low, high in found])
    assert 0.93 < held < 0.98


def test_the_intervals_of_the_report_have_the_level_of_those_of_the_scores() -> None:
    assert intervals.LEVEL == scores.LEVEL
    assert abs(intervals.Z - 1.959963984540054) < 1e-12


def test_wilson_interval_agrees_with_an_independent_one() -> None:
    for hits, count in ((0, 10), (7, 10), (10, 10), (233, 240)):
        np.testing.assert_allclose(
            intervals.wilson_interval(hits, count), proportion_confint(hits, count, method="wilson"), atol=1e-12
        )
