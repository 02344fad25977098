"""A screen that silences candidate regulatory elements (CRISPRi) and measures genes, with known regulation.

What silencing element e takes of gene g is its share of all that drives the gene (the activity-by-contact model, Fulco
et al. 2019, doi:10.1038/s41588-019-0538-0), so that the elements of one gene compete:

    effect_eg  = -SILENCED activity_e contact_eg / (promoter_g + sum of activity_f contact_fg over all f within 1 Mb)
    contact_eg = (distance_eg + 5 kb)^-0.87 and noise that is its own in each pair (Nasser et al. 2021)

Nobody sees activity or promoters: signals of chromatin follow activity with noise, genes that all tissues express have
strong promoters, and elements that CTCF binds have little activity. Sizes and correlations are near those of the
table of K562 (EngreitzLab/CRISPR_comparison), and so are distances and sizes of effects of what it finds. Distances are
those of the simulated genome, which has genes 25 times as densely as the human one and elements about as densely: they
end with its chromosomes, about half a megabase in the demo, where screens reach farther. Without an organism genes lie
as in the human genome. E elements, G genes, of one chromosome.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import false_discovery_control

from workflow_scripts.simulate.streams import Streams

WINDOW = 1_000_000  # bp, between an element and a gene
WIDTH, SPACING = 500, 12_000  # bp, of an element, and from one to the next in the mean
PROMOTER = 1_000  # bp around each transcription start that hold no element
NEAR, DECAY, CONTACT_SD = 5_000, 0.87, 0.4  # of contact; the sd of its logarithm
SILENCED = 0.9  # of an element's activity
CHROMOSOMES, GENE_SPACING = 8, 155_000  # of genes of its own; bp from one to the next in the mean
ACTIVITY_SD = 1.3  # of the logarithm of the activity of elements
UBIQUITOUS = 0.45  # share of the genes
BOUND, BOUND_ACTIVITY = 0.25, 0.4  # share of elements that CTCF binds, and how much of their activity they have
PROMOTER_SHARE = {False: 0.5, True: 4.0}  # of a gene's promoter, in medians of what elements give a gene; if ubiquitous
REGULATES = 0.05  # share of its expression that a gene loses at least by an element that regulates it
NOISE_SD = 0.4  # over genes, of the logarithm of the noise of a measurement
TESTED_SD = 0.8  # over genes, of the logarithm of how many elements are tested
ALPHA = 0.05  # false discovery rate, over all pairs
POWERS = (10, 15, 20, 25, 50)  # percent of the expression
# Signals: median (RPM), slope of its logarithm over that of activity, sd of the noise of its logarithm
SIGNALS = {
    "DHS.RPM": (4.4, 0.8, 0.5),
    "H3K27ac.RPM": (2.8, 1.1, 0.9),
    "H3K4me1.RPM": (1.8, 0.5, 0.5),
    "H3K27me3.RPM": (0.22, 0.0, 0.6),
}
EXPANDED = 1.4, 0.2  # H3K27ac over a wider region: so many times the signal; sd of the logarithm of their ratio
CTCF = {False: (0.5, 0.7), True: (8.0, 0.8)}  # median and sd of the logarithm, unbound and bound
PEAKS = {"H3K27ac.RPM": 1.0, "H3K4me1.RPM": 1.0, "H3K27me3.RPM": 0.8, "CTCF.RPM": 2.0}  # RPM, from which on it is one


class Elements(NamedTuple):
    """Those of one chromosome, in order of place."""

    start: np.ndarray  # (E,) int64, 0-based
    activity: np.ndarray  # (E,) float64, nobody sees it
    signals: pd.DataFrame  # E rows: what is measured of chromatin

    @property
    def middle(self) -> np.ndarray:
        return self.start + WIDTH // 2


def screen(streams: Streams, genes: pd.DataFrame, sizes: dict) -> pd.DataFrame:
    """All tested pairs, one row each, by chromosome, gene and place of the element.

    genes: gene_id, symbol, chrom, tss (bp), as in the truth of the organism. sizes: genes (how many are measured),
    elements (the mean that is tested of a gene), noise (median over genes of the sd of a measured effect, a share of
    the expression). Columns:
    chrom, start, gene_id, symbol, tss, distance (bp), ubiquitous (bool), those of the signals (RPM), share (of what
    drives the gene), effect (of silencing, a share of the expression), sd (of its measurement), regulates (bool),
    measured (effect), adjusted (p-value, Benjamini and Hochberg).
    """
    chosen = streams("measured genes").permutation(len(genes))[: sizes["genes"]]
    parts = []
    for chrom, starts in genes.groupby("chrom", sort=True)["tss"]:
        measured = genes.iloc[np.sort(chosen)].query("chrom == @chrom")
        elements = draw_elements(streams(f"elements {chrom}"), starts.to_numpy())
        if len(measured) and len(elements.start):
            parts.append(_of_chromosome(streams, chrom, elements, measured, sizes))
    found = pd.concat(parts, ignore_index=True)
    noise = streams("measurement").standard_normal(len(found))
    found["measured"] = np.maximum(found["effect"] + found["sd"] * noise, -1)
    p = 2 * ndtr(-np.abs(found["measured"] / found["sd"]))
    return found.assign(adjusted=false_discovery_control(p))


def own_genes(rng: np.random.Generator, number: int) -> pd.DataFrame:
    """Genes where no organism is simulated: gene_id, symbol, chrom, tss (bp), as densely as in the human genome."""
    chrom = np.arange(number) % CHROMOSOMES
    tss = np.zeros(number, np.int64)
    for name in range(CHROMOSOMES):
        of = chrom == name
        tss[of] = WINDOW + np.cumsum(rng.exponential(GENE_SPACING, np.count_nonzero(of))).astype(np.int64)
    names = [f"SIM{place + 1}" for place in range(number)]
    return pd.DataFrame({"gene_id": names, "symbol": names, "chrom": (chrom + 1).astype(str), "tss": tss})


def draw_elements(rng: np.random.Generator, starts: np.ndarray) -> Elements:
    """Elements of a chromosome of which transcription starts (bp) are known, none of them at a promoter."""
    grid = np.arange(max(0, starts.min() - WINDOW), starts.max() + SPACING, 2 * WIDTH)
    grid = grid[np.abs(grid[:, None] + WIDTH // 2 - starts).min(1) > PROMOTER + WIDTH]
    places = np.sort(rng.choice(grid, len(grid) * 2 * WIDTH // SPACING, replace=False))
    places += rng.integers(0, WIDTH, len(places))
    number = len(places)
    bound = rng.random(number) < BOUND
    log_activity = rng.normal(0, ACTIVITY_SD, number) + np.where(bound, np.log(BOUND_ACTIVITY), 0)
    signals = {
        name: median * np.exp(slope * log_activity + rng.normal(0, sd, number))
        for name, (median, slope, sd) in SIGNALS.items()
    }
    times, sd = EXPANDED
    signals["H3K27ac.RPM.expandedRegion"] = signals["H3K27ac.RPM"] * times * np.exp(rng.normal(0, sd, number))
    median, sd = (np.where(bound, CTCF[True][part], CTCF[False][part]) for part in (0, 1))
    signals["CTCF.RPM"] = median * np.exp(sd * rng.normal(0, 1, number))
    return Elements(places, np.exp(log_activity), pd.DataFrame(signals))


def shares(activity: np.ndarray, contact: np.ndarray, promoter: np.ndarray) -> np.ndarray:
    """Of all that drives each gene the share (E, G) of each element: activity (E,), contact (E, G), promoter (G,)."""
    drive = activity[:, None] * contact
    return drive / (promoter + drive.sum(0))


def _of_chromosome(streams: Streams, chrom: str, elements: Elements, genes: pd.DataFrame, sizes: dict) -> pd.DataFrame:
    tss = genes["tss"].to_numpy()
    distance = np.abs(elements.middle[:, None] - tss)
    rng = streams(f"contact {chrom}")
    contact = (distance + NEAR) ** -DECAY * np.exp(rng.normal(0, CONTACT_SD, distance.shape))
    contact[distance > WINDOW] = 0
    rng = streams(f"genes {chrom}")
    ubiquitous = rng.random(len(tss)) < UBIQUITOUS
    median = np.median((elements.activity[:, None] * contact).sum(0))
    promoter = median * np.where(ubiquitous, PROMOTER_SHARE[True], PROMOTER_SHARE[False])
    promoter *= np.exp(rng.normal(0, 0.5, len(tss)))
    share = shares(elements.activity, contact, promoter)
    sd = sizes["noise"] * np.exp(rng.normal(0, NOISE_SD, len(tss)))
    element, gene = _tested(streams(f"pairs {chrom}"), distance, sizes["elements"])
    pairs = pd.DataFrame(
        {
            "chrom": chrom,
            "start": elements.start[element],
            "gene_id": genes["gene_id"].to_numpy()[gene],
            "symbol": genes["symbol"].to_numpy()[gene],
            "tss": tss[gene],
            "distance": distance[element, gene],
            "ubiquitous": ubiquitous[gene],
            "share": share[element, gene],
            "effect": -SILENCED * share[element, gene],
            "sd": sd[gene],
        }
    )
    signals = elements.signals.iloc[element].reset_index(drop=True)
    return pd.concat([pairs.assign(regulates=-pairs["effect"] >= REGULATES), signals], axis=1)


def _tested(rng: np.random.Generator, distance: np.ndarray, mean: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices of elements and genes that are tested together: of a gene at least one, the nearer the likelier."""
    element, gene = [], []
    numbers = rng.lognormal(np.log(mean) - TESTED_SD**2 / 2, TESTED_SD, distance.shape[1])
    for at, number in enumerate(numbers):
        weights = np.where(distance[:, at] <= WINDOW, 1 / (distance[:, at] + NEAR), 0)
        there = np.count_nonzero(weights)
        if there:
            number = int(np.clip(round(number), 1, there))
            drawn = rng.choice(len(weights), number, replace=False, p=weights / weights.sum())
            element += sorted(drawn)
            gene += [at] * number
    return np.array(element, np.int64), np.array(gene, np.int64)


def table(found: pd.DataFrame) -> pd.DataFrame:
    """The pairs of `screen` as the table of a screen is published, all text; power is that of a test by itself."""

    def words(true: pd.Series) -> pd.Series:
        return true.map({True: "TRUE", False: "FALSE"})

    chrom, end = "chr" + found["chrom"], found["start"] + WIDTH
    significant = found["adjusted"] < ALPHA
    place = chrom + ":" + found["start"].astype(str) + "-" + end.astype(str)
    columns = {
        "chrom": chrom,
        "chromStart": found["start"],
        "chromEnd": end,
        "name": found["symbol"] + "|" + place + ":*",
        "EffectSize": found["measured"].map("{:.6f}".format),
        "chrTSS": chrom,
        "startTSS": found["tss"],
        "endTSS": found["tss"] + 1,
        "measuredGeneSymbol": found["symbol"],
        "measuredGeneEnsemblId": found["gene_id"],
        "Significant": words(significant),
        "pValueAdjusted": found["adjusted"].map("{:.4g}".format),
    }
    critical = -ndtri(ALPHA / 2)
    for percent in POWERS:
        power = ndtr(percent / 100 / found["sd"] - critical)
        columns[f"PowerAtEffectSize{percent}"] = power.map("{:.4f}".format)
    columns |= {
        "ValidConnection": "TRUE",
        "CellType": "simulated",
        "Reference": "simulated",
        "Regulated": words(significant & (found["measured"] < 0)),
        "Dataset": "simulated",
        "distanceToTSS": found["distance"],
        "measuredGeneUbiquitousExpressed": words(found["ubiquitous"]),
    }
    columns |= {name: found[name].map("{:.6f}".format) for name in (*SIGNALS, "H3K27ac.RPM.expandedRegion", "CTCF.RPM")}
    columns |= {
        f"{name.removesuffix('.RPM')}_peak_overlap": (found[name] > at).astype(int) for name, at in PEAKS.items()
    }
    return pd.DataFrame(columns).astype(str)
