# Which element regulates which gene: pairs that were tested, models of them, and how well these do.


wildcard_constraints:
    pairs=r"[A-Za-z0-9_-]+",  # circuit/enhancers


rule prepare_pairs:
    input:
        table=resource("circuit/enhancers/{pairs}/table"),
        attested=provenance_of("circuit/enhancers/{pairs}/table"),
    output:
        pairs="<results>/circuit/enhancers/{pairs}/pairs.parquet",
    log:
        "<logs>/circuit/prepare_pairs.{pairs}.log",
    benchmark:
        "<benchmarks>/circuit/prepare_pairs.{pairs}.jsonl"
    conda:
        "../envs/circuit.yaml"
    params:
        spec=spec("circuit/enhancers/{pairs}", without=["table", "fit", "scores"]),
        code=code("circuit/prepare_pairs"),
    script:
        "../workflow_scripts/circuit/prepare_pairs.py"


rule link_enhancers:
    input:
        pairs="<results>/circuit/enhancers/{pairs}/pairs.parquet",
    output:
        links=directory("<results>/circuit/enhancers/{pairs}/links"),
    log:
        "<logs>/circuit/link_enhancers.{pairs}.log",
    benchmark:
        "<benchmarks>/circuit/link_enhancers.{pairs}.jsonl"
    conda:
        "../envs/circuit.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=480,
    params:
        spec=spec("circuit/enhancers/{pairs}/fit"),
        code=code("circuit/link_enhancers"),
    script:
        "../workflow_scripts/circuit/link_enhancers.py"


rule score_links:
    input:
        pairs="<results>/circuit/enhancers/{pairs}/pairs.parquet",
        links="<results>/circuit/enhancers/{pairs}/links",
    output:
        metrics="<results>/circuit/enhancers/{pairs}/metrics.parquet",
        comparisons="<results>/circuit/enhancers/{pairs}/comparisons.parquet",
    log:
        "<logs>/circuit/score_links.{pairs}.log",
    benchmark:
        "<benchmarks>/circuit/score_links.{pairs}.jsonl"
    conda:
        "../envs/circuit.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        spec=spec("circuit/enhancers/{pairs}/scores"),
        code=code("circuit/score_links"),
        dataset="{pairs}",
    script:
        "../workflow_scripts/circuit/score_links.py"
