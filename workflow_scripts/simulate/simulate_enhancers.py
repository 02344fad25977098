"""A screen of regulatory elements, in the layout of EngreitzLab/CRISPR_comparison, and its truth."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import truth as contract
from workflow_scripts.io.attested import beside
from workflow_scripts.simulate.layout import write_table
from workflow_scripts.simulate.origin import write_provenance
from workflow_scripts.simulate.screen import ALPHA, own_genes, screen, table
from workflow_scripts.simulate.streams import streams


def simulate_enhancers(*, organism: Path | None, pairs: Path, truth: Path, spec: dict) -> None:
    """Write the table of a screen, its truth and provenance; one `spec`, the same bytes.

    organism: the truth of the simulated organism, whose genes are measured; None for genes of its own.
    """
    generator = streams(spec["seed"])
    genes = contract.read("genes", organism) if organism else own_genes(generator("genes"), spec["genes"])
    found = screen(generator, genes, spec)
    as_published = table(found)
    write_table(pairs, as_published.columns, as_published.itertuples(index=False))
    keys = as_published[["chrom", "chromStart", "chromEnd", "measuredGeneSymbol"]]
    numbers = [found[name].map("{:.6g}".format) for name in ("share", "effect", "sd")]
    told = pd.concat([keys, *numbers, found["regulates"].astype(int)], axis=1)
    contract.write(truth.stem, told.itertuples(index=False), truth.parent)

    regulated = (found["adjusted"] < ALPHA) & (found["measured"] < 0)
    missed = np.count_nonzero(found["regulates"] & ~regulated)
    said = f"{len(found)} pairs of {found['gene_id'].nunique()} genes, seed {spec['seed']}"
    for file in (pairs, truth):
        write_provenance(file, beside(file), "simulate_enhancers", f"a screen of {said}")
    logging.info("%s: %d said to be regulated, %d regulated ones missed", said, regulated.sum(), missed)


if "snakemake" in globals():
    run(simulate_enhancers, snakemake)  # noqa: F821
