"""The samples of one file of counts that the search of its corpus finds."""

from workflow_scripts.rule import run

import logging
from collections import Counter
from pathlib import Path

from workflow_scripts.prebulk import sample_list
from workflow_scripts.prebulk.metadata_search import search

log = logging.getLogger(__name__)


def search_samples(*, counts: Path, found: Path, spec: dict) -> None:
    """Write the list of the samples of `counts` that the search `spec` finds: their accessions and matched fields.

    Raises BadInput where it finds none.
    """
    samples = search(counts, spec["term"], spec["fields"], spec["remove_singlecell"])
    sample_list.write(samples, found)
    log.info("%s: %r stands in %d samples", counts.name, spec["term"], len(samples))
    for name, count in Counter(",".join(samples["fields"]).split(",")).items():
        log.info("%s: %d samples", name, count)


if "snakemake" in globals():
    run(search_samples, snakemake)  # noqa: F821
