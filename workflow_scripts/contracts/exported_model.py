"""ExportedModel: a trained run in one folder that can be sent to others, and used with torch alone.

`results/bulk/{run}/export/`, written by `bulk/export_model`: `model.safetensors` and `config.json` as in a ModelBundle,
`probe.npz` (a Probe), `conditions.npz` (Conditions), `genes.json` (gene_id, symbol and exon_length, bp, of every gene,
in the order of the model, the name of the assembly, digest), `README.md` (the model card, in the format that model hubs
read).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from workflow_scripts.contracts import conditions as conditions_contract
from workflow_scripts.contracts import probe as probe_contract
from workflow_scripts.contracts.conditions import Conditions
from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.contracts.probe import Probe
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import sealed, unsealed

REMEDY = "Copy the folder again, or export the run again."
COLUMNS = ("gene_id", "symbol", "exon_length")


class Exported(NamedTuple):
    """What `read` returns, but for the model itself."""

    genes: pd.DataFrame  # gene_id, symbol, exon_length (bp)
    genome: str  # name of the assembly
    gene_order: str  # digest
    probe: Probe
    conditions: Conditions


def write(model: Path, probe: Path, conditions: Path, genes: pd.DataFrame, card: str, path: Path) -> None:
    """Write the folder `path`.

    model: a ModelBundle; probe: a Probe; conditions: Conditions; genes: a GeneTable with its assembly in attrs.
    """
    known: dict[str, Any] = {name: genes[name].tolist() for name in COLUMNS}
    with replacing(path) as temporary:
        temporary.mkdir()
        for file in (model / "model.safetensors", model / "config.json", probe, conditions):
            shutil.copyfile(file, temporary / file.name)
        (temporary / "genes.json").write_text(sealed({**known, "genome": genes.attrs["genome"]}), encoding="utf-8")
        (temporary / "README.md").write_text(card, encoding="utf-8")


def read(path: Path) -> Exported:
    """Read all but the model, which `bulk/bundle` reads of the same folder; raise BadInput where it is damaged."""
    known = unsealed(path / "genes.json", REMEDY)
    genes = pd.DataFrame({name: known[name] for name in COLUMNS})
    config = unsealed(path / "config.json", REMEDY)
    order = order_digest(genes["gene_id"])
    require_order(path / "genes.json", order, config["gene_order"])
    probe, conditions = probe_contract.read(path / "probe.npz"), conditions_contract.read(path / "conditions.npz")
    return Exported(genes, known["genome"], order, probe, conditions)
