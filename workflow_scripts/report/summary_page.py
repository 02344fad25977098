"""The first page of the report, and the short form of it that the report opens with."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from workflow_scripts.contracts.samples import KEPT
from workflow_scripts.evaluation.cell_models import RULES
from workflow_scripts.evaluation.intervals import LEVEL
from workflow_scripts.evaluation.metrics import label as metric_label
from workflow_scripts.evaluation.models import label
from workflow_scripts.io.files import replacing
from workflow_scripts.report.looks import swatch
from workflow_scripts.report.methods import Methods
from workflow_scripts.report.pages import bullets, heading, paragraph, styled, table
from workflow_scripts.report.scores import dataset_label, digits_of
from workflow_scripts.report.summary import Headline, Warned

STYLES = {"ahead": "good", "behind": "bad", "level": "", "unknown": ""}
PERCENT = f"{100 * LEVEL:g} %"
SHOWN_RULES = 5  # in the summary of costs, the most costly
# Snakemake's report centres what it opens with, so that of a text longer than the window the beginning is out of reach.
FROM_THE_TOP = Markup("<style>div.h-screen.overflow-auto.items-center { align-items: flex-start; }</style>")


def write_opening(path: Path, found: Sequence[Headline], warned: Sequence[Warned]) -> None:
    """What the report says at once: a line a headline and a line a warning, as a fragment of HTML."""
    parts = [FROM_THE_TOP]
    if found:
        parts += [heading("Results"), bullets(sentence(one) for one in found)]
    parts += warning_part(warned)
    with replacing(path) as temporary:
        temporary.write_text(Markup("\n").join(parts) + "\n", encoding="utf-8")


def sentence(one: Headline) -> Markup:
    """One headline score in words."""
    digits = digits_of(one.score[0])
    said = Markup("<strong>{}</strong>: {} {}").format(one.run, _name(one), interval_words(*one.score, digits=digits))
    if not one.baseline:
        return said + Markup(", no baseline beside it")
    whom = f"the best baseline, {label(one.baseline, one.place.task)} ({one.baseline_score:.{digits}f})"
    words = {"ahead": f"ahead of {whom}", "behind": f"behind {whom}", "level": f"level with {whom}"}
    stand = ", and ".join(filter(None, (words.get(one.beside, f"not compared with {whom}"), one.of_others())))
    stand = styled(stand, STYLES[one.says])
    difference = interval_words(*one.difference, signed=True, digits=digits)
    return said + Markup(", {}: difference {}").format(stand, difference)


def headline_part(found: Sequence[Headline], places: dict[str, int]) -> list[Markup]:
    """The headline scores of runs on samples as a table; places: of the runs, which their colours follow."""
    lead = paragraph(
        f"Scores on the test split, whose groups of samples no model has seen. Brackets hold {PERCENT} bootstrap "
        "intervals over groups of samples, those of a difference from the same resamples for both models. A run is "
        "ahead where it is ahead of every baseline by that interval, behind where it is behind one, and level "
        "otherwise. The best baseline is the best on this very number; n counts samples, or hidden values."
    )
    return [_headline_table("Headline scores", found, places, {"Run": "name"}), lead] if found else []


def circuit_part(found: Sequence[Headline], places: dict[str, int]) -> list[Markup]:
    """The same of circuits, of enhancers and of perturbed cells; places: of runs on circuits."""
    lead = paragraph(
        "Edges are held against those that are known, which no model has seen, nor what came of two perturbations at "
        "once; levels over time are predicted by members of the ensemble that were not shown that series. Enhancers "
        "are scored on chromosomes, and perturbed cells on perturbations, that were left out. Brackets hold "
        f"{PERCENT} bootstrap intervals over target genes, perturbations, series or genes, those of a difference from "
        "the same resamples for both models; ahead, behind and level as above all: by that interval, beside every "
        "baseline. n counts candidate edges, perturbations, series or pairs. A distance or an error is the better, the "
        "less it is."
    )
    return [_headline_table("Circuits, enhancers and perturbed cells", found, places, {}), lead] if found else []


def _headline_table(caption: str, found: Sequence[Headline], places: dict[str, int], kinds: dict[str, str]) -> Markup:
    """kinds: of columns, see `pages.table`."""
    columns = [
        "Run",
        "Score",
        "n",
        "Its score",
        "Best baseline",
        "Baseline's score",
        f"Difference [{PERCENT}]",
        "The run is",
    ]
    rows = []
    for one in found:
        digits, baseline = digits_of(one.score[0]), ("none", "", "")
        if one.baseline:
            difference = interval_words(*one.difference, signed=True, digits=digits)
            name = label(one.baseline, one.place.task)
            baseline = _dotted(name, one.baseline, 0, one), f"{one.baseline_score:.{digits}f}", difference
        rows.append(
            (
                _dotted(one.run, one.run, places.get(one.run, 0), one),
                _name(one),
                f"{one.n:,}",
                interval_words(*one.score, digits=digits),
                *baseline,
                styled({"unknown": "not compared"}.get(one.says, one.says), STYLES[one.says]),
            )
        )
    return table(caption, columns, rows, kinds | {"n": "number"})


def _dotted(name: str, model: str, place: int, one: Headline) -> Markup | str:
    """The name of a model after a dot in its colour, but of perturbed cells, in whose figures colours are verdicts."""
    return name if one.place.task in RULES else swatch(model, place) + name


def _name(one: Headline) -> str:
    return f"{metric_label(one.place.metric)} ({dataset_label(one.place.dataset, one.place.task)})"


def interval_words(value: float, low: float, high: float, signed: bool = False, digits: int = 3) -> str:
    """A number and its interval, in one line; so many digits after the point."""
    form = f"{'+' if signed else ''}z.{digits}f"
    if value != value:
        return "not defined"
    bounds = f" [{low:{form}}, {high:{form}}]" if low == low and high == high else ""
    return f"{value:{form}}{bounds}".replace(" ", "\u00a0")


def warning_part(warned: Sequence[Warned]) -> list[Markup]:
    return [heading("Know this first"), bullets(_warning(one) for one in warned)] if warned else []


def _warning(one: Warned) -> Markup:
    return Markup("<strong>{}</strong> {}").format(styled(one.title, "bad"), one.words)


def sample_part(samples: pd.DataFrame | None) -> list[Markup]:
    """Samples kept and dropped, by corpus."""
    if samples is None:
        return []
    kept = samples[samples["fate"] == KEPT]
    fates = [KEPT, *samples.loc[samples["fate"] != KEPT, "fate"].value_counts().index]
    columns = ["Corpus", "Samples", *(fate.replace("_", " ") for fate in fates), "train", "validation", "test"]
    rows = []
    for name, of in samples.groupby("corpus"):
        splits = (((of["fate"] == KEPT) & (of["split"] == split)).sum() for split in columns[-3:])
        counts = [len(of), *((of["fate"] == fate).sum() for fate in fates), *splits]
        rows.append((name, *(f"{count:,}" for count in counts)))
    labels = kept.loc[kept["label"] != "", "label"].nunique()
    dropped = len(samples) - len(kept)
    said = f"{len(kept):,} of {len(samples):,} samples were kept, {dropped:,} dropped; {labels:,} classes."
    return [
        table("Samples kept and dropped", columns, rows, dict.fromkeys(columns[1:], "number")),
        paragraph(said + " Why each was dropped stands among the data."),
    ]


def figure_part(figures: dict[str, Path]) -> list[Markup]:
    """The main figures, {what it shows: PNG}, within the page itself."""
    shown = []
    for title, path in figures.items():
        data = base64.b64encode(path.read_bytes()).decode()
        image = Markup('<img alt="{0}" src="data:image/png;base64,{1}">').format(title, data)
        shown.append(Markup("<figure><figcaption>{}</figcaption>{}</figure>").format(title, image))
    return [heading("Main figures"), *shown] if shown else []


def methods_part(methods: Methods) -> list[Markup]:
    """The text to paste, with its references."""
    numbered = [paragraph(f"[{number}] {text}") for number, text in enumerate(methods.references, start=1)]
    box = Markup("\n").join([*map(paragraph, methods.paragraphs), *numbered])
    lead = paragraph("Ready to paste. Versions are those that the jobs of this run recorded.")
    return [heading("Methods"), lead, Markup('<div class="paste">\n{}\n</div>').format(box)]


def cost_part(costs: pd.DataFrame) -> list[Markup]:
    """What the run cost, and which rules cost most (rows of `costs.tsv`)."""
    if costs.empty:
        return []
    memory = costs["max_rss_mib"].max()
    said = f"{costs['jobs'].sum():,} jobs took {costs['wall_s'].sum():,.0f} s of wall time, added up over jobs"
    said += f", and at most {memory:,.0f} MiB of memory each." if memory == memory else "."
    rows = [(row.rule, row.stage, f"{row.wall_s:,.1f}") for row in costs.head(SHOWN_RULES).itertuples()]
    columns = ["Rule", "Stage", "Wall (s)"]
    return [table("Costs: the most costly rules", columns, rows, {"Wall (s)": "number"}), paragraph(said)]
