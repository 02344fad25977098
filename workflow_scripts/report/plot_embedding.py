"""Draw the sample embeddings of one run in two dimensions: UMAP, t-SNE and a page to explore both."""

from workflow_scripts.rule import run

import json
from pathlib import Path

import vl_convert

from workflow_scripts.contracts.sample_embedding import read
from workflow_scripts.report.embedding_figures import count_samples, describe, draw_embedding, interactive_chart
from workflow_scripts.report.embeddings import choose, lay_out
from workflow_scripts.report.pages import Markup, paragraph, write_page
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import save


def plot_embedding(
    *,
    embeddings: Path,
    gene_embedding: Path,
    provenance: list[Path],
    umap: Path,
    tsne: Path,
    interactive: Path,
    spec: dict,
) -> None:
    """SampleEmbedding to two PNGs and one HTML page that opens offline; equal bytes for an equal seed.

    At most `spec["max_samples"]` samples are drawn, chosen at random. `gene_embedding` of the run and `provenance`
    of its data say what is simulated.
    """
    honest = honest_line(provenance, [gene_embedding])
    stored = read(embeddings)
    chosen = choose(stored, spec["max_samples"], spec["seed"], embeddings)
    about, marks = describe(chosen.obs)
    layouts = lay_out(chosen, spec)
    for layout, path in zip(layouts, (umap, tsne), strict=True):
        save(draw_embedding(layout, about, marks, stored.n_obs), path, honest)
    chart = interactive_chart(layouts, about, marks)
    drawn = count_samples(chosen.n_obs, stored.n_obs)
    _write_page(chart, f"Sample embeddings of {stored.uns['run']}", drawn, honest, interactive)


def _write_page(chart: dict, title: str, drawn: str, honest: str, path: Path) -> None:
    """One page that carries a Vega-Lite chart, its data and the programs that draw it."""
    lead = (
        f"{drawn[:1].upper()}{drawn[1:]}. Each point is a sample. Point at one to read what it is; drag over some to "
        "see them in both panels; choose below the panels what the colours mean; click on a name in the legend to "
        "bring it out, double-click to see all again."
    )
    # A label may hold "</script>", so no "<" of the data reaches the page as such. The interpreter of
    # expressions (`ast`) needs no eval, which the page's policy forbids; a canvas bears 20,000 points.
    data = json.dumps(chart, sort_keys=True).replace("<", "\\u003c")
    actions = "{export: true, source: false, compiled: false, editor: false}"
    options = f'{{mode: "vega-lite", renderer: "canvas", ast: true, actions: {actions}}}'
    body = [
        paragraph(lead),
        Markup('<div class="scroll"><div id="chart"></div></div>'),
        Markup(
            "<noscript><p>The chart is drawn by scripts that this page carries; they are turned off.</p></noscript>"
        ),
    ]
    scripts = [vl_convert.javascript_bundle(), f'vegaEmbed("#chart", {data}, {options});']
    write_page(path, title, honest, body, scripts)


if "snakemake" in globals():
    run(plot_embedding, snakemake)  # noqa: F821
