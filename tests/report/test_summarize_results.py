"""The first page: headline scores as their tables say, warnings where due, methods, and all scores in one table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from tests.report.looking import page
from tests.report.test_plot_scores import ODD, PROBE, RUN, row, rows_of, tables_of
from tests.support.examples import selection_table
from workflow_scripts.contracts import comparisons, metrics, samples, selection
from workflow_scripts.docs.reruns import demo
from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.evaluation.models import BASELINES
from workflow_scripts.io import job_record, ledger
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report import summary
from workflow_scripts.report.methods import describe
from workflow_scripts.report.summarize_results import main_figures, summarize_results
from workflow_scripts.report.summary_page import sentence

WHERE = Path("metrics.parquet")


def kept(label: list[str], corpus: list[str], fate: str = "kept") -> pd.DataFrame:
    made = {"sample_id": [f"s{n}" for n in range(len(label))], "corpus": corpus, "shard": "0000", "file": "f"}
    made |= {"fate": fate, "group": "g", "label": label, "duplicate_of": "", "split": "train"}
    made |= dict.fromkeys(("singlecellprobability", "alignedreads", "total_counts", "nonzero_genes"), 1.0)
    return pd.DataFrame(made)[list(samples.ALL.columns)]


@pytest.fixture
def results(tmp_path: Path, origin, monkeypatch: pytest.MonkeyPatch) -> dict:
    """What the door is given: tables and figures of one run, and the records of the job that made them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ledger, "LEDGER", tmp_path / "ledger")
    folder = Path("results/demo")
    files = {
        "metrics": [folder / f"bulk/{RUN}/metrics.parquet"],
        "comparisons": [folder / f"bulk/{RUN}/comparisons.parquet"],
        "circuit_metrics": [],
        "circuit_comparisons": [],
        "selections": [folder / f"bulk/{RUN}/selection.tsv"],
        "figures": [folder / f"report/{RUN}/{name}.png" for name in ("f1", "imputation", "umap")],
        "samples": folder / "prebulk/samples.parquet",
        "costs": folder / "report/costs.tsv",
    }
    tables = tables_of(rows_of(0.5, 0.9))
    metrics.write(tables[0], files["metrics"][0])
    comparisons.write(tables[1], files["comparisons"][0])
    selection.write(selection_table().replace({"weight": {0.25: 0.0}}), files["selections"][0])
    table = kept(["a", "a", ODD, "c"], ["x", "y", "x", "y"])
    table.loc[3, "fate"] = "low_quality"
    samples.write(table, files["samples"])
    for path in files["figures"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        Figure(figsize=(1, 1)).savefig(path)
    pd.DataFrame([{"stage": "bulk", "rule": "train_bulk", "jobs": 3, "wall_s": 12.5, "max_rss_mib": 99.0}]).to_csv(
        files["costs"], sep="\t", index=False
    )
    made = [str(path) for path in (*files["figures"], files["costs"])]
    log = Path("logs/bulk/all.log")
    log.parent.mkdir(parents=True)
    given = {"rule": "all", "wildcards": {}, "params": {}, "threads": 1, "log": [str(log)], "input": []}
    job_record.write(SimpleNamespace(**given, output=made), job_record.now())
    told = origin(True)
    written = {name: folder / f"report/{file}" for name, file in OUTPUTS.items()}
    settings = json.loads(json.dumps(demo()[0]))
    embeddings = [told["gene_embedding"]]
    return (
        files
        | written
        | {
            "embeddings": embeddings,
            "provenance": told["provenance"],
            "content": settings,
            "logs": Path("logs"),
        }
    )


OUTPUTS = {"page": "summary.html", "opening": "opening.html", "scores": "scores.tsv"}


def test_the_page_says_scores_warnings_samples_methods_and_costs_in_this_order(results: dict) -> None:
    summarize_results(**results)
    shown = page(results["page"], images=3)
    text = " ".join(shown.text.split())
    parts = ["Headline scores", "Know this first", "Samples kept and dropped", "Main figures", "Methods", "Costs"]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    assert "weighted F1 (all labelled samples)" in text and "logistic regression on log-TPM" in text
    assert "skill over the gene mean (15 % of genes hidden)" in text  # the middle one of an even number is the lesser
    assert "3 of 4 samples were kept, 1 dropped; 2 classes." in text
    assert "3 jobs took 12 s" in text and "99 MiB" in text
    for said in ("Simulated data.", "Stand-in weights", "Classes and corpora are confounded.", "of small adds nothing"):
        assert said in text
    assert "Python 3." in text and "doi:10.1126/science.ade2574" in text


@pytest.mark.parametrize("name", ["costs", "figures"])
def test_a_file_that_is_not_what_its_job_wrote_is_refused(name: str, results: dict) -> None:
    path = results[name] if name == "costs" else results[name][1]
    path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    with pytest.raises(BadInput, match=f"{path.name}: is not what its job wrote"):
        summarize_results(**results)
    assert not results["page"].exists()


def test_the_report_opens_with_scores_and_warnings(results: dict) -> None:
    summarize_results(**results)
    opening = results["opening"].read_text()
    assert opening.count("<li>") == 2 + 4
    assert "behind the best baseline, logistic regression on log-TPM (0.800)" in opening
    assert "level with the best baseline, PCA imputer" in opening


def test_every_score_of_every_model_stands_in_one_table_once(results: dict) -> None:
    summarize_results(**results)
    merged = pd.read_csv(results["scores"], sep="\t", keep_default_na=False, na_values=["NA"])
    assert tuple(merged.columns) == summary.SCORES
    table = metrics.read(results["metrics"][0])
    assert len(merged) == len(table)
    assert set(merged.loc[merged["run"] == "", "model"]) <= set(BASELINES)
    assert set(merged.loc[merged["run"] == RUN, "model"]) == {RUN, PROBE}
    both = merged.merge(table, on=[*metrics.KEYS, "n"], suffixes=("", "_own"))
    np.testing.assert_allclose(both["value"], both["value_own"])
    assert len(both) == len(table)


def test_a_baseline_that_stands_beside_two_runs_is_one_row() -> None:
    numbers, _ = tables_of([row("a", "skill", 0.5), row("gene_mean", "skill", 0.0)])
    other, _ = tables_of([row("b", "skill", 0.4), row("gene_mean", "skill", 0.0)])
    merged = summary.merge_scores([numbers, other])
    assert list(zip(merged["run"], merged["model"], strict=True)) == [("", "gene_mean"), ("a", "a"), ("b", "b")]
    assert summary.merge_scores([]).empty


def test_a_headline_stands_beside_the_best_baseline_of_that_number_with_the_interval_of_their_difference() -> None:
    numbers, compared = tables_of(rows_of(0.5, 0.9))
    first, second = summary.headlines(RUN, numbers, compared, WHERE)
    assert (first.place.metric, first.baseline, first.says) == ("weighted_f1", "logistic_regression_log_tpm", "behind")
    assert first.score[0] == pytest.approx(0.5) and first.baseline_score == pytest.approx(0.8)
    assert first.difference[0] == pytest.approx(-0.3) and first.difference[1] < -0.3 < first.difference[2] < 0
    assert (second.place.metric, second.baseline, second.says) == ("skill", "pca_imputer", "level")


# circuits, enhancers and perturbed cells

NETWORK = [("fitted", "aupr", 0.6), ("genie3", "aupr", 0.5), ("clr", "aupr", 0.3)]
ERRORS = [("fitted", "response_mse", 0.0040), ("additive", "response_mse", 0.0050), ("no_change", "response_mse", 0.02)]
DISTANCES = {
    "network:none": 0.9,
    "network:esm2": 0.7,
    "network_permuted_labels:none": 0.95,
    "linear_low_rank:esm2": 0.8,
    "additive": 1.0,
    "split_half": 0.2,
}


def of_network() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Metrics and Comparisons of a run on a network."""
    given = {"dataset": "planted", "own": 0.0001}
    rows = [row(*of, **given, task="edges") for of in NETWORK]
    return compared([row(*of, **given, task="response") for of in ERRORS] + rows, lambda name: name == "fitted")


def of_cells() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Metrics and Comparisons of perturbed cells in two contexts; in one of them all is the other way round."""
    given = {"task": "doubles", "own": 0.0001}
    rows = [row(name, "effect_l2", value, **given, dataset="planted") for name, value in DISTANCES.items()]
    rows += [row(name, "effect_l2", 1 / value, **given, dataset="planted, K562") for name, value in DISTANCES.items()]
    return compared(rows, lambda name: name.startswith("network:"))


def compared(rows: list[dict], own: Callable[[str], bool]) -> tuple[pd.DataFrame, pd.DataFrame]:
    numbers = pd.DataFrame(rows)
    ours = numbers["model"].map(own)
    found = compare(numbers[ours], numbers, "metrics.parquet")
    return numbers[list(metrics.SCHEMA.columns)], found[found["model"] != found["baseline"]]


def test_the_numbers_of_a_circuit_stand_beside_the_best_baseline_where_less_is_better_too() -> None:
    first, second = summary.circuit_headlines(*of_network())
    assert (first.run, first.place.metric, first.baseline, first.says) == ("fitted", "aupr", "genie3", "ahead")
    assert first.difference[0] == pytest.approx(0.1)
    assert (second.place.metric, second.baseline, second.says) == ("response_mse", "additive", "ahead")
    assert (second.score[0], second.baseline_score) == (0.0040, 0.0050)


def test_every_own_model_of_perturbed_cells_stands_beside_the_best_that_is_neither_own_nor_the_ceiling() -> None:
    found = {one.run: one for one in summary.circuit_headlines(*of_cells())}
    assert list(found) == ["networks upon a rule, no gene vectors", "networks upon a rule, esm2"]  # none is chosen
    for one, value, says in zip(found.values(), (0.9, 0.7), ("behind", "ahead"), strict=True):
        assert (one.baseline, one.says, one.place.dataset) == ("linear_low_rank:esm2", says, "planted")
        assert one.score[0] == value and one.difference[0] == pytest.approx(value - 0.8)


def test_who_is_ahead_of_the_best_baseline_and_level_with_another_is_said_to_be_both() -> None:
    numbers, against = of_network()
    against.loc[(against["metric"] == "aupr") & (against["baseline"] == "clr"), "verdict"] = "level"
    first, second = summary.circuit_headlines(numbers, against)
    assert (first.beside, first.says) == ("ahead", "level")
    said = sentence(first)
    assert "<span>ahead of the best baseline, GENIE3 (0.500), and level with another one</span>" in said
    assert "another" not in sentence(second) and "(0.0050)" in sentence(second)
    against.loc[against["baseline"] == "clr", "verdict"] = "behind"
    said = sentence(summary.circuit_headlines(numbers, against)[0])
    assert 'class="bad">ahead of the best baseline, GENIE3 (0.500), and behind another one</span>' in said


def test_circuits_and_cells_are_on_the_page_in_the_opening_and_among_all_scores(results: dict) -> None:
    folder = Path("results/demo/circuit")
    for place, tables in (("planted/fitted", of_network()), ("perturb_seq/planted", of_cells())):
        for kind, contract, table in zip(("metrics", "comparisons"), (metrics, comparisons), tables, strict=True):
            path = folder / place / f"{kind}.parquet"
            contract.write(table, path)
            results[f"circuit_{kind}"].append(path)
    summarize_results(**results)
    shown = " ".join(page(results["page"], images=3).text.split())
    parts = ["Headline scores", "Circuits, enhancers and perturbed cells", "Know this first"]
    assert [shown.index(part) for part in parts] == sorted(shown.index(part) for part in parts)
    assert "AUPR (edges of planted)" in shown and "two genes perturbed in cells of planted" in shown
    opening = results["opening"].read_text()
    assert opening.count("<li>") == 2 + 2 + 2 + 4
    assert "ahead of the best baseline, linear model of low rank, esm2 (0.800)" in opening
    assert opening.index("weighted F1") < opening.index("AUPR") < opening.index("distance of changes")
    merged = pd.read_csv(results["scores"], sep="\t", keep_default_na=False, na_values=["NA"])
    cells = merged[merged["task"] == "doubles"].set_index(["dataset", "model"])
    assert len(cells) == 2 * len(DISTANCES)
    assert cells.loc[("planted", "additive"), "run"] == cells.loc[("planted", "split_half"), "run"] == ""
    assert cells.loc[("planted", "network:esm2"), "run"] == "network:esm2"
    assert cells.loc[("planted", "additive"), "name"] == "sum of the two singles"
    errors = merged[merged["task"] == "response"].set_index("model")
    assert errors.loc["additive", "name"] == "sum of effects" and errors.loc["fitted", "run"] == "fitted"


def test_a_run_without_models_says_so(results: dict) -> None:
    given = {**results, "metrics": [], "comparisons": [], "selections": [], "figures": []}
    summarize_results(**given)
    shown = page(results["page"]).text
    assert "No run was scored on the test split." in shown and "Circuits, enhancers" not in shown


def test_a_run_that_was_not_scored_has_no_headline() -> None:
    assert summary.headlines(RUN, *tables_of([]), WHERE) == []
    (alone,) = summary.headlines(RUN, *tables_of([row(PROBE, "weighted_f1", 0.5)]), WHERE)
    assert (alone.baseline, alone.says) == ("", "unknown")


@pytest.mark.parametrize(
    ("label", "corpus", "said"),
    [
        (["a", "a", "b", "b"], ["x", "x", "y", "y"], ["2 of 2 classes", "corpus: 1.00"]),
        (["a", "a", "b", "b"], ["x", "y", "x", "y"], []),
        (["a", "a", "b", "c"], ["x", "y", "x", "y"], ["2 of 3 classes"]),
        (["a", "b", "c", "c"], ["x", "x", "x", "x"], []),  # a single corpus tells nothing
        (["a", "b", "", ""], ["x", "x", "y", "y"], []),  # one corpus alone has labels
    ],
    ids=["each of its own", "mixed", "some", "one corpus", "unlabelled"],
)
def test_classes_that_a_corpus_tells_are_warned_of(label: list[str], corpus: list[str], said: list[str]) -> None:
    found = list(summary.confounded(kept(label, corpus)))
    assert len(found) == bool(said)
    assert all(part in found[0].words for part in said)


def test_dropped_samples_make_no_class_confounded() -> None:
    table = pd.concat([kept(["a", "a"], ["x", "y"]), kept(["b"], ["x"], "duplicate")])
    assert list(summary.confounded(table)) == []


@pytest.mark.parametrize(("weight", "warned"), [(0.0, True), (0.05, False)])
def test_a_network_that_adds_nothing_is_warned_of(weight: float, warned: bool) -> None:
    table = selection_table()
    table.loc[table["member"] == "network", "weight"] = weight
    found = list(summary.unlearned({"small": table}))
    assert len(found) == warned
    assert all("skill 0.600; the network alone 0.333" in one.words for one in found)


def test_real_data_and_published_weights_are_not_warned_of(write_provenance) -> None:
    assert list(summary.unreal("")) == []
    assert [one.title for one in summary.unreal("Derived data (1 of 2 files)")] == ["Derived data (1 of 2 files)."]


def test_figures_are_those_of_the_run_that_did_best_on_validation() -> None:
    rows = [row(f"{run}_logistic_regression", "weighted_f1", value) for run, value in (("a", 0.9), ("b", 0.2))]
    rows += [
        row(f"{run}_logistic_regression", "weighted_f1", value, split="validation")
        for run, value in (("a", 0.2), ("b", 0.9))
    ]
    numbers = {run: tables_of([of for of in rows if of["model"].startswith(run)])[0] for run in "ab"}
    figures = [Path(f"report/{name}/{file}.png") for name in "ab" for file in ("umap", "f1")]
    figures += [Path("report/netseq/pausing.png"), Path("report/learning_curve.png")]
    figures += [Path("report/perturb_seq/a/effects.png"), Path("report/enhancers/a/links.png")]
    figures += [Path("report/planted/a/circuit.png")]  # a run of the same name on a circuit
    shown = main_figures(figures, numbers)
    assert [str(path) for path in shown.values()] == [
        "report/b/f1.png",
        "report/learning_curve.png",
        "report/b/umap.png",
        "report/netseq/pausing.png",
        "report/planted/a/circuit.png",
        "report/enhancers/a/links.png",
        "report/perturb_seq/a/effects.png",
    ]
    assert [title.rpartition(": ")[2] for title in shown][-3:] == ["planted, a", "a", "a"]


def test_methods_speak_of_what_was_done_and_cite_in_order() -> None:
    content = demo()[0]
    made = describe(content, kept(["a"], ["x"]), ["Ensembl 107"], {"torch": "2.13.0"}, "0.1.0", "Simulated data")
    text = " ".join(made.paragraphs)
    assert "Ensembl 107" in text and "PyTorch 2.13.0" in text and "GeneLM 0.1.0" in text and "simulated data." in text
    assert "Run small is a transformer" in text and "pausing index" in text
    numbers = [int(part.split("]")[0]) for part in text.split(" [")[1:] if part.split("]")[0].isdigit()]
    assert numbers == sorted(numbers) and set(numbers) == set(range(1, len(made.references) + 1))
    assert "learning curve" not in text
    embedding = content["bulk"]["runs"]["small"]["embedding"]
    assert f"genes represented by {embedding}. It" in text
    content["bulk"]["runs"]["small"]["model"]["transformer"]["gene_vectors"] = "random"
    ablated = " ".join(describe(content, None, [], {}, "0.1.0", "").paragraphs)
    assert "genes represented by vectors of normal noise. It" in ablated and f"by {embedding}" not in ablated
    content["bulk"]["learning_curve"]["train_samples"] = [120, 60]
    curve = describe(content, None, [], {}, "0.1.0", "").paragraphs
    assert any("also fitted to 60 and to 120 of the train samples" in said for said in curve)
    search = {"method": "optuna", "trials": 12, "at_once": 4, "seed": 1, "objective": "imputation", "space": {}}
    search["space"]["training/learning_rate"] = {"low": 1e-4, "high": 1e-2, "log": True}
    search["space"]["model/transformer/dim"] = {"choices": [32, 64]}
    content["bulk"]["runs"]["small"]["search"] = search
    searched = describe(content, None, [], {}, "0.1.0", "")
    (said,) = [each for each in searched.paragraphs if "Run small" in each]
    assert "model/transformer/dim (one of 32, 64), training/learning_rate (0.0001 to 0.01, evenly in its loga" in said
    assert "in 12 trials" in said and "best imputation on the validation split" in said
    assert any("Optuna" in reference for reference in searched.references)
    assert not any("Optuna" in reference for reference in made.references)
    alone = describe({"reference": content["reference"]}, None, [], {}, "0.1.0", "")
    assert len(alone.paragraphs) == 2 and len(alone.references) == 1
