"""One change of the configuration, exactly its reruns: no rule too few, none too many."""

from __future__ import annotations

import copy
from functools import reduce
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.dry_runs import dry_runs
from tests.support.workflow import ROOT
from workflow_scripts.docs.readmes import general
from workflow_scripts.docs.reruns import NOT_IN_THE_DEMO, expected, schema_of
from workflow_scripts.docs.reruns import demo as demo_configuration
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.schema import leaves, names_files
from workflow_scripts.settings.settings import Settings

ANOTHER_FILE = "TCGA-ACC.star_counts.tsv.gz"
# What no rule for all keys finds: values that only some files, rules or corpora know, or that others must follow.
VALUES = {
    "prebulk/corpora/archs4/format": {"prebulk/corpora/archs4/format": "archs4py"},
    "prebulk/corpora/tcga/format": {
        "prebulk/corpora/tcga/format": "archs4",
        "prebulk/corpora/tcga/group": {"by": "series"},
        "prebulk/corpora/tcga/label": {"by": "none"},
    },
    **{
        f"prebulk/corpora/{name}/group/by": {f"prebulk/corpora/{name}/group": {"by": "field", "field": field}}
        for name, field in (("archs4", "series_id"), ("tcga", "sample_id"))
    },
    **{f"prebulk/corpora/{name}/label/by": {f"prebulk/corpora/{name}/label/by": "none"} for name in ("archs4", "tcga")},
    "prebulk/splits/by": {"prebulk/splits": {"by": "corpus", "train": ["archs4"], "validation": 0.2, "test": ["tcga"]}},
    "download/mirror": {"download/mirror": "https://mirror.example"},
    "circuit/missing/networks": {"circuit/missing": {"networks": ["planted"], "percents": [10], "seed": 2}},
    "prebulk/duplicates/prefer": {"prebulk/duplicates/prefer": ["archs4"]},
    "circuit/screens/programme/kind": {
        "circuit/screens/programme/kind": "knockdown",
        "circuit/screens/programme/dose": 0.5,
    },
    "circuit/screens/programme/pairs": {
        "circuit/screens/programme/pairs": True,
        "circuit/screens/programme/genes": ["G1", "G2"],
    },
    **dict.fromkeys(
        [f"prebulk/splits/{name}" for name in ("train", "validation", "test")],
        {"prebulk/splits/train": 0.6, "prebulk/splits/validation": 0.25, "prebulk/splits/test": 0.15},
    ),
    "circuit/perturb_seq/planted/embeddings/esm2": {
        "circuit/perturb_seq/planted/embeddings/esm2": "esm2/second",
        "esm2/models/second": {"weights": "<results>/simulate/esm2_random.pt", "licence": "MIT"},
    },
    "seq2track/runs/strands/set": {
        "seq2track/runs/strands/set": "second",
        "seq2track/attributions/starts/track": "one",
        "tracks/sets/second": {
            "tracks": {"one": {"protocol": "netseq", "plus": ["netseq.plus.bw"], "minus": ["netseq.minus.bw"]}},
            "targets": {"folds": 4},
        },
    },
    "seq2track/attributions/starts/run": {
        "seq2track/attributions/starts/run": "second",
        "seq2track/runs/second": {"set": "netseq"},
    },
    "seq2track/variants/promoters/run": {
        "seq2track/variants/promoters/run": "second",
        "seq2track/runs/second": {"set": "netseq"},
    },
    "seq2track/attributions/starts/track": {"seq2track/attributions/starts/track": "netseq"},
    "bulk/runs/small/embedding": {
        "bulk/runs/small/embedding": "esm2/second",
        "esm2/models/second": {"weights": "<results>/simulate/esm2_random.pt", "licence": "MIT"},
    },
}
# Sections that the demo goes without. They are added whole, and rerun what each of their keys does.
ADDED = {
    "reference/chromosomes/1": "chr01",
    "reference/chromosome_aliases": ANOTHER_FILE,
    "reference/lengths": {"file": ANOTHER_FILE, "gene_column": "gene", "length_column": "length"},
    "prebulk/corpora/archs4/group": {"by": "field", "field": "series_id"},
    "prebulk/corpora/tcga/label/classes": {"lung": ["TCGA-LUAD"]},
    "prebulk/corpora/tcga": {
        "format": "table",
        "counts": ["TCGA-BRCA.star_counts.tsv.gz"],
        "samples": ANOTHER_FILE,
        "scale": "counts",
        "samples_in": "rows",
    },
    "prebulk/corpora/archs4": {
        "format": "h5ad",
        "counts": [ANOTHER_FILE],
        "scale": "counts",
        "layer": "counts",
        "group": {"by": "field", "field": "donor"},
        "label": {"by": "none"},
    },
    "prebulk/corpora/third": {
        "format": "recount3",
        "counts": ["TCGA-BRCA.star_counts.tsv.gz"],
        "qc": [ANOTHER_FILE],
        "group": {"by": "field", "field": "sample_id"},
        "label": {"by": "none"},
    },
    "prebulk/corpora/fourth": {
        "format": "star",
        "samples": str(ROOT / "tests/workflow/one_file_a_sample.tsv"),
        "strandedness": "unstranded",
        "group": {"by": "field", "field": "sample_id"},
        "label": {"by": "none"},
    },
    "prebulk/corpora/new": {
        "format": "xena",
        "counts": [ANOTHER_FILE],
        "predict_only": True,
        "group": {"by": "field", "field": "sample_id"},
        "label": {"by": "none"},
    },
    "reference": {
        **demo_configuration()[0]["reference"],
        "gene_aliases": ANOTHER_FILE,
    },
    "bulk/runs/second": {
        "embedding": "esm2/esm2_t6_8M_UR50D",
        "model": {
            "perceiver": {
                "dim": 32,
                "latents": 4,
                "blocks": 1,
                "heads": 2,
                "decoder": 64,
                "dropout": 0.2,
                "visible_weight": 0.2,
                "gene_vectors": "shuffled",
                "gene_loadings": False,
                "values": "binned",
                "ree_base": 50,
            }
        },
    },
    "bulk/runs/third": {
        "embedding": "esm2/esm2_t6_8M_UR50D",
        "model": {"graph": {"neighbours": 8, "contexts": 2, "axes": 4, "rounds": 1, "dropout": 0.2}},
    },
    "bulk/ablations/parts": {
        "run": "small",
        "seeds": [1],
        "changes": {"one_layer": {"model/transformer/layers": 1}},
    },
    "circuit/runs/second": {
        "search": {
            "method": "random",
            "trials": 2,
            "at_once": 1,
            "seed": 2,
            "objective": "roll_out",
            "space": {
                "input_penalty": {"low": 1e-3, "high": 1.0, "log": True},
                "training/window": {"choices": [2, 4]},
            },
        },
    },
    "circuit/ablations/parts": {"run": "ensemble", "seeds": [1], "changes": {"no_penalty": {"penalties": [0.0]}}},
    "bulk/runs/fourth": {
        "embedding": "esm2/esm2_t6_8M_UR50D",
        "search": {
            "method": "random",
            "trials": 2,
            "at_once": 1,
            "seed": 2,
            "objective": "embedding",
            "space": {
                "training/learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
                "model/transformer/dim": {"choices": [32, 64]},
            },
        },
    },
    "bulk/peers/BulkFormer": {"embeddings": ANOTHER_FILE},
    "circuit/networks/planted/possible_edges": ANOTHER_FILE,
    "circuit/enhancers/made": {
        "table": ANOTHER_FILE,
        "columns": {
            "chrom": "chr",
            "start": "from",
            "end": "to",
            "gene": "symbol",
            "gene_chrom": "",
            "tss": "",
            "distance": "d",
            "regulated": "hit",
            "valid": "",
        },
        "features": {"DHS.RPM": "log"},
        "activity": ["DHS.RPM"],
        "max_distance": 500000,
        "unfit": "drop",
        "fit": {
            "inner_folds": 3,
            "strengths": [1],
            "seed": 2,
            "network": {
                "max_elements": 8,
                "dim": 8,
                "heads": 2,
                "layers": 2,
                "dropout": 0.1,
                "learning_rate": 0.01,
                "weight_decay": 0,
                "batch_genes": 8,
                "max_epochs": 2,
                "patience": 1,
            },
        },
        "scores": {"bootstrap_samples": 20, "seed": 2},
    },
    "circuit/screens/second": {"network": "planted", "kind": "knockdown", "dose": 0.5, "signature": ANOTHER_FILE},
    "circuit/interactomes/made": {
        "network": ANOTHER_FILE,
        "members": ["one", "other"],
        "separator": ",",
        "where": {"Organism": "Human"},
        "dimensions": 8,
    },
    "circuit/perturb_seq/other": {
        "cells": ANOTHER_FILE,
        "layer": "logs",
        "unit": "log2",
        "columns": {"perturbation": "gene", "context": "line"},
        "control": "NT",
        "separator": "_",
        "min_cells": 30,
        "seed": 2,
        "embeddings": {"proteins": "esm2/esm2_t6_8M_UR50D"},
        "fit": {
            "folds": 3,
            "inner_folds": 4,
            "seed": 2,
            "seeds": 3,
            "rank": 4,
            "hidden": 8,
            "steps": 10,
            "learning_rate": 0.1,
            "weight_decay": 0,
        },
        "scores": {"bootstrap_samples": 20, "seed": 2},
    },
    "seq2track/runs/second": {
        "set": "netseq",
        "model": {"transformer": {"dim": 16, "layers": 1, "heads": 2, "resolution": 64, "dropout": 0}},
    },
    "seq2track/regions/some": {"run": "strands", "bed": ANOTHER_FILE},
    "seq2track/variants/mine": {"run": "strands", "vcf": ANOTHER_FILE, "distance": 500, "pseudo_count": 2},
    "seq2track/attributions/second": {
        "run": "strands",
        "track": "netseq",
        "regions": [ANOTHER_FILE],
        "motifs": [ANOTHER_FILE],
    },
    "tracks/sets/netseq/hub": {"genome": "hg38", "email": "maintainer@example.org", "chromosome_names": "genome"},
}

# What a user expects of each key, written by hand and not read off the rules: from a stage to all that stands on it.
MODELS = {"embed_samples", "score_imputation", "classify_samples", "collect_metrics", "plot_embedding", "plot_scores"}
MODELS |= {"score_embedding", "train_bulk", "plot_training", "fit_conditions", "export_model", "export_gene_vectors"}
MODELS |= {"merge_samples"}
SEARCH = {"suggest_trial", "train_trial", "take_trial"}
SPLITS = MODELS | {"split_samples", "fit_standardizer", "summarize_samples", "plot_quality"}
SPLITS |= {"score_representations", "classify_baselines", "impute_baselines", "embed_baseline"}
DUPLICATES = SPLITS | {"find_duplicates"}
CORPUS = DUPLICATES | {"normalize_counts"}
FITTED = {"predict_effects", "score_effects", "plot_effects"}  # models of perturbed cells
CELLS = FITTED | {"prepare_effects"}
EMBEDDING = MODELS | FITTED | {"embed_proteins", "list_sources"}
MADE = {
    "embed_proteins",
    "list_sources",
    "export_model",
}  # cards of models tell of all weights
SEQLETS = {"call_seqlets", "plot_attributions"}
ATTRIBUTED = SEQLETS | {"attribute_sequence"}
REGIONS = {"predict_regions", "export_regions"}
STARTS = {"predict_starts", "show_uses"}  # called from predicted tracks
CLASSED = {"classify_regions", "show_uses"}  # told from predicted tracks
SEQUENCE = {"train_seq2track", "predict_tracks", "export_predicted", "score_tracks", "plot_tracks"}
SEQUENCE |= STARTS | CLASSED
ASKED = SEQUENCE | ATTRIBUTED | {"score_variants"}  # what else reads the models of a run
TRACKS = ASKED | {"predict_track_baselines"}  # whatever is predicted from sequence
STRANDS = TRACKS | {
    "check_strands",
    "make_targets",
    "measure_metagene",
    "measure_polymerase",
    "plot_metagene",
    "plot_pausing",
}
TRACK = STRANDS | {"convert_track"}
SPELLED = TRACK | {"name_chromosomes", "place_genes"}
GENES = CORPUS | EMBEDDING | STRANDS | {"make_gene_table", "place_genes"}
FILE = {"fetch_dataset", "list_sources"}
ORGANISM = GENES | SPELLED | FILE | {"simulate_mirror", "index_genome", "search_samples"}
ORGANISM |= {"simulate_circuit", "simulate_enhancers"}  # part of its network, and of its genes
CIRCUIT_SCORES = {"score_circuit", "plot_circuit", "export_circuit"}
RESPONSES = CIRCUIT_SCORES | {"predict_responses"}
SCREENS = {"screen_perturbations", "plot_screen"}
OF_WHOLE = SCREENS | {"prepare_experiments", "plot_circuit", "export_circuit"}  # of networks with all their levels
TRAINED = RESPONSES | SCREENS | {"train_circuit"}
POSSIBLE = TRAINED | {"prepare_candidates", "infer_baselines"}
NETWORK = POSSIBLE | {"prepare_experiments", "prepare_outcomes", "prepare_truth"}
ORGANISM |= NETWORK | {"prepare_pairs", "link_enhancers", "score_links", "plot_enhancers"}
MISSING = {"hide_levels", "score_imputed_levels", "plot_missing"}
ORGANISM |= NETWORK | CELLS | {"simulate_cells"}
IMPUTATION = {"export_model", "score_imputation", "impute_baselines", "collect_metrics", "plot_scores"}
CLASSES = {"export_model", "classify_samples", "classify_baselines", "collect_metrics", "plot_scores"}
VECTORS = {"export_model", "score_embedding", "score_representations", "collect_metrics", "plot_scores"}
CURVE = {"take_train_samples", "fit_standardizer", "train_bulk", "embed_samples", "score_imputation"}
CURVE |= {"score_embedding", "score_representations"}
CURVE |= {"classify_samples", "impute_baselines", "classify_baselines", "collect_metrics", "plot_learning_curve"}
PEER = {"adopt_embedding", "classify_samples", "score_embedding", "collect_metrics", "compare_runs"}
MEASURED = ("wild_type", "knockouts", "knockdowns", "multifactorial", "time_series", "perturbed")
POLICY = ("accelerator", "devices", "nodes", "strategy")
LINKS = {"link_enhancers", "score_links", "plot_enhancers"}
BY_HAND = {
    "simulate/mirror": ORGANISM,
    "simulate/circuits/{name}": NETWORK | CELLS | {"simulate_circuit", "simulate_cells", "list_sources"},
    "simulate/circuits/{name}/cells": CELLS | {"simulate_cells", "list_sources"},
    "simulate/enhancers/{name}": LINKS | {"simulate_enhancers", "prepare_pairs", "list_sources"},
    "simulate/weights": ORGANISM | {"simulate_weights"},
    "download/mirror": ORGANISM - {"simulate_mirror"},
    "download/public_fallback": set(),
    "download/refused_licences": set(),
    "reference": CORPUS | FILE | {"list_gene_aliases"},  # with a table of aliases
    "reference/assembly": GENES,
    "reference/proteome": GENES | FILE,
    "reference/gtf": GENES | FILE,
    "reference/lengths": GENES | FILE,
    "reference/genome": SPELLED | FILE | {"index_genome"},
    "reference/chromosomes": SPELLED,
    "reference/chromosome_aliases": SPELLED | FILE,
    "prebulk/corpora/{name}": CORPUS,
    "prebulk/corpora/{name}/predict_only": CORPUS | {"predict_samples"},
    "prebulk/corpora/{name}/counts": CORPUS | FILE,
    "prebulk/corpora/archs4/counts": CORPUS | FILE | {"search_samples"},  # the corpus that is searched
    "prebulk/corpora/{name}/search": CORPUS | {"search_samples"},
    "prebulk/corpora/tcga": CORPUS | FILE | {"match_samples"},  # with a sample sheet
    "prebulk/corpora/archs4": CORPUS | FILE,
    "prebulk/corpora/third": CORPUS | FILE,
    "prebulk/corpora/fourth": CORPUS | {"attest_file", "match_samples", "list_sources"},  # with a sheet of one's own
    "prebulk/corpora/new": FILE | {"normalize_counts", "predict_samples"},  # samples that no model learns
    "prebulk/duplicates": DUPLICATES,
    "prebulk/splits": SPLITS,
    "esm2/models/{name}": EMBEDDING,
    "esm2/models/{name}/weights": EMBEDDING | FILE,
    "esm2/models/{name}/licence": {"list_sources"},
    "esm2/models/{name}/tokens_per_batch": set(),
    "tracks/sets/{name}/tracks/{name}": TRACK,
    "tracks/sets/{name}/tracks/{name}/plus": TRACK | FILE,
    "tracks/sets/{name}/tracks/{name}/minus": TRACK | FILE,
    "tracks/sets/{name}/tracks/{name}/values": {"measure_polymerase", "plot_pausing", "score_tracks", "plot_tracks"},
    "tracks/sets/{name}/strands": STRANDS,
    "tracks/sets/{name}/targets": TRACKS | {"make_targets"},
    "tracks/sets/{name}/targets/mask/biotypes": TRACKS | {"make_targets", "list_annotated_genes"},
    "tracks/sets/{name}/targets/mask/regions": TRACKS | FILE | {"make_targets"},
    "seq2track/runs/{name}": ASKED,
    "seq2track/runs/second": SEQUENCE,
    "seq2track/runs/{name}/set": TRACK,  # another one, whose targets have to be made first
    "seq2track/runs/{name}/test_folds": TRACKS,  # another one, of which there are no baselines yet
    **dict.fromkeys([f"seq2track/runs/{{name}}/training/{key}" for key in POLICY], set()),
    "seq2track/regions/some": FILE | REGIONS,
    "seq2track/variants/{name}": {"score_variants"},
    "seq2track/variants/{name}/run": SEQUENCE | {"score_variants"},  # another one, which has to be trained first
    "seq2track/variants/{name}/vcf": FILE | {"score_variants"},
    "seq2track/variants/mine": FILE | {"score_variants"},
    "seq2track/baselines": {"predict_track_baselines", "score_tracks", "plot_tracks"} | STARTS | CLASSED,
    "seq2track/evaluation": {"score_tracks", "plot_tracks"},
    "seq2track/attributions/{name}": ATTRIBUTED,
    "seq2track/attributions/{name}/run": SEQUENCE | ATTRIBUTED,  # another one, which has to be trained first
    "seq2track/attributions/{name}/regions": ATTRIBUTED | FILE,
    "seq2track/attributions/{name}/motifs": SEQLETS | FILE,
    "seq2track/attributions/{name}/seqlets": SEQLETS,
    "seq2track/attributions/second": ATTRIBUTED | FILE,
    "seq2track/starts": STARTS,
    "seq2track/region_classes": CLASSED,
    "tracks/sets/{name}/polymerase": {"measure_polymerase", "plot_pausing"},
    "tracks/sets/{name}/hub": {"export_track", "write_hub", "write_predicted_hub"},
    "tracks/sets/{name}/metagene": {"measure_metagene", "plot_metagene"},
    "bulk/runs/{name}": MODELS,
    "bulk/runs/second": MODELS | {"compare_runs"},
    "bulk/runs/third": (MODELS | {"compare_runs"}) - {"export_gene_vectors"},  # its network has none
    "bulk/runs/fourth": (MODELS | SEARCH | {"compare_runs"}) - {"train_bulk"},
    "bulk/runs/{name}/embedding": MODELS | MADE,  # another one, which has to be made first
    **dict.fromkeys([f"bulk/runs/{{name}}/training/{key}" for key in POLICY], set()),
    "bulk/ablations/{name}": {"train_bulk", "embed_samples", "score_imputation", "classify_samples", "plot_ablation"},
    "bulk/peers/BulkFormer": FILE | PEER,
    "bulk/imputation": IMPUTATION,
    "bulk/classification": CLASSES,
    "bulk/representation": VECTORS,
    "bulk/survival": VECTORS,
    "bulk/survival/tables": VECTORS | FILE,
    "bulk/learning_curve/train_samples": CURVE,
    "bulk/learning_curve/seed": set(),  # which has no effect where there is no curve
    "circuit/networks/{name}": NETWORK,
    **dict.fromkeys([f"circuit/networks/{{name}}/{key}" for key in MEASURED], NETWORK | FILE),
    "circuit/networks/{name}/regulators": POSSIBLE | FILE,
    "circuit/networks/{name}/possible_edges": POSSIBLE | FILE,
    "circuit/networks/{name}/truth": CIRCUIT_SCORES | FILE | {"prepare_truth"},
    "circuit/networks/{name}/double_knockouts": RESPONSES | FILE | {"prepare_outcomes"},
    "circuit/networks/{name}/double_knockout_pairs": RESPONSES | FILE | {"prepare_outcomes"},
    "circuit/runs/{name}": TRAINED,
    "circuit/runs/second": (TRAINED | {"suggest_circuit", "try_circuit", "take_circuit"}) - {"train_circuit"},
    "circuit/runs/{name}/training/accelerator": set(),
    "circuit/ablations/{name}": {"train_circuit", "predict_responses", "score_circuit", "plot_circuit_ablation"},
    "circuit/missing/networks": (NETWORK | MISSING) - OF_WHOLE,
    "circuit/missing": set(),  # which has no effect where there is no such network
    "circuit/enhancers/{name}": LINKS | {"prepare_pairs"},
    "circuit/enhancers/{name}/table": LINKS | {"prepare_pairs"} | FILE,
    "circuit/enhancers/{name}/fit": LINKS,
    "circuit/enhancers/{name}/scores": {"score_links", "plot_enhancers"},
    "circuit/enhancers/made": LINKS | {"prepare_pairs"} | FILE,
    "circuit/screens/{name}": SCREENS,
    "circuit/screens/second": SCREENS | FILE,
    "circuit/baselines": CIRCUIT_SCORES | {"infer_baselines"},
    "circuit/evaluation": CIRCUIT_SCORES,
    "circuit/export": {"export_circuit"},
    "circuit/interactomes/made": FILE | {"embed_interactome"},
    "circuit/perturb_seq/{name}": CELLS,
    "circuit/perturb_seq/{name}/cells": CELLS | FILE,
    "circuit/perturb_seq/{name}/embeddings": FITTED | MADE,  # another one, which has to be made first
    "circuit/perturb_seq/{name}/fit": FITTED,
    "circuit/perturb_seq/{name}/scores": {"score_effects", "plot_effects"},
    "circuit/perturb_seq/other": CELLS | FILE,
    "report/embedding": {"plot_embedding", "merge_samples"},
}


def by_hand(key: str, schema: dict[str, Any]) -> set[str]:
    """What is expected of a key by its own name, or of the longest part of its pattern that stands in the table.

    Whatever runs, costs and results are summed up and the crate of the run is written anew.
    """
    parts = general(key, schema).split("/")
    names = [key, *("/".join(parts[:end]) for end in range(len(parts), 0, -1))]
    wanted = next(BY_HAND[name] for name in names if name in BY_HAND)
    return wanted | {"summarize_costs", "summarize_results", "write_crate"} if wanted else wanted


def candidates(value: Any, schema: dict[str, Any]) -> list[Any]:
    """Other values than that of a leaf, some of which its schema may refuse."""
    if names_files(schema):
        return [[*value, ANOTHER_FILE] if isinstance(value, list) else ANOTHER_FILE]
    found: list[Any] = [*schema.get("enum", []), *schema.get("examples", [])]
    if isinstance(value, bool):
        found.append(not value)
    elif isinstance(value, (int, float)):
        found += [value + 1, value - 1, value * 2, value / 2, (value + 1) / 2, value + 2]
    elif isinstance(value, str):
        found += [value + "x", "x"]
    elif isinstance(value, list):
        found += [value[:-1], [*value, *value[-1:]]] if value else [["x"], [1]]
    elif value is None:
        found += ["x"] if "string" in schema.get("type", []) else [1, 0.5]
    return [candidate for candidate in found if candidate != value]


def laid_over(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A copy of `base` with the values at these key paths."""
    config = copy.deepcopy(base)
    for key, value in values.items():
        *path, last = key.split("/")
        reduce(dict.__getitem__, path, config)[last] = value
    return config


def changed(base: dict[str, Any], key: str, value: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """The configuration with another value at this leaf, which the schema and the other keys allow."""
    if key in VALUES:
        return laid_over(base, VALUES[key])
    allowed = jsonschema.Draft202012Validator(schema)
    for candidate in candidates(value, schema):
        config = laid_over(base, {key: candidate})
        if allowed.is_valid(candidate) and accepted(config):
            return config
    raise AssertionError(f"{key}: no other value than {value!r} found; give the schema `examples`")


def accepted(config: dict[str, Any]) -> bool:
    try:
        Settings(copy.deepcopy(config), str(ROOT / "config/datasets.tsv"))
    except BadConfiguration:
        return False
    return True


@pytest.fixture(scope="module")
def reruns(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """{key path: the rules that Snakemake would run after that change, or its error}."""
    folder = tmp_path_factory.mktemp("changes")
    base, schema = demo_configuration()
    changes = {key: changed(base, key, value, of_leaf) for key, value, of_leaf in leaves(base, schema)}
    changes |= {key: laid_over(base, {key: section}) for key, section in ADDED.items()}
    files = {key: folder / key.replace("/", ".") / "config.yaml" for key in changes}  # the demo's own name
    for key, file in files.items():
        file.parent.mkdir()
        file.write_text(yaml.safe_dump(changes[key]))
    found = dry_runs(*((demo, file, "all") for file in files.values()))
    return dict(zip(files, found, strict=True))


def patterns(schema: dict[str, Any], path: str = "") -> set[str]:
    """The key paths of all leaves that a schema knows, with {name} for names that a user gives."""
    if schema.get("type") != "object":
        return {path.removeprefix("/")}
    children = dict(schema.get("properties", {}))
    if isinstance(schema.get("additionalProperties"), dict):
        children["{name}"] = schema["additionalProperties"]
    return set().union(*(patterns(child, f"{path}/{key}") for key, child in children.items()))


def test_every_leaf_of_the_schema_is_changed(reruns: dict[str, Any]) -> None:
    schema = demo_configuration()[1]
    done = {general(key, schema) for key in reruns if key not in ADDED}
    for key, section in ADDED.items():
        inner = leaves(section, schema_of(key)) if isinstance(section, dict) else [("", section, {})]
        done |= {general(f"{key}/{path}".rstrip("/"), schema) for path, _, _ in inner}
    assert {key for key in patterns(schema) if not key.startswith("pathvars/")} == done


def test_every_leaf_reruns_exactly_what_a_user_expects(reruns: dict[str, Any]) -> None:
    schema = demo_configuration()[1]
    faults = {}
    for key, rules in reruns.items():
        wanted = by_hand(key, schema)
        if isinstance(rules, str) or set(rules) != wanted:
            faults[key] = rules if isinstance(rules, str) else difference(set(rules), wanted)
    assert not faults, "\n".join(f"{key}: {fault}" for key, fault in faults.items())


def test_the_table_of_the_readme_says_the_same() -> None:
    """It is made of the rules as they are written; a wrong row is a rule that reads what it should not.

    One row speaks for all corpora, with a search, and for an embedding that is there.
    """
    configuration, schema = demo_configuration()
    faults = {}
    for key, _, _ in leaves(configuration, schema):
        wanted = by_hand(key.replace("/tcga/counts", "/archs4/counts"), schema)
        wanted = wanted - ({"embed_proteins", "list_sources"} if key.endswith("/embedding") else set())
        wanted = wanted - (MADE if "/embeddings/" in key else set())
        wanted = wanted - {"predict_samples"}  # the demo has no new samples
        wanted = wanted - ({"list_annotated_genes"} if key.endswith("/biotypes") else set())  # of which it masks none
        if key.startswith("seq2track/runs/") and key.endswith("/set"):
            wanted = wanted - (TRACK - ASKED)  # of a set that is there
        if key.startswith(("seq2track/attributions/", "seq2track/variants/")) and key.endswith("/run"):
            wanted = wanted - SEQUENCE  # of a run that is there
        if key.endswith("/test_folds"):
            wanted = wanted - {"train_seq2track", "predict_tracks", "predict_track_baselines"}  # that are there
        if not key.startswith(NOT_IN_THE_DEMO) and expected(key) != wanted:
            faults[key] = difference(expected(key), wanted)
    assert not faults, "\n".join(f"{key}: {fault}" for key, fault in faults.items())


def difference(found: set[str], wanted: set[str]) -> str:
    return f"missing {sorted(wanted - found)}, too many {sorted(found - wanted)}"
