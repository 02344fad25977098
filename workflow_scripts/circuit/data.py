"""What was measured of a circuit, as arrays: N samples, G genes, C compounds."""

from __future__ import annotations

from typing import NamedTuple

import anndata
import numpy as np
import pandas as pd
from sklearn.impute import KNNImputer

from workflow_scripts.circuit.candidates import Candidates, candidates
from workflow_scripts.contracts.perturbations import Perturbation, parsed

MAD_TO_SD = 1.4826  # of a normal distribution
ENOUGH_REPLICATES = 8  # from so many on, each gene has a noise of its own


class Circuit(NamedTuple):
    """Experiments on one circuit, see `contracts/experiments`; a sample is a row of each array."""

    genes: list[str]
    levels: np.ndarray  # (N, G) float64, NaN where not measured
    rates: np.ndarray  # (N, G) float64, factor on each gene's production: 0 knocked out, a dose, else 1
    chemicals: np.ndarray  # (N, C) float64 dose of each of `compounds`
    compounds: list[str]
    perturbations: list[tuple[Perturbation, ...]]  # (N,) what is done in each sample
    series: list[np.ndarray]  # of each series the rows (T,) int64 in order of time
    times: np.ndarray  # (N,) float64, NaN at rest
    disturbed: np.ndarray  # (N,) bool, whether something unknown acts
    at_rest: np.ndarray  # (S,) int64 rows of steady states
    replicates: np.ndarray  # (N,) int64 measurements that a row is the mean of
    candidates: Candidates | None = None  # the edges that may be; None: all

    def possible(self, targets: range) -> np.ndarray:
        """The prior (T, G sources) float64 of each edge to these targets, NaN of one that cannot be: to itself, say."""
        if self.candidates is not None:
            return self.candidates.of(targets)
        found = np.zeros((len(targets), len(self.genes)))
        found[np.arange(len(targets)), targets] = np.nan
        return found

    def regulators(self, target: int) -> np.ndarray:
        """Whether each gene (G,) may regulate this one."""
        return np.isfinite(self.possible(range(target, target + 1))[0])

    def most_regulators(self) -> int:
        """The greatest number of regulators that any gene may have."""
        return len(self.genes) - 1 if self.candidates is None else self.candidates.most()

    def singles(self) -> dict[Perturbation, np.ndarray]:
        """{perturbation: levels (G,)} at rest under this one alone, mean over its samples; chemicals are among them."""
        return {done[0]: levels for done, levels in self.perturbed().items() if len(done) == 1}

    def perturbed(self) -> dict[tuple[Perturbation, ...], np.ndarray]:
        """{perturbations at once, sorted: levels (G,)} at rest, mean over their samples, NaN where none is measured."""
        rows: dict[tuple[Perturbation, ...], list[int]] = {}
        for row in self._known_at_rest():
            if self.perturbations[row]:
                rows.setdefault(tuple(sorted(self.perturbations[row])), []).append(row)
        return {done: mean_measured(self.levels[of]) for done, of in rows.items()}

    def single(self, kind: str) -> dict[int, np.ndarray]:
        """{gene (its place): levels (G,)} at rest with this gene alone perturbed so, mean over its doses."""
        found: dict[int, list[np.ndarray]] = {}
        for one, levels in self.singles().items():
            if one.kind == kind != "chemical":
                found.setdefault(self.genes.index(one.target), []).append(levels)
        return {gene: mean_measured(np.array(levels)) for gene, levels in found.items()}

    def single_gene_rows(self) -> np.ndarray:
        """Rows (K,) int64 at rest of the wild type and of one perturbed gene, where nothing unknown acts."""
        return np.array([row for row in self._known_at_rest() if self._genes_alone(row)], int)

    def wild_type_rows(self) -> np.ndarray:
        """Rows (K,) int64 of the circuit as it is: at rest, and first points of series, before what acts has acted."""
        starts = [rows[0] for rows in self.series if not self.perturbations[rows[0]]]
        return np.array([row for row in self._known_at_rest() if not self.perturbations[row]] + starts, int)

    def undisturbed(self, rows: np.ndarray) -> np.ndarray:
        """The rows of a series from where nothing unknown acts any more; the last alone where something always does."""
        acting = np.flatnonzero(self.disturbed[rows])
        return rows[min(int(acting[-1]) + 1, len(rows) - 1) :] if len(acting) else rows

    def reference(self) -> np.ndarray:
        """Levels (G,) of the circuit as it is: the median over the wild type and single-gene experiments.

        Few genes respond to any one perturbation, so that with starts of series this is a wild type with far less noise
        than one measured. Where there is none of these, over all samples.
        """
        rows = np.union1d(self.single_gene_rows(), self.wild_type_rows())
        return np.nanmedian(self.levels[rows if len(rows) else np.arange(len(self.levels))], axis=0)

    def noise(self) -> np.ndarray:
        """The standard deviation (G,) of a measurement, by median absolute deviations of what is measured repeatedly.

        Of replicates of the wild type; where they are fewer than `ENOUGH_REPLICATES`, pooled over genes; where there is
        one or none, of each gene over single-gene experiments, most of which leave it as it is. 0 without any spread.
        """
        repeated, single = self.levels[self.wild_type_rows()], self.levels[self.single_gene_rows()]
        if len(repeated) < 2 and len(single) < 2:
            return np.zeros(len(self.genes))
        values = repeated if len(repeated) > 1 else single
        apart = np.abs(values - np.nanmedian(values, axis=0)) * np.sqrt(len(values) / (len(values) - 1))
        if 1 < len(repeated) < ENOUGH_REPLICATES:
            return np.full(len(self.genes), MAD_TO_SD * np.nanmedian(apart))
        return MAD_TO_SD * np.nanmedian(apart, axis=0)

    def _known_at_rest(self) -> list[int]:
        return [row for row in self.at_rest.tolist() if not self.disturbed[row]]

    def _genes_alone(self, row: int) -> bool:
        done = self.perturbations[row]
        return len(done) < 2 and all(one.kind != "chemical" for one in done)


def circuit(data: anndata.AnnData, edges: pd.DataFrame | None = None) -> Circuit:
    """The arrays of Experiments (see `contracts/experiments`), samples in its order.

    edges: the Candidates (see `contracts/candidates`), None where every edge may be.
    Of several perturbations of one gene in one sample the factors multiply.
    """
    genes, obs = list(data.var_names), data.obs
    place = {gene: column for column, gene in enumerate(genes)}
    done = [tuple(parsed(str(text), "Experiments")) for text in obs["perturbation"]]
    compounds = sorted({one.target for those in done for one in those if one.kind == "chemical"})
    rates, chemicals = np.ones((len(obs), len(genes))), np.zeros((len(obs), len(compounds)))
    for row, those in enumerate(done):
        for one in those:
            if one.kind == "chemical":
                chemicals[row, compounds.index(one.target)] += one.dose
            else:
                rates[row, place[one.target]] *= one.dose  # of a knock-out 0
    named, times = obs["series"].astype(str).to_numpy(), obs["time"].to_numpy(float)
    rows = {name: np.flatnonzero(named == name) for name in dict.fromkeys(named[named != ""])}
    return Circuit(
        genes=genes,
        levels=np.asarray(data.X, float),
        rates=rates,
        chemicals=chemicals,
        compounds=compounds,
        perturbations=done,
        series=[of[np.argsort(times[of], kind="stable")] for of in rows.values()],
        times=times,
        disturbed=obs["disturbed"].to_numpy(bool),
        at_rest=np.flatnonzero(named == ""),
        replicates=obs["replicates"].to_numpy("int64"),
        candidates=None if edges is None else candidates(edges, genes),
    )


def mean_measured(levels: np.ndarray) -> np.ndarray:
    """The mean (G,) over samples (N, G) of what is not NaN; NaN where all is."""
    known = np.isfinite(levels).sum(0)
    return np.divide(np.nansum(levels, axis=0), known, out=np.full(levels.shape[1], np.nan), where=known > 0)


def imputed(of: Circuit, neighbours: int = 5) -> tuple[Circuit, np.ndarray]:
    """The circuit with a level wherever there was none, and which were measured (N, G) bool.

    The mean of the nearest samples (Troyanskaya et al. 2001) among those of the circuit itself, which are all there is
    to learn from: what is predicted is never among them. A gene that was never measured has the level 0.
    """
    measured = np.isfinite(of.levels)
    if measured.all():
        return of, measured
    levels = KNNImputer(n_neighbors=neighbours, keep_empty_features=True).fit_transform(of.levels)
    return of._replace(levels=levels), measured
