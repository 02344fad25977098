"""Small circuits for tests, and the real ones of DREAM4 in the mirror."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.support.real_data import REAL_MIRROR
from workflow_scripts.circuit.data import Circuit, circuit
from workflow_scripts.contracts import experiments

HOST = "raw.githubusercontent.com/williamgilpin/rice/1b14375d3c0dcc5dd3cb150cedd11988aff2f22a"
GOLD = "DREAM4_Challenge2_GoldStandards"
STEPS = 21  # of a series of DREAM4


def sheet(rows: list[tuple[str, str, float, bool]]) -> pd.DataFrame:
    """obs of Experiments from (perturbation, series, time, disturbed) of each sample."""
    table = pd.DataFrame(rows, columns=["perturbation", "series", "time", "disturbed"])
    return table.assign(replicates=1).set_index(pd.Index([f"S{row}" for row in range(len(rows))], name="sample_id"))


def written(x: np.ndarray, obs: pd.DataFrame, genes: list[str], path: Path) -> Circuit:
    """The circuit of Experiments that were written to `path` and read."""
    experiments.write(x, obs, genes, path, unit="level", time_unit="min")
    return circuit(experiments.read(path))


def _table(*names: str, header: int | None = 0) -> pd.DataFrame:
    return pd.read_csv(Path(REAL_MIRROR, HOST, "benchmarks/benchmark_datasets", *names), sep="\t", header=header)


def dream(size: int, net: int, path: Path) -> tuple[Circuit, pd.DataFrame, np.ndarray, np.ndarray]:
    """One network of DREAM4: circuit, EdgeTruth, pairs (P, 2) of genes knocked out together and their levels (P, G)."""
    folder, name = f"DREAM4_InSilico_Size{size}", f"insilico_size{size}_{net}"
    of = {kind: _table(folder, name, f"{name}_{kind}.tsv") for kind in ("wildtype", "knockouts", "knockdowns")}
    genes, course = list(of["wildtype"].columns), _table(folder, name, f"{name}_timeseries.tsv")
    rows = [("", "", np.nan, False)]
    rows += [(f"{gene}:knockout", "", np.nan, False) for gene in genes]
    rows += [(f"{gene}:knockdown:0.5", "", np.nan, False) for gene in genes]
    x = [table.to_numpy(float) for table in of.values()]
    if size == 10:
        x.append(_table(folder, name, f"{name}_multifactorial.tsv").to_numpy(float))
        rows += [("", "", np.nan, True)] * len(x[-1])
    times, last = course.iloc[:, 0].to_numpy(float), course.iloc[:, 0].max()
    rows += [("", f"series{at // STEPS}", time, 0 < time < last / 2) for at, time in enumerate(times)]
    x.append(course.iloc[:, 1:].to_numpy(float))
    of_size = (GOLD, f"Size {size}")
    gold = _table(*of_size, f"DREAM4_GoldStandard_InSilico_Size{size}_{net}.tsv", header=None)
    truth = pd.DataFrame({"source": gold[0], "target": gold[1], "present": gold[2] == 1, "sign": 0})
    every = pd.MultiIndex.from_product([genes, genes], names=["source", "target"])
    truth = truth.set_index(["source", "target"]).reindex(every[[a != b for a, b in every]], fill_value=0)
    index = "inSilico" if (size, net) == (10, 1) else "insilico"  # as the files are spelled
    pairs = _table(folder, name, f"{index}_size{size}_{net}_dualknockouts_indexes.tsv").to_numpy(int) - 1
    levels = _table(*of_size, f"Size {size} bonus round", f"{name}_nonoise_dualknockouts.tsv", header=None)
    both = truth.astype({"present": bool, "sign": "int64"}).reset_index()
    return written(np.concatenate(x), sheet(rows), genes, path), both, pairs, levels.to_numpy(float)
