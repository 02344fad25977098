"""Pictures of laid-out samples: one panel by label and two by split and corpus, or an interactive page."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import altair as alt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workflow_scripts.report import style
from workflow_scripts.report.embeddings import Layout
from workflow_scripts.report.sheets import further_columns

UNLABELLED = "unlabelled"
UNKNOWN = "not told"
MOST_NAMES = 48  # labels with a mark of their own; the rest are one grey group
MOST_LINES = 28  # in one column of the legend of labels
PANEL = 400  # pixels, of the interactive page
LEGEND_WIDTH = 2.5  # of one column, in inches
Marks = dict[str, tuple[str, str]]  # name: (colour, marker)


class View(NamedTuple):
    """One layout of the samples, and what is said of it."""

    title: str
    words: str
    layout: Layout


SPLITS: Marks = {"train": (style.SKY, "o"), "validation": (style.ORANGE, "o"), "test": (style.BLACK, "o")}
VEGA_SHAPES = dict(
    zip(
        style.MARKERS,
        ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "triangle-right"),
        strict=True,
    )
)


def describe(obs: pd.DataFrame, sheets: dict[str, pd.DataFrame] | None = None) -> tuple[pd.DataFrame, dict[str, Marks]]:
    """Return what is told of each sample, and the marks of `drawn`, `split`, `corpus` and the columns of sheets.

    The table (index sample_id, all text): label, split, corpus, group, `drawn`: the label under which a sample is
    drawn, of which there are never more than can be told apart, and the further columns of the SampleSheets `sheets`
    (by corpus), likewise.
    """
    about = obs[["label", "split", "corpus", "group"]].astype(str)
    about["label"] = about["label"].replace("", UNLABELLED)
    about["drawn"], drawn = _told_apart(about["label"], UNLABELLED, "labels")
    marks = {"drawn": drawn, "split": SPLITS, "corpus": style.marks(rank(about["corpus"]))}
    for column, values in further_columns(about, sheets or {}).items():
        about[column], marks[column] = _told_apart(values.replace("", UNKNOWN), UNKNOWN, "values")
    return about, marks


def _told_apart(values: pd.Series, nothing: str, what: str) -> tuple[pd.Series, Marks]:
    """Values with the rarer ones as one, where there are many, and their marks; grey is what tells `nothing`."""
    names = rank(values[values != nothing])
    others = names[MOST_NAMES:]
    rest = f"{len(others)} rarer {what}"
    drawn = values.where(~values.isin(others), rest)
    greys = {rest: (style.DARK_GREY, "o"), nothing: (style.GREY, "o")}
    return drawn, style.marks(names[:MOST_NAMES]) | {name: of for name, of in greys.items() if (drawn == name).any()}


def rank(values: pd.Series) -> list[str]:
    """The names in `values`, most frequent first, then by name."""
    counts = values.value_counts()
    return sorted(counts.index, key=lambda name: (-counts[name], name))


def draw_embedding(
    views: Sequence[View], about: pd.DataFrame, marks: dict[str, Marks], total: int, colour: str = style.INK
) -> Figure:
    """Draw each view by label, and below smaller by split and by corpus; `total` samples were there to draw.

    colour: of the title of the first view, that of its model.
    """
    lines = sum(wrap_label(name).count("\n") + 1 for name in marks["drawn"])
    columns = 1 + (lines - 1) // MOST_LINES
    figure = style.new_figure(4.6 * len(views) + LEGEND_WIDTH * columns, 7.9)
    # Legends have a column of their own, so that none covers a sample.
    grid = figure.add_gridspec(
        2, 2 * len(views) + 1, width_ratios=[*[2.3] * 2 * len(views), LEGEND_WIDTH * columns], height_ratios=[2, 1]
    )
    size = min(26.0, max(3.0, 12000 / len(about)))  # points squared: dense sets get small marks
    for number, view in enumerate(views):
        left = 2 * number
        axis = scatter(figure.add_subplot(grid[0, left : left + 2]), view.layout, about["drawn"], marks["drawn"], size)
        axis.set_title(f"{view.title}\n{view.words}", color=style.INK if number else colour, fontsize=9.5)
        for place, column in ((left, "split"), (left + 1, "corpus")):
            panel = figure.add_subplot(grid[1, place])
            scatter(panel, view.layout, about[column], marks[column], size / 2.5).set(xlabel="", ylabel="")
            panel.set_title(f"By {column}")
    heads = {"drawn": f"Label: {count_samples(len(about), total)}", "split": "Split", "corpus": "Corpus"}
    legend(figure.add_subplot(grid[0, -1]), about, {heads["drawn"]: ("drawn", marks["drawn"])}, columns)
    small = {heads[column]: (column, marks[column]) for column in ("split", "corpus")}
    legend(figure.add_subplot(grid[1, -1]), about, small, 1)
    return figure


def count_samples(drawn: int, total: int) -> str:
    return f"{total:,} samples" if drawn == total else f"{drawn:,} of {total:,} samples, chosen at random"


def scatter(axis: Axes, layout: Layout, values: pd.Series, marks: Marks, size: float) -> Axes:
    """Draw the rows of layout.xy by their name in `values`; grey names lie below the others.

    Points of one marker lie over each other in the order of rows, so that no name hides another. The
    axes carry no ticks: the coordinates of these layouts have no unit.
    """
    greys = (style.GREY, style.DARK_GREY)
    drawn = values.map(lambda name: (marks[name][0] not in greys, marks[name][1]))
    for group in sorted(set(drawn)):
        chosen = (drawn == group).to_numpy()
        axis.scatter(
            *layout.xy[chosen].T,
            s=size,
            c=[marks[name][0] for name in values[chosen]],
            marker=group[1],
            alpha=0.85,
            linewidths=0.25 if size > 8 else 0,  # small points would be all edge
            edgecolors="white",
        )
    axis.set(xticks=[], yticks=[], xlabel=layout.axes[0], ylabel=layout.axes[1])
    axis.set_box_aspect(1)
    axis.set_anchor("NW")
    axis.margins(0.04)
    return axis


def wrap_label(name: str) -> str:
    return style.wrapped(name, 26)


def legend(axis: Axes, about: pd.DataFrame, groups: dict[str, tuple[str, Marks]], columns: int) -> Axes:
    """Fill an axis with the names of groups, {title: (column of `about`, marks)}, each with its number of samples."""
    handles = []
    for title, (column, marks) in groups.items():
        counts = about[column].value_counts()
        handles.append(Line2D([], [], ls="none", label=style.wrapped(title, 30)))
        handles += [
            Line2D(
                [], [], ls="none", color=colour, marker=marker, label=f"{wrap_label(name)} ({counts.get(name, 0):,})"
            )
            for name, (colour, marker) in marks.items()
        ]
    axis.set_axis_off()
    key = axis.legend(
        handles=handles,
        loc="upper left",
        borderaxespad=0,
        ncols=columns,
        handletextpad=0.2,
        columnspacing=0.6,
        labelspacing=0.3,
        fontsize=8,
    )
    for text in key.get_texts():
        text.set_fontweight("bold" if text.get_text().replace("\n", " ") in groups else "normal")
    return axis


def interactive_chart(views: Sequence[View], about: pd.DataFrame, marks: dict[str, Marks]) -> dict:
    """The Vega-Lite specification of linked panels: hover names a sample, a drag in one marks it in all.

    A menu chooses what the marks mean; a click in the legend brings out one name.
    """
    table = about.reset_index(names="sample")
    for number, (_, _, layout) in enumerate(views):
        table[f"x{number}"], table[f"y{number}"] = layout.xy.T.round(3).astype("f8")
    menu = alt.binding_select(options=list(marks), labels=["label", *list(marks)[1:]], name="Colour by ")
    mark_by = alt.param(name="mark_by", value="drawn", bind=menu)
    names = alt.param(name="names", value={column: list(given) for column, given in marks.items()})
    colours = alt.param(name="colours", value={key: [mark[0] for mark in of.values()] for key, of in marks.items()})
    shapes = alt.param(
        name="shapes", value={key: [VEGA_SHAPES[mark[1]] for mark in of.values()] for key, of in marks.items()}
    )
    domain = alt.ExprRef("names[mark_by]")
    most = range(max(len(given) for given in marks.values()))
    colour_scale = alt.Scale(domain=domain, range=[alt.ExprRef(f"colours[mark_by][{index}]") for index in most])
    shape_scale = alt.Scale(domain=domain, range=[alt.ExprRef(f"shapes[mark_by][{index}]") for index in most])
    key = alt.Legend(title=None, symbolLimit=0, labelLimit=0, columns=1 if len(most) <= 25 else 2)
    bare = {
        "axis": alt.Axis(labels=False, ticks=False, grid=False),
        "scale": alt.Scale(zero=False, nice=False, padding=12),
    }
    told = ["sample", "label", "split", "corpus", "group", *list(marks)[3:]]
    brush = alt.selection_interval(name="brush", resolve="union")
    picked = alt.selection_point(name="picked", fields=["name"], bind="legend")
    panels = [
        alt.Chart()
        .mark_point(filled=True, size=45, strokeWidth=0.4, stroke="white")
        .encode(
            x=alt.X(f"x{number}:Q", title=view.layout.axes[0], **bare),
            y=alt.Y(f"y{number}:Q", title=view.layout.axes[1], **bare),
            color=alt.Color("name:N", scale=colour_scale, legend=key),
            shape=alt.Shape("name:N", scale=shape_scale, legend=key),
            opacity=alt.condition(brush & picked, alt.value(0.85), alt.value(0.06)),
            tooltip=[alt.Tooltip(field=_escaped(name), type="nominal", title=name) for name in told],
        )
        .properties(width=PANEL, height=PANEL, title=alt.Title(view.title, subtitle=view.words))
        for number, view in enumerate(views)
    ]
    with warnings.catch_warnings():
        # Both panels answer to one `brush` and one `picked`: that is meant.
        warnings.filterwarnings("ignore", "Automatically deduplicated selection parameter")
        return (
            alt.concat(*panels, columns=2, data=alt.InlineData(values=json.loads(table.to_json(orient="records"))))
            .transform_calculate(name="datum[mark_by]")
            .add_params(mark_by, names, colours, shapes, brush, picked)
            .configure(font="system-ui, DejaVu Sans, sans-serif")
            .configure_title(fontSize=15, anchor="start")
            .configure_view(stroke="#dfe2e6")
            .to_dict()
        )


def _escaped(name: str) -> str:
    """The name of a field for Vega-Lite, to which dots and brackets are a way into objects."""
    for character in "\\.[]'\"":
        name = name.replace(character, f"\\{character}")
    return name
