"""Attributions from the door: which regions, in which direction, by which model, to which number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tests.seq2track import material
from workflow_scripts.contracts import attributions as contract
from workflow_scripts.contracts import gene_bodies, track_store
from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.io.bases import encode
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import bundle, reading
from workflow_scripts.seq2track.attribute_sequence import attribute_sequence

SPEC = {"run": "r", "track": "b", "max_regions": 5, "seed": 3, "width": 20, "upstream": 16, "downstream": 32,
        "method": "input_gradient", "steps": 8, "shuffles": 2}  # fmt: skip
FOLDS = (1, 2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The toy genome, starts on both strands of every chromosome, and two models that are not trained."""
    folder = tmp_path_factory.mktemp("toy")
    toy = material.make(folder)
    genome_contract.write(genome_contract.Genome(material.LENGTHS, {"chrII": "II"}), folder / "chromosomes.parquet")
    rows = []
    for chrom, length in material.LENGTHS.items():
        for number, tss in enumerate([5, *range(1000, length - 1000, 900), length - 5]):
            strand = "+-"[number % 2]
            place = (tss, tss + 3) if strand == "+" else (tss - 2, tss + 1)
            rows.append((f"{chrom}.{number}", chrom, *place, strand, tss, number != 1))
    rows.append(("again", "II", 1800, 1801, "+", 1800, True))
    rows.append(("twin", "II", 1798, 1801, "+", 1800, True))
    bodies = pd.DataFrame(rows, columns=[*gene_bodies.SCHEMA.columns])
    gene_bodies.write(bodies, folder / "bodies.parquet")
    models = []
    for fold in FOLDS:
        torch.manual_seed(fold)
        model = bundle.create(material.run_spec(seed=fold), material.TRACKS, 8, 16)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.2 * torch.randn_like(parameter))
        bundle.set_scale(model, np.array([1, 1, 3, 3], np.float32))
        bundle.write(model, folder / f"{fold}", tracks=material.TRACKS, seed=fold, fold=fold)
        models.append(folder / f"{fold}")
    inputs = {"genome": toy.genome, "index": toy.index, "windows": toy.windows, "models": models}
    inputs |= {"chromosomes": folder / "chromosomes.parquet", "bodies": folder / "bodies.parquet"}
    return {"inputs": inputs, "sequence": toy.sequence, "bodies": bodies}


def attributed(made: dict[str, Any], folder: Path, bed: str = "", **changes: Any) -> contract.Attributions:
    (folder / "own.bed").write_text(bed)
    attribute_sequence(
        **made["inputs"], regions=[folder / "own.bed"] if bed else [], attributions=folder / "a.h5",
        spec=SPEC | changes, threads=1,
    )  # fmt: skip
    return contract.read(folder / "a.h5")


def bases(made: dict[str, Any], chrom: str, start: int, end: int) -> str:
    length = material.LENGTHS[chrom]
    return "N" * max(0, -start) + made["sequence"][chrom][max(0, start) : end] + "N" * max(0, end - length)


def test_starts_are_drawn_once_each_from_the_folds_held_out(made: dict[str, Any], tmp_path: Path) -> None:
    every = attributed(made, tmp_path, max_regions=1000).regions
    assert set(every["chrom"]) == {"II", "III"} and (every["fold"] == every["chrom"].map(material.FOLD)).all()
    bodies = made["bodies"][made["bodies"]["chrom"].isin(["II", "III"])].set_index("gene_id")
    near = bodies["tss"].lt(10) | bodies["tss"].gt(bodies["chrom"].map(material.LENGTHS) - 10)
    expected = bodies[bodies["placed"] & ~near].drop_duplicates(["chrom", "tss", "strand"])
    assert list(every["name"]) == list(expected.index) and "twin" not in set(every["name"])
    some, same, others = (attributed(made, tmp_path, seed=seed).regions for seed in (3, 3, 4))
    assert len(some) == 5 and set(some["name"]) < set(every["name"])
    pd.testing.assert_frame_equal(some, same)
    assert list(some["name"]) != list(others["name"])


def test_a_region_is_read_on_its_strand_by_the_model_that_has_not_seen_it(made: dict[str, Any], tmp_path: Path) -> None:
    """Its bases, and the signal around its start, as the model says it of the plus strand and both tracks."""
    found = attributed(made, tmp_path, max_regions=1000)
    assert set(found.regions["strand"]) == {"+", "-"}
    for number, row in enumerate(found.regions.itertuples()):
        gene = made["bodies"].set_index("gene_id").loc[row.name]
        forward = row.strand == "+"
        start = gene["tss"] - 10 if forward else gene["tss"] - 9
        assert (row.start, row.end) == (start, start + 20)
        text = bases(made, row.chrom, start, start + 20)
        text = text if forward else material.reverse_complement(text)
        np.testing.assert_array_equal(found.bases[number], encode(text))
        # 64 bases of the window and 32 of the context before the start, on either strand
        first = gene["tss"] - 96 if forward else gene["tss"] + 96 + 1 - 192
        codes = encode(bases(made, row.chrom, first, first + 192))[None]
        trained = bundle.read(made["inputs"]["models"][FOLDS.index(material.FOLD[row.chrom])])
        said = reading.signal(trained, codes)[0]
        # from one bin before the start, of the fifth bin, to two bins on; on the minus strand counted from the end
        expected = said[2, 3:6].sum() if forward else said[3, 2:5].sum()
        assert np.isclose(row.signal, expected, rtol=1e-4)


def test_regions_of_a_bed_are_centred_and_read_by_all_models_where_none_is_blind(
    made: dict[str, Any], tmp_path: Path
) -> None:
    lines = ["chrII\t1000\t1020\tx\t0\t-", "II\t2000\t2030", "IV\t1000\t1020\ty\t0\t+", "II\t2000\t2030", "II\t0\t8"]
    found = attributed(made, tmp_path, "\n".join([*lines, ""]))
    regions = found.regions
    assert list(regions["name"]) == ["II:1001-1020(-)", "II:2001-2030(+)", "IV:1001-1020(+)"]  # each once, and whole
    assert regions[["start", "end"]].to_numpy().tolist() == [[1000, 1020], [2005, 2025], [1000, 1020]]
    assert list(regions["fold"]) == [1, 1, -1] and list(regions["strand"]) == ["-", "+", "+"]
    codes = encode(bases(made, "IV", 1010 - 96, 1010 + 96))[None]
    both = [reading.signal(bundle.read(path), codes)[0, 2, 3:6].sum() for path in made["inputs"]["models"]]
    assert np.isclose(regions["signal"][2], np.mean(both), rtol=1e-4) and abs(both[0] / both[1] - 1) > 1e-3


def test_a_region_across_folds_has_none(made: dict[str, Any], tmp_path: Path) -> None:
    windows = pd.read_parquet(made["inputs"]["windows"])
    moved = windows.assign(fold=np.where((windows["chrom"] == "II") & (windows["start"] >= 1024), 2, windows["fold"]))
    track_store.write_windows(moved, tmp_path / "windows.parquet")
    other = {**made, "inputs": made["inputs"] | {"windows": tmp_path / "windows.parquet"}}
    lines = [f"II\t{start}\t{start + 20}" for start in (1004, 1005, 1023, 1024)]
    assert list(attributed(other, tmp_path, "\n".join([*lines, ""])).regions["fold"]) == [1, -1, -1, 2]


@pytest.mark.parametrize("method", ["mutagenesis", "integrated_gradients"])
def test_what_is_written_is_whole(method: str, made: dict[str, Any], tmp_path: Path) -> None:
    found = attributed(made, tmp_path, method=method, max_regions=2, steps=32)
    assert found.about == {name: (SPEC | {"method": method})[name] for name in contract.ABOUT}
    assert found.attribution.shape == found.shuffled.shape == (2, 20) and found.shuffled.any()
    assert np.abs(found.attribution - found.shuffled).max() > 1e-3
    if method == "integrated_gradients":
        difference = np.log(found.regions["signal"]) - found.regions["baseline"]
        np.testing.assert_allclose(found.attribution.sum(-1), difference, rtol=2e-3, atol=1e-4)
    else:
        assert found.regions["baseline"].isna().all()
        np.testing.assert_allclose(found.scores.sum(-1), 0, atol=1e-5)


def test_no_region_is_refused(made: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="seq2track/attributions: no region lies on the genome"):
        attributed(made, tmp_path, "I\t0\t4\n")
