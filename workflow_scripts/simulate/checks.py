"""Limits that one key of the section `simulate` sets to another."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_scripts.settings.settings import Fault, Settings


def faults(settings: Settings) -> Iterator[Fault]:
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
