# Runs side by side: as they are, over the number of train samples, and without their parts.


rule compare_runs:
    input:
        scores=[
            collect(
                "<results>/bulk/{run}/{task}.parquet",
                run=names("bulk/runs"),
                task=["imputation", "classification", "representation"],
            ),
            collect(
                "<results>/bulk/{peer}/{task}.parquet",
                peer=names("bulk/peers"),
                task=["classification", "representation"],
            ),
        ],
        embeddings=collect("<results>/{embedding}.h5ad", embedding=settings.offered("gene embedding")),
        provenance=of_samples,
    output:
        page=report(
            "<results>/report/comparison.html",
            category="2. Scores",
            subcategory="all runs",
            labels={"run": "all", "figure": "runs side by side, table"},
            caption="../config/report/comparison.rst",
        ),
        figure=report(
            "<results>/report/comparison.png",
            category="2. Scores",
            subcategory="all runs",
            labels={"run": "all", "figure": "runs side by side"},
            caption="../config/report/comparison.rst",
        ),
    log:
        "<logs>/report/compare_runs.log",
    benchmark:
        "<benchmarks>/report/compare_runs.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/compare_runs"),
    script:
        "../workflow_scripts/report/compare_runs.py"


rule plot_learning_curve:
    input:
        metrics=collect(
            "<results>/bulk/{run}{size}/metrics.parquet", run=names("bulk/runs"), size=["", *fewer(settings)]
        ),
        comparisons=collect(
            "<results>/bulk/{run}{size}/comparisons.parquet",
            run=names("bulk/runs"),
            size=["", *fewer(settings)],
        ),
        splits=collect("<results>/prebulk/splits{size}.parquet", size=["", *fewer(settings)]),
        embeddings=collect("<results>/{embedding}.h5ad", embedding=settings.offered("gene embedding")),
        provenance=of_samples,
    output:
        figure=report(
            "<results>/report/learning_curve.png",
            category="2. Scores",
            subcategory="all runs",
            labels={"run": "all", "figure": "learning curve"},
            caption="../config/report/learning_curve.rst",
        ),
        table="<results>/report/learning_curve.tsv",
    log:
        "<logs>/report/plot_learning_curve.log",
    benchmark:
        "<benchmarks>/report/plot_learning_curve.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_learning_curve"),
    script:
        "../workflow_scripts/report/plot_learning_curve.py"


rule plot_ablation:
    input:
        scores=of_variants(settings, "imputation.parquet", "classification.parquet"),
        selections=of_variants(settings, "selection.tsv"),
        seals=of_variants(settings, "selection.tsv.sha256"),
        embeddings=collect("<results>/{embedding}.h5ad", embedding=settings.offered("gene embedding")),
        provenance=of_samples,
    output:
        figure=report(
            "<results>/report/ablation.{ablation}.png",
            category="2. Scores",
            subcategory="all runs",
            labels={"run": "{ablation}", "figure": "ablation"},
            caption="../config/report/ablation.rst",
        ),
        table="<results>/report/ablation.{ablation}.tsv",
    log:
        "<logs>/report/plot_ablation.{ablation}.log",
    benchmark:
        "<benchmarks>/report/plot_ablation.{ablation}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_ablation"),
    script:
        "../workflow_scripts/report/plot_ablation.py"
