"""Matrices of text: a header, then a line for each row, whose name comes first and whose values come last.

Gzipped or not, with tabs or commas between, names in quotes or not. Lines are read one by one, so that memory does not
grow with the file. Columns between the name of a row and its first value (a symbol, a length) are passed over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines
from workflow_scripts.prebulk.gene_mapping import GeneMapping
from workflow_scripts.prebulk.scales import Evidence, linear, require_values

BLOCK = 256  # samples yielded together
CORRECT = "Correct the line, or get the file again."


class TextMatrix(NamedTuple):
    """What the header of a file tells."""

    path: Path
    separator: str
    header: int  # the number of its line
    leading: int  # columns before the values, the first of which names the row
    columns: list[str]  # names of the columns of values


def read_header(path: Path, comment: str = "#", separator: str = "") -> tuple[int, str, list[str], list[str]]:
    """Number of the line of the header, the separator, the names in the header, and the fields of the line after it.

    Lines that begin with `comment` come before the header. Where it has one name less than the line after it has
    fields, it leaves out that of the rows, as R writes it: an empty one is put first. Without a `separator` it is a
    tab, if one stands in the header, else a comma.
    """
    found: list[tuple[int, str]] = []
    for number, line in whole_lines(path, b"\n"):
        try:
            text = line.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            raise BadInput(path, f"line {number}", "is no UTF-8 text", "Save the table as text in UTF-8.") from None
        if found or not (comment and text.startswith(comment)):
            found.append((number, text))
        if len(found) == 2:
            break
    number, text = found[0] if found else (1, "")
    separator = separator or ("\t" if "\t" in text else ",")
    names = fields_of(text, separator)
    fields = fields_of(found[1][1], separator) if len(found) == 2 else []
    names = ["", *names] if len(names) + 1 == len(fields) else names
    if len(names) < 2:
        raise BadInput(path, f"line {number}", "is not a header with sample names", "Separate its names by tabs.")
    if not fields:
        raise BadInput(path, f"after line {number}", "no line follows the header", "Give a line for each row.")
    return number, separator, names, fields


def fields_of(line: str, separator: str) -> list[str]:
    """The fields of one line, without quotes and blanks around them."""
    return [field.strip() for field in next(csv.reader([line], delimiter=separator), [])]


def rows(matrix: TextMatrix) -> Iterator[tuple[int, str, np.ndarray]]:
    """Yield (number of the line, name of the row, values, float64, one a column).

    Raises BadInput on a line with another number of values than columns, or with what is no number.
    """
    for number, line in whole_lines(matrix.path, b"\n"):
        if number > matrix.header:
            yield number, *_parsed(matrix, number, line.rstrip(b"\r\n"))


def row_names(matrix: TextMatrix) -> list[str]:
    """The first field of every line after the header."""
    separator = matrix.separator.encode()
    names = []
    for number, line in whole_lines(matrix.path, b"\n"):
        if number > matrix.header:
            name = line.rstrip(b"\r\n").partition(separator)[0]
            text = (line if b'"' in name else name).decode(errors="replace")
            names.append(fields_of(text, matrix.separator)[0] if b'"' in name else text.strip())
    return names


def _parsed(matrix: TextMatrix, number: int, line: bytes) -> tuple[str, np.ndarray]:
    separator = matrix.separator.encode()
    if b'"' in line:
        fields = fields_of(line.decode(errors="replace"), matrix.separator)
        name, text = fields[0], matrix.separator.join(fields[matrix.leading :]).encode(errors="replace")
    else:
        first, _, text = line.partition(separator)
        name = first.decode(errors="replace").strip()
        for _ in range(matrix.leading - 1):
            text = text.partition(separator)[2]
    fields = text.split(separator) if text else []
    try:
        values = _numbers(text, fields, matrix.separator)
    except ValueError:
        values = None
    if values is None or len(fields) != len(matrix.columns):
        reason = f"{len(fields)} values for {len(matrix.columns)} columns"
        if len(fields) == len(matrix.columns):
            reason = "holds a value that is not a number"
        raise BadInput(matrix.path, f"line {number}", f"{name}: {reason}", CORRECT)
    return name, values


def _numbers(text: bytes, fields: list[bytes], separator: str) -> np.ndarray:
    """The numbers in a line, float64; raises ValueError where a field is none, an empty one among them."""
    try:
        # Of empty fields and blanks numpy makes what it likes: where any stand, fields are read one by one.
        if b" " not in text and len(values := np.fromstring(text.decode("ascii"), sep=separator)) == len(fields):
            return values
    except (ValueError, DeprecationWarning):
        pass
    if b"_" in text:  # to Python 1_0 is ten
        raise ValueError
    return np.array([float(field) for field in fields])


def part_of(samples: int, part: int, parts: int) -> slice:
    """Which of `samples` samples are those of one of `parts` parts."""
    return slice(samples * part // parts, samples * (part + 1) // parts)


def read_columns(
    matrix: TextMatrix,
    mapping: GeneMapping,
    part: int,
    parts: int,
    wanted: np.ndarray,
    scale: str,
    checked: list[int] | slice = slice(None),
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What a reader's `read_counts` yields, of a matrix of genes x samples; memory is the samples of the part.

    Every line is read, and of the `checked` columns every value is held against the declared scale: what it cannot
    be raises BadInput with the line and the sample, and so do values that are all together on another scale.
    """
    chosen = np.arange(len(matrix.columns))[part_of(len(matrix.columns), part, parts)][wanted]
    sums = _gene_sums(matrix, mapping, chosen, scale, checked)
    positions = np.flatnonzero(wanted)
    for first in range(0, len(positions), BLOCK):
        yield positions[first : first + BLOCK], sums[:, first : first + BLOCK]


def _gene_sums(
    matrix: TextMatrix, mapping: GeneMapping, chosen: np.ndarray, scale: str, checked: list[int] | slice
) -> np.ndarray:
    """Counts or TPM (genes of the table x chosen columns, float64)."""
    gene_of_row = dict(zip(mapping.rows.tolist(), mapping.genes.tolist(), strict=True))
    sums = np.zeros((len(mapping.measured), len(chosen)))
    names = np.array(matrix.columns, object)[checked]
    evidence = Evidence(len(names), scale)
    for row, (number, name, values) in enumerate(rows(matrix)):
        seen = values[checked]
        require_values(seen, scale, matrix.path, f"line {number}, {name}", "sample", names)
        evidence.add(seen)
        if row in gene_of_row:
            sums[gene_of_row[row]] += linear(values[chosen], scale)
    evidence.require(matrix.path)
    return sums
