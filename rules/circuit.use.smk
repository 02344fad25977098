# What a trained circuit is to others: a folder with its weights and edges, and what it says of perturbations.
from workflow_scripts.circuit.inputs import taken_circuit


wildcard_constraints:
    screen=any_of(names("circuit/screens")),


rule export_circuit:
    input:
        experiments="<results>/circuit/{network}/experiments.h5ad",
        model="<results>/circuit/{network}/{run}/model",
        metrics="<results>/circuit/{network}/{run}/metrics.parquet",
        comparisons="<results>/circuit/{network}/{run}/comparisons.parquet",
        taken=taken_circuit(settings, "<results>/circuit/{network}/{run}/settings.json"),
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
        spec=spec("circuit/runs/{run}", without=["search"]),
        selection=spec("circuit/export"),
        evaluation=spec("circuit/evaluation", without=["seed", "bootstrap_samples"]),
        code=code("circuit/export_circuit"),
        network="{network}",
        run="{run}",
    script:
        "../workflow_scripts/circuit/export_circuit.py"


rule screen_perturbations:
    input:
        experiments="<results>/circuit/{network}/experiments.h5ad",
        model="<results>/circuit/{network}/{run}/model",
        signature=resource("circuit/screens/{screen}/signature"),
        attested=provenance_of("circuit/screens/{screen}/signature"),
    output:
        screen="<results>/circuit/{network}/{run}/screens/{screen}.tsv",
        seals="<results>/circuit/{network}/{run}/screens/{screen}.tsv.sha256",
    log:
        "<logs>/circuit/screen_perturbations.{network}.{run}.{screen}.log",
    benchmark:
        "<benchmarks>/circuit/screen_perturbations.{network}.{run}.{screen}.jsonl"
    conda:
        "../envs/circuit.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000),
        runtime=240,
    params:
        spec=spec("circuit/screens/{screen}", without=["network", "signature"]),
        code=code("circuit/screen_perturbations"),
    script:
        "../workflow_scripts/circuit/screen_perturbations.py"
