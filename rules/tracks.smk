rule tracks:
    input:
        collect("results/tracks/{set}/polymerase.parquet", set=names("tracks/sets")),
        collect("results/tracks/{set}/targets.h5", set=names("tracks/sets")),
        collect("results/tracks/{set}/metagene.parquet", set=names("tracks/sets")),


rule index_genome:
    input:
        fasta=resource("tracks/genome"),
    output:
        genome="results/tracks/genome.fa",
        index="results/tracks/genome.fa.fai",
    log:
        "results/logs/tracks/index_genome.log",
    benchmark:
        "results/benchmarks/tracks/index_genome.jsonl"
    conda:
        "../envs/tracks.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        code=code("tracks/index_genome"),
    script:
        "../workflow_scripts/tracks/index_genome.py"


rule standardize_track:
    input:
        plus_files=resource("tracks/sets/{set}/tracks/{track}/plus"),
        minus_files=resource("tracks/sets/{set}/tracks/{track}/minus"),
        index="results/tracks/genome.fa.fai",
    output:
        plus="results/tracks/{set}/signal/{track}.plus.bw",
        minus="results/tracks/{set}/signal/{track}.minus.bw",
    log:
        "results/logs/tracks/standardize_track.{set}.{track}.log",
    benchmark:
        "results/benchmarks/tracks/standardize_track.{set}.{track}.jsonl"
    conda:
        "../envs/tracks.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        spec=spec("tracks/sets/{set}/tracks/{track}", without="values"),
        code=code("tracks/standardize_track"),
    script:
        "../workflow_scripts/tracks/standardize_track.py"


rule check_strands:
    input:
        genes="results/prebulk/genes.parquet",
        plus="results/tracks/{set}/signal/{track}.plus.bw",
        minus="results/tracks/{set}/signal/{track}.minus.bw",
    output:
        strands="results/tracks/{set}/strands/{track}.parquet",
    log:
        "results/logs/tracks/check_strands.{set}.{track}.log",
    benchmark:
        "results/benchmarks/tracks/check_strands.{set}.{track}.jsonl"
    conda:
        "../envs/tracks.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        spec=spec("tracks/sets/{set}/strands"),
        code=code("tracks/check_strands"),
        protocol=lookup(dpath="tracks/sets/{set}/tracks/{track}/protocol", within=config),
        track="{track}",
    script:
        "../workflow_scripts/tracks/check_strands.py"


rule make_targets:
    input:
        genome="results/tracks/genome.fa",
        index="results/tracks/genome.fa.fai",
        plus=each_track("results/tracks/{set}/signal/{track}.plus.bw"),
        minus=each_track("results/tracks/{set}/signal/{track}.minus.bw"),
        strands=each_track("results/tracks/{set}/strands/{track}.parquet"),
    output:
        windows="results/tracks/{set}/windows.parquet",
        targets="results/tracks/{set}/targets.h5",
    log:
        "results/logs/tracks/make_targets.{set}.log",
    benchmark:
        "results/benchmarks/tracks/make_targets.{set}.jsonl"
    conda:
        "../envs/tracks.yaml"
    threads: 1
    resources:
        mem_mb=memory(8000),
        runtime=120,
    params:
        spec=spec("tracks/sets/{set}/targets"),
        code=code("tracks/make_targets"),
        tracks=tracks,
        set="{set}",
    script:
        "../workflow_scripts/tracks/make_targets.py"


rule measure_polymerase:
    input:
        genes="results/prebulk/genes.parquet",
        plus=each_track("results/tracks/{set}/signal/{track}.plus.bw"),
        minus=each_track("results/tracks/{set}/signal/{track}.minus.bw"),
        strands=each_track("results/tracks/{set}/strands/{track}.parquet"),
    output:
        polymerase="results/tracks/{set}/polymerase.parquet",
    log:
        "results/logs/tracks/measure_polymerase.{set}.log",
    benchmark:
        "results/benchmarks/tracks/measure_polymerase.{set}.jsonl"
    conda:
        "../envs/tracks.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        spec=spec("tracks/sets/{set}/polymerase"),
        code=code("tracks/measure_polymerase"),
        tracks=tracks,
        values=track_values,
    script:
        "../workflow_scripts/tracks/measure_polymerase.py"


rule measure_metagene:
    input:
        genes="results/prebulk/genes.parquet",
        plus=each_track("results/tracks/{set}/signal/{track}.plus.bw"),
        minus=each_track("results/tracks/{set}/signal/{track}.minus.bw"),
        strands=each_track("results/tracks/{set}/strands/{track}.parquet"),
    output:
        metagene="results/tracks/{set}/metagene.parquet",
        matrix="results/tracks/{set}/metagene.tsv.gz",
    log:
        "results/logs/tracks/measure_metagene.{set}.log",
    benchmark:
        "results/benchmarks/tracks/measure_metagene.{set}.jsonl"
    conda:
        "../envs/tracks.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        spec=spec("tracks/sets/{set}/metagene"),
        code=code("tracks/measure_metagene"),
        tracks=tracks,
    script:
        "../workflow_scripts/tracks/measure_metagene.py"
