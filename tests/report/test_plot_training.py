from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import legends_apart, nothing_cut, picture, printed_honest
from tests.support.examples import selection_table
from workflow_scripts.contracts import selection as selection_contract
from workflow_scripts.contracts.history import read, write
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.report import style
from workflow_scripts.report.plot_training import draw_losses, draw_members, plot_training


def history(path: Path, epochs: int = 6, **given: object) -> Path:
    epoch = np.arange(epochs)
    table = pd.DataFrame(
        {
            "epoch": epoch,
            "train_loss": np.where(epoch > 0, 1 / (1 + epoch), np.nan),
            "validation_loss": (epoch - 3) ** 2 + 0.5,
            "learning_rate": 1e-3,
            "seconds": np.where(epoch > 0, 2 * epoch, 0),
            "samples_per_second": np.where(epoch > 0, 300 / np.maximum(1, epoch), 0),  # 600 samples an epoch
            "peak_memory_mib": 1024 + 512 * epoch,
        }
    )
    write(table.assign(**given), path)
    return path


@pytest.fixture
def selection(tmp_path: Path) -> Path:
    selection_contract.write(selection_table(), tmp_path / "selection.tsv")
    return tmp_path / "selection.tsv"


@pytest.mark.parametrize("simulated", [True, False])
def test_the_losses_are_drawn(tmp_path, selection, origin, drawn, simulated: bool) -> None:
    file, of_run = history(tmp_path / "history.tsv"), origin(simulated)
    for name in ("a.png", "b.png"):
        plot_training(history=file, selection=selection, **of_run, figure=tmp_path / name, run="small", place=0)
    picture(tmp_path / "a.png")
    assert legends_apart(drawn[0]) and nothing_cut(drawn[0])
    assert printed_honest(tmp_path / "a.png") == simulated
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_epoch_of_the_least_validation_loss_is_marked(tmp_path) -> None:
    axis = draw_losses(style.new_figure(5, 3).subplots(), read(history(tmp_path / "h.tsv")), "small")
    labels = [text.get_text() for text in axis.get_legend().get_texts()]
    assert labels == ["train", "validation", "kept: epoch 3, validation loss 0.5"]
    assert axis.get_title(loc="left") == "Loss of small: 5 epochs in 30 s, 100 samples/s, 3.5 GiB"


def test_members_are_drawn_by_name_with_weight_and_skill_and_what_the_network_adds(drawn) -> None:
    table = selection_table()
    axis = draw_members(style.new_figure(5, 3).subplots(), table, "small")
    names = [text.get_text() for text in axis.get_yticklabels()]
    assert names[::-1] == [
        "factors (weight 0.25)", "kernel ridge (weight 0.5)", "network (weight 0.25)", "without the network", "small"
    ]  # fmt: skip
    (points,) = (of for of in axis.collections if len(of.get_offsets()) == 5)
    assert points.get_offsets()[::-1, 0].tolist() == pytest.approx(table["skill"].tolist())
    assert [text.get_text() for text in axis.texts][::-1] == ["0.1000", "0.5000", "0.3333", "0.6000", "0.8000"]
    assert axis.get_title(loc="left") == "The network adds 0.2000"
    table.loc[table["member"] == "network", "weight"] = 0
    axis = draw_members(style.new_figure(5, 3).subplots(), table, "small")
    assert axis.get_title(loc="left") == "The network adds nothing"


def test_one_epoch_and_missing_validation_losses_are_drawn(tmp_path, selection, origin) -> None:
    for given in ({"epochs": 1}, {"validation_loss": np.nan}):
        plot_training(
            history=history(tmp_path / "h.tsv", **given),
            selection=selection,
            **origin(False),
            figure=tmp_path / "f.png",
            run="small",
            place=0,
        )
        picture(tmp_path / "f.png")


WHOLE = "epoch\ttrain_loss\tvalidation_loss\tlearning_rate\tseconds\tsamples_per_second\tpeak_memory_mib\n"
WHOLE += "0\t\t1\t0\t1\t0\t1\n1\t1\t1\t1\t1\t1\t1\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (WHOLE.replace("seconds", "hours"), "seconds"),
        (WHOLE.splitlines(keepends=True)[0], "History"),
        (WHOLE.replace("\n1\t1\t", "\n1\tlow\t"), "train_loss"),
        (WHOLE.replace("\n1\t", "\n2\t"), "counts from 0"),
        ("", "not a readable table"),
    ],
)
def test_a_damaged_history_is_an_error(tmp_path, selection, origin, content: str, said: str) -> None:
    (tmp_path / "h.tsv").write_text(content)
    seal_beside(tmp_path / "h.tsv")
    with pytest.raises(BadInput, match=said):
        plot_training(
            history=tmp_path / "h.tsv",
            selection=selection,
            **origin(False),
            figure=tmp_path / "f.png",
            run="small",
            place=0,
        )
    assert not (tmp_path / "f.png").exists()
