"""The page of attributions: how seqlets were called, and the words that stand in them more often than elsewhere."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.attributions import Attributions
from workflow_scripts.report.pages import Markup, bullets, paragraph, table, write_page

SHOWN = 20  # words of a table
LEVEL = 0.05  # of q
WHAT = {1: "add to what the run expects", -1: "take from what the run expects"}
KINDS = {"kmer": "Words", "motif": "Motifs"}
COLUMNS = ("On", "In seqlets", "of places", "Elsewhere", "of places", "Odds ratio", "p", "q")


def write_attributions(
    path: Path,
    name: str,
    about: str,
    found: Attributions,
    seqlets: pd.DataFrame,
    width: int,
    thresholds: dict[int, float],
    enrichment: pd.DataFrame,
    honest: str,
) -> None:
    """Write the page; tables as in their contracts, width and thresholds as Seqlets has them."""
    several = int((found.regions["fold"] < 0).sum())
    seen = f"{several:,} of them in no fold held out, read by all models" if several else "none was seen by its model"
    notes = [
        f"{len(found.regions):,} regions of {found.bases.shape[1]} bp, each in the direction of its strand; {seen}.",
        *(_stretches(int((seqlets["sign"] == sign).sum()), sign, width, thresholds[sign]) for sign in WHAT),
        "A word is counted at each place where it stands as it reads in the direction of the region, never as its "
        "reverse complement. p is Fisher's exact test of more in seqlets than in the rest of the same regions; q is "
        "corrected for all words of a table (Benjamini and Hochberg). Places overlap, so p is too small for words that "
        "repeat themselves.",
        "Attributions tell what the run makes of sequence, not what the polymerase does.",
    ]
    parts = [paragraph(about), bullets(notes)]
    for kind, kinds in KINDS.items():
        for sign, what in WHAT.items():
            rows = enrichment[(enrichment["kind"] == kind) & (enrichment["sign"] == sign)]
            if len(rows):
                parts.append(_table(f"{kinds} in stretches that {what}", rows))
    write_page(path, f"Which bases count: {name}", honest, parts)


def _stretches(number: int, sign: int, width: int, threshold: float) -> str:
    side = "above" if sign > 0 else "below"
    said = f"{number:,} stretches that {WHAT[sign]}: windows of {width} bp whose mean attribution is {side} "
    return said + f"{threshold:.3g}, as that of few windows of shuffled regions is."


def _table(title: str, rows: pd.DataFrame) -> Markup:
    significant = int((rows["q"] < LEVEL).sum())
    caption = f"{title}: {significant:,} of {len(rows):,} with q below {LEVEL:g}"
    caption += f", the first {SHOWN} by p" if len(rows) > SHOWN else ""
    lines = []
    for row in rows.head(SHOWN).itertuples():
        strand = {"+": "the strand of the region", "-": "the other strand"}[row.orientation]
        inside, rest = row.inside + row.inside_others, row.rest + row.rest_others
        counts = (f"{each:,}" for each in (row.inside, inside, row.rest, rest))
        lines.append((row.word, strand, *counts, f"{row.odds_ratio:.3g}", f"{row.p:.2g}", f"{row.q:.2g}"))
    return table(caption, ["Word", *COLUMNS], lines, dict.fromkeys(COLUMNS[1:], "number"))
