# What the models of a run say of regions that a user names.


wildcard_constraints:
    regions=r"[A-Za-z0-9_-]+",  # seq2track/regions


rule predict_regions:
    input:
        genome="<results>/reference/genome.fa",
        index="<results>/reference/genome.fa.fai",
        seals=["<results>/reference/genome.fa.sha256", "<results>/reference/genome.fa.fai.sha256"],
        chromosomes="<results>/reference/chromosomes.parquet",
        regions=resource("seq2track/regions/{regions}/bed"),
        attested=provenance_of("seq2track/regions/{regions}/bed"),
        models=of_folds(settings, "<results>/seq2track/{run}/{fold}/model"),
    output:
        windows="<results>/seq2track/{run}/regions/{regions}/windows.parquet",
        predicted="<results>/seq2track/{run}/regions/{regions}/predicted.h5",
    log:
        "<logs>/seq2track/predict_regions.{run}.{regions}.log",
    benchmark:
        "<benchmarks>/seq2track/predict_regions.{run}.{regions}.jsonl"
    conda:
        "../envs/seq2track.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=240,
        gpu=1,
    params:
        code=code("seq2track/predict_regions"),
        run="{run}",
    script:
        "../workflow_scripts/seq2track/predict_regions.py"
