"""A regulatory circuit and the experiments on it, in the layout of DREAM4; the truth of its edges."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np

from workflow_scripts.contracts import truth as contract
from workflow_scripts.io.attested import beside
from workflow_scripts.simulate import circuit_layout as layout
from workflow_scripts.simulate.circuit import TIMES, measured, perform, topology_of
from workflow_scripts.simulate.origin import write_provenance
from workflow_scripts.simulate.streams import streams
from workflow_scripts.simulate.treatments import listed_regulators
from workflow_scripts.simulate.treatments import motif_edges as edges_of_motifs


def simulate_circuit(
    *,
    organism: Path | None,
    timeseries: Path,
    knockouts: Path,
    knockdowns: Path,
    wildtype: Path,
    multifactorial: Path,
    dualknockouts_indexes: Path,
    nonoise_dualknockouts: Path,
    perturbed: Path,
    regulators: Path,
    motif_edges: Path,
    gold_standard: Path,
    truth: Path,
    targets: Path,
    spec: dict,
) -> None:
    """Write the files of a circuit (see `circuit_layout.py`), its truth (edges, and targets of compounds) and
    provenance; one `spec`, the same bytes.

    organism: the truth of the simulated organism, part of whose network the circuit is; None for a network of its own.
    Raises BadInput where the organism's network is too small, or the circuit never settles.
    """
    generator = streams(spec["seed"])
    circuit, feedback = topology_of(generator, organism, spec)
    found = perform(generator, circuit, spec, truth.parent)

    def noisy(name: str) -> np.ndarray:
        return measured(generator(f"measured {name}"), getattr(found, name), spec["measurement_noise"])

    genes = circuit.genes
    layout.write_series(timeseries, genes, TIMES, noisy("timeseries"))
    layout.write_levels(knockouts, genes, noisy("knockouts"))
    layout.write_levels(knockdowns, genes, noisy("knockdowns"))
    layout.write_levels(wildtype, genes, noisy("wildtype"))
    layout.write_levels(multifactorial, genes, noisy("multifactorial"))
    layout.write_pairs(dualknockouts_indexes, found.pairs)
    layout.write_noise_free(nonoise_dualknockouts, found.dualknockouts)
    levels = measured(generator("measured treated"), found.treated.levels, spec["measurement_noise"])
    layout.write_treated(perturbed, genes, found.treated, levels)
    layout.write_lines(regulators, ([gene] for gene in listed_regulators(generator("listed"), circuit)))
    layout.write_lines(motif_edges, edges_of_motifs(generator("motifs"), circuit))
    layout.write_gold_standard(gold_standard, circuit)
    edges = zip(circuit.sources, circuit.targets, circuit.signs, strict=True)
    contract.write(truth.stem, [(genes[source], genes[target], sign) for source, target, sign in edges], truth.parent)
    contract.write(targets.stem, found.treated.targets, targets.parent)

    told = f"a circuit of {len(genes)} genes and {len(circuit.sources)} edges, seed {spec['seed']}"
    given = timeseries, knockouts, knockdowns, wildtype, multifactorial, perturbed, regulators, motif_edges
    for file in (*given, dualknockouts_indexes, nonoise_dualknockouts, gold_standard, truth, targets):
        write_provenance(file, beside(file), "simulate_circuit", told)
    logging.info("%s; %d of the edges are feedback", told, feedback)


if "snakemake" in globals():
    run(simulate_circuit, snakemake)  # noqa: F821
