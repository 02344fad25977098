from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.report.looking import legends_apart, nothing_cut, picture, printed_honest
from workflow_scripts.contracts.history import read, write
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.report import style
from workflow_scripts.report.plot_training import draw_losses, plot_training


def history(path: Path, epochs: int = 6, **given: object) -> Path:
    epoch = np.arange(epochs)
    table = pd.DataFrame(
        {
            "epoch": epoch,
            "train_loss": np.where(epoch > 0, 1 / (1 + epoch), np.nan),
            "validation_loss": (epoch - 3) ** 2 + 0.5,
            "learning_rate": 1e-3,
            "seconds": 1.5,
        }
    )
    write(table.assign(**given), path)
    return path


@pytest.mark.parametrize("simulated", [True, False])
def test_the_losses_are_drawn(tmp_path, origin, drawn, simulated: bool) -> None:
    file, of_run = history(tmp_path / "history.tsv"), origin(simulated)
    for name in ("a.png", "b.png"):
        plot_training(history=file, **of_run, figure=tmp_path / name, run="small", place=0)
    picture(tmp_path / "a.png")
    assert legends_apart(drawn[0]) and nothing_cut(drawn[0])
    assert printed_honest(tmp_path / "a.png") == simulated
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_epoch_of_the_least_validation_loss_is_marked(tmp_path) -> None:
    axis = draw_losses(style.new_figure(5, 3).subplots(), read(history(tmp_path / "h.tsv")), "small")
    labels = [text.get_text() for text in axis.get_legend().get_texts()]
    assert labels == ["train", "validation", "kept: epoch 3, validation loss 0.5"]
    assert axis.get_title(loc="left") == "Loss of small: 5 epochs in 9 s"


def test_one_epoch_and_missing_validation_losses_are_drawn(tmp_path, origin) -> None:
    for given in ({"epochs": 1}, {"validation_loss": np.nan}):
        plot_training(
            history=history(tmp_path / "h.tsv", **given),
            **origin(False),
            figure=tmp_path / "f.png",
            run="small",
            place=0,
        )
        picture(tmp_path / "f.png")


WHOLE = "epoch\ttrain_loss\tvalidation_loss\tlearning_rate\tseconds\n0\t\t1\t0\t1\n1\t1\t1\t1\t1\n"


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
def test_a_damaged_history_is_an_error(tmp_path, origin, content: str, said: str) -> None:
    (tmp_path / "h.tsv").write_text(content)
    seal_beside(tmp_path / "h.tsv")
    with pytest.raises(BadInput, match=said):
        plot_training(history=tmp_path / "h.tsv", **origin(False), figure=tmp_path / "f.png", run="small", place=0)
    assert not (tmp_path / "f.png").exists()
