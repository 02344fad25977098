from workflow_scripts.prebulk.inputs import (
    attested_counts,
    counts_file,
    found_samples,
    sample_sheet,
    sample_sheets,
    searched_file,
    searches,
    shards,
    transcripts,
)


wildcard_constraints:
    corpus=r"[A-Za-z0-9_-]+",  # prebulk/corpora
    shard=r"\d{4}\d*",  # counted from 0000 within a corpus
    number=r"\d{4}\d*",  # of a file of counts, from 0000 within a corpus
    size=r"(\.\d+)?",  # of train, where it is not all of it: numbers of bulk/learning_curve/train_samples
    samples=r"\d+",  # the number of such a size


rule prebulk:
    input:
        rules.reference.input,
        branch(
            section("prebulk"),
            then=[
                provenance("prebulk"),
                searches(settings, "<results>/prebulk/searches/{corpus}/{number}.parquet"),
                sample_sheets(settings, "<results>/prebulk/sheets/{corpus}.parquet"),
                shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
                "<results>/prebulk/duplicates.parquet",
                "<results>/prebulk/splits.parquet",
                "<results>/prebulk/standardizer.parquet",
                "<results>/prebulk/samples.parquet",
                "<results>/prebulk/mapping.parquet",
            ],
            otherwise=[],
        ),


rule search_samples:
    input:
        counts=searched_file(settings, settings.file),
        attested=searched_file(settings, settings.provenance_file),
    output:
        found="<results>/prebulk/searches/{corpus}/{number}.parquet",
    log:
        "<logs>/prebulk/search_samples.{corpus}.{number}.log",
    benchmark:
        "<benchmarks>/prebulk/search_samples.{corpus}.{number}.jsonl"
    conda:
        "../envs/prebulk.yaml"
    resources:
        mem_mb=memory(6000),
    params:
        spec=spec("prebulk/corpora/{corpus}/search"),
        code=code("prebulk/search_samples"),
    script:
        "../workflow_scripts/prebulk/search_samples.py"


rule match_samples:
    input:
        counts=resource("prebulk/corpora/{corpus}/counts"),
        sheet=resource("prebulk/corpora/{corpus}/samples"),
        attested=provenance_of("prebulk/corpora/{corpus}/counts", "prebulk/corpora/{corpus}/samples"),
    output:
        matched="<results>/prebulk/sheets/{corpus}.parquet",
    log:
        "<logs>/prebulk/match_samples.{corpus}.log",
    benchmark:
        "<benchmarks>/prebulk/match_samples.{corpus}.jsonl"
    conda:
        "../envs/prebulk.yaml"
    params:
        spec=spec(
            "prebulk/corpora/{corpus}",
            without=[
                "counts",
                "samples",
                "qc",
                "filters",
                "group",
                "label",
                "search",
                "shards_per_file",
                "files_per_shard",
                "predict_only",
            ],
        ),
        code=code("prebulk/match_samples"),
    script:
        "../workflow_scripts/prebulk/match_samples.py"


rule normalize_counts:
    input:
        counts=counts_file(settings, settings.file),
        qc=resource("prebulk/corpora/{corpus}/qc"),
        attested=attested_counts(settings),
        found=found_samples(settings, "<results>/prebulk/searches/{corpus}/{number}.parquet"),
        sheet=sample_sheet(settings, "<results>/prebulk/sheets/{corpus}.parquet"),
        genes="<results>/reference/genes.parquet",
        aliases=branch(
            section("reference/gene_aliases"), then="<results>/reference/gene_aliases.parquet", otherwise=[]
        ),
        transcripts=transcripts(settings, "<results>/reference/transcripts.parquet"),
    output:
        expression="<results>/prebulk/expression/{corpus}/{shard}.h5ad",
        sketch="<results>/prebulk/sketch/{corpus}/{shard}.npz",
        samples="<results>/prebulk/samples/{corpus}/{shard}.parquet",
        mapping="<results>/prebulk/mapping/{corpus}/{shard}.parquet",
    log:
        "<logs>/prebulk/normalize_counts.{corpus}.{shard}.log",
    benchmark:
        "<benchmarks>/prebulk/normalize_counts.{corpus}.{shard}.jsonl"
    conda:
        "../envs/prebulk.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        spec=spec("prebulk/corpora/{corpus}", without=["counts", "samples", "qc"]),
        code=code("prebulk/normalize_counts"),
        corpus="{corpus}",
        shard="{shard}",
    script:
        "../workflow_scripts/prebulk/normalize_counts.py"


rule find_duplicates:
    input:
        sketches=shards(settings, "<results>/prebulk/sketch/{corpus}/{shard}.npz"),
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
    output:
        duplicates="<results>/prebulk/duplicates.parquet",
    log:
        "<logs>/prebulk/find_duplicates.log",
    benchmark:
        "<benchmarks>/prebulk/find_duplicates.jsonl"
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
        samples=shards(settings, "<results>/prebulk/samples/{corpus}/{shard}.parquet"),
        duplicates="<results>/prebulk/duplicates.parquet",
    output:
        splits="<results>/prebulk/splits.parquet",
    log:
        "<logs>/prebulk/split_samples.log",
    benchmark:
        "<benchmarks>/prebulk/split_samples.jsonl"
    conda:
        "../envs/prebulk.yaml"
    params:
        spec=spec("prebulk/splits"),
        code=code("prebulk/split_samples"),
    script:
        "../workflow_scripts/prebulk/split_samples.py"


rule take_train_samples:
    input:
        splits="<results>/prebulk/splits.parquet",
    output:
        fewer="<results>/prebulk/splits.{samples}.parquet",
    log:
        "<logs>/prebulk/take_train_samples.{samples}.log",
    benchmark:
        "<benchmarks>/prebulk/take_train_samples.{samples}.jsonl"
    conda:
        "../envs/prebulk.yaml"
    params:
        spec=spec("bulk/learning_curve", without=["train_samples"]),
        code=code("prebulk/take_train_samples"),
        number="{samples}",
    script:
        "../workflow_scripts/prebulk/take_train_samples.py"


rule fit_standardizer:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="<results>/prebulk/splits{size}.parquet",
    output:
        standardizer="<results>/prebulk/standardizer{size}.parquet",
    log:
        "<logs>/prebulk/fit_standardizer{size}.log",
    benchmark:
        "<benchmarks>/prebulk/fit_standardizer{size}.jsonl"
    conda:
        "../envs/prebulk.yaml"
    resources:
        runtime=120,
    params:
        code=code("prebulk/fit_standardizer"),
    script:
        "../workflow_scripts/prebulk/fit_standardizer.py"


rule summarize_samples:
    input:
        sample_shards=shards(settings, "<results>/prebulk/samples/{corpus}/{shard}.parquet"),
        mapping_shards=shards(settings, "<results>/prebulk/mapping/{corpus}/{shard}.parquet"),
        duplicates="<results>/prebulk/duplicates.parquet",
        splits="<results>/prebulk/splits.parquet",
    output:
        samples="<results>/prebulk/samples.parquet",
        mapping="<results>/prebulk/mapping.parquet",
    log:
        "<logs>/prebulk/summarize_samples.log",
    benchmark:
        "<benchmarks>/prebulk/summarize_samples.jsonl"
    conda:
        "../envs/prebulk.yaml"
    params:
        code=code("prebulk/summarize_samples"),
    script:
        "../workflow_scripts/prebulk/summarize_samples.py"
