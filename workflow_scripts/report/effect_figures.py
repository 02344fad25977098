"""Drawings of how well effects of perturbations are predicted: scores of every model and rule, and who beats a rule."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from workflow_scripts.evaluation.cell_models import CEILING, LABELS, NEGATIVE, RULES, is_own, kind, label
from workflow_scripts.report.style import BLUE, DARK_GREY, GREEN, GREY, INK, VERMILLION, wrapped
from workflow_scripts.report.summary_page import interval_words

COLOURS = {"ahead": GREEN, "behind": VERMILLION, "level": DARK_GREY, "unknown": GREY, "rule": INK}
LINES = {CEILING: (BLUE, "-"), NEGATIVE: (INK, ":")}  # colour and style; the rule itself is dashed
WIDTH = 46  # characters of a name in one line
SEEDS = "seed_sd:"  # before the name of a metric: its standard deviation over seeds


def rows_of(scores: pd.DataFrame, against: pd.DataFrame, metric: str, task: str) -> pd.DataFrame:
    """One row a model of one number: value, ci_low, ci_high, seed_sd, difference, low, high, says; index: model.

    scores, against: Metrics and Comparisons of one data set. difference: from the rule of the task, with its interval,
    and `says` its verdict, `rule` of the rule itself. Models stand in the order of `LABELS`, those of a kind by the
    names of their vectors.
    """
    of_task = scores[scores["task"] == task]
    rows = of_task[of_task["metric"] == metric].set_index("model")[["value", "ci_low", "ci_high"]]
    spread = of_task[of_task["metric"] == SEEDS + metric].set_index("model")["value"]
    number = (against["task"] == task) & (against["metric"] == metric) & (against["baseline"] == RULES[task])
    differences = against[number].set_index("model")[["difference", "ci_low", "ci_high", "verdict"]]
    differences.columns = ["difference", "low", "high", "says"]
    rows = rows.assign(seed_sd=spread.reindex(rows.index)).join(differences)
    rows.loc[RULES[task], "says"] = "rule"
    kinds = list(LABELS)
    return rows.loc[sorted(rows.index, key=lambda model: (kinds.index(kind(model)), model))]


def draw_effects(axis: Axes, rows: pd.DataFrame, task: str) -> Axes:
    """One row a model: its number, the 95 % interval (broad) and the sd over seeds (thin); see `rows_of`.

    The ceiling, the negative control and the rule are lines across all rows.
    """
    shown = rows.drop(CEILING)
    for at, row in enumerate(shown.itertuples()):
        colour = COLOURS[row.says]
        axis.hlines(at, row.ci_low, row.ci_high, color=colour, lw=6, alpha=0.3)
        spread = row.seed_sd if np.isfinite(row.seed_sd) else None
        axis.errorbar(row.value, at, xerr=spread, color=colour, marker="o", ms=5.5, capsize=3, lw=1.4)
        _number(axis, at, f"{row.value:.3f}")
    _lines(axis, rows["value"], task)
    return _ruled(axis, list(shown.index))


def draw_gains(axis: Axes, rows: pd.DataFrame, task: str) -> Axes:
    """One row a model: its number less that of the rule, with the paired interval; see `rows_of`."""
    shown = rows.drop(CEILING)
    for at, row in enumerate(shown.itertuples()):
        if row.says == "rule":
            _number(axis, at, "the rule")
            continue
        axis.hlines(at, row.low, row.high, color=COLOURS[row.says], lw=6, alpha=0.3)
        axis.plot(row.difference, at, "o", color=COLOURS[row.says], ms=5.5)
        _number(axis, at, interval_words(row.difference, row.low, row.high, signed=True))
    _lines(axis, rows["value"] - rows.loc[RULES[task], "value"], task)
    return _ruled(axis, list(shown.index))


def row_height(models: Iterable[str]) -> float:
    """Inches that a row takes, so that names of several lines do not lie on each other."""
    return 0.12 + 0.15 * max(1 + _name(model).count("\n") for model in models)


def name_rows(axis: Axes, models: list[str]) -> Axes:
    """Names of the models at the rows of a panel; those of the stage's own are bold."""
    axis.set_yticks(range(len(models)), [_name(model) for model in models])
    for text, model in zip(axis.get_yticklabels(), models, strict=True):
        text.set_fontweight("bold" if is_own(model) else "normal")
    return axis


def key(figure: Figure, title: str) -> None:
    """What the figure is of, and what its colours and lines mean, above all panels."""
    says = {"ahead": "ahead of the rule", "behind": "behind it", "level": "level with it", "rule": "the rule itself"}
    handles = [
        Line2D([], [], color=COLOURS[name], marker="o", lw=6, alpha=0.6, label=words) for name, words in says.items()
    ]
    handles += [Line2D([], [], color=DARK_GREY, marker="|", ms=8, lw=1.4, label="sd over seeds")]
    words = {
        CEILING: "ceiling: half of the cells for the other half",
        NEGATIVE: "negative control: mean of the singles",
    }
    handles += [Line2D([], [], color=LINES[name][0], ls=LINES[name][1], lw=1.4, label=words[name]) for name in LINES]
    handles += [Line2D([], [], color=INK, ls="--", lw=0.9, label="the rule")]
    drawn = {"handlelength": 1.8, "columnspacing": 1.4, "title_fontsize": 10.5, "alignment": "left"}
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), title=title, **drawn)


def _lines(axis: Axes, values: pd.Series, task: str) -> None:
    for model, (colour, style) in LINES.items():
        if model in values.index:
            axis.axvline(values[model], color=colour, ls=style, lw=1.4, zorder=0.9)
    axis.axvline(values[RULES[task]], color=INK, ls="--", lw=0.9, zorder=0.8)


def _name(model: str) -> str:
    return wrapped(label(model), WIDTH)


def _number(axis: Axes, at: int, text: str) -> None:
    """Right of a panel, at one of its rows."""
    axis.annotate(text, (1.015, at), xycoords=axis.get_yaxis_transform(), va="center", fontsize=8)


def _ruled(axis: Axes, models: list[str]) -> Axes:
    """Rows without names, the first above."""
    axis.set_yticks(range(len(models)), [""] * len(models))
    axis.set_ylim(len(models) - 0.4, -0.6)
    axis.xaxis.set_major_locator(MaxNLocator(6))
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="both")
    return axis
