"""The registry of metrics: what scoring computes and what the report says of it.

One entry a line: the key is the name in the Metrics table (`f1:LABEL` of a class), `scores` names for each level the
function that computes it. To add a metric, write one function in a file of its own or in one of those named here, and
add its line; scores, comparisons, figures and tables then have it.

- classification: a function of counts (..., classes, 3), see `class_counts`; vectorized over leading axes.
- imputation: a function of `sums.Hidden`, to one number.
- clustering, retrieval, survival: a function of `clusters.Clustered`, `retrieval.Found` or `survival.Ordered`;
  vectorized likewise.
- edges, response, roll-out: a function of `edges.Ranked` or `responses.Predicted`; vectorized likewise.
- enhancers: a function of `links.Ranked`; vectorized likewise.
- perturbed cells: a function of `effects.Scored`; vectorized likewise. `seed_sd:METRIC` is the standard deviation of
  another one over the seeds of an ensemble, and `unknown_genes` a number of genes: no function is of them.
- tracks over bins, over genes: a function of `tracks.Bins` or `tracks.OnGenes`; vectorized likewise.
- starts of genes, over bins: a function of `starts.Distances` or `starts.Ranking`; vectorized likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

from workflow_scripts.io.registry import load

COUNTS = "workflow_scripts.evaluation.class_counts"
SUMS = "workflow_scripts.evaluation.sums"
LIE = "workflow_scripts.evaluation.clusters"
FIND = "workflow_scripts.evaluation.retrieval"
LIVE = "workflow_scripts.evaluation.survival"
RANK = "workflow_scripts.evaluation.edges"
MOVE = "workflow_scripts.evaluation.responses"
CLASSES, HIDDEN = "classification", "imputation"  # tasks
CLUSTERS, TWINS, SURVIVAL = "clustering", "retrieval", "survival"  # tasks of what represents a sample
EDGES, RESPONSE, ROLL_OUT = "edges", "response", "roll-out"  # tasks of a circuit
LEVELS = "missing levels"  # of a circuit, of which they were taken out
LINKS, LINK = "enhancers", "workflow_scripts.evaluation.links"  # which element regulates which gene
EFFECTS, CHANGE = "perturbed cells", "workflow_scripts.evaluation.effects"
TRACK_BINS, TRACK_GENES = "tracks over bins", "tracks over genes"  # signal predicted from sequence
ALONG = "workflow_scripts.evaluation.tracks"
START_GENES, START_BINS = "starts of genes", "starts over bins"  # of transcription, called from signal
START = "workflow_scripts.evaluation.starts"
VECTORS = "representation"  # what the baselines of these tasks are registered under
WITHIN = ("pooled", "per_gene", "per_sample")


class Metric(NamedTuple):
    label: str  # as it is printed
    unit: str  # empty for shares, ratios and correlations
    more_is_better: bool
    task: str
    scores: dict[str, str]  # {level: dotted name of the function}
    limits: tuple[float, float] = (-inf, inf)  # of its values, where an interval might leave them


METRICS = {
    "weighted_f1": Metric("weighted F1", "", True, CLASSES, {"pooled": f"{COUNTS}.weighted_f1"}),
    "macro_f1": Metric("macro F1", "", True, CLASSES, {"pooled": f"{COUNTS}.macro_f1"}),
    "balanced_accuracy": Metric("balanced accuracy", "", True, CLASSES, {"pooled": f"{COUNTS}.balanced_accuracy"}),
    "accuracy": Metric("accuracy", "", True, CLASSES, {"pooled": f"{COUNTS}.accuracy"}),
    "f1": Metric("F1", "", True, CLASSES, {"per_class": f"{COUNTS}.f1"}),
    "pearson": Metric("Pearson r", "", True, HIDDEN, {level: f"{SUMS}.{level}_pearson" for level in WITHIN}, (-1, 1)),
    "rmse": Metric("RMSE", "ln(TPM+1)", False, HIDDEN, {"pooled": f"{SUMS}.rmse"}),
    "skill": Metric("skill over the gene mean", "", True, HIDDEN, {"pooled": f"{SUMS}.skill"}),
    "adjusted_rand": Metric("adjusted Rand index of k-means", "", True, CLUSTERS, {"pooled": f"{LIE}.adjusted_rand"}),
    "mutual_information": Metric(
        "normalized mutual information of k-means", "", True, CLUSTERS, {"pooled": f"{LIE}.mutual_information"}
    ),
    "silhouette": Metric("silhouette of labels", "", True, CLUSTERS, {"pooled": f"{LIE}.mean_silhouette"}),
    "neighbour_accuracy": Metric(
        "accuracy of the 5 nearest train samples", "", True, CLUSTERS, {"pooled": f"{LIE}.neighbour_accuracy"}
    ),
    "separability": Metric(
        "AUC of telling samples from train by the norm", "", False, CLUSTERS, {"pooled": f"{LIE}.separability"}
    ),
    "recall_1": Metric("recall at 1", "", True, TWINS, {"pooled": f"{FIND}.recall_1"}),
    "recall_5": Metric("recall at 5", "", True, TWINS, {"pooled": f"{FIND}.recall_5"}),
    "recall_10": Metric("recall at 10", "", True, TWINS, {"pooled": f"{FIND}.recall_10"}),
    "mean_reciprocal_rank": Metric("mean reciprocal rank", "", True, TWINS, {"pooled": f"{FIND}.mean_reciprocal_rank"}),
    "concordance": Metric("concordance index within labels", "", True, SURVIVAL, {"pooled": f"{LIVE}.concordance"}),
    "aupr": Metric("AUPR", "", True, EDGES, {"pooled": f"{RANK}.aupr"}),
    "auroc": Metric("AUROC", "", True, EDGES, {"pooled": f"{RANK}.auroc"}),
    "edge_f1": Metric("F1 of the edges named", "", True, EDGES, {"pooled": f"{RANK}.edge_f1"}),
    "edge_precision": Metric("precision of the edges named", "", True, EDGES, {"pooled": f"{RANK}.edge_precision"}),
    "edge_recall": Metric("recall of the edges named", "", True, EDGES, {"pooled": f"{RANK}.edge_recall"}),
    "early_precision": Metric("early precision", "", True, EDGES, {"pooled": f"{RANK}.early_precision"}),
    "response_mse": Metric("MSE of responses", "levels squared", False, RESPONSE, {"pooled": f"{MOVE}.response_mse"}),
    "response_rmse": Metric("RMSE of responses", "levels", False, RESPONSE, {"pooled": f"{MOVE}.response_rmse"}),
    "response_delta_pearson": Metric(
        "Pearson r of changes", "", True, RESPONSE, {"pooled": f"{MOVE}.response_delta_pearson"}
    ),
    "response_rank": Metric("rank among predictions", "", False, RESPONSE, {"pooled": f"{MOVE}.response_rank"}),
    "centroid_accuracy": Metric("centroid accuracy", "", True, RESPONSE, {"pooled": f"{MOVE}.centroid_accuracy"}),
    "response_coverage": Metric(
        "coverage of the 90 % interval", "", True, RESPONSE, {"pooled": f"{MOVE}.response_coverage"}
    ),
    "response_width": Metric(
        "width of the 90 % interval", "sds of the gene", False, RESPONSE, {"pooled": f"{MOVE}.response_width"}
    ),
    "roll_out_rmse": Metric("RMSE over time", "levels", False, ROLL_OUT, {"pooled": f"{MOVE}.roll_out_rmse"}),
    "roll_out_delta_pearson": Metric(
        "Pearson r of changes over time", "", True, ROLL_OUT, {"pooled": f"{MOVE}.roll_out_delta_pearson"}
    ),
    "imputed_rmse": Metric(
        "RMSE of levels taken out",
        "sd of the gene",
        False,
        LEVELS,
        {"pooled": "workflow_scripts.evaluation.levels.imputed_rmse"},
    ),
    "roll_out_coverage": Metric(
        "coverage of the 90 % interval over time", "", True, ROLL_OUT, {"pooled": f"{MOVE}.roll_out_coverage"}
    ),
    "roll_out_width": Metric(
        "width of the 90 % interval over time", "sds of the gene", False, ROLL_OUT, {"pooled": f"{MOVE}.roll_out_width"}
    ),
    "link_auprc": Metric("AUPRC", "", True, LINKS, {"pooled": f"{LINK}.average_precision"}),
    "link_auroc": Metric("AUROC", "", True, LINKS, {"pooled": f"{LINK}.auroc"}),
    "link_precision": Metric("precision at 70 % recall", "", True, LINKS, {"pooled": f"{LINK}.precision_at_recall"}),
    "effect_mse": Metric("MSE of changes", "levels squared", False, EFFECTS, {"pooled": f"{CHANGE}.effect_mse"}),
    "effect_l2": Metric("distance of changes", "levels", False, EFFECTS, {"pooled": f"{CHANGE}.effect_l2"}),
    "effect_delta_pearson": Metric(
        "Pearson r of changes from control", "", True, EFFECTS, {"pooled": f"{CHANGE}.effect_delta_pearson"}
    ),
    "effect_pearson_beyond_mean": Metric(
        "Pearson r of changes from the mean", "", True, EFFECTS, {"pooled": f"{CHANGE}.effect_pearson_beyond_mean"}
    ),
    "effect_rank": Metric("rank among predictions of cells", "", False, EFFECTS, {"pooled": f"{CHANGE}.effect_rank"}),
    "effect_centroid_accuracy": Metric(
        "centroid accuracy of cells", "", True, EFFECTS, {"pooled": f"{CHANGE}.effect_centroid_accuracy"}
    ),
    "calibrated_mse": Metric("calibrated MSE", "", True, EFFECTS, {"pooled": f"{CHANGE}.calibrated_mse"}),
    "calibrated_l2": Metric("calibrated distance", "", True, EFFECTS, {"pooled": f"{CHANGE}.calibrated_l2"}),
    "calibrated_delta_pearson": Metric(
        "calibrated Pearson r from control", "", True, EFFECTS, {"pooled": f"{CHANGE}.calibrated_delta_pearson"}
    ),
    "calibrated_pearson_beyond_mean": Metric(
        "calibrated Pearson r from the mean", "", True, EFFECTS, {"pooled": f"{CHANGE}.calibrated_pearson_beyond_mean"}
    ),
    "calibrated_rank": Metric("calibrated rank", "", True, EFFECTS, {"pooled": f"{CHANGE}.calibrated_rank"}),
    "calibrated_centroid_accuracy": Metric(
        "calibrated centroid accuracy", "", True, EFFECTS, {"pooled": f"{CHANGE}.calibrated_centroid_accuracy"}
    ),
    "bin_pearson": Metric("Pearson r over bins", "", True, TRACK_BINS, {"pooled": f"{ALONG}.bin_pearson"}, (-1, 1)),
    "bin_log_pearson": Metric(
        "Pearson r over bins of ln(1 + signal)", "", True, TRACK_BINS, {"pooled": f"{ALONG}.bin_log_pearson"}, (-1, 1)
    ),
    "gene_log_pearson": Metric(
        "Pearson r over genes of ln of signal", "", True, TRACK_GENES, {"pooled": f"{ALONG}.gene_log_pearson"}, (-1, 1)
    ),
    "gene_spearman": Metric(
        "Spearman correlation over genes", "", True, TRACK_GENES, {"pooled": f"{ALONG}.gene_spearman"}, (-1, 1)
    ),
    "within_pearson": Metric(
        "median r within genes", "", True, TRACK_GENES, {"per_gene": f"{ALONG}.within_pearson"}, (-1, 1)
    ),
    "within_coarse_pearson": Metric(
        "median r within genes, coarse bins",
        "",
        True,
        TRACK_GENES,
        {"per_gene": f"{ALONG}.within_coarse_pearson"},
        (-1, 1),
    ),
    "pausing_spearman": Metric(
        "Spearman correlation of pausing indices",
        "",
        True,
        TRACK_GENES,
        {"pooled": f"{ALONG}.pausing_spearman"},
        (-1, 1),
    ),
    "body_spearman": Metric(
        "Spearman correlation of body densities",
        "",
        True,
        TRACK_GENES,
        {"pooled": f"{ALONG}.body_spearman"},
        (-1, 1),
    ),
    "readthrough_spearman": Metric(
        "Spearman correlation of readthrough",
        "",
        True,
        TRACK_GENES,
        {"pooled": f"{ALONG}.readthrough_spearman"},
        (-1, 1),
    ),
    "start_distance": Metric(
        "median distance of the highest call", "bp", False, START_GENES, {"pooled": f"{START}.start_distance"}
    ),
    "start_within_50": Metric(
        "share of starts called within 50 bp", "", True, START_GENES, {"pooled": f"{START}.start_within_50"}
    ),
    "start_within_100": Metric(
        "share of starts called within 100 bp", "", True, START_GENES, {"pooled": f"{START}.start_within_100"}
    ),
    "start_auprc": Metric("AUPRC of starts over bins", "", True, START_BINS, {"pooled": f"{START}.start_auprc"}),
    "seed_sd": Metric("sd over seeds", "", False, EFFECTS, {}),
    "unknown_genes": Metric("perturbed genes without a vector", "", False, EFFECTS, {}),
}


def scorers(task: str) -> dict[tuple[str, str], Callable[..., Any]]:
    """{(level, metric): its function} of one task, in the order of the registry."""
    return {
        (level, name): load(dotted)
        for name, metric in METRICS.items()
        if metric.task == task
        for level, dotted in metric.scores.items()
    }


def label(metric: str) -> str:
    """How a metric of the Metrics table is printed; `f1:READ` is F1 of the class READ."""
    of = metric.partition(":")[2]
    return f"{entry(metric).label} of {of}" if of else entry(metric).label


def label_with_unit(metric: str) -> str:
    """The label, with its unit in brackets where it has one, as an axis or a table is headed."""
    unit = entry(metric).unit
    return f"{label(metric)} ({unit})" if unit else label(metric)


def entry(metric: str) -> Metric:
    """The entry of a metric of the Metrics table."""
    return METRICS[metric.partition(":")[0]]
