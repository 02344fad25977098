"""Counts of the ARCHS4 layout as archs4py reads them, each sample held against our own reading.

archs4py turns whatever it fails to read into zeros and says nothing: its counts are yielded only where they equal
those of `readers/archs4`. A file is therefore read twice, and archs4py opens it and inflates a chunk anew for each
sample: this reader is for those who want the field's own, not for speed. See `registry` for what a reader has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import archs4py.data
import numpy as np

from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.gene_mapping import GeneMapping
from workflow_scripts.prebulk.readers import archs4

SCALES = ("counts",)
OPTIONS = ()
NEEDS = ()
IN_FOLDER = ()
GROUPS = {"series": ["series_id"]}
LABELS = {}
FIELDS = None  # any dataset of meta/samples
QUALITY = archs4.QUALITY
read_samples, read_genes = archs4.read_samples, archs4.read_genes


def read_counts(
    path: Path, mapping: GeneMapping, part: int, parts: int, wanted: np.ndarray, threads: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """As `archs4.read_counts`; a sample of which archs4py reads other counts raises BadInput."""
    first = archs4.sample_range(path, part, parts).start
    for positions, expected in archs4.read_counts(path, mapping, part, parts, wanted, threads):
        samples = [archs4py.data.get_sample(str(path), first + int(place), mapping.rows) for place in positions]
        counts = mapping.sum_rows(np.array(samples).T)
        wrong = np.flatnonzero((counts != expected).any(axis=0))
        if len(wrong):
            ours, theirs = expected[:, wrong[0]].sum(), counts[:, wrong[0]].sum()
            place = f"{archs4.EXPRESSION}, sample {first + positions[wrong[0]]}"
            reason = f"archs4py reads other counts than there are ({theirs:g} instead of {ours:g} in all)"
            raise BadInput(path, place, reason, "Set format: archs4.")
        yield positions, counts
