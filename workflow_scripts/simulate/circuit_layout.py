"""Files of a circuit, as those of the DREAM4 in-silico challenge: tab-separated text, names in quotes.

Tables of levels have the genes as columns; row i of knock-outs and knock-downs is of gene i. Series follow one another,
each after an empty line, with the time in minutes. What is free of noise, and the gold standard, have no header. Of
other perturbations, which DREAM4 has none of, each line says itself what was done; lists of regulators and of edges
that motifs tell have no header.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from workflow_scripts.io.files import replacing
from workflow_scripts.simulate.topology import Topology
from workflow_scripts.simulate.treatments import Treated


def write_levels(path: Path, genes: list[str], levels: np.ndarray) -> None:
    """Write measured levels (experiments x genes)."""
    _write(path, [_header(genes), *_rows(levels)])


def write_series(path: Path, genes: list[str], times: np.ndarray, levels: np.ndarray) -> None:
    """Write measured levels (series x times x genes)."""
    lines = [_header(["Time", *genes])]
    for series in levels:
        lines += ["", *(f"{time:.1f}\t{row}" for time, row in zip(times, _rows(series), strict=True))]
    _write(path, lines)


def write_treated(path: Path, genes: list[str], treated: Treated, levels: np.ndarray) -> None:
    """Write measured levels (N x genes) of perturbations of any kind."""
    times = ["" if np.isnan(time) else f"{time:g}" for time in treated.times]
    told = zip(treated.perturbations, treated.series, times, _rows(levels), strict=True)
    _write(path, [_header(["perturbation", "series", "time", *genes]), *("\t".join(row) for row in told)])


def write_lines(path: Path, rows: Iterable[Iterable[object]]) -> None:
    """Write rows of fields."""
    _write(path, ("\t".join(map(str, row)) for row in rows))


def write_pairs(path: Path, pairs: np.ndarray) -> None:
    """Write pairs of genes (pairs x 2, indices from 0), which are counted from 1 in the file."""
    _write(path, [_header(["G_i", "G_j"]), *(f"{first}\t{second}" for first, second in pairs + 1)])


def write_noise_free(path: Path, levels: np.ndarray) -> None:
    """Write levels (experiments x genes) without noise."""
    _write(path, _rows(levels, digits=6))


def write_gold_standard(path: Path, circuit: Topology) -> None:
    """Write all pairs of two genes, 1 where the first regulates the second and 0 where not, edges first."""
    present = circuit.matrix
    rows = [(source, target) for value in (True, False) for source, target in np.argwhere(present == value)]
    named = ((circuit.genes[source], circuit.genes[target], int(present[source, target])) for source, target in rows)
    _write(path, (f"{source}\t{target}\t{edge}" for source, target, edge in named if source != target))


def _header(names: list[str]) -> str:
    return "\t".join(f'"{name}"' for name in names)


def _rows(levels: np.ndarray, digits: int = 7) -> list[str]:
    return ["\t".join(f"{level:.{digits}f}" for level in row) for row in levels]


def _write(path: Path, lines: Iterable[str]) -> None:
    with replacing(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
