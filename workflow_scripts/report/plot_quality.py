"""Show which samples and genes prebulk kept and dropped, and why, as a figure and as tables."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.gene_mapping import read as read_mapping
from workflow_scripts.contracts.samples import KEPT
from workflow_scripts.contracts.samples import read as read_samples
from workflow_scripts.report import quality
from workflow_scripts.report.pages import Markup, paragraph, table, write_page
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save

MOST_ROWS = 500  # labels in the page's table; free-text labels can be many


def plot_quality(*, samples: Path, mapping: Path, provenance: list[Path], figure: Path, table: Path) -> None:
    """Fates of samples and of source genes to one PNG of shares and one page of counts.

    `provenance` of the sources says what is simulated.
    """
    listed, genes = read_samples(samples), read_mapping(mapping)
    kept = listed[listed["fate"] == KEPT]
    tables = {
        "fates": quality.count(listed, "corpus", "fate"),
        "splits": quality.count(kept, "corpus", "split").reindex(columns=list(quality.SPLITS), fill_value=0),
        "labels": _labels(kept),
        "genes": quality.count(genes, "corpus", "fate", "genes"),
        "files": quality.count(genes.assign(file=genes["corpus"] + " / " + genes["file"]), "file", "fate", "genes"),
    }
    honest = honest_line(provenance)
    height = 1.6 + 0.62 * len(tables["fates"])
    drawn = new_figure(12.5, 3 * height)
    grid = drawn.add_gridspec(3, 2, width_ratios=[1.25, 1])
    panels = {"fates": "Samples of the sources", "splits": "Kept samples by split", "genes": "Gene rows of the sources"}
    for row, (name, title) in enumerate(panels.items()):
        counts = tables[name]
        colours = quality.SPLITS if name == "splits" else quality.fate_colours(list(counts.columns))
        unit = "rows" if name == "genes" else "samples"
        quality.draw_shares(drawn.add_subplot(grid[row, 0]), counts, colours, unit).set_title(title)
    labels, most = len(tables["labels"]), quality.MOST_LABELS
    title = "Labels of kept samples" + (f": {most} of {labels:,}" if labels > most else "")
    quality.draw_labels(drawn.add_subplot(grid[:, 1]), tables["labels"]).set_title(title)
    save(drawn, figure, honest)
    _write_page(tables, len(listed), len(kept), honest, table)


def _labels(kept: pd.DataFrame) -> pd.DataFrame:
    """Labels x splits, counts of labelled kept samples, the most frequent label first."""
    labelled = kept[kept["label"] != ""]
    table = quality.count(labelled, "label", "split").reindex(columns=list(quality.SPLITS), fill_value=0)
    order = sorted(table.index, key=lambda name: (-table.loc[name].sum(), name))
    return table.loc[order]


def _write_page(tables: dict[str, pd.DataFrame], total: int, kept: int, honest: str, path: Path) -> None:
    lead = f"{total:,} samples in the sources: {kept:,} kept, {total - kept:,} dropped. Each has one fate."
    parts = [
        paragraph(lead),
        _table("Samples by fate", "Corpus", tables["fates"]),
        _table("Kept samples by split", "Corpus", tables["splits"]),
        _table("Kept samples by label and split", "Label", tables["labels"].head(MOST_ROWS)),
        _table("Gene rows of each source file by fate", "Corpus and file", tables["files"]),
    ]
    if len(tables["labels"]) > MOST_ROWS:
        parts.insert(4, paragraph(f"And {len(tables['labels']) - MOST_ROWS:,} rarer labels."))
    write_page(path, "Samples and genes kept and dropped", honest, parts)


def _table(caption: str, first: str, counts: pd.DataFrame) -> Markup:
    """A table of counts with a sum at the end of each row."""
    columns = [first, *(name.replace("_", " ") for name in counts.columns), "All"]
    rows = [
        (name, *(f"{value:,}" for value in [*row, row.sum()]))
        for name, row in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    return table(caption, columns, rows, dict.fromkeys(columns[1:], "number"))


if "snakemake" in globals():
    run(plot_quality, snakemake)  # noqa: F821
