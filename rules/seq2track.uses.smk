# What predicted tracks tell, held against the annotation: starts of transcription, and what stretches of a strand are.


rule predict_starts:
    input:
        windows=of_set(settings, "<results>/tracks/{set}/windows.parquet"),
        targets=of_set(settings, "<results>/tracks/{set}/targets.h5"),
        bodies="<results>/reference/gene_bodies.parquet",
        predicted=of_folds(settings, "<results>/seq2track/{run}/{fold}/predicted.h5"),
        baselines=of_folds(settings, "<results>/seq2track/baselines/{set}/{fold}.h5"),
    output:
        starts="<results>/seq2track/{run}/starts.tsv",
        calls="<results>/seq2track/{run}/starts.bed",
        seals=[
            "<results>/seq2track/{run}/starts.tsv.sha256",
            "<results>/seq2track/{run}/starts.bed.sha256",
        ],
        metrics="<results>/seq2track/{run}/start_metrics.parquet",
        comparisons="<results>/seq2track/{run}/start_comparisons.parquet",
    log:
        "<logs>/seq2track/predict_starts.{run}.log",
    benchmark:
        "<benchmarks>/seq2track/predict_starts.{run}.jsonl"
    wildcard_constraints:
        run=any_of(names("seq2track/runs")),
    conda:
        "../envs/seq2track.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=240,
    params:
        spec=spec("seq2track/starts"),
        code=code("seq2track/predict_starts"),
        run="{run}",
    script:
        "../workflow_scripts/seq2track/predict_starts.py"


rule classify_regions:
    input:
        windows=of_set(settings, "<results>/tracks/{set}/windows.parquet"),
        targets=of_set(settings, "<results>/tracks/{set}/targets.h5"),
        bodies="<results>/reference/gene_bodies.parquet",
        predicted=of_folds(settings, "<results>/seq2track/{run}/{fold}/predicted.h5"),
        baselines=of_folds(settings, "<results>/seq2track/baselines/{set}/{fold}.h5"),
    output:
        regions="<results>/seq2track/{run}/region_classes.tsv",
        seals="<results>/seq2track/{run}/region_classes.tsv.sha256",
        metrics="<results>/seq2track/{run}/region_metrics.parquet",
        comparisons="<results>/seq2track/{run}/region_comparisons.parquet",
    log:
        "<logs>/seq2track/classify_regions.{run}.log",
    benchmark:
        "<benchmarks>/seq2track/classify_regions.{run}.jsonl"
    wildcard_constraints:
        run=any_of(names("seq2track/runs")),
    conda:
        "../envs/seq2track.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=240,
    params:
        spec=spec("seq2track/region_classes"),
        code=code("seq2track/classify_regions"),
        run="{run}",
    script:
        "../workflow_scripts/seq2track/classify_regions.py"
