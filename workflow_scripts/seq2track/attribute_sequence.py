"""Which bases of some regions make the models of a run say what they say of a track."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from workflow_scripts.contracts import attributions as contract
from workflow_scripts.contracts import bed, gene_bodies, track_store
from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import attribution, reading, regions
from workflow_scripts.seq2track.bundle import Trained
from workflow_scripts.seq2track.sequence import Sequences
from workflow_scripts.seq2track.shuffling import dinucleotide_shuffled

log = logging.getLogger(__name__)


def attribute_sequence(
    *,
    genome: Path,
    index: Path,
    chromosomes: Path,
    windows: Path,
    bodies: Path,
    regions: list[Path],
    models: list[Path],
    attributions: Path,
    spec: dict,
    threads: int,
) -> None:
    """Write Attributions of the regions of BEDs, or else of the starts of GeneBodies in the folds held out.

    Each region is read on its own strand, by the model that has not seen it, else by all. spec: of
    `seq2track/attributions/{attribution}`. Raises BadInput where there is no region.
    """
    torch.set_num_threads(threads)
    trained, sequences = reading.read_models(models), Sequences(genome, index)
    table = _regions(regions, chromosomes, bodies, track_store.read_windows(windows), sequences, trained, spec)
    rows = [_of_region(number, row, trained, sequences, spec) for number, row in enumerate(table.itertuples())]
    signal, baseline, scores, bases, shuffled = map(np.array, zip(*rows, strict=True))
    table = table.assign(signal=signal, baseline=baseline)[[*contract.COLUMNS]]
    about = {name: spec[name] for name in contract.ABOUT}
    found = contract.Attributions(table, scores.astype("f4"), bases, shuffled.astype("f4"), about)
    if np.isfinite(baseline).all():
        off = found.attribution.sum(-1, dtype=float) - (np.log(signal) - baseline)
        share = np.abs(off).max() / np.abs(np.log(signal) - baseline).max()
        log.info("sums of attributions are off by %.2g of the greatest difference of outputs at most", share)
    contract.write(found, attributions)


def _regions(
    files: list[Path],
    chromosomes: Path,
    bodies: Path,
    windows: pd.DataFrame,
    sequences: Sequences,
    trained: list[Trained],
    spec: dict,
) -> pd.DataFrame:
    """The regions, and the fold of the model that reads each of them."""
    held_out = [model.fold for model in trained]
    if files:
        spelled = genome_contract.read(chromosomes)
        listed = pd.concat([regions.of_bed(bed.read(path, spelled)) for path in files], ignore_index=True)
        listed = listed.drop_duplicates("name")
    else:
        listed = regions.of_starts(gene_bodies.read(bodies)[0])
    found = regions.placed(listed, spec["width"], sequences.lengths)
    fold = regions.folds(found, windows)
    found["fold"] = np.where(np.isin(fold, held_out), fold, regions.NO_FOLD)
    if not files:
        found = regions.drawn(found[found["fold"] != regions.NO_FOLD], spec["max_regions"], spec["seed"])
    if found.empty:
        where = "configuration", "seq2track/attributions"
        raise BadInput(*where, "no region lies on the genome, in a fold held out", "Give other regions, or less width.")
    seen = int((found["fold"] == regions.NO_FOLD).sum())
    log.info("%d regions of %d bp, %d of them not in one fold that was held out", len(found), spec["width"], seen)
    return found


def _of_region(number: int, row: tuple, trained: list[Trained], sequences: Sequences, spec: dict) -> tuple:
    """Signal, baseline, scores, bases, and attributions of a shuffled copy, of one region."""
    models = [model for model in trained if model.fold == row.fold] or trained
    shape = trained[0].shape
    centre = regions.centre_of_input(shape)
    first = centre - spec["width"] // 2
    region = slice(first, first + spec["width"])
    bins = [(centre - shape.context + bp) // shape.bin for bp in (-spec["upstream"], spec["downstream"])]
    place = {"name": spec["track"], "strand": "plus"}  # of the direction in which the region is read
    track = next(at for at, about in enumerate(trained[0].tracks) if place.items() <= about.items())
    target = attribution.Target(models, track, slice(*bins), region)
    codes = regions.codes(sequences, row.chrom, row.centre, row.strand, shape)
    generator = np.random.default_rng([spec["seed"], number])
    method = attribution.METHODS[spec["method"]]
    scores, baseline = method(target, codes, spec, generator)
    shuffled = codes.copy()
    shuffled[region] = dinucleotide_shuffled(codes[region], generator)
    of_shuffled = contract.of_bases(method(target, shuffled, spec, generator).of_bases, shuffled[region])
    signal = float(np.exp(target.of_codes(codes[None])[0]))
    return signal, baseline, scores, codes[region], of_shuffled


if "snakemake" in globals():
    run(attribute_sequence, snakemake)  # noqa: F821
