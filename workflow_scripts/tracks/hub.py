"""What a track hub and a session say of exported tracks.

- Hub: https://genome.ucsc.edu/goldenPath/help/trackDb/trackDbHub.html; blocks of lines, a setting and its value each,
  here in one file: the hub, the genome, the tracks. A track is a `multiWig` of its two strands, one over the other.
- Session: https://igv.org/doc/desktop/UserGuide/sessions/; paths are relative to the session's own file.
"""

from __future__ import annotations

from typing import NamedTuple
from xml.etree import ElementTree

SHORT, LONG = 17, 76  # letters of a label that UCSC shows
COLOURS = {"plus": "0,114,178", "minus": "213,94,0"}  # those of sense and antisense in the report
# What a pixel of many bases shows: the base with most signal, which on the minus strand is the least value.
WINDOWS = {"plus": ("maximum", "max"), "minus": ("minimum", "min")}


class Track(NamedTuple):
    """An exported track: files `{name}.plus.bw` and `{name}.minus.bw`, and the greatest signal of each."""

    name: str
    assay: str
    plus: float
    minus: float


def hub_text(name: str, tracks: list[Track], spec: dict) -> str:
    """The hub of a set of tracks in one file."""
    title = f"{name}: {', '.join(dict.fromkeys(track.assay for track in tracks))}"
    hub = {"hub": f"GeneLM_{_word(name)}", "shortLabel": name[:SHORT], "longLabel": title[:LONG]}
    blocks = [{**hub, "useOneFile": "on", "email": spec["email"]}, {"genome": spec["genome"]}]
    for number, track in enumerate(tracks, start=1):
        blocks += _track_blocks(number, track)
    lines = ("\n".join(f"{setting} {value}" for setting, value in block.items()) for block in blocks)
    return "\n\n".join(lines) + "\n"


def _track_blocks(number: int, track: Track) -> list[dict[str, str]]:
    """The container of a track, and its strands."""
    key = f"track{number}_{_word(track.name)}"  # begins with a letter, and is no other track's
    container = {
        "track": key,
        "container": "multiWig",
        "type": "bigWig",
        **_labels(track.name, f"{track.name} ({track.assay}), minus strand below 0"),
        "visibility": "full",
        "aggregate": "transparentOverlay",
        "showSubtrackColorOnUi": "on",
        "autoScale": "on",
        "alwaysZero": "on",
        "maxHeightPixels": "128:64:16",
        "priority": f"{number}",
    }
    strands = [
        {
            "track": f"{key}_{strand}",
            "parent": key,
            "type": f"bigWig {limits}",
            **_labels(f"{track.name[: SHORT - 2]} {sign}", f"{track.name} ({track.assay}), {strand} strand"),
            "bigDataUrl": f"{track.name}.{strand}.bw",
            "color": COLOURS[strand],
            "windowingFunction": WINDOWS[strand][0],
        }
        for strand, sign, limits in (("plus", "+", f"0 {track.plus:g}"), ("minus", "-", f"{-track.minus:g} 0"))
    ]
    return [container, *strands]


def _labels(short: str, long: str) -> dict[str, str]:
    return {"shortLabel": short[:SHORT], "longLabel": long[:LONG]}


def _word(name: str) -> str:
    """A name of letters, digits and underscores."""
    return name.replace("-", "_")


def session_text(tracks: list[Track], genome: str) -> str:
    """The session of a set of tracks: the two strands of each drawn over one another, on one scale."""
    session = ElementTree.Element("Session", genome=genome, locus="All", version="8")
    resources = ElementTree.SubElement(session, "Resources")
    panel = ElementTree.SubElement(session, "Panel", name="DataPanel")
    scaled = {"autoScale": "true", "height": "100", "renderer": "BAR_CHART", "visible": "true"}
    for track in tracks:
        shown = {"id": track.name, "name": f"{track.name} ({track.assay})", **scaled}
        merged = ElementTree.SubElement(panel, "Track", clazz="org.broad.igv.track.MergedTracks", **shown)
        for strand, colour in COLOURS.items():
            file = f"{track.name}.{strand}.bw"
            ElementTree.SubElement(resources, "Resource", path=file, type="bw")
            shown = {"id": file, "name": f"{track.name} {strand}", "color": colour, "altColor": colour, **scaled}
            ElementTree.SubElement(merged, "Track", windowFunction=WINDOWS[strand][1], **shown)
    ElementTree.indent(session)
    return ElementTree.tostring(session, encoding="UTF-8", xml_declaration=True).decode() + "\n"
