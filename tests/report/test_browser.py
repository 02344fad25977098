"""The pages in a real browser without a network: the chart is drawn, and nothing is asked of anyone."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from tests.circuit.perturbed_cells import cells
from tests.report.conftest import SPEC
from tests.report.looking import ODD
from tests.report.test_plot_effects import scored
from tests.report.test_plot_scores import PROBE, RUN, row, tables_of
from workflow_scripts.contracts import comparisons, metrics
from workflow_scripts.evaluation.models import BASELINES
from workflow_scripts.report import style
from workflow_scripts.report.list_sources import list_sources
from workflow_scripts.report.pages import Markup, write_page
from workflow_scripts.report.plot_effects import plot_effects
from workflow_scripts.report.plot_embedding import plot_embedding
from workflow_scripts.report.scores_page import write_scores
from workflow_scripts.report.summary import circuit_headlines
from workflow_scripts.report.summary_page import circuit_part

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--virtual-time-budget=8000"]


# Beside the menu of the report in a small window, alone in it, and in a large one.
WINDOWS = ["950,800", "1280,800", "1920,1080"]


def browse(page: Path, profile: Path, *flags: str) -> tuple[str, list[str]]:
    """What the browser wrote to its output, and the lines of its console."""
    command = [CHROMIUM, *FLAGS, *flags, f"--user-data-dir={profile}", page.as_uri()]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return result.stdout, [line for line in result.stderr.splitlines() if "CONSOLE" in line]


def embedding_page(folder: Path, samples: Path, origin: dict) -> Path:
    page = folder / "embedding.html"
    pictures = {"umap": folder / "umap.png", "tsne": folder / "tsne.png", "layout": folder / "layout.parquet"}
    given = {"embeddings": samples, "baseline": samples, "run": "small", "place": 0, "spec": SPEC}
    plot_embedding(sheets=[], **given, **origin, **pictures, interactive=page)
    return page


def visit(page: Path, script: str, folder: Path, window: str) -> dict:
    """What a script at the end of the page wrote into its title; nothing else may be said on the console."""
    visited = folder / "visited.html"
    before, end, after = page.read_text().rpartition("</body>")
    visited.write_text(f"{before}<script>{script}</script>{end}{after}")
    dom, console = browse(visited, folder / "profile", "--dump-dom", f"--window-size={window}")
    assert console == []
    return json.loads(html.unescape(re.search("<title>(.*?)</title>", dom).group(1)))


# The names of what is wider than the place that it has.
CUT = """
const cut = () => [document.scrollingElement, ...document.querySelectorAll(".scroll")]
  .filter(box => box.scrollWidth > box.clientWidth).map(box => box.ariaLabel || box.tagName);
"""

# Moves over the panel on the left until a tooltip shows, chooses another meaning of the colours, and clicks down the
# legend until the picture changes; what it saw is written into the page.
VISITOR = """
const wait = time => new Promise(done => setTimeout(done, time));
const send = (canvas, kind, x, y) => {
  const box = canvas.getBoundingClientRect();
  const at = {clientX: box.left + x, clientY: box.top + y, bubbles: true, view: window};
  canvas.dispatchEvent(new (kind.startsWith("pointer") ? PointerEvent : MouseEvent)(kind, at));
};
(async () => {
  await wait(1500);
  const canvas = document.querySelector("#chart canvas"), seen = {};
  const tooltip = () => document.querySelector("#vg-tooltip-element.visible");
  for (let y = 60; y < 440 && !tooltip(); y += 4)
    for (let x = 20; x < 420 && !tooltip(); x += 4)
      for (const kind of ["pointermove", "mousemove"]) send(canvas, kind, x, y);
  await wait(300);
  seen.tooltip = tooltip() ? tooltip().innerText : "";
  const menu = document.querySelector("#chart select"), before = canvas.toDataURL();
  menu.value = "corpus";
  menu.dispatchEvent(new Event("change", {bubbles: true}));
  menu.dispatchEvent(new Event("input", {bubbles: true}));
  await wait(500);
  const coloured = canvas.toDataURL();
  seen.coloured = coloured !== before;
  seen.cut = cut();
  const {width} = canvas.getBoundingClientRect();
  for (let y = 40; y < 80; y += 4)
    for (let x = 0.75 * width; x < width && !seen.filtered; x += 8) {
      for (const kind of ["pointermove", "pointerdown", "mousedown", "pointerup", "mouseup", "click"])
        send(canvas, kind, x, y);
      await wait(20);
      seen.filtered = canvas.toDataURL() !== coloured;
    }
  document.title = JSON.stringify(seen);
})();
"""


@pytest.mark.parametrize("window", WINDOWS)
def test_pointing_choosing_and_filtering_work_offline(tmp_path, write_samples, origin, window: str) -> None:
    page = embedding_page(tmp_path, write_samples(40, 3, unlabelled=0), origin(True))
    seen = visit(page, CUT + VISITOR, tmp_path, window)
    assert seen["cut"] == []
    assert all(name in seen["tooltip"] for name in ("sample", "label", "split", "corpus", "group"))
    assert seen["coloured"] and seen["filtered"]


def test_the_interactive_page_draws_its_chart(tmp_path, write_samples, origin) -> None:
    page = embedding_page(tmp_path, write_samples(8, 3, unlabelled=0), origin(True))
    dom, console = browse(page, tmp_path / "profile", "--dump-dom")
    assert console == []
    chart = dom.split('<div id="chart"')[1]
    canvas = re.search(r'<canvas[^>]* width="(\d+)" height="(\d+)"', chart)
    assert canvas and int(canvas.group(1)) > 800 and int(canvas.group(2)) > 400
    assert re.findall(r'<option value="(\w+)"', chart) == ["drawn", "split", "corpus"]
    assert "Simulated data" in dom
    assert "<script>alert" not in dom.split("</main>")[0]

    picture = tmp_path / "page.png"
    browse(page, tmp_path / "profile", "--window-size=1300,900", f"--screenshot={picture}")
    pixels = np.round(imread(picture)[..., :3] * 255).astype(int)
    blue = np.array([int(style.BLUE[start : start + 2], 16) for start in (1, 3, 5)])
    assert (np.abs(pixels - blue).sum(axis=2) < 90).sum() > 50  # points of the first label


def test_a_page_that_tries_to_load_something_is_stopped(tmp_path) -> None:
    """The policy of the pages works: what it forbids is reported on the console."""
    write_page(tmp_path / "p.html", "Title", "", [Markup('<img src="http://127.0.0.1:9/pixel.png" alt="x">')])
    _, console = browse(tmp_path / "p.html", tmp_path / "profile", "--dump-dom")
    assert len(console) == 1 and "Content Security Policy" in console[0]


@pytest.mark.parametrize("window", WINDOWS)
def test_no_column_of_a_wide_table_is_cut(tmp_path, write_provenance, window: str) -> None:
    note = "SIMULATED log2(count+1) in the layout of the hub"
    release = {"release": "UCSC Xena GDC hub", "licence": "CC0-1.0", "note": note}
    names = ["Homo_sapiens.GRCh38.dna.primary_assembly.fa.gz", "TCGA-BRCA.star_counts.tsv.gz"]
    files = [write_provenance(name, simulated=True, **release) for name in names]
    sources = tmp_path / "sources.html"
    list_sources(provenance=files, embeddings=[], sources=tmp_path / "sources.tsv", page=sources, licences={})
    baselines = [name for name, baseline in BASELINES.items() if baseline.task == "classification"]
    numbers = tables_of([row(model, "balanced_accuracy", 0.5) for model in (PROBE, *baselines)])
    scores = tmp_path / "scores.html"
    write_scores(scores, RUN, *numbers, {PROBE}, "")
    for page in (sources, scores):
        assert visit(page, f"{CUT} document.title = JSON.stringify(cut());", tmp_path, window) == []


def test_no_column_of_the_pages_of_perturbed_cells_is_cut(tmp_path, write_provenance) -> None:
    files = scored(tmp_path, cells(each=10, doubles=8))
    effects, first = tmp_path / "effects.html", tmp_path / "summary.html"
    told = {"provenance": [write_provenance("cells.h5ad", simulated=True)], "embeddings": []}
    plot_effects(**files, **told, figure=tmp_path / "effects.png", page=effects)
    found = circuit_headlines(metrics.read(files["metrics"]), comparisons.read(files["comparisons"]))
    write_page(first, "Summary", "", circuit_part(found, {}))
    for page in (effects, first):
        for window in WINDOWS:
            assert visit(page, f"{CUT} document.title = JSON.stringify(cut());", tmp_path, window) == []


def test_a_table_page_is_shown_with_its_odd_names(tmp_path, write_provenance) -> None:
    page = tmp_path / "sources.html"
    files = [write_provenance("a.gz", note=ODD, simulated=True)]
    list_sources(provenance=files, embeddings=[], sources=tmp_path / "sources.tsv", page=page, licences={})
    dom, console = browse(page, tmp_path / "profile", "--dump-dom")
    assert console == []
    assert dom.count("<table>") == 2 and re.search('scope="row"[^>]*>a.gz', dom)
    assert "&lt;script&gt;alert" in dom and "<script" not in dom
