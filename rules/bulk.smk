from workflow_scripts.bulk.inputs import cores, devices, fewer, gene_embedding, nodes
from workflow_scripts.bulk.inputs import scores, searched, unsearched, with_gene_vectors
from workflow_scripts.prebulk.inputs import predicted, shards


wildcard_constraints:
    run=r"(?!baselines[./])[A-Za-z0-9_+-]+",  # bulk/runs, the variants of ablations, bulk/peers
    peer=any_of(names("bulk/peers")),


rule bulk:
    input:
        rules.prebulk.input,
        rules.esm2.input,
        branch(
            section("bulk/runs"),
            then=[
                "<results>/bulk/baselines/imputation.parquet",
                "<results>/bulk/baselines/classification.parquet",
                "<results>/bulk/baselines/representation.parquet",
                "<results>/bulk/baselines/embeddings.h5ad",
            ],
            otherwise=[],
        ),
        collect(
            "<results>/bulk/{run}/{file}",
            run=names("bulk/runs"),
            file=[
                "history.tsv",
                "selection.tsv",
                "separation.tsv",
                "embeddings.h5ad",
                "imputation.parquet",
                "classification.parquet",
                "representation.parquet",
                "metrics.parquet",
                "conditions.npz",
                "export",
            ],
        ),
        collect("<results>/bulk/{run}/trials.tsv", run=searched(settings)),
        collect(
            "<results>/bulk/{peer}/{file}",
            peer=names("bulk/peers"),
            file=["embeddings.h5ad", "metrics.parquet"],
        ),
        collect("<results>/bulk/{run}/gene_embedding.h5ad", run=with_gene_vectors(settings)),
        collect(
            "<results>/bulk/{run}/predicted/{corpus}/samples.tsv",
            run=names("bulk/runs"),
            corpus=predicted(settings),
        ),
        collect("<results>/bulk/{run}{size}/metrics.parquet", run=names("bulk/runs"), size=fewer(settings)),


rule train_bulk:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="<results>/prebulk/splits{size}.parquet",
        standardizer="<results>/prebulk/standardizer{size}.parquet",
        embedding=gene_embedding(settings),
    output:
        model=directory("<results>/bulk/{run}{size}/model"),
        history="<results>/bulk/{run}{size}/history.tsv",
        selection="<results>/bulk/{run}{size}/selection.tsv",
        separation="<results>/bulk/{run}{size}/separation.tsv",
        seals=[
            "<results>/bulk/{run}{size}/history.tsv.sha256",
            "<results>/bulk/{run}{size}/selection.tsv.sha256",
            "<results>/bulk/{run}{size}/separation.tsv.sha256",
        ],
    log:
        "<logs>/bulk/train_bulk.{run}{size}.log",
    benchmark:
        "<benchmarks>/bulk/train_bulk.{run}{size}.jsonl"
    wildcard_constraints:
        run=any_of(unsearched(settings)),
    conda:
        "../envs/bulk.yaml"
    threads: cores(settings, each=2)
    resources:
        mem_mb=memory(8000),
        runtime=1440,
        gpu=devices(settings),
        nodes=nodes(settings),
    params:
        spec=spec("bulk/runs/{run}", without=["embedding"]),
        policy=policy("bulk/runs/{run}/training"),
        code=code("bulk/train_bulk"),
    script:
        "../workflow_scripts/bulk/train_bulk.py"


rule embed_samples:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="<results>/prebulk/splits{size}.parquet",
        model="<results>/bulk/{run}{size}/model",
    output:
        embeddings="<results>/bulk/{run}{size}/embeddings.h5ad",
    log:
        "<logs>/bulk/embed_samples.{run}{size}.log",
    benchmark:
        "<benchmarks>/bulk/embed_samples.{run}{size}.jsonl"
    conda:
        "../envs/bulk.yaml"
    threads: 2
    resources:
        mem_mb=memory(8000),
        runtime=240,
        gpu=1,
    params:
        code=code("bulk/embed_samples"),
        run="{run}",
    script:
        "../workflow_scripts/bulk/embed_samples.py"


ruleorder: adopt_embedding > embed_samples


rule adopt_embedding:
    input:
        table=resource("bulk/peers/{peer}/embeddings"),
        attested=provenance_of("bulk/peers/{peer}/embeddings"),
        splits="<results>/prebulk/splits.parquet",
    output:
        embeddings="<results>/bulk/{peer}/embeddings.h5ad",
    log:
        "<logs>/bulk/adopt_embedding.{peer}.log",
    benchmark:
        "<benchmarks>/bulk/adopt_embedding.{peer}.jsonl"
    conda:
        "../envs/bulk.yaml"
    params:
        code=code("bulk/adopt_embedding"),
        peer="{peer}",
    script:
        "../workflow_scripts/bulk/adopt_embedding.py"


rule score_imputation:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="<results>/prebulk/splits{size}.parquet",
        standardizer="<results>/prebulk/standardizer{size}.parquet",
        model="<results>/bulk/{run}{size}/model",
    output:
        scores="<results>/bulk/{run}{size}/imputation.parquet",
    log:
        "<logs>/bulk/score_imputation.{run}{size}.log",
    benchmark:
        "<benchmarks>/bulk/score_imputation.{run}{size}.jsonl"
    conda:
        "../envs/bulk.yaml"
    threads: 2
    resources:
        mem_mb=memory(8000),
        runtime=240,
        gpu=1,
    params:
        spec=spec("bulk/imputation"),
        code=code("bulk/score_imputation"),
        run="{run}",
    script:
        "../workflow_scripts/bulk/score_imputation.py"


rule impute_baselines:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="<results>/prebulk/splits{size}.parquet",
        standardizer="<results>/prebulk/standardizer{size}.parquet",
    output:
        scores="<results>/bulk/baselines{size}/imputation.parquet",
    log:
        "<logs>/bulk/impute_baselines{size}.log",
    benchmark:
        "<benchmarks>/bulk/impute_baselines{size}.jsonl"
    conda:
        "../envs/bulk.yaml"
    threads: 2
    resources:
        mem_mb=memory(16000),
        runtime=1440,
    params:
        spec=spec("bulk/imputation"),
        code=code("bulk/impute_baselines"),
    script:
        "../workflow_scripts/bulk/impute_baselines.py"


rule classify_baselines:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="<results>/prebulk/splits{size}.parquet",
        standardizer="<results>/prebulk/standardizer{size}.parquet",
    output:
        scores="<results>/bulk/baselines{size}/classification.parquet",
        predictions="<results>/bulk/baselines{size}/predictions.parquet",
    log:
        "<logs>/bulk/classify_baselines{size}.log",
    benchmark:
        "<benchmarks>/bulk/classify_baselines{size}.jsonl"
    conda:
        "../envs/bulk.yaml"
    threads: 2
    resources:
        mem_mb=memory(16000),
        runtime=240,
    params:
        spec=spec("bulk/classification"),
        code=code("bulk/classify_baselines"),
    script:
        "../workflow_scripts/bulk/classify_baselines.py"


rule embed_baseline:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="<results>/prebulk/splits.parquet",
        standardizer="<results>/prebulk/standardizer.parquet",
    output:
        embeddings="<results>/bulk/baselines/embeddings.h5ad",
    log:
        "<logs>/bulk/embed_baseline.log",
    benchmark:
        "<benchmarks>/bulk/embed_baseline.jsonl"
    conda:
        "../envs/bulk.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=120,
    params:
        code=code("bulk/embed_baseline"),
    script:
        "../workflow_scripts/bulk/embed_baseline.py"


rule classify_samples:
    input:
        embeddings="<results>/bulk/{run}{size}/embeddings.h5ad",
    output:
        scores="<results>/bulk/{run}{size}/classification.parquet",
        predictions="<results>/bulk/{run}{size}/predictions.parquet",
        probe="<results>/bulk/{run}{size}/probe.npz",
    log:
        "<logs>/bulk/classify_samples.{run}{size}.log",
    benchmark:
        "<benchmarks>/bulk/classify_samples.{run}{size}.jsonl"
    conda:
        "../envs/bulk.yaml"
    resources:
        runtime=120,
    params:
        spec=spec("bulk/classification"),
        code=code("bulk/classify_samples"),
    script:
        "../workflow_scripts/bulk/classify_samples.py"


rule score_embedding:
    input:
        embeddings="<results>/bulk/{run}{size}/embeddings.h5ad",
        clinical=resource("bulk/survival/tables"),
        attested=provenance_of("bulk/survival"),
    output:
        scores="<results>/bulk/{run}{size}/representation.parquet",
    log:
        "<logs>/bulk/score_embedding.{run}{size}.log",
    benchmark:
        "<benchmarks>/bulk/score_embedding.{run}{size}.jsonl"
    conda:
        "../envs/bulk.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        spec=spec("bulk/representation"),
        survival=spec("bulk/survival", without=["tables"]),
        code=code("bulk/score_embedding"),
    script:
        "../workflow_scripts/bulk/score_embedding.py"


rule score_representations:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="<results>/prebulk/splits{size}.parquet",
        standardizer="<results>/prebulk/standardizer{size}.parquet",
        clinical=resource("bulk/survival/tables"),
        attested=provenance_of("bulk/survival"),
    output:
        scores="<results>/bulk/baselines{size}/representation.parquet",
    log:
        "<logs>/bulk/score_representations{size}.log",
    benchmark:
        "<benchmarks>/bulk/score_representations{size}.jsonl"
    conda:
        "../envs/bulk.yaml"
    resources:
        mem_mb=memory(16000),
        runtime=240,
    params:
        spec=spec("bulk/representation"),
        survival=spec("bulk/survival", without=["tables"]),
        code=code("bulk/score_representations"),
    script:
        "../workflow_scripts/bulk/score_representations.py"


rule collect_metrics:
    input:
        own=scores(settings),
        baselines=collect(
            "<results>/bulk/baselines{{size}}/{task}.parquet",
            task=["imputation", "classification", "representation"],
        ),
    output:
        metrics="<results>/bulk/{run}{size}/metrics.parquet",
        comparisons="<results>/bulk/{run}{size}/comparisons.parquet",
    log:
        "<logs>/bulk/collect_metrics.{run}{size}.log",
    benchmark:
        "<benchmarks>/bulk/collect_metrics.{run}{size}.jsonl"
    conda:
        "../envs/bulk.yaml"
    params:
        code=code("bulk/collect_metrics"),
    script:
        "../workflow_scripts/bulk/collect_metrics.py"


include: "bulk.search.smk"
include: "bulk.use.smk"
