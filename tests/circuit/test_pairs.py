"""Tables of element-gene pairs: what they become, and one line for each that cannot be read."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.circuit.pair_tables import planted, spec, write
from workflow_scripts.circuit.enhancer_checks import faults
from workflow_scripts.circuit.pairs import read_pairs
from workflow_scripts.circuit.prepare_pairs import prepare_pairs
from workflow_scripts.contracts import enhancer_pairs
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.schema import load_schema, stages


def test_a_pair_is_as_the_table_has_it(tmp_path: Path) -> None:
    table = planted(2, 3)
    prepare_pairs(table=write(table, tmp_path / "t.tsv"), pairs=tmp_path / "p.parquet", spec=spec())
    pairs, scales, activity = enhancer_pairs.read(tmp_path / "p.parquet")
    assert len(pairs) == len(table) == 36
    assert scales == spec()["features"] and activity == ["DHS.RPM", "H3K27ac.RPM.expandedRegion"]
    row = table.iloc[7]  # of chr10 the second gene of three has rows 3 to 5 of its six
    (found,) = pairs[(pairs["chrom"] == row["chrom"]) & (pairs["start"] == int(row["chromStart"]))].to_dict("records")
    assert (found["gene"], found["tss"], found["end"]) == (
        row["measuredGeneSymbol"],
        int(row["startTSS"]),
        int(row["chromEnd"]),
    )
    assert found["distance"] == int(row["distanceToTSS"]) and found["regulated"] == (row["Regulated"] == "TRUE")
    assert found["feature:DHS.RPM"] == pytest.approx(float(row["DHS.RPM"])) and found["feature:ubiquitous"] == (
        row["ubiquitous"] == "TRUE"
    )
    assert not any("Effect" in name for name in pairs)


@pytest.mark.parametrize(
    "change",
    [
        gzip.compress,
        lambda text: text.replace(b"\n", b"\r"),  # the ends of an old Macintosh
        lambda text: gzip.compress(text.replace(b"\n", b"\r")),
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: b"".join([text.splitlines(True)[0], *reversed(text.splitlines(True)[1:])]),  # not sorted
    ],
    ids=["gzipped", "CR", "CR, gzipped", "CRLF", "byte order mark", "another order"],
)
def test_neither_the_order_of_lines_nor_their_ends_nor_gzip_matter(change: Callable, tmp_path: Path) -> None:
    plain = write(planted(2, 3), tmp_path / "plain.tsv")
    other = tmp_path / "other.tsv"
    other.write_bytes(change(plain.read_bytes()))
    pd.testing.assert_frame_equal(read_pairs(other, spec()), read_pairs(plain, spec()))


def test_what_is_not_known_stays_so(tmp_path: Path) -> None:
    table = planted(2, 3)
    table.loc[0, ["Regulated", "CTCF.RPM", "startTSS"]] = ["", "NA", "0"]
    pairs = read_pairs(write(table, tmp_path / "t.tsv"), spec())
    (row,) = pairs[pairs["regulated"].isna()].to_dict("records")
    assert (
        np.isnan(row["feature:CTCF.RPM"])
        and pd.isna(row["tss"])
        and row["distance"] == int(table.loc[0, "distanceToTSS"])
    )
    assert pairs["tss"].isna().sum() == 1


def test_without_a_column_of_distances_it_goes_from_the_middle_of_the_element_to_the_tss(tmp_path: Path) -> None:
    table = planted(2, 3).drop(columns="distanceToTSS")
    columns = {**spec()["columns"], "distance": ""}
    pairs = read_pairs(write(table, tmp_path / "t.tsv"), spec(columns=columns))
    assert list(pairs["distance"]) == [
        abs((s + e) // 2 - t) for s, e, t in zip(pairs["start"], pairs["end"], pairs["tss"], strict=True)
    ]
    table.loc[4, "startTSS"] = "0"
    with pytest.raises(BadInput, match=r"line 6: a gene without a TSS, of which no distance is known either"):
        read_pairs(write(table, tmp_path / "t.tsv"), spec(columns=columns))


FAULTS = {
    "no such column": ({"drop": "DHS.RPM"}, "column 'DHS.RPM': is missing. Its columns are chrom, "),
    "no number": ({(3, "DHS.RPM"): "high"}, "line 5: column 'DHS.RPM' holds what is no number"),
    "endless": ({(3, "DHS.RPM"): "inf"}, "line 5: column 'DHS.RPM' holds what is no number"),
    "below 0": ({(3, "DHS.RPM"): "-1"}, "line 5: column 'DHS.RPM' is below 0"),
    "a half base": ({(3, "chromStart"): "17.5"}, "line 5: column 'chromStart' holds what is no whole number"),
    "no start": ({(3, "chromStart"): ""}, "line 5: column 'chromStart' holds what is no whole number"),
    "turned round": ({(3, "chromEnd"): "17"}, "line 5: an element that ends before it starts"),
    "no gene": ({(3, "measuredGeneSymbol"): ""}, "line 5: no name in column 'measuredGeneSymbol'"),
    "too far": ({(3, "distanceToTSS"): "1000001"}, "line 5: farther apart than max_distance, 1,000,000 bp"),
    "own promoter": (
        {(3, "ValidConnection"): "PromoterElement", (4, "ValidConnection"): "PromoterElement"},
        "line 5 (and 1 more): no valid pair, as column 'ValidConnection' says: PromoterElement",
    ),
    "two chromosomes": ({(3, "chrTSS"): "chr9"}, "line 5: an element and a gene of two chromosomes"),
    "a gene of two chromosomes": (
        {(30, "measuredGeneSymbol"): "chr1G0"},
        "line 32: a gene that other lines have on another chromosome",
    ),
    "one chromosome": (
        {"set": ("chrom", "chr1"), "to": ("chrTSS", "chr1")},
        "12 of 36 tested pairs are regulated; 1 chromosomes have both kinds. Give a table with both kinds on 4",
    ),
    "neither": ({(3, "Regulated"): "maybe"}, "line 5: column 'Regulated' holds neither TRUE nor FALSE"),
    "nothing regulated": ({"set": ("Regulated", "FALSE")}, "0 of 36 tested pairs are regulated; 0 chromosomes"),
    "nothing else": ({"set": ("Regulated", "TRUE")}, "36 of 36 tested pairs are regulated; 0 chrom"),
    "nothing tested": ({"set": ("Regulated", "NA")}, "0 of 0 tested pairs are regulated"),
    "no pair": ({"head": 0}, "holds no pair"),
    "twice": ({"twice": 3}, "line 38: a second row for the same element and gene"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_bad_input_is_said_in_one_line(change: dict, said: str, tmp_path: Path) -> None:
    table = planted(2, 3)
    for place, value in change.items():
        match place:
            case "drop":
                table = table.drop(columns=value)
            case "set" | "to":
                table[value[0]] = value[1]
            case "head":
                table = table.head(value)
            case "twice":
                table = pd.concat([table, table.iloc[[value]]])
            case _:
                table.loc[place] = value
    with pytest.raises(BadInput) as fault:
        prepare_pairs(table=write(table, tmp_path / "t.tsv"), pairs=tmp_path / "p.parquet", spec=spec())
    assert said in str(fault.value) and "t.tsv" in str(fault.value) and "\n" not in str(fault.value)
    assert not (tmp_path / "p.parquet").exists()


def test_a_line_that_is_short_or_cut_is_refused(tmp_path: Path) -> None:
    path = write(planted(2, 3), tmp_path / "t.tsv")
    lines = path.read_text().splitlines(True)
    path.write_text("".join([*lines[:5], "chr1\t17\n", *lines[5:]]))
    with pytest.raises(BadInput, match="line 6: has not the columns of the header"):
        read_pairs(path, spec())
    path.write_text("".join(lines)[:-1])
    with pytest.raises(BadInput, match="line 37: the file is cut short"):
        read_pairs(path, spec())


def test_unfit_pairs_are_left_out_where_that_is_asked_for(tmp_path: Path) -> None:
    table = planted(2, 3)
    table.loc[3, "distanceToTSS"], table.loc[4, "ValidConnection"] = "1000001", "PromoterElement"
    table.loc[5, "distanceToTSS"] = "1000000"
    pairs = read_pairs(write(table, tmp_path / "t.tsv"), spec(unfit="drop"))
    assert len(pairs) == 34 and pairs["distance"].max() == 1_000_000


OUTCOMES = [
    "EffectSize",
    "Significant",
    "pValueAdjusted",
    "p.value",
    "PowerAtEffectSize25",
    "Regulated",
    "ValidConnection",
    "direct_vs_indirect_negative",
    "direct_rate_negative",
    "indirect_rate_negative",
    "imputed_indirect_rate",
]
KNOWN = [
    "DHS.percentile",
    "H3K27ac_peak_overlap",
    "measuredGeneUbiquitousExpressed",
    "H3K4me1.RPM",
    "normalizedEP300_enhActivity",
]


def said_of(section: dict) -> list[tuple[str, str, str]]:
    """The faults of a section `circuit/enhancers/made`."""
    return list(faults({"made": section}))


@pytest.mark.parametrize("column", OUTCOMES)
def test_a_column_that_knows_the_outcome_is_no_feature(column: str) -> None:
    found = said_of(spec(features={"DHS.RPM": "log", "H3K27ac.RPM.expandedRegion": "log", column: "linear"}))
    assert found and all(place == "circuit/enhancers/made/features" and column in given for place, given, _ in found)


def test_what_is_known_of_a_pair_without_an_experiment_is_a_feature() -> None:
    assert not said_of(spec())
    assert not said_of(spec(features=dict.fromkeys([*KNOWN, "DHS.RPM", "H3K27ac.RPM.expandedRegion"], "linear")))
    assert not said_of(
        spec(features=load_schema("circuit.enhancers")["additionalProperties"]["properties"]["features"]["default"])
    )


def test_limits_between_keys() -> None:
    columns = {**spec()["columns"], "tss": "", "distance": ""}
    assert [place for place, _, _ in said_of(spec(columns=columns))] == ["circuit/enhancers/made/columns"]
    assert [place for place, _, _ in said_of(spec(activity=["CTCF"]))] == ["circuit/enhancers/made/activity"]
    fit = {"network": {"dim": 10, "heads": 4}}
    assert [place for place, _, _ in said_of(spec(fit=fit))] == ["circuit/enhancers/made/fit/network/dim"]
    columns = {**spec()["columns"], "distance": "CTCF.RPM"}
    assert [given for _, given, _ in said_of(spec(columns=columns))] == ["CTCF.RPM"]


def test_the_part_of_a_stage_is_no_stage() -> None:
    assert "enhancers" not in stages() and "circuit.enhancers" not in stages()


def test_a_signal_below_0_is_no_activity(tmp_path: Path) -> None:
    table = planted(2, 3)
    table.loc[2, "DHS.RPM"] = "-1"
    linear = dict.fromkeys(spec()["features"], "linear")
    with pytest.raises(BadInput, match="line 4: column 'DHS.RPM' is below 0"):
        read_pairs(write(table, tmp_path / "t.tsv"), spec(features=linear))
    other = spec(features=linear, activity=["H3K27ac.RPM.expandedRegion"])
    assert read_pairs(write(table, tmp_path / "t.tsv"), other)["feature:DHS.RPM"].min() == -1
