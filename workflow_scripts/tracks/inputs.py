"""Tracks of a set, for rules."""

from __future__ import annotations

from collections.abc import Callable

from workflow_scripts.settings.settings import Settings, canonical


def all_tracks(settings: Settings, pattern: str) -> list[str]:
    """`pattern` for every {set} and {track}."""
    return [
        pattern.format(set=name, track=track)
        for name in settings.names("tracks/sets")
        for track in settings.names(f"tracks/sets/{name}/tracks")
    ]


def all_hubs(settings: Settings, *patterns: str) -> list[str]:
    """`patterns` for every {set} of which a hub is asked for."""
    return [
        pattern.format(set=name)
        for name in settings.names("tracks/sets")
        if settings.section(f"tracks/sets/{name}/hub") is not None
        for pattern in patterns
    ]


def each_track(settings: Settings, *patterns: str) -> Callable[..., list[str]]:
    """For a rule's input: `patterns` for every {track} of one {set}, in the order of `track_names`."""
    return lambda wildcards: [
        pattern.format(set=wildcards.set, track=track)
        for track in settings.names(f"tracks/sets/{wildcards.set}/tracks")
        for pattern in patterns
    ]


def track_names(settings: Settings) -> Callable[..., str]:
    """For a rule's params: the names of the tracks of one {set}, as canonical JSON."""
    return lambda wildcards: canonical(settings.names(f"tracks/sets/{wildcards.set}/tracks"))


def track_values(settings: Settings) -> Callable[..., str]:
    """For a rule's params: what the values of each track of one {set} are, in the order of `track_names`."""

    def values(wildcards):
        tracks = settings.section(f"tracks/sets/{wildcards.set}/tracks")
        return canonical([tracks[name]["values"] for name in sorted(tracks)])

    return values


def masked_biotypes(settings: Settings, file: str) -> Callable[..., list[str]]:
    """For a rule's input: the genes of the annotation, where the mask of one {set} asks for some of them."""
    return lambda wildcards: [file] if settings.section(f"tracks/sets/{wildcards.set}/targets/mask/biotypes") else []
