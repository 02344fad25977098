"""What the models of a run say of regions of the genome, wherever they lie."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from workflow_scripts.contracts import bed, predicted_tracks, track_store
from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track.reading import AT_ONCE, mean_signal, read_models
from workflow_scripts.seq2track.sequence import Sequences


def predict_regions(
    *,
    genome: Path,
    index: Path,
    chromosomes: Path,
    regions: Path,
    models: list[Path],
    windows: Path,
    predicted: Path,
    run: str,
    threads: int,
) -> None:
    """Write Windows over the regions of a BED, and PredictedTracks of `run` of these: the mean of its models.

    Each of the models was trained on most of the genome: what is said of these windows is no prediction of what was
    not seen. Raises BadInput on a region beyond its chromosome.
    """
    torch.set_num_threads(threads)
    trained, sequences = read_models(models), Sequences(genome, index)
    shape = trained[0].shape
    width, context = shape.window, shape.context
    places = bed.read(regions, genome_contract.read(chromosomes))
    _require_within(regions, places, sequences.lengths)
    table = over(places, sequences.lengths, width)
    track_store.write_windows(table, windows)

    def said(rows: pd.DataFrame) -> dict[str, np.ndarray]:
        places = zip(rows["chrom"], rows["start"], rows["end"], strict=True)
        codes = [sequences.codes(chrom, start - context, end + context) for chrom, start, end in places]
        return {run: mean_signal(trained, np.stack(codes))}

    about = {"fold": 0, "tracks": trained[0].tracks, "bin_width": shape.bin, "bins": shape.bins}
    blocks = (said(table[first : first + AT_ONCE]) for first in range(0, len(table), AT_ONCE))
    predicted_tracks.write(blocks, predicted, windows=table, **about)


def over(places: pd.DataFrame, lengths: dict[str, int], width: int) -> pd.DataFrame:
    """Windows of `width` bp that a place touches, of those that lie side by side from the start of each chromosome on.

    So they are those of the targets, and no window depends on what else is asked for. All are of fold 0, and `train`.
    """
    touched = {
        (chrom, number * width)
        for chrom, start, end in zip(places["chrom"], places["start"], places["end"], strict=True)
        for number in range(start // width, -(-min(end, lengths[chrom]) // width))
    }
    order = {chrom: number for number, chrom in enumerate(lengths)}
    rows = sorted(touched, key=lambda window: (order[window[0]], window[1]))
    table = pd.DataFrame(rows, columns=["chrom", "start"]).assign(fold=0, split="train")
    table.insert(2, "end", table["start"] + width)
    table.insert(0, "window", np.arange(len(table)))
    return table


def _require_within(path: Path, places: pd.DataFrame, lengths: dict[str, int]) -> None:
    """Raise BadInput on a place that begins beyond the end of its chromosome, and where there is none at all."""
    if not len(places):
        raise BadInput(path, "", "holds no region", "Give at least one.")
    beyond = places[places["start"] >= places["chrom"].map(lengths)]
    for chrom, start, end in beyond[["chrom", "start", "end"]].itertuples(index=False):
        reason = f"lies beyond the end of the chromosome, which has {lengths[chrom]} bp"
        raise BadInput(path, f"{chrom}:{start}-{end}", reason, "Give regions of this assembly.")


if "snakemake" in globals():
    run_door(predict_regions, snakemake)  # noqa: F821
