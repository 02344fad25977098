"""What a trained run says that variants of a VCF change: on every track, and of every gene near them."""

from workflow_scripts.rule import run

import logging
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch

from workflow_scripts.contracts import gene_bodies
from workflow_scripts.contracts import genome as genome_names
from workflow_scripts.seq2track import effect_files, reading, variants, vcf
from workflow_scripts.seq2track.sequence import Sequences

log = logging.getLogger(__name__)

AT_ONCE = 4  # alternative alleles: 16 windows
TOLD = 1000  # alternative alleles after which the log tells how many


def score_variants(
    *,
    table: Path,
    genome: Path,
    index: Path,
    chromosomes: Path,
    bodies: Path,
    models: list[Path],
    scores: Path,
    genes: Path,
    bedgraphs: Path,
    spec: dict,
    assembly: str,
    name: str,
    threads: int,
) -> None:
    """Write what each alternative allele of a VCF changes by the mean of the models of all folds; see `variants`.

    scores: a row an allele and track, with why it is not scored where it is not; genes: a row an allele, gene and track
    of its strand. Raises BadInput on what is no VCF, and where it is of another genome (assembly: its name).
    """
    torch.set_num_threads(threads)
    trained, known = reading.read_models(models), genome_names.read(chromosomes)
    tracks, shape, pseudo_count = trained[0].tracks, trained[0].shape, spec["pseudo_count"]
    sequences, placed = Sequences(genome, index), variants.Genes(gene_bodies.read(bodies)[0])

    def change(allele: vcf.Allele) -> variants.Change:
        chrom = vcf.require_chromosome(table, allele, known)
        vcf.require_reference(table, allele, chrom, sequences, assembly)
        most = variants.half(shape)
        return variants.change(sequences, chrom, allele.position, allele.ref, allele.alt, most)

    reasons, drawn = Counter(), effect_files.BedGraphs()
    with (
        effect_files.text_table(scores, effect_files.SCORES) as write_score,
        effect_files.text_table(genes, effect_files.GENES) as write_gene,
    ):
        for alleles in _groups(vcf.read(table)):
            changes = {allele: change(allele) for allele in alleles if not allele.reason}
            found = variants.effects(trained, sequences, list(changes.values()), placed, spec["distance"])
            effects = dict(zip(changes, found, strict=True))
            for allele in alleles:
                write_score(effect_files.score_rows(allele, effects.get(allele), tracks, pseudo_count))
            for allele, effect in effects.items():
                write_gene(effect_files.gene_rows(allele, effect, tracks, pseudo_count))
                drawn.add(allele, effect.totals.log2_ratio(pseudo_count))
            reasons.update(allele.reason for allele in alleles)
            if reasons.total() % TOLD < len(alleles):
                log.info("%d alternative alleles", reasons.total())
    drawn.write(bedgraphs, name, tracks)
    left_out = ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items()) if reason)
    log.info("%d alternative alleles, %d scored; not scored: %s", reasons.total(), reasons[""], left_out or "none")
    if not reasons[""]:
        log.warning("%s: no alternative allele that can be scored", table)


def _groups(alleles: Iterator[vcf.Allele]) -> Iterator[list[vcf.Allele]]:
    while group := list(islice(alleles, AT_ONCE)):
        yield group


if "snakemake" in globals():
    run(score_variants, snakemake)  # noqa: F821
