"""What a schema cannot say: limits that one key of the configuration sets to another.

They are checked before any job starts, since Snakemake removes the outputs of a job before it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# What a format of counts knows of a sample.
XENA_FIELDS = ("sample_id", "project", "sample_type", "patient")
SAMPLE_FIELDS = {
    "archs4": {"group": ("series", "field"), "label": ("field", "none")},
    "xena": {"group": ("patient", "field"), "label": ("project", "project_and_sample_type", "field", "none")},
}

# (key path, what was given, what is allowed)
Fault = tuple[str, str, str]


def faults(config: dict[str, Any]) -> Iterator[Fault]:
    """Every fault of a configuration that its schema accepts, stage by stage."""
    for stage, check in {
        "simulate": simulate,
        "download": download,
        "prebulk": prebulk,
        "esm2": esm2,
        "tracks": tracks,
        "bulk": bulk,
    }.items():
        if stage in config:
            yield from check(config[stage], config)


def simulate(section: dict[str, Any], config: dict[str, Any]) -> Iterator[Fault]:
    genes, factors = section["mirror"]["genome"]["genes"], section["mirror"]["expression"]["transcription_factors"]
    if 2 * factors > genes:
        place = "simulate/mirror/expression/transcription_factors"
        yield place, f"{factors} of {genes} genes", f"at most half, {genes // 2}"
    width, heads = section["weights"]["embed_dim"], section["weights"]["attention_heads"]
    if width % (2 * heads):
        yield "simulate/weights/embed_dim", f"{width} with {heads} attention_heads", f"a multiple of {2 * heads}"


def download(section: dict[str, Any], config: dict[str, Any]) -> Iterator[Fault]:
    if section["mirror"] == "simulate" and "simulate" not in config:
        yield "download/mirror", "'simulate'", "a section `simulate` beside it, or another mirror"


def prebulk(section: dict[str, Any], config: dict[str, Any]) -> Iterator[Fault]:
    parts = [section["splits"][name] for name in ("train", "validation", "test")]
    if abs(sum(parts) - 1) > 1e-6:
        yield "prebulk/splits", f"parts that add up to {sum(parts):g}", "parts that add up to 1"
    for name, corpus in section["corpora"].items():
        for part, known in SAMPLE_FIELDS[corpus["format"]].items():
            place, given = f"prebulk/corpora/{name}/{part}", corpus[part]
            if given["by"] not in known:
                yield f"{place}/by", f"{given['by']!r} of `{corpus['format']}`", f"one of {', '.join(known)}"
            elif given["by"] == "field" and corpus["format"] == "xena" and given.get("field") not in XENA_FIELDS:
                yield f"{place}/field", f"{given.get('field')!r} of `xena`", f"one of {', '.join(XENA_FIELDS)}"
    for name in section["duplicates"]["prefer"]:
        if name not in section["corpora"]:
            corpora = ", ".join(section["corpora"]) or "none"
            yield "prebulk/duplicates/prefer", repr(name), f"names of prebulk/corpora, which are {corpora}"


def esm2(section: dict[str, Any], config: dict[str, Any]) -> Iterator[Fault]:
    for name, model in section["models"].items():
        if model["stride"] > model["window"]:
            yield f"esm2/models/{name}/stride", str(model["stride"]), f"at most its window, {model['window']}"


def tracks(section: dict[str, Any], config: dict[str, Any]) -> Iterator[Fault]:
    for name, of_set in section["sets"].items():
        place, metagene, windows, targets = (
            f"tracks/sets/{name}",
            of_set["metagene"],
            of_set["polymerase"],
            of_set["targets"],
        )
        for key in ("upstream", "body", "downstream"):
            if metagene[key] % metagene["bin"]:
                yield f"{place}/metagene/{key}", str(metagene[key]), f"a multiple of its bin, {metagene['bin']}"
        if not windows["pause_start"] < windows["pause_end"] <= windows["body_start"]:
            given = ", ".join(f"{key} {windows[key]}" for key in ("pause_start", "pause_end", "body_start"))
            yield f"{place}/polymerase", given, "a pause window that ends after its start, and a body after it"
        if targets["width"] % targets["bin"]:
            yield f"{place}/targets/width", str(targets["width"]), f"a multiple of its bin, {targets['bin']}"
        held_out = targets["validation_fold"], targets["test_fold"]
        if held_out[0] == held_out[1] or max(held_out) >= targets["folds"]:
            given = f"validation_fold {held_out[0]} and test_fold {held_out[1]}"
            yield f"{place}/targets", given, f"two of {targets['folds']} folds, counted from 0"


def bulk(section: dict[str, Any], config: dict[str, Any]) -> Iterator[Fault]:
    if not config["prebulk"]["corpora"]:
        yield "prebulk/corpora", "none", "one source of counts at least, which `bulk` needs"
    models = [f"esm2/{name}" for name in config["esm2"]["models"]]
    for name, run in section["runs"].items():
        place, shape, training = f"bulk/runs/{name}", run["model"], run["training"]
        if run["embedding"] not in models:
            yield f"{place}/embedding", repr(run["embedding"]), f"one of {', '.join(models)}"
        if shape["dim"] % (2 * shape["heads"]):
            yield f"{place}/model/dim", f"{shape['dim']} with {shape['heads']} heads", "a multiple of twice the heads"
        if training["min_mask_ratio"] > training["max_mask_ratio"]:
            given = f"{training['min_mask_ratio']}, above max_mask_ratio {training['max_mask_ratio']}"
            yield f"{place}/training/min_mask_ratio", given, "at most max_mask_ratio"
