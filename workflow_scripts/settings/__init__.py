"""What the Snakefile knows of the configuration; the standard library and what Snakemake itself needs are enough."""
