"""Draw which bases of some regions make a run say what it says, and write the page of the words that stand there."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np

from workflow_scripts.contracts import attributions as attributions_contract
from workflow_scripts.contracts import seqlets as seqlets_contract
from workflow_scripts.contracts import word_enrichment
from workflow_scripts.io.bases import decode
from workflow_scripts.report.attribution_page import write_attributions
from workflow_scripts.report.logo_figures import by_signal, draw_letters, draw_region, strongest
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save

LETTERS = 64  # places that are drawn as letters
METHODS = {
    "mutagenesis": "in-silico mutagenesis",
    "input_gradient": "input x gradient",
    "integrated_gradients": "integrated gradients",
}


def plot_attributions(
    *,
    attributions: Path,
    seqlets: Path,
    enrichment: Path,
    provenance: list[Path],
    figure: Path,
    page: Path,
    name: str,
) -> None:
    """Attributions, Seqlets and WordEnrichment to one PNG and one page; `provenance` says what is simulated.

    The regions that are drawn follow from the signal that is expected of them, not from attributions.
    """
    found, honest = attributions_contract.read(attributions), honest_line(provenance)
    table, width, limits = seqlets_contract.read(seqlets)
    size, chosen = found.bases.shape[1], by_signal(found.regions["signal"].to_numpy())
    letters = min(LETTERS, size)
    drawn = new_figure(19, 2.5 * len(chosen) + 0.9)
    axes = drawn.subplots(len(chosen), 2, width_ratios=[1, 1.3], squeeze=False)
    top = np.abs(found.attribution[list(chosen)]).max() or 1.0
    for (whole, near), (number, rank) in zip(axes, chosen.items(), strict=True):
        region, values = found.regions.iloc[number], found.attribution[number]
        first = strongest(values, letters)
        draw_region(whole, found, number, table, (first, first + letters)).set_ylim(-1.05 * top, 1.05 * top)
        place = f"{region['chrom']}:{region['start'] + 1:,}-{region['end']:,}({region['strand']})"
        whole.set_title(f"{region['name']}, {place}: {rank}")
        here = slice(first, first + letters)
        draw_letters(near, decode(found.bases[number, here]), values[here], first - size // 2)
        near.set_title(f"the {letters} bp that add or take away the most")
    for axis in axes[-1]:
        axis.set_xlabel("bp from the centre of the region, in its direction")
    about = _about(found)
    drawn.suptitle(f"{name}: {about}", x=0.01, ha="left", fontsize=10.5)
    save(drawn, figure, honest)
    words = word_enrichment.read(enrichment)
    write_attributions(page, name, f"{about}.", found, table, width, limits, words, honest)


def _about(found: attributions_contract.Attributions) -> str:
    about = found.about
    before = f"{about['upstream']} bp before" if about["upstream"] else "the centre"
    after = f"{about['downstream']} bp after {'the centre' if about['upstream'] else 'it'}"
    what = f"ln of the signal of {about['track']} from {before} to {after}"
    return f"{what}, as {about['run']} expects it, by {METHODS[about['method']]}"


if "snakemake" in globals():
    run(plot_attributions, snakemake)  # noqa: F821
