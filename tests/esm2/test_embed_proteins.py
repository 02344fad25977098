"""The door: one vector for every gene, in gene order, with the truth about the weights."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pytest
import torch

from tests.support.esm2 import ENGINES, fair_esm
from tests.support.examples import genes
from tests.support.real_data import REAL_MIRROR, needs_real_data
from workflow_scripts.contracts import gene_embedding, gene_table, provenance
from workflow_scripts.esm2.embed_proteins import embed_proteins
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.settings.schema import load_schema
from workflow_scripts.settings.validation import validate
from workflow_scripts.simulate.simulate_weights import simulate_weights


def inputs(folder: Path, proteins: list[str]) -> tuple[Path, Path]:
    """A gene table and the FASTA file beside it, for genes G0, G1, ..."""
    ids = [f"G{number}" for number in range(len(proteins))]
    gene_table.write(genes(ids).assign(symbol=[f"S-{name}" for name in ids]), folder / "genes.parquet", "toy")
    records = (f">{name} P{name}\n{protein}\n" for name, protein in zip(ids, proteins, strict=True))
    (folder / "proteins.fa").write_text("".join(records))
    seal_beside(folder / "proteins.fa")
    return folder / "genes.parquet", folder / "proteins.fa"


def embed(
    folder: Path, proteins: list[str], weights: Path, threads: int = 1, record: Path | None = None, **settings: Any
) -> anndata.AnnData:
    """Run the door with the defaults of the schema and `settings`; without a `record` the weights are a user's own."""
    config = {"models": {"toy": {"weights": str(weights), **settings}}}
    validate(config, load_schema("esm2"), "test")
    table, fasta = inputs(folder, proteins)
    embedding = folder / "esm2_toy.h5ad"
    if record is None:
        record = recorded(weights, folder, url="", release="", licence="unknown")
    embed_proteins(
        genes=table,
        proteins=fasta,
        weights=weights,
        provenance=record,
        embedding=embedding,
        spec=config["models"]["toy"],
        policy=config["models"]["toy"],
        threads=threads,
    )
    return gene_embedding.read(embedding, gene_table.read(table)[1])


def recorded(weights: Path, folder: Path, **changes: Any) -> Path:
    """The provenance of `weights`, not beside it and under a name of its own."""
    known = dict.fromkeys(provenance.KEYS, "")
    known |= {"url": "https://a/w.pt", "release": "r1", "sha256": digest(weights), "licence": "CC0", "simulated": False}
    provenance.write(known | changes, folder / "record.json")
    return folder / "record.json"


@pytest.fixture
def copied(checkpoint: dict[str, Any], tmp_path: Path) -> Path:
    """The checkpoint in the folder of the test."""
    torch.save(checkpoint, tmp_path / "weights.pt")
    return tmp_path / "weights.pt"


def test_a_short_protein_has_the_mean_that_fair_esm_gives(
    weights: Path, checkpoint: dict[str, Any], proteins: list[str], tmp_path: Path
) -> None:
    found = embed(tmp_path, proteins, weights)
    expected = [fair_esm(checkpoint, protein).mean(axis=0) for protein in proteins]
    np.testing.assert_allclose(found.X, expected, atol=1e-5)
    assert found.obs_names.tolist() == [f"G{number}" for number in range(len(proteins))]
    table, _ = gene_table.read(tmp_path / "genes.parquet")
    assert found.obs["symbol"].tolist() == table["symbol"].tolist() == [f"S-{name}" for name in found.obs_names]
    assert found.obs["length"].tolist() == [len(protein) for protein in proteins]
    assert found.obs["windows"].tolist() == [1] * len(proteins)
    assert not found.obs["missing"].any()


def test_a_long_protein_is_the_mean_over_residues_of_the_mean_over_windows(
    weights: Path, checkpoint: dict[str, Any], tmp_path: Path
) -> None:
    protein = "".join(np.random.default_rng(1).choice(list("ACDEFGHIKLMNPQRSTVWY"), 1700))
    found = embed(tmp_path, ["MKT", protein], weights)
    # by hand: starts 0, 511 and 1700 - 1022 = 678
    vectors = np.full((3, 1700, found.n_vars), np.nan)
    for row, start in enumerate((0, 511, 678)):
        vectors[row, start : start + 1022] = fair_esm(checkpoint, protein[start : start + 1022])
    by_hand = np.nanmean(vectors, axis=0).mean(axis=0)
    np.testing.assert_allclose(found.X[1], by_hand, atol=1e-5)
    assert found.obs["windows"].tolist() == [1, 3]
    # another rule would show: neither the first window alone nor a plain mean over windows fits
    assert np.abs(vectors[0, :1022].mean(axis=0) - by_hand).max() > 1e-4
    assert np.abs(np.nanmean(vectors, axis=1).mean(axis=0) - by_hand).max() > 1e-4


def test_the_size_of_batches_and_the_order_of_genes_change_no_vector(
    weights: Path, proteins: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"window": 200, "stride": 100}
    with caplog.at_level("INFO"):
        found = embed(tmp_path, proteins, weights, tokens_per_batch=1, **settings)
    one_by_one, windows = found.X, found.obs["windows"].sum()
    said = [line for line in caplog.messages if f" of {windows} windows" in line]
    assert said[-1].startswith(f"{windows} of") and len(said) == min(10, windows), "a line for every tenth"
    together = embed(tmp_path, proteins, weights, tokens_per_batch=100_000, **settings).X
    turned = embed(tmp_path, proteins[::-1], weights, tokens_per_batch=500, **settings).X
    np.testing.assert_allclose(together, one_by_one, atol=1e-5)
    np.testing.assert_allclose(turned[::-1], one_by_one, atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_any_number_of_threads_gives_the_same_bytes(
    weights: Path, proteins: list[str], tmp_path: Path, engine: str
) -> None:
    found = []
    for threads in (1, 3, 1):
        embed(tmp_path, proteins, weights, threads, tokens_per_batch=300, engine=engine)
        found.append((tmp_path / "esm2_toy.h5ad").read_bytes())
    assert found[1:] == found[:1] * 2


def test_stops_are_no_residues_and_odd_letters_count_as_any(weights: Path, tmp_path: Path) -> None:
    found = embed(tmp_path, ["MKTJ*", "MKTX", "mktx", "MKTU"], weights)
    assert found.obs["length"].tolist() == [4, 4, 4, 4]
    np.testing.assert_array_equal(found.X[0], found.X[1])
    np.testing.assert_array_equal(found.X[1], found.X[2])
    assert np.abs(found.X[3] - found.X[1]).max() > 1e-3


def test_a_users_own_weights_are_of_unknown_origin_and_go_by_their_checksum(copied: Path, tmp_path: Path) -> None:
    about = embed(tmp_path, ["MKT"], copied).uns
    assert dict(about) == {
        "gene_order": about["gene_order"],
        "model": "esm2_toy",
        "architecture": "ESM2, 2 layers of 32",
        "revision": digest(copied)[:12],
        "weights_sha256": digest(copied),
        "licence": "unknown",
        "origin": "unknown",
    }


@pytest.mark.parametrize(("simulated", "origin"), [(True, "simulated"), (False, "published")])
def test_declared_weights_go_by_their_provenance(copied: Path, tmp_path: Path, simulated: bool, origin: str) -> None:
    record = recorded(copied, tmp_path, simulated=simulated)
    about = embed(tmp_path, ["MKT"], copied, record=record).uns
    assert (about["revision"], about["licence"], about["origin"]) == ("r1", "CC0", origin)


def test_simulated_weights_stay_a_stand_in_wherever_they_are_copied(tmp_path: Path) -> None:
    (tmp_path / "simulate").mkdir()
    made = tmp_path / "simulate/random.pt"
    spec = {"seed": 1, "layers": 1, "embed_dim": 8, "attention_heads": 2}
    simulate_weights(weights=made, provenance=tmp_path / "simulate/random.pt.provenance.json", spec=spec)
    elsewhere = made.rename(tmp_path / "esm2_t6_8M_UR50D.pt")
    assert embed(tmp_path, ["MKT"], elsewhere).uns["origin"] == "simulated"
    claimed = recorded(elsewhere, tmp_path, simulated=False)
    assert embed(tmp_path, ["MKT"], elsewhere, record=claimed).uns["origin"] == "simulated"


def refused(folder: Path, proteins: list[str], weights: Path, message: str, record: Path | None = None) -> None:
    with pytest.raises(BadInput, match=message) as fault:
        embed(folder, proteins, weights, record=record)
    assert "\n" not in str(fault.value)
    assert not list(folder.glob("*esm2_toy.h5ad")), "nothing is left behind"


def test_a_file_that_no_encoder_recognizes_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    page = tmp_path / "weights.pt"
    page.write_text("<html>404 Not Found</html>")
    refused(tmp_path, ["MKT"], page, "not of a known encoder .*ESM2 as fair-esm publishes it")


def test_an_embedding_of_another_origin_is_refused(weights: Path, tmp_path: Path) -> None:
    made = embed(tmp_path, ["MKT"], weights)
    with pytest.raises(BadInput, match="uns/origin: is 'real'"):
        gene_embedding.write(
            made.X,
            made.obs,
            tmp_path / "other.h5ad",
            model="m",
            architecture="a",
            revision="r",
            weights_sha256="0",
            licence="MIT",
            origin="real",
        )


def test_weights_that_are_not_finite_are_refused(checkpoint: dict[str, Any], tmp_path: Path) -> None:
    embeddings = checkpoint["model"]["encoder.lm_head.weight"].clone()
    embeddings[23] = torch.nan  # cysteine; the two tensors are one in the model
    changed = dict.fromkeys(("encoder.lm_head.weight", "encoder.sentence_encoder.embed_tokens.weight"), embeddings)
    torch.save({**checkpoint, "model": checkpoint["model"] | changed}, tmp_path / "weights.pt")
    refused(tmp_path, ["MKT", "MKC"], tmp_path / "weights.pt", "gene G1: the model gives a vector that is not finite")


def test_a_gene_without_a_protein_is_an_error(weights: Path, tmp_path: Path) -> None:
    refused(tmp_path, ["MKT", "*"], weights, "gene G1: has an empty protein")


@needs_real_data
def test_the_longest_protein_of_yeast_is_whole(weights: Path, checkpoint: dict[str, Any], tmp_path: Path) -> None:
    (proteome,) = REAL_MIRROR.rglob("Saccharomyces_cerevisiae.R64-1-1.pep.all.fa.gz")
    with gzip.open(proteome, "rt") as handle:
        records = handle.read().split(">")[1:]
    longest = max(("".join(text.splitlines()[1:]) for text in records), key=len)
    found = embed(tmp_path, [longest], weights)
    assert (found.obs["length"].item(), found.obs["windows"].item()) == (4910, 9)
    total, cover = np.zeros((4910, found.n_vars)), np.zeros((4910, 1))
    for start in (*range(0, 4910 - 1022, 511), 4910 - 1022):
        total[start : start + 1022] += fair_esm(checkpoint, longest[start : start + 1022])
        cover[start : start + 1022] += 1
    np.testing.assert_allclose(found.X[0], (total / cover).mean(axis=0), atol=1e-5)
