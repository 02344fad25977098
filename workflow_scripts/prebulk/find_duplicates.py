"""Samples that stand twice, within a corpus or across corpora, and which one of them stays."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.rule import run

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

log = logging.getLogger(__name__)

PAIRS = 512  # decided at once; their rows are all that is in memory of X


def find_duplicates(
    *, sketches: list[Path], expression: list[Path], duplicates: Path, spec: dict, threads: int
) -> None:
    """Write the table of duplicates over all shards (see `prebulk/duplicates`).

    Two samples are the same if log(TPM+1) correlates with at least `min_correlation` (Pearson) over the genes
    that both measure. Candidates come from the sketches; only their rows are read from the expression.
    """
    import numpy as np

    from workflow_scripts.prebulk import duplicates as found
    from workflow_scripts.prebulk import sketch

    _require_corpora(spec["prefer"], expression)
    samples, values = _read(sketches, expression, sketch)
    pairs, left_out = found.candidate_pairs(values, spec["min_correlation"], threads)
    for first, second in left_out:
        log.warning("%d and %d samples share too few genes: not compared with each other", first, second)
    correlation = _correlations(expression, samples, pairs)
    same = correlation >= spec["min_correlation"]
    below = correlation[~same].max(initial=-1)
    log.info(
        "%d samples: %d candidate pairs, %d the same (lowest correlation %.5f), highest below the limit %.5f",
        len(samples), len(pairs), same.sum(), correlation[same].min(initial=1), below,
    )  # fmt: skip
    table = found.drop_all_but_one(samples, pairs[same], correlation[same], spec["prefer"])
    found.write(table.astype({"correlation": np.float64}), duplicates)
    for corpus, count in table["corpus"].value_counts().sort_index().items():
        log.info("%s: %d samples dropped as duplicates", corpus, count)


def _require_corpora(prefer: list[str], expression: list[Path]) -> None:
    """Raise BadInput where `prefer` names a corpus that is not there (shards lie in the folder of their corpus)."""
    from workflow_scripts.contracts.errors import BadInput

    corpora = sorted({path.parent.name for path in expression})
    unknown = [name for name in prefer if name not in corpora]
    if unknown:
        remedy = f"The corpora are {', '.join(corpora)}."
        raise BadInput("configuration", "prebulk/duplicates/prefer", f"{unknown[0]!r} is no corpus", remedy)


def _read(sketches: list[Path], expression: list[Path], sketch) -> "tuple[pd.DataFrame, np.ndarray]":
    """All kept samples (sample_id, corpus, label, shard, row) and their sketches, in the order of the files."""
    import numpy as np
    import pandas as pd

    from workflow_scripts.contracts import expression as expression_store
    from workflow_scripts.contracts.errors import BadInput

    frames, values, gene_order = [], [], None
    for index, (sketch_path, path) in enumerate(zip(sketches, expression, strict=True)):
        read = sketch.read(sketch_path, gene_order)
        gene_order = read.gene_order
        with expression_store.opened(path, gene_order) as data:
            if list(data.obs_names) != list(read.sample_id):
                raise BadInput(sketch_path, "sample_id", f"not the samples of {path}", "Run normalize_counts again.")
            frame = data.obs[["corpus", "label"]].astype(str).rename_axis("sample_id").reset_index()
        frames.append(frame.assign(shard=index, row=np.arange(len(frame))))
        values.append(read.values)
    samples = pd.concat(frames, ignore_index=True)
    repeated = samples[samples["sample_id"].duplicated(keep=False)]
    if len(repeated):
        name, where = repeated["sample_id"].iloc[0], ", ".join(sorted(set(repeated["corpus"])))
        remedy = "Give each file to one corpus, once."
        raise BadInput("corpora", f"sample {name!r}", f"stands twice under one identifier ({where})", remedy)
    return samples, np.concatenate(values)


def _correlations(expression: list[Path], samples: "pd.DataFrame", pairs: "np.ndarray") -> "np.ndarray":
    """Pearson correlation of each pair (float64), over all genes, reading the rows of the pairs only."""
    import numpy as np

    from workflow_scripts.prebulk.duplicates import correlations

    result = np.empty(len(pairs))
    shard, row = samples["shard"].to_numpy(), samples["row"].to_numpy()
    order = np.lexsort((shard[pairs[:, 1]], shard[pairs[:, 0]]))  # pairs of the same two files together
    for first in range(0, len(order), PAIRS):
        chosen = order[first : first + PAIRS]
        wanted, places = np.unique(pairs[chosen], return_inverse=True)
        x = _rows(expression, shard[wanted], row[wanted])
        places = places.reshape(-1, 2)
        result[chosen] = correlations(x[places[:, 0]], x[places[:, 1]])
    return result


def _rows(expression: list[Path], shard: "np.ndarray", row: "np.ndarray") -> "np.ndarray":
    """X (len(row) x genes) of the given rows of the given shards; both ascend."""
    import numpy as np

    from workflow_scripts.contracts import expression as expression_store

    blocks = []
    for index in np.unique(shard):
        with expression_store.opened(expression[index]) as data:
            blocks.append(expression_store.read_rows(data, row[shard == index], expression[index]))
    return np.concatenate(blocks)


if "snakemake" in globals():
    run(find_duplicates, snakemake)  # noqa: F821
