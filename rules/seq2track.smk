# From DNA sequence to stranded tracks: models, baselines, and how well both say what they have not seen.
from workflow_scripts.seq2track.inputs import (
    all_attributed,
    all_predicted,
    each_predicted_track,
    each_region_track,
)
from workflow_scripts.seq2track.inputs import kinds_of_values, of_folds, of_set, predicted_hubs
from workflow_scripts.seq2track.inputs import track_cores, track_devices, track_nodes


wildcard_constraints:
    fold=r"\d+",  # of the targets of a set


rule seq2track:
    input:
        rules.tracks.input,
        all_predicted(settings, "<results>/seq2track/{run}/{fold}/history.tsv"),
        all_predicted(settings, "<results>/seq2track/{run}/{fold}/predicted.h5"),
        all_predicted(settings, "<results>/seq2track/baselines/{set}/{fold}.h5"),
        collect("<results>/seq2track/{run}/metrics.parquet", run=names("seq2track/runs")),
        each_predicted_track(settings, "<results>/seq2track/{run}/bigwig/{track}.plus.bw"),
        predicted_hubs(settings, "<results>/seq2track/{run}/hub/hub.txt"),
        each_region_track(settings, "<results>/seq2track/{run}/regions/{regions}/{track}.plus.bw"),
        collect(
            "<results>/seq2track/variants/{variants}/{file}",
            variants=names("seq2track/variants"),
            file=["scores.tsv.gz", "genes.tsv.gz", "bedgraphs"],
        ),
        all_attributed(settings, "attributions.h5", "seqlets.parquet", "enrichment.parquet", "hits.parquet"),
        collect(
            "<results>/seq2track/{run}/{use}.tsv",
            run=names("seq2track/runs"),
            use=["starts", "region_classes"],
        ),


rule train_seq2track:
    input:
        genome="<results>/reference/genome.fa",
        index="<results>/reference/genome.fa.fai",
        seals=["<results>/reference/genome.fa.sha256", "<results>/reference/genome.fa.fai.sha256"],
        windows=of_set(settings, "<results>/tracks/{set}/windows.parquet"),
        targets=of_set(settings, "<results>/tracks/{set}/targets.h5"),
    output:
        model=directory("<results>/seq2track/{run}/{fold}/model"),
        history="<results>/seq2track/{run}/{fold}/history.tsv",
        seals="<results>/seq2track/{run}/{fold}/history.tsv.sha256",
    log:
        "<logs>/seq2track/train_seq2track.{run}.{fold}.log",
    benchmark:
        "<benchmarks>/seq2track/train_seq2track.{run}.{fold}.jsonl"
    conda:
        "../envs/seq2track.yaml"
    threads: track_cores(settings, each=2)
    resources:
        mem_mb=memory(8000),
        runtime=1440,
        gpu=track_devices(settings),
        nodes=track_nodes(settings),
    params:
        spec=spec("seq2track/runs/{run}", without=["test_folds"]),
        policy=policy("seq2track/runs/{run}/training"),
        code=code("seq2track/train_seq2track"),
        fold="{fold}",
    script:
        "../workflow_scripts/seq2track/train_seq2track.py"


rule predict_tracks:
    input:
        genome="<results>/reference/genome.fa",
        index="<results>/reference/genome.fa.fai",
        seals=["<results>/reference/genome.fa.sha256", "<results>/reference/genome.fa.fai.sha256"],
        windows=of_set(settings, "<results>/tracks/{set}/windows.parquet"),
        targets=of_set(settings, "<results>/tracks/{set}/targets.h5"),
        model="<results>/seq2track/{run}/{fold}/model",
    output:
        predicted="<results>/seq2track/{run}/{fold}/predicted.h5",
    log:
        "<logs>/seq2track/predict_tracks.{run}.{fold}.log",
    benchmark:
        "<benchmarks>/seq2track/predict_tracks.{run}.{fold}.jsonl"
    conda:
        "../envs/seq2track.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=240,
        gpu=1,
    params:
        code=code("seq2track/predict_tracks"),
        fold="{fold}",
        run="{run}",
    script:
        "../workflow_scripts/seq2track/predict_tracks.py"


rule predict_track_baselines:
    input:
        genome="<results>/reference/genome.fa",
        index="<results>/reference/genome.fa.fai",
        seals=["<results>/reference/genome.fa.sha256", "<results>/reference/genome.fa.fai.sha256"],
        windows="<results>/tracks/{set}/windows.parquet",
        targets="<results>/tracks/{set}/targets.h5",
        bodies="<results>/reference/gene_bodies.parquet",
    output:
        predicted="<results>/seq2track/baselines/{set}/{fold}.h5",
    log:
        "<logs>/seq2track/predict_track_baselines.{set}.{fold}.log",
    benchmark:
        "<benchmarks>/seq2track/predict_track_baselines.{set}.{fold}.jsonl"
    conda:
        "../envs/seq2track.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=480,
    params:
        spec=spec("seq2track/baselines"),
        code=code("seq2track/predict_track_baselines"),
        fold="{fold}",
    script:
        "../workflow_scripts/seq2track/predict_track_baselines.py"


rule score_tracks:
    input:
        windows=of_set(settings, "<results>/tracks/{set}/windows.parquet"),
        targets=of_set(settings, "<results>/tracks/{set}/targets.h5"),
        bodies="<results>/reference/gene_bodies.parquet",
        predicted=of_folds(settings, "<results>/seq2track/{run}/{fold}/predicted.h5"),
        baselines=of_folds(settings, "<results>/seq2track/baselines/{set}/{fold}.h5"),
    output:
        metrics="<results>/seq2track/{run}/metrics.parquet",
        comparisons="<results>/seq2track/{run}/comparisons.parquet",
    log:
        "<logs>/seq2track/score_tracks.{run}.log",
    benchmark:
        "<benchmarks>/seq2track/score_tracks.{run}.jsonl"
    wildcard_constraints:
        run=any_of(names("seq2track/runs")),
    conda:
        "../envs/seq2track.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=240,
    params:
        spec=spec("seq2track/evaluation"),
        code=code("seq2track/score_tracks"),
        run="{run}",
        values=kinds_of_values(settings),
    script:
        "../workflow_scripts/seq2track/score_tracks.py"


include: "seq2track.exports.smk"
include: "seq2track.variants.smk"
include: "seq2track.attributions.smk"
include: "seq2track.uses.smk"
