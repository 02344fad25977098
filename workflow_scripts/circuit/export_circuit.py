"""A trained circuit as one folder: its weights, its edges in the formats of other tools, and its card."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

import pandas as pd

from workflow_scripts.circuit import bundle, card
from workflow_scripts.circuit.data import circuit
from workflow_scripts.circuit.use import edge_table, target_table
from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import exported_circuit, model_bundle, trial_settings
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import provenance as provenances
from workflow_scripts.contracts.exported_circuit import Exported
from workflow_scripts.contracts.space import laid_over


def export_circuit(
    *,
    experiments: Path,
    model: Path,
    metrics: Path,
    comparisons: Path,
    taken: Path | None,
    provenance: list[Path],
    export: Path,
    spec: dict,
    selection: dict,
    evaluation: dict,
    network: str,
    run: str,
) -> None:
    """Write the ExportedCircuit of one run, and its card: use, edges, data, scores beside baselines, licences, limits.

    spec: of `circuit/runs`; taken: the TrialSettings of the best trial of a run that is searched; selection:
    `circuit/export`; evaluation: edges_per_gene of `circuit/evaluation`.
    """
    measured = contract.read(experiments)
    order = str(measured.uns["gene_order"])
    trained, known = bundle.read(model, order).model, circuit(measured)
    edges = edge_table(trained, known.genes)
    found, said = card.chosen(edges, len(known.genes), evaluation["edges_per_gene"], selection["stability"])
    levels = {"level": trained.reference.double().numpy(), "sd": trained.sd.double().numpy()}
    units = {name: str(measured.uns[name]) for name in ("unit", "time_unit")}
    exported = Exported(
        found,
        target_table(trained, known.genes, known.compounds),
        pd.DataFrame(levels, index=pd.Index(known.genes, name="gene")),
        {"network": network, "run": run, **units, "chosen": said},
        [provenances.read(path) for path in provenance],
    )
    tables = metrics_table.read(metrics), comparisons_table.read(comparisons)
    settings = laid_over(spec, trial_settings.read(taken) if taken else {})
    text = card.write_card(exported, known, model_bundle.read(model, order)[1], settings, *tables)
    exported_circuit.write(model, exported, text, export)


if "snakemake" in globals():
    run_door(export_circuit, snakemake)  # noqa: F821
