"""Metagene of every track, sense and antisense, by deepTools."""

import logging
from pathlib import Path

from workflow_scripts.rule import run

log = logging.getLogger(__name__)


def plot_metagene(
    *,
    genes: Path,
    plus: list[Path],
    minus: list[Path],
    strands: list[Path],
    provenance: list[Path],
    figure: Path,
    matrix: Path,
    tracks: list,
    spec: dict,
    threads: int = 1,
) -> None:
    """Write the matrix of deepTools (readable by plotHeatmap) and the figure of its means over genes.

    Genes shorter than a base a bin of their body are left out. `strands` is asked for so that only tracks with
    sound strands are drawn, `provenance` (of the declared files of the set) to say which signal is simulated.
    """
    import tempfile

    from matplotlib.figure import Figure

    from workflow_scripts.contracts import provenance as provenances
    from workflow_scripts.contracts.errors import BadInput
    from workflow_scripts.contracts.files import replacing
    from workflow_scripts.tracks import metagene
    from workflow_scripts.tracks.genes import read_genes
    from workflow_scripts.tracks.protocols import PROTOCOLS
    from workflow_scripts.tracks.standard import StandardTrack
    from workflow_scripts.tracks.strand_gate import read_assays

    uneven = [name for name in ("upstream", "body", "downstream") if spec[name] % spec["bin"]]
    if uneven:
        raise BadInput(
            "configuration", f"metagene/{uneven[0]}", f"is no multiple of bin {spec['bin']}", "Choose a multiple."
        )
    table, _ = read_genes(genes, StandardTrack(plus[0]).lengths)
    table = table[table["placed"]]
    kept = table[table["end"] - table["start"] >= spec["body"] // spec["bin"]]
    log.info("%d genes drawn; left out: %d shorter than their bins", len(kept), len(table) - len(kept))
    if kept.empty:
        raise BadInput(genes, "", "no gene is long enough for the metagene", "Choose a smaller metagene/body.")

    with replacing(matrix) as numbers, replacing(figure) as picture, tempfile.TemporaryDirectory() as scratch:
        beds = []
        for name, strand in (("plus", "+"), ("minus", "-")):
            of_strand = kept[kept["strand"] == strand]
            if len(of_strand):
                beds.append(Path(scratch, name))
                metagene.write_bed(of_strand, beds[-1])
        signal = [path for pair in zip(plus, minus, strict=True) for path in pair]
        metagene.compute_matrix(beds, signal, numbers, spec, threads)
        profiles = metagene.read_profiles(numbers, len(tracks))

        page = Figure(figsize=(6, 2.4 * len(tracks)), dpi=160, layout="constrained")
        axes = page.subplots(len(tracks), 1, squeeze=False)[:, 0]
        for axis, profile, track, assay in zip(axes, profiles, tracks, read_assays(strands), strict=True):
            metagene.draw(axis, profile, spec).set_title(f"{track} ({PROTOCOLS[assay].title})")
        axes[0].legend(frameon=False)
        cap = f"genes above percentile {metagene.CEILING} of a bin count as at it"
        simulated = any(provenances.read(path)["simulated"] for path in provenance)
        honest = "Simulated data; " if simulated else ""
        page.supxlabel(f"{honest}mean of {len(kept)} genes; {cap}", fontsize="small")
        page.savefig(picture, metadata={"Software": None})


if "snakemake" in globals():
    run(plot_metagene, snakemake)  # noqa: F821
