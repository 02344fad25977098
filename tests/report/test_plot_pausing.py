from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import legends_apart, nothing_cut, picture, printed_honest
from workflow_scripts.contracts import polymerase, truth
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.report import pausing, style
from workflow_scripts.report.plot_pausing import plot_pausing


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
    planted = table["pausing_index"].fillna(1) * factor
    truth.write("pausing", zip(table["gene_id"], table["track"], planted, table["body_density"], strict=True), folder)
    return folder


@pytest.mark.parametrize("simulated", [True, False])
def test_the_pausing_of_every_track_is_drawn(tmp_path, files, drawn, simulated: bool) -> None:
    table = features()
    polymerase.write(table, tmp_path / "p.parquet", order_digest(table["gene_id"].unique()))
    planted = write_truth(tmp_path / "truth", table) if simulated else None
    for name in ("a.png", "b.png"):
        plot_pausing(
            polymerase=tmp_path / "p.parquet", truth=planted, provenance=files(simulated), figure=tmp_path / name
        )
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert legends_apart(drawn[0]) and nothing_cut(drawn[0])
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
    planted = write_truth(tmp_path / "truth", table)
    plot_pausing(polymerase=tmp_path / "p.parquet", truth=planted, provenance=files(True), figure=tmp_path / "f.png")
    picture(tmp_path / "f.png")
    planted = pausing.read_planted(planted)
    axis = pausing.draw_planted(style.new_figure(4, 3).subplots(), table, planted, np.geomspace(0.1, 100, 41))
    assert [text.get_text() for text in axis.texts] == ["no index of this track has an interval"]


@pytest.mark.parametrize("tracks", [("procap",), ("netseq", "procap")])
def test_a_track_of_initiation_says_that_it_has_no_index(tmp_path, files, tracks: tuple[str, ...]) -> None:
    table = features(tracks)
    capped = table["track"] == "procap"
    table.loc[capped, ["pausing_index", "ci_low", "ci_high"]] = np.nan
    table.loc[capped, ["measured", "reason"]] = False, "initiation assay: no pausing index"
    polymerase.write(table, tmp_path / "p.parquet", order_digest(table["gene_id"].unique()))
    planted = write_truth(tmp_path / "truth", table)
    plot_pausing(polymerase=tmp_path / "p.parquet", truth=planted, provenance=files(True), figure=tmp_path / "f.png")
    picture(tmp_path / "f.png")
    table, edges, planted = table[capped], np.geomspace(0.1, 100, 41), pausing.read_planted(planted)
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
    planted = write_truth(tmp_path / "truth", table)
    plot_pausing(polymerase=tmp_path / "p.parquet", truth=planted, provenance=files(True), figure=tmp_path / "f.png")
    picture(tmp_path / "f.png")


def test_zero_and_endless_indices_are_counted_as_not_drawn() -> None:
    table = features(("netseq",), genes=10, measured=1)
    table.loc[0, "pausing_index"], table.loc[1, "pausing_index"] = 0.0, np.inf
    axis = pausing.draw_distribution(style.new_figure(4, 3).subplots(), table, np.geomspace(0.1, 100, 41), "netseq")
    assert axis.get_title(loc="left") == "netseq: 8 of 10 genes"


def test_the_median_is_of_every_gene_that_has_an_index_as_in_the_log() -> None:
    table = features(("netseq",), genes=7, measured=1).assign(pausing_index=[0.0, 0.0, 1.0, 2.0, 4.0, np.nan, np.nan])
    axis = pausing.draw_distribution(style.new_figure(4, 3).subplots(), table, np.geomspace(0.1, 100, 41), "netseq")
    assert axis.get_title(loc="left") == "netseq: 3 of 7 genes"
    (said,) = axis.get_legend().get_texts()
    assert said.get_text() == "median 1.00 [0.00, 4.00] of 5 genes"


def test_a_track_for_which_nothing_was_planted_says_so() -> None:
    table = features(("other",), genes=10)
    planted = pd.DataFrame({"gene_id": ["g1"], "track": ["netseq"], "planted": [1.0]})
    axis = pausing.draw_planted(style.new_figure(4, 3).subplots(), table, planted, np.geomspace(0.1, 100, 41))
    assert [text.get_text() for text in axis.texts] == ["nothing was planted for this track"]


def test_a_damaged_table_of_planted_values_is_an_error(tmp_path) -> None:
    (tmp_path / "pausing.tsv").write_text("gene_id\tassay\ng1\tnetseq\n")
    seal_beside(tmp_path / "pausing.tsv")
    with pytest.raises(BadInput, match="its columns are gene_id, assay; needed"):
        pausing.read_planted(tmp_path)
    with pytest.raises(BadInput, match="not readable"):
        pausing.read_planted(tmp_path / "absent")
