"""What each assay measures: which end of which read, and on which strand the RNA is.

Read off the sources named beside each row. The table describes reads; a signal file has usually been
made from them already, and says by `file_strand` whether it names the RNA's strand or the read's.
"""

from __future__ import annotations

from typing import NamedTuple


class Protocol(NamedTuple):
    """One assay. `read`: the mate whose 5' end is counted; `rna_end`: the end of the RNA that it marks."""

    title: str
    read: int
    rna_end: str  # "3'": where the polymerase stands; "5'": where it began
    opposite: bool  # the RNA lies on the opposite strand of the read
    initiation: bool  # signal at the starts of transcripts, none in their bodies


PROTOCOLS = {
    # Churchman's protocol: 5' of the read is 3' of the RNA, inverse of the BAM strand (RECTIFY, notes on GSE25107).
    "netseq": Protocol("NET-seq", 1, "3'", opposite=True, initiation=False),
    # PINTS, io_engine: R2_5_r.
    "mnetseq": Protocol("mNET-seq", 2, "3'", opposite=True, initiation=False),
    # PINTS, io_engine: R_5_r; BRGenomics: the last base is the biotin-NTP of the run-on.
    "proseq": Protocol("PRO-seq", 1, "3'", opposite=True, initiation=False),
    # PINTS, io_engine: R_5_f; fragments, so that the end is near the polymerase, not at it.
    "groseq": Protocol("GRO-seq", 1, "5'", opposite=False, initiation=False),
    # PINTS, io_engine: 5' end of the read, same strand; paired-end PRO-cap (CoPRO, ENCODE) has it on read 2.
    "procap": Protocol("PRO-cap", 1, "5'", opposite=False, initiation=True),
    "grocap": Protocol("GRO-cap", 1, "5'", opposite=False, initiation=True),
    "cage": Protocol("CAGE", 1, "5'", opposite=False, initiation=True),
}


def swapped(protocol: str, file_strand: str) -> bool:
    """True if the plus-strand RNA is in the file declared `minus`.

    `file_strand` is `rna` (files are named after the strand of the RNA) or `read` (after that of the read).
    """
    return file_strand == "read" and PROTOCOLS[protocol].opposite
