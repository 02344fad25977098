# What a trained run is to others: gene vectors, an exported model, and what it says of new samples.
from workflow_scripts.bulk.inputs import gene_embedding, taken_trial
from workflow_scripts.prebulk.inputs import corpus_shards, learned_files


rule export_gene_vectors:
    input:
        model="<results>/bulk/{run}/model",
        genes="<results>/reference/genes.parquet",
    output:
        vectors="<results>/bulk/{run}/gene_embedding.h5ad",
    log:
        "<logs>/bulk/export_gene_vectors.{run}.log",
    benchmark:
        "<benchmarks>/bulk/export_gene_vectors.{run}.jsonl"
    conda:
        "../envs/bulk.yaml"
    params:
        code=code("bulk/export_gene_vectors"),
        run="{run}",
    script:
        "../workflow_scripts/bulk/export_gene_vectors.py"


rule fit_conditions:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="<results>/prebulk/splits.parquet",
        model="<results>/bulk/{run}/model",
    output:
        conditions="<results>/bulk/{run}/conditions.npz",
    log:
        "<logs>/bulk/fit_conditions.{run}.log",
    benchmark:
        "<benchmarks>/bulk/fit_conditions.{run}.jsonl"
    conda:
        "../envs/bulk.yaml"
    threads: 2
    resources:
        mem_mb=memory(8000),
        runtime=240,
        gpu=1,
    params:
        code=code("bulk/fit_conditions"),
        run="{run}",
    script:
        "../workflow_scripts/bulk/fit_conditions.py"


rule export_model:
    input:
        model="<results>/bulk/{run}/model",
        probe="<results>/bulk/{run}/probe.npz",
        conditions="<results>/bulk/{run}/conditions.npz",
        genes="<results>/reference/genes.parquet",
        splits="<results>/prebulk/splits.parquet",
        metrics="<results>/bulk/{run}/metrics.parquet",
        comparisons="<results>/bulk/{run}/comparisons.parquet",
        embedding=gene_embedding(settings),
        taken=taken_trial(settings, "<results>/bulk/{run}/settings.json"),
        provenance=provenance(
            "reference/proteome", "reference/gtf", "reference/lengths", "esm2", *learned_files(settings)
        ),
    output:
        export=directory("<results>/bulk/{run}/export"),
    log:
        "<logs>/bulk/export_model.{run}.log",
    benchmark:
        "<benchmarks>/bulk/export_model.{run}.jsonl"
    conda:
        "../envs/bulk.yaml"
    params:
        spec=spec("bulk/runs/{run}", without=["search"]),
        code=code("bulk/export_model"),
        run="{run}",
    script:
        "../workflow_scripts/bulk/export_model.py"


rule predict_samples:
    input:
        expression=corpus_shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        samples=corpus_shards(settings, "<results>/prebulk/samples/{corpus}/{shard}.parquet"),
        model="<results>/bulk/{run}/export",
    output:
        table="<results>/bulk/{run}/predicted/{corpus}/samples.tsv",
        embeddings="<results>/bulk/{run}/predicted/{corpus}/embeddings.h5ad",
        imputation="<results>/bulk/{run}/predicted/{corpus}/imputed.h5ad",
        seals="<results>/bulk/{run}/predicted/{corpus}/samples.tsv.sha256",
    log:
        "<logs>/bulk/predict_samples.{run}.{corpus}.log",
    benchmark:
        "<benchmarks>/bulk/predict_samples.{run}.{corpus}.jsonl"
    conda:
        "../envs/bulk.yaml"
    threads: 2
    resources:
        mem_mb=memory(8000),
        runtime=240,
        gpu=1,
    params:
        code=code("bulk/predict_samples"),
    script:
        "../workflow_scripts/bulk/predict_samples.py"
