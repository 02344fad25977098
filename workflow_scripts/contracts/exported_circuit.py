"""ExportedCircuit: a trained circuit in one folder that can be sent to others: its weights, its edges, its card.

`results/circuit/{network}/{run}/export/`, written by `circuit/export_circuit`:

- `model.safetensors`, `config.json`: as in a ModelBundle.
- `edges.tsv`: a row an edge, the strongest first: source, target; weight (mean over members, in sds of the target for
  an sd of the source), sign (1 activates, -1 represses), stability (share of the members that have the edge), low, high
  (the 90 % interval of the weight over members).
- `edges.graphml`: the same as a directed graph, whose nodes are all genes with level and sd.
- `edges.h5ad`: the same as sparse matrices in `varp` (weight, stability, low, high; sources x targets, float64, 0 where
  there is no edge); var: the genes, in the order of the model, with level and sd; X: one row, the circuit as it is.
- `targets.tsv`: a row a compound and gene, the strongest of each compound first: compound, gene, effect (of a dose
  without limit on the production of the gene, in its sds), stability, low, high, half_dose; none without compounds.
- `contents.json`: network, run, unit, time_unit, how edges were chosen (text), sources (of the Provenance of the files
  that it was learned from and scored with `SOURCE`), files (sha256 of each of the files above), digest (of all these).
  The same stands in `uns` of `edges.h5ad`, and but for the sources in the GraphML.
- `README.md`: the card, in the format that model hubs read.

level: where a gene is as the circuit is; sd: over all samples; both in `unit`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import anndata
import numpy as np
import pandas as pd
import pandera.pandas as pa
from scipy.sparse import csr_matrix

from workflow_scripts.io.annotated import write_annotated
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest, replacing
from workflow_scripts.io.seal import sealed, unsealed
from workflow_scripts.io.tables import validate_table

FILES = ("model.safetensors", "config.json", "edges.tsv", "edges.graphml", "edges.h5ad", "targets.tsv")
SOURCE = ("dataset", "release", "url", "sha256", "licence", "simulated", "note")
REMEDY = "Copy the folder again, or export the run again."
NUMBERS = ("weight", "stability", "low", "high")
SCHEMA = pa.DataFrameSchema(
    {
        "source": pa.Column(str),
        "target": pa.Column(str),
        "weight": pa.Column("float64", coerce=True),
        "sign": pa.Column("int64", pa.Check.isin([-1, 0, 1]), coerce=True),
        "stability": pa.Column("float64", pa.Check.in_range(0, 1), coerce=True),
        "low": pa.Column("float64", coerce=True),
        "high": pa.Column("float64", coerce=True),
    },
    unique=["source", "target"],
    name="ExportedEdges",
    strict=True,
    ordered=True,
)
TARGETS = pa.DataFrameSchema(
    {
        "compound": pa.Column(str, coerce=True),
        "gene": pa.Column(str, coerce=True),
        "effect": pa.Column("float64", coerce=True),
        "stability": pa.Column("float64", pa.Check.in_range(0, 1), coerce=True),
        "low": pa.Column("float64", coerce=True),
        "high": pa.Column("float64", coerce=True),
        "half_dose": pa.Column("float64", pa.Check.gt(0), coerce=True),
    },
    unique=["compound", "gene"],
    name="ExportedTargets",
    strict=True,
    ordered=True,
)
NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
TYPES = {"weight": "double", "sign": "int", "stability": "double", "low": "double", "high": "double"}


class Exported(NamedTuple):
    """What an export holds beside the model and its card."""

    edges: pd.DataFrame  # as in `edges.tsv`
    targets: pd.DataFrame  # as in `targets.tsv`
    genes: pd.DataFrame  # index: names; level, sd (float64)
    about: dict[str, str]  # network, run, unit, time_unit, chosen
    sources: list[dict[str, Any]]  # Provenance, or the keys SOURCE of it


def write(model: Path, exported: Exported, card: str, path: Path) -> None:
    """Write the folder `path`; model: a ModelBundle."""
    edges = validate_table(exported.edges, SCHEMA, path)
    sources = [{key: source[key] for key in SOURCE} for source in exported.sources]
    with replacing(path) as temporary:
        temporary.mkdir()
        for name in ("model.safetensors", "config.json"):
            shutil.copyfile(model / name, temporary / name)
        for name, table in (("edges", edges), ("targets", validate_table(exported.targets, TARGETS, path))):
            table.to_csv(temporary / f"{name}.tsv", sep="\t", index=False, lineterminator="\n")
        (temporary / "edges.graphml").write_bytes(_graphml(edges, exported.genes, exported.about))
        write_annotated(_annotated(exported._replace(sources=sources)), temporary / "edges.h5ad")
        sums = {name: digest(temporary / name) for name in FILES}
        contents = {**exported.about, "sources": sources, "files": sums}
        (temporary / "contents.json").write_text(sealed(contents), encoding="utf-8")
        (temporary / "README.md").write_text(card, encoding="utf-8")


def read(path: Path) -> Exported:
    """Read all but the model, which `circuit/bundle` reads of the same folder; raise BadInput where it is damaged."""
    about = unsealed(path / "contents.json", REMEDY)
    sums, sources = about.pop("files"), about.pop("sources")
    about.pop("digest", None)
    for name in FILES:
        try:
            intact = digest(path / name) == sums[name]
        except OSError:
            intact = False
        if not intact:
            raise BadInput(path, name, "is missing or damaged (checksum)", REMEDY)
    edges, targets = (_read(path / f"{name}.tsv", of) for name, of in (("edges", SCHEMA), ("targets", TARGETS)))
    return Exported(edges, targets, anndata.read_h5ad(path / "edges.h5ad").var, about, sources)


def _read(path: Path, schema: pa.DataFrameSchema) -> pd.DataFrame:
    text = {name: str for name, column in schema.columns.items() if str(column.dtype) == "str"}
    table = pd.read_csv(path, sep="\t", float_precision="round_trip", keep_default_na=False, dtype=text)
    return validate_table(table, schema, path)


def _graphml(edges: pd.DataFrame, genes: pd.DataFrame, about: dict[str, str]) -> bytes:
    """Brandes et al., GraphML, graphml.graphdrawing.org: edges and their numbers, nodes in the order of genes."""
    root = ElementTree.Element("graphml", xmlns=NAMESPACE)
    keys = [("graph", name, "string") for name in about]
    keys += [("node", name, "double") for name in genes.columns]
    keys += [("edge", name, kind) for name, kind in TYPES.items()]
    for place, name, kind in keys:
        known = {"id": f"{place}.{name}", "for": place, "attr.name": name, "attr.type": kind}
        ElementTree.SubElement(root, "key", known)
    graph = ElementTree.SubElement(root, "graph", id=about["network"], edgedefault="directed")
    _data(graph, "graph", about)
    for name, row in zip(genes.index, genes.to_dict("records"), strict=True):
        _data(ElementTree.SubElement(graph, "node", id=name), "node", row)
    for row in edges.to_dict("records"):
        ends = {"source": row["source"], "target": row["target"]}
        _data(ElementTree.SubElement(graph, "edge", ends), "edge", {name: row[name] for name in TYPES})
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _data(element: ElementTree.Element, place: str, values: dict[str, Any]) -> None:
    for name, value in values.items():
        ElementTree.SubElement(element, "data", key=f"{place}.{name}").text = str(value)


def _annotated(exported: Exported) -> anndata.AnnData:
    genes, edges = exported.genes, exported.edges
    places = tuple(genes.index.get_indexer(edges[end]) for end in ("source", "target"))
    matrices = {name: csr_matrix((edges[name], places), shape=(len(genes), len(genes))) for name in NUMBERS}
    return anndata.AnnData(
        X=genes[["level"]].to_numpy(np.float32).T,
        obs=pd.DataFrame(index=["as it is"]),
        var=genes,
        varp=matrices,
        uns={**exported.about, "sources": json.dumps(exported.sources, sort_keys=True)},
    )
