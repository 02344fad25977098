from pathlib import Path

from snakemake.utils import min_version

try:
    import workflow_scripts
except ModuleNotFoundError:  # of a git address Snakemake fetches single files, never what these import
    raise SystemExit(
        "GeneLM runs from a clone, not from a git address: `git clone` it, and give the path of its Snakefile."
    )

from workflow_scripts.rule import code
from workflow_scripts.settings.lock import hold_folder, require_writable
from workflow_scripts.settings.schema import stages
from workflow_scripts.settings.settings import Settings, any_of, memory
from workflow_scripts.settings.validation import read_yaml
from workflow_scripts.simulate.inputs import mirror

min_version("9.20")

require_writable(".snakemake")

if not workflow.overwrite_configfiles:
    read_yaml(Path(workflow.source_path("config/config.yaml")), "config/config.yaml")

    configfile: workflow.source_path("config/config.yaml")


settings = Settings(config, workflow.source_path("config/datasets.tsv"), workflow.configfiles)


pathvars:
    results=f"results/{settings.name}",
    resources="<results>/resources" if mirror(settings) else "resources",  # simulated files bear public names
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


report: "config/report/workflow.rst"


onstart:
    hold_folder()
    require_writable(placed("<results>"))


include: "rules/common.smk"


for stage in stages():

    include: f"rules/{stage}.smk"


rule all:
    default_target: True
    input:
        [getattr(rules, stage).input for stage in stages()],
