"""What is exported holds the signal, and a hub and a session that browsers open where the folder lies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyBigWig
import pytest

from tests.tracks import toy
from workflow_scripts.contracts.genome import Genome
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import require_intact_beside
from workflow_scripts.settings.schema import complete, load_schema
from workflow_scripts.tracks.chromosomes import ucsc_names
from workflow_scripts.tracks.export_track import export_track
from workflow_scripts.tracks.write_hub import write_hub

UCSC = {"I": "chrI", "II": "chrII", "Mito": "chrM"}
LONG = "an-assay_of-many-letters-" + "x" * 39  # as long as a name may be
# UCSC's demands: https://genome.ucsc.edu/goldenPath/help/trackDb/trackDbHub.html
HUB = {"hub", "shortLabel", "longLabel", "email"}
TRACK = {"track", "type", "shortLabel", "longLabel"}


def spec(**keys: str) -> dict[str, str]:
    schema = load_schema("tracks")["properties"]["sets"]["additionalProperties"]["properties"]["hub"]
    return complete({"genome": "sacCer3", "email": "maintainer@example.org", **keys}, schema)


def exported(
    folder: Path, name: str, signals: list[toy.Signal], aliases: dict[str, str] | None = None, **keys: str
) -> list[Path]:
    """The exported bigWigs of a track of these signals, plus and minus."""
    sources = [toy.write_track(folder / f"{name}.{side}.source.bw", signal) for side, signal in enumerate(signals)]
    targets = [folder / f"hub/{name}.{strand}.bw" for strand in ("plus", "minus")]
    lengths = {chrom: len(values) for chrom, values in signals[0].items()}
    chromosomes = toy.write_chromosomes(folder / "chromosomes.parquet", lengths, aliases)
    export_track(
        plus=sources[0],
        minus=sources[1],
        chromosomes=chromosomes,
        hub_plus=targets[0],
        hub_minus=targets[1],
        spec=spec(**keys),
    )
    return targets


def positive(seed: int, lengths: dict[str, int] = toy.LENGTHS) -> toy.Signal:
    """Signal without zeros, as converted tracks have it."""
    return {chrom: np.where(values == 0, np.nan, values) for chrom, values in toy.random_signal(seed, lengths).items()}


@pytest.mark.parametrize("keys", [{}, {"chromosome_names": "genome"}], ids=["UCSC", "genome"])
def test_exported_signal_is_that_of_the_track_and_comes_back_to_its_bytes(keys: dict, tmp_path: Path) -> None:
    signals = [positive(1), positive(2)]
    files = exported(tmp_path, "a", signals, **keys)
    names = {chrom: chrom for chrom in toy.LENGTHS} if keys else UCSC
    for file, signal, sign in zip(files, signals, (1, -1), strict=True):
        found = toy.read(file)
        assert list(found) == sorted(names.values())
        for chrom, name in names.items():
            np.testing.assert_array_equal(found[name], sign * signal[chrom])
        require_intact_beside(file)
    first = toy.convert(tmp_path / "first", *([tmp_path / f"a.{side}.source.bw"] for side in (0, 1)))
    again = toy.convert(tmp_path / "again", files[:1], files[1:])
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in first]


def test_the_summary_of_a_minus_strand_shows_its_signal(tmp_path: Path) -> None:
    """Zoomed out, a browser reads summaries, of which the least value is the most signal there."""
    _, minus = exported(tmp_path, "a", [positive(1), positive(2)])
    with pyBigWig.open(str(minus)) as file:
        assert file.header()["nLevels"] > 0
        assert file.stats("chrI", type="min") == [-np.nanmax(positive(2)["I"])]


def test_chromosomes_are_called_as_ucsc_calls_them() -> None:
    lengths = {"1": 9, "X": 8, "MT": 7, "KI270728.1": 6, "GL000009.2": 5, "chrUn_x": 4}
    aliases = {"one": "1", "NT_187383.1": "KI270728.1", "chr16_KI270728v1_random": "KI270728.1", "chrMT": "MT"}
    found = ucsc_names(Genome(lengths, aliases))
    assert found == {
        "1": "chr1",
        "X": "chrX",
        "MT": "chrMT",  # as hg19 has it
        "KI270728.1": "chr16_KI270728v1_random",
        "chrUn_x": "chrUn_x",
    }
    refseq = Genome({"NC_1.1": 9, "NC_2.1": 5}, {"chrI": "NC_1.1", "Mito": "NC_2.1"})
    assert ucsc_names(refseq) == {"NC_1.1": "chrI", "NC_2.1": "chrM"}
    with pytest.raises(BadInput, match="'I' and 'chrI' of the genome would both be 'chrI' at UCSC. Set it to genome"):
        ucsc_names(Genome({"I": 5, "chrI": 5}))


def test_signal_on_a_chromosome_without_a_name_is_never_left_out(tmp_path: Path) -> None:
    lengths = {"I": 300, "KI270728.1": 200}
    signals = [positive(seed, lengths) for seed in (1, 2)]
    with pytest.raises(BadInput, match=r"1 chromosomes with signal have no known name at UCSC: KI270728.1. Give UCSC"):
        exported(tmp_path, "a", signals)
    assert not list(tmp_path.glob("hub/*"))
    files = exported(tmp_path, "a", signals, {"chr16_KI270728v1_random": "KI270728.1"})
    assert list(toy.read(files[0])) == ["chr16_KI270728v1_random", "chrI"]
    for signal in signals:
        signal["KI270728.1"][:] = np.nan
    assert list(toy.read(exported(tmp_path, "a", signals)[0])) == ["chrI"]


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """The folder of a hub of two tracks."""
    names = ["9-of", LONG]
    files = [exported(tmp_path, name, [positive(seed), positive(seed + 1)]) for seed, name in enumerate(names, 1)]
    write_hub(
        plus=[plus for plus, _ in files],
        minus=[minus for _, minus in files],
        strands=[toy.write_strands(tmp_path / f"{assay}.parquet", assay) for assay in ("netseq", "proseq")],
        hub=tmp_path / "hub/hub.txt",
        session=tmp_path / "hub/igv_session.xml",
        names=names,
        set="my-set",
        spec=spec(),
    )
    return tmp_path.joinpath("hub").rename(tmp_path / "copied elsewhere")


def blocks(text: str) -> list[dict[str, str]]:
    """The blocks of lines of a hub, a setting and its value each; none stands twice in a block."""
    found = []
    for block in text.split("\n\n"):
        settings = [line.split(" ", 1) for line in block.splitlines()]
        assert len({name for name, _ in settings}) == len(settings)
        found.append(dict(settings))
    return found


def test_a_hub_holds_what_ucsc_demands(hub: Path) -> None:
    top, genome, *tracks = blocks((hub / "hub.txt").read_text())
    assert top.keys() >= HUB and top["useOneFile"] == "on" and list(top)[0] == "hub"
    assert genome == {"genome": "sacCer3"}
    assert re.fullmatch(r"\w+", top["hub"])
    named = {track["track"]: track for track in tracks}
    assert len(named) == len(tracks) == 6
    for track in tracks:
        assert track.keys() >= TRACK and list(track)[0] == "track"
        assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", track["track"])
        assert len(track["shortLabel"]) <= 17 and len(track["longLabel"]) <= 76
        assert track["type"].split()[0] == "bigWig"
        if "parent" in track:
            assert named[track["parent"]]["container"] == "multiWig"
            assert re.fullmatch(r"\d+,\d+,\d+", track["color"])
    assert [track["shortLabel"] for track in tracks[:3]] == ["9-of", "9-of +", "9-of -"]
    assert tracks[3]["longLabel"].startswith(f"{LONG} (PRO-seq)"[:76])


def test_every_file_of_a_hub_lies_beside_it_and_opens(hub: Path) -> None:
    tracks = [block for block in blocks((hub / "hub.txt").read_text()) if "bigDataUrl" in block]
    assert len(tracks) == 4
    for track in tracks:
        low, high = map(float, track["type"].split()[1:])
        with pyBigWig.open(str(hub / track["bigDataUrl"])) as file:
            assert file.chroms() == {UCSC[chrom]: length for chrom, length in toy.LENGTHS.items()}
            least, most = (file.stats("chrI", type=kind, exact=True)[0] for kind in ("min", "max"))
            assert low <= least <= most <= high
            assert (low, track["windowingFunction"]) == (0, "maximum") or (high, track["windowingFunction"]) == (
                0,
                "minimum",
            )
    assert len({track["bigDataUrl"] for track in tracks}) == 4


def test_a_session_names_every_file_and_shows_each_once(hub: Path) -> None:
    session = ElementTree.parse(hub / "igv_session.xml").getroot()
    assert (session.tag, session.attrib["genome"]) == ("Session", "sacCer3")
    paths = [resource.attrib["path"] for resource in session.find("Resources")]
    assert sorted(paths) == sorted(path.name for path in hub.glob("*.bw"))
    shown = [[track.attrib["id"] for track in merged] for merged in session.find("Panel")]
    assert shown == [paths[:2], paths[2:]]  # the strands of a track over one another


@pytest.mark.parametrize(
    ("keys", "allowed"),
    [
        ({"genome": "sac cer"}, False),
        ({"email": "me"}, False),
        ({"email": "a@b\nc"}, False),
        ({"genome": "GCF_1.1"}, True),
    ],
)
def test_what_would_break_the_lines_of_a_hub_is_refused_by_the_schema(keys: dict[str, Any], allowed: bool) -> None:
    properties = load_schema("tracks")["properties"]["sets"]["additionalProperties"]["properties"]["hub"]["properties"]
    assert all(bool(re.search(properties[key]["pattern"], value)) == allowed for key, value in keys.items())
