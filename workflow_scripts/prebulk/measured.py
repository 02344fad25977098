"""Whether a source measures enough genes of the gene table, and what its names are if it does not."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.gene_mapping import GeneMapping, GeneNames

# What the names of genes tell by their form, the first that matches; Ensembl's prefixes by species:
# https://www.ensembl.org/info/genome/stable_ids/prefixes.html
FORMS = {
    r"ENSG\d{11}": "Ensembl ids of human genes",
    r"ENSMUSG\d{11}": "Ensembl ids of mouse genes",
    r"ENSRNOG\d{11}": "Ensembl ids of rat genes",
    r"ENSDARG\d{11}": "Ensembl ids of zebrafish genes",
    r"ENS[A-Z]*G\d{11}": "Ensembl ids of genes of another species",
    r"ENS[A-Z]*T\d{11}": "Ensembl ids of transcripts, not of genes",
    r"ENS[A-Z]*P\d{11}": "Ensembl ids of proteins, not of genes",
    r"FBgn\d{7}": "FlyBase ids of genes",
    r"WBGene\d{8}": "WormBase ids of genes",
    r"Y[A-P][LR]\d{3}[WC](-[A-Z])?": "systematic names of yeast genes",
    r"[NX][MR]_\d+": "RefSeq accessions of transcripts, not of genes",
    r"\d+": "numbers, such as Entrez Gene ids",
}
OTHER = "names of no known form, perhaps symbols"
SEEN = 1000  # names that are looked at
FEW = 3  # names in a message


def form(names: list[str]) -> str:
    """What most of some names are, by their form."""
    seen = pd.Series([_form(name) for name in names if name][:SEEN], dtype=object)
    return seen.value_counts().index[0] if len(seen) else "no names"


def _form(name: str) -> str:
    stem = name.partition(".")[0]
    return next((said for pattern, said in FORMS.items() if re.fullmatch(pattern, stem)), OTHER)


def require_measured(path: Path, names: GeneNames, mapping: GeneMapping, genes: pd.DataFrame, share: float) -> None:
    """Raise BadInput where no gene of the gene table has a row of a source, or less than a `share` of them (0 to 1)."""
    measured = int(mapping.measured.sum())
    if measured and measured >= share * len(genes):
        return
    theirs, ours = form(names.kinds[0]), form(genes["gene_id"].tolist())
    reason = f"holds {measured:,} of the {len(genes):,} genes of the gene table ({measured / len(genes):.1%})"
    reason += f"; its rows are {theirs} ({', '.join(names.kinds[0][:FEW])}), the table has {ours} "
    reason += f"({genes['gene_id'].iloc[0]}, symbol {genes['symbol'].iloc[0]})"
    remedy = "Give a file of the organism of `reference`, with Ensembl ids or symbols"
    if theirs == OTHER:
        remedy += "; earlier symbols are found with `reference/gene_aliases`"
    if measured:
        remedy += "; or lower filters/min_measured_genes, if so few were measured"
    raise BadInput(path, "genes", reason, f"{remedy}.")
