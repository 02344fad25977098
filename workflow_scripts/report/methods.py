"""The methods of a run in words, ready to paste: what was done, by which settings and software, whom to cite."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from workflow_scripts.contracts.samples import KEPT
from workflow_scripts.evaluation.intervals import LEVEL

# {name under which it is imported: its own name}, in the order in which they are named.
SOFTWARE = {
    "torch": "PyTorch",
    "lightning": "Lightning",
    "sklearn": "scikit-learn",
    "optuna": "Optuna",
    "anndata": "anndata",
    "scanpy": "scanpy",
    "umap": "umap-learn",
    "numpy": "NumPy",
    "scipy": "SciPy",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "pyBigWig": "pyBigWig",
    "pysam": "pysam",
    "matplotlib": "matplotlib",
}
REFERENCES = {
    "snakemake": "Mölder F, et al. Sustainable data analysis with Snakemake. F1000Research 10:33 (2021). "
    "doi:10.12688/f1000research.29032.2",
    "archs4": "Lachmann A, et al. Massive mining of publicly available RNA-seq data from human and mouse. "
    "Nature Communications 9:1366 (2018). doi:10.1038/s41467-018-03751-6",
    "xena": "Goldman MJ, et al. Visualizing and interpreting cancer genomics data via the Xena platform. "
    "Nature Biotechnology 38:675-678 (2020). doi:10.1038/s41587-020-0546-8",
    "esm2": "Lin Z, et al. Evolutionary-scale prediction of atomic-level protein structure with a language model. "
    "Science 379:1123-1130 (2023). doi:10.1126/science.ade2574",
    "ppca": "Tipping ME, Bishop CM. Probabilistic principal component analysis. "
    "Journal of the Royal Statistical Society B 61:611-622 (1999).",
    "knn": "Troyanskaya O, et al. Missing value estimation methods for DNA microarrays. "
    "Bioinformatics 17:520-525 (2001).",
    "forest": "Breiman L. Random forests. Machine Learning 45:5-32 (2001). doi:10.1023/A:1010933404324",
    "factor_analysis": "Joreskog KG. Some contributions to maximum likelihood factor analysis. "
    "Psychometrika 32:443-482 (1967). doi:10.1007/BF02289658",
    "kernel_ridge": "Saunders C, Gammerman A, Vovk V. Ridge regression learning algorithm in dual variables. "
    "International Conference on Machine Learning 515-521 (1998).",
    "stacking": "Breiman L. Stacked regressions. Machine Learning 24:49-64 (1996). doi:10.1007/BF00117832",
    "cox": "Cox DR. Regression models and life-tables. Journal of the Royal Statistical Society B 34:187-220 (1972).",
    "concordance": "Harrell FE, Lee KL, Mark DB. Multivariable prognostic models. Statistics in Medicine 15:361-387 "
    "(1996).",
    "optuna": "Akiba T, et al. Optuna: a next-generation hyperparameter optimization framework. "
    "Knowledge Discovery and Data Mining 2623-2631 (2019). doi:10.1145/3292500.3330701",
    "bootstrap": "Efron B, Tibshirani RJ. An introduction to the bootstrap. Chapman & Hall (1993).",
    "umap": "McInnes L, Healy J, Melville J. UMAP: uniform manifold approximation and projection for dimension "
    "reduction. arXiv:1802.03426 (2018).",
}
# What a gene is to a network, by the setting `gene_vectors` of its family.
GENES = {
    "given": "{}",
    "shuffled": "{}, each vector of which stands at another gene",
    "random": "vectors of normal noise",
    "learned": "vectors that were trained with all the rest",
    "none": "no vectors",
}


class Methods(NamedTuple):
    paragraphs: list[str]
    references: list[str]


def describe(
    config: dict[str, Any],
    samples: pd.DataFrame | None,
    releases: list[str],
    versions: dict[str, str],
    genelm: str,
    honest: str,
) -> Methods:
    """What a run did. config: completed; samples: Samples, or None; releases: of the files that were read; versions:
    {package: version} that the jobs recorded; genelm: the workflow's version; honest: what is to be said of data and
    weights (see `sources`), empty where all is what its address says.
    """
    cited: list[str] = []
    said = [
        _reference(config, releases, honest),
        _expression(config, samples, cited),
        _embedding(config, cited),
        *_runs(config, cited),
        _scoring(config, cited),
        _learning_curve(config),
        _tracks(config),
        _software(versions, genelm, cited),
    ]
    return Methods([text for text in said if text], [REFERENCES[name] for name in cited])


def _cite(cited: list[str], name: str) -> str:
    """The number of a reference, in the order of first mention."""
    if name not in cited:
        cited.append(name)
    return f" [{cited.index(name) + 1}]"


def _reference(config: dict[str, Any], releases: list[str], honest: str) -> str:
    reference, text = config.get("reference"), ""
    if reference is not None:
        files = [Path(reference[key]).name for key in ("proteome", "gtf") if reference.get(key)]
        text = f"Genes and proteins are those of {' and '.join(files)} ({reference['assembly']})."
    text += f" Data are of these releases: {'; '.join(releases)}." if releases else ""
    said = honest.replace("  ·  ", "; ")
    return text + (f" Not all of this is what its name says: {said[:1].lower()}{said[1:]}." if said else "")


def _expression(config: dict[str, Any], samples: pd.DataFrame | None, cited: list[str]) -> str:
    prebulk = config.get("prebulk")
    if prebulk is None or samples is None:
        return ""
    sources = []
    for name, corpus in prebulk["corpora"].items():
        of_format = corpus["format"].removesuffix("py")
        sources.append(name + (_cite(cited, of_format) if of_format in REFERENCES else ""))
    kept = samples[samples["fate"] == KEPT]
    splits = ", ".join(f"{(kept['split'] == name).sum():,} {name}" for name in ("train", "validation", "test"))
    filters = {str(corpus["filters"]["min_nonzero_genes"]) for corpus in prebulk["corpora"].values()}
    return (
        f"Counts of {len(samples):,} bulk RNA-seq samples ({', '.join(sources)}) were divided by gene length, scaled "
        "to transcripts per million over the genes of the table, and taken as ln(TPM + 1). Samples with fewer than "
        f"{' or '.join(sorted(filters, key=int))} non-zero genes, those that other filters of their source drop, and "
        f"near-duplicates (correlation of at least {prebulk['duplicates']['min_correlation']:g}) were left out; "
        f"{len(kept):,} samples were kept, and split by group (patient, donor, connected series; seed "
        f"{prebulk['splits']['seed']}) into {splits} samples, so that no group is in two splits."
    )


def _embedding(config: dict[str, Any], cited: list[str]) -> str:
    models = (config.get("esm2") or {}).get("models")
    if not models:
        return ""
    windows = {f"{model['window']:,} residues at a stride of {model['stride']:,}" for model in models.values()}
    return (
        f"A gene was represented by the mean of its protein's residue vectors of ESM-2{_cite(cited, 'esm2')} "
        f"({', '.join(models)}); longer proteins were read in windows of {' or '.join(sorted(windows))}."
    )


def _runs(config: dict[str, Any], cited: list[str]) -> list[str]:
    said = []
    for name, run in ((config.get("bulk") or {}).get("runs") or {}).items():
        ((family, settings),) = run["model"].items()
        training = run["training"]
        shape = ", ".join(f"{key} {value}" for key, value in settings.items())
        said.append(
            f"Run {name} is a {family} ({shape}; seed {run['seed']}), with genes represented by "
            f"{GENES[settings.get('gene_vectors', 'given')].format(run['embedding'])}. It "
            f"was trained to predict a hidden share ({training['min_mask_ratio']:g} to "
            f"{training['max_mask_ratio']:g}) of the measured genes of a sample by mean squared error, with AdamW ("
            f"peak learning rate {training['learning_rate']:g}, weight decay {training['weight_decay']:g}, batches of "
            f"{training['batch_size']} samples and {training['genes_per_sample']} genes) for at most "
            f"{training['max_epochs']} epochs, or until {training['patience']} of them had no lower "
            "validation loss; the weights of the epoch with the least validation loss were kept. What the run predicts "
            "is a mean of this network, of latent factors and of kernel ridge regression, and its embedding of a "
            "sample consists of coordinates along the factors, of states of the network, or of both; weights and parts "
            "were chosen on the validation split, as were the number of factors, their noise and the penalty. Factors "
            "for train samples were fitted without their fold, one of five." + _search(run.get("search"), cited)
        )
    return said


def _search(search: dict[str, Any] | None, cited: list[str]) -> str:
    """What of a run was searched, and how."""
    if search is None:
        return ""
    named = ", ".join(
        f"{name} (one of {', '.join(map(str, of['choices']))})"
        if "choices" in of
        else f"{name} ({of['low']:g} to {of['high']:g}{', evenly in its logarithm' if of['log'] else ''})"
        for name, of in sorted(search["space"].items())
    )
    how = {"optuna": "by Optuna's tree-structured Parzen estimators", "random": "at random", "grid": "over a grid"}
    said = how[search["method"]]
    said += f"{_cite(cited, 'optuna')}, {search['at_once']} at once" if search["method"] == "optuna" else ""
    return (
        f" Settings were searched {said} (seed {search['seed']}) in {search['trials'] or 'all its'} trials: {named}; "
        "in their place above stands what the configuration has without a search. The trial with the best "
        f"{search['objective']} on the validation split was taken."
    )


def _scoring(config: dict[str, Any], cited: list[str]) -> str:
    bulk = config.get("bulk")
    if bulk is None:
        return ""
    classes, hidden, vectors = bulk["classification"], bulk["imputation"], bulk["representation"]
    shares = ", ".join(f"{100 * ratio:g} %" for ratio in hidden["mask_ratios"])
    return (
        "Classes were predicted by logistic regression on the frozen embeddings of samples and, as baselines, by "
        "logistic regression on ln(TPM + 1), on that of the most variable genes and on its principal components, by "
        f"nearest neighbours, by a random forest{_cite(cited, 'forest')} and by the majority class. Hidden values "
        f"({shares} of the measured genes of a sample) were predicted by each run and, as baselines, by the train mean "
        f"of each gene, by nearest neighbours{_cite(cited, 'knn')}, by probabilistic PCA{_cite(cited, 'ppca')}, by "
        f"factor analysis{_cite(cited, 'factor_analysis')}, by kernel ridge "
        f"regression{_cite(cited, 'kernel_ridge')} and by weighted means of the latter "
        f"two{_cite(cited, 'stacking')}. Embeddings were also held against ln(TPM + 1), the ranks of genes "
        "within a sample, and coordinates of PCA and of factor analysis: by how well k-means and the nearest train "
        "samples find classes, by the silhouette of classes, by whether the norm tells test samples from train, and by "
        f"how soon the same specimen is found in another source{_survival(bulk, cited)}. All settings were chosen on "
        "the validation split; the test split was read once. "
        f"Intervals are {100 * LEVEL:g} % bootstrap intervals{_cite(cited, 'bootstrap')} over groups of samples "
        f"({classes['bootstrap_samples']:,} resamples for classes, {hidden['bootstrap_samples']:,} for hidden values, "
        f"{vectors['bootstrap_samples']:,} for representations), "
        "and differences of two models are paired over the same resamples. Samples were laid out by "
        f"UMAP{_cite(cited, 'umap')}."
    )


def _survival(bulk: dict[str, Any], cited: list[str]) -> str:
    if not bulk["survival"]["tables"]:
        return ""
    return (
        f"; and by Harrell's concordance index{_cite(cited, 'concordance')} within classes, of ridge-penalized "
        f"proportional hazards{_cite(cited, 'cox')} with a baseline hazard for each class (Breslow's form for ties)"
    )


def _learning_curve(config: dict[str, Any]) -> str:
    curve = (config.get("bulk") or {}).get("learning_curve", {})
    if not curve.get("train_samples"):
        return ""
    numbers = [f"{number:,}" for number in sorted(curve["train_samples"])]
    return (
        f"For a learning curve every run and every baseline was also fitted to {' and to '.join(numbers)} of the train "
        f"samples, whole groups but for the last in a random order (seed {curve['seed']}), so that each set is part of "
        "the next; validation and test samples, and hidden values, were the same."
    )


def _tracks(config: dict[str, Any]) -> str:
    said = []
    for name, of in ((config.get("tracks") or {}).get("sets") or {}).items():
        measure = of["polymerase"]
        tracks = ", ".join(f"{track} ({about['protocol']})" for track, about in of["tracks"].items())
        said.append(
            f"The pausing index of a gene in the tracks {tracks} of set {name} is the density of sense signal from "
            f"{measure['pause_start']} to {measure['pause_end']} bp from the transcription start, divided by that of "
            f"the gene body from {measure['body_start']} bp on; its {100 * measure['confidence']:g} % interval is "
            "exact for the ratio of two Poisson counts."
        )
    return " ".join(said)


def _software(versions: dict[str, str], genelm: str, cited: list[str]) -> str:
    used = [f"{name} {versions[key]}" for key, name in SOFTWARE.items() if key in versions]
    snakemake, python = (versions.get(name, "of unknown version") for name in ("snakemake", "python"))
    return (
        f"All steps were run by GeneLM {genelm} under Snakemake {snakemake}{_cite(cited, 'snakemake')} and "
        f"Python {python}, with {', '.join(used)}. Data and weights keep the licences of their sources."
    )
