"""What a track hub and a session say of exported tracks, measured and predicted.

- Hub: https://genome.ucsc.edu/goldenPath/help/trackDb/trackDbHub.html; blocks of lines, a setting and its value each,
  here in one file: the hub, the genome, the tracks. A track is a `multiWig` of its two strands, one over the other.
- Session: https://igv.org/doc/desktop/UserGuide/sessions/.

Both name files by paths relative to their own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from workflow_scripts.io.files import replacing
from workflow_scripts.tracks.sealed_bigwig import greatest

SHORT, LONG = 17, 76  # letters of a label that UCSC shows
COLOURS = {"plus": "0,114,178", "minus": "213,94,0"}  # those of sense and antisense in the report
LIGHT = {"plus": "86,180,233", "minus": "230,159,0"}  # of what is predicted
# What a pixel of many bases shows: the base with most signal, which on the minus strand is the least value.
WINDOWS = {"plus": ("maximum", "max"), "minus": ("minimum", "min")}


class Track(NamedTuple):
    """An exported track: files `{folder}{name}.plus.bw` and `{folder}{name}.minus.bw`, and the greatest signal of each.

    folder: that of the files, from that of the hub; empty, or with a slash at its end. run: that predicts the track,
    empty of one that was measured.
    """

    name: str
    assay: str
    plus: float
    minus: float
    folder: str = ""
    run: str = ""

    @property
    def title(self) -> str:
        """Name and assay, and who says so."""
        return f"{self.name} ({self.assay})" + (f" predicted by {self.run}" if self.run else "")

    @property
    def short(self) -> str:
        """The name, which a label cuts."""
        return f"pred. {self.name}" if self.run else self.name

    @property
    def colours(self) -> dict[str, str]:
        return LIGHT if self.run else COLOURS


def exported(name: str, assay: str, plus: Path, minus: Path, hub: Path, run: str = "") -> Track:
    """The track of two exported bigWigs, `{name}.plus.bw` and `{name}.minus.bw`, for the hub at `hub`."""
    folder = Path(os.path.relpath(plus.parent, hub.parent)).as_posix()
    return Track(name, assay, greatest(plus), greatest(minus), "" if folder == "." else f"{folder}/", run)


def write(hub: Path, session: Path, name: str, tracks: list[Track], spec: dict) -> None:
    """Write a hub of `tracks`, in this order, and a session; spec: `tracks/sets/{set}/hub`."""
    for path, text in ((hub, hub_text(name, tracks, spec)), (session, session_text(tracks, spec["genome"]))):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


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
        **_labels(track.short, f"{track.title}, minus strand below 0"),
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
            **_labels(f"{track.short[: SHORT - 2]} {sign}", f"{track.title}, {strand} strand"),
            "bigDataUrl": f"{track.folder}{track.name}.{strand}.bw",
            "color": track.colours[strand],
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
        shown = {"id": f"{track.folder}{track.name}", "name": track.title, **scaled}
        merged = ElementTree.SubElement(panel, "Track", clazz="org.broad.igv.track.MergedTracks", **shown)
        for strand, colour in track.colours.items():
            file = f"{track.folder}{track.name}.{strand}.bw"
            ElementTree.SubElement(resources, "Resource", path=file, type="bw")
            shown = {"id": file, "name": f"{track.short} {strand}", "color": colour, "altColor": colour, **scaled}
            ElementTree.SubElement(merged, "Track", windowFunction=WINDOWS[strand][1], **shown)
    ElementTree.indent(session)
    return ElementTree.tostring(session, encoding="UTF-8", xml_declaration=True).decode() + "\n"
