"""Limits between the keys of `circuit/screens`, for `checks`; it needs the standard library alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def faults(screens: dict[str, Any], networks: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, screen in screens.items():
        place, kind = f"circuit/screens/{name}", screen["kind"]
        if screen.get("network") not in {None, *networks}:
            yield f"{place}/network", repr(screen["network"]), f"one of {', '.join(sorted(networks)) or 'none'}"
        if ("dose" in screen) != (kind != "knockout"):
            given = "none" if kind != "knockout" else f"{screen['dose']:g} of knockout"
            yield f"{place}/dose", given, "a dose of a knockdown or of an overexpression, and of no knockout"
        elif kind == "knockdown" and screen["dose"] >= 1 or kind == "overexpression" and screen["dose"] <= 1:
            allowed = "less than 1" if kind == "knockdown" else "more than 1"
            yield f"{place}/dose", f"{screen['dose']:g} of {kind}", allowed
        if screen["pairs"] and len(screen["genes"]) < 2:
            yield f"{place}/pairs", f"true with {len(screen['genes'])} genes", "two genes at least, or no pairs"
        listed = screen["up"] + screen["down"]
        if bool(listed) == ("signature" in screen):
            given = "none" if not listed else "beside `up` or `down`"
            yield f"{place}/signature", given, "`up`, `down` or both, or a table in their place"
        both = sorted(set(screen["up"]) & set(screen["down"]))
        if both:
            yield f"{place}/down", f"{both[0]}, which is in `up`", "genes that are not in it"
