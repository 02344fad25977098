"""Single cells of a circuit under perturbations of one and of two genes, as a file of Perturb-seq; their truth."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import scipy.sparse

from workflow_scripts.contracts import truth as contract
from workflow_scripts.io.attested import beside
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.simulate.cells import DEPTH, at_rest, draw_cells, perturbed
from workflow_scripts.simulate.circuit import pairs_of, settle, topology_of
from workflow_scripts.simulate.kinetics import Unsettled
from workflow_scripts.simulate.origin import write_provenance
from workflow_scripts.simulate.streams import streams

CONTROL = "control"


def simulate_cells(*, organism: Path | None, cells: Path, truth: Path, spec: dict) -> None:
    """Write cells (X: ln(1 + counts per 10,000); layers/counts; obs: condition, ncounts), their truth and provenance.

    The truth is the levels at rest, without any noise. The circuit is that of `simulate_circuit`. Raises BadInput
    where it does not settle under these perturbations.
    """
    generator = streams(spec["seed"])
    circuit, _ = topology_of(generator, organism, spec)
    kinetics, _ = settle(generator, circuit, spec, truth.parent)
    pairs = pairs_of(generator("double perturbations"), circuit.regulators, spec["cells"]["doubles"])
    targets = perturbed(len(circuit.genes), pairs)
    try:
        conditions, levels = at_rest(kinetics, targets, spec["cells"]["left"])
    except Unsettled:
        reason = "the circuit does not come to rest under a perturbation"
        raise BadInput(truth.parent, "", reason, "Give `left` of its cells another value, or another seed.") from None
    found = draw_cells(generator("cells"), kinetics, conditions, levels, spec)
    names = np.array(["+".join(circuit.genes[gene] for gene in of) or CONTROL for of in targets])
    order = generator("order of cells").permutation(len(found.perturbation))
    obs = {"condition": pd.Categorical(names[found.perturbation[order]]), "ncounts": found.total[order]}
    logs = np.log1p(DEPTH * found.counts / found.total[:, None]).astype(np.float32)
    data = anndata.AnnData(
        X=scipy.sparse.csr_matrix(logs[order]),
        obs=pd.DataFrame(obs, index=[f"cell_{number}" for number in range(1, len(order) + 1)]),
        var=pd.DataFrame(index=circuit.genes),
        layers={"counts": scipy.sparse.csr_matrix(found.counts[order].astype(np.int32))},
    )
    with replacing(cells) as temporary:
        data.write_h5ad(temporary, compression="gzip")
    rows = [
        (name, gene, f"{level:.6f}")
        for name, of in zip(names, levels, strict=True)
        for gene, level in zip(circuit.genes, of, strict=True)
    ]
    contract.write(truth.stem, rows, truth.parent)
    told = f"{len(order)} cells of a circuit of {len(circuit.genes)} genes under {len(names) - 1} perturbations"
    for file in (cells, truth):
        write_provenance(file, beside(file), "simulate_cells", f"{told}, seed {spec['seed']}")
    logging.info("%s", told)


if "snakemake" in globals():
    run(simulate_cells, snakemake)  # noqa: F821
