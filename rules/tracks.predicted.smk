# What models say of tracks, for genome browsers; `seq2track` asks for it.
from workflow_scripts.seq2track.inputs import chromosome_names, of_folds, of_set


rule export_predicted:
    input:
        windows=of_set(settings, "<results>/tracks/{set}/windows.parquet"),
        predicted=of_folds(settings, "<results>/seq2track/{run}/{fold}/predicted.h5"),
        chromosomes="<results>/reference/chromosomes.parquet",
    output:
        plus="<results>/seq2track/{run}/bigwig/{track}.plus.bw",
        minus="<results>/seq2track/{run}/bigwig/{track}.minus.bw",
        seals=[
            "<results>/seq2track/{run}/bigwig/{track}.plus.bw.sha256",
            "<results>/seq2track/{run}/bigwig/{track}.minus.bw.sha256",
        ],
    log:
        "<logs>/tracks/export_predicted.{run}.{track}.log",
    benchmark:
        "<benchmarks>/tracks/export_predicted.{run}.{track}.jsonl"
    conda:
        "../envs/tracks.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=120,
    params:
        code=code("tracks/export_predicted"),
        track="{track}",
        run="{run}",
        naming=chromosome_names(settings),
    script:
        "../workflow_scripts/tracks/export_predicted.py"


rule export_regions:
    input:
        windows="<results>/seq2track/{run}/regions/{regions}/windows.parquet",
        predicted="<results>/seq2track/{run}/regions/{regions}/predicted.h5",
        chromosomes="<results>/reference/chromosomes.parquet",
    output:
        plus="<results>/seq2track/{run}/regions/{regions}/{track}.plus.bw",
        minus="<results>/seq2track/{run}/regions/{regions}/{track}.minus.bw",
        seals=[
            "<results>/seq2track/{run}/regions/{regions}/{track}.plus.bw.sha256",
            "<results>/seq2track/{run}/regions/{regions}/{track}.minus.bw.sha256",
        ],
    log:
        "<logs>/tracks/export_regions.{run}.{regions}.{track}.log",
    benchmark:
        "<benchmarks>/tracks/export_regions.{run}.{regions}.{track}.jsonl"
    conda:
        "../envs/tracks.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=120,
    params:
        code=code("tracks/export_regions"),
        track="{track}",
        run="{run}",
        naming=chromosome_names(settings),
    script:
        "../workflow_scripts/tracks/export_regions.py"
