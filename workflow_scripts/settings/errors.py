"""The one exception for a configuration that cannot be run."""

from __future__ import annotations

from snakemake.exceptions import WorkflowError

from workflow_scripts.io.addresses import masked


class BadConfiguration(WorkflowError):
    """A fault in the configuration, a sheet or the folder of a run, said in one line; credentials are masked."""

    def __init__(self, line: str) -> None:
        super().__init__(masked(line))

    @property
    def __traceback__(self) -> None:
        """Snakemake prints the lines of code that this leads to, which tell a user nothing."""

    @__traceback__.setter
    def __traceback__(self, value: object) -> None:
        pass
