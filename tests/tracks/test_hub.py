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
from workflow_scripts.tracks.write_predicted_hub import write_predicted_hub

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


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """The folder of a hub of what a run predicts of two tracks, beside which what was measured lies in another."""
    names, results, files = ["9-of", LONG], tmp_path / "results", []
    for seed, place in enumerate(("tracks/my-set/hub", "seq2track/run-1/bigwig")):
        made = tmp_path / f"made{seed}"
        made.mkdir()
        pairs = [exported(made, name, [positive(seed), positive(seed + 5)]) for name in names]
        (results / place).parent.mkdir(parents=True)
        made.joinpath("hub").rename(results / place)
        files += [[results / place / pair[side].name for pair in pairs] for side in (0, 1)]
    write_predicted_hub(
        **dict(zip(("plus", "minus", "predicted_plus", "predicted_minus"), files, strict=True)),
        strands=[toy.write_strands(tmp_path / f"{assay}.parquet", assay) for assay in ("netseq", "proseq")],
        hub=results / "seq2track/run-1/hub/hub.txt",
        session=results / "seq2track/run-1/hub/igv_session.xml",
        names=names,
        run="run-1",
        spec=spec(),
    )
    return results.rename(tmp_path / "copied elsewhere") / "seq2track/run-1/hub"


def blocks(text: str) -> list[dict[str, str]]:
    """The blocks of lines of a hub, a setting and its value each; none stands twice in a block."""
    found = []
    for block in text.split("\n\n"):
        settings = [line.split(" ", 1) for line in block.splitlines()]
        assert len({name for name, _ in settings}) == len(settings)
        found.append(dict(settings))
    return found


def demanded(path: Path) -> list[dict[str, str]]:
    """The tracks of a hub, which holds what UCSC demands."""
    top, genome, *tracks = blocks(path.read_text())
    assert top.keys() >= HUB and top["useOneFile"] == "on" and list(top)[0] == "hub"
    assert genome == {"genome": "sacCer3"}
    assert re.fullmatch(r"\w+", top["hub"])
    named = {track["track"]: track for track in tracks}
    assert len(named) == len(tracks)
    for track in tracks:
        assert track.keys() >= TRACK and list(track)[0] == "track"
        assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", track["track"])
        assert len(track["shortLabel"]) <= 17 and len(track["longLabel"]) <= 76
        assert track["type"].split()[0] == "bigWig"
        if "parent" in track:
            assert named[track["parent"]]["container"] == "multiWig"
            assert re.fullmatch(r"\d+,\d+,\d+", track["color"])
    return tracks


def test_a_hub_holds_what_ucsc_demands(hub: Path) -> None:
    tracks = demanded(hub / "hub.txt")
    assert [track["shortLabel"] for track in tracks[:3]] == ["9-of", "9-of +", "9-of -"] and len(tracks) == 6
    assert tracks[3]["longLabel"].startswith(f"{LONG} (PRO-seq)"[:76])


def test_a_hub_shows_below_each_track_what_is_predicted_of_it(beside: Path) -> None:
    tracks = demanded(beside / "hub.txt")
    shown = [track for track in tracks if "container" in track]
    assert [track["shortLabel"] for track in shown] == ["9-of", "pred. 9-of", LONG[:17], f"pred. {LONG}"[:17]]
    assert [int(track["priority"]) for track in shown] == [1, 2, 3, 4]
    assert shown[1]["longLabel"] == "9-of (NET-seq) predicted by run-1, minus strand below 0"
    strands = {track["track"]: track["color"] for track in tracks if "parent" in track}
    assert len(set(strands.values())) == 4, "strands, measured and predicted have colours of their own"


@pytest.mark.parametrize("name", ["hub", "beside"])
def test_every_file_of_a_hub_lies_where_it_says_and_opens(name: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(name)
    tracks = [block for block in blocks((folder / "hub.txt").read_text()) if "bigDataUrl" in block]
    assert len(tracks) == {"hub": 4, "beside": 8}[name]
    for track in tracks:
        low, high = map(float, track["type"].split()[1:])
        with pyBigWig.open(str(folder / track["bigDataUrl"])) as file:
            assert file.chroms() == {UCSC[chrom]: length for chrom, length in toy.LENGTHS.items()}
            least, most = (file.stats("chrI", type=kind, exact=True)[0] for kind in ("min", "max"))
            assert low <= least <= most <= high
            assert (low, track["windowingFunction"]) == (0, "maximum") or (high, track["windowingFunction"]) == (
                0,
                "minimum",
            )
    assert len({(folder / track["bigDataUrl"]).resolve() for track in tracks}) == len(tracks)


@pytest.mark.parametrize("name", ["hub", "beside"])
def test_a_session_names_every_file_and_shows_each_once(name: str, request: pytest.FixtureRequest) -> None:
    """The strands of a track over one another, and what is predicted of it after what was measured."""
    folder = request.getfixturevalue(name)
    session = ElementTree.parse(folder / "igv_session.xml").getroot()
    assert (session.tag, session.attrib["genome"]) == ("Session", "sacCer3")
    paths = [resource.attrib["path"] for resource in session.find("Resources")]
    top = {"hub": folder, "beside": folder.parents[2]}[name]
    assert sorted((folder / path).resolve() for path in paths) == sorted(top.rglob("*.bw"))
    shown = [[track.attrib["id"] for track in merged] for merged in session.find("Panel")]
    assert shown == [paths[at : at + 2] for at in range(0, len(paths), 2)]
    if name == "beside":
        assert [path.rsplit("/", 2)[-2:] for path in paths[:4]] == [
            [of, f"9-of.{strand}.bw"] for of in ("hub", "bigwig") for strand in ("plus", "minus")
        ]
        names = [merged.attrib["name"] for merged in session.find("Panel")]
        assert names[:2] == ["9-of (NET-seq)", "9-of (NET-seq) predicted by run-1"]


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
