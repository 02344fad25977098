"""Other names of genes: approved, previous and alias symbols of HGNC's complete set."""

from workflow_scripts.rule import run

import csv
import logging
from collections import Counter
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import gene_aliases, gene_table
from workflow_scripts.contracts.identifiers import without_version
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

# Columns of HGNC's complete set by the kind of name that they hold; "|" stands between names.
COLUMNS = {"symbol": "symbol", "previous": "prev_symbol", "alias": "alias_symbol"}
GENE = "ensembl_gene_id"
log = logging.getLogger(__name__)


def list_aliases(*, names: Path, genes: Path, aliases: Path) -> None:
    """Write the GeneAliases of the genes of the gene table; `names`: HGNC's complete set, text with tabs.

    A name that is the symbol of a gene of the table is none: the table has the last word. Of several kinds of one
    name and gene the first of `COLUMNS` stays. Raises BadInput where a column is missing, a line is cut short, or no
    gene of the table has a line.
    """
    table, _ = gene_table.read(genes)
    ids, symbols = set(table["gene_id"]), set(table["symbol"])
    found: dict[tuple[str, str], str] = {}
    lines = csv.DictReader((line for _, line in whole_lines(names)), delimiter="\t")
    missing = [column for column in (*COLUMNS.values(), GENE) if column not in (lines.fieldnames or [])]
    if missing:
        remedy = "Give hgnc_complete_set.txt of HGNC, or a table with its columns."
        raise BadInput(names, f"column {missing[0]!r}", "is missing", remedy)
    known = 0
    for line in lines:
        if None in line or None in line.values():
            raise BadInput(names, f"line {lines.line_num}", "has not the columns of the header", "Get the file again.")
        gene = without_version(line[GENE])
        if gene not in ids:
            continue
        known += 1
        for kind, column in COLUMNS.items():
            for name in line[column].strip('"').split("|"):
                if name and name not in symbols:
                    found.setdefault((name, gene), kind)
    if not known:
        remedy = "Give the names of the organism of the gene table, or leave `reference/aliases` out."
        raise BadInput(names, f"column {GENE!r}", "holds no gene of the gene table", remedy)
    rows = [(name, gene, kind) for (name, gene), kind in found.items()]
    gene_aliases.write(pd.DataFrame(rows, columns=["alias", "gene_id", "kind"], dtype=object), aliases)
    log.info("%d of %d genes have a line; other names: %s", known, len(ids), dict(Counter(found.values())))


if "snakemake" in globals():
    run(list_aliases, snakemake)  # noqa: F821
