"""Limits of `seq2track/attributions` that other keys set, for `checks`; it needs the standard library alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def faults(section: dict[str, Any], sets: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(key path, what was given, what is allowed) of each fault; section: `seq2track`; sets: `tracks/sets`."""
    runs = section["runs"]
    for name, spec in section["attributions"].items():
        place = f"seq2track/attributions/{name}"
        if spec["run"] not in runs:
            yield f"{place}/run", repr(spec["run"]), f"one of seq2track/runs: {', '.join(runs)}"
            continue
        run = runs[spec["run"]]
        tracks, targets = sets[run["set"]]["tracks"], sets[run["set"]]["targets"]
        if spec["track"] not in tracks:
            yield f"{place}/track", repr(spec["track"]), f"one of tracks/sets/{run['set']}/tracks: {', '.join(tracks)}"
        bin, width = targets["bin"], targets["width"]
        before = width // bin // 2 * bin  # from the first bin of a window to the middle one, where the centre lies
        for key, most in (("upstream", before), ("downstream", width - before)):
            if spec[key] % bin or spec[key] > most:
                given = f"{spec[key]} with windows of {width} and bins of {bin}"
                yield f"{place}/{key}", given, f"a multiple of the bin, at most {most}"
        most = 2 * (min(before, width - before) + run["context"])
        if spec["width"] > most:
            given = f"{spec['width']} with windows of {width} and context {run['context']}"
            yield f"{place}/width", given, f"at most {most}"
        seqlets = spec["seqlets"]
        if seqlets["width"] > spec["width"]:
            yield f"{place}/seqlets/width", str(seqlets["width"]), f"at most the width of a region, {spec['width']}"
        if seqlets["kmer"] > seqlets["width"]:
            yield f"{place}/seqlets/kmer", str(seqlets["kmer"]), f"at most seqlets/width, {seqlets['width']}"
