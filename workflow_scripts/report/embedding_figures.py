"""Pictures of laid-out samples: one panel by label and two by split and corpus, or an interactive page."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence

import altair as alt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workflow_scripts.report import style
from workflow_scripts.report.embeddings import Layout

UNLABELLED = "unlabelled"
MOST_NAMES = 48  # labels with a mark of their own; the rest are one grey group
Marks = dict[str, tuple[str, str]]  # name: (colour, marker)
SPLITS: Marks = {"train": (style.SKY, "o"), "validation": (style.ORANGE, "o"), "test": (style.BLACK, "o")}
VEGA_SHAPES = dict(
    zip(
        style.MARKERS,
        ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "triangle-right"),
        strict=True,
    )
)


def describe(obs: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Marks]]:
    """Return what is told of each sample, and the marks of `drawn`, `split` and `corpus`.

    The table (index sample_id, all text): label, split, corpus, group, and `drawn`: the label under
    which a sample is drawn, of which there are never more than can be told apart.
    """
    about = obs[["label", "split", "corpus", "group"]].astype(str)
    about["label"] = about["label"].replace("", UNLABELLED)
    labels = rank(about.loc[about["label"] != UNLABELLED, "label"])
    others = labels[MOST_NAMES:]
    rest = f"{len(others)} rarer labels"
    about["drawn"] = about["label"].where(~about["label"].isin(others), rest)
    greys = {rest: (style.DARK_GREY, "o"), UNLABELLED: (style.GREY, "o")}
    greys = {name: mark for name, mark in greys.items() if (about["drawn"] == name).any()}
    marks = {
        "drawn": style.marks(labels[:MOST_NAMES]) | greys,
        "split": SPLITS,
        "corpus": style.marks(rank(about["corpus"])),
    }
    return about, marks


def rank(values: pd.Series) -> list[str]:
    """The names in `values`, most frequent first, then by name."""
    counts = values.value_counts()
    return sorted(counts.index, key=lambda name: (-counts[name], name))


def draw_embedding(layout: Layout, about: pd.DataFrame, marks: dict[str, Marks], total: int) -> Figure:
    """Draw one layout by label, and smaller by split and by corpus; `total` samples were there to draw."""
    columns = 1 if len(marks["drawn"]) <= 24 else 2
    figure = style.new_figure(9.6 + 1.9 * columns, 6.2)
    # Legends have columns of their own, so that no legend squeezes a panel.
    grid = figure.add_gridspec(2, 4, width_ratios=[5.4, 1.9 * columns, 2.6, 1.6])
    panels = {
        "drawn": (grid[:, 0], grid[:, 1], f"{layout.name} by label: {count_samples(len(about), total)}"),
        "split": (grid[0, 2], grid[0, 3], "By split"),
        "corpus": (grid[1, 2], grid[1, 3], "By corpus"),
    }
    size = min(30.0, max(3.0, 12000 / len(about)))  # points squared: dense sets get small marks
    for column, (place, beside, title) in panels.items():
        large = column == "drawn"
        axis = scatter(figure.add_subplot(place), layout, about[column], marks[column], size if large else size / 2.5)
        axis.set_title(title)
        legend(figure.add_subplot(beside), about[column], marks[column], columns if large else 1)
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


def legend(axis: Axes, values: pd.Series, marks: Marks, columns: int) -> Axes:
    """Fill an axis with the legend of `marks`: each name with its number of samples in `values`."""
    counts = values.value_counts()
    handles = [
        Line2D(
            [], [], ls="none", color=colour, marker=marker, label=f"{style.wrapped(name, 24)} ({counts.get(name, 0):,})"
        )
        for name, (colour, marker) in marks.items()
    ]
    axis.set_axis_off()
    axis.legend(handles=handles, loc="upper left", borderaxespad=0, ncols=columns, handletextpad=0.2, columnspacing=0.6)
    return axis


def interactive_chart(layouts: Sequence[Layout], about: pd.DataFrame, marks: dict[str, Marks]) -> dict:
    """The Vega-Lite specification of linked panels: hover names a sample, a drag in one marks it in all.

    A menu chooses what the marks mean; a click in the legend brings out one name.
    """
    table = about.reset_index(names="sample")
    for number, layout in enumerate(layouts):
        table[f"x{number}"], table[f"y{number}"] = layout.xy.T.round(3).astype("f8")
    menu = alt.binding_select(options=list(marks), labels=["label", "split", "corpus"], name="Colour by ")
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
    key = alt.Legend(title=None, symbolLimit=0, labelLimit=240, columns=1 if len(most) <= 25 else 2)
    bare = {
        "axis": alt.Axis(labels=False, ticks=False, grid=False),
        "scale": alt.Scale(zero=False, nice=False, padding=12),
    }
    brush = alt.selection_interval(name="brush", resolve="union")
    picked = alt.selection_point(name="picked", fields=["name"], bind="legend")
    panels = [
        alt.Chart()
        .mark_point(filled=True, size=45, strokeWidth=0.4, stroke="white")
        .encode(
            x=alt.X(f"x{number}:Q", title=layout.axes[0], **bare),
            y=alt.Y(f"y{number}:Q", title=layout.axes[1], **bare),
            color=alt.Color("name:N", scale=colour_scale, legend=key),
            shape=alt.Shape("name:N", scale=shape_scale, legend=key),
            opacity=alt.condition(brush & picked, alt.value(0.85), alt.value(0.06)),
            tooltip=[alt.Tooltip(f"{name}:N") for name in ("sample", "label", "split", "corpus", "group")],
        )
        .properties(width=430, height=430, title=layout.name)
        for number, layout in enumerate(layouts)
    ]
    with warnings.catch_warnings():
        # Both panels answer to one `brush` and one `picked`: that is meant.
        warnings.filterwarnings("ignore", "Automatically deduplicated selection parameter")
        return (
            alt.hconcat(*panels, data=alt.InlineData(values=json.loads(table.to_json(orient="records"))))
            .transform_calculate(name="datum[mark_by]")
            .add_params(mark_by, names, colours, shapes, brush, picked)
            .configure(font="system-ui, DejaVu Sans, sans-serif")
            .configure_title(fontSize=15, anchor="start")
            .configure_view(stroke="#dfe2e6")
            .to_dict()
        )
