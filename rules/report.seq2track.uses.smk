# How well starts of transcription are called, and classes of regions told.


rule show_uses:
    input:
        metrics=[
            "<results>/seq2track/{run}/start_metrics.parquet",
            "<results>/seq2track/{run}/region_metrics.parquet",
        ],
        comparisons=[
            "<results>/seq2track/{run}/start_comparisons.parquet",
            "<results>/seq2track/{run}/region_comparisons.parquet",
        ],
        provenance=of_every_set,
    output:
        page=report(
            "<results>/report/seq2track/{run}/uses.html",
            category="5. Polymerase tracks",
            subcategory="from sequence: {run}",
            labels={"figure": "starts of transcription, classes of regions"},
            caption="../config/report/uses.rst",
        ),
    log:
        "<logs>/report/show_uses.{run}.log",
    benchmark:
        "<benchmarks>/report/show_uses.{run}.jsonl"
    wildcard_constraints:
        run=any_of(names("seq2track/runs")),
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/show_uses"),
        run="{run}",
        place=place_of_model(settings),
    script:
        "../workflow_scripts/report/show_uses.py"
