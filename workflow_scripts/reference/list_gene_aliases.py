"""Other names of genes: approved, previous and alias symbols of HGNC's complete set."""

from workflow_scripts.rule import run

import csv
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import gene_aliases, gene_table
from workflow_scripts.contracts.identifiers import without_version
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

# Columns of HGNC's complete set by the kind of name that they hold; "|" stands between names.
COLUMNS = {"symbol": "symbol", "previous": "prev_symbol", "alias": "alias_symbol"}
GENE, HGNC = "ensembl_gene_id", "hgnc_id"
log = logging.getLogger(__name__)


def list_gene_aliases(*, names: Path, genes: Path, aliases: Path) -> None:
    """Write the GeneAliases of the genes of the gene table; `names`: HGNC's complete set, text with tabs.

    The symbol of a gene of the table is no alias, and an approved symbol is none of another gene. A name that several
    genes share stands with each of them, also with those that the table lacks, so that it is known to be ambiguous. Of
    several kinds of one name and gene the first of `COLUMNS` stays. Raises BadInput where a column is missing, a line
    is cut short, or no gene of the table has a line.
    """
    table, _ = gene_table.read(genes)
    ids, symbols = set(table["gene_id"]), set(table["symbol"])
    lines = pd.DataFrame(_lines(names), dtype=object)
    lines["gene_id"] = lines[GENE].map(without_version).where(lines[GENE] != "", lines[HGNC])
    known = lines["gene_id"].isin(ids)
    if not known.any():
        remedy = "Give the names of the organism of the gene table, or leave `reference/gene_aliases` out."
        raise BadInput(names, f"column {GENE!r}", "holds no gene of the gene table", remedy)
    kinds = []
    for kind, column in COLUMNS.items():
        split = lines[column].str.strip('"').str.split("|")
        kinds.append(pd.DataFrame({"alias": split, "gene_id": lines["gene_id"], "kind": kind}).explode("alias"))
    found = pd.concat(kinds, ignore_index=True).drop_duplicates(["alias", "gene_id"])
    approved = set(lines["symbol"])
    found = found[(found["kind"] == "symbol") | ~found["alias"].isin(approved)]
    found = found[(found["alias"] != "") & ~found["alias"].isin(symbols)]
    found = found[found["alias"].isin(found["alias"][found["gene_id"].isin(ids)])]
    gene_aliases.write(found.astype(object).reset_index(drop=True), aliases)
    log.info("%d of %d genes have a line; other names: %s", known.sum(), len(ids), dict(Counter(found["kind"])))


def _lines(names: Path) -> Iterator[dict[str, str]]:
    """The lines as {column: text}, of the columns that are read."""
    lines = csv.DictReader((line for _, line in whole_lines(names)), delimiter="\t")
    wanted = (*COLUMNS.values(), GENE, HGNC)
    missing = [column for column in wanted if column not in (lines.fieldnames or [])]
    if missing:
        remedy = "Give hgnc_complete_set.txt of HGNC, or a table with its columns."
        raise BadInput(names, f"column {missing[0]!r}", "is missing", remedy)
    for line in lines:
        if None in line or None in line.values():
            raise BadInput(names, f"line {lines.line_num}", "has not the columns of the header", "Get the file again.")
        yield {column: line[column] for column in wanted}


if "snakemake" in globals():
    run(list_gene_aliases, snakemake)  # noqa: F821
