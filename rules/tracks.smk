from workflow_scripts.tracks.inputs import all_hubs, all_tracks, each_track
from workflow_scripts.tracks.inputs import masked_biotypes, track_names, track_values


wildcard_constraints:
    set=r"[A-Za-z0-9_-]+",  # tracks/sets
    track=r"[A-Za-z0-9_-]+",  # tracks/sets/{set}/tracks


rule tracks:
    input:
        rules.reference.input,
        provenance("tracks"),
        all_tracks(settings, "<results>/tracks/{set}/signal/{track}.plus.bw"),
        all_tracks(settings, "<results>/tracks/{set}/strands/{track}.parquet"),
        collect("<results>/tracks/{set}/polymerase.parquet", set=names("tracks/sets")),
        collect("<results>/tracks/{set}/targets.h5", set=names("tracks/sets")),
        collect("<results>/tracks/{set}/metagene.parquet", set=names("tracks/sets")),
        all_hubs(settings, "<results>/tracks/{set}/hub/hub.txt", "<results>/tracks/{set}/hub/igv_session.xml"),


rule convert_track:
    input:
        plus_files=resource("tracks/sets/{set}/tracks/{track}/plus"),
        minus_files=resource("tracks/sets/{set}/tracks/{track}/minus"),
        attested=provenance_of("tracks/sets/{set}/tracks/{track}"),
        chromosomes="<results>/reference/chromosomes.parquet",
    output:
        plus="<results>/tracks/{set}/signal/{track}.plus.bw",
        minus="<results>/tracks/{set}/signal/{track}.minus.bw",
        seals=[
            "<results>/tracks/{set}/signal/{track}.plus.bw.sha256",
            "<results>/tracks/{set}/signal/{track}.minus.bw.sha256",
        ],
    log:
        "<logs>/tracks/convert_track.{set}.{track}.log",
    benchmark:
        "<benchmarks>/tracks/convert_track.{set}.{track}.jsonl"
    conda:
        "../envs/tracks.yaml"
    params:
        spec=spec("tracks/sets/{set}/tracks/{track}", without=["values"]),
        code=code("tracks/convert_track"),
    script:
        "../workflow_scripts/tracks/convert_track.py"


rule check_strands:
    input:
        bodies="<results>/reference/gene_bodies.parquet",
        plus="<results>/tracks/{set}/signal/{track}.plus.bw",
        minus="<results>/tracks/{set}/signal/{track}.minus.bw",
        seals=[
            "<results>/tracks/{set}/signal/{track}.plus.bw.sha256",
            "<results>/tracks/{set}/signal/{track}.minus.bw.sha256",
        ],
    output:
        strands="<results>/tracks/{set}/strands/{track}.parquet",
    log:
        "<logs>/tracks/check_strands.{set}.{track}.log",
    benchmark:
        "<benchmarks>/tracks/check_strands.{set}.{track}.jsonl"
    conda:
        "../envs/tracks.yaml"
    params:
        spec=spec("tracks/sets/{set}/strands"),
        code=code("tracks/check_strands"),
        protocol=lookup("tracks/sets/{set}/tracks/{track}/protocol", within=config),
        track="{track}",
    script:
        "../workflow_scripts/tracks/check_strands.py"


rule make_targets:
    input:
        genome="<results>/reference/genome.fa",
        index="<results>/reference/genome.fa.fai",
        chromosomes="<results>/reference/chromosomes.parquet",
        plus=each_track(settings, "<results>/tracks/{set}/signal/{track}.plus.bw"),
        minus=each_track(settings, "<results>/tracks/{set}/signal/{track}.minus.bw"),
        seals=["<results>/reference/genome.fa.sha256", "<results>/reference/genome.fa.fai.sha256"],
        track_seals=each_track(
            settings,
            "<results>/tracks/{set}/signal/{track}.plus.bw.sha256",
            "<results>/tracks/{set}/signal/{track}.minus.bw.sha256",
        ),
        strands=each_track(settings, "<results>/tracks/{set}/strands/{track}.parquet"),
        genes=masked_biotypes(settings, "<results>/reference/annotated_genes.parquet"),
        regions=resource("tracks/sets/{set}/targets/mask/regions"),
        attested=provenance_of("tracks/sets/{set}/targets/mask/regions"),
    output:
        windows="<results>/tracks/{set}/windows.parquet",
        targets="<results>/tracks/{set}/targets.h5",
    log:
        "<logs>/tracks/make_targets.{set}.log",
    benchmark:
        "<benchmarks>/tracks/make_targets.{set}.jsonl"
    conda:
        "../envs/tracks.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=120,
    params:
        spec=spec("tracks/sets/{set}/targets"),
        code=code("tracks/make_targets"),
        names=track_names(settings),
        set="{set}",
    script:
        "../workflow_scripts/tracks/make_targets.py"


rule measure_polymerase:
    input:
        bodies="<results>/reference/gene_bodies.parquet",
        plus=each_track(settings, "<results>/tracks/{set}/signal/{track}.plus.bw"),
        minus=each_track(settings, "<results>/tracks/{set}/signal/{track}.minus.bw"),
        seals=each_track(
            settings,
            "<results>/tracks/{set}/signal/{track}.plus.bw.sha256",
            "<results>/tracks/{set}/signal/{track}.minus.bw.sha256",
        ),
        strands=each_track(settings, "<results>/tracks/{set}/strands/{track}.parquet"),
    output:
        polymerase="<results>/tracks/{set}/polymerase.parquet",
    log:
        "<logs>/tracks/measure_polymerase.{set}.log",
    benchmark:
        "<benchmarks>/tracks/measure_polymerase.{set}.jsonl"
    conda:
        "../envs/tracks.yaml"
    params:
        spec=spec("tracks/sets/{set}/polymerase"),
        code=code("tracks/measure_polymerase"),
        names=track_names(settings),
        values=track_values(settings),
    script:
        "../workflow_scripts/tracks/measure_polymerase.py"


rule measure_metagene:
    input:
        bodies="<results>/reference/gene_bodies.parquet",
        plus=each_track(settings, "<results>/tracks/{set}/signal/{track}.plus.bw"),
        minus=each_track(settings, "<results>/tracks/{set}/signal/{track}.minus.bw"),
        seals=each_track(
            settings,
            "<results>/tracks/{set}/signal/{track}.plus.bw.sha256",
            "<results>/tracks/{set}/signal/{track}.minus.bw.sha256",
        ),
        strands=each_track(settings, "<results>/tracks/{set}/strands/{track}.parquet"),
    output:
        metagene="<results>/tracks/{set}/metagene.parquet",
        matrix="<results>/tracks/{set}/metagene.tsv.gz",
    log:
        "<logs>/tracks/measure_metagene.{set}.log",
    benchmark:
        "<benchmarks>/tracks/measure_metagene.{set}.jsonl"
    conda:
        "../envs/tracks.yaml"
    params:
        spec=spec("tracks/sets/{set}/metagene"),
        code=code("tracks/measure_metagene"),
        names=track_names(settings),
    script:
        "../workflow_scripts/tracks/measure_metagene.py"


rule export_track:
    input:
        plus="<results>/tracks/{set}/signal/{track}.plus.bw",
        minus="<results>/tracks/{set}/signal/{track}.minus.bw",
        seals=[
            "<results>/tracks/{set}/signal/{track}.plus.bw.sha256",
            "<results>/tracks/{set}/signal/{track}.minus.bw.sha256",
        ],
        chromosomes="<results>/reference/chromosomes.parquet",
    output:
        hub_plus="<results>/tracks/{set}/hub/{track}.plus.bw",
        hub_minus="<results>/tracks/{set}/hub/{track}.minus.bw",
        seals=[
            "<results>/tracks/{set}/hub/{track}.plus.bw.sha256",
            "<results>/tracks/{set}/hub/{track}.minus.bw.sha256",
        ],
    log:
        "<logs>/tracks/export_track.{set}.{track}.log",
    benchmark:
        "<benchmarks>/tracks/export_track.{set}.{track}.jsonl"
    conda:
        "../envs/tracks.yaml"
    params:
        spec=spec("tracks/sets/{set}/hub", without=["genome", "email"]),
        code=code("tracks/export_track"),
    script:
        "../workflow_scripts/tracks/export_track.py"


rule write_hub:
    input:
        plus=each_track(settings, "<results>/tracks/{set}/hub/{track}.plus.bw"),
        minus=each_track(settings, "<results>/tracks/{set}/hub/{track}.minus.bw"),
        seals=each_track(
            settings,
            "<results>/tracks/{set}/hub/{track}.plus.bw.sha256",
            "<results>/tracks/{set}/hub/{track}.minus.bw.sha256",
        ),
        strands=each_track(settings, "<results>/tracks/{set}/strands/{track}.parquet"),
    output:
        hub="<results>/tracks/{set}/hub/hub.txt",
        session="<results>/tracks/{set}/hub/igv_session.xml",
    log:
        "<logs>/tracks/write_hub.{set}.log",
    benchmark:
        "<benchmarks>/tracks/write_hub.{set}.jsonl"
    conda:
        "../envs/tracks.yaml"
    params:
        spec=spec("tracks/sets/{set}/hub", without=["chromosome_names"]),
        code=code("tracks/write_hub"),
        names=track_names(settings),
        set="{set}",
    script:
        "../workflow_scripts/tracks/write_hub.py"


include: "tracks.predicted.smk"
