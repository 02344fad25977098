"""A small organism with known truth, laid out as a mirror of the public sources."""

from workflow_scripts.rule import run

import logging
import shutil
from pathlib import Path

import numpy as np

from workflow_scripts.io.files import replacing
from workflow_scripts.simulate import (
    annotation,
    archs4,
    expression,
    layout,
    network,
    promoter_variants,
    proteins,
    starts,
    tracks,
    xena,
)
from workflow_scripts.simulate import genome as genomes
from workflow_scripts.simulate.genes import make_genes
from workflow_scripts.simulate.streams import streams


def simulate_mirror(*, weights: Path, mirror: Path, truth: Path, spec: dict) -> None:
    """Write the mirror (see `layout.py`) and the tables of the planted truth; the same `spec`, the same bytes.

    The tables of the truth are those of `contracts/truth`. Raises BadInput
    where there are more transcription factors than half of the genes.
    """
    amounts = spec["expression"]
    count, factors = spec["genome"]["genes"], amounts["transcription_factors"]
    generator = streams(spec["seed"])
    genes = make_genes(generator("genes"), count, factors)
    bases = genomes.place_genes(generator("genome"), genes, spec["genome"]["chromosomes"])
    regulation, kinds = amounts["regulation"], expression.kinds_of_cells(amounts)
    edges = network.make_network(generator("network"), count, factors, regulation["hill"])
    edges = network.paired(generator("pairs"), edges, regulation["pairs"])
    edges = network.gated(generator("gates"), edges, kinds, regulation)
    motifs = genomes.make_motifs(generator("motifs"), factors)
    genomes.plant_motifs(generator("promoters"), bases, genes, motifs, edges.sources, edges.targets)
    planted = starts.plant_elements(generator("starts"), bases, genes)
    decoys = starts.plant_decoys(generator("decoys"), bases, genes, spec["tracks"]["decoys"] * len(genes))

    projects = list(expression.PROJECTS)[: amounts["cohorts"]]
    model = expression.make_model(generator, genes, edges, amounts)
    plates = [model.batch(generator(f"plate {number}")) for number in range(xena.PLATES)]
    cohorts = [
        xena.make_cohort(generator(project), model, project, plates, amounts["samples_per_cohort"])
        for project in projects
    ]
    twin = (expression.PROJECTS[projects[0]], cohorts[0].samples[0].sample_id, cohorts[0].drawn[0])
    corpus = archs4.make_corpus(generator("corpus"), model, amounts["tissues"], amounts["samples_per_tissue"], twin)
    again = {"fate": "duplicate", "duplicate_of": corpus.samples[-1].sample_id}  # `archs4` goes before `tcga`
    cohorts[0].samples[0] = cohorts[0].samples[0]._replace(**again)
    shares = np.array([spec["tracks"]["density_share"], spec["tracks"]["pausing_share"]])
    sds = np.sqrt(shares) * (tracks.DENSITY_SD, tracks.INDEX[1])
    promoters = starts.read_promoters(bases, genes, planted, sds)
    effects = promoters.effects(promoters.codes)
    polymerase = tracks.make_polymerase(generator("polymerase"), genes, effects, spec["tracks"])
    changed = spec["tracks"]["variants"]
    variants = promoter_variants.make_variants(generator("variants"), bases, genes, promoters, changed)

    with replacing(mirror) as place, replacing(truth) as told:
        described = {}

        def add(address: str, what: str, facts: str = "") -> Path:
            described[address] = (what, facts)
            return place / address

        total = sum(len(sequence) for sequence in bases.values())
        genomes.write_genome(
            generator("repeats"),
            bases,
            add(layout.GENOME, "genome, soft-masked", f"{len(bases)} chromosomes, {total} bp"),
        )
        annotation.write_annotation(genes, add(layout.ANNOTATION, "gene annotation", f"{len(genes)} genes"))
        proteins.write_proteome(genes, add(layout.PROTEOME, "proteome", f"{count} protein-coding genes"))
        archs4.write_corpus(
            corpus,
            model,
            genes,
            generator("rows"),
            add(
                layout.ARCHS4,
                "bulk RNA-seq counts in the ARCHS4 v2 layout",
                f"{len(model.gene_ids)} genes x {len(corpus.samples)} samples",
            ),
        )
        absent = xena.absent_genes(model, factors)
        for cohort in cohorts:
            file = add(
                layout.COHORT.format(project=cohort.project),
                "log2(count+1) in the layout of the UCSC Xena GDC hub",
                f"{len(cohort.samples)} samples; {len(absent)} protein-coding genes not measured",
            )
            xena.write_cohort(generator(f"{cohort.project} rows"), cohort, model, genes, absent, file)
        preference = tracks.base_preference(bases, spec["tracks"]["base_preference"])
        for assay in tracks.ASSAYS:
            signs = "positive" if assay.minus_sign > 0 else "negative"
            plus, minus = (
                add(
                    layout.TRACK.format(assay=assay.name, strand=strand),
                    f"{assay.name} reads at single bases, {strand} strand",
                    f"chromosomes named {assay.chromosome_prefix}1, ...; values of the minus strand {signs}",
                )
                for strand in ("plus", "minus")
            )
            signal = tracks.expected_signal(genes, polymerase[assay.name], preference)
            tracks.write_tracks(generator(assay.name), signal, assay, plus, minus)
        file = add(layout.VARIANTS, "single-base variants of promoters, VCF 4.2", f"{len(variants)} variants")
        promoter_variants.write_vcf(variants, {chrom: len(sequence) for chrom, sequence in bases.items()}, file)
        copy = add(layout.WEIGHTS, "ESM-2 checkpoint with random weights", "not the weights of esm2_t6_8M_UR50D")
        copy.parent.mkdir(parents=True)
        shutil.copyfile(weights, copy)
        layout.write_manifest(place, described)

        annotation.write_truth(genes, told)
        samples = corpus.samples + [sample for cohort in cohorts for sample in cohort.samples]
        states = corpus.states | {
            sample.sample_id: drawn.states
            for cohort in cohorts
            for sample, drawn in zip(cohort.samples, cohort.drawn, strict=True)
        }
        expression.write_truth(model, samples, states, told)
        network.write_truth(edges, motifs, genes, told)
        tracks.write_truth(genes, polymerase, told)
        starts.write_truth(genes, promoters, decoys, told)
        promoter_variants.write_truth(variants, genes, polymerase, told)
    fates = [sample.fate for sample in samples]
    counted = ", ".join(f"{fates.count(fate)} {fate}" for fate in sorted(set(fates)))
    logging.info("%d genes on %d bp; samples: %s", len(genes), total, counted)


if "snakemake" in globals():
    run(simulate_mirror, snakemake)  # noqa: F821
