# What variants of a VCF change on tracks, as a trained run says it.
from workflow_scripts.seq2track.inputs import assembly, models_of_variants


wildcard_constraints:
    variants=r"[A-Za-z0-9_-]+",  # seq2track/variants


rule score_variants:
    input:
        table=resource("seq2track/variants/{variants}/vcf"),
        attested=provenance_of("seq2track/variants/{variants}/vcf"),
        genome="<results>/reference/genome.fa",
        index="<results>/reference/genome.fa.fai",
        seals=["<results>/reference/genome.fa.sha256", "<results>/reference/genome.fa.fai.sha256"],
        chromosomes="<results>/reference/chromosomes.parquet",
        bodies="<results>/reference/gene_bodies.parquet",
        models=models_of_variants(settings, "<results>/seq2track/{run}/{fold}/model"),
    output:
        scores="<results>/seq2track/variants/{variants}/scores.tsv.gz",
        genes="<results>/seq2track/variants/{variants}/genes.tsv.gz",
        bedgraphs=directory("<results>/seq2track/variants/{variants}/bedgraphs"),
    log:
        "<logs>/seq2track/score_variants.{variants}.log",
    benchmark:
        "<benchmarks>/seq2track/score_variants.{variants}.jsonl"
    conda:
        "../envs/seq2track.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=1440,
        gpu=1,
    params:
        spec=spec("seq2track/variants/{variants}", without=["vcf"]),
        code=code("seq2track/score_variants"),
        assembly=assembly(settings),
        name="{variants}",
    script:
        "../workflow_scripts/seq2track/score_variants.py"
