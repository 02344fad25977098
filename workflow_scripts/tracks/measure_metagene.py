"""Metagene of every track, sense and antisense, as deepTools defines it."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np

from workflow_scripts.contracts import gene_bodies
from workflow_scripts.contracts import metagene as contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.tracks.metagene import mean_profiles, profile_table, scaled_signal, write_matrix
from workflow_scripts.tracks.protocols import PROTOCOLS
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig
from workflow_scripts.tracks.strand_gate import read_assays

log = logging.getLogger(__name__)


def measure_metagene(
    *,
    bodies: Path,
    plus: list[Path],
    minus: list[Path],
    strands: list[Path],
    metagene: Path,
    matrix: Path,
    names: list,
    spec: dict,
) -> None:
    """Write the matrix of deepTools (readable by plotHeatmap) and its means over genes, the Metagene.

    Genes shorter than a base a bin of their body are left out. `strands` is asked for so that only tracks with
    sound strands are measured.
    """
    table, _ = gene_bodies.read(bodies)
    table = table[table["placed"]]
    kept = table[table["end"] - table["start"] >= spec["body"] // spec["bin"]]
    log.info("%d genes measured; left out: %d shorter than their bins", len(kept), len(table) - len(kept))
    if kept.empty:
        raise BadInput(bodies, "", "no gene is long enough for the metagene", "Choose a smaller metagene/body.")
    files = zip(plus, minus, strict=True)
    values = np.stack([scaled_signal(kept, *map(SealedBigWig, pair), spec) for pair in files], axis=1)
    with replacing(matrix) as numbers:
        write_matrix(kept, values, names, spec, numbers)
        assays = [PROTOCOLS[assay].title for assay in read_assays(strands)]
        contract.write(profile_table(mean_profiles(values), names, assays, spec).assign(genes=len(kept)), metagene)


if "snakemake" in globals():
    run(measure_metagene, snakemake)  # noqa: F821
