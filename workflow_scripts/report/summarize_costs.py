"""Add up what every rule cost: jobs, wall and CPU seconds, largest memory."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd

from workflow_scripts.io.attested import SUFFIX
from workflow_scripts.io.files import replacing
from workflow_scripts.report.costs import cost_per_rule, read_benchmarks
from workflow_scripts.report.pages import paragraph, table, write_page

LAST = ("summarize_costs", "summarize_results", "write_crate")


def summarize_costs(
    *, finished: list[Path], provenance: list[Path], costs: Path, page: Path, benchmarks: Path, names: str
) -> None:
    """The benchmark files below the folder `benchmarks` to one row a rule, as a table and as a page.

    `finished`, all that the run makes, is not read: it lets this rule run late. The rules LAST are not counted.
    Jobs that are named after something count where this configuration has it: `names` (with spaces between) of its
    models, sets, runs, shards and tracks, and the declared files, whose `provenance` is named after them. So what
    was removed, or belongs to another configuration, does not show for ever.
    """
    jobs = read_benchmarks(benchmarks)
    own = ["", *names.split(), *(path.name.removesuffix(SUFFIX) for path in provenance)]
    counted = jobs["name"].isin(own) & ~jobs["rule"].isin(LAST)
    summary = cost_per_rule(jobs[counted])
    with replacing(costs) as temporary:
        summary.to_csv(temporary, sep="\t", index=False, float_format="%.3f", lineterminator="\n", na_rep="NA")
    _write_page(summary, page)


def _write_page(summary: pd.DataFrame, page: Path) -> None:
    wall, cpu = (_amount(summary[column].sum(), 1) for column in ("wall_s", "cpu_s"))
    lead = (
        f"{summary['jobs'].sum():,} jobs of {len(summary)} rules took {wall} s of wall time, summed over jobs that may "
        f"have run side by side, and at least {cpu} s of CPU time."
    )
    note = (
        "CPU time and memory are sampled while a job runs, every half second at first and every 30 s later, so they "
        "are lower bounds; jobs that ended before the first sample are counted in the column “not sampled”. Jobs "
        "of runs, models, tracks and files that this configuration does not name are left out. A job that did not need "
        "to run again counts with its last run, and so does a rule without a name of its own that only another "
        "configuration ran in this folder."
    )
    columns = ["Rule", "Stage", "Jobs", "Not sampled", "Wall (s)", "Longest job (s)", "CPU (s)", "Largest memory (MiB)"]
    rows = [
        (
            row.rule,
            row.stage,
            f"{row.jobs:,}",
            f"{row.unsampled:,}",
            _amount(row.wall_s, 1),
            _amount(row.longest_s, 1),
            _amount(row.cpu_s, 1),
            _amount(row.max_rss_mib, 0),
        )
        for row in summary.itertuples()
    ]
    kinds = dict.fromkeys(columns[2:], "number")
    write_page(page, "Costs", "", [paragraph(lead), table("Cost per rule", columns, rows, kinds), paragraph(note)])


def _amount(value: float, digits: int) -> str:
    return "not sampled" if value != value else f"{value:,.{digits}f}"


if "snakemake" in globals():
    run(summarize_costs, snakemake)  # noqa: F821
