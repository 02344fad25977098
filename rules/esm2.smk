wildcard_constraints:
    model=r"[A-Za-z0-9_.-]+",  # esm2/models


rule esm2:
    input:
        rules.reference.input,
        provenance("esm2"),
        collect("<results>/esm2/{model}.h5ad", model=names("esm2/models")),


rule embed_proteins:
    input:
        genes="<results>/reference/genes.parquet",
        proteins="<results>/reference/proteins.fa",
        seals="<results>/reference/proteins.fa.sha256",
        weights=resource("esm2/models/{model}/weights"),
        provenance=provenance_of("esm2/models/{model}/weights"),
    output:
        embedding="<results>/esm2/{model}.h5ad",
    log:
        "<logs>/esm2/embed_proteins.{model}.log",
    benchmark:
        "<benchmarks>/esm2/embed_proteins.{model}.jsonl"
    conda:
        "../envs/esm2.yaml"
    threads: 2
    resources:
        mem_mb=memory(8000),
        runtime=240,
        gpu=1,
    params:
        spec=spec("esm2/models/{model}", without=["weights", "licence"]),
        policy=policy("esm2/models/{model}"),
        code=code("esm2/embed_proteins"),
    script:
        "../workflow_scripts/esm2/embed_proteins.py"
