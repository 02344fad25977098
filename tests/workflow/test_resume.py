"""A training killed in its midst goes on where it stopped, and ends at the same weights."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

from tests.support.workflow import DEMO, RESULTS, ROOT, snakemake, succeeded

# another seed and model than the completed run has, so that training starts anew in either copy; it lasts some seconds
MODEL_AND_TRAINING = "model: {transformer: {dim: 16, layers: 1}}, training: {max_epochs: 12, genes_per_sample: 64}"
RETRAIN = ("--config", f"bulk={{runs: {{small: {{seed: 7, {MODEL_AND_TRAINING}}}}}}}")
MODEL = f"{RESULTS}/bulk/small/model"


def training_process(directory: Path) -> int | None:
    """The process id of the training job that runs in `directory`."""
    script = r"^\S*python \S*/.snakemake/scripts/\S*train_bulk.py"
    found = subprocess.run(["pgrep", "-f", script], text=True, capture_output=True).stdout
    for pid in map(int, found.split()):
        try:
            if Path(f"/proc/{pid}/cwd").resolve() == directory.resolve():
                return pid
        except OSError:
            continue
    return None


def losses(directory: Path) -> pd.DataFrame:
    history = pd.read_csv(directory / f"{RESULTS}/bulk/small/history.tsv", sep="\t", dtype=str)
    return history.drop(columns=["seconds", "samples_per_second", "peak_memory_mib"])


def test_killed_training_on_one_core_resumes_to_the_weights_of_an_undisturbed_one_on_two(
    demo: Path, tmp_path: Path
) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    shutil.copytree(demo, undisturbed)
    shutil.copytree(demo, killed)
    assert succeeded(snakemake(MODEL, "--cores", "2", *RETRAIN, directory=undisturbed))

    command = [sys.executable, "-m", "snakemake", MODEL, "--directory", str(killed), "--cores", "1"]
    command += ["--configfile", str(DEMO), *RETRAIN]
    with (tmp_path / "printed").open("w") as printed:
        run = subprocess.Popen(command, cwd=ROOT, stdout=printed, stderr=printed, env=dict(os.environ))
        deadline = time.monotonic() + 300
        checkpoints = killed / f"{RESULTS}/bulk/small/checkpoints"
        while not list(checkpoints.glob("*/*.pt")):
            assert run.poll() is None and time.monotonic() < deadline, (tmp_path / "printed").read_text()
            time.sleep(0.02)
        os.kill(training_process(killed), signal.SIGKILL)
        assert run.wait(timeout=600) != 0
    assert not (killed / MODEL).exists(), "an output of a killed job must not be declared done"

    resumed = snakemake(MODEL, "--cores", "1", *RETRAIN, directory=killed)
    assert succeeded(resumed)
    assert "resume from" in (killed / f"{RESULTS}/logs/bulk/train_bulk.small.log").read_text()
    weights = f"{MODEL}/model.safetensors"
    assert (killed / weights).read_bytes() == (undisturbed / weights).read_bytes()
    pd.testing.assert_frame_equal(losses(killed), losses(undisturbed))  # to the last digit
