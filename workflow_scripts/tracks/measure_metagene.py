"""Metagene of every track, sense and antisense, by deepTools."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

log = logging.getLogger(__name__)


def measure_metagene(
    *,
    bodies: Path,
    plus: list[Path],
    minus: list[Path],
    strands: list[Path],
    metagene: Path,
    matrix: Path,
    tracks: list,
    spec: dict,
    threads: int,
) -> None:
    """Write the matrix of deepTools (readable by plotHeatmap) and its means over genes, the Metagene.

    Genes shorter than a base a bin of their body are left out. `strands` is asked for so that only tracks with
    sound strands are measured.
    """
    import tempfile

    from workflow_scripts.contracts import gene_bodies
    from workflow_scripts.contracts import metagene as contract
    from workflow_scripts.io.errors import BadInput
    from workflow_scripts.io.files import replacing
    from workflow_scripts.io.seal import require_intact
    from workflow_scripts.tracks.metagene import compute_matrix, profile_table, read_profiles, write_bed
    from workflow_scripts.tracks.protocols import PROTOCOLS
    from workflow_scripts.tracks.strand_gate import read_assays

    table, _ = gene_bodies.read(bodies)
    table = table[table["placed"]]
    kept = table[table["end"] - table["start"] >= spec["body"] // spec["bin"]]
    log.info("%d genes measured; left out: %d shorter than their bins", len(kept), len(table) - len(kept))
    if kept.empty:
        raise BadInput(bodies, "", "no gene is long enough for the metagene", "Choose a smaller metagene/body.")

    with replacing(matrix) as numbers, tempfile.TemporaryDirectory() as scratch:
        beds = []
        for name, strand in (("plus", "+"), ("minus", "-")):
            of_strand = kept[kept["strand"] == strand]
            if len(of_strand):
                beds.append(Path(scratch, name))
                write_bed(of_strand, beds[-1])
        signal = [path for pair in zip(plus, minus, strict=True) for path in pair]
        for path in signal:
            require_intact(path)
        compute_matrix(beds, signal, numbers, spec, threads)
        profiles = read_profiles(numbers, len(tracks))
        assays = [PROTOCOLS[assay].title for assay in read_assays(strands)]
        contract.write(profile_table(profiles, tracks, assays, spec).assign(genes=len(kept)), metagene)


if "snakemake" in globals():
    run(measure_metagene, snakemake)  # noqa: F821
