"""Search of the metadata of an ARCHS4 file by archs4py, held against our own reading of the file.

archs4py leaves a field that it cannot decode out in silence, and takes one that is not there for one without a
match. What it finds is taken where it is what the file says, and an error where it is not.

archs4py reads the searched fields of all samples into memory at once, 3.9 KB a sample for its four default fields
(1.7 KB of text) and 0.9 KB without `extract_protocol_ch1`; our reading takes a part of the samples at a time.
"""

from __future__ import annotations

import contextlib
import io
import re
from itertools import compress
from pathlib import Path

import archs4py.meta
import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.readers.archs4 import read_samples, sample_range

BLOCK = 16_384  # samples whose fields are read at once
SINGLE_CELL = 0.5  # from this singlecellprobability on archs4py takes a sample for a single cell


def search(path: Path, term: str, fields: list[str], remove_singlecell: bool) -> pd.DataFrame:
    """The SampleList (see `sample_list`) of the samples of `path` with the regular expression `term` in a field.

    Letters match in either case. `remove_singlecell` leaves out samples of a singlecellprobability of 0.5 and more,
    and those without one. Raises BadInput where nothing is found, where a field is missing or no text, and where
    archs4py finds anything else than what the file says.
    """
    expected = _read(path, re.compile(term, re.IGNORECASE), fields, remove_singlecell)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = archs4py.meta.meta(str(path), term, meta_fields=fields, remove_sc=remove_singlecell, silent=True)
    undecoded = [name for name in fields if name not in found.columns]
    if undecoded:
        remedy = "Leave the field out of the search."
        raise BadInput(path, f"meta/samples/{undecoded[0]}", "is no UTF-8, and archs4py does not search it", remedy)
    if list(found.index) != list(expected["sample_id"]):
        differing = set(found.index) ^ set(expected["sample_id"])
        reason = f"archs4py and the file differ in {len(differing)} samples ({min(differing, default='their order')})"
        raise BadInput(path, f"search {term!r}", reason, "Search other fields, or report the file to archs4py.")
    if expected.empty:
        remedy = "Change the term or the fields of the search, or leave the file out."
        raise BadInput(path, f"search {term!r}", f"stands in none of {', '.join(fields)}", remedy)
    return expected


def _read(path: Path, term: re.Pattern, fields: list[str], remove_singlecell: bool) -> pd.DataFrame:
    """What the file says: the SampleList, found by reading its metadata part by part."""
    parts = sample_range(path, 0, 1).stop // BLOCK + 1
    asked = {*fields, *(["singlecellprobability"] if remove_singlecell else [])}
    tables = []
    for part in range(parts):
        samples = read_samples(path, part, parts, asked)
        for name in fields:
            if not samples[name].map(lambda value: isinstance(value, str)).all():
                remedy = "Search fields of text."
                raise BadInput(path, f"meta/samples/{name}", "holds no text, which archs4py cannot search", remedy)
        stands = samples[fields].map(lambda text: term.search(text) is not None)
        chosen = stands.any(axis=1)
        if remove_singlecell:
            chosen &= samples["singlecellprobability"] < SINGLE_CELL
        named = [",".join(compress(fields, row)) for row in stands[chosen].to_numpy()]
        tables.append(pd.DataFrame({"sample_id": samples["sample_id"][chosen], "fields": named}, dtype=object))
    found = pd.concat(tables, ignore_index=True)
    twice = found["sample_id"][found["sample_id"].duplicated()]
    if len(twice):
        remedy = "Give every sample an identifier of its own."
        raise BadInput(path, f"sample {twice.iloc[0]!r}", "stands twice", remedy)
    return found
