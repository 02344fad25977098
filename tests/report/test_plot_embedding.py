from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from matplotlib.figure import Figure
from sklearn.metrics import silhouette_score

from tests.report.conftest import SPEC
from tests.report.looking import ODD, nothing_cut, page, picture, printed_honest
from workflow_scripts.contracts import sample_embedding, sample_layout, sample_sheet
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report import embeddings
from workflow_scripts.report.embedding_figures import MOST_NAMES, UNLABELLED, View, describe, draw_embedding
from workflow_scripts.report.plot_embedding import plot_embedding


def draw(folder: Path, samples: Path, origin: dict, **spec: object) -> tuple[Path, Path, Path]:
    folder.mkdir(exist_ok=True)
    umap, tsne, interactive = folder / "umap.png", folder / "tsne.png", folder / "embedding.html"
    outputs = {"umap": umap, "tsne": tsne, "interactive": interactive, "layout": folder / "layout.parquet"}
    beside = spec.pop("baseline", samples)  # the same samples, where nothing else matters
    given = {"embeddings": samples, "baseline": beside, "run": "small", "place": 0}
    given["sheets"] = spec.pop("sheets", [])
    plot_embedding(**given, **origin, **outputs, spec=SPEC | spec)
    return umap, tsne, interactive


def chart(path: Path) -> dict:
    """The Vega-Lite specification that a page carries."""
    found = re.search(
        r'const chart = (.*), options = \{mode: "vega-lite", renderer: "canvas", ast: true', page(path, scripts=2).raw
    )
    assert found
    return json.loads(found.group(1))


def points(path: Path) -> list[dict]:
    (data,) = chart(path)["datasets"].values()
    return data


def test_pictures_and_page_show_every_sample_and_say_what_is_simulated(tmp_path, write_samples, origin) -> None:
    made = draw(tmp_path / "out", write_samples(80, 5), origin(True))
    for path in made[:2]:
        picture(path)
        assert printed_honest(path)
    shown = page(made[2], scripts=2)
    assert "Simulated data" in shown.text and "80 samples" in shown.text
    drawn = points(made[2])
    assert sorted(point["sample"] for point in drawn) == sorted(f"s{index}" for index in range(80))
    assert all(np.isfinite([point[name] for name in ("x0", "y0", "x3", "y3")]).all() for point in drawn)
    assert ODD in {point["label"] for point in drawn}  # in the data as it is
    assert ODD not in shown.raw and "<script>alert" not in shown.raw  # in the page never as a tag


def test_real_data_carry_no_honest_line(tmp_path, write_samples, origin) -> None:
    made = draw(tmp_path / "out", write_samples(30, 3), origin(False))
    assert not printed_honest(made[0]) and not printed_honest(made[1])
    assert "imulated" not in page(made[2], scripts=2).text


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_picture(tmp_path, write_samples, origin) -> None:
    samples, real = write_samples(60, 4), origin(False)
    first, again = (draw(tmp_path / name, samples, real) for name in ("first", "again"))
    other = draw(tmp_path / "other", samples, real, seed=2)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[0].read_bytes() != other[0].read_bytes()


@pytest.mark.parametrize(
    ("count", "labels"),
    [(1, 0), (2, 1), (9, 2), (10, 1), (12, 3), (15, 0)],
    ids=["one", "two", "few", "fewest for UMAP", "fewer than neighbours", "no labels"],
)
def test_small_sets_are_drawn(tmp_path, write_samples, origin, count: int, labels: int) -> None:
    made = draw(tmp_path / "out", write_samples(count, labels), origin(True))
    picture(made[0])
    assert len(points(made[2])) == count


def test_samples_that_are_all_alike_are_drawn(tmp_path, write_samples, origin) -> None:
    picture(draw(tmp_path / "out", write_samples(40, 2, vary=0), origin(True))[0])


def no_legend_covers_samples(figure: Figure) -> bool:
    """Whether every legend ends above the next one, and right of every panel with samples."""
    legends = [axis.get_legend().get_window_extent() for axis in figure.axes if axis.get_legend()]
    panels = [axis.get_window_extent() for axis in figure.axes if axis.collections]
    below = all(upper.y0 > lower.y1 for upper, lower in pairwise(legends))
    return below and min(key.x0 for key in legends) > max(panel.x1 for panel in panels)


def test_long_labels_are_told_whole(write_samples) -> None:
    data = sample_embedding.read(write_samples(60, 5, unlabelled=0))
    name = "a label with many words that says where in the body the sample was taken, and from whom"
    data.obs["label"] = [f"{name} {number % 30}" for number in range(60)]
    about, marks = describe(data.obs)
    layout = embeddings.Layout("UMAP", data.X[:, :2], ("UMAP 1", "UMAP 2"))
    figure = draw_embedding([View("of a run", "", layout), View("of PCA", "", layout)], about, marks, 60)
    said = [" ".join(text.get_text().split()) for text in figure.axes[-2].get_legend().get_texts()]
    assert said[1:] == [f"{label} (2)" for label in marks["drawn"]]
    assert nothing_cut(figure) and no_legend_covers_samples(figure)


def test_colours_can_mean_the_columns_of_a_sample_sheet(tmp_path, write_samples, origin) -> None:
    """What one corpus tells; of others, and of samples that its sheet leaves empty, nothing is told."""
    path = write_samples(30, 3)
    obs = sample_embedding.read(path).obs
    corpus = obs["corpus"].iloc[0]
    own = obs.index[obs["corpus"] == corpus]
    told = {"sample_id": own, "file": "f", "group": "g", "age [years]": [""] + ["7", "70"] * len(own)}
    sheet = pd.DataFrame(
        {name: values[: len(own)] if isinstance(values, list) else values for name, values in told.items()}
    )
    sample_sheet.write(sheet.astype(object), tmp_path / f"{corpus}.parquet")
    about, marks = describe(obs, {corpus: sheet})
    assert list(marks) == ["drawn", "split", "corpus", "age [years]"]
    assert about.loc[own, "age [years]"].tolist() == ["not told", *sheet["age [years]"][1:]]
    assert set(about.loc[~about.index.isin(own), "age [years]"]) <= {"not told"}
    assert set(marks["age [years]"]) == {"7", "70", "not told"}
    made = draw(tmp_path / "out", path, origin(False), sheets=[tmp_path / f"{corpus}.parquet"])
    menu = next(param for param in chart(made[2])["params"] if param["name"] == "mark_by")["bind"]
    assert menu["labels"] == ["label", "split", "corpus", "age [years]"]
    assert points(made[2])[0]["age [years]"] in ("7", "70", "not told")


@pytest.mark.parametrize("labels", [22, 40, 60])
def test_many_labels_are_all_told_apart(write_samples, labels: int) -> None:
    data = sample_embedding.read(write_samples(600, labels, unlabelled=0.1))
    about, marks = describe(data.obs)
    known = len(set(about["label"]) - {UNLABELLED})
    assert known == labels
    drawn = marks["drawn"]
    assert len(drawn) == len(set(drawn.values())) == min(known, MOST_NAMES) + (known > MOST_NAMES) + 1
    assert set(about["drawn"]) == set(drawn)
    layout = embeddings.Layout("UMAP", data.X[:, :2], ("UMAP 1", "UMAP 2"))
    figure = draw_embedding([View("of a run", "", layout), View("of PCA", "", layout)], about, marks, len(about))
    legend = next(axis.get_legend() for axis in figure.axes if axis.get_legend() is not None)
    assert len(legend.get_texts()) == len(drawn) + 1  # its title
    assert nothing_cut(figure)
    assert no_legend_covers_samples(figure)


def test_of_a_large_set_a_choice_is_drawn_that_is_said(tmp_path, write_samples, origin) -> None:
    made = draw(tmp_path / "out", write_samples(50, 3), origin(False), max_samples=20)
    assert "20 of 50 samples, chosen at random" in page(made[2], scripts=2).text
    names = [point["sample"] for point in points(made[2])]
    assert len(set(names)) == 20


def test_where_samples_are_drawn_is_kept(tmp_path, write_samples, origin) -> None:
    """The model's panels of the page, which rounds, and the table tell the same."""
    made = draw(tmp_path / "out", write_samples(50, 3), origin(False), max_samples=20)
    kept = sample_layout.read(tmp_path / "out/layout.parquet").set_index("sample_id")
    drawn = pd.DataFrame(points(made[2])).set_index("sample")
    assert kept.index.tolist() == drawn.index.tolist()
    np.testing.assert_allclose(kept, drawn[["x0", "y0", "x2", "y2"]], atol=1e-3)


def test_a_vector_that_is_not_finite_is_an_error(tmp_path, write_samples, origin) -> None:
    samples = write_samples(30, 2)
    data = sample_embedding.read(samples)
    data.X[7, 1] = np.nan
    sample_embedding.write(data.X, data.obs, samples, run="small", gene_order="o" * 64)
    with pytest.raises(BadInput, match="sample 's7': its embedding is not finite"):
        draw(tmp_path / "out", samples, origin(False))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_set_without_samples_is_an_error(tmp_path, write_samples, origin) -> None:
    samples = write_samples(10, 2)
    data = sample_embedding.read(samples)
    sample_embedding.write(data.X[:0], data.obs.iloc[:0], samples, run="small", gene_order="o" * 64)
    with pytest.raises(BadInput, match="holds no sample"):
        draw(tmp_path / "out", samples, origin(False))


def test_principal_components_hold_the_distances_of_a_plane() -> None:
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(8, 2)) @ np.linalg.qr(rng.normal(size=(6, 6)))[0][:2]
    xy = embeddings.principal_components(plane)
    before = np.linalg.norm(plane[:, None] - plane[None], axis=2)
    np.testing.assert_allclose(np.linalg.norm(xy[:, None] - xy[None], axis=2), before, atol=1e-5)


def test_labels_are_told_apart_as_scikit_learn_and_hand_say() -> None:
    """Two labels on a line: of three test samples the five nearest train samples of one have the other label."""
    x = np.array([[0], [1], [2], [10], [11], [12], [0.5], [11.5], [2.5], [50]], np.float32)
    obs = pd.DataFrame({"label": [*"aaabbbabb", ""], "split": ["train"] * 6 + ["test"] * 4})
    data = AnnData(x, obs.set_axis([f"s{n}" for n in range(10)]))
    found = embeddings.separation(data)
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.silhouette == pytest.approx(silhouette_score(x[:9], list("aaabbbabb")))
    assert found.words == f"silhouette {found.silhouette:.2f}, 5-NN accuracy 0.67"


@pytest.mark.parametrize("label", ["", "a"])
def test_what_cannot_be_told_apart_is_not_defined(label: str) -> None:
    obs = pd.DataFrame({"label": [label] * 8, "split": "train"}, index=[f"s{n}" for n in range(8)])
    assert embeddings.separation(AnnData(np.ones((8, 2), np.float32), obs)).words.count("not defined") == 2


def test_the_baseline_stands_beside_the_model_with_the_same_samples(tmp_path, write_samples, origin) -> None:
    samples = write_samples(40, 3)
    data = sample_embedding.read(samples)
    other = tmp_path / "baseline.h5ad"
    sample_embedding.write(data.X[::-1, :4] ** 3, data.obs[::-1], other, run="PCA of log-TPM", gene_order="o" * 64)
    made = draw(tmp_path / "out", samples, origin(False), baseline=other)
    titles = [panel["title"]["text"] for panel in chart(made[2])["concat"]]
    assert titles == [
        "small: UMAP of its embedding",
        "UMAP of PCA of log-TPM",
        "small: t-SNE of its embedding",
        "t-SNE of PCA of log-TPM",
    ]
    drawn = pd.DataFrame(points(made[2])).set_index("sample")
    assert not np.allclose(drawn[["x0", "y0"]], drawn[["x1", "y1"]])
    sample_embedding.write(data.X[1:], data.obs[1:], other, run="PCA of log-TPM", gene_order="o" * 64)
    with pytest.raises(BadInput, match="lacks samples of the run"):
        draw(tmp_path / "again", samples, origin(False), baseline=other)


def test_samples_are_drawn_in_an_order_that_hides_no_corpus(write_samples) -> None:
    samples = write_samples(40, 3)
    data = sample_embedding.read(samples)
    chosen = embeddings.choose(data, 100, 1, samples)
    assert sorted(chosen.obs_names) == sorted(data.obs_names)
    assert list(chosen.obs_names) != list(data.obs_names)


def test_each_sample_keeps_its_own_label() -> None:
    obs = pd.DataFrame({"label": ["x", "y", "z"], "split": "train", "corpus": "c", "group": ["g1", "g2", "g3"]})
    about, _ = describe(obs.set_axis(["s1", "s2", "s3"]))
    assert about["label"].tolist() == ["x", "y", "z"] and about["group"].tolist() == ["g1", "g2", "g3"]
