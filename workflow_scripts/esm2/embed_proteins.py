"""One vector per gene from its protein: the mean over residues of a protein language model's last layer."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import gene_embedding, gene_table
from workflow_scripts.contracts import proteins as proteins_contract
from workflow_scripts.contracts import provenance as provenances
from workflow_scripts.esm2.encoders.registry import load_encoder
from workflow_scripts.esm2.proteins import spell
from workflow_scripts.esm2.windows import cut, in_batches
from workflow_scripts.io.errors import BadInput

log = logging.getLogger(__name__)


def embed_proteins(
    *,
    genes: Path,
    proteins: Path,
    weights: Path,
    provenance: Path,
    embedding: Path,
    spec: dict,
    policy: dict,
    threads: int,
) -> None:
    """Write the GeneEmbedding of the genes of `genes`, whose proteins `proteins` holds in the same order.

    A protein of up to `spec["window"]` residues is one window, and its vector the mean over its residues.
    A longer one is cut into overlapping windows: a residue has the mean of its vectors in the windows
    that hold it, the protein the mean over its residues. No gene is dropped: a gene without a protein,
    or with a vector that is not finite, is an error. `provenance` of the weights tells their origin.
    """
    table, _ = gene_table.read(genes)
    gene_ids = table["gene_id"].tolist()
    known = provenances.identify(provenance)
    model = load_encoder(weights, spec["precision"], spec["engine"])
    if model.simulated:
        known["origin"] = "simulated"
        log.warning("%s is a stand-in for real weights: %s", weights.name, model.simulated)
    sequences = spell(proteins_contract.read(proteins, gene_ids), model.letters, model.unknown)

    residues = np.array([len(sequence) for sequence in sequences])
    cuts = [cut(gene, length, spec["window"], spec["stride"]) for gene, length in enumerate(residues.tolist())]
    windows = [window for each in cuts for window in each]
    log.info("%d windows; %d proteins have more than one", len(windows), sum(len(each) > 1 for each in cuts))

    batches = list(in_batches(windows, policy["tokens_per_batch"]))
    parts = ([sequences[gene][start:end] for gene, start, end, _ in batch] for batch in batches)
    shares = (np.stack([window.share for window in batch]) for batch in batches)
    # Sums over windows in float64, so that the order of batches leaves no trace in float32.
    sums = np.zeros((len(gene_ids), model.dim))
    done = logged = 0
    pooled = model.pool_batches(zip(parts, shares, strict=True), threads)
    for batch, vectors in zip(batches, pooled, strict=True):
        np.add.at(sums, [window.gene for window in batch], vectors)
        done += len(batch)
        if done * 10 // len(windows) > logged:
            logged = done * 10 // len(windows)
            log.info("%d of %d windows", done, len(windows))
    means = sums / residues[:, None]

    finite = np.isfinite(means).all(axis=1)
    if not finite.all():
        gene = gene_ids[int(np.argmin(finite))]
        raise BadInput(weights, f"gene {gene}", "the model gives a vector that is not finite", "Check the weights.")
    about = {"symbol": table["symbol"].tolist(), "length": residues, "windows": [len(each) for each in cuts]}
    obs = pd.DataFrame({**about, "missing": False}, index=gene_ids)
    gene_embedding.write(means, obs, embedding, model=embedding.stem, architecture=model.architecture, **known)


if "snakemake" in globals():
    run(embed_proteins, snakemake)  # noqa: F821
