# A run that is searched: several trainings, each a trial, of which the best on validation is the run.
from workflow_scripts.bulk.inputs import (
    all_trials,
    cores,
    devices,
    earlier_trials,
    gene_embedding,
    nodes,
)
from workflow_scripts.bulk.inputs import searched, suggestion
from workflow_scripts.prebulk.inputs import shards


wildcard_constraints:
    trial=r"\d{3}",


rule suggest_trial:
    input:
        earlier=earlier_trials(settings, "<results>/bulk/{run}{size}/trials/{trial}/settings.json"),
        selections=earlier_trials(settings, "<results>/bulk/{run}{size}/trials/{trial}/selection.tsv"),
        separations=earlier_trials(settings, "<results>/bulk/{run}{size}/trials/{trial}/separation.tsv"),
        seals=earlier_trials(
            settings,
            "<results>/bulk/{run}{size}/trials/{trial}/selection.tsv.sha256",
            "<results>/bulk/{run}{size}/trials/{trial}/separation.tsv.sha256",
        ),
    output:
        settings="<results>/bulk/{run}{size}/trials/{trial}/settings.json",
    log:
        "<logs>/bulk/suggest_trial.{run}{size}.{trial}.log",
    benchmark:
        "<benchmarks>/bulk/suggest_trial.{run}{size}.{trial}.jsonl"
    wildcard_constraints:
        run=any_of(searched(settings)),
    conda:
        "../envs/bulk.yaml"
    params:
        spec=suggestion(settings),
        code=code("bulk/suggest_trial"),
        trial="{trial}",
    script:
        "../workflow_scripts/bulk/suggest_trial.py"


rule train_trial:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        splits="<results>/prebulk/splits{size}.parquet",
        standardizer="<results>/prebulk/standardizer{size}.parquet",
        embedding=gene_embedding(settings),
        settings="<results>/bulk/{run}{size}/trials/{trial}/settings.json",
    output:
        model=directory("<results>/bulk/{run}{size}/trials/{trial}/model"),
        history="<results>/bulk/{run}{size}/trials/{trial}/history.tsv",
        selection="<results>/bulk/{run}{size}/trials/{trial}/selection.tsv",
        separation="<results>/bulk/{run}{size}/trials/{trial}/separation.tsv",
        seals=[
            "<results>/bulk/{run}{size}/trials/{trial}/history.tsv.sha256",
            "<results>/bulk/{run}{size}/trials/{trial}/selection.tsv.sha256",
            "<results>/bulk/{run}{size}/trials/{trial}/separation.tsv.sha256",
        ],
    log:
        "<logs>/bulk/train_trial.{run}{size}.{trial}.log",
    benchmark:
        "<benchmarks>/bulk/train_trial.{run}{size}.{trial}.jsonl"
    wildcard_constraints:
        run=any_of(searched(settings)),
    conda:
        "../envs/bulk.yaml"
    threads: cores(settings, each=2)
    resources:
        mem_mb=memory(8000),
        runtime=1440,
        gpu=devices(settings),
        nodes=nodes(settings),
    params:
        spec=spec("bulk/runs/{run}", without=["embedding", "search"]),
        policy=policy("bulk/runs/{run}/training"),
        code=code("bulk/train_trial"),
    script:
        "../workflow_scripts/bulk/train_trial.py"


rule take_trial:
    input:
        suggested=all_trials(settings, "<results>/bulk/{run}{size}/trials/{trial}/settings.json"),
        models=all_trials(settings, "<results>/bulk/{run}{size}/trials/{trial}/model"),
        histories=all_trials(settings, "<results>/bulk/{run}{size}/trials/{trial}/history.tsv"),
        selections=all_trials(settings, "<results>/bulk/{run}{size}/trials/{trial}/selection.tsv"),
        separations=all_trials(settings, "<results>/bulk/{run}{size}/trials/{trial}/separation.tsv"),
        seals=all_trials(
            settings,
            "<results>/bulk/{run}{size}/trials/{trial}/history.tsv.sha256",
            "<results>/bulk/{run}{size}/trials/{trial}/selection.tsv.sha256",
            "<results>/bulk/{run}{size}/trials/{trial}/separation.tsv.sha256",
        ),
    output:
        model=directory("<results>/bulk/{run}{size}/model"),
        history="<results>/bulk/{run}{size}/history.tsv",
        selection="<results>/bulk/{run}{size}/selection.tsv",
        separation="<results>/bulk/{run}{size}/separation.tsv",
        settings="<results>/bulk/{run}{size}/settings.json",
        table="<results>/bulk/{run}{size}/trials.tsv",
        seals=[
            "<results>/bulk/{run}{size}/history.tsv.sha256",
            "<results>/bulk/{run}{size}/selection.tsv.sha256",
            "<results>/bulk/{run}{size}/separation.tsv.sha256",
            "<results>/bulk/{run}{size}/trials.tsv.sha256",
        ],
    log:
        "<logs>/bulk/take_trial.{run}{size}.log",
    benchmark:
        "<benchmarks>/bulk/take_trial.{run}{size}.jsonl"
    wildcard_constraints:
        run=any_of(searched(settings)),
    conda:
        "../envs/bulk.yaml"
    params:
        spec=spec("bulk/runs/{run}/search", without=["method", "trials", "at_once", "seed", "space"]),
        code=code("bulk/take_trial"),
    script:
        "../workflow_scripts/bulk/take_trial.py"
