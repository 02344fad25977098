from snakemake.utils import min_version

from workflow_scripts.configuration import Settings, memory
from workflow_scripts.rule import code

min_version("9.20")

if not workflow.overwrite_configfiles:

    configfile: workflow.source_path("config/config.yaml")


settings = Settings(config, workflow.source_path("config/datasets.tsv"), workflow.configfiles)


report: "config/report/workflow.rst"


include: "rules/common.smk"
include: "rules/simulate.smk"
include: "rules/download.smk"
include: "rules/prebulk.smk"
include: "rules/esm2.smk"
include: "rules/tracks.smk"
include: "rules/bulk.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        rules.simulate.input,
        rules.download.input,
        rules.prebulk.input,
        rules.esm2.input,
        rules.tracks.input,
        rules.bulk.input,
        rules.report.input,
