# What was learned of circuits, of enhancers and their genes, and of perturbed cells.


rule plot_circuit:
    input:
        experiments="<results>/circuit/{network}/experiments.h5ad",
        edges="<results>/circuit/{network}/{run}/edges.parquet",
        selection="<results>/circuit/{network}/{run}/selection.tsv",
        seals=["<results>/circuit/{network}/{run}/selection.tsv.sha256"],
        metrics="<results>/circuit/{network}/{run}/metrics.parquet",
        comparisons="<results>/circuit/{network}/{run}/comparisons.parquet",
        truth=told(settings, "truth", "<results>/circuit/{network}/truth.parquet"),
        predicted=told(settings, "double_knockouts", "<results>/circuit/{network}/{run}/predicted.h5ad"),
        outcomes=told(settings, "double_knockouts", "<results>/circuit/{network}/outcomes.h5ad"),
        provenance=provenance_of("circuit/networks/{network}"),
    output:
        figure=report(
            "<results>/report/{network}/{run}/circuit.png",
            category="6. Circuits",
            subcategory="{network}",
            labels={"run": "{run}", "figure": "edges and responses"},
            caption="../config/report/circuit.rst",
        ),
        page=report(
            "<results>/report/{network}/{run}/circuit.html",
            category="6. Circuits",
            subcategory="{network}",
            labels={"run": "{run}", "figure": "scores"},
            caption="../config/report/circuit_scores.rst",
        ),
    log:
        "<logs>/report/plot_circuit.{network}.{run}.log",
    benchmark:
        "<benchmarks>/report/plot_circuit.{network}.{run}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_circuit"),
        run="{run}",
        place=place_of_circuit(settings),
    script:
        "../workflow_scripts/report/plot_circuit.py"


rule plot_circuit_ablation:
    input:
        scores=of_circuit_variants(settings, "<results>/circuit/{network}/{run}/scores.parquet"),
        provenance=provenance_of("circuit/networks"),
    output:
        figure=report(
            "<results>/report/circuit_ablation.{ablation}.png",
            category="6. Circuits",
            subcategory="all networks",
            labels={"run": "{ablation}", "figure": "ablation"},
            caption="../config/report/circuit_ablation.rst",
        ),
        table="<results>/report/circuit_ablation.{ablation}.tsv",
    log:
        "<logs>/report/plot_circuit_ablation.{ablation}.log",
    benchmark:
        "<benchmarks>/report/plot_circuit_ablation.{ablation}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_circuit_ablation"),
    script:
        "../workflow_scripts/report/plot_circuit_ablation.py"


rule plot_missing:
    input:
        metrics=of_missing(settings, "<results>/circuit/{network}/{run}/metrics.parquet", whole=True),
        imputed=of_missing(settings, "<results>/circuit/{network}/imputed.parquet"),
        provenance=provenance_of("circuit/networks/{complete}"),
    output:
        figure=report(
            "<results>/report/{complete}/missing.png",
            category="6. Circuits",
            subcategory="{complete}",
            labels={"run": "all", "figure": "levels missing"},
            caption="../config/report/missing.rst",
        ),
        table="<results>/report/{complete}/missing.tsv",
    log:
        "<logs>/report/plot_missing.{complete}.log",
    benchmark:
        "<benchmarks>/report/plot_missing.{complete}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_missing"),
    script:
        "../workflow_scripts/report/plot_missing.py"


rule plot_enhancers:
    input:
        pairs="<results>/circuit/enhancers/{pairs}/pairs.parquet",
        links="<results>/circuit/enhancers/{pairs}/links",
        metrics="<results>/circuit/enhancers/{pairs}/metrics.parquet",
        comparisons="<results>/circuit/enhancers/{pairs}/comparisons.parquet",
        provenance=provenance_of("circuit/enhancers/{pairs}/table"),
    output:
        figure=report(
            "<results>/report/enhancers/{pairs}/links.png",
            category="6. Circuits",
            subcategory="enhancers: {pairs}",
            labels={"run": "all models", "figure": "enhancers and their genes"},
            caption="../config/report/enhancers.rst",
        ),
        page=report(
            "<results>/report/enhancers/{pairs}/links.html",
            category="6. Circuits",
            subcategory="enhancers: {pairs}",
            labels={"run": "all models", "figure": "scores"},
            caption="../config/report/enhancer_scores.rst",
        ),
    log:
        "<logs>/report/plot_enhancers.{pairs}.log",
    benchmark:
        "<benchmarks>/report/plot_enhancers.{pairs}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_enhancers"),
        dataset="{pairs}",
    script:
        "../workflow_scripts/report/plot_enhancers.py"


rule plot_effects:
    input:
        effects="<results>/circuit/perturb_seq/{cells}/effects.h5ad",
        metrics="<results>/circuit/perturb_seq/{cells}/metrics.parquet",
        comparisons="<results>/circuit/perturb_seq/{cells}/comparisons.parquet",
        embeddings=named_vectors(settings),
        provenance=provenance_of("circuit/perturb_seq/{cells}/cells"),
    output:
        figure=report(
            "<results>/report/perturb_seq/{cells}/effects.png",
            category="6. Circuits",
            subcategory="perturbed cells: {cells}",
            labels={"run": "all models", "figure": "effects of perturbations"},
            caption="../config/report/effects.rst",
        ),
        page=report(
            "<results>/report/perturb_seq/{cells}/effects.html",
            category="6. Circuits",
            subcategory="perturbed cells: {cells}",
            labels={"run": "all models", "figure": "scores"},
            caption="../config/report/effect_scores.rst",
        ),
    log:
        "<logs>/report/plot_effects.{cells}.log",
    benchmark:
        "<benchmarks>/report/plot_effects.{cells}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_effects"),
        dataset="{cells}",
    script:
        "../workflow_scripts/report/plot_effects.py"


rule plot_screen:
    input:
        screen="<results>/circuit/{network}/{run}/screens/{screen}.tsv",
        seals=["<results>/circuit/{network}/{run}/screens/{screen}.tsv.sha256"],
        provenance=provenance_of(
            "circuit/networks/{network}/wild_type",
            "circuit/networks/{network}/knockouts",
            "circuit/networks/{network}/knockdowns",
            "circuit/networks/{network}/multifactorial",
            "circuit/networks/{network}/time_series",
        ),
    output:
        figure=report(
            "<results>/report/{network}/{run}/screen.{screen}.png",
            category="6. Circuits",
            subcategory="{network}",
            labels={"run": "{run}", "figure": "screen {screen}"},
            caption="../config/report/screen.rst",
        ),
        page=report(
            "<results>/report/{network}/{run}/screen.{screen}.html",
            category="6. Circuits",
            subcategory="{network}",
            labels={"run": "{run}", "figure": "screen {screen}, numbers"},
            caption="../config/report/screen.rst",
        ),
    log:
        "<logs>/report/plot_screen.{network}.{run}.{screen}.log",
    benchmark:
        "<benchmarks>/report/plot_screen.{network}.{run}.{screen}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        spec=spec("circuit/screens/{screen}", without=["network", "signature"]),
        code=code("report/plot_screen"),
        run="{run}",
        name="{screen}",
        place=place_of_circuit(settings),
    script:
        "../workflow_scripts/report/plot_screen.py"
