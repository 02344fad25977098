"""Draw what one run makes of one screen of perturbations, and write the page of all of them."""

from workflow_scripts.rule import run as run_door

from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.contracts import screen as screen_table
from workflow_scripts.contracts.screen import WITH_SINGLES
from workflow_scripts.report.pages import Markup, paragraph, table, write_page
from workflow_scripts.report.screen_figures import draw_screen
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save

DRAWN, LISTED = 20, 200  # perturbations, the best ones
NUMBERS = {"match": "Match", "size": "Size (sds)", "side_effect": "Side effect (sds)"}
KINDS = {"knockout": "knocked out", "knockdown": "knocked down", "overexpression": "overexpressed"}


def plot_screen(
    *, screen: Path, provenance: list[Path], figure: Path, page: Path, spec: dict, run: str, name: str, place: int
) -> None:
    """The Screen of one run to one PNG and one page; spec: of `circuit/screens`, name: its own.

    `provenance` of its tables says what is simulated.
    """
    found, honest = screen_table.read(screen), honest_line(provenance)
    first = found.head(DRAWN)
    drawn = new_figure(12, 1.9 + 0.28 * len(first))
    axes = list(drawn.subplots(1, 3, width_ratios=[1.2, 1, 1]))
    draw_screen(axes, first, run, spec["least_size"], _done(spec), place)
    save(drawn, figure, honest)
    write_page(page, f"Screen {name} by {run}", honest, [*_lead(found, spec), _table(found.head(LISTED))])


def _lead(found: pd.DataFrame, spec: dict[str, Any]) -> list[Markup]:
    """What was asked, and the answer in words."""
    goals = [f"{', '.join(spec[way])} {way}" for way in ("up", "down") if spec[way]]
    what = f"Wanted: {'; '.join(goals) or 'the changes of a table'}. "
    how = "two of them at once" if spec["pairs"] else "one at a time"
    of = f"{len(spec['genes']):,} genes" if spec["genes"] else "Every gene"
    what += f"{of} {_done(spec)}, {how}: {len(found):,} perturbations."
    measured = int(found["measured_match"].notna().sum())
    beside = f"Of {measured:,} of them the effect was measured; it stands beside." if measured else "None was measured."
    if WITH_SINGLES in set(found["basis"]):
        beside += " Pairs are predicted from what was measured of each alone, with intervals as wide as those of one."
    lead = [paragraph(what), paragraph(beside)]
    enough = found[(found["size"] >= spec["least_size"]) & (found["match"] > 0)]
    if enough.empty:
        return [*lead, paragraph("None of them is predicted to bring about what is wanted.", "bad")]
    best = enough.iloc[0]
    said = f"The best is {best['perturbation']}: match {_number(best, 'match')}, size {_number(best, 'size')} sds, "
    said += f"side effect {_number(best, 'side_effect')} sds."
    if pd.notna(best["measured_match"]):
        said += f" As measured: match {_plain(best['measured_match'])}, size {_plain(best['measured_size'])} sds."
    return [*lead, paragraph(said)]


def _done(spec: dict[str, Any]) -> str:
    return KINDS[spec["kind"]] + (f" to {spec['dose']:g} times" if "dose" in spec else "")


def _table(found: pd.DataFrame) -> Markup:
    columns = ["Perturbation", "Rank"]
    columns += [head for label in NUMBERS.values() for head in (label, f"{label}, measured")]
    rows = (
        (
            row["perturbation"],
            row["rank"],
            *(cell for name in NUMBERS for cell in (_number(row, name), _plain(row[f"measured_{name}"]))),
            row["basis"],
        )
        for row in found.to_dict("records")
    )
    title = f"The first {len(found):,}, with 90 % intervals of what one measurement would come to"
    return table(title, [*columns, "Predicted from"], rows, dict.fromkeys(columns[1:], "number"))


def _number(row: Any, name: str) -> str:
    if pd.isna(row[name]):
        return "not defined"
    if pd.isna(row[f"{name}_low"]):
        return f"{row[name]:.2f}"
    return f"{row[name]:.2f} [{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]"


def _plain(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f}"


if "snakemake" in globals():
    run_door(plot_screen, snakemake)  # noqa: F821
