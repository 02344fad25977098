# Which bases make models say what they say, where these stand together, and which words they spell.
from workflow_scripts.seq2track.inputs import models_of_attributed, windows_of_attributed


wildcard_constraints:
    attribution=r"[A-Za-z0-9_-]+",  # seq2track/attributions


rule attribute_sequence:
    input:
        genome="<results>/reference/genome.fa",
        index="<results>/reference/genome.fa.fai",
        seals=["<results>/reference/genome.fa.sha256", "<results>/reference/genome.fa.fai.sha256"],
        chromosomes="<results>/reference/chromosomes.parquet",
        windows=windows_of_attributed(settings, "<results>/tracks/{set}/windows.parquet"),
        bodies="<results>/reference/gene_bodies.parquet",
        regions=resource("seq2track/attributions/{attribution}/regions"),
        attested=provenance_of("seq2track/attributions/{attribution}/regions"),
        models=models_of_attributed(settings, "<results>/seq2track/{run}/{fold}/model"),
    output:
        attributions="<results>/seq2track/attributions/{attribution}/attributions.h5",
    log:
        "<logs>/seq2track/attribute_sequence.{attribution}.log",
    benchmark:
        "<benchmarks>/seq2track/attribute_sequence.{attribution}.jsonl"
    conda:
        "../envs/seq2track.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=1440,
        gpu=1,
    params:
        spec=spec("seq2track/attributions/{attribution}", without=["regions", "motifs", "seqlets"]),
        code=code("seq2track/attribute_sequence"),
    script:
        "../workflow_scripts/seq2track/attribute_sequence.py"


rule call_seqlets:
    input:
        attributions="<results>/seq2track/attributions/{attribution}/attributions.h5",
        motifs=resource("seq2track/attributions/{attribution}/motifs"),
        attested=provenance_of("seq2track/attributions/{attribution}/motifs"),
    output:
        seqlets="<results>/seq2track/attributions/{attribution}/seqlets.parquet",
        enrichment="<results>/seq2track/attributions/{attribution}/enrichment.parquet",
        hits="<results>/seq2track/attributions/{attribution}/hits.parquet",
    log:
        "<logs>/seq2track/call_seqlets.{attribution}.log",
    benchmark:
        "<benchmarks>/seq2track/call_seqlets.{attribution}.jsonl"
    conda:
        "../envs/seq2track.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        spec=spec("seq2track/attributions/{attribution}/seqlets"),
        code=code("seq2track/call_seqlets"),
    script:
        "../workflow_scripts/seq2track/call_seqlets.py"
