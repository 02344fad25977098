# What every rule file asks of the configuration.
names = settings.names
section = settings.section
spec = settings.spec
policy = settings.policy
values_of = settings.values_of
resource = settings.resource
provenance = settings.provenance
provenance_of = settings.provenance_of


def placed(path):
    """A path as Snakemake places those of a rule: its folder filled in, below the prefix of a module."""
    return workflow.pathvars.apply(workflow.modifier.modify_path(path))
