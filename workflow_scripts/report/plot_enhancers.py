"""Draw how well each model tells which element regulates which gene, and write the page of its scores."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import enhancer_links, enhancer_pairs
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report.enhancer_figures import draw_areas, draw_curves, draw_differences
from workflow_scripts.report.enhancer_page import write_enhancers
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save

MODEL, METRIC = "attention", "link_auprc"


def plot_enhancers(
    *,
    pairs: Path,
    links: Path,
    metrics: Path,
    comparisons: Path,
    provenance: list[Path],
    figure: Path,
    page: Path,
    dataset: str,
) -> None:
    """EnhancerPairs, EnhancerLinks, Metrics and Comparisons of one table to one PNG and one page.

    `provenance` of the table says whether it is simulated.
    """
    table, _, _ = enhancer_pairs.read(pairs)
    tested = table[table["regulated"].notna()]
    regulated, share = tested["regulated"].to_numpy(bool), float(tested["regulated"].mean())
    scores, against = metrics_table.read(metrics), comparisons_table.read(comparisons)
    areas = scores[scores["metric"] == METRIC].sort_values(["value", "model"])
    about, honest = describe(tested, share), honest_line(provenance)

    drawn = new_figure(16.5, 6.2)
    curves, bars, differences = drawn.subplots(1, 3, width_ratios=[1.15, 1, 0.85])
    draw_curves(curves, {path.stem: _scores(path, table, tested) for path in links.glob("*.parquet")}, regulated, MODEL)
    draw_areas(bars, areas, share, MODEL)
    draw_differences(differences, against[against["metric"] == METRIC], list(areas["model"]), MODEL)
    drawn.suptitle(f"{dataset}: {about}", x=0.01, ha="left", fontsize=10.5)
    save(drawn, figure, honest)
    said = f"{about}. A random order has the AUPRC {share:.3f}, and the AUROC 0.5."
    best_first = scores.sort_values("model", key=lambda names: -names.map(areas.set_index("model")["value"]))
    write_enhancers(page, dataset, said, best_first, against, MODEL, honest)


def describe(tested: pd.DataFrame, share: float) -> str:
    """How many pairs there are, of what, and how many of them are regulated."""
    genes = tested.groupby("chrom")["gene"].nunique().sum()
    number = f"{len(tested):,} tested pairs of {genes:,} genes on {tested['chrom'].nunique()} chromosomes"
    return f"{number}, {tested['regulated'].sum():,} of them regulated ({100 * share:.1f} %)"


def _scores(path: Path, table: pd.DataFrame, tested: pd.DataFrame) -> pd.Series:
    found = enhancer_links.read(path)
    if not found[enhancer_pairs.KEYS].equals(table[enhancer_pairs.KEYS]):
        raise BadInput(path, "", "is not of the pairs beside it", "Run its rule again.")
    return found.loc[tested.index, "score"].to_numpy()


if "snakemake" in globals():
    run(plot_enhancers, snakemake)  # noqa: F821
