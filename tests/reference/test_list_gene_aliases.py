"""Other names of genes out of HGNC's complete set."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.prebulk.sources import gene_id, write_genes, write_text
from workflow_scripts.contracts import gene_aliases
from workflow_scripts.io.errors import BadInput
from workflow_scripts.reference.list_gene_aliases import list_gene_aliases

HEADER = "hgnc_id\tsymbol\talias_symbol\tprev_symbol\tensembl_gene_id\n"


def run(folder: Path, text: str) -> dict[tuple[str, str], str]:
    write_genes(folder / "genes.parquet", 3)  # symbols S0, S1, S2
    names = write_text(folder / "hgnc.txt.gz", text)
    list_gene_aliases(names=names, genes=folder / "genes.parquet", aliases=folder / "aliases.parquet")
    found = gene_aliases.read(folder / "aliases.parquet")
    return {(row.alias, row.gene_id): row.kind for row in found.itertuples()}


def test_names_of_the_genes_of_the_table_but_none_of_their_symbols(tmp_path):
    lines = [
        f'HGNC:1\tS0\t"A0|A1"\tP0\t{gene_id(0)}',
        f"HGNC:2\tNEW1\tA1|S2\tP0\t{gene_id(1)}",  # the table has an earlier symbol; A1 and P0 are of two genes
        f"HGNC:3\tS2\tP2\tP2\t{gene_id(2)}",
        f"HGNC:4\tX\tA0\tP9\t{gene_id(9)}",  # not in the table; what it shares is ambiguous
        "HGNC:5\tY\tA8\tP8\t",
        f"HGNC:6\tS1\tX|Y\tP9\t{gene_id(7)}",  # approved symbols of others
    ]
    assert run(tmp_path, HEADER + "\n".join(lines) + "\n") == {
        ("A0", gene_id(0)): "alias",
        ("A0", gene_id(9)): "alias",
        ("A1", gene_id(0)): "alias",
        ("P0", gene_id(0)): "previous",
        ("NEW1", gene_id(1)): "symbol",
        ("A1", gene_id(1)): "alias",
        ("P0", gene_id(1)): "previous",
        ("P2", gene_id(2)): "previous",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hgnc_id\tsymbol\talias_symbol\tensembl_gene_id\n", "column 'prev_symbol': is missing"),
        (HEADER + f"HGNC:1\tS0\tA0\tP0\t{gene_id(0)}\nHGNC:2\tS1\n", "line 3: has not the columns of the header"),
        (HEADER + f"HGNC:1\tS0\tA0\tP0\t{gene_id(7)}\n", "holds no gene of the gene table"),
    ],
)
def test_a_table_of_something_else_is_refused(tmp_path, text, reason):
    with pytest.raises(BadInput, match=reason):
        run(tmp_path, text)
