from workflow_scripts.circuit.inputs import all_networks, all_predicted_effects, of_screens
from workflow_scripts.circuit.inputs import edges_that_may_be, limiting, telling, told, unsearched_circuits


wildcard_constraints:
    network=any_of(all_networks(settings)),
    complete=any_of(names("circuit/networks")),
    percent=r"\d+",


rule circuit:
    input:
        collect(
            "<results>/circuit/{network}/{file}",
            network=names("circuit/networks"),
            file=["experiments.h5ad", "baselines/edges.parquet"],
        ),
        collect("<results>/circuit/{network}/candidates.parquet", network=limiting(settings)),
        collect("<results>/circuit/{network}/truth.parquet", network=telling(settings, "truth")),
        collect("<results>/circuit/{network}/outcomes.h5ad", network=telling(settings, "double_knockouts")),
        collect(
            "<results>/circuit/{network}/{run}/predicted.h5ad",
            network=telling(settings, "double_knockouts"),
            run=names("circuit/runs"),
        ),
        collect(
            "<results>/circuit/enhancers/{pairs}/{file}",
            pairs=names("circuit/enhancers"),
            file=["pairs.parquet", "links", "metrics.parquet"],
        ),
        of_screens(settings, "<results>/circuit/{network}/{run}/screens/{screen}.tsv"),
        collect(
            "<results>/circuit/perturb_seq/{cells}/{file}",
            cells=names("circuit/perturb_seq"),
            file=["effects.h5ad", "metrics.parquet"],
        ),
        all_predicted_effects(settings),
        collect(
            "<results>/circuit/interactomes/{interactome}.h5ad", interactome=names("circuit/interactomes")
        ),
        collect(
            "<results>/circuit/{network}/{run}/{file}",
            network=names("circuit/networks"),
            run=names("circuit/runs"),
            file=["edges.parquet", "selection.tsv", "history.tsv", "metrics.parquet", "export"],
        ),


rule prepare_experiments:
    input:
        wild_type=resource("circuit/networks/{network}/wild_type"),
        knockouts=resource("circuit/networks/{network}/knockouts"),
        knockdowns=resource("circuit/networks/{network}/knockdowns"),
        multifactorial=resource("circuit/networks/{network}/multifactorial"),
        time_series=resource("circuit/networks/{network}/time_series"),
        perturbed=resource("circuit/networks/{network}/perturbed"),
        attested=provenance_of(
            "circuit/networks/{network}/wild_type",
            "circuit/networks/{network}/knockouts",
            "circuit/networks/{network}/knockdowns",
            "circuit/networks/{network}/multifactorial",
            "circuit/networks/{network}/time_series",
            "circuit/networks/{network}/perturbed",
        ),
    output:
        experiments="<results>/circuit/{network}/experiments.h5ad",
    log:
        "<logs>/circuit/prepare_experiments.{network}.log",
    benchmark:
        "<benchmarks>/circuit/prepare_experiments.{network}.jsonl"
    wildcard_constraints:
        network=any_of(names("circuit/networks")),
    conda:
        "../envs/circuit.yaml"
    params:
        spec=spec(
            "circuit/networks/{network}",
            without=[
                "wild_type",
                "knockouts",
                "knockdowns",
                "multifactorial",
                "time_series",
                "perturbed",
                "regulators",
                "possible_edges",
                "truth",
                "double_knockouts",
                "double_knockout_pairs",
            ],
        ),
        code=code("circuit/prepare_experiments"),
    script:
        "../workflow_scripts/circuit/prepare_experiments.py"


rule prepare_outcomes:
    input:
        pairs=resource("circuit/networks/{network}/double_knockout_pairs"),
        levels=resource("circuit/networks/{network}/double_knockouts"),
        attested=provenance_of(
            "circuit/networks/{network}/double_knockout_pairs",
            "circuit/networks/{network}/double_knockouts",
        ),
        experiments="<results>/circuit/{network}/experiments.h5ad",
    output:
        outcomes="<results>/circuit/{network}/outcomes.h5ad",
    log:
        "<logs>/circuit/prepare_outcomes.{network}.log",
    benchmark:
        "<benchmarks>/circuit/prepare_outcomes.{network}.jsonl"
    conda:
        "../envs/circuit.yaml"
    params:
        code=code("circuit/prepare_outcomes"),
    script:
        "../workflow_scripts/circuit/prepare_outcomes.py"


rule prepare_candidates:
    input:
        regulators=resource("circuit/networks/{network}/regulators"),
        possible_edges=resource("circuit/networks/{network}/possible_edges"),
        attested=provenance_of(
            "circuit/networks/{network}/regulators",
            "circuit/networks/{network}/possible_edges",
        ),
        experiments="<results>/circuit/{network}/experiments.h5ad",
    output:
        candidates="<results>/circuit/{network}/candidates.parquet",
    log:
        "<logs>/circuit/prepare_candidates.{network}.log",
    benchmark:
        "<benchmarks>/circuit/prepare_candidates.{network}.jsonl"
    conda:
        "../envs/circuit.yaml"
    params:
        code=code("circuit/prepare_candidates"),
    script:
        "../workflow_scripts/circuit/prepare_candidates.py"


rule prepare_truth:
    input:
        edges=resource("circuit/networks/{network}/truth"),
        attested=provenance_of("circuit/networks/{network}/truth"),
        experiments="<results>/circuit/{network}/experiments.h5ad",
    output:
        truth="<results>/circuit/{network}/truth.parquet",
    log:
        "<logs>/circuit/prepare_truth.{network}.log",
    benchmark:
        "<benchmarks>/circuit/prepare_truth.{network}.jsonl"
    conda:
        "../envs/circuit.yaml"
    params:
        code=code("circuit/prepare_truth"),
    script:
        "../workflow_scripts/circuit/prepare_truth.py"


rule infer_baselines:
    input:
        experiments="<results>/circuit/{network}/experiments.h5ad",
        candidates=edges_that_may_be(settings, "<results>/circuit/{network}/candidates.parquet"),
    output:
        edges="<results>/circuit/{network}/baselines/edges.parquet",
    log:
        "<logs>/circuit/infer_baselines.{network}.log",
    benchmark:
        "<benchmarks>/circuit/infer_baselines.{network}.jsonl"
    conda:
        "../envs/circuit.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=240,
    params:
        spec=spec("circuit/baselines"),
        code=code("circuit/infer_baselines"),
    script:
        "../workflow_scripts/circuit/infer_baselines.py"


rule train_circuit:
    input:
        experiments="<results>/circuit/{network}/experiments.h5ad",
        candidates=edges_that_may_be(settings, "<results>/circuit/{network}/candidates.parquet"),
    output:
        model=directory("<results>/circuit/{network}/{run}/model"),
        history="<results>/circuit/{network}/{run}/history.tsv",
        selection="<results>/circuit/{network}/{run}/selection.tsv",
        seals=[
            "<results>/circuit/{network}/{run}/history.tsv.sha256",
            "<results>/circuit/{network}/{run}/selection.tsv.sha256",
        ],
        edges="<results>/circuit/{network}/{run}/edges.parquet",
    log:
        "<logs>/circuit/train_circuit.{network}.{run}.log",
    benchmark:
        "<benchmarks>/circuit/train_circuit.{network}.{run}.jsonl"
    wildcard_constraints:
        run=any_of(unsearched_circuits(settings)),
    conda:
        "../envs/circuit.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=1440,
        gpu=1,
    params:
        spec=spec("circuit/runs/{run}", without=["search"]),
        policy=policy("circuit/runs/{run}/training"),
        code=code("circuit/train_circuit"),
    script:
        "../workflow_scripts/circuit/train_circuit.py"


rule predict_responses:
    input:
        experiments="<results>/circuit/{network}/experiments.h5ad",
        outcomes="<results>/circuit/{network}/outcomes.h5ad",
        model="<results>/circuit/{network}/{run}/model",
    output:
        predicted="<results>/circuit/{network}/{run}/predicted.h5ad",
    log:
        "<logs>/circuit/predict_responses.{network}.{run}.log",
    benchmark:
        "<benchmarks>/circuit/predict_responses.{network}.{run}.jsonl"
    conda:
        "../envs/circuit.yaml"
    params:
        code=code("circuit/predict_responses"),
        run="{run}",
    script:
        "../workflow_scripts/circuit/predict_responses.py"


rule score_circuit:
    input:
        experiments="<results>/circuit/{network}/experiments.h5ad",
        model="<results>/circuit/{network}/{run}/model",
        edges="<results>/circuit/{network}/{run}/edges.parquet",
        baselines="<results>/circuit/{network}/baselines/edges.parquet",
        truth=told(settings, "truth", "<results>/circuit/{network}/truth.parquet"),
        outcomes=told(settings, "double_knockouts", "<results>/circuit/{network}/outcomes.h5ad"),
        predicted=told(settings, "double_knockouts", "<results>/circuit/{network}/{run}/predicted.h5ad"),
    output:
        scores="<results>/circuit/{network}/{run}/scores.parquet",
        metrics="<results>/circuit/{network}/{run}/metrics.parquet",
        comparisons="<results>/circuit/{network}/{run}/comparisons.parquet",
    log:
        "<logs>/circuit/score_circuit.{network}.{run}.log",
    benchmark:
        "<benchmarks>/circuit/score_circuit.{network}.{run}.jsonl"
    conda:
        "../envs/circuit.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=240,
    params:
        spec=spec("circuit/evaluation"),
        code=code("circuit/score_circuit"),
        network="{network}",
        run="{run}",
    script:
        "../workflow_scripts/circuit/score_circuit.py"


include: "circuit.enhancers.smk"
include: "circuit.missing.smk"
include: "circuit.search.smk"
include: "circuit.use.smk"
include: "circuit.perturb_seq.smk"
