"""A trained run applied to new samples: by `make predict`, and in three lines of Python elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest

from tests.prebulk.sources import write_salmon, write_star
from tests.support.workflow import AS_A_USER, RESULTS, ROOT
from workflow_scripts.contracts import predicted, predictions, sample_embedding

RUN = f"{RESULTS}/bulk/small"


@pytest.fixture(scope="module")
def held_out(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Counts of the demo's test samples of ARCHS4 (genes x samples), as they stand in its file."""
    samples = pd.read_parquet(demo / f"{RESULTS}/prebulk/samples.parquet")
    names = samples.query("split == 'test' and corpus == 'archs4'")["sample_id"]
    with h5py.File(demo / f"{RESULTS}/resources/human_gene_v2.5.h5") as file:
        columns = list(file["meta/samples/geo_accession"].asstr()[:])
        genes = file["meta/genes/ensembl_gene"].asstr()[:]
        counts = file["data/expression"][:][:, [columns.index(name) for name in names]]
    return pd.DataFrame(counts, index=pd.Index(genes, name="gene"), columns=names)


@pytest.fixture(scope="module")
def folder(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo, to go on from."""
    folder = tmp_path_factory.mktemp("predict") / "run"
    shutil.copytree(demo, folder)
    return folder


def predict(folder: Path, counts: pd.DataFrame, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`make predict` of a table; its sample sheet says nothing but names."""
    files = {"COUNTS": folder / f"{name}.tsv", "SAMPLES": folder / f"{name}_samples.tsv"}
    counts.to_csv(files["COUNTS"], sep="\t")
    files["SAMPLES"].write_text("\n".join(["sample", *counts.columns]) + "\n")
    return ask(folder, name, **{**files, **variables})


def ask(folder: Path, name: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    """`make predict`, whose results are called `name`."""
    given = {"RUN": "small", "NAME": name, "DIRECTORY": folder, "CORES": "2", **variables}
    command = ["make", "predict", *(f"{key}={value}" for key, value in given.items())]
    return subprocess.run(command, cwd=ROOT, env=AS_A_USER, text=True, capture_output=True, timeout=1500)


def test_held_out_samples_are_embedded_and_classified_bit_for_bit(folder: Path, held_out: pd.DataFrame) -> None:
    few = held_out.iloc[:, ::3].copy()
    few["low"] = 0
    genes = pd.read_parquet(folder / f"{RESULTS}/reference/genes.parquet")["gene_id"]
    few.loc[genes[0], "low"] = 1  # one count in one gene
    before = {path: path.stat().st_mtime_ns for path in (folder / RUN).rglob("*") if path.is_file()}
    result = predict(folder, few, "new")
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(few.columns)} of {len(few.columns)} samples predicted" in result.stdout
    written = folder / f"{RUN}/predicted/new"
    assert f"Table: {written}/samples.tsv" in result.stdout

    own = sample_embedding.read(folder / f"{RUN}/embeddings.h5ad")
    found = sample_embedding.read(written / "embeddings.h5ad")
    known = [name for name in found.obs_names if name != "low"]
    assert known == list(held_out.columns[::3])
    np.testing.assert_array_equal(found[known].X, own[known].X)
    classes = predictions.read(folder / f"{RUN}/predictions.parquet").set_index("sample_id")["predicted"]
    table = predicted.read(written / "samples.tsv").set_index("sample_id")
    assert table.loc[known, "predicted"].tolist() == classes[known].tolist()
    assert table["probability"].between(1 / 9, 1).all() and table.loc[known, "measured"].eq(1).all()
    assert "farther from the train samples" in table.loc["low", "note"]
    imputed = anndata.read_h5ad(written / "imputed.h5ad")
    assert np.isfinite(imputed.X).all() and imputed.var["symbol"].str.len().min() > 0
    assert all(path.stat().st_mtime_ns == changed for path, changed in before.items()), "nothing is made again"


def test_files_of_star_and_salmon_that_a_sheet_names_are_embedded_alike(folder: Path, held_out: pd.DataFrame) -> None:
    """The sheet says which they are; transcripts of salmon find their genes by the annotation of the run."""
    few = held_out.iloc[:, :2]
    own = sample_embedding.read(folder / f"{RUN}/embeddings.h5ad")[few.columns].X
    reads = {name: {kind: few[name].to_numpy() for kind in ("unstranded", "forward", "reverse")} for name in few}
    for name in few:
        write_star(folder / f"{name}ReadsPerGene.out.tab", list(few.index), reads[name])
    lines = [f"{name}\t{name}ReadsPerGene.out.tab" for name in few]
    (folder / "star_samples.tsv").write_text("\n".join(["sample\tfile", *lines]) + "\n")
    result = ask(folder, "star", SAMPLES=folder / "star_samples.tsv", FORMAT="star", STRANDEDNESS="unstranded")
    assert result.returncode == 0, result.stdout + result.stderr
    found = sample_embedding.read(folder / f"{RUN}/predicted/star/embeddings.h5ad")
    np.testing.assert_array_equal(found[few.columns].X, own)

    genes = pd.read_parquet(folder / f"{RESULTS}/reference/genes.parquet").set_index("gene_id")
    lengths = genes["exon_length"].to_numpy(float)
    for name in few:
        counts = few.loc[genes.index, name].to_numpy(float)
        tpm = 1e6 * (counts / lengths) / (counts / lengths).sum()
        write_salmon(folder / f"{name}/quant.sf", genes["transcript_id"].tolist(), lengths, counts, tpm)
    (folder / "salmon_samples.csv").write_text("\n".join(["sample,file", *(f"{name},{name}" for name in few)]) + "\n")
    result = ask(folder, "salmon", SAMPLES=folder / "salmon_samples.csv", FORMAT="salmon")
    assert result.returncode == 0, result.stdout + result.stderr
    found = sample_embedding.read(folder / f"{RUN}/predicted/salmon/embeddings.h5ad")
    np.testing.assert_allclose(found[few.columns].X, own, atol=1e-3)


def test_samples_of_another_organism_or_run_are_one_clear_line(folder: Path, held_out: pd.DataFrame) -> None:
    mouse = held_out.set_axis([name.replace("ENSG", "ENSMUSG") for name in held_out.index])
    result = predict(folder, mouse, "mouse")
    assert result.returncode != 0
    said = result.stdout + result.stderr
    assert "its rows are Ensembl ids of mouse genes" in said and "the table has Ensembl ids of human genes" in said
    assert not (folder / f"{RUN}/predicted/mouse").exists()
    result = predict(folder, held_out, "other", RUN="large")
    assert "config/config.yaml: bulk/runs: has no run 'large'; RUN is one of small" in result.stderr


THREE_LINES = """
import sys
import pandas as pd
from genelm import load
model = load(sys.argv[1])
table = model.predict(pd.read_csv(sys.argv[2], sep="\\t", index_col=0))
assert not {"snakemake", "anndata", "sklearn", "h5py"} & {name.split(".")[0] for name in sys.modules}
table.to_csv(sys.argv[3], sep="\\t")
"""


def test_an_exported_model_loads_where_only_torch_is(demo: Path, held_out: pd.DataFrame, tmp_path: Path) -> None:
    """A fresh environment with the package installed, and no clone in sight; the folder was copied there."""
    source, environment = tmp_path / "source", tmp_path / "environment"
    source.mkdir()
    for name in ("workflow_scripts", "pyproject.toml", "LICENSE", "README.md"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, source / name)
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(environment)], check=True)
    python = environment / "bin/python"
    torch = next(line for line in (ROOT / "requirements.lock").read_text().splitlines() if line.startswith("torch=="))
    install = [*uv, "pip", "install", "-q", "--python", str(python), torch, str(source)]
    subprocess.run(install, check=True, timeout=1500)
    shutil.copytree(demo / f"{RUN}/export", tmp_path / "sent")
    symbols = pd.read_parquet(demo / f"{RESULTS}/reference/genes.parquet").set_index("gene_id")["symbol"]
    named = held_out[held_out.index.isin(symbols.index)].rename(index=symbols)
    named.T.to_csv(tmp_path / "counts.tsv", sep="\t")  # symbols, samples down
    (tmp_path / "use.py").write_text(THREE_LINES)
    command = [str(python), "use.py", "sent", "counts.tsv", "found.tsv"]
    done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(tmp_path / "found.tsv", sep="\t", index_col=0)
    classes = predictions.read(demo / f"{RUN}/predictions.parquet").set_index("sample_id")["predicted"]
    assert found["predicted"].tolist() == classes[held_out.columns].tolist()
    card = (tmp_path / "sent/README.md").read_text()
    assert card.startswith("---\nlibrary_name: genelm\n") and "Trained on simulated data" in card
    assert "logistic regression on log-TPM" in card and "| test | 54 |" in card
    (train,) = re.findall(r"\| train \| (\d+) \|", card)
    assert f"holds the normalized expression of {train} train samples" in card
