# What sums up a whole run, when all else of it is done.


rule summarize_costs:
    input:
        finished=rules.figures.input,
        provenance=provenance(),
    output:
        costs="<results>/report/costs.tsv",
        page=report(
            "<results>/report/costs.html",
            category="8. Costs",
            labels={"figure": "cost per rule"},
            caption="../config/report/costs.rst",
        ),
    log:
        "<logs>/report/summarize_costs.log",
    benchmark:
        "<benchmarks>/report/summarize_costs.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/summarize_costs"),
        benchmarks=placed("<benchmarks>"),  # a param is no path to Snakemake
        names=" ".join(settings.job_names),
    script:
        "../workflow_scripts/report/summarize_costs.py"


rule summarize_results:
    input:
        metrics=collect("<results>/bulk/{run}/metrics.parquet", run=names("bulk/runs") + names("bulk/peers")),
        comparisons=collect(
            "<results>/bulk/{run}/comparisons.parquet", run=names("bulk/runs") + names("bulk/peers")
        ),
        circuit_metrics=of_circuits(settings, "metrics.parquet"),
        circuit_comparisons=of_circuits(settings, "comparisons.parquet"),
        selections=collect("<results>/bulk/{run}/selection.tsv", run=names("bulk/runs")),
        seals=collect("<results>/bulk/{run}/selection.tsv.sha256", run=names("bulk/runs")),
        samples=branch(section("prebulk"), then="<results>/prebulk/samples.parquet", otherwise=[]),
        figures=[
            collect(
                "<results>/report/{run}/{figure}.png",
                run=names("bulk/runs"),
                figure=["f1", "imputation", "umap"],
            ),
            branch(fewer(settings), then="<results>/report/learning_curve.png", otherwise=[]),
            collect("<results>/report/{set}/pausing.png", set=names("tracks/sets")),
            collect(
                "<results>/report/{network}/{run}/circuit.png",
                network=names("circuit/networks")[:1],
                run=names("circuit/runs"),
            ),
            collect("<results>/report/enhancers/{pairs}/links.png", pairs=names("circuit/enhancers")),
            collect("<results>/report/perturb_seq/{cells}/effects.png", cells=names("circuit/perturb_seq")),
        ],
        embeddings=collect("<results>/{embedding}.h5ad", embedding=settings.offered("gene embedding")),
        provenance=provenance(),
        costs="<results>/report/costs.tsv",
    output:
        page=report(
            "<results>/report/summary.html",
            category="1. Summary",
            labels={"figure": "summary"},
            caption="../config/report/summary.rst",
        ),
        opening="<results>/report/opening.html",
        scores="<results>/report/scores.tsv",
    log:
        "<logs>/report/summarize_results.log",
    benchmark:
        "<benchmarks>/report/summarize_results.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/summarize_results"),
        content=settings.portable,
        logs=placed("<logs>"),
    script:
        "../workflow_scripts/report/summarize_results.py"


rule write_crate:
    input:
        finished=[
            rules.figures.input,
            rules.summarize_costs.output.page,
            rules.summarize_results.output,
        ],
    output:
        crate="<results>/ro-crate-metadata.json",
        workflow=directory("<results>/workflow"),
        configuration=f"<results>/configuration/{settings.name}.yaml",
    log:
        "<logs>/report/write_crate.log",
    benchmark:
        "<benchmarks>/report/write_crate.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/write_crate"),
        content=settings.portable,
        logs=placed("<logs>"),
        benchmarks=placed("<benchmarks>"),
    script:
        "../workflow_scripts/report/write_crate.py"
