"""One vector per gene from its protein: the mean over residues of ESM2's last layer."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

log = logging.getLogger(__name__)


def embed_proteins(
    *,
    genes: Path,
    proteins: Path,
    weights: Path,
    provenance: Path | None,
    embedding: Path,
    spec: dict,
    policy: dict,
    threads: int,
) -> None:
    """Write the GeneEmbedding of the genes of `genes`, whose proteins `proteins` holds in the same order.

    A protein of up to `spec["window"]` residues is one window, and its vector the mean over its residues.
    A longer one is cut into overlapping windows: a residue has the mean of its vectors in the windows
    that hold it, the protein the mean over its residues. No gene is dropped: a gene without a protein,
    or with a vector that is not finite, is an error.
    """
    import numpy as np
    import pandas as pd

    from workflow_scripts.contracts import gene_embedding, gene_table
    from workflow_scripts.esm2 import backends
    from workflow_scripts.esm2.proteins import read
    from workflow_scripts.esm2.windows import cut, in_batches
    from workflow_scripts.io.errors import BadInput

    gene_ids = gene_table.read(genes)[0]["gene_id"].tolist()
    source = describe(weights, policy["licence"])
    sequences = read(proteins, gene_ids)
    model = backends.load(weights, spec["precision"])

    residues = np.array([len(sequence) for sequence in sequences])
    cuts = [cut(gene, length, spec["window"], spec["stride"]) for gene, length in enumerate(residues.tolist())]
    windows = [window for each in cuts for window in each]
    log.info("%d windows; %d proteins have more than one", len(windows), sum(len(each) > 1 for each in cuts))

    batches = list(in_batches(windows, policy["tokens_per_batch"]))
    parts = ([sequences[gene][start:end] for gene, start, end, _ in batch] for batch in batches)
    shares = ([window.share for window in batch] for batch in batches)
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
    obs = pd.DataFrame({"symbols": residues, "windows": [len(each) for each in cuts], "missing": False}, index=gene_ids)
    gene_embedding.write(means, obs, embedding, model=embedding.stem, **source)


def describe(weights: Path, licence: str) -> dict[str, str | bool]:
    """Return revision, weights_sha256, licence and stand_in of the weights.

    What the workflow fetched or made has its provenance beside it. A user's own file has none: it goes by
    its checksum and by the `licence` of the configuration.
    """
    from workflow_scripts.contracts import provenance
    from workflow_scripts.io.errors import BadInput
    from workflow_scripts.io.files import digest

    try:
        sha256 = digest(weights)
    except OSError as error:
        raise BadInput(weights, "", f"not readable ({error})", "Give the path of a checkpoint.") from error
    sidecar = weights.with_name(f"{weights.name}.provenance.json")
    if not sidecar.is_file():
        return {"revision": sha256[:12], "weights_sha256": sha256, "licence": licence, "stand_in": False}
    known = provenance.read(sidecar)
    if known["sha256"] != sha256:
        raise BadInput(weights, "sha256", f"is not the one in {sidecar.name}", "Download the file again.")
    if known["simulated"]:
        log.warning("%s is a stand-in for the real weights: %s", weights.name, known["note"])
    return {
        "revision": known["release"],
        "weights_sha256": sha256,
        "licence": known["licence"],
        "stand_in": bool(known["simulated"]),
    }


if "snakemake" in globals():
    run(embed_proteins, snakemake)  # noqa: F821
