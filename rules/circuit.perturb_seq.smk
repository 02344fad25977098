# Perturbed single cells: their mean effects, models of those that were left out, and how well these do.
from workflow_scripts.circuit.inputs import predicted_effects, vectors_of


wildcard_constraints:
    cells=any_of(names("circuit/perturb_seq")),
    interactome=any_of(names("circuit/interactomes")),


rule prepare_effects:
    input:
        cells=resource("circuit/perturb_seq/{cells}/cells"),
        provenance=provenance_of("circuit/perturb_seq/{cells}/cells"),
    output:
        effects="<results>/circuit/perturb_seq/{cells}/effects.h5ad",
        coexpression="<results>/circuit/perturb_seq/{cells}/coexpression.h5ad",
    log:
        "<logs>/circuit/prepare_effects.{cells}.log",
    benchmark:
        "<benchmarks>/circuit/prepare_effects.{cells}.jsonl"
    conda:
        "../envs/circuit.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=240,
    params:
        spec=spec("circuit/perturb_seq/{cells}", without=["cells", "embeddings", "fit", "scores"]),
        code=code("circuit/prepare_effects"),
    script:
        "../workflow_scripts/circuit/prepare_effects.py"


rule embed_interactome:
    input:
        network=resource("circuit/interactomes/{interactome}/network"),
        provenance=provenance_of("circuit/interactomes/{interactome}/network"),
    output:
        embedding="<results>/circuit/interactomes/{interactome}.h5ad",
    log:
        "<logs>/circuit/embed_interactome.{interactome}.log",
    benchmark:
        "<benchmarks>/circuit/embed_interactome.{interactome}.jsonl"
    conda:
        "../envs/circuit.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        spec=spec("circuit/interactomes/{interactome}", without=["network"]),
        code=code("circuit/embed_interactome"),
    script:
        "../workflow_scripts/circuit/embed_interactome.py"


rule predict_effects:
    input:
        effects="<results>/circuit/perturb_seq/{cells}/effects.h5ad",
        vectors=vectors_of(settings),
    output:
        predicted="<results>/circuit/perturb_seq/{cells}/predicted/{embedding}.h5ad",
    log:
        "<logs>/circuit/predict_effects.{cells}.{embedding}.log",
    benchmark:
        "<benchmarks>/circuit/predict_effects.{cells}.{embedding}.jsonl"
    wildcard_constraints:
        embedding=r"[A-Za-z0-9_-]+",
    conda:
        "../envs/circuit.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=240,
    params:
        spec=spec("circuit/perturb_seq/{cells}/fit"),
        code=code("circuit/predict_effects"),
        embedding="{embedding}",
    script:
        "../workflow_scripts/circuit/predict_effects.py"


rule score_effects:
    input:
        effects="<results>/circuit/perturb_seq/{cells}/effects.h5ad",
        predicted=predicted_effects(settings),
    output:
        metrics="<results>/circuit/perturb_seq/{cells}/metrics.parquet",
        comparisons="<results>/circuit/perturb_seq/{cells}/comparisons.parquet",
    log:
        "<logs>/circuit/score_effects.{cells}.log",
    benchmark:
        "<benchmarks>/circuit/score_effects.{cells}.jsonl"
    conda:
        "../envs/circuit.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        spec=spec("circuit/perturb_seq/{cells}/scores"),
        code=code("circuit/score_effects"),
        dataset="{cells}",
    script:
        "../workflow_scripts/circuit/score_effects.py"
