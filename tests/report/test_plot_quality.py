from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import ODD, legends_apart, nothing_cut, page, picture, printed_honest
from workflow_scripts.contracts import gene_mapping
from workflow_scripts.contracts.samples import ALL
from workflow_scripts.contracts.samples import write as write_samples
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report import quality
from workflow_scripts.report.plot_quality import MOST_ROWS, plot_quality


def write_tables(folder: Path, count: int = 120, labels: int = 4) -> tuple[Path, Path]:
    rng = np.random.default_rng(5)
    fate = rng.choice(["kept", "low_quality", "duplicate"], count, p=[0.8, 0.15, 0.05])
    names = np.array([ODD, *(f"tissue {index}" for index in range(1, labels))][:labels] or [""])
    samples = pd.DataFrame(
        {
            "sample_id": [f"s{index}" for index in range(count)],
            "corpus": rng.choice(["archs4", "tcga"], count),
            "fate": fate,
            "label": rng.choice(names, count),
            "split": np.where(fate == "kept", rng.choice(["train", "validation", "test"], count), ""),
        }
    )
    mapping = pd.DataFrame(
        {
            "corpus": ["archs4", "archs4", "tcga", "tcga", "tcga"],
            "file": ["human.h5", "human.h5", "A.tsv.gz", "B.tsv.gz", "B.tsv.gz"],
            "fate": ["mapped", "not protein coding", "mapped", "mapped", "par_y"],
            "genes": [1000, 700, 900, 890, 12],
        }
    )
    columns = {**dict.fromkeys(("shard", "file", "group", "duplicate_of"), "x")}
    columns |= dict.fromkeys(("singlecellprobability", "alignedreads", "total_counts", "nonzero_genes"), 1.0)
    write_samples(samples.assign(**columns)[list(ALL.columns)], folder / "samples.parquet")
    gene_mapping.write(mapping.assign(examples="a"), folder / "mapping.parquet")
    return folder / "samples.parquet", folder / "mapping.parquet"


def draw(folder: Path, tables: tuple[Path, Path], provenance: list[Path]) -> tuple[Path, Path]:
    figure, table = folder / "quality.png", folder / "quality.html"
    plot_quality(samples=tables[0], mapping=tables[1], provenance=provenance, figure=figure, table=table)
    return figure, table


@pytest.mark.parametrize("simulated", [True, False])
def test_fates_are_drawn_and_counted(tmp_path, files, simulated: bool) -> None:
    tables = write_tables(tmp_path)
    figure, table = draw(tmp_path, tables, files(simulated))
    picture(figure)
    assert printed_honest(figure) == simulated
    shown = page(table)
    assert ("Simulated data" in shown.text) == simulated and "Stand-in" not in shown.text
    samples = pd.read_parquet(tables[0])
    kept = (samples["fate"] == "kept").sum()
    assert f"120 samples in the sources: {kept} kept, {120 - kept} dropped" in shown.text
    for text in ("low quality", "archs4 / human.h5", "tcga / B.tsv.gz", "1,000", ODD):
        assert text in shown.text
    assert ODD not in shown.raw


def test_the_same_tables_give_the_same_bytes(tmp_path, files) -> None:
    tables, provenance = write_tables(tmp_path), files(True)
    first = [path.read_bytes() for path in draw(tmp_path, tables, provenance)]
    assert [path.read_bytes() for path in draw(tmp_path, tables, provenance)] == first


@pytest.mark.parametrize(("count", "labels"), [(1, 1), (40, 0), (900, 45)])
def test_few_none_and_many_labels_are_drawn(tmp_path, files, drawn, count: int, labels: int) -> None:
    figure, _ = draw(tmp_path, write_tables(tmp_path, count, labels), files(True))
    picture(figure)
    assert legends_apart(drawn[0]) and nothing_cut(drawn[0])


def test_rare_labels_are_counted_where_they_are_too_many(tmp_path, files) -> None:
    tables = write_tables(tmp_path, 3000, 900)
    labels = pd.read_parquet(tables[0]).query("fate == 'kept'")["label"].nunique()
    _, table = draw(tmp_path, tables, files(False))
    assert f"And {labels - MOST_ROWS:,} rarer labels." in page(table).text


def test_a_source_in_which_every_sample_was_dropped_is_drawn(tmp_path, files) -> None:
    tables = write_tables(tmp_path)
    write_samples(pd.read_parquet(tables[0]).assign(fate="low_quality", split=""), tables[0])
    figure, table = draw(tmp_path, tables, files(False))
    picture(figure)
    assert "0 kept, 120 dropped" in page(table).text


def test_counts_add_up_whatever_the_order() -> None:
    frame = pd.DataFrame({"corpus": ["b", "a", "b"], "fate": ["kept", "poor", "poor"], "genes": [2, 3, 5]})
    table = quality.count(frame, "corpus", "fate", "genes")
    assert list(table.index) == ["a", "b"] and list(table.columns) == ["kept", "poor"]
    assert table.to_numpy().tolist() == [[0, 3], [2, 5]]


@pytest.mark.parametrize("damaged", [0, 1])
def test_a_damaged_table_is_an_error(tmp_path, files, damaged: int) -> None:
    tables = write_tables(tmp_path)
    content = bytearray(tables[damaged].read_bytes())
    content[content.index(b"archs4")] ^= 1  # another corpus, were it read
    tables[damaged].write_bytes(content)
    with pytest.raises(BadInput, match="is damaged, cut short or was edited"):
        draw(tmp_path, tables, files(False))
    assert not (tmp_path / "quality.png").exists() and not (tmp_path / "quality.html").exists()
