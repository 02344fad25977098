"""Limits that one key of the section `simulate` sets to another."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_scripts.settings.settings import Fault, Settings
from workflow_scripts.simulate.inputs import PARTS, mirror


def faults(settings: Settings) -> Iterator[Fault]:
    yield from _unknown(settings)
    section = settings.section("simulate")
    if section is None:
        return
    genes = section["mirror"]["genome"]["genes"]
    factors = section["mirror"]["expression"]["transcription_factors"]
    if 2 * factors > genes:
        place = "simulate/mirror/expression/transcription_factors"
        yield place, f"{factors} of {genes} genes", f"at most half, {genes // 2}"
    width, heads = section["weights"]["embed_dim"], section["weights"]["attention_heads"]
    if width % (2 * heads):
        yield "simulate/weights/embed_dim", f"{width} with {heads} attention_heads", f"a multiple of {2 * heads}"
    for name, circuit in section["circuits"].items():
        if mirror(settings) and circuit["genes"] > genes:
            place = f"simulate/circuits/{name}/genes"
            yield place, f"{circuit['genes']} of {genes} genes of the organism", f"at most {genes}"
    for name, screen in section["enhancers"].items():
        if mirror(settings) and screen["genes"] > genes:
            place = f"simulate/enhancers/{name}/genes"
            yield place, f"{screen['genes']} of {genes} genes of the organism", f"at most {genes}"


def _unknown(settings: Settings) -> Iterator[Fault]:
    """Files that the configuration names of circuits and screens that it does not simulate."""
    for part in PARTS:
        known, folder = settings.names(f"simulate/{part}"), f"<results>/simulate/{part}/"
        for place, files in settings.named.items():
            for file in files:
                if file.startswith(folder) and file.removeprefix(folder).split("/")[0] not in known:
                    yield place, repr(file), f"files of simulate/{part}, which are {', '.join(known) or 'none'}"
