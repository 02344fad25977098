# Names that every rule file uses, and what each wildcard may be.
spec = settings.spec
names = settings.names
resource = settings.resource
row = settings.row
mirror = settings.mirror
truth = settings.truth
provenance = settings.provenance
provenance_of = settings.provenance_of
counts_file = settings.counts_file
shards = settings.shards
tracks = settings.tracks
each_track = settings.each_track
track_values = settings.track_values
job_names = settings.job_names
gene_embedding = settings.gene_embedding


wildcard_constraints:
    dataset=r"[^/]+(?<!\.provenance\.json)",  # a row of config/datasets.tsv
    corpus=r"[A-Za-z0-9_-]+",  # prebulk/corpora
    shard=r"\d{4}\d*",  # counted from 0000 within a corpus
    model=r"[A-Za-z0-9_.-]+",  # esm2/models
    set=r"[A-Za-z0-9_-]+",  # tracks/sets
    track=r"[A-Za-z0-9_-]+",  # tracks/sets/{set}/tracks
    run=r"(?!baselines/)[A-Za-z0-9_-]+",  # bulk/runs
