"""The sample sheet of a corpus, each of whose samples stands in one of its files of counts."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import sample_sheet
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.registry import load
from workflow_scripts.prebulk.readers.registry import READERS, options
from workflow_scripts.prebulk.sheet import FILE, SAMPLE, read_sheet

FEW = 3  # names in a message
log = logging.getLogger(__name__)


def match_samples(*, counts: list[Path], sheet: Path, matched: Path, spec: dict) -> None:
    """Write the SampleSheet of a corpus from the sheet of its user and the names of samples in its files.

    Raises BadInput where a sample of the sheet stands in no file or in two, each named. Samples of a file that the
    sheet leaves out are logged here, and dropped as `not_in_sheet`. Of files of one sample each, the sheet has said
    which they are.
    """
    reader = load(READERS[spec["format"]])
    given = read_sheet(sheet, files=bool(reader.IN_FOLDER))
    table = pd.DataFrame(given.lines.values(), columns=given.header, dtype=object).rename(columns={SAMPLE: "sample_id"})
    if not reader.IN_FOLDER:
        table[FILE] = _found(table, counts, sheet, spec)
    first = ["sample_id", FILE]
    table = table[[*first, *(column for column in table if column not in first)]]
    sample_sheet.write(table, matched)
    log.info("%d samples, columns %s", len(table), ", ".join(table.columns[2:]) or "none")


def _found(table: pd.DataFrame, counts: list[Path], sheet: Path, spec: dict) -> list[str]:
    """The name of the file that holds each sample of the table of a sheet."""
    reader = load(READERS[spec["format"]])
    given = options(reader, spec, sheet=table)
    file_of: dict[str, Path] = {}
    wanted = set(table["sample_id"])
    examples: dict[Path, list[str]] = {}
    for path in counts:
        names = reader.read_samples(path, 0, 1, set(), **given)["sample_id"].tolist()
        examples[path] = names[:FEW]
        for name in names:
            if name in wanted and name in file_of:
                other = "twice" if file_of[name] == path else f"in {file_of[name]} too"
                raise BadInput(path, f"sample {name!r}", f"stands {other}", "Leave one of them out of the counts.")
            file_of[name] = path
        left = [name for name in names if name not in wanted]
        if left:
            log.info("%s: %d columns or samples in no line of the sheet: %s", path.name, len(left), _few(left))
    absent = [name for name in table["sample_id"] if name not in file_of]
    if absent:
        reason = f"{len(absent)} of {len(table)} samples stand in no file of counts ({_few(absent)})"
        there = "; ".join(f"{path.name}: {_few(names) or 'none'}" for path, names in list(examples.items())[:FEW])
        transpose = " If samples are the rows of the table, set samples_in: rows." if "samples_in" in given else ""
        raise BadInput(sheet, f"column `{SAMPLE}`", reason, f"Name them as the files do ({there}).{transpose}")
    return [file_of[name].name for name in table["sample_id"]]


def _few(names: list[str]) -> str:
    return ", ".join(map(repr, names[:FEW])) + (", ..." if len(names) > FEW else "")


if "snakemake" in globals():
    run(match_samples, snakemake)  # noqa: F821
