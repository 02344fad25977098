"""One small good example of each contract: its content, how it is written and read, and how it is compared."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.support import circuit_examples
from tests.support.example import Example, same_matrix
from workflow_scripts.contracts import (
    annotated_genes,
    attributions,
    called_starts,
    comparisons,
    conditions,
    exported_model,
    expression,
    gene_aliases,
    gene_bodies,
    gene_embedding,
    gene_mapping,
    gene_table,
    gene_vectors,
    genome,
    history,
    imputed,
    merged_samples,
    metagene,
    metrics,
    model_bundle,
    motif_hits,
    polymerase,
    predicted,
    predicted_tracks,
    predictions,
    probe,
    proteins,
    provenance,
    region_classes,
    sample_embedding,
    sample_layout,
    sample_sheet,
    selection,
    separation,
    seqlets,
    splits,
    standardizer,
    track_store,
    transcript_table,
    trial_settings,
    trials,
    truth,
    word_enrichment,
)
from workflow_scripts.contracts import samples as sample_fates
from workflow_scripts.contracts.gene_order import order_digest

GENES = ["G0", "G1", "G2", "G3"]
SAMPLES = ["S0", "S1", "S2", "S3", "S4"]
ORDER = order_digest(GENES)
ABOUT = dict.fromkeys(("model", "architecture", "revision", "weights_sha256", "licence"), "x") | {"origin": "simulated"}


# What the tables hold


def genes(ids: list[str] = GENES) -> pd.DataFrame:
    """A gene table of genes of 10 bp, 20 bp apart."""
    start = 20 * np.arange(len(ids))
    place = {"chrom": "1", "start": start, "end": start + 10, "strand": "+", "tss": start}
    made = {f"{kind}_id": [f"{kind[0].upper()}{name}" for name in ids] for kind in ("transcript", "protein")}
    return pd.DataFrame({"gene_id": ids, "symbol": ids, **place, **made, "protein_length": 3, "exon_length": 9.0})


def samples(ids: list[str] = SAMPLES) -> pd.DataFrame:
    """The obs of an ExpressionStore."""
    made = {"corpus": "c", "group": [f"P{number // 2}" for number in range(len(ids))], "label": ""}
    return pd.DataFrame({**made, "total_counts": 10.0, "nonzero_genes": 3}, index=pd.Index(ids, name="sample_id"))


def annotated_gene_table() -> pd.DataFrame:
    place = {"chrom": "1", "start": [0, 40], "end": [10, 60], "strand": ["+", "-"]}
    return pd.DataFrame({"gene_id": ["G0", "T1"], "biotype": ["protein_coding", "tRNA"], **place})


def split_table() -> pd.DataFrame:
    made = {"corpus": "c", "split": ["train", "train", "validation", "test", "test"], "group": list("aabcd")}
    return pd.DataFrame({"sample_id": SAMPLES, **made, "label": ["x", "", "x", "y", "y"]})


def standardizer_table() -> pd.DataFrame:
    return pd.DataFrame({"gene_id": GENES, "mean": [0.5, 1, 2, np.nan], "sd": [1, 0, 2, np.nan], "n": [3, 3, 3, 0]})


def metrics_table() -> pd.DataFrame:
    made = {"model": ["a", "b"], "dataset": "all", "split": "test", "task": "t", "level": "pooled", "metric": "f1"}
    return pd.DataFrame({**made, "value": [0.5, np.nan], "ci_low": [0.4, np.nan], "ci_high": [0.6, np.nan], "n": 5})


def replicates() -> list[dict[str, Any]]:
    made = metrics_table().to_dict("records")
    return [{**row, "replicates": np.array([0.25, np.nan]), "groups": "g"} for row in made]


def same_replicates(found: pd.DataFrame, content: list[dict[str, Any]]) -> None:
    expected = pd.DataFrame(content)
    np.testing.assert_array_equal(np.stack(found["replicates"]), np.stack(expected["replicates"]))
    pd.testing.assert_frame_equal(found.drop(columns="replicates"), expected.drop(columns="replicates"))


def comparisons_table() -> pd.DataFrame:
    made = {"model": "a", "baseline": ["b", "c"], "dataset": "all", "split": "test", "task": "t", "level": "pooled"}
    made |= {"metric": "f1", "value": 0.5, "baseline_value": [0.25, np.nan], "difference": [0.25, np.nan]}
    return pd.DataFrame({**made, "ci_low": [0.1, np.nan], "ci_high": [0.3, np.nan], "verdict": ["ahead", "unknown"]})


def bodies_table() -> pd.DataFrame:
    kept = genes()[["gene_id", "chrom", "start", "end", "strand", "tss"]]
    return kept.assign(placed=[True, True, False, True])


def fates(final: bool) -> pd.DataFrame:
    made = {"sample_id": SAMPLES, "corpus": "c", "shard": "0000", "file": "f", "fate": ["kept"] * 4 + ["empty"]}
    made |= {"group": "g", "label": "", "singlecellprobability": np.nan, "alignedreads": 5.0, "total_counts": 1.0}
    made |= {"nonzero_genes": [1.0, 2.0, 3.0, 4.0, np.nan]}
    return pd.DataFrame(made | ({"duplicate_of": "", "split": "train"} if final else {}))


def alias_table() -> pd.DataFrame:
    return pd.DataFrame({"alias": ["A", "B"], "gene_id": ["G0", "G0"], "kind": ["alias", "previous"]})


def transcripts() -> pd.DataFrame:
    return pd.DataFrame({"transcript_id": ["T0", "T1", "T2"], "gene_id": ["G0", "G0", "G1"]})


def sheet() -> pd.DataFrame:
    return pd.DataFrame({"sample_id": SAMPLES, "file": "f", "group": "g", "label": ["a", "", "b", "", ""], "age": "7"})


def layout_table() -> pd.DataFrame:
    coordinates = dict.fromkeys(sample_layout.COORDINATES, np.linspace(-1, 1, len(SAMPLES), dtype="f4"))
    return pd.DataFrame({"sample_id": SAMPLES, **coordinates})


def probe_of_two_classes() -> probe.Probe:
    vector = np.array([0.5, 1.0, 2.0], np.float32)
    return probe.Probe(
        classes=np.array(["a", "b"]), mean=vector, scale=vector, coefficients=np.arange(6.0).reshape(2, 3),
        intercepts=np.array([0.0, 1.0]), temperature=1.5, centre=np.zeros(3), precision=np.eye(3),
        distances=np.array([1.0, 2.0]), run="r",
    )  # fmt: skip


def conditions_of_two_labels() -> conditions.Conditions:
    root = np.array([[1, 0, 0], [0.5, 1, 0], [0, 0.5, 2]], np.float32)
    return conditions.Conditions(
        run="r", labels=np.array(["a", "b"]), samples=np.array([3, 4]), means=np.arange(6, dtype="f4").reshape(2, 3),
        root=root, spread=0.9, shares=np.array([0.0, 0.1]), errors=np.array([[1.0, 0.5, 1.5], [0.8, 0.4, 1.2]]),
    )  # fmt: skip


def same_arrays(found: tuple, content: tuple) -> None:
    for name, value in content._asdict().items():
        np.testing.assert_array_equal(getattr(found, name), value, strict=isinstance(value, np.ndarray))


def write_export(content: tuple, path: Path) -> None:
    genes, known = content
    with tempfile.TemporaryDirectory() as folder:
        model_bundle.write(state(), {"dim": 2}, Path(folder) / "model", gene_order=ORDER, seed=1)
        probe.write(known, Path(folder) / "probe.npz")
        genes.attrs["genome"] = "toy"
        conditions.write(conditions_of_two_labels(), Path(folder) / "conditions.npz")
        files = (Path(folder) / name for name in ("model", "probe.npz", "conditions.npz"))
        exported_model.write(*files, genes, "card", path)


def read_export(path: Path) -> exported_model.Exported:
    model_bundle.read(path)
    return exported_model.read(path)


def same_export(found: exported_model.Exported, content: tuple) -> None:
    genes, known = content
    pd.testing.assert_frame_equal(found.genes, genes[[*exported_model.COLUMNS]], check_flags=False)
    assert (found.genome, found.gene_order) == ("toy", ORDER)
    same_arrays(found.probe, known)
    same_arrays(found.conditions, conditions_of_two_labels())


def predicted_table() -> pd.DataFrame:
    made = {"sample_id": SAMPLES, "fate": ["kept"] * 4 + ["empty"], "measured": [1.0, 0.9, 0.3, 0.1, np.nan]}
    made |= {"label": "", "predicted": ["a", "b", "a", "a", ""], "probability": [0.9, 0.8, 0.7, 0.6, np.nan]}
    made |= {"distance": [1.0, 2.0, 3.0, 4.0, np.nan], "beyond": [0.0, 0.5, 1.0, 1.0, np.nan]}
    return pd.DataFrame({**made, "note": ["", "", "NA", "far", ""]})


def gene_names() -> pd.DataFrame:
    return pd.DataFrame({"symbol": GENES, "measured": [1.0, 0.5, 0.0, 1.0]}, index=pd.Index(GENES, name="gene_id"))


def mapping_rows() -> pd.DataFrame:
    made = {"corpus": "c", "file": "f", "source_id": ["a", "b"], "gene_id": ["G0", ""]}
    return pd.DataFrame({**made, "fate": ["mapped", "no id"]})


def mapping_counts() -> pd.DataFrame:
    return pd.DataFrame({"corpus": "c", "file": "f", "fate": ["mapped", "no id"], "genes": [3, 1], "examples": "a, b"})


def predictions_table() -> pd.DataFrame:
    made = {"model": "a", "dataset": "all", "sample_id": SAMPLES, "split": "test", "group": "g"}
    return pd.DataFrame({**made, "label": list("xxyyy"), "predicted": list("xyyyx")})


def polymerase_table() -> pd.DataFrame:
    names = ("pause_count", "body_count", "pause_density", "body_density", "pausing_index", "ci_low", "ci_high")
    made = {"gene_id": GENES, "track": "netseq", **{name: [1.0, 2.0, 3.0, np.nan] for name in names}}
    made |= {"antisense_count": 0.0, "pause_length": 5, "body_length": 9, "measured": [True, True, True, False]}
    made["reason"] = ["", "", "", "body too short"]
    return pd.DataFrame(made)


def metagene_table() -> pd.DataFrame:
    made = {"track": "a", "assay": "NET-seq", "direction": "sense", "region": ["upstream", "gene", "downstream"]}
    return pd.DataFrame({**made, "start": [-10, 0, 10], "end": [0, 10, 20], "signal": [0.5, 1, 0], "genes": 4})


def called_table() -> pd.DataFrame:
    made = {"track": "netseq", "fold": 1, "gene_id": ["G0", "G1"], "chrom": ["1", "X"], "strand": ["+", "-"]}
    made |= {"tss": [100, 2000], "model": "small", "called": [111.5, 1999.5], "distance": [11.5, 0.5]}
    return pd.DataFrame({**made, "score": [1.25, 1 / 3]})


def region_table() -> pd.DataFrame:
    made = {"fold": 1, "chrom": ["1", "X"], "start": [0, 256], "end": [256, 512], "strand": ["+", "-"]}
    return pd.DataFrame({**made, "label": ["start", "intergenic"], "predicted": ["gene", "intergenic"]})


def history_table() -> pd.DataFrame:
    made = {"epoch": [0, 1, 2], "train_loss": [np.nan, 0.5, 1 / 3], "validation_loss": [1, 0.25, 1 / 7]}
    made |= {"learning_rate": [0.0, 1e-3, 5e-4], "seconds": [0.0, 1.0625, 1.125]}
    return pd.DataFrame({**made, "samples_per_second": [0.0, 100.5, 200.25], "peak_memory_mib": [512.5, 600.0, 601.0]})


def selection_table() -> pd.DataFrame:
    made = {"member": [*selection.MEMBERS], "weight": [0.25, 0.5, 0.25, 0.75, 1.0]}
    return pd.DataFrame({**made, "squared_error": [0.5, 0.25, 1 / 3, 0.2, 0.1], "skill": [0.1, 0.5, 1 / 3, 0.6, 0.8]})


def separation_table() -> pd.DataFrame:
    made = {"coordinates": [8, 8, 0], "states": [0, 4, 4], "neighbour_accuracy": [0.5, 0.75, np.nan]}
    made |= {"weighted_f1": [0.5, 1 / 3, np.nan], "silhouette": [-0.25, 0.5, np.nan], "separation": [0.75, 1.5, 0]}
    return pd.DataFrame({**made, "kept": [False, True, False]})


def trials_table() -> pd.DataFrame:
    made = {
        "trial": [2, 1],
        "rank": [1, 2],
        "imputation": [0.5, 1 / 3],
        "network": 0.1,
        "classification": [0.75, np.nan],
    }
    made |= {"embedding": [1.5, 0.1], "epochs": [3, 4], "seconds": [1.0625, 2.0]}
    return pd.DataFrame({**made, "training/learning_rate": [1 / 7, 1e-4], "base/factors": ["[64, 128]", "[8]"]})


def window_table() -> pd.DataFrame:
    made = {"window": [0, 1, 2], "chrom": "1", "start": [0, 64, 128], "end": [64, 128, 192], "fold": [0, 1, 2]}
    return pd.DataFrame({**made, "split": ["train", "validation", "test"]})


# What the other files hold


def matrix(rows: int, columns: int, unknown: tuple = ()) -> np.ndarray:
    """Random float32, NaN at the index `unknown`."""
    x = np.random.default_rng(0).random((rows, columns), np.float32)
    x[unknown or ([], [])] = np.nan
    return x


def embedded_genes() -> pd.DataFrame:
    """The obs of a GeneEmbedding in which G2 has no vector."""
    made = {"symbol": GENES, "length": 5, "windows": 1, "missing": [False, False, True, False]}
    return pd.DataFrame(made, index=pd.Index(GENES, name="gene_id"))


def targets() -> track_store.Targets:
    tracks = [{"name": "a", "assay": "netseq", "strand": strand} for strand in ("plus", "minus")]
    mask = np.arange(48).reshape(3, 2, 8) % 5 > 0
    return track_store.Targets(matrix(6, 8).reshape(3, 2, 8), mask, tracks, 8, 0.5)


def state() -> dict[str, Any]:
    import torch

    return {"bias": torch.ones(2), "weight": torch.arange(6.0).reshape(2, 3)}


# How they are written and compared


def write_expression(content: tuple, path: Path) -> None:
    x, obs = content
    expression.write(x, obs, GENES, ~np.isnan(matrix(5, 4, (slice(None), 1))).any(axis=0), path)


def merged() -> tuple[np.ndarray, pd.DataFrame]:
    """X and obs of MergedSamples of the genes but G1."""
    return matrix(5, 3), samples().assign(split="test")[[*merged_samples.OBS]]


def write_merged(content: tuple, path: Path) -> None:
    x, obs = content
    var = genes().set_index("gene_id").loc[["G0", "G2", "G3"], [*merged_samples.VAR]]
    obsm = {"X_genelm": matrix(5, 6), "X_umap": matrix(5, 2, (0,)), "X_tsne": matrix(5, 2, (0,))}
    blocks = [(x[:2], x[:2]), (x[2:], x[2:])]
    about = {"run": "r", "gene_order": ORDER, "left_out": ["G1"], "units": {"X": "ln(TPM + 1)"}, "counts": True}
    merged_samples.write(blocks, obs, var, obsm, path, **about)


def write_targets(content: track_store.Targets, path: Path) -> None:
    values, mask, tracks, width, clip = content
    about = {"bins": mask.shape[2], "bin_width": width, "set_name": "netseq", "genome": "toy", "clip": clip}
    blocks = zip(values, mask, strict=True)
    track_store.write_targets(blocks, tracks, path, windows=window_table(), **about)


def predicted_signal() -> predicted_tracks.Predicted:
    """What two models say of the one window of the fold 1."""
    values = {"a": matrix(2, 8).reshape(1, 2, 8), "b": np.zeros((1, 2, 8), np.float32)}
    return predicted_tracks.Predicted(1, targets().tracks, 8, values)


def write_predicted_tracks(content: predicted_tracks.Predicted, path: Path) -> None:
    fold, tracks, width, values = content
    about = {"fold": fold, "tracks": tracks, "bin_width": width, "bins": 8}
    predicted_tracks.write([values], path, windows=window_table(), **about)


def read_predicted_tracks(path: Path) -> predicted_tracks.Predicted:
    return predicted_tracks.read(path, window_table())


def read_targets(path: Path) -> track_store.Targets:
    return track_store.read_targets(path, window_table())


def attributed_regions() -> attributions.Attributions:
    """Two regions of 5 bp, one of them with an unknown base."""
    place = {"chrom": "1", "start": [10, 40], "end": [15, 45], "strand": ["+", "-"], "fold": [1, -1]}
    table = pd.DataFrame({"name": ["G0", "é"], **place, "signal": [0.5, 2.0], "baseline": [np.nan, -1.25]})
    bases = np.array([[0, 1, 2, 3, 0], [3, 3, 4, 0, 1]], np.uint8)
    about = {"run": "r", "track": "a", "method": "mutagenesis", "upstream": 0, "downstream": 32}
    return attributions.Attributions(table, matrix(10, 4).reshape(2, 5, 4), bases, matrix(2, 5), about)


def same_attributions(found: attributions.Attributions, content: attributions.Attributions) -> None:
    pd.testing.assert_frame_equal(found.regions, content.regions)
    np.testing.assert_equal(found[1:], content[1:])


def seqlet_table() -> pd.DataFrame:
    made = {"region": ["G0", "G1"], "chrom": "1", "start": [10, 40], "end": [14, 42], "strand": ["+", "-"]}
    made |= {"sign": [1, -1], "first": [0, 3], "sequence": ["ACGT", "TN"], "attribution": [1.5, -1 / 3]}
    return pd.DataFrame({**made, "peak": [0.5, -0.25]})


def word_table() -> pd.DataFrame:
    made = {"kind": ["kmer", "motif"], "word": ["ACG", "SP1"], "orientation": ["+", "-"], "sign": [1, -1]}
    made |= {"inside": [3, 0], "inside_others": 7, "rest": [1, 2], "rest_others": 90}
    return pd.DataFrame({**made, "odds_ratio": [1 / 7, 2.0], "p": [1e-12, 1.0], "q": [1e-11, 1.0]})


def hit_table() -> pd.DataFrame:
    made = {"motif": "SP1", "region": ["G0", "G1"], "chrom": "1", "start": [10, 40], "end": [14, 44]}
    made |= {"strand": ["+", "-"], "orientation": ["-", "+"], "score": [9.5, 9.25], "threshold": 9.25}
    return pd.DataFrame({**made, "attribution": [1 / 3, -1.0], "in_seqlet": [1, 0]})


def same_state(found: tuple, content: dict[str, Any]) -> None:
    tensors, config = found
    assert tensors.keys() == content.keys()
    assert all(tensors[name].equal(content[name]) for name in content)
    assert (config["parameters"], config["architecture"], config["seed"]) == (8, {"dim": 2}, 1)


def overwrite(path: Path, content: bytes) -> None:
    """Change a file as another program would, a second later: a seal is checked once for each time of change."""
    later = path.stat().st_mtime_ns + 10**9
    path.write_bytes(content)
    os.utime(path, ns=(later, later))


def in_order(found: genome.Genome) -> list[list[tuple]]:
    """Lengths and aliases of a genome, whose order counts."""
    return [list(found.lengths.items()), list(found.aliases.items())]


EXAMPLES = {
    "gene_table": Example(
        "genes.parquet",
        genes(),
        partial(gene_table.write, genome="toy"),
        lambda path: gene_table.read(path)[0],
    ),
    "splits": Example("splits.parquet", split_table(), splits.write, splits.read),
    "standardizer": Example(
        "standardizer.parquet", standardizer_table(), standardizer.write, standardizer.read, ordered=True
    ),
    "metrics": Example("metrics.parquet", metrics_table(), metrics.write, metrics.read),
    "metrics: replicates": Example(
        "scores.parquet", replicates(), metrics.write_replicates, metrics.read_replicates, same_replicates
    ),
    "comparisons": Example("comparisons.parquet", comparisons_table(), comparisons.write, comparisons.read),
    "gene_bodies": Example(
        "gene_bodies.parquet",
        bodies_table(),
        gene_bodies.write,
        lambda path, *order: gene_bodies.read(path, *order)[0],
        ordered=True,
    ),
    "genome": Example(
        "chromosomes.parquet",
        genome.Genome({"I": 300, "Mito": 90}, {"chr01": "I", "NC_1.1": "Mito"}),
        genome.write,
        genome.read,
        lambda found, content: np.testing.assert_equal(in_order(found), in_order(content)),
    ),
    "proteins": Example(
        "proteins.fa",
        ["M" * 70, "MK", "MA", "MC"],
        lambda content, path: proteins.write(zip(GENES, "abcd", content, strict=True), path),
        lambda path: proteins.read(path, GENES),
        np.testing.assert_equal,
    ),
    "samples": Example("samples.parquet", fates(True), sample_fates.write, sample_fates.read),
    "samples: shard": Example(
        "0000.parquet", fates(False), sample_fates.write_shard, lambda path: sample_fates.read_shards([path])
    ),
    "gene_mapping": Example("mapping.parquet", mapping_counts(), gene_mapping.write, gene_mapping.read),
    "gene_mapping: rows": Example("0000.parquet", mapping_rows(), gene_mapping.write_rows, gene_mapping.read_rows),
    "gene_aliases": Example("aliases.parquet", alias_table(), gene_aliases.write, gene_aliases.read),
    "transcript_table": Example("t.parquet", transcripts(), transcript_table.write, transcript_table.read),
    "sample_sheet": Example("c.parquet", sheet(), sample_sheet.write, sample_sheet.read),
    "sample_layout": Example("layout.parquet", layout_table(), sample_layout.write, sample_layout.read),
    "truth": Example(
        "motifs.tsv",
        pd.DataFrame({"source": ["G0", "G1"], "consensus": ["ACGT", "CCCC"]}),
        lambda content, path: truth.write("motifs", content.itertuples(index=False), path.parent),
        lambda path: truth.read("motifs", path.parent),
    ),
    "predictions": Example("predictions.parquet", predictions_table(), predictions.write, predictions.read),
    "probe": Example("probe.npz", probe_of_two_classes(), probe.write, probe.read, same_arrays),
    "conditions": Example("conditions.npz", conditions_of_two_labels(), conditions.write, conditions.read, same_arrays),
    "predicted": Example("samples.tsv", predicted_table(), predicted.write, predicted.read),
    "exported_model": Example("export", (genes(), probe_of_two_classes()), write_export, read_export, same_export),
    "imputed": Example(
        "imputed.h5ad",
        (matrix(5, 4, (slice(None), 1)), samples()[["corpus"]]),
        lambda content, path: imputed.write(*content, gene_names(), path, run="r"),
        imputed.read,
        same_matrix,
        ordered=True,
    ),
    "polymerase": Example(
        "polymerase.parquet",
        polymerase_table(),
        partial(polymerase.write, gene_order=ORDER),
        polymerase.read,
        ordered=True,
    ),
    "metagene": Example("metagene.parquet", metagene_table(), metagene.write, metagene.read),
    "called_starts": Example("starts.tsv", called_table(), called_starts.write, called_starts.read),
    "region_classes": Example("region_classes.tsv", region_table(), region_classes.write, region_classes.read),
    "history": Example("history.tsv", history_table(), history.write, history.read),
    "selection": Example("selection.tsv", selection_table(), selection.write, selection.read),
    "separation": Example("separation.tsv", separation_table(), separation.write, separation.read),
    "trial_settings": Example(
        "settings.json",
        {"training/learning_rate": 1 / 7, "base/factors": [8, 64]},
        trial_settings.write,
        trial_settings.read,
        np.testing.assert_equal,
    ),
    "trials": Example("trials.tsv", trials_table(), trials.write, trials.read),
    "annotated_genes": Example(
        "annotated_genes.parquet", annotated_gene_table(), annotated_genes.write, annotated_genes.read
    ),
    "attributions": Example(
        "attributions.h5", attributed_regions(), attributions.write, attributions.read, same_attributions
    ),
    "seqlets": Example(
        "seqlets.parquet",
        seqlet_table(),
        partial(seqlets.write, width=8, thresholds={1: 1 / 3, -1: -0.5}),
        lambda path: seqlets.read(path)[0],
    ),
    "word_enrichment": Example("enrichment.parquet", word_table(), word_enrichment.write, word_enrichment.read),
    "motif_hits": Example("hits.parquet", hit_table(), motif_hits.write, motif_hits.read),
    "predicted_tracks": Example(
        "predicted.h5", predicted_signal(), write_predicted_tracks, read_predicted_tracks, np.testing.assert_equal
    ),
    "track_store: windows": Example(
        "windows.parquet", window_table(), track_store.write_windows, track_store.read_windows
    ),
    "track_store: targets": Example("targets.h5", targets(), write_targets, read_targets, np.testing.assert_equal),
    "expression": Example(
        "0000.h5ad",
        (matrix(5, 4, (slice(None), 1)), samples()),
        write_expression,
        expression.read,
        same_matrix,
        ordered=True,
    ),
    "gene_embedding": Example(
        "model.h5ad",
        (matrix(4, 6, (2,)), embedded_genes()),
        lambda content, path: gene_embedding.write(*content, path, **ABOUT),
        gene_embedding.read,
        same_matrix,
        ordered=True,
    ),
    "gene_vectors": Example(
        "gene_embedding.h5ad",
        (matrix(4, 6), gene_names()[["symbol"]].assign(known=[True, True, False, True])),
        lambda content, path: gene_vectors.write(*content, path, run="r", family="f"),
        gene_vectors.read,
        same_matrix,
        ordered=True,
    ),
    "sample_embedding": Example(
        "embeddings.h5ad",
        (matrix(5, 6), samples()[["corpus", "group", "label"]].assign(split="test")),
        lambda content, path: sample_embedding.write(*content, path, run="r", gene_order=ORDER),
        sample_embedding.read,
        same_matrix,
        ordered=True,
    ),
    "merged_samples": Example("samples.h5ad", merged(), write_merged, merged_samples.read, same_matrix, ordered=True),
    "model_bundle": Example(
        "model",
        state(),
        lambda content, path: model_bundle.write(content, {"dim": 2}, path, gene_order=ORDER, seed=1),
        model_bundle.read,
        same_state,
        ordered=True,
    ),
    "provenance": Example(
        "file.provenance.json",
        dict.fromkeys(provenance.KEYS, "x") | {"bytes": 3, "simulated": False},
        provenance.write,
        provenance.read,
        np.testing.assert_equal,
    ),
    **circuit_examples.EXAMPLES,
}
