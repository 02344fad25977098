# What models say of tracks, for genome browsers; `seq2track` asks for it.
from workflow_scripts.seq2track.inputs import chromosome_names, hub_of_run, of_folds
from workflow_scripts.seq2track.inputs import of_set, of_tracks, predicted_names


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


rule write_predicted_hub:
    input:
        plus=of_tracks(settings, "<results>/tracks/{set}/hub/{track}.plus.bw"),
        minus=of_tracks(settings, "<results>/tracks/{set}/hub/{track}.minus.bw"),
        predicted_plus=of_tracks(settings, "<results>/seq2track/{run}/bigwig/{track}.plus.bw"),
        predicted_minus=of_tracks(settings, "<results>/seq2track/{run}/bigwig/{track}.minus.bw"),
        seals=of_tracks(
            settings,
            "<results>/tracks/{set}/hub/{track}.plus.bw.sha256",
            "<results>/tracks/{set}/hub/{track}.minus.bw.sha256",
            "<results>/seq2track/{run}/bigwig/{track}.plus.bw.sha256",
            "<results>/seq2track/{run}/bigwig/{track}.minus.bw.sha256",
        ),
        strands=of_tracks(settings, "<results>/tracks/{set}/strands/{track}.parquet"),
    output:
        hub="<results>/seq2track/{run}/hub/hub.txt",
        session="<results>/seq2track/{run}/hub/igv_session.xml",
    log:
        "<logs>/tracks/write_predicted_hub.{run}.log",
    benchmark:
        "<benchmarks>/tracks/write_predicted_hub.{run}.jsonl"
    conda:
        "../envs/tracks.yaml"
    params:
        spec=hub_of_run(settings),
        code=code("tracks/write_predicted_hub"),
        names=predicted_names(settings),
        run="{run}",
    script:
        "../workflow_scripts/tracks/write_predicted_hub.py"
