from workflow_scripts.simulate.inputs import mirror, truth, weights


wildcard_constraints:
    circuit=r"[A-Za-z0-9_-]+",  # simulate/circuits
    pairs=r"[A-Za-z0-9_-]+",  # simulate/enhancers


rule simulate:
    input:
        weights(settings),
        truth(settings),
        collect("<results>/simulate/circuits/{circuit}/gold_standard.tsv", circuit=names("simulate/circuits")),
        collect("<results>/simulate/enhancers/{pairs}/pairs.tsv", pairs=names("simulate/enhancers")),


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


rule simulate_circuit:
    input:
        organism=branch(mirror(settings), then="<results>/simulate/truth", otherwise=[]),
    output:
        timeseries="<results>/simulate/circuits/{circuit}/timeseries.tsv",
        knockouts="<results>/simulate/circuits/{circuit}/knockouts.tsv",
        knockdowns="<results>/simulate/circuits/{circuit}/knockdowns.tsv",
        wildtype="<results>/simulate/circuits/{circuit}/wildtype.tsv",
        multifactorial="<results>/simulate/circuits/{circuit}/multifactorial.tsv",
        dualknockouts_indexes="<results>/simulate/circuits/{circuit}/dualknockouts_indexes.tsv",
        nonoise_dualknockouts="<results>/simulate/circuits/{circuit}/nonoise_dualknockouts.tsv",
        perturbed="<results>/simulate/circuits/{circuit}/perturbed.tsv",
        regulators="<results>/simulate/circuits/{circuit}/regulators.tsv",
        motif_edges="<results>/simulate/circuits/{circuit}/motif_edges.tsv",
        gold_standard="<results>/simulate/circuits/{circuit}/gold_standard.tsv",
        truth="<results>/simulate/circuits/{circuit}/truth/circuit.tsv",
        targets="<results>/simulate/circuits/{circuit}/truth/compounds.tsv",
        seals=[
            "<results>/simulate/circuits/{circuit}/truth/circuit.tsv.sha256",
            "<results>/simulate/circuits/{circuit}/truth/compounds.tsv.sha256",
        ],
        attested=[
            "<results>/simulate/circuits/{circuit}/timeseries.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/knockouts.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/knockdowns.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/wildtype.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/multifactorial.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/dualknockouts_indexes.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/nonoise_dualknockouts.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/perturbed.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/regulators.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/motif_edges.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/gold_standard.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/truth/circuit.tsv.provenance.json",
            "<results>/simulate/circuits/{circuit}/truth/compounds.tsv.provenance.json",
        ],
    log:
        "<logs>/simulate/simulate_circuit.{circuit}.log",
    benchmark:
        "<benchmarks>/simulate/simulate_circuit.{circuit}.jsonl"
    conda:
        "../envs/simulate.yaml"
    params:
        spec=spec("simulate/circuits/{circuit}", without=["cells"]),
        code=code("simulate/simulate_circuit"),
    script:
        "../workflow_scripts/simulate/simulate_circuit.py"


rule simulate_enhancers:
    input:
        organism=branch(mirror(settings), then="<results>/simulate/truth", otherwise=[]),
    output:
        pairs="<results>/simulate/enhancers/{pairs}/pairs.tsv",
        truth="<results>/simulate/enhancers/{pairs}/truth/enhancers.tsv",
        seals=["<results>/simulate/enhancers/{pairs}/truth/enhancers.tsv.sha256"],
        attested=[
            "<results>/simulate/enhancers/{pairs}/pairs.tsv.provenance.json",
            "<results>/simulate/enhancers/{pairs}/truth/enhancers.tsv.provenance.json",
        ],
    log:
        "<logs>/simulate/simulate_enhancers.{pairs}.log",
    benchmark:
        "<benchmarks>/simulate/simulate_enhancers.{pairs}.jsonl"
    conda:
        "../envs/simulate.yaml"
    params:
        spec=spec("simulate/enhancers/{pairs}"),
        code=code("simulate/simulate_enhancers"),
    script:
        "../workflow_scripts/simulate/simulate_enhancers.py"


rule simulate_cells:
    input:
        organism=branch(mirror(settings), then="<results>/simulate/truth", otherwise=[]),
    output:
        cells="<results>/simulate/circuits/{circuit}/cells.h5ad",
        truth="<results>/simulate/circuits/{circuit}/truth/cells.tsv",
        seals=["<results>/simulate/circuits/{circuit}/truth/cells.tsv.sha256"],
        attested=[
            "<results>/simulate/circuits/{circuit}/cells.h5ad.provenance.json",
            "<results>/simulate/circuits/{circuit}/truth/cells.tsv.provenance.json",
        ],
    log:
        "<logs>/simulate/simulate_cells.{circuit}.log",
    benchmark:
        "<benchmarks>/simulate/simulate_cells.{circuit}.jsonl"
    conda:
        "../envs/simulate.yaml"
    params:
        spec=spec("simulate/circuits/{circuit}"),
        code=code("simulate/simulate_cells"),
    script:
        "../workflow_scripts/simulate/simulate_cells.py"
