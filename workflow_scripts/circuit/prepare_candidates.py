"""Which edges a circuit may have, by a list of regulators, by a table of edges, or by both."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd

from workflow_scripts.circuit.level_tables import fields
from workflow_scripts.contracts import candidates as contract
from workflow_scripts.contracts import experiments as measured
from workflow_scripts.io.errors import BadInput


def prepare_candidates(
    *, regulators: Path | None, possible_edges: Path | None, experiments: Path, candidates: Path
) -> None:
    """Write the Candidates: from a regulator to another gene, of those edges that are possible.

    regulators: a gene a line; possible_edges: a line each of source, target and, where it has a third field, prior (0
    to 1), without a header. Lines about genes that were not measured are left out. Raises BadInput where a line is none
    of these, where an edge stands twice, and where nothing is left.
    """
    genes = list(measured.read(experiments).var_names)
    edges = _all(genes) if possible_edges is None else _read_edges(possible_edges)
    if regulators is not None:
        edges = edges[edges["source"].isin(_read_genes(regulators))]
    edges = edges[edges["source"].isin(genes) & edges["target"].isin(genes)]
    if edges.empty:
        given = regulators if possible_edges is None else possible_edges
        reason = f"leaves no edge between two of the {len(genes)} genes that were measured, such as {genes[0]}"
        raise BadInput(given, "", reason, "Give names as the tables of levels have them.")
    order = pd.Index(genes)
    place = edges.assign(source=order.get_indexer(edges["source"]), target=order.get_indexer(edges["target"]))
    contract.write(edges.loc[place.sort_values(["target", "source"]).index].reset_index(drop=True), candidates)


def _all(genes: list[str]) -> pd.DataFrame:
    every = pd.MultiIndex.from_product([genes, genes], names=["source", "target"]).to_frame(index=False)
    return every[every["source"] != every["target"]].assign(prior=0.0)


def _read_genes(path: Path) -> set[str]:
    found = set()
    for number, line in fields(path):
        if len(line) > 1:
            raise BadInput(path, f"line {number}", f"holds {len(line)} fields", "Give one gene a line.")
        found.update(line)
    return found


def _read_edges(path: Path) -> pd.DataFrame:
    rows: dict[tuple[str, str], float] = {}
    for number, line in fields(path):
        if not line:
            continue
        try:
            source, target, prior = line[0], line[1], float(line[2]) if len(line) > 2 else 0.0
        except (IndexError, ValueError):
            prior = -1.0
        if not 0 <= prior <= 1 or len(line) > 3:
            reason = "is no source and target, with a prior of 0 to 1 or without, with tabs between"
            raise BadInput(path, f"line {number}", reason, "Correct it; there is no header.")
        if source == target or (source, target) in rows:
            what = "a gene as its own regulator" if source == target else "an edge for the second time"
            raise BadInput(path, f"line {number}", f"names {what}", "Take the line out.")
        rows[source, target] = prior
    return pd.DataFrame([(*edge, prior) for edge, prior in rows.items()], columns=["source", "target", "prior"])


if "snakemake" in globals():
    run(prepare_candidates, snakemake)  # noqa: F821
