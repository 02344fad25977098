"""The sample sheet of a user: what it may be, and that each of its samples stands in one file of counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.prebulk.sources import spec, write_table
from workflow_scripts.contracts import sample_sheet
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.match_samples import match_samples
from workflow_scripts.prebulk.sheet import read_sheet


def counts(path: Path, samples: list[str], samples_in: str = "columns") -> Path:
    return write_table(path, np.ones((2, len(samples))) * 100, ["G0", "G1"], samples, samples_in=samples_in)


def match(folder: Path, sheet: str, *files: Path, **changes) -> pd.DataFrame:
    (folder / "sheet.tsv").write_text(sheet)
    section = spec("table", scale="counts", **changes)
    match_samples(counts=list(files), sheet=folder / "sheet.tsv", matched=folder / "matched.parquet", spec=section)
    return sample_sheet.read(folder / "matched.parquet")


def test_samples_are_found_in_their_files_and_keep_their_columns(tmp_path):
    one, two = counts(tmp_path / "one.tsv", ["a", "b"]), counts(tmp_path / "two.tsv", ["c", "not ours"])
    found = match(tmp_path, "sample\tgroup\tage\nc\tg 1\t 7 \nb\tg 2\t\n", one, two)
    assert found.to_dict("list") == {
        "sample_id": ["c", "b"],
        "file": ["two.tsv", "one.tsv"],
        "group": ["g 1", "g 2"],
        "age": ["7", ""],
    }


def test_a_sheet_may_have_commas_a_mark_of_order_and_ends_of_windows(tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_bytes(b'\xef\xbb\xbfgroup,sample,label\r\n"x, y",s1,liver\r\n\r\nz,s2,\r\n,,')
    sheet = read_sheet(path, files=False)
    assert sheet.header == ["group", "sample", "label"]
    assert [sheet.column(name) for name in sheet.header] == [["x, y", "z"], ["s1", "s2"], ["liver", ""]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("sample\tgroup\n", "holds no sample"),
        ("name\tgroup\na\tg\n", "line 1: has no column `sample`; its columns are 'name', 'group'"),
        ("sample,group\na,g\n", "has no column `sample`; .*holds no tab: name a sheet with commas .csv"),
        ("sample\tgroup\tgroup\na\tg\tg\n", "line 1: column 'group' stands twice"),
        ("sample\t\na\tg\n", "line 1: a column has no name"),
        ("sample\tfile\na\tx\n", "line 1: column 'file' has a name that the workflow gives itself"),
        ("sample\tsplit\na\ttest\n", "line 1: column 'split' has a name that the workflow gives itself"),
        ("sample\t_index\na\t0\n", "line 1: column '_index' has a name that the workflow gives itself"),
        ("sample\tgroup\na\tg\nb\n", "line 3: 1 fields for 2 columns"),
        ("sample\tgroup\na\tg\nb\tg\textra\n", "line 3: 3 fields for 2 columns"),
        ("sample\tgroup\na\tg\n\tg\n", "line 3: names no sample"),
        ("sample\tgroup\na\tg\n\na\th\n", "line 4: sample 'a' stands in line 2 already"),
        ("sample\tgroup\na\tg\0\n", "line 2: holds the character NUL"),
        ("sample\tgroup\na\t\xe4\n", "is no UTF-8 text"),
    ],
)
def test_a_malformed_sheet_is_one_clear_line(tmp_path, text, reason):
    path = tmp_path / "sheet.tsv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=reason) as caught:
        read_sheet(path, files=False)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_a_sample_that_no_file_holds_or_two_do_is_named(tmp_path):
    one, two = counts(tmp_path / "one.tsv", ["a", "b"]), counts(tmp_path / "two.tsv", ["b", "c"])
    with pytest.raises(BadInput, match=r"two.tsv: sample 'b': stands in .*one.tsv too"):
        match(tmp_path, "sample\na\nb\n", one, two)
    with pytest.raises(BadInput, match=r"1 of 2 samples stand in no file of counts \('x'\). .*one.tsv: 'a', 'b'"):
        match(tmp_path, "sample\na\nx\n", one)
    with pytest.raises(BadInput, match=r"one.tsv: sample 'a': stands twice"):
        match(tmp_path, "sample\na\n", counts(tmp_path / "one.tsv", ["a", "a"]))
    rows = counts(tmp_path / "rows.tsv", ["a", "b"], samples_in="rows")
    with pytest.raises(BadInput, match=r"the header names no sample of the sheet. .*set samples_in: rows"):
        match(tmp_path, "sample\na\n", rows)
    assert match(tmp_path, "sample\nb\n", rows, samples_in="rows")["file"].tolist() == ["rows.tsv"]
    assert not list(tmp_path.glob("*unfinished"))
