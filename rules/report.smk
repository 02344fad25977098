from workflow_scripts.bulk.inputs import fewer, gene_embedding, of_variants, place_of_run
from workflow_scripts.circuit.inputs import (
    named_vectors,
    of_circuit_variants,
    of_circuits,
    of_missing,
    of_screens,
    place_of_circuit,
    told,
)
from workflow_scripts.prebulk.inputs import learned_files, sample_sheets, shards
from workflow_scripts.simulate.inputs import truth

# The provenance of the files that figures are computed from, and of no others.
gene_files = ["reference/proteome", "reference/gtf", "reference/lengths"]
place_files = ["reference/genome", "reference/chromosome_aliases"]
of_samples = provenance_of(*gene_files, *learned_files(settings))
of_tracks = provenance_of(*gene_files, *place_files, "tracks/sets/{set}/tracks")


rule figures:
    input:  # each file that the report shows: one that is missing is made again
        [getattr(rules, stage).input for stage in stages() if stage != "report"],
        "<results>/report/sources.html",
        branch(
            section("prebulk"),
            then=["<results>/report/quality.png", "<results>/report/quality.html"],
            otherwise=[],
        ),
        collect(
            "<results>/report/{run}/{figure}",
            run=names("bulk/runs"),
            figure=[
                "umap.png",
                "tsne.png",
                "embedding.html",
                "f1.png",
                "imputation.png",
                "confusion.png",
                "scores.html",
                "training.png",
                "samples.h5ad",
            ],
        ),
        branch(
            len(names("bulk/runs") + names("bulk/peers")) > 1,
            then=["<results>/report/comparison.html", "<results>/report/comparison.png"],
            otherwise=[],
        ),
        branch(fewer(settings), then="<results>/report/learning_curve.png", otherwise=[]),
        collect("<results>/report/ablation.{ablation}.png", ablation=names("bulk/ablations")),
        collect(
            "<results>/report/{network}/{run}/{file}",
            network=names("circuit/networks"),
            run=names("circuit/runs"),
            file=["circuit.png", "circuit.html"],
        ),
        collect("<results>/report/circuit_ablation.{ablation}.png", ablation=names("circuit/ablations")),
        collect(
            "<results>/report/{complete}/missing.png",
            complete=settings.section("circuit/missing/networks") or [],
        ),
        of_screens(settings, "<results>/report/{network}/{run}/screen.{screen}.png"),
        of_screens(settings, "<results>/report/{network}/{run}/screen.{screen}.html"),
        collect(
            "<results>/report/enhancers/{pairs}/{file}",
            pairs=names("circuit/enhancers"),
            file=["links.png", "links.html"],
        ),
        collect(
            "<results>/report/perturb_seq/{cells}/{file}",
            cells=names("circuit/perturb_seq"),
            file=["effects.png", "effects.html"],
        ),
        collect(
            "<results>/report/{set}/{figure}",
            set=names("tracks/sets"),
            figure=["metagene.png", "pausing.png"],
        ),
        collect(
            "<results>/report/seq2track/{run}/{file}",
            run=names("seq2track/runs"),
            file=["tracks.png", "tracks.html", "uses.html"],
        ),
        collect(
            "<results>/report/seq2track/attributions/{attribution}/{file}",
            attribution=names("seq2track/attributions"),
            file=["bases.png", "words.html"],
        ),


rule report:
    input:
        rules.figures.input,
        "<results>/report/costs.html",
        "<results>/report/summary.html",
        "<results>/report/opening.html",
        "<results>/ro-crate-metadata.json",


rule plot_embedding:
    input:
        embeddings="<results>/bulk/{run}/embeddings.h5ad",
        baseline="<results>/bulk/baselines/embeddings.h5ad",
        sheets=sample_sheets(settings, "<results>/prebulk/sheets/{corpus}.parquet"),
        gene_embedding=gene_embedding(settings),
        provenance=of_samples,
    output:
        umap=report(
            "<results>/report/{run}/umap.png",
            category="3. Sample embeddings",
            subcategory="{run}",
            labels={"run": "{run}", "figure": "UMAP"},
            caption="../config/report/umap.rst",
        ),
        tsne=report(
            "<results>/report/{run}/tsne.png",
            category="3. Sample embeddings",
            subcategory="{run}",
            labels={"run": "{run}", "figure": "t-SNE"},
            caption="../config/report/tsne.rst",
        ),
        interactive=report(
            "<results>/report/{run}/embedding.html",
            category="3. Sample embeddings",
            subcategory="{run}",
            labels={"run": "{run}", "figure": "interactive"},
            caption="../config/report/embedding.rst",
        ),
        layout="<results>/report/{run}/layout.parquet",
    log:
        "<logs>/report/plot_embedding.{run}.log",
    benchmark:
        "<benchmarks>/report/plot_embedding.{run}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        spec=spec("report/embedding"),
        code=code("report/plot_embedding"),
        run="{run}",
        place=place_of_run(settings),
    script:
        "../workflow_scripts/report/plot_embedding.py"


rule merge_samples:
    input:
        expression=shards(settings, "<results>/prebulk/expression/{corpus}/{shard}.h5ad"),
        embeddings="<results>/bulk/{run}/embeddings.h5ad",
        layout="<results>/report/{run}/layout.parquet",
        sheets=sample_sheets(settings, "<results>/prebulk/sheets/{corpus}.parquet"),
        genes="<results>/reference/genes.parquet",
    output:
        merged="<results>/report/{run}/samples.h5ad",
    log:
        "<logs>/report/merge_samples.{run}.log",
    benchmark:
        "<benchmarks>/report/merge_samples.{run}.jsonl"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory(8000),
        runtime=240,
    params:
        code=code("report/merge_samples"),
    script:
        "../workflow_scripts/report/merge_samples.py"


rule plot_scores:
    input:
        metrics="<results>/bulk/{run}/metrics.parquet",
        comparisons="<results>/bulk/{run}/comparisons.parquet",
        predictions="<results>/bulk/{run}/predictions.parquet",
        baselines="<results>/bulk/baselines/predictions.parquet",
        gene_embedding=gene_embedding(settings),
        provenance=of_samples,
    output:
        scores=report(
            "<results>/report/{run}/f1.png",
            category="2. Scores",
            subcategory="{run}",
            labels={"run": "{run}", "figure": "F1"},
            caption="../config/report/f1.rst",
        ),
        imputation=report(
            "<results>/report/{run}/imputation.png",
            category="2. Scores",
            subcategory="{run}",
            labels={"run": "{run}", "figure": "imputation"},
            caption="../config/report/imputation.rst",
        ),
        confusion=report(
            "<results>/report/{run}/confusion.png",
            category="2. Scores",
            subcategory="{run}",
            labels={"run": "{run}", "figure": "confusion"},
            caption="../config/report/confusion.rst",
        ),
        table=report(
            "<results>/report/{run}/scores.html",
            category="2. Scores",
            subcategory="{run}",
            labels={"run": "{run}", "figure": "table"},
            caption="../config/report/scores.rst",
        ),
    log:
        "<logs>/report/plot_scores.{run}.log",
    benchmark:
        "<benchmarks>/report/plot_scores.{run}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_scores"),
        run="{run}",
        place=place_of_run(settings),
    script:
        "../workflow_scripts/report/plot_scores.py"


rule plot_training:
    input:
        history="<results>/bulk/{run}/history.tsv",
        selection="<results>/bulk/{run}/selection.tsv",
        seals=["<results>/bulk/{run}/history.tsv.sha256", "<results>/bulk/{run}/selection.tsv.sha256"],
        gene_embedding=gene_embedding(settings),
        provenance=of_samples,
    output:
        figure=report(
            "<results>/report/{run}/training.png",
            category="4. Training",
            subcategory="{run}",
            labels={"run": "{run}", "figure": "loss"},
            caption="../config/report/training.rst",
        ),
    log:
        "<logs>/report/plot_training.{run}.log",
    benchmark:
        "<benchmarks>/report/plot_training.{run}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_training"),
        run="{run}",
        place=place_of_run(settings),
    script:
        "../workflow_scripts/report/plot_training.py"


rule plot_metagene:
    input:
        metagene="<results>/tracks/{set}/metagene.parquet",
        provenance=of_tracks,
    output:
        figure=report(
            "<results>/report/{set}/metagene.png",
            category="5. Polymerase tracks",
            subcategory="{set}",
            labels={"set": "{set}", "figure": "metagene"},
            caption="../config/report/metagene.rst",
        ),
    log:
        "<logs>/report/plot_metagene.{set}.log",
    benchmark:
        "<benchmarks>/report/plot_metagene.{set}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_metagene"),
    script:
        "../workflow_scripts/report/plot_metagene.py"


rule plot_pausing:
    input:
        polymerase="<results>/tracks/{set}/polymerase.parquet",
        truth=truth(settings),
        provenance=of_tracks,
    output:
        figure=report(
            "<results>/report/{set}/pausing.png",
            category="5. Polymerase tracks",
            subcategory="{set}",
            labels={"set": "{set}", "figure": "pausing index"},
            caption="../config/report/pausing.rst",
        ),
    log:
        "<logs>/report/plot_pausing.{set}.log",
    benchmark:
        "<benchmarks>/report/plot_pausing.{set}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_pausing"),
    script:
        "../workflow_scripts/report/plot_pausing.py"


rule plot_quality:
    input:
        samples="<results>/prebulk/samples.parquet",
        mapping="<results>/prebulk/mapping.parquet",
        provenance=of_samples,
    output:
        figure=report(
            "<results>/report/quality.png",
            category="7. Data",
            labels={"figure": "samples kept and dropped"},
            caption="../config/report/quality.rst",
        ),
        table=report(
            "<results>/report/quality.html",
            category="7. Data",
            labels={"figure": "quality counts"},
            caption="../config/report/quality.rst",
        ),
    log:
        "<logs>/report/plot_quality.log",
    benchmark:
        "<benchmarks>/report/plot_quality.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_quality"),
    script:
        "../workflow_scripts/report/plot_quality.py"


rule list_sources:
    input:
        provenance=provenance(),
        embeddings=collect("<results>/{embedding}.h5ad", embedding=settings.offered("gene embedding")),
    output:
        sources="<results>/report/sources.tsv",
        page=report(
            "<results>/report/sources.html",
            category="7. Data",
            labels={"figure": "sources"},
            caption="../config/report/sources.rst",
        ),
    log:
        "<logs>/report/list_sources.log",
    benchmark:
        "<benchmarks>/report/list_sources.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/list_sources"),
        licences=values_of("licence"),
    script:
        "../workflow_scripts/report/list_sources.py"


include: "report.circuit.smk"
include: "report.runs.smk"
include: "report.seq2track.smk"
include: "report.seq2track.uses.smk"
include: "report.summary.smk"
