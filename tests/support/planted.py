"""What was planted in a simulated organism, and what runs of `seq2track` found of it.

    python -m tests.support.planted results/organism

Of the results of a configuration that simulates: the sign of what variants do to their genes, on the chromosomes that
the models have not seen and on all; the bases of planted elements among as many bases of the highest attribution, over
all regions together; and how far the called starts are from those of transcription, for one who knows the elements,
too: no model that reads elements alone can be better than that.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import attributions, gene_bodies
from workflow_scripts.io.bases import reverse_complement
from workflow_scripts.seq2track.sequence import Sequences
from workflow_scripts.simulate.starts import ELEMENTS, weights

LEAST = 0.1  # of ln fold changes that are also counted apart
REACH = 500  # bp from a start, of which the highest call is taken


def variants(results: Path) -> pd.DataFrame:
    """Share of right signs, and Pearson's r of ln fold changes, of variants that do something."""
    truth = pd.read_csv(results / "simulate/truth/variants.tsv", sep="\t")
    truth = truth[truth["kind"] != "neutral"]
    seen = pd.read_parquet(next((results / "tracks").glob("*/windows.parquet")))
    rows = []
    for scored in sorted((results / "seq2track/variants").glob("*/genes.tsv.gz")):
        said = pd.read_csv(scored, sep="\t", dtype={"chrom": str})
        both = said.merge(truth, left_on=["id", "gene_id", "assay"], right_on=["variant_id", "gene_id", "assay"])
        fold = both["chrom"].map(seen.groupby("chrom")["fold"].agg(lambda of: of.iat[0] if of.nunique() == 1 else -1))
        held_out = {int(path.parent.name) for path in (results / "seq2track").glob("*/*/predicted.h5")}
        for chosen, inside in (("held out", fold.isin(held_out)), ("all", fold.notna())):
            for least in (0.0, LEAST):
                for assay, of in both[inside & (both["log_fold"].abs() > least)].groupby("assay"):
                    right = np.sign(of["log2_ratio"]) == np.sign(of["log_fold"])
                    r = np.corrcoef(of["log2_ratio"], of["log_fold"])[0, 1]
                    rows.append((scored.parent.name, chosen, least, assay, len(of), right.mean(), r))
    return pd.DataFrame(rows, columns=["variants", "chromosomes", "ln fold above", "assay", "n", "right sign", "r"])


def elements(results: Path) -> pd.DataFrame:
    """Of the K highest attributions of a region, K the bases of its planted elements, the share that are such bases."""
    truth = pd.read_csv(results / "simulate/truth/elements.tsv", sep="\t", dtype={"chrom": str})
    planted = truth[truth["origin"] == "planted"]
    rows = []
    for path in sorted((results / "seq2track/attributions").glob("*/attributions.h5")):
        found, hits, bases, chance, names = attributions.read(path), 0, 0, 0.0, dict.fromkeys(planted["element"], 0)
        sizes = dict.fromkeys(names, 0)
        for score, region in zip(np.abs(found.attribution), found.regions.itertuples(), strict=True):
            of = planted[(planted["chrom"] == region.chrom) & (planted["strand"] == region.strand)]
            of = of[(of["start"] >= region.start) & (of["end"] <= region.end)]
            inside = np.full(len(score), "", object)
            for element in of.itertuples():
                start, end = element.start - region.start, element.end - region.start
                place = slice(start, end) if region.strand == "+" else slice(len(score) - end, len(score) - start)
                inside[place] = element.element
            number = (inside != "").sum()
            top = inside[np.argsort(-score, kind="stable")[:number]]
            hits, bases, chance = hits + (top != "").sum(), bases + number, chance + number**2 / len(score)
            for name in names:
                names[name] += (top == name).sum()
                sizes[name] += (inside == name).sum()
        shares = {name: names[name] / max(1, sizes[name]) for name in names}
        rows.append({"attribution": path.parent.name, "overlap": hits / bases, "chance": chance / bases, **shares})
    return pd.DataFrame(rows)


def starts(results: Path) -> pd.DataFrame:
    """Median distance of the highest call from a start of transcription, and the share within 50 bp."""
    rows = []
    for path in sorted((results / "seq2track").glob("*/starts.tsv")):
        called = pd.read_csv(path, sep="\t")
        for (track, model), of in called.groupby(["track", "model"]):
            distance = of["distance"].abs()
            rows.append((path.parent.name, track, model, len(of), distance.median(), (distance <= 50).mean()))
    return pd.DataFrame(rows, columns=["run", "track", "model", "n", "median bp", "within 50 bp"])


def known(results: Path) -> pd.DataFrame:
    """The same of all genes for one who knows each element, its places and its share."""
    genome = Sequences(results / "reference/genome.fa", results / "reference/genome.fa.fai")
    odds = {}
    for chrom, length in genome.lengths.items():
        codes = genome.codes(chrom, 0, length)
        odds[chrom, "+"], odds[chrom, "-"] = odds_of_start(codes), odds_of_start(reverse_complement(codes))[::-1]
    genes, _ = gene_bodies.read(results / "reference/gene_bodies.parquet")
    distances = []
    for gene in genes.itertuples():
        first = max(0, gene.tss - REACH)
        near = odds[gene.chrom, gene.strand][first : gene.tss + REACH + 1]
        distances.append(abs(first + int(near.argmax()) - gene.tss))
    distance = np.array(distances)
    row = ("elements known", "", "", len(distance), np.median(distance), (distance <= 50).mean())
    return pd.DataFrame([row], columns=["run", "track", "model", "n", "median bp", "within 50 bp"])


def odds_of_start(codes: np.ndarray) -> np.ndarray:
    """ln odds (B,) float64 of a start at each of these bases (B,) uint8, elements coming one without another."""
    total = np.zeros(len(codes))
    for element in ELEMENTS:
        odds = weights(element.consensus)
        first = len(codes) - len(odds) + 1
        match = np.exp(sum(of[codes[at : first + at]] for at, of in enumerate(odds)))
        ratio = np.zeros(len(codes))
        for place in element.places:
            start, end = max(0, -place), min(len(codes), first - place)
            ratio[start:end] += match[start + place : end + place] / len(element.places)
        total += np.log(1 - element.share + element.share * ratio)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    results = parser.parse_args().results
    for table in (variants(results), elements(results), pd.concat([known(results), starts(results)])):
        print(table.round(3).to_string(index=False), end="\n\n")


if __name__ == "__main__":
    main()
