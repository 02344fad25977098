# Networks of which some levels are taken out: what imputation makes of these.


rule hide_levels:
    input:
        complete="<results>/circuit/{complete}/experiments.h5ad",
    output:
        experiments="<results>/circuit/{complete}+{percent}/experiments.h5ad",
    log:
        "<logs>/circuit/hide_levels.{complete}+{percent}.log",
    benchmark:
        "<benchmarks>/circuit/hide_levels.{complete}+{percent}.jsonl"
    conda:
        "../envs/circuit.yaml"
    params:
        spec=spec("circuit/missing", without=["networks", "percents"]),
        code=code("circuit/hide_levels"),
        percent="{percent}",
    script:
        "../workflow_scripts/circuit/hide_levels.py"


rule score_imputed_levels:
    input:
        complete="<results>/circuit/{complete}/experiments.h5ad",
        experiments="<results>/circuit/{complete}+{percent}/experiments.h5ad",
    output:
        metrics="<results>/circuit/{complete}+{percent}/imputed.parquet",
    log:
        "<logs>/circuit/score_imputed_levels.{complete}+{percent}.log",
    benchmark:
        "<benchmarks>/circuit/score_imputed_levels.{complete}+{percent}.jsonl"
    conda:
        "../envs/circuit.yaml"
    params:
        spec=spec("circuit/evaluation", without=["edges_per_gene"]),
        code=code("circuit/score_imputed_levels"),
        network="{complete}+{percent}",
    script:
        "../workflow_scripts/circuit/score_imputed_levels.py"
