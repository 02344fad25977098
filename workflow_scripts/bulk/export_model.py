"""A trained run as one folder with its card, to be sent to others and used anywhere."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

from workflow_scripts.bulk.card import write_card
from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import conditions as conditions_contract
from workflow_scripts.contracts import exported_model, gene_embedding, gene_table, model_bundle, trial_settings
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import probe as probe_contract
from workflow_scripts.contracts import provenance as provenances
from workflow_scripts.contracts import splits as splits_table
from workflow_scripts.contracts.space import laid_over


def export_model(
    *,
    model: Path,
    probe: Path,
    conditions: Path,
    genes: Path,
    splits: Path,
    metrics: Path,
    comparisons: Path,
    embedding: Path,
    taken: Path | None,
    provenance: list[Path],
    export: Path,
    run: str,
    spec: dict,
) -> None:
    """Write the ExportedModel of one run, and its card: data, splits, scores beside baselines, licences, limits.

    embedding: the GeneEmbedding that the run was trained with; taken: the TrialSettings of the best trial of a run
    that is searched; provenance: of the files that it was trained on.
    """
    table, order = gene_table.read(genes)
    _, config = model_bundle.read(model, order)
    card = write_card(
        run,
        laid_over(spec, trial_settings.read(taken) if taken else {}),
        config,
        table,
        splits_table.read(splits),
        metrics_table.read(metrics),
        comparisons_table.read(comparisons),
        probe_contract.read(probe),
        conditions_contract.read(conditions),
        dict(gene_embedding.read(embedding, order).uns),
        [provenances.read(path) for path in provenance],
    )
    exported_model.write(model, probe, conditions, table, card, export)


if "snakemake" in globals():
    run_door(export_model, snakemake)  # noqa: F821
