"""The one exception for a configuration that cannot be run."""

from __future__ import annotations

from snakemake.exceptions import WorkflowError


class BadConfiguration(WorkflowError):
    """A fault in the configuration or a sheet, said in one line."""

    @property
    def __traceback__(self) -> None:
        """Snakemake prints the lines of code that this leads to, which tell a user nothing."""

    @__traceback__.setter
    def __traceback__(self, value: object) -> None:
        pass
