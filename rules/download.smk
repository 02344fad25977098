from workflow_scripts.download.inputs import row


wildcard_constraints:
    dataset=r"[^/]+(?<!\.provenance\.json)",  # a row of config/datasets.tsv


rule download:
    input:
        provenance(),


rule fetch_dataset:
    input:
        mirror=mirror(settings),
    output:
        file="<resources>/{dataset}",
        provenance="<resources>/{dataset}.provenance.json",
    log:
        "<logs>/download/fetch_dataset.{dataset}.log",
    benchmark:
        "<benchmarks>/download/fetch_dataset.{dataset}.jsonl"
    localrule: True
    conda:
        "../envs/download.yaml"
    resources:
        mem_mb=memory(1000),
        runtime=600,
    params:
        spec=spec("download"),
        policy=policy("download"),
        code=code("download/fetch_dataset"),
        row=row(settings),
    script:
        "../workflow_scripts/download/fetch_dataset.py"
