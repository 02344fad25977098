from workflow_scripts.simulate.inputs import truth, weights


rule simulate:
    input:
        weights(settings),
        truth(settings),


rule simulate_weights:
    output:
        weights="<results>/simulate/esm2_random.pt",
        provenance="<results>/simulate/esm2_random.pt.provenance.json",
    log:
        "<logs>/simulate/simulate_weights.log",
    benchmark:
        "<benchmarks>/simulate/simulate_weights.jsonl"
    conda:
        "../envs/simulate.yaml"
    params:
        spec=spec("simulate/weights"),
        code=code("simulate/simulate_weights"),
    script:
        "../workflow_scripts/simulate/simulate_weights.py"


rule simulate_mirror:
    input:
        weights="<results>/simulate/esm2_random.pt",
    output:
        mirror=directory("<results>/simulate/mirror"),
        truth=directory("<results>/simulate/truth"),
    log:
        "<logs>/simulate/simulate_mirror.log",
    benchmark:
        "<benchmarks>/simulate/simulate_mirror.jsonl"
    conda:
        "../envs/simulate.yaml"
    params:
        spec=spec("simulate/mirror"),
        code=code("simulate/simulate_mirror"),
    script:
        "../workflow_scripts/simulate/simulate_mirror.py"
