"""Tables of survival as UCSC Xena has them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from workflow_scripts.bulk.clinical import read_clinical
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.schema import complete, load_schema

SPEC = complete({}, load_schema("bulk")["properties"]["survival"])
HEADER = "sample\tOS.time\tOS\t_PATIENT\n"


def test_xenas_layout_is_read_and_what_is_unknown_left_out(tmp_path: Path) -> None:
    first, second = tmp_path / "TCGA-LIHC.survival.tsv.gz", tmp_path / "more.csv"
    first.write_bytes(
        gzip.compress(f"{HEADER}T-1-01A\t12\t1\tT-1\nT-1-11A\t12\t1.0\tT-1\nT-2-01A\t\t0\tT-2\n".encode())
    )
    second.write_text("OS,sample,OS.time\n0,T-3-01A,30.5\nNA,T-4-01A,3\n1,T-1-01A,12\n")  # the last one again
    found = read_clinical([first, second], SPEC)
    assert found.to_dict("index") == {
        "T-1-01A": {"time": 12.0, "event": True},
        "T-1-11A": {"time": 12.0, "event": True},
        "T-3-01A": {"time": 30.5, "event": False},
    }
    assert found.dtypes.astype(str).tolist() == ["float64", "bool"] and read_clinical([], SPEC).empty


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sample\tOS\nT\t1\n", "column 'OS.time': is missing"),
        ("", "column 'sample': is missing"),
        (f"{HEADER}T\tlong\t1\tT\n", "line 2: the time 'long' is no number"),
        (f"{HEADER}T\t-1\t1\tT\n", "line 2: the time '-1' is no number of 0 or more"),
        (f"{HEADER}T\t5\t2\tT\n", "line 2: the event '2' is neither 0 nor 1"),
        (f"{HEADER}T\t5\t1\n", "line 2: has not the columns of the header"),
        (f"{HEADER}T\t5\t1\tT\nT\t6\t1\tT\n", "line 3: a second row for T"),
        (f"{HEADER}T\t5\t1\tT", "the file is cut short"),
    ],
)
def test_a_wrong_table_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "survival.tsv"
    path.write_text(text)
    with pytest.raises(BadInput) as raised:
        read_clinical([path], SPEC)
    assert said in str(raised.value)
