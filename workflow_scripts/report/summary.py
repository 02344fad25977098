"""What a run of the workflow comes to: headline scores, warnings, the table of all scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from sklearn.metrics import normalized_mutual_info_score

from workflow_scripts.contracts.samples import KEPT
from workflow_scripts.evaluation.cell_models import DOUBLES, UNSEEN
from workflow_scripts.evaluation.comparisons import NUMBER
from workflow_scripts.evaluation.metrics import CLASSES, EDGES, HIDDEN, LINKS, RESPONSE, ROLL_OUT
from workflow_scripts.evaluation.models import BASE, BASELINES, is_own, label, run_of
from workflow_scripts.io.files import replacing
from workflow_scripts.report.scores import Place, best_baselines, judge, mask_ratio

# The scores that stand for a run, on the test split.
HEADLINES = ((CLASSES, "pooled", "weighted_f1"), (HIDDEN, "pooled", "skill"))
# Those that stand for what was learned of a circuit, of enhancers and of perturbed cells: {task: metric}.
CIRCUITS = {
    EDGES: "aupr",
    RESPONSE: "response_mse",
    ROLL_OUT: "roll_out_rmse",
    LINKS: "link_auprc",
    DOUBLES: "effect_l2",
    UNSEEN: "effect_l2",
}
SCORES = ("run", "model", "name", "dataset", "split", "task", "level", "metric", "value", "ci_low", "ci_high", "n")


class Headline(NamedTuple):
    """One score of a run beside the best baseline on that very number."""

    run: str
    place: Place
    n: int
    score: tuple[float, float, float]  # value and its interval
    baseline: str  # empty where none was scored
    baseline_score: float
    difference: tuple[float, float, float]  # score less baseline_score, and the interval of the difference
    beside: str  # how it stands to that baseline: ahead, behind, level or unknown
    says: str  # ahead of all baselines, behind one, level or unknown

    def of_others(self) -> str:
        """How it stands to another baseline than the best, where that is what decides."""
        if self.says == self.beside:
            return ""
        return {"behind": "behind another one", "level": "level with another one"}.get(self.says, "")


def headlines(run: str, metrics: pd.DataFrame, comparisons: pd.DataFrame, where: Path) -> list[Headline]:
    """The headline scores of one run, of its Metrics and Comparisons; of imputation at the middle mask ratio."""
    own = metrics[~metrics["model"].isin([*BASELINES, f"{run}{BASE}"]) & (metrics["split"] == "test")]
    found = []
    for task, level, metric in HEADLINES:
        rows = own[(own[["task", "level", "metric"]] == [task, level, metric]).all(axis=1)]
        if rows.empty:
            continue
        if task == HIDDEN:
            rows = rows.assign(ratio=[mask_ratio(name, where) for name in rows["dataset"]]).sort_values("ratio")
        found.append(_headline(run, rows.iloc[(len(rows) - 1) // 2], comparisons))
    return found


def circuit_headlines(metrics: pd.DataFrame, comparisons: pd.DataFrame) -> list[Headline]:
    """The headline scores of a run on a circuit, of enhancers, or of perturbed cells, of their Metrics and Comparisons.

    Of perturbed cells those in all contexts together, by each model of the stage's own: none is chosen by its score.
    """
    found = []
    for task, metric in CIRCUITS.items():
        rows = metrics[(metrics["task"] == task) & (metrics["metric"] == metric)]
        for _, row in rows.iterrows():
            if is_own(row["model"], task) and ", " not in row["dataset"]:
                found.append(_headline(label(row["model"], task), row, comparisons))
    return found


def _headline(run: str, row: pd.Series, comparisons: pd.DataFrame) -> Headline:
    """One number, a row of Metrics, beside the best baseline."""
    place = Place(*row[NUMBER])
    own = comparisons[comparisons["model"] == row["model"]]
    of = own[(own[NUMBER] == list(place)).all(axis=1)]
    verdicts, best = judge(of), best_baselines(of)
    numbers = best.iloc[0] if len(best) else None
    return Headline(
        run=run,
        place=place,
        n=int(row["n"]),
        score=tuple(row[["value", "ci_low", "ci_high"]].astype(float)),
        baseline="" if numbers is None else numbers["baseline"],
        baseline_score=float("nan") if numbers is None else numbers["baseline_value"],
        difference=(float("nan"),) * 3 if numbers is None else tuple(numbers[["difference", "ci_low", "ci_high"]]),
        beside="unknown" if numbers is None else numbers["verdict"],
        says=verdicts[0].says if verdicts else "unknown",
    )


class Warned(NamedTuple):
    """Something to know before the numbers are believed."""

    title: str
    words: str


def confounded(samples: pd.DataFrame) -> Iterator[Warned]:
    """A warning where classes of kept samples occur in one corpus alone, though there are several (Samples)."""
    labelled = samples[(samples["fate"] == KEPT) & (samples["label"] != "")]
    corpora = labelled.groupby("label")["corpus"].nunique()
    single = int((corpora == 1).sum())
    if labelled["corpus"].nunique() < 2 or not single:
        return
    shared = normalized_mutual_info_score(labelled["corpus"], labelled["label"])
    yield Warned(
        "Classes and corpora are confounded.",
        f"{single} of {len(corpora)} classes occur in one corpus only (normalized mutual information of class and "
        f"corpus: {shared:.2f}; 0: none, 1: the one tells the other). What sets corpora apart, as laboratory, library "
        "and pipeline do, then helps to tell these classes, and F1 does not show how well they are told by biology.",
    )


def unlearned(selections: dict[str, pd.DataFrame]) -> Iterator[Warned]:
    """A warning for each run, {run: Selection}, that takes nothing of its network."""
    for run, selection in selections.items():
        members = selection.set_index("member")
        if members["weight"]["network"] == 0:
            yield Warned(
                f"The network of {run} adds nothing to what the run predicts.",
                "Hidden values of the validation split are predicted as well without it, by factors and kernel ridge "
                f"regression (skill {members['skill']['base']:.3f}; the network alone {members['skill']['network']:.3f}"
                "). So the run's scores of hidden values are those of its base.",
            )


def unreal(honest: str) -> Iterator[Warned]:
    """A warning for each part of the honest line (see `sources`)."""
    said = {
        "Simulated data": "The numbers show that the workflow works and recovers what was planted. They say nothing "
        "about any organism.",
        "Partly": "What was computed from simulated files says nothing about any organism.",
        "Derived data": "These files were made from other data than those at their addresses; see the sources.",
        "Stand-in weights": "Weights that were made up stand in for published ones: embeddings tell proteins apart and "
        "know no biology.",
        "Weights of unknown": "Nobody vouches for what these weights are.",
    }
    for part in filter(None, honest.split("  ·  ")):
        yield Warned(f"{part}.", next((words for start, words in said.items() if part.startswith(start)), ""))


def merge_scores(metrics: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Every score of all runs, Metrics each, and once of each baseline (run: empty), see `SCORES`."""
    tables = []
    for table in metrics:
        models = list(zip(table["model"], table["task"], strict=True))
        runs = [run_of(model) if is_own(model, task) else "" for model, task in models]
        tables.append(table.assign(run=runs, name=[label(*model) for model in models]))
    if not tables:
        return pd.DataFrame(columns=list(SCORES))
    keys = ["task", "dataset", "split", "level", "metric", "run", "model"]
    return pd.concat(tables)[list(SCORES)].drop_duplicates(keys).sort_values(keys, kind="stable")


def write_merged(scores: pd.DataFrame, path: Path) -> None:
    with replacing(path) as temporary:
        scores.to_csv(temporary, sep="\t", index=False, lineterminator="\n", na_rep="NA")
