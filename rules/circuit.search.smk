# A run that is searched: several trainings on each network, each a trial, of which the best on what is held out is the run.
from workflow_scripts.circuit.inputs import (
    all_circuit_trials,
    circuit_suggestion,
    earlier_circuit_trials,
    edges_that_may_be,
    searched_circuits,
)


rule suggest_circuit:
    input:
        earlier=earlier_circuit_trials(
            settings, "<results>/circuit/{network}/{run}/trials/{trial}/settings.json"
        ),
        selections=earlier_circuit_trials(
            settings, "<results>/circuit/{network}/{run}/trials/{trial}/selection.tsv"
        ),
        seals=earlier_circuit_trials(
            settings, "<results>/circuit/{network}/{run}/trials/{trial}/selection.tsv.sha256"
        ),
    output:
        settings="<results>/circuit/{network}/{run}/trials/{trial}/settings.json",
    log:
        "<logs>/circuit/suggest_circuit.{network}.{run}.{trial}.log",
    benchmark:
        "<benchmarks>/circuit/suggest_circuit.{network}.{run}.{trial}.jsonl"
    wildcard_constraints:
        run=any_of(searched_circuits(settings)),
    conda:
        "../envs/circuit.yaml"
    params:
        spec=circuit_suggestion(settings),
        code=code("circuit/suggest_circuit"),
        trial="{trial}",
    script:
        "../workflow_scripts/circuit/suggest_circuit.py"


rule try_circuit:
    input:
        experiments="<results>/circuit/{network}/experiments.h5ad",
        candidates=edges_that_may_be(settings, "<results>/circuit/{network}/candidates.parquet"),
        settings="<results>/circuit/{network}/{run}/trials/{trial}/settings.json",
    output:
        model=directory("<results>/circuit/{network}/{run}/trials/{trial}/model"),
        history="<results>/circuit/{network}/{run}/trials/{trial}/history.tsv",
        selection="<results>/circuit/{network}/{run}/trials/{trial}/selection.tsv",
        seals=[
            "<results>/circuit/{network}/{run}/trials/{trial}/history.tsv.sha256",
            "<results>/circuit/{network}/{run}/trials/{trial}/selection.tsv.sha256",
        ],
        edges="<results>/circuit/{network}/{run}/trials/{trial}/edges.parquet",
    log:
        "<logs>/circuit/try_circuit.{network}.{run}.{trial}.log",
    benchmark:
        "<benchmarks>/circuit/try_circuit.{network}.{run}.{trial}.jsonl"
    wildcard_constraints:
        run=any_of(searched_circuits(settings)),
    conda:
        "../envs/circuit.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=1440,
        gpu=1,
    params:
        spec=spec("circuit/runs/{run}", without=["search"]),
        policy=policy("circuit/runs/{run}/training"),
        code=code("circuit/try_circuit"),
    script:
        "../workflow_scripts/circuit/try_circuit.py"


rule take_circuit:
    input:
        suggested=all_circuit_trials(
            settings, "<results>/circuit/{network}/{run}/trials/{trial}/settings.json"
        ),
        models=all_circuit_trials(settings, "<results>/circuit/{network}/{run}/trials/{trial}/model"),
        histories=all_circuit_trials(settings, "<results>/circuit/{network}/{run}/trials/{trial}/history.tsv"),
        selections=all_circuit_trials(
            settings, "<results>/circuit/{network}/{run}/trials/{trial}/selection.tsv"
        ),
        seals=all_circuit_trials(
            settings,
            "<results>/circuit/{network}/{run}/trials/{trial}/history.tsv.sha256",
            "<results>/circuit/{network}/{run}/trials/{trial}/selection.tsv.sha256",
        ),
        ranked=all_circuit_trials(settings, "<results>/circuit/{network}/{run}/trials/{trial}/edges.parquet"),
    output:
        model=directory("<results>/circuit/{network}/{run}/model"),
        history="<results>/circuit/{network}/{run}/history.tsv",
        selection="<results>/circuit/{network}/{run}/selection.tsv",
        edges="<results>/circuit/{network}/{run}/edges.parquet",
        settings="<results>/circuit/{network}/{run}/settings.json",
        table="<results>/circuit/{network}/{run}/trials.tsv",
        seals=[
            "<results>/circuit/{network}/{run}/history.tsv.sha256",
            "<results>/circuit/{network}/{run}/selection.tsv.sha256",
            "<results>/circuit/{network}/{run}/trials.tsv.sha256",
        ],
    log:
        "<logs>/circuit/take_circuit.{network}.{run}.log",
    benchmark:
        "<benchmarks>/circuit/take_circuit.{network}.{run}.jsonl"
    wildcard_constraints:
        run=any_of(searched_circuits(settings)),
    conda:
        "../envs/circuit.yaml"
    params:
        spec=spec("circuit/runs/{run}/search", without=["method", "trials", "at_once", "seed", "space"]),
        code=code("circuit/take_circuit"),
    script:
        "../workflow_scripts/circuit/take_circuit.py"
