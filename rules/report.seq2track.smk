# What models from sequence say of tracks, beside what was measured.
from workflow_scripts.seq2track.inputs import of_folds, of_set, place_of_model

of_every_set = provenance_of(*gene_files, *place_files, "tracks/sets")
of_attributions = provenance_of(
    *gene_files, *place_files, "tracks/sets", "seq2track/attributions/{attribution}"
)


rule plot_tracks:
    input:
        windows=of_set(settings, "<results>/tracks/{set}/windows.parquet"),
        targets=of_set(settings, "<results>/tracks/{set}/targets.h5"),
        bodies="<results>/reference/gene_bodies.parquet",
        genes="<results>/reference/genes.parquet",
        predicted=of_folds(settings, "<results>/seq2track/{run}/{fold}/predicted.h5"),
        metrics="<results>/seq2track/{run}/metrics.parquet",
        comparisons="<results>/seq2track/{run}/comparisons.parquet",
        provenance=of_every_set,
    output:
        figure=report(
            "<results>/report/seq2track/{run}/tracks.png",
            category="5. Polymerase tracks",
            subcategory="from sequence: {run}",
            labels={"figure": "measured and predicted"},
            caption="../config/report/tracks.rst",
        ),
        page=report(
            "<results>/report/seq2track/{run}/tracks.html",
            category="5. Polymerase tracks",
            subcategory="from sequence: {run}",
            labels={"figure": "scores"},
            caption="../config/report/track_scores.rst",
        ),
    log:
        "<logs>/report/plot_tracks.{run}.log",
    benchmark:
        "<benchmarks>/report/plot_tracks.{run}.jsonl"
    wildcard_constraints:
        run=any_of(names("seq2track/runs")),
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_tracks"),
        run="{run}",
        place=place_of_model(settings),
    script:
        "../workflow_scripts/report/plot_tracks.py"


rule plot_attributions:
    input:
        attributions="<results>/seq2track/attributions/{attribution}/attributions.h5",
        seqlets="<results>/seq2track/attributions/{attribution}/seqlets.parquet",
        enrichment="<results>/seq2track/attributions/{attribution}/enrichment.parquet",
        provenance=of_attributions,
    output:
        figure=report(
            "<results>/report/seq2track/attributions/{attribution}/bases.png",
            category="5. Polymerase tracks",
            subcategory="which bases count: {attribution}",
            labels={"figure": "bases"},
            caption="../config/report/attributed_bases.rst",
        ),
        page=report(
            "<results>/report/seq2track/attributions/{attribution}/words.html",
            category="5. Polymerase tracks",
            subcategory="which bases count: {attribution}",
            labels={"figure": "words"},
            caption="../config/report/attributed_words.rst",
        ),
    log:
        "<logs>/report/plot_attributions.{attribution}.log",
    benchmark:
        "<benchmarks>/report/plot_attributions.{attribution}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code("report/plot_attributions"),
        name="{attribution}",
    script:
        "../workflow_scripts/report/plot_attributions.py"
