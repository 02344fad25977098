"""The table of assays and the configuration name the same ones."""

from workflow_scripts.settings.schema import load_schema
from workflow_scripts.tracks.protocols import PROTOCOLS


def test_every_protocol_of_the_schema_is_in_the_table_and_the_other_way_round() -> None:
    sets = load_schema("tracks")["properties"]["sets"]["additionalProperties"]["properties"]
    allowed = sets["tracks"]["additionalProperties"]["properties"]["protocol"]["enum"]
    assert allowed == list(PROTOCOLS)


def test_reads_of_each_assay_lie_on_the_strand_that_its_library_gives() -> None:
    """3' ends of run-on and NET-seq libraries are read from the other strand, 5' ends from that of the RNA."""
    opposite = {name for name, protocol in PROTOCOLS.items() if protocol.opposite}
    assert opposite == {"netseq", "mnetseq", "proseq"}


def test_assays_of_initiation_are_those_of_capped_rna() -> None:
    """The others follow the polymerase into the bodies of genes; mNET-seq alone has it on the second read of a pair."""
    assert {name for name, protocol in PROTOCOLS.items() if protocol.initiation} == {"procap", "grocap", "cage"}
    assert {name for name, protocol in PROTOCOLS.items() if protocol.rna_end == "3'"} == {"netseq", "mnetseq", "proseq"}
    assert {name: protocol.read for name, protocol in PROTOCOLS.items() if protocol.read != 1} == {"mnetseq": 2}
