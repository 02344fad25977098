"""Lay out the sample embeddings of one run in two dimensions, and draw them: UMAP, t-SNE and a page to explore both."""

from workflow_scripts.rule import run

import json
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import vl_convert
from anndata import AnnData

from workflow_scripts.contracts import sample_layout, sample_sheet
from workflow_scripts.contracts.sample_embedding import read
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report.embedding_figures import View, count_samples, describe, draw_embedding, interactive_chart
from workflow_scripts.report.embeddings import choose, lay_out, separation
from workflow_scripts.report.looks import look
from workflow_scripts.report.pages import Markup, paragraph, write_page
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import save

# Where the window is too narrow for two panels and the legend, as beside the menu of the report, panels are smaller.
DRAW = """
const chart = %s, options = %s, box = document.querySelector("#chart").parentElement;
const draw = () => vegaEmbed("#chart", chart, options);
draw().then(() => {
  const beyond = box.scrollWidth - box.clientWidth;
  if (beyond <= 0) return;
  for (const panel of chart.concat) panel.width = panel.height = Math.max(200, panel.width - Math.ceil(beyond / 2));
  return draw();
});
""".strip()


def plot_embedding(
    *,
    embeddings: Path,
    baseline: Path,
    sheets: list[Path],
    gene_embedding: Path,
    provenance: list[Path],
    umap: Path,
    tsne: Path,
    interactive: Path,
    layout: Path,
    spec: dict,
    run: str,
    place: int,
) -> None:
    """SampleEmbedding of one run, beside that of principal components, to two PNGs and a page that opens offline.

    At most `spec["max_samples"]` samples are drawn, chosen at random, the same of both; equal bytes for an equal seed.
    The SampleLayout `layout` keeps where they lie by the embedding of the run. sheets: SampleSheets, whose columns
    colours may mean on the page; place: of the run among all, which its colour follows. `gene_embedding` of the run and
    `provenance` of its data say what is simulated.
    """
    honest = honest_line(provenance, [gene_embedding])
    stored, beside = read(embeddings), read(baseline)
    chosen = choose(stored, spec["max_samples"], spec["seed"], embeddings)
    if not chosen.obs_names.isin(beside.obs_names).all():
        raise BadInput(baseline, "", "lacks samples of the run", "Remove it and run its rule again.")
    about, marks = describe(chosen.obs, {path.stem: sample_sheet.read(path) for path in sheets})
    own = _views(f"{run}: {{}} of its embedding", chosen, spec)
    others = _views("{} of PCA of log-TPM", beside[chosen.obs_names].copy(), spec)
    coordinates = pd.DataFrame(np.hstack([view.layout.xy for view in own]), columns=sample_layout.COORDINATES)
    coordinates.insert(0, "sample_id", chosen.obs_names)
    sample_layout.write(coordinates, layout)
    views = list(zip(own, others, strict=True))  # by method
    for of_method, path in zip(views, (umap, tsne), strict=True):
        save(draw_embedding(of_method, about, marks, stored.n_obs, look(run, place).colour), path, honest)
    chart = interactive_chart([*chain.from_iterable(views)], about, marks)
    drawn = count_samples(chosen.n_obs, stored.n_obs)
    _write_page(chart, f"Sample embeddings of {run}", drawn, honest, interactive)


def _views(title: str, data: AnnData, spec: dict) -> list[View]:
    """One view a method of what `title` says."""
    words = separation(data).words
    return [View(title.format(layout.name), words, layout) for layout in lay_out(data, spec)]


def _write_page(chart: dict, title: str, drawn: str, honest: str, path: Path) -> None:
    """One page that carries a Vega-Lite chart, its data and the programs that draw it."""
    lead = (
        f"{drawn[:1].upper()}{drawn[1:]}. Each point is a sample, on the left by the model's embedding and on the "
        "right by principal components of log-TPM. Point at one to read what it is; drag over some to see them in all "
        "panels; choose above the panels what the colours mean; click on a name in the legend to bring it out, "
        "double-click to see all again."
    )
    # A label may hold "</script>", so no "<" of the data reaches the page as such. The interpreter of
    # expressions (`ast`) needs no eval, which the page's policy forbids; a canvas bears 20,000 points.
    data = json.dumps(chart, sort_keys=True).replace("<", "\\u003c")
    actions = "{export: true, source: false, compiled: false, editor: false}"
    options = f'{{mode: "vega-lite", renderer: "canvas", ast: true, actions: {actions}}}'
    programs = [vl_convert.javascript_bundle(), DRAW % (data, options)]
    body = [
        paragraph(lead),
        Markup('<div class="scroll"><div id="chart"></div></div>'),
        Markup(
            "<noscript><p>The chart is drawn by scripts that this page carries; they are turned off.</p></noscript>"
        ),
    ]
    write_page(path, title, honest, body, programs)


if "snakemake" in globals():
    run(plot_embedding, snakemake)  # noqa: F821
