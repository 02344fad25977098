"""`snakemake --logger genelm`, where the folder above and the project are on PYTHONPATH, as `make run` has it."""

from workflow_scripts.terminal.handler import LogHandler

__all__ = ["LogHandler"]
