rule reference:
    input:
        provenance("reference"),
        branch(
            section("reference"),
            then=[
                "<results>/reference/genes.parquet",
                "<results>/reference/proteins.fa",
                "<results>/reference/gene_choices.tsv",
            ],
            otherwise=[],
        ),
        branch(
            section("reference/gene_aliases"), then="<results>/reference/gene_aliases.parquet", otherwise=[]
        ),
        branch(
            section("reference/genome"),
            then=[
                "<results>/reference/genome.fa",
                "<results>/reference/genome.fa.fai",
                "<results>/reference/chromosomes.parquet",
                "<results>/reference/gene_bodies.parquet",
            ],
            otherwise=[],
        ),


rule list_gene_aliases:
    input:
        names=resource("reference/gene_aliases"),
        genes="<results>/reference/genes.parquet",
        attested=provenance_of("reference/gene_aliases"),
    output:
        aliases="<results>/reference/gene_aliases.parquet",
    log:
        "<logs>/reference/list_gene_aliases.log",
    benchmark:
        "<benchmarks>/reference/list_gene_aliases.jsonl"
    conda:
        "../envs/reference.yaml"
    params:
        code=code("reference/list_gene_aliases"),
    script:
        "../workflow_scripts/reference/list_gene_aliases.py"


rule make_gene_table:
    input:
        proteome=resource("reference/proteome"),
        gtf=resource("reference/gtf"),
        lengths=resource("reference/lengths/file"),
        attested=provenance_of("reference/proteome", "reference/gtf", "reference/lengths"),
    output:
        genes="<results>/reference/genes.parquet",
        proteins="<results>/reference/proteins.fa",
        choices="<results>/reference/gene_choices.tsv",
        seals="<results>/reference/proteins.fa.sha256",
    log:
        "<logs>/reference/make_gene_table.log",
    benchmark:
        "<benchmarks>/reference/make_gene_table.jsonl"
    conda:
        "../envs/reference.yaml"
    params:
        spec=spec("reference", without=["genome", "gene_aliases", "chromosomes", "chromosome_aliases"]),
        code=code("reference/make_gene_table"),
    script:
        "../workflow_scripts/reference/make_gene_table.py"


rule list_transcripts:
    input:
        gtf=resource("reference/gtf"),
        attested=provenance_of("reference/gtf"),
    output:
        transcripts="<results>/reference/transcripts.parquet",
    log:
        "<logs>/reference/list_transcripts.log",
    benchmark:
        "<benchmarks>/reference/list_transcripts.jsonl"
    conda:
        "../envs/reference.yaml"
    params:
        code=code("reference/list_transcripts"),
    script:
        "../workflow_scripts/reference/list_transcripts.py"


rule list_annotated_genes:
    input:
        gtf=resource("reference/gtf"),
        attested=provenance_of("reference/gtf"),
        chromosomes="<results>/reference/chromosomes.parquet",
    output:
        genes="<results>/reference/annotated_genes.parquet",
    log:
        "<logs>/reference/list_annotated_genes.log",
    benchmark:
        "<benchmarks>/reference/list_annotated_genes.jsonl"
    conda:
        "../envs/reference.yaml"
    params:
        code=code("reference/list_annotated_genes"),
    script:
        "../workflow_scripts/reference/list_annotated_genes.py"


rule index_genome:
    input:
        fasta=resource("reference/genome"),
        attested=provenance_of("reference/genome"),
    output:
        genome="<results>/reference/genome.fa",
        index="<results>/reference/genome.fa.fai",
        seals=["<results>/reference/genome.fa.sha256", "<results>/reference/genome.fa.fai.sha256"],
    log:
        "<logs>/reference/index_genome.log",
    benchmark:
        "<benchmarks>/reference/index_genome.jsonl"
    conda:
        "../envs/reference.yaml"
    params:
        code=code("reference/index_genome"),
    script:
        "../workflow_scripts/reference/index_genome.py"


rule name_chromosomes:
    input:
        index="<results>/reference/genome.fa.fai",
        seals="<results>/reference/genome.fa.fai.sha256",
        aliases=resource("reference/chromosome_aliases"),
        attested=provenance_of("reference/chromosome_aliases"),
    output:
        chromosomes="<results>/reference/chromosomes.parquet",
    log:
        "<logs>/reference/name_chromosomes.log",
    benchmark:
        "<benchmarks>/reference/name_chromosomes.jsonl"
    conda:
        "../envs/reference.yaml"
    params:
        spec=spec("reference/chromosomes"),
        code=code("reference/name_chromosomes"),
    script:
        "../workflow_scripts/reference/name_chromosomes.py"


rule place_genes:
    input:
        genes="<results>/reference/genes.parquet",
        chromosomes="<results>/reference/chromosomes.parquet",
    output:
        bodies="<results>/reference/gene_bodies.parquet",
    log:
        "<logs>/reference/place_genes.log",
    benchmark:
        "<benchmarks>/reference/place_genes.jsonl"
    conda:
        "../envs/reference.yaml"
    params:
        code=code("reference/place_genes"),
    script:
        "../workflow_scripts/reference/place_genes.py"
