"""Abundance of transcripts as salmon or kallisto quantified it, a file a sample, to counts of genes.

`quant.sf` of salmon (or `quant.genes.sf`, which has genes already): Name, Length, EffectiveLength, TPM, NumReads.
`abundance.tsv` of kallisto: target_id, length, eff_length, est_counts, tpm; `abundance.h5`: `est_counts`, `aux/ids` and
`aux/eff_lengths` (bp), of which TPM are made with every digit. See `registry` for what a reader has.

Counts of a gene are made from abundance, as tximport's `lengthScaledTPM` does: the TPM of its transcripts, summed,
times a length of the gene, scaled to the reads of the sample. The length is that of the gene table, by which counts are
divided again: ln(TPM+1) then has the lengths of the transcripts that the sample itself expresses, and no sample depends
on another. (Soneson et al. 2015, https://doi.org/10.12688/f1000research.7563; formats:
https://salmon.readthedocs.io/en/latest/file_formats.html, https://pachterlab.github.io/kallisto/manual)
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from workflow_scripts.contracts.identifiers import without_version
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import open_maybe_gzip
from workflow_scripts.prebulk.gene_mapping import GeneMapping, GeneNames
from workflow_scripts.prebulk.sample_files import SampleFiles, gene_names, read_blocks

SCALES = ("counts",)
OPTIONS = ("transcripts", "lengths")
NEEDS = ("samples",)
IN_FOLDER = ("quant.sf", "quant.sf.gz", "abundance.h5", "abundance.tsv", "abundance.tsv.gz")
GROUPS = {}
LABELS = {}
FIELDS = ["sample_id"]
QUALITY = ()

COLUMNS = {"Name": ["TPM", "NumReads"], "target_id": ["tpm", "est_counts"]}  # by the name of the first: TPM and reads
MILLION = 1e-3  # relative distance from a million that rounding leaves
REMEDY = "Give quant.sf of salmon, or abundance.tsv or abundance.h5 of kallisto."


def read_samples(
    files: SampleFiles, part: int, parts: int, fields: set[str], *, transcripts: dict[str, str], lengths: np.ndarray
) -> pd.DataFrame:
    return files.described()


def read_genes(files: SampleFiles, *, transcripts: dict[str, str], lengths: np.ndarray) -> GeneNames:
    return gene_names(files, partial(read_file, transcripts=transcripts))


def read_counts(
    files: SampleFiles,
    mapping: GeneMapping,
    part: int,
    parts: int,
    wanted: np.ndarray,
    threads: int,
    *,
    transcripts: dict[str, str],
    lengths: np.ndarray,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """transcripts: {transcript: gene}; lengths: of the genes of the table (bp)."""
    read, counts_of = partial(read_file, transcripts=transcripts), partial(scaled, lengths=lengths)
    yield from read_blocks(files, mapping, wanted, read, counts_of)


def scaled(sums: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Counts of genes (float64) from their TPM and reads (genes x 2): TPM x length, scaled to the reads."""
    weight = sums[:, 0] * lengths
    return weight * (sums[:, 1].sum() / weight.sum()) if weight.any() else weight


def read_file(path: Path, transcripts: dict[str, str]) -> tuple[list[str], np.ndarray]:
    """The genes of a file, in the order in which they come first, and their TPM and reads (genes x 2, float64).

    Raises BadInput where TPM do not add up to a million, as those of a whole file do.
    """
    names, tpm, reads = _of_hdf5(path) if h5py.is_hdf5(path) else _of_text(path)
    for kind, values in (("TPM", tpm), ("number of reads", reads)):
        wrong = ~((values >= 0) & (values < np.inf))
        if wrong.any():
            at = int(wrong.argmax())
            raise BadInput(path, names[at], f"{values[at]:g} is no {kind}", "Quantify the sample again.")
    if tpm.any() and abs(tpm.sum() / 1e6 - 1) > MILLION:
        reason = f"its TPM add up to {tpm.sum():,.0f}, not to a million"
        raise BadInput(path, "", reason, "It is cut short, or was changed: get the file again.")
    position: dict[str, int] = {}
    gene_of = [position.setdefault(_gene(name, transcripts), len(position)) for name in names]
    return list(position), np.stack([np.bincount(gene_of, values) for values in (tpm, reads)], axis=1)


def _gene(name: str, transcripts: dict[str, str]) -> str:
    """The gene of a transcript: as GENCODE's names tell it (ENST...|ENSG...|...), else of the annotation.

    What is neither stays as it is: a gene, in a file of genes, else what no gene of the table is called.
    """
    transcript, _, rest = name.partition("|")
    return rest.partition("|")[0] or transcripts.get(without_version(transcript), transcript)


def _of_text(path: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    try:
        with open_maybe_gzip(path, "rb") as handle:
            table = pd.read_csv(handle, sep="\t")
    except (OSError, EOFError, zlib.error, ValueError) as error:  # pandas' own are ValueErrors
        raise BadInput(path, "", f"cannot be read ({error})", REMEDY) from error
    first = table.columns[0]
    missing = [column for column in COLUMNS.get(first, COLUMNS) if column not in table]
    if missing:
        raise BadInput(path, "line 1", f"has no column `{missing[0]}`", REMEDY)
    tpm, reads = (pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64) for column in COLUMNS[first])
    tpm = tpm if reads.any() else np.zeros_like(tpm)  # without reads kallisto writes nan
    return table[first].astype(str).tolist(), tpm, reads


def _of_hdf5(path: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    try:
        with h5py.File(path) as file:
            names = [name.decode() for name in file["aux/ids"][:]]
            reads, effective = (file[name][:].astype(np.float64) for name in ("est_counts", "aux/eff_lengths"))
    except (OSError, KeyError, ValueError) as error:
        raise BadInput(path, "", f"cannot be read ({error})", REMEDY) from error
    rate = np.divide(reads, effective, out=np.zeros_like(reads), where=reads != 0)
    return names, 1e6 * rate / rate.sum() if rate.any() else rate, reads
