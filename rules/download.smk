from workflow_scripts.download.inputs import own_checksum, own_file, require_unchanged, row

require_unchanged(placed(settings.file(name)) for name in settings.named_at())


wildcard_constraints:
    dataset=r"[^/]+(?<!\.provenance\.json)",  # a row of config/datasets.tsv
    own=r"[^/]+-[0-9a-f]{8}",  # a user's own file, called after its name and path


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


rule attest_file:
    input:
        file=own_file(settings),
    output:
        provenance="<results>/provenance/{own}.provenance.json",
    log:
        "<logs>/download/attest_file.{own}.log",
    benchmark:
        "<benchmarks>/download/attest_file.{own}.jsonl"
    localrule: True
    conda:
        "../envs/download.yaml"
    params:
        code=code("download/attest_file"),
        sha256=own_checksum(settings),
    script:
        "../workflow_scripts/download/attest_file.py"
