"""Small files in the layouts that prebulk reads, and a corpus run through its doors."""

from __future__ import annotations

import gzip
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd

from workflow_scripts.contracts import expression, gene_table, sample_sheet
from workflow_scripts.contracts.gene_order import order_digest

FILTERS = {"min_measured_genes": 0, "min_nonzero_genes": 0, "max_singlecellprobability": 0.5, "min_aligned_reads": 0}


def spec(format_: str = "archs4", **changes) -> dict:
    """The section of one corpus, complete."""
    group = {"by": {"xena": "patient", "archs4": "series", "archs4py": "series"}.get(format_, "sheet"), "pattern": ""}
    label = {"by": "none", "pattern": ""}
    general = {
        "format": format_,
        "shards_per_file": 1,
        "files_per_shard": 256,
        "filters": FILTERS,
        "predict_only": False,
    }
    given = general | {"group": group, "label": label} | changes
    return given | {"label": {"classes": {}} | given["label"]}


def write_text(path: Path, text: str) -> Path:
    """Write `text`, gzipped where the name says so."""
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def protein(
    gene: str,
    transcript: str,
    sequence: str = "MKV",
    place: str = "chromosome:GRCh38:1:101:900:1",
    biotype: str = "protein_coding",
    transcript_biotype: str = "protein_coding",
) -> str:
    """One record of a pep.all FASTA; the protein is named as its transcript, P for T."""
    name = transcript.replace("ENST", "ENSP")
    symbol = f"gene_symbol:S{gene.split('.')[0][-3:]} description:made up [Source: none]"
    biotypes = f"gene_biotype:{biotype} transcript_biotype:{transcript_biotype}"
    return f">{name} pep {place} gene:{gene} transcript:{transcript} {biotypes} {symbol}\n{sequence}\n"


def gtf_line(feature: str, start: int, end: int, gene: str, transcript: str = "", **more: str | list[str]) -> str:
    """One line of an Ensembl GTF on chromosome 1, plus strand unless `strand` says otherwise."""
    strand, chrom = more.pop("strand", "+"), more.pop("chrom", "1")
    fields = {"gene_id": gene, "gene_biotype": "protein_coding"}
    fields |= {"transcript_id": transcript, "transcript_biotype": "protein_coding"} if transcript else {}
    fields |= {name: value for name, value in more.items() if name != "tag"}
    words = [f'{name} "{value}";' for name, value in fields.items()] + [f'tag "{tag}";' for tag in more.get("tag", [])]
    return "\t".join([chrom, "made", feature, str(start), str(end), ".", strand, ".", " ".join(words)]) + "\n"


def transcript(gene: str, name: str, exons: list[tuple[int, int]], coding: tuple[int, int], **more) -> str:
    """The lines of one transcript; `coding` is its CDS, within the exons."""
    lines = [gtf_line("transcript", exons[0][0], exons[-1][1], gene, name, **more)]
    for start, end in exons:
        lines.append(gtf_line("exon", start, end, gene, name, **more))
        if max(start, coding[0]) <= min(end, coding[1]):
            coded = max(start, coding[0]), min(end, coding[1])
            lines.append(gtf_line("CDS", *coded, gene, name, protein_id=name.replace("ENST", "ENSP"), **more))
    return "".join(lines)


def gene_id(number: int) -> str:
    return f"ENSG{number:011d}"


def write_genes(path: Path, genes: int, length: np.ndarray | None = None) -> pd.DataFrame:
    """A gene table of `genes` genes, named gene_id(0), gene_id(1), ..., symbols S0, S1, ..."""
    rows = pd.DataFrame(
        {
            "gene_id": [gene_id(number) for number in range(genes)],
            "symbol": [f"S{number}" for number in range(genes)],
            "chrom": "1",
            "start": np.arange(genes) * 1000,
            "end": np.arange(genes) * 1000 + 500,
            "strand": "+",
            "tss": np.arange(genes) * 1000,
            "transcript_id": "T",
            "protein_id": "P",
            "protein_length": 10,
            "exon_length": np.linspace(200, 4000, genes) if length is None else length,
        }
    )
    gene_table.write(rows, path, "GRCh38")
    return rows


def write_archs4(
    path: Path,
    counts: np.ndarray,
    *,
    ids: list[str] | None = None,
    chunks: tuple[int, int] | None = (4, 3),
    fields: dict[str, list] | None = None,
    symbols: list[str] | None = None,
    **filters,
) -> Path:
    """An ARCHS4 v2 file of `counts` (genes x samples). `ids=[]` leaves the Ensembl ids out."""
    genes, samples = counts.shape
    accessions = [f"GSM{number}" for number in range(samples)]
    meta = {
        "geo_accession": accessions,
        "series_id": [f"GSE{number}" for number in range(samples)],
        "source_name_ch1": ["liver"] * samples,
        "title": accessions,
        "singlecellprobability": [0.1] * samples,
        "alignedreads": [1e7] * samples,
    } | (fields or {})
    with h5py.File(path, "w") as file:
        file.create_dataset("data/expression", data=counts, chunks=chunks, **({"compression": "gzip"} | filters))
        if ids is None or ids:
            file["meta/genes/ensembl_gene"] = ids or [gene_id(number) for number in range(genes)]
        file["meta/genes/symbol"] = symbols or [f"S{number}" for number in range(genes)]
        for name, values in meta.items():
            file[f"meta/samples/{name}"] = values
    return path


def write_xena(path: Path, counts: np.ndarray, samples: list[str], ids: list[str] | None = None) -> Path:
    """A Xena table of `counts` (genes x samples) as log2(count+1)."""
    ids = ids or [f"{gene_id(number)}.7" for number in range(len(counts))]
    lines = ["\t".join(["Ensembl_ID", *samples])]
    lines += ["\t".join([name, *map(repr, np.log2(row + 1.0).tolist())]) for name, row in zip(ids, counts, strict=True)]
    return write_text(path, "\n".join(lines) + "\n")


def write_shard(folder: Path, corpus: str, shard: int, x: np.ndarray, obs: pd.DataFrame, gene_ids: list[str]) -> Path:
    """An ExpressionStore of `x` (samples x genes), with its sketch; returns the path of the store."""
    from workflow_scripts.prebulk import sketch

    obs = obs.assign(corpus=corpus, total_counts=1.0, nonzero_genes=1)
    path = folder / f"expression/{corpus}/{shard:04d}.h5ad"
    expression.write(x, obs, gene_ids, ~np.isnan(x).all(axis=0), path)
    sketch.write(list(obs.index), x.astype(np.float32), order_digest(gene_ids), sketch_of(path))
    return path


def sketch_of(path: Path) -> Path:
    return path.parents[2] / "sketch" / path.parent.name / f"{path.stem}.npz"


def write_table(
    path: Path, values: np.ndarray, genes: list[str], samples: list[str], *, header: str = "gene", samples_in="columns"
) -> Path:
    """A table of `values` (genes x samples), with commas where the name says so; no digit is lost."""
    down, across = (genes, samples) if samples_in == "columns" else (samples, genes)
    lines = [[header, *across]]
    rows = values if samples_in == "columns" else values.T
    lines += [[name, *map(repr, map(float, row))] for name, row in zip(down, rows, strict=True)]
    separator = "," if ".csv" in path.name else "\t"
    return write_text(path, "".join(separator.join(line) + "\n" for line in lines))


def write_gct(path: Path, values: np.ndarray, genes: list[str], samples: list[str]) -> Path:
    """A GCT file as GTEx publishes them."""
    lines = [["#1.2"], [str(len(genes)), str(len(samples))], ["Name", "Description", *samples]]
    lines += [[name, f"about {name}", *map(repr, map(float, row))] for name, row in zip(genes, values, strict=True)]
    return write_text(path, "".join("\t".join(line) + "\n" for line in lines))


def write_h5ad(path: Path, values, genes: list[str], samples: list[str], layer: str = "", **var) -> Path:
    """An .h5ad file as scanpy's users have them: samples x genes, X or a layer (X is then something else)."""
    x = (
        values.T
        if not layer
        else np.zeros_like(np.asarray(values.T.todense() if hasattr(values, "todense") else values.T))
    )
    data = anndata.AnnData(x, pd.DataFrame(index=samples), pd.DataFrame(var, index=genes))
    if layer:
        data.layers[layer] = values.T
    data.write_h5ad(path)
    return path


def write_recount3(path: Path, coverage: np.ndarray, genes: list[str], samples: list[str]) -> Path:
    """Gene sums of base coverage."""
    lines = [["##annotation=G026"], ["##date.generated=2020-05-12"], ["gene_id", *samples]]
    lines += [[name, *map(str, row.astype(int))] for name, row in zip(genes, coverage, strict=True)]
    return write_text(path, "".join("\t".join(line) + "\n" for line in lines))


def write_qc(path: Path, lengths: dict[str, float]) -> Path:
    """A table recount_qc, with the columns that are read and one more."""
    lines = ["rail_id\texternal_id\tstudy\tstar.average_mapped_length"]
    lines += [f"{at}\t{name}\tSRP1\t{length}" for at, (name, length) in enumerate(lengths.items())]
    return write_text(path, "\n".join(lines) + "\n")


def write_sheet(path: Path, rows: pd.DataFrame) -> Path:
    """The SampleSheet of samples that stand in one file, as match_samples leaves it; index: samples."""
    table = rows.rename_axis("sample_id").reset_index().astype(object)
    table.insert(1, "file", "counts")
    sample_sheet.write(table, path)
    return path


def write_star(path: Path, genes: list[str], reads: dict[str, np.ndarray], header: bool = False) -> Path:
    """STAR's ReadsPerGene.out.tab of reads by strand (unstranded, forward, reverse); with the header of the GDC."""
    of_none = ["N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"]
    between = ["", ""] if header else []
    lines = [[name, *between, "900000", "800000", "700000"] for name in of_none]
    about = ["name", "protein_coding"] if header else []
    after = ["1.5", "1.25", "2.5"] if header else []  # TPM and FPKM
    lines += [
        [name, *about, *map(str, row), *after] for name, row in zip(genes, np.stack([*reads.values()], 1), strict=True)
    ]
    names = ["gene_id", "gene_name", "gene_type", "unstranded", "stranded_first", "stranded_second", "tpm_unstranded"]
    head = [["# gene-model: GENCODE v36"], [*names, "fpkm_unstranded", "fpkm_uq_unstranded"]] if header else []
    return write_text(path, "".join("\t".join(line) + "\n" for line in [*head, *lines]))


def write_salmon(path: Path, names: list[str], effective: np.ndarray, reads: np.ndarray, tpm: np.ndarray) -> Path:
    """salmon's quant.sf, with as many digits as it writes."""
    path.parent.mkdir(exist_ok=True)
    lines = ["Name\tLength\tEffectiveLength\tTPM\tNumReads"]
    for name, bp, share, number in zip(names, effective, tpm, reads, strict=True):
        lines.append(f"{name}\t{bp + 200:.0f}\t{bp:.3f}\t{share:.6f}\t{number:.3f}")
    return write_text(path, "\n".join(lines) + "\n")


def write_kallisto(path: Path, names: list[str], effective: np.ndarray, reads: np.ndarray, tpm: np.ndarray) -> Path:
    """kallisto's abundance.tsv, or its abundance.h5, which holds no TPM."""
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file["aux/ids"] = np.array(names, "S")
            file["aux/eff_lengths"], file["est_counts"] = effective, reads
            file["bootstrap/bs0"] = reads + 1
        return path
    lines = ["target_id\tlength\teff_length\test_counts\ttpm"]
    for name, bp, share, number in zip(names, effective, tpm, reads, strict=True):
        lines.append(f"{name}\t{bp + 200:.0f}\t{bp:.6g}\t{number:.9g}\t{share:.9g}".replace("nan", "-nan"))
    return write_text(path, "\n".join(lines) + "\n")
