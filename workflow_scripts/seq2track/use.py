"""A trained model of tracks in Python, as users import it; with torch, numpy, pandas and safetensors alone.

Shapes: T tracks (both strands of each), n whole bins of a sequence.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workflow_scripts.io.bases import UNKNOWN, encode
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track.reading import AT_ONCE, mean_signal, read_models

LETTERS = frozenset("ACGTNacgtn")


class Tracks:
    """One trained model, or several of one run, of which the mean is said."""

    def __init__(self, *paths: Path) -> None:
        """paths: folders `model` of one run; raises BadInput where one is damaged or of something else."""
        self._models = read_models(list(paths))
        self._shape = self._models[0].shape
        self.bin = self._shape.bin  # bp
        self.tracks = [f"{track['name']} {track['strand']}" for track in self._models[0].tracks]

    def predict(self, sequence: str) -> dict[str, np.ndarray]:
        """The expected sum of signal of each track (`name plus`, `name minus`) in each bin: (n,) float32.

        The first bin begins with the first base; bases after the last whole bin are read, and nothing is said of them.
        A sequence of another length than a window is put into the middle of as many windows as it takes, with unknown
        bases around it; where it can lie a bin nearer to one side or the other, the mean of both is taken. So, of a
        whole number of bins, its reverse complement has the same tracks, exchanged and reversed, if the model was
        trained to average both strands. Raises BadInput on what is no base, and on less than a bin.
        """
        wrong = next((place for place, letter in enumerate(sequence) if letter not in LETTERS), None)
        if wrong is not None:
            remedy = "Give A, C, G and T, and N for a base that is not known."
            raise BadInput("the sequence", f"position {wrong + 1}", f"{sequence[wrong]!r} is no base", remedy)
        if len(sequence) < self.bin:
            reason = f"has {len(sequence)} bp, and a bin of this model has {self.bin}"
            raise BadInput("the sequence", "", reason, "Give a longer one.")
        codes, bins = encode(sequence), len(sequence) // self.bin
        spare = -bins % self._shape.bins
        values = np.mean([self._read(codes, bins, before) for before in {spare // 2, spare - spare // 2}], axis=0)
        return dict(zip(self.tracks, values, strict=True))

    def _read(self, codes: np.ndarray, bins: int, before: int) -> np.ndarray:
        """What is said (T, n) of a sequence of so many whole bins that has `before` bins of nothing before it."""
        context, width, span = self._shape.context, self._shape.window, self._shape.span
        windows = -(-(before + bins) // self._shape.bins)
        start = context + before * self.bin
        held = np.full(max(start + len(codes), windows * width + 2 * context), UNKNOWN, np.uint8)
        held[start : start + len(codes)] = codes
        read = np.stack([held[at : at + span] for at in range(0, windows * width, width)])
        said = [mean_signal(self._models, read[first : first + AT_ONCE]) for first in range(0, windows, AT_ONCE)]
        return np.concatenate(list(np.concatenate(said)), axis=1)[:, before : before + bins]


def load(*paths: str | Path) -> Tracks:
    """The trained model in the folder `path`, or the mean of several of one run."""
    return Tracks(*map(Path, paths))
