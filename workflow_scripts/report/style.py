"""One style for all figures: colours, markers, type, the honest line, and PNG files with reproducible bytes.

Colours are those of Okabe and Ito (2008), https://jfly.uni-koeln.de/color/, without yellow, which is too
pale on white. A category is told apart by colour and marker together, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from textwrap import fill

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation

from workflow_scripts.io.files import replacing

BLUE, ORANGE, GREEN, PINK, SKY, VERMILLION, BLACK = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#000000",
)
PALETTE = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILLION, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY, DARK_GREY, INK = "#B8BCC2", "#6B7177", "#22262A"
LABELS = 0.47  # inches that numbers and label of an axis take below it

DPI = 160  # dots per inch of every PNG
RC = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": 9,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelcolor": INK,
    "axes.edgecolor": DARK_GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#E4E6E9",
    "grid.linewidth": 0.8,
    "text.color": INK,
    "text.parse_math": False,  # a label may hold a dollar sign
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "legend.fontsize": 8.5,
    "legend.title_fontsize": 8.5,
}


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of the given size in inches, in this style."""
    matplotlib.rcParams.update(RC)
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1, wspace=0.03, hspace=0.05)
    return figure


def save(figure: Figure, path: Path, honest: str) -> None:
    """Print the honest line (nothing where it is empty) below the figure and write a PNG to `path`.

    The line also stands in the PNG's description, so that it goes wherever the picture goes. No
    date and no program version is written: equal figures are equal bytes.
    """
    metadata = {"Software": None}
    if honest:
        figure.supxlabel(honest, x=0.01, ha="left", fontsize=9, fontweight="bold", color="#A34700")
        metadata["Description"] = honest
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata=metadata)


def marks(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Give each name its (colour, marker): 49 distinct pairs, then again from the first."""
    pairs = [(colour, marker) for marker, colour in product(MARKERS, PALETTE)]
    return {name: pairs[index % len(pairs)] for index, name in enumerate(names)}


def wrapped(text: str, width: int = 30) -> str:
    """The whole of `text` in lines of at most `width` characters, fit for a legend or an axis."""
    lines = fill(" ".join(str(text).split()), width, break_on_hyphens=False)
    return f" {lines}" if lines.startswith("_") else lines  # matplotlib leaves out what begins with _


def legend_below(axis: Axes, columns: int, **options: object) -> Legend:
    """The legend of an axis below its numbers and label, where it hides nothing that is drawn."""
    below = axis.transAxes + ScaledTranslation(0, -LABELS, axis.get_figure().dpi_scale_trans)
    return axis.legend(
        loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=below, borderaxespad=0, ncols=columns, **options
    )


def log_numbers(*sides: Axis) -> None:
    """Write the numbers of logarithmic sides (axis.xaxis, axis.yaxis) as 0.5, 1, 2: powers need math text.

    To be called when the limits are set: a side of less than three decades is numbered between its powers too.
    """
    for side in sides:
        low, high = sorted(side.get_view_interval())
        between = (1, 2, 5) if high / low < 1000 else (1,)
        side.set_major_locator(LogLocator(10, subs=between))
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        side.set_minor_formatter(NullFormatter())


def say(axis: Axes, text: str) -> Axes:
    """Turn an axis that has nothing to show into a sentence that says why."""
    axis.set_axis_off()
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center", color=DARK_GREY, wrap=True)
    return axis
