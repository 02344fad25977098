"""What is predicted, as browsers show it: every bin sums to what was said of it, and nothing is said of others."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from tests.seq2track import material, untrained
from tests.support.workflow import ROOT
from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.contracts import predicted_tracks, track_store
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import require_intact_beside
from workflow_scripts.seq2track.inputs import chromosome_names
from workflow_scripts.seq2track.predict_regions import predict_regions
from workflow_scripts.settings.settings import Settings
from workflow_scripts.settings.validation import read_yaml
from workflow_scripts.tracks.export_predicted import export_predicted
from workflow_scripts.tracks.export_regions import export_regions

SIGN = {"plus": 1, "minus": -1}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> material.Material:
    return material.make(tmp_path_factory.mktemp("toy"))


def chromosomes(folder: Path, aliases: dict[str, str] | None = None, **lengths: int) -> Path:
    path = folder / "chromosomes.parquet"
    genome_contract.write(genome_contract.Genome({**material.LENGTHS, **lengths}, aliases), path)
    return path


def predicted(made: material.Material, folder: Path, fold: int) -> Path:
    """PredictedTracks of two models at random; some bins are predicted to be empty."""
    rng = np.random.default_rng(fold)
    shape = (int((made.table["fold"] == fold).sum()), 4, 8)
    values = np.where(rng.random(shape) < 0.1, 0, rng.gamma(1, 3, shape)).astype(np.float32)
    path = folder / f"{fold}.h5"
    about = {"windows": made.table, "fold": fold, "tracks": material.TRACKS, "bin_width": 16, "bins": 8}
    predicted_tracks.write([{"r": values, "shuffled_sequence": values + 1}], path, **about)
    return path


def export(made: material.Material, folder: Path, files: list[Path], track: str = "b", naming: str = "genome") -> dict:
    paths = {strand: folder / f"{naming}.{track}.{strand}.bw" for strand in SIGN}
    about = {"track": track, "run": "r", "naming": naming}
    export_predicted(windows=made.windows, predicted=files, chromosomes=chromosomes(folder), **paths, **about)
    return paths


def bases(path: Path) -> dict[str, np.ndarray]:
    """The signal of each base, NaN where there is none, by chromosome."""
    require_intact_beside(path)
    with pyBigWig.open(str(path)) as file:
        return {chrom: np.array(file.values(chrom, 0, length)) for chrom, length in file.chroms().items()}


def expected(table: pd.DataFrame, values: np.ndarray) -> dict[str, np.ndarray]:
    """The sum of each whole bin (windows, bins), NaN where nothing is said, by chromosome."""
    found = {chrom: np.full(length // 16, np.nan) for chrom, length in material.LENGTHS.items()}
    for (chrom, start), row in zip(table[["chrom", "start"]].itertuples(index=False), values, strict=True):
        for at, value in enumerate(row, start // 16):
            if at < len(found[chrom]):
                found[chrom][at] = value
    return found


def assert_sums(path: Path, sums: dict[str, np.ndarray], sign: int) -> None:
    """Every bin is even and sums up to what is expected, and no base beside has signal."""
    found = bases(path)
    assert list(found) == sorted(sums)
    for chrom, values in found.items():
        whole = values[: len(sums[chrom]) * 16].reshape(-1, 16)
        np.testing.assert_allclose(whole.sum(1), sign * sums[chrom], rtol=1e-6)
        assert (np.ptp(whole, axis=1)[np.isfinite(sums[chrom])] == 0).all()
        assert np.isnan(values[len(sums[chrom]) * 16 :]).all(), "the end of a chromosome, of less than a bin"


@pytest.mark.parametrize(("track", "place"), [("a", 0), ("b", 2)])
def test_bins_sum_to_what_is_predicted_of_both_strands(
    made: material.Material, tmp_path: Path, track: str, place: int
) -> None:
    """Of two folds the windows of both; of what no fold held out nothing, and 0 where 0 was said."""
    files = [predicted(made, tmp_path, fold) for fold in (2, 1)]
    values = np.zeros((len(made.table), 4, 8))
    for fold, file in zip((2, 1), files, strict=True):
        values[made.table["fold"] == fold] = predicted_tracks.read(file, made.table).values["r"]
    held_out = made.table["fold"].isin([1, 2]).to_numpy()
    for side, (strand, path) in enumerate(export(made, tmp_path, files, track).items()):
        sums = expected(made.table[held_out], values[held_out, place + side])
        assert [bool(np.isfinite(sums[chrom]).all()) for chrom in sums] == [False, True, True, False]
        assert (sums["II"] == 0).any()
        assert_sums(path, sums, SIGN[strand])


def test_the_bytes_are_those_of_the_prediction_alone(made: material.Material, tmp_path: Path) -> None:
    files = [predicted(made, tmp_path, fold) for fold in (1, 2)]
    found = []
    for name, order in (("x", files), ("y", files[::-1])):
        (tmp_path / name).mkdir()
        found.append([path.read_bytes() for path in export(made, tmp_path / name, order).values()])
    assert found[0] == found[1]


def test_chromosomes_are_called_as_the_hub_calls_them(
    made: material.Material, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One that has no name there is left out, and the log says which; by its own name it is there."""
    table = made.table.replace({"chrom": {"III": "KI270728.1"}})
    track_store.write_windows(table, tmp_path / "windows.parquet")
    values = {"r": np.ones((int((table["fold"] == 2).sum()), 4, 8), np.float32)}
    about = {"windows": table, "fold": 2, "tracks": material.TRACKS, "bin_width": 16, "bins": 8}
    predicted_tracks.write([values], tmp_path / "predicted.h5", **about)
    found = {}
    for naming in ("ucsc", "genome"):
        paths = {strand: tmp_path / f"{naming}.{strand}.bw" for strand in SIGN}
        with caplog.at_level(logging.WARNING):
            export_predicted(
                windows=tmp_path / "windows.parquet", predicted=[tmp_path / "predicted.h5"],
                chromosomes=chromosomes(tmp_path, **{"KI270728.1": 7900}), **paths, track="a", run="r", naming=naming,
            )  # fmt: skip
        found[naming] = bases(paths["plus"])
    assert set(found["ucsc"]) == {"chrI", "chrII", "chrIII", "chrIV"}
    assert all(np.isnan(values).all() for values in found["ucsc"].values())
    assert np.nansum(found["genome"]["KI270728.1"]) == 7900 // 16
    assert [record.message for record in caplog.records] == ["left out, without a known name at UCSC: KI270728.1"]


def test_the_hub_of_the_set_says_how_chromosomes_are_called() -> None:
    config = read_yaml(ROOT / "config/config.yaml")
    hub = {"genome": "hg38", "email": "maintainer@example.org"}
    asked = []
    for section in (None, hub, {**hub, "chromosome_names": "genome"}):
        config["tracks"]["sets"]["netseq"] |= {"hub": section} if section else {}
        of = Settings(config, str(ROOT / "config/datasets.tsv"))
        asked.append(chromosome_names(of)(pd.Series({"run": "strands"})))
    assert asked == ["genome", "ucsc", "genome"]


# Regions


def read_regions(made: material.Material, folder: Path, lines: list[str]) -> tuple[list[Path], dict[str, Path]]:
    """The models of two folds, and what they say of the regions."""
    models = [untrained.write(folder / f"model{fold}", fold, seed=fold) for fold in (1, 2)]
    bed = folder / "own.bed"
    bed.write_text("".join(f"{line}\n" for line in lines))
    said = {name: folder / file for name, file in (("windows", "windows.parquet"), ("predicted", "predicted.h5"))}
    predict_regions(
        genome=made.genome, index=made.index, chromosomes=chromosomes(folder, {"second": "II"}), regions=bed,
        models=models, **said, run="r", threads=1,
    )  # fmt: skip
    return models, said


def test_regions_are_read_by_all_models_in_the_windows_that_they_touch(made: material.Material, tmp_path: Path) -> None:
    """Three of them overlap, and one reaches over the end of its chromosome, which has 8100 bp."""
    lines = ["# own", "second\t8050\t9000", "I\t250\t260\tname\t0\t-", "I\t100\t200", "I\t120\t256"]
    models, said = read_regions(made, tmp_path, lines)
    table = track_store.read_windows(said["windows"])
    places = [("I", 0), ("I", 128), ("I", 256), ("II", 7936), ("II", 8064)]
    assert list(zip(table["chrom"], table["start"], strict=True)) == places
    values = []
    for chrom, start in places:
        codes = untrained.padded(made.sequence[chrom], start)
        values.append((untrained.say(models[0], codes) + untrained.say(models[1], codes)) / 2)
    values = np.array(values)
    assert values.std() > 0.1 * values.mean()
    np.testing.assert_allclose(predicted_tracks.read(said["predicted"], table).values["r"], values, rtol=1e-5)
    paths = {strand: tmp_path / f"b.{strand}.bw" for strand in SIGN}
    about = {"track": "b", "run": "r", "naming": "genome"}
    export_regions(**said, chromosomes=tmp_path / "chromosomes.parquet", **paths, **about)
    for side, (strand, path) in enumerate(paths.items()):
        sums = expected(table, values[:, 2 + side])
        assert np.isfinite(sums["II"]).sum() == 8 + 2  # 36 bp of the last window lie within the chromosome
        found = bases(path)
        for chrom in sums:
            whole = found[chrom][: len(sums[chrom]) * 16].reshape(-1, 16).sum(1)
            np.testing.assert_allclose(whole, SIGN[strand] * sums[chrom], rtol=1e-5)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("II\t8100\t8200", r"own.bed: II:8100-8200: lies beyond the end of the chromosome, which has 8100 bp"),
        ("# nothing", "own.bed: holds no region. Give at least one"),
    ],
)
def test_regions_that_cannot_be_read_are_one_clear_line(
    made: material.Material, tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        read_regions(made, tmp_path, [line])


def test_models_of_other_tracks_are_not_averaged(made: material.Material, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="model2: has other tracks or windows"):
        untrained.write(tmp_path / "model2", 2, seed=2, context=64)
        predict_regions(
            genome=made.genome, index=made.index, chromosomes=chromosomes(tmp_path), regions=tmp_path / "own.bed",
            models=[untrained.write(tmp_path / "model1", 1, seed=1), tmp_path / "model2"],
            windows=tmp_path / "w.parquet", predicted=tmp_path / "p.h5", run="r", threads=1,
        )  # fmt: skip
