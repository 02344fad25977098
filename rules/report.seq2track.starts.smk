# How well starts of transcription are called.


rule show_starts:
    input:
        metrics="<results>/seq2track/{run}/start_metrics.parquet",
        comparisons="<results>/seq2track/{run}/start_comparisons.parquet",
        provenance=of_every_set,
    output:
        page=report(
            "<results>/report/seq2track/{run}/starts.html",
            category="5. Polymerase tracks",
            subcategory="from sequence: {run}",
            labels={"figure": "starts of transcription"},
            caption="../config/report/starts.rst",
        ),
    log:
        "<logs>/report/show_starts.{run}.log",
    benchmark:
        "<benchmarks>/report/show_starts.{run}.jsonl"
    wildcard_constraints:
        run=any_of(names("seq2track/runs")),
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/show_starts"),
        run="{run}",
        place=place_of_model(settings),
    script:
        "../workflow_scripts/report/show_starts.py"
