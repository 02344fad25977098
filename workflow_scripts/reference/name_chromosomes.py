"""The chromosomes of the genome under all spellings that the configuration gives them."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

from workflow_scripts.contracts import genome as contract
from workflow_scripts.reference.aliases import declared_aliases, read_aliases

log = logging.getLogger(__name__)


def name_chromosomes(*, index: Path, aliases: Path | None, chromosomes: Path, spec: dict) -> None:
    """Write the chromosomes of `index` with the aliases of a table and those of `spec`: {genome's name: spellings}.

    Raises BadInput on an alias of a chromosome that the genome lacks, of two chromosomes, or of one with another
    length, each in one line that names the alias.
    """
    genome = contract.Genome(contract.read_index(index))
    if aliases is not None:
        genome = read_aliases(aliases, genome)
    genome = declared_aliases(spec, genome)
    contract.write(genome, chromosomes)
    log.info("%d chromosomes, %d other spellings", len(genome.lengths), len(genome.aliases))


if "snakemake" in globals():
    run(name_chromosomes, snakemake)  # noqa: F821
