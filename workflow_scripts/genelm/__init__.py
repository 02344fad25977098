"""A trained run, as `results/NAME/bulk/RUN/export` holds it, applied to tables of counts; a trained circuit; and a
model of tracks.

    from genelm import load
    model = load("export")
    model.predict(counts)

    from genelm import load_circuit
    circuit = load_circuit("results/NAME/circuit/NETWORK/RUN/export")
    circuit.predict("A:knockout+B:knockout")

    from genelm import load_tracks
    tracks = load_tracks("results/NAME/seq2track/RUN/FOLD/model")
    tracks.predict("ACGT...")

They need torch, numpy, pandas and safetensors, and neither Snakemake nor the other packages of the workflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.bulk import bundle, conditions, names, perturb, query
from workflow_scripts.bulk.query import Ready
from workflow_scripts.bulk.use import Applied, apply
from workflow_scripts.circuit.use import Circuit
from workflow_scripts.circuit.use import load as load_circuit
from workflow_scripts.contracts import exported_model
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.gene_mapping import GeneNames, map_rows
from workflow_scripts.prebulk.measured import require_measured
from workflow_scripts.prebulk.scales import Evidence, are_counts, linear, require_values
from workflow_scripts.prebulk.tpm import log_tpm
from workflow_scripts.seq2track.use import Tracks
from workflow_scripts.seq2track.use import load as load_tracks

__all__ = ["Circuit", "Model", "Tracks", "load", "load_circuit", "load_tracks"]

TABLE = Path("the table")  # what messages call the values that a function is given
LEAST = 0.1  # share of the model's genes that a table has to name


class Model:
    """A trained run; genes as in its gene table, samples as in what it is given."""

    def __init__(self, path: Path) -> None:
        """path: an exported run; raises BadInput where it is damaged."""
        family, model, order, _ = bundle.read(path)
        known = exported_model.read(path)
        self._ready, self._genes = Ready(family, model, known), known.genes
        self.run, self.genome, self.gene_order = known.probe.run, known.genome, order
        self.gene_ids, self.symbols = known.genes["gene_id"].tolist(), known.genes["symbol"].tolist()
        self.classes, self.conditions = known.probe.classes.tolist(), known.conditions.labels.tolist()

    def predict(self, values: pd.DataFrame, scale: str = "counts") -> pd.DataFrame:
        """By sample: measured, predicted, probability, distance, beyond and note, as in `contracts/predicted`.

        values: genes x samples or samples x genes, Ensembl ids or symbols; scale: `counts`, `tpm`, `log2_counts` or
        `log2_tpm`. Raises BadInput where too few genes are known, or values are not of that scale.
        """
        names, found = self._apply(values, scale)
        return found.table.set_index(names)

    def embed(self, values: pd.DataFrame, scale: str = "counts") -> pd.DataFrame:
        """Samples x dimensions, float32; arguments as of `predict`."""
        names, found = self._apply(values, scale)
        return pd.DataFrame(found.embedding, index=names)

    def impute(self, values: pd.DataFrame, scale: str = "counts") -> pd.DataFrame:
        """Samples x genes, ln(TPM+1): as measured, else as predicted; arguments as of `predict`."""
        names, found = self._apply(values, scale)
        return pd.DataFrame(found.imputed, index=names, columns=pd.Index(self.gene_ids, name="gene_id"))

    def query(self, genes: Mapping[str, float], condition: str | None = None, *, scale: str) -> dict[str, Any]:
        """The rest of a profile, given some genes of it and, if it is known, what the sample is.

        genes: {Ensembl id or symbol: value}, may be empty; scale: `tpm`, or `ln_tpm1` for ln(TPM+1); condition: a label
        of train samples (`model.conditions`). Returns what JSON can hold: input, model; expression, by gene_id symbol,
        ln_tpm1, tpm, given and, of what is predicted, sd (ln(TPM+1), predictive); embedding; classes, calibrated
        probabilities; notes. How a condition acts: `bulk/conditions`. Raises BadInput on an unknown gene or condition.
        """
        return query.query(self._ready, genes, condition, scale)

    def perturb(
        self,
        profile: pd.DataFrame | Mapping[str, float] | None,
        genes: Mapping[str, float],
        condition: str | None = None,
        scale: str = "counts",
        top: int = 50,
    ) -> dict[str, Any]:
        """What the model predicts of other genes were some of a sample so many times as high: association, no effect.

        profile: one sample, as a table for `predict` or as genes for `query`, of a scale of theirs; None for the mean
        profile of the label `condition`. genes: {Ensembl id or symbol: fold of its TPM}, 0 knocks it out; condition: as
        for `query`. Returns what JSON can hold: input, model; response, of the `top` genes that change most, by gene_id
        symbol, before, after and change, ln(TPM+1); embedding and classes before and after, other genes moved by their
        response; notes. How a response is found, and that it tells no cause: `bulk/perturb`. Raises BadInput on an
        unknown gene or condition, and on a gene to set without a value.
        """
        ready = self._ready
        if condition is not None:
            names.require_label(condition, self.conditions)
        if profile is None and condition is None:
            raise BadInput("profile", "", "is none, and no condition is given", "Give one of them.")
        if profile is None:
            nothing = np.full((1, len(self._genes)), np.nan, np.float32)
            seen = np.isfinite(nothing)
            x = conditions.say(ready.family, ready.model, ready.known.conditions, condition, nothing, seen).mean.clip(0)
        elif isinstance(profile, Mapping):
            x, _ = query.placed(self._genes, profile, scale)
        else:
            samples, x = self._normalized(profile, scale)
            if len(samples) != 1:
                raise BadInput(TABLE, "", f"has {len(samples)} samples, and not one", "Give one sample at a time.")
        return perturb.perturb(ready, x[0], genes, condition, top)

    def _apply(self, values: pd.DataFrame, scale: str) -> tuple[pd.Index, Applied]:
        names, x = self._normalized(values, scale)
        return names, apply(self._ready.family, self._ready.model, self._ready.known.probe, x)

    def _normalized(self, values: pd.DataFrame, scale: str) -> tuple[pd.Index, np.ndarray]:
        """Names of samples, and ln(TPM+1) (samples x genes, float32), NaN where unmeasured; as the run's own data."""
        sides = (values, values.T)
        names = [GeneNames([[str(name) for name in side.index]]) for side in sides]
        mapped = [map_rows(name, self._genes) for name in names]
        side = int(mapped[1].measured.sum() > mapped[0].measured.sum())
        table, mapping = sides[side], mapped[side]
        require_measured(TABLE, names[side], mapping, self._genes, LEAST)
        declared = table.to_numpy(np.float64)
        for name, row in zip(table.index, declared, strict=True):
            require_values(row, scale, TABLE, repr(name), "column", table.columns)
        evidence = Evidence(declared.shape[1], scale)
        evidence.add(declared)
        evidence.require(TABLE)
        sums = mapping.sum_rows(linear(declared[mapping.rows], scale))
        length = self._genes["exon_length"].to_numpy() if are_counts(scale) else np.ones(len(self._genes))
        x = log_tpm(sums, length).T
        x[:, ~mapping.measured] = np.nan
        return table.columns, np.ascontiguousarray(x)


def load(path: str | Path) -> Model:
    """The trained run in the folder `path`."""
    return Model(Path(path))
