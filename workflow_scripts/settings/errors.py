"""The one exception for a configuration that cannot be run."""

from __future__ import annotations

from snakemake.exceptions import WorkflowError


class BadConfiguration(WorkflowError):
    """A fault in the configuration or a sheet, said in one line; of a kind that Snakemake prints without a trace."""
