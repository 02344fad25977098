"""Windows over the genome, in folds, and the binned signal of every track in them."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np

from workflow_scripts.contracts import annotated_genes, bed, track_store
from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest
from workflow_scripts.io.seal import require_intact_beside
from workflow_scripts.tracks import masks
from workflow_scripts.tracks.binning import assign_folds, binned_signal, tile, usable_windows
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig
from workflow_scripts.tracks.strand_gate import read_assays

log = logging.getLogger(__name__)


def make_targets(
    *,
    genome: Path,
    index: Path,
    chromosomes: Path,
    plus: list[Path],
    minus: list[Path],
    strands: list[Path],
    genes: Path | None,
    regions: list[Path],
    windows: Path,
    targets: Path,
    names: list,
    set: str,
    spec: dict,
) -> None:
    """Write a TrackStore: `windows` and `targets`, two strands for each track of `names`.

    Mitochondria are left out, since another polymerase transcribes them, and so are windows without a bin
    of known bases. genes: AnnotatedGenes, where a mask asks for biotypes; regions: BEDs of what is masked.
    Memory: one block of all tracks, one byte a bin of the genome, and what a mask of k-mers sorts.
    """
    width, bin, folds = spec["width"], spec["bin"], spec["folds"]
    held_out = spec["validation_fold"], spec["test_fold"]
    require_intact_beside(index)
    spelled = genome_contract.read(chromosomes)
    lengths = {name: length for name, length in spelled.lengths.items() if not spelled.is_mitochondrion(name)}
    table = tile(lengths, width)
    mask = usable_windows(genome, table, width, bin)
    known = mask.any(axis=1)
    log.info("%d windows; left out: %d without a bin of known bases", known.sum(), (~known).sum())
    if known.sum() < folds:
        reason = f"{known.sum()} windows of {width} bp are too few for {folds} folds"
        raise BadInput("configuration", f"tracks/sets/{set}/targets", reason, "Choose a smaller width.")
    table, mask = table[known].reset_index(drop=True), mask[known]
    absent = [name for names in spec["fold_chromosomes"] for name in names if name not in table["chrom"].values]
    if absent:
        place, known = f"tracks/sets/{set}/targets/fold_chromosomes", ", ".join(table["chrom"].unique())
        raise BadInput("configuration", place, f"{absent[0]!r} has no window", f"Name some of {known}.")
    table["fold"] = assign_folds(table["chrom"], folds, spec["fold_chromosomes"])
    table["split"] = np.select([table["fold"] == fold for fold in held_out], ["validation", "test"], "train")
    table.insert(0, "window", np.arange(len(table)))
    track_store.write_windows(table, windows)

    stored = [
        {"name": name, "assay": assay, "strand": strand}
        for name, assay in zip(names, read_assays(strands), strict=True)
        for strand in ("plus", "minus")
    ]
    kept = masks.masks(mask, table, width, bin, stored, _masked(genome, spelled, lengths, genes, regions, stored, spec))
    files = [SealedBigWig(path) for pair in zip(plus, minus, strict=True) for path in pair]
    clip = spec["clip"] or 0.0
    blocks = zip(binned_signal(files, table, width, bin, clip), kept, strict=True)
    about = {"bins": width // bin, "bin_width": bin, "set_name": set, "genome": digest(genome), "clip": clip}
    track_store.write_targets(blocks, stored, targets, windows=table, **about)
    log.info("%d windows x %d tracks x %d bins of %d bp", len(table), len(stored), width // bin, bin)


def _masked(
    genome: Path,
    spelled: genome_contract.Genome,
    lengths: dict[str, int],
    genes: Path | None,
    regions: list[Path],
    tracks: list[dict[str, str]],
    spec: dict,
) -> list[masks.Masked]:
    """What is masked of each track."""
    mask = spec["mask"]
    listed = [bed.read(path, spelled) for path in regions]
    if genes is not None:
        listed.append(masks.around_genes(annotated_genes.read(genes), mask["biotypes"], mask["margin"]))
    common = masks.merged(*map(masks.by_strand, listed))
    if not mask["kmer"]:
        return [common] * len(tracks)
    repeated = masks.repeated_kmers(genome, lengths, mask["kmer"])
    log.info("%d k-mers stand at several places", sum(int((at.end - at.start).sum()) for at in repeated.values()))
    reads = [masks.masked_by_reads(repeated, mask["kmer"], track["strand"], track["assay"]) for track in tracks]
    return [masks.merged(common, of_track) for of_track in reads]


if "snakemake" in globals():
    run(make_targets, snakemake)  # noqa: F821
