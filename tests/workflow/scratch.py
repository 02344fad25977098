"""What the tests of the README's recipes add to a copy of the project: the least that each of them can be."""

DOOR = '''
    """How long the genes are."""

    from workflow_scripts.rule import run

    from pathlib import Path

    from matplotlib.figure import Figure

    from workflow_scripts.contracts import gene_table


    def measure_lengths(*, genes: Path, table: Path, figure: Path, spec: dict, policy: dict) -> None:
        """Write the length of each gene in `spec["unit"]` bp, and a histogram of them."""
        found, _ = gene_table.read(genes)
        length = (found["end"] - found["start"]) / spec["unit"]
        length.to_frame("length").to_parquet(table)
        drawn = Figure()
        drawn.subplots().hist(length)
        drawn.savefig(figure, dpi=policy["dpi"])


    if "snakemake" in globals():
        run(measure_lengths, snakemake)  # noqa: F821
'''

RULES = """
    rule lengths:
        input:
            branch(section("lengths"), then="<results>/lengths/lengths.parquet", otherwise=[]),


    rule measure_lengths:
        input:
            genes="<results>/reference/genes.parquet",
        output:
            table="<results>/lengths/lengths.parquet",
            figure=report("<results>/lengths/lengths.png", category="Lengths"),
        log:
            "<logs>/lengths/measure_lengths.log",
        benchmark:
            "<benchmarks>/lengths/measure_lengths.jsonl"
        conda:
            "../envs/lengths.yaml"
        params:
            spec=spec("lengths"),
            policy=policy("lengths"),
            code=code("lengths/measure_lengths"),
        script:
            "../workflow_scripts/lengths/measure_lengths.py"
"""

SCHEMA = """
    description: How long the genes are.
    type: object
    additionalProperties: false
    properties:
      unit: {description: Unit of length (bp)., type: integer, minimum: 1, default: 1}
      dpi: {description: Resolution., type: integer, minimum: 10, default: 50, changes_results: false}
"""

READER = '''
    """Counts in a plain table: gene ids down, samples across, tab-separated."""

    from __future__ import annotations

    import numpy as np
    import pandas as pd

    from workflow_scripts.prebulk.gene_mapping import GeneNames

    SCALES = ("counts",)
    OPTIONS = ()
    NEEDS = ()
    IN_FOLDER = ()
    GROUPS = {"plate": ["plate"]}
    LABELS = {}
    FIELDS = ["plate"]
    QUALITY = ()


    def read_samples(path, part, parts, fields):
        names = pd.read_csv(path, sep="\\t", index_col=0, nrows=0).columns[part::parts]
        return pd.DataFrame({"sample_id": names, "plate": [name.split("_")[0] for name in names]})


    def read_genes(path):
        return GeneNames([pd.read_csv(path, sep="\\t", usecols=[0]).iloc[:, 0].tolist()])


    def read_counts(path, mapping, part, parts, wanted, threads):
        counts = pd.read_csv(path, sep="\\t", index_col=0).iloc[mapping.rows, part::parts].to_numpy(float)
        yield np.flatnonzero(wanted), mapping.sum_rows(counts[:, wanted])
'''

ENCODER = '''
    """How often a protein has each of two letters."""

    import numpy as np


    class Letters:
        architecture, simulated, dim, letters, unknown = "counts of letters", "", 3, "MK-", "-"

        def pool_batches(self, batches, threads):
            for sequences, shares in batches:
                spelled = np.array([list(sequence) for sequence in sequences])
                yield np.stack([((spelled == letter) * shares).sum(axis=1) for letter in self.letters], axis=1)


    def recognizes(weights):
        return weights.read_text().startswith("letters")


    def load(weights, precision, engine):
        return Letters()
'''

MODEL = '''
    """The train mean of each gene and a trained offset: the least that a bulk model can be."""

    from __future__ import annotations

    from dataclasses import dataclass

    import numpy as np
    import torch
    from torch import nn

    from workflow_scripts.bulk.objectives import Prediction

    SETTINGS = {
        "description": "A trained offset of each gene.",
        "type": "object",
        "additionalProperties": False,
        "properties": {"start": {"description": "First offset.", "type": "number", "default": 0.5}},
    }
    MULTIPLES = {}
    STATES = False
    NOISE = 0


    @dataclass(frozen=True)
    class OffsetConfig:
        genes: int
        start: float


    class Offset(nn.Module):
        def __init__(self, config):
            super().__init__()
            self.config = config
            self.offset = nn.Parameter(torch.full((config.genes,), config.start))


    def create(settings, genes, base, learned, seed, tokens):
        return Offset(OffsetConfig(genes=genes.n_obs, **settings))


    def restore(architecture):
        return Offset(OffsetConfig(**architecture))


    def forward(network, base, batch):
        return Prediction((base.mean + network.offset).expand_as(batch.values))


    @torch.inference_mode()
    def predict(network, base, values, visible):
        predicted = torch.where(base.known, base.mean + network.offset, float("nan")).numpy()
        return np.broadcast_to(predicted, values.shape).astype(np.float32)


    def embed(network, base, values):
        return np.nan_to_num(values)[:, :8].astype(np.float32)
'''

METRIC = '''
    """Matthews' correlation coefficient of several classes (Gorodkin 2004)."""

    from __future__ import annotations

    import numpy as np


    def matthews(counts: np.ndarray) -> np.ndarray:
        """counts (..., classes, 3), see `class_counts`, to (...)."""
        true, predicted, both = np.moveaxis(counts, -1, 0)
        n, right = true.sum(-1), both.sum(-1)
        above = right * n - (true * predicted).sum(-1)
        return above / np.sqrt((n**2 - (predicted**2).sum(-1)) * (n**2 - (true**2).sum(-1)))
'''
