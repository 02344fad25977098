"""How each model is drawn: one colour, marker and line, by its name alone, the same wherever the report shows it.

Runs take theirs by their place among the runs of the configuration, in order of name. A kind of baseline has one colour
in both tasks, and each baseline a marker and a line of its own.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

from markupsafe import Markup

from workflow_scripts.evaluation.models import BASE, BASELINES, label
from workflow_scripts.report.style import BLUE, DARK_GREY, GREEN, ORANGE, PINK, SKY, VERMILLION

BROWN, PURPLE, OLIVE, RUST = "#7F5539", "#7A4EA3", "#5E8C00", "#A33B20"
TEAL, GOLD, SLATE = "#00808A", "#B8860B", "#4B5D8A"
MOSS, WINE = "#3F5A36", "#8A1C4A"


class Look(NamedTuple):
    colour: str
    marker: str
    dashes: tuple[float, ...]  # lengths drawn and left out, in widths of the line; none: one solid line


RUNS = [Look(colour, marker, ()) for marker, colour in product("o*hp", (BLUE, PINK, VERMILLION, SKY))]
KNOWN = {
    "logistic_regression_log_tpm": Look(BROWN, "s", (7, 1.5)),
    "variable_logistic_regression": Look(PURPLE, "H", (1, 2)),
    "pca_logistic_regression": Look(ORANGE, "D", (4, 4)),
    "knn": Look(GREEN, "^", (4, 2)),
    "random_forest": Look(OLIVE, "p", (9, 2, 2, 2)),
    "majority_class": Look(DARK_GREY, "X", (2, 3)),
    "permuted_labels": Look(RUST, "d", (5, 1, 1, 1)),
    "gene_mean": Look(DARK_GREY, "P", (7, 1.5)),
    "knn_imputer": Look(GREEN, "v", (4, 2)),
    "pca_imputer": Look(ORANGE, "d", (2, 3)),
    "factor_analysis_imputer": Look(PURPLE, "<", (9, 2, 2, 2)),
    "kernel_ridge_imputer": Look(BROWN, ">", (1, 2)),
    "stacked_imputer": Look(OLIVE, "8", (5, 2, 1, 2, 1, 2)),
    "log_tpm": Look(BROWN, "X", (7, 1.5)),
    "ranks": Look(GREEN, "s", (4, 2)),
    "principal_components": Look(ORANGE, "^", (4, 4)),
    "factor_scores": Look(PURPLE, "D", (9, 2, 2, 2)),
    "random": Look(DARK_GREY, "s", (1, 2)),
    "correlation": Look(BROWN, "^", (4, 2)),
    "clr": Look(RUST, "s", (4, 4)),
    "genie3": Look(OLIVE, "s", (7, 1.5)),
    "grnboost2": Look(MOSS, "s", (2, 3)),
    "dyngenie3": Look(WINE, "s", (9, 2, 2, 2)),
    "lagged_ridge": Look(ORANGE, "s", (5, 1, 1, 1)),
    "lagged_lasso": Look(GREEN, "X", (7, 1.5)),
    "zscore": Look(PURPLE, "s", (4, 2)),
    "zscore_x_dyngenie3": Look(TEAL, "s", (9, 2, 2, 2)),
    "zscore_lagged_lasso": Look(SLATE, "s", (4, 4)),
    "no_change": Look(DARK_GREY, "^", (1, 2)),
    "mean_of_singles": Look(BROWN, "D", (4, 2)),
    "matching_mean": Look(RUST, "^", (4, 4)),
    "additive_raw": Look(ORANGE, "v", (7, 1.5)),
    "additive": Look(GREEN, "D", (2, 3)),
    "additive_beyond_noise": Look(OLIVE, "^", (9, 2, 2, 2)),
    "largest_effect": Look(PURPLE, "^", (5, 1, 1, 1)),
    "additive_denoised": Look(MOSS, "^", (2, 3)),
    "largest_denoised": Look(WINE, "^", (4, 2)),
    "linear_low_rank": Look(TEAL, "^", (7, 1.5)),
    "persistence": Look(DARK_GREY, "v", (1, 2)),
    "jump_to_reference": Look(BROWN, "v", (4, 2)),
    "exponential_decay": Look(ORANGE, "P", (4, 4)),
    "var_ridge": Look(PURPLE, "v", (7, 1.5)),
    "attention_without_neighbours": Look(SLATE, "D", (4, 2)),
    "attention_without_linear": Look(WINE, "D", (4, 4)),
    "attention_permuted_labels": Look(RUST, "v", (5, 1, 1, 1)),
    "distance": Look(DARK_GREY, "D", (2, 3)),
    "activity_by_contact": Look(ORANGE, "o", (1, 2)),
    "share_of_contact": Look(GOLD, "^", (9, 2, 2, 2)),
    "logistic_regression": Look(GREEN, "o", (7, 1.5)),
    "counted_logistic_regression": Look(MOSS, "D", (4, 2)),
    "gradient_boosting": Look(PURPLE, "P", (2, 3)),
    "gc_linear": Look(GOLD, "h", (4, 4)),
    "kmer_ridge": Look(BROWN, "h", (7, 1.5)),
    "mean_profile": Look(ORANGE, "h", (2, 3)),
    "profile_and_level": Look(OLIVE, "h", (9, 2, 2, 2)),
    "linear_composite": Look(GREEN, "h", (4, 2)),
    "shuffled_sequence": Look(DARK_GREY, "h", (1, 2)),
    "swapped_strands": Look(RUST, "h", (5, 1, 1, 1)),
    "other_track": Look(PURPLE, "h", (4, 4)),
    "counting_ceiling": Look(TEAL, "h", (7, 1.5)),
    "measured_track": Look(WINE, "h", (7, 1.5)),
    "random_bins": Look(SLATE, "h", (2, 3)),
    "measured_tracks": Look(MOSS, "h", (4, 4)),
}
# Of baselines that are added to the registry, in its order.
OTHERS = [Look(colour, marker, (1, 3)) for marker, colour in product("<>8H", (TEAL, GOLD, SLATE))]


def look(model: str, place: int = 0) -> Look:
    """How a model of the Metrics table is drawn; place: of its run among all runs, which a baseline needs none of."""
    if model in BASELINES:
        spare = [name for name in BASELINES if name not in KNOWN]
        return KNOWN[model] if model in KNOWN else OTHERS[spare.index(model) % len(OTHERS)]
    return RUNS[place % len(RUNS)]


def line(model: str, place: int = 0) -> dict[str, Any]:
    """Properties of matplotlib's Line2D for the line of one model.

    Runs are broad and solid, with baselines above them: dashed, each by gaps of its own, with hollow markers. So
    lines that coincide can all be seen. A run without its network is dotted, in the colour of the run.
    """
    colour, marker, dashes = look(model, place)
    drawn: dict[str, Any] = {"color": colour, "marker": marker, "label": label(model)}
    if model.endswith(BASE):
        return drawn | {"ms": 6, "mfc": "none", "lw": 1.2, "ls": ":", "zorder": 2.5}
    if not dashes:
        return drawn | {"ms": 6, "lw": 3.4, "zorder": 2}
    above = 3 + list(BASELINES).index(model)
    return drawn | {"ms": 8, "mfc": "none", "lw": 1.6, "ls": (0, dashes), "zorder": above}


def swatch(model: str, place: int = 0) -> Markup:
    """A dot in the colour of a model, to stand before its name on a page."""
    size = 'class="dot" width="11" height="11" aria-hidden="true"'
    return Markup(f'<svg {size}><circle cx="5.5" cy="5.5" r="5" fill="{{}}"/></svg>&nbsp;').format(
        look(model, place).colour
    )
