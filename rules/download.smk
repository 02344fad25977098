rule download:
    input:
        provenance,


rule fetch_dataset:
    input:
        mirror=mirror,
    output:
        file="resources/{dataset}",
        provenance="resources/{dataset}.provenance.json",
    log:
        "results/logs/download/fetch_dataset.{dataset}.log",
    benchmark:
        "results/benchmarks/download/fetch_dataset.{dataset}.jsonl"
    localrule: True
    conda:
        "../envs/download.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=600,
    params:
        spec=spec("download"),
        code=code("download/fetch_dataset"),
        row=row,
    script:
        "../workflow_scripts/download/fetch_dataset.py"
