rule prebulk:
    input:
        "results/prebulk/genes.parquet",
        branch(
            names("prebulk/corpora"),
            then=[
                "results/prebulk/samples.parquet",
                "results/prebulk/mapping.parquet",
                "results/prebulk/splits.parquet",
                "results/prebulk/standardizer.parquet",
            ],
            otherwise=[],
        ),


rule make_gene_table:
    input:
        proteome=resource("prebulk/gene_table/proteome"),
        gtf=resource("prebulk/gene_table/gtf"),
        lengths=resource("prebulk/gene_table/lengths/file"),
    output:
        genes="results/prebulk/genes.parquet",
        proteins="results/prebulk/proteins.fa",
        choices="results/prebulk/gene_choices.tsv",
    log:
        "results/logs/prebulk/make_gene_table.log",
    benchmark:
        "results/benchmarks/prebulk/make_gene_table.jsonl"
    conda:
        "../envs/prebulk.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        spec=spec("prebulk/gene_table"),
        code=code("prebulk/make_gene_table"),
    script:
        "../workflow_scripts/prebulk/make_gene_table.py"


rule normalize_counts:
    input:
        counts=counts_file,
        genes="results/prebulk/genes.parquet",
    output:
        expression="results/prebulk/expression/{corpus}/{shard}.h5ad",
        sketch="results/prebulk/sketch/{corpus}/{shard}.npz",
        samples="results/prebulk/samples/{corpus}/{shard}.parquet",
        mapping="results/prebulk/mapping/{corpus}/{shard}.parquet",
    log:
        "results/logs/prebulk/normalize_counts.{corpus}.{shard}.log",
    benchmark:
        "results/benchmarks/prebulk/normalize_counts.{corpus}.{shard}.jsonl"
    conda:
        "../envs/prebulk.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        spec=spec("prebulk/corpora/{corpus}", without="counts"),
        code=code("prebulk/normalize_counts"),
        corpus="{corpus}",
        shard="{shard}",
    script:
        "../workflow_scripts/prebulk/normalize_counts.py"


rule find_duplicates:
    input:
        sketches=shards("results/prebulk/sketch/{corpus}/{shard}.npz"),
        expression=shards("results/prebulk/expression/{corpus}/{shard}.h5ad"),
    output:
        duplicates="results/prebulk/duplicates.parquet",
    log:
        "results/logs/prebulk/find_duplicates.log",
    benchmark:
        "results/benchmarks/prebulk/find_duplicates.jsonl"
    conda:
        "../envs/prebulk.yaml"
    threads: 2
    resources:
        mem_mb=memory(8000),
        runtime=120,
    params:
        spec=spec("prebulk/duplicates"),
        code=code("prebulk/find_duplicates"),
    script:
        "../workflow_scripts/prebulk/find_duplicates.py"


rule split_samples:
    input:
        samples=shards("results/prebulk/samples/{corpus}/{shard}.parquet"),
        duplicates="results/prebulk/duplicates.parquet",
    output:
        splits="results/prebulk/splits.parquet",
    log:
        "results/logs/prebulk/split_samples.log",
    benchmark:
        "results/benchmarks/prebulk/split_samples.jsonl"
    conda:
        "../envs/prebulk.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        spec=spec("prebulk/splits"),
        code=code("prebulk/split_samples"),
    script:
        "../workflow_scripts/prebulk/split_samples.py"


rule fit_standardizer:
    input:
        expression=shards("results/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="results/prebulk/splits.parquet",
    output:
        standardizer="results/prebulk/standardizer.parquet",
    log:
        "results/logs/prebulk/fit_standardizer.log",
    benchmark:
        "results/benchmarks/prebulk/fit_standardizer.jsonl"
    conda:
        "../envs/prebulk.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=120,
    params:
        code=code("prebulk/fit_standardizer"),
    script:
        "../workflow_scripts/prebulk/fit_standardizer.py"


rule summarize_samples:
    input:
        sample_shards=shards("results/prebulk/samples/{corpus}/{shard}.parquet"),
        mapping_shards=shards("results/prebulk/mapping/{corpus}/{shard}.parquet"),
        duplicates="results/prebulk/duplicates.parquet",
        splits="results/prebulk/splits.parquet",
    output:
        samples="results/prebulk/samples.parquet",
        mapping="results/prebulk/mapping.parquet",
    log:
        "results/logs/prebulk/summarize_samples.log",
    benchmark:
        "results/benchmarks/prebulk/summarize_samples.jsonl"
    conda:
        "../envs/prebulk.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        code=code("prebulk/summarize_samples"),
    script:
        "../workflow_scripts/prebulk/summarize_samples.py"
