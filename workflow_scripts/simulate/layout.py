"""The mirror: files at the public addresses that they stand in for, and the manifest that says what they are.

A file of the address `https://HOST/PATH` lies at `HOST/PATH` below the mirror. `MANIFEST.tsv` at its root
lists every file: dataset (the file's name), url, sha256, bytes, licence, what, facts.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.io.files import digest
from workflow_scripts.io.seal import seal_beside

LICENCE = "CC0-1.0"
ENSEMBL = "ftp.ensembl.org/pub/release-107"
GENOME = f"{ENSEMBL}/fasta/homo_sapiens/dna/Homo_sapiens.GRCh38.dna.primary_assembly.fa.gz"
ANNOTATION = f"{ENSEMBL}/gtf/homo_sapiens/Homo_sapiens.GRCh38.107.gtf.gz"
PROTEOME = f"{ENSEMBL}/fasta/homo_sapiens/pep/Homo_sapiens.GRCh38.pep.all.fa.gz"
ARCHS4 = "s3.dev.maayanlab.cloud/archs4/files/human_gene_v2.5.h5"
COHORT = "gdc-hub.s3.us-east-1.amazonaws.com/download/{project}.star_counts.tsv.gz"
WEIGHTS = "dl.fbaipublicfiles.com/fair-esm/models/esm2_t6_8M_UR50D.pt"
# No public pair of stranded NET-seq and PRO-seq tracks is known that fits here: these stand under a host
# name that is reserved for examples, as do variants.
VARIANTS = "genelm.example/simulated/promoter_variants.vcf"
TRACK = "genelm.example/simulated/{assay}.{strand}.bw"
COLUMNS = ("dataset", "url", "sha256", "bytes", "licence", "what", "facts")


def write_gzip(path: Path, text: str) -> None:
    """Write `text` gzip-compressed, without a time or name in the header: equal texts give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 6, mtime=0))


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a tab-separated table with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_manifest(mirror: Path, described: dict[str, tuple[str, str]]) -> None:
    """Write MANIFEST.tsv over files of the mirror, and its seal; `described` gives (what, facts) for each place."""
    rows = []
    for place, (what, facts) in described.items():
        file = mirror / place
        size = file.stat().st_size
        rows.append((file.name, f"https://{place}", digest(file), size, LICENCE, f"SIMULATED {what}", facts))
    write_table(mirror / "MANIFEST.tsv", COLUMNS, rows)
    seal_beside(mirror / "MANIFEST.tsv")
