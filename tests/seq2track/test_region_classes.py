"""Classes of stretches: by the annotation, by the signal around, by other blocks than their own, and in the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.seq2track import material
from tests.seq2track.test_starts import Given, bodies, drawn, ground
from workflow_scripts.contracts import comparisons, gene_bodies, metrics, predicted_tracks, region_classes
from workflow_scripts.evaluation.intervals import draws
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import region_classes as classes
from workflow_scripts.seq2track.classify_regions import classify_regions
from workflow_scripts.seq2track.reading import SHUFFLED
from workflow_scripts.seq2track.starts import lay_out
from workflow_scripts.settings.schema import complete, load_schema


def spec(**changes: Any) -> dict[str, Any]:
    given = {"width": 32, "start": 40, "before": 30, "after": 50, "blocks": 4, "bootstrap_samples": 20, **changes}
    section = {"runs": {"r": {"set": "toy"}}, "region_classes": given}
    return complete(section, load_schema("seq2track"))["region_classes"]


def test_stretches_follow_each_other_and_no_neighbour_lies_beyond_a_gap() -> None:
    """Bins of 10 bp: chromosome I has 80 to 240 and 400 to 480, II 0 to 160; three bins a stretch."""
    here = ground()
    found = classes.cut(here, 3)
    places = sorted(zip(found.chrom, found.middle, strict=True))
    starts = [("I", start) for start in (80, 110, 140, 170, 200, 400, 430)]
    starts += [("II", start) for start in (0, 30, 60, 90, 120)]
    assert places == [(chrom, start + 14.5) for chrom, start in starts]
    for number, (chrom, middle) in enumerate(zip(found.chrom, found.middle, strict=True)):
        assert np.diff(here.middle[found.bins[number]]).tolist() == [10, 10]
        for step, near in zip(range(-2, 3), found.around[number], strict=True):
            there = (chrom, middle + 30 * step - 14.5) in starts
            together = there and (middle + 30 * step > 300) == (middle > 300)
            assert (found.chrom[near], found.middle[near]) == (chrom, middle + 30 * step * together)


def test_labels_by_hand_on_both_strands() -> None:
    table = bodies(("I", 120, 200, "+", 120), ("II", 24, 97, "-", 96), ("I", 1, 99, "+", 1)).assign(placed=[1, 1, 0])
    table["placed"] = table["placed"].astype(bool)
    found = classes.cut(ground(), 1)
    given = classes.label(table, found, spec(start=20, before=30, after=40))
    places = zip(found.chrom, found.middle, strict=True)
    told = {place: given[:, at].tolist() for at, place in enumerate(places)}
    expected = {
        ("I", 84.5): ["intergenic", "intergenic"],
        ("I", 94.5): ["before_start", "intergenic"],
        ("I", 114.5): ["before_start", "intergenic"],
        ("I", 124.5): ["start", "antisense"],
        ("I", 134.5): ["start", "antisense"],
        ("I", 144.5): ["gene", "antisense"],
        ("I", 194.5): ["gene", "antisense"],
        ("I", 204.5): ["after_end", "intergenic"],
        ("I", 234.5): ["after_end", "intergenic"],
        ("I", 404.5): ["intergenic", "intergenic"],
        ("II", 4.5): ["intergenic", "after_end"],
        ("II", 14.5): ["intergenic", "after_end"],
        ("II", 24.5): ["antisense", "gene"],
        ("II", 74.5): ["antisense", "gene"],
        ("II", 84.5): ["antisense", "start"],
        ("II", 94.5): ["antisense", "start"],
        ("II", 104.5): ["intergenic", "before_start"],
        ("II", 124.5): ["intergenic", "before_start"],
        ("II", 134.5): ["intergenic", "intergenic"],
    }
    assert {place: told[place] for place in expected} == expected


def test_of_two_genes_the_class_that_comes_first_counts() -> None:
    table = bodies(("II", 0, 60, "+", 0), ("II", 80, 150, "+", 80), ("II", 0, 160, "-", 159), ("I", 100, 120, "+", 100))
    found = classes.cut(ground(), 1)
    given = classes.label(table, found, spec(start=30, before=30, after=50))
    short = given[0, (found.chrom == "I") & (found.middle < 150)]
    assert short.tolist() == ["before_start"] * 2 + ["start"] * 2 + ["after_end"] * 3  # no start beyond the end
    plus = {float(found.middle[at]): str(given[0, at]) for at in np.flatnonzero(found.chrom == "II")}
    assert [plus[middle] for middle in (44.5, 54.5, 64.5, 84.5, 114.5, 154.5)] == [
        "gene", "gene", "before_start", "start", "gene", "after_end"
    ]  # fmt: skip


def test_features_are_mean_signal_along_the_direction_of_the_strand() -> None:
    signal = np.concatenate([drawn(1)[0], drawn(2)[0]])
    mask = np.concatenate([drawn(1)[1], drawn(2)[1]])
    signal[~mask] = np.nan  # what does not count is not read
    found = classes.cut(ground(), 2)
    x = classes.features(np.nan_to_num(signal, nan=1e9), mask, found)
    assert x.shape == (2, len(found.middle), 2 * 2 * 5)
    for side in (0, 1):
        for at in range(len(found.middle)):
            near = found.around[at][:: -1 if side else 1]
            expected = []
            for row in (side, 1 - side, 2 + side, 3 - side):
                for one in near:
                    counted = signal[row, found.bins[one]][mask[row, found.bins[one]]]
                    expected.append(np.log1p(counted.mean()) if len(counted) else 0)
            np.testing.assert_allclose(x[side, at], expected)


def test_half_of_the_bins_of_a_stretch_count_at_least() -> None:
    mask = np.ones((4, 40), bool)
    found = classes.cut(ground(), 4)
    first = found.bins[0]
    mask[0, first[:3]] = mask[2, first[:1]] = False  # of the plus strand 4 of 8
    mask[1, first] = mask[3, first[:1]] = False  # of the minus strand 3 of 8
    assert classes.counted(mask, found)[:, 0].tolist() == [True, False]
    assert classes.counted(mask, found)[:, 1:].all()


def test_a_block_is_told_by_the_others_alone() -> None:
    """Where each block has a class of its own kind of signal, no other block can teach it."""
    rng = np.random.default_rng(0)
    labels = rng.choice(["gene", "start"], 400)
    own = np.eye(400)  # each stretch told apart from all others: by heart all would be right
    blocks = np.arange(400) % 4
    assert 0.4 < (classes.tell(own, labels, blocks) == labels).mean() < 0.6
    x = np.where(labels == "gene", 1.0, 0.0)[:, None] + rng.normal(0, 0.1, (400, 1))
    assert (classes.tell(x, labels, blocks) == labels).all()
    x[blocks == 2] *= -1
    wrong = classes.tell(x, labels, blocks) != labels
    assert wrong[blocks == 2].mean() > 0.4
    three = np.where(rng.random(400) < 0.1, "antisense", labels)
    x = rng.normal(size=(400, 3)) + (three[:, None] == np.unique(three))
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
    found = cross_val_predict(model, x, three, groups=blocks, cv=LeaveOneGroupOut())
    np.testing.assert_array_equal(classes.tell(x, three, blocks), found)
    one = np.where(blocks == 0, "gene", "start")
    assert (classes.tell(x, one, np.minimum(blocks, 1))[blocks == 0] == "start").all()  # all that the others are


class Classified(Given):
    """The files of `test_starts`, and what is told of them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for fold in (1, 2):
            rows = np.flatnonzero(self.table["fold"] == fold)
            signal, _ = self.store.rows(rows)
            names = ("mean_profile", "gc_linear", "kmer_ridge")
            values = (signal, np.full_like(signal, 0.1), signal.mean((0, 2), keepdims=True) + 0 * signal)
            self.write(folder / f"baselines{fold}.h5", fold, dict(zip(names, values, strict=True)))

    def classify(self, out: Path, folds: tuple[int, ...] = (1, 2), others: tuple[int, ...] = (1, 2)) -> None:
        out.mkdir()
        classify_regions(
            windows=self.made.windows,
            targets=self.made.targets,
            bodies=self.bodies,
            predicted=[self.folder / f"run{fold}.h5" for fold in folds],
            baselines=[self.folder / f"baselines{fold}.h5" for fold in others],
            regions=out / "region_classes.tsv",
            metrics=out / "metrics.parquet",
            comparisons=out / "comparisons.parquet",
            spec=spec(),
            run="r",
        )


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Classified:
    return Classified(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def out(given: Classified) -> Path:
    given.classify(given.folder / "out")
    return given.folder / "out"


def test_every_model_that_reads_no_annotation_is_scored_as_scikit_learn_does(out: Path) -> None:
    found = metrics.read(out / "metrics.parquet")
    models = {"r", SHUFFLED, "gc_linear", "kmer_ridge", "measured_tracks"}
    assert set(found["model"]) == models and set(found["split"]) == {"test"}
    assert set(found["dataset"]) == {"all tracks", "all tracks, fold 1", "all tracks, fold 2"}
    value = found.set_index(["dataset", "metric", "model"])["value"].sort_index()
    table = region_classes.read(out / "region_classes.tsv")
    for fold, rows in table.groupby("fold"):
        told = value[f"all tracks, fold {fold}"].loc[:, "r"]
        assert told["macro_f1"] == pytest.approx(f1_score(rows["label"], rows["predicted"], average="macro"))
        by_class = f1_score(rows["label"], rows["predicted"], average=None, labels=["start"])
        assert told["f1:start"] == pytest.approx(by_class[0])
    macro = value["all tracks", "macro_f1"]
    assert macro["measured_tracks"] > macro["r"] > macro["gc_linear"] + 0.1
    compared = comparisons.read(out / "comparisons.parquet")
    assert set(compared["model"]) == {"r"} and set(compared["baseline"]) == models - {"r"}


def test_blocks_and_resamples_are_of_whole_windows(given: Classified, out: Path) -> None:
    """What a run's tracks tell, made anew; of windows in a row, a quarter is told by the other three."""
    table = region_classes.read(out / "region_classes.tsv")
    scores = metrics.read(out / "metrics.parquet").set_index(["dataset", "metric", "model"])
    genes, _ = gene_bodies.read(given.bodies)
    for fold, rows in table.groupby("fold"):
        chosen = np.flatnonzero(given.table["fold"] == fold)
        _, mask = given.store.rows(chosen)
        said = predicted_tracks.read(given.folder / f"run{fold}.h5", given.table).values["r"]
        here = lay_out(given.table, chosen, 16, 8)
        signal, mask = (of.swapaxes(0, 1).reshape(4, -1) for of in (said, mask))
        found = classes.cut(here, 2)
        kept = classes.counted(mask, found)
        labels = classes.label(genes, found, spec())[kept]
        window = np.tile(found.bins[:, 0] // 8, (2, 1))[kept]
        quarter = np.array([np.searchsorted([1, 2, 3], 4 * number / len(chosen), "right") for number in window])
        told = classes.tell(classes.features(signal, mask, found)[kept], labels, quarter)
        assert (told == rows["predicted"].to_numpy()).all()
        names = (rows["chrom"] + ":" + (rows["start"] // 128 * 128).astype(str)).to_numpy()
        resampled = []
        for times in draws(len(set(names)), 20, 1):
            again = np.repeat(np.arange(len(rows)), times[np.unique(names, return_inverse=True)[1]].astype(int))
            drawn_again = rows.iloc[again]
            resampled.append(f1_score(drawn_again["label"], drawn_again["predicted"], average="macro"))
        told = scores.loc[(f"all tracks, fold {fold}", "macro_f1", "r"), ["ci_low", "ci_high"]].astype(float)
        np.testing.assert_allclose(told, np.quantile(resampled, [0.025, 0.975]))


def test_stretches_lie_on_windows_of_their_fold_with_their_label(given: Classified, out: Path) -> None:
    table = region_classes.read(out / "region_classes.tsv")
    genes, _ = gene_bodies.read(given.bodies)
    for row in table.itertuples():
        assert material.FOLD[row.chrom] == row.fold and row.start % 32 == 0 and row.end - row.start == 32
        middle = row.start + 15.5
        of = genes[(genes["chrom"] == row.chrom) & (genes["strand"] == row.strand)]
        along = (middle - of["tss"]) * (1 if row.strand == "+" else -1)
        length = of["end"] - of["tss"] if row.strand == "+" else of["tss"] + 1 - of["start"]
        inside = (along >= -0.5) & (along < length - 0.5)  # the outer edges of the first and the last base
        if (inside & (along < 39.5)).any():
            assert row.label == "start"
        else:
            assert (row.label == "gene") == inside.any()
    assert set(table["label"]) == set(region_classes.LABELS)


def test_one_fold_is_its_own_mean(given: Classified, out: Path, tmp_path: Path) -> None:
    given.classify(tmp_path / "out", folds=(2,), others=(2,))
    found, both = (metrics.read(folder / "metrics.parquet") for folder in (tmp_path / "out", out))
    assert set(found["dataset"]) == {"all tracks"}
    one = both[both["dataset"] == "all tracks, fold 2"]
    np.testing.assert_array_equal(found["value"], one["value"])


def test_files_of_different_folds_are_refused(given: Classified, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="fold or tracks: are not those of"):
        given.classify(tmp_path / "out", others=(2, 1))
