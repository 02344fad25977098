"""The proteins of the gene table, one per gene, in the letters that an encoder knows."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.io.errors import BadInput

log = logging.getLogger(__name__)

REMEDY = "Make the gene table and its proteins again (prebulk/make_gene_table)."


def read(path: Path, gene_ids: list[str], letters: str, unknown: str) -> list[str]:
    """Return the sequences of a FASTA file (`>gene_id protein_id`) that holds `gene_ids`, in that order.

    Stops (`*`) are left out; what is not among `letters` becomes `unknown`; both are counted in the log.
    Raises BadInput on a gene that is missing, added or out of place, and on an empty protein.
    """
    strange = re.compile(f"[^{re.escape(letters)}]")
    sequences: list[str] = []
    stops = replaced = 0
    for place, (gene_id, text) in enumerate(_records(path)):
        expected = gene_ids[place] if place < len(gene_ids) else "the end"
        if gene_id != expected:
            raise BadInput(path, f"gene {gene_id}", f"stands where the gene table has {expected}", REMEDY)
        residues = text.upper().replace("*", "")
        if not residues:
            raise BadInput(path, f"gene {gene_id}", "has an empty protein", REMEDY)
        stops += len(text) - len(residues)
        sequence, count = strange.subn(unknown, residues)
        replaced += count
        sequences.append(sequence)
    if len(sequences) < len(gene_ids):
        raise BadInput(path, f"gene {gene_ids[len(sequences)]}", "has no protein", REMEDY)
    log.info(
        "%d proteins of %d residues; %d stops left out, %d unknown letters read as %s",
        len(sequences),
        sum(map(len, sequences)),
        stops,
        replaced,
        unknown,
    )
    return sequences


def _records(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (first word of the header, sequence) of each record."""
    name, parts = None, []
    try:
        with path.open(encoding="utf-8") as handle:
            for number, line in enumerate(handle, 1):
                if line.startswith(">"):
                    if name is not None:
                        yield name, "".join(parts)
                    name, parts = (line[1:].split() or [""])[0], []
                elif line.strip():
                    if name is None:
                        raise BadInput(path, f"line {number}", "stands before the first header", REMEDY)
                    parts.append(line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(path, "", f"not readable ({error})", REMEDY) from error
    if name is not None:
        yield name, "".join(parts)
