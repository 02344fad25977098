"""Proteins in the letters that an encoder knows."""

from __future__ import annotations

import logging
import re

log = logging.getLogger(__name__)


def spell(proteins: list[str], letters: str, unknown: str) -> list[str]:
    """The residues of each protein in upper case, without stops (`*`), what is not among `letters` as `unknown`.

    Stops and unknown letters are counted in the log.
    """
    strange = re.compile(f"[^{re.escape(letters)}]")
    spelled: list[str] = []
    stops = replaced = 0
    for protein in proteins:
        residues = protein.upper().replace("*", "")
        stops += len(protein) - len(residues)
        sequence, count = strange.subn(unknown, residues)
        replaced += count
        spelled.append(sequence)
    log.info(
        "%d proteins of %d residues; %d stops left out, %d unknown letters read as %s",
        len(spelled),
        sum(map(len, spelled)),
        stops,
        replaced,
        unknown,
    )
    return spelled
