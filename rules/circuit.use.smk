# What a trained circuit is to others: a folder with its weights and edges, and what it says of perturbations.


rule export_circuit:
    input:
        experiments="<results>/circuit/{network}/experiments.h5ad",
        model="<results>/circuit/{network}/{run}/model",
        metrics="<results>/circuit/{network}/{run}/metrics.parquet",
        comparisons="<results>/circuit/{network}/{run}/comparisons.parquet",
        provenance=provenance_of("circuit/networks/{network}"),
    output:
        export=directory("<results>/circuit/{network}/{run}/export"),
    log:
        "<logs>/circuit/export_circuit.{network}.{run}.log",
    benchmark:
        "<benchmarks>/circuit/export_circuit.{network}.{run}.jsonl"
    conda:
        "../envs/circuit.yaml"
    params:
        spec=spec("circuit/runs/{run}"),
        selection=spec("circuit/export"),
        evaluation=spec("circuit/evaluation", without=["seed", "bootstrap_samples"]),
        code=code("circuit/export_circuit"),
        network="{network}",
        run="{run}",
    script:
        "../workflow_scripts/circuit/export_circuit.py"
