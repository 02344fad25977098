"""One form of a track, whatever the files are; and no file that is wrong gets through."""

from __future__ import annotations

import gzip
import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from tests.support.workflow import ROOT
from tests.tracks import toy
from workflow_scripts.docs.reruns import demo
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.settings import Settings
from workflow_scripts.tracks import bigwig_source, runs
from workflow_scripts.tracks.bigwig_blocks import read_blocks
from workflow_scripts.tracks.convert_track import convert_track


@pytest.fixture
def minus(tmp_path: Path) -> Path:
    return toy.write_bigwig(tmp_path / "minus.bw", toy.random_signal(2))


def small_blocks(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    for module in (runs, bigwig_source):
        monkeypatch.setattr(module, "BLOCK", block)


def same(found: toy.Signal, expected: toy.Signal) -> None:
    for name, values in expected.items():
        np.testing.assert_array_equal(np.nan_to_num(found[name]), np.nan_to_num(values))


def test_wig_bedgraph_and_bigwig_of_one_signal_give_the_same_bytes(tmp_path: Path, minus: Path) -> None:
    signal = toy.random_signal(1)
    written = {}
    for name, write in toy.WRITERS.items():
        plus, _ = toy.convert(tmp_path / name.replace(".", "_"), [write(tmp_path / name, signal)], [minus])
        same(toy.read(plus), signal)
        written[name] = plus.read_bytes()
    assert len(written) == 5
    assert len(set(written.values())) == 1


@pytest.mark.parametrize("name", toy.WRITERS)
def test_the_result_is_independent_of_the_block_size(
    name: str, tmp_path: Path, minus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [toy.WRITERS[name](tmp_path / f"{seed}.{name}", toy.random_signal(seed)) for seed in (1, 3)]
    whole = [path.read_bytes() for path in toy.convert(tmp_path / "whole", files, [minus])]
    small_blocks(monkeypatch, 37)
    monkeypatch.setattr("workflow_scripts.tracks.text_source.BUFFER", 5)
    assert [path.read_bytes() for path in toy.convert(tmp_path / "blocks", files, [minus])] == whole


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seeds=strategies.lists(strategies.integers(0, 99), min_size=1, max_size=3))
def test_replicates_are_summed_base_by_base(seeds: list[int], tmp_path: Path, minus: Path) -> None:
    signals = [toy.random_signal(seed, whole=False) for seed in seeds]
    kinds = list(toy.WRITERS.items())
    files = [
        kinds[number % 5][1](tmp_path / f"{number}.{kinds[number % 5][0]}", signal)
        for number, signal in enumerate(signals)
    ]
    plus, _ = toy.convert(tmp_path / "out", files, [minus])
    same(toy.read(plus), {name: sum(np.nan_to_num(signal[name]) for signal in signals) for name in toy.LENGTHS})


def test_no_zeros_are_kept(tmp_path: Path, minus: Path) -> None:
    file = tmp_path / "zeros.bedGraph"
    file.write_text("I 0 10 0\nI 10 20 2\nI 20 30 0\n")
    plus, _ = toy.convert(tmp_path / "out", [file], [minus])
    assert pyBigWig.open(str(plus)).intervals("I") == ((10, 20, 2.0),)


def test_negative_minus_values_become_positive(tmp_path: Path) -> None:
    signal = toy.random_signal(1)
    negative = {name: -values for name, values in signal.items()}
    file = toy.write_bigwig(tmp_path / "minus.bw", negative)
    _, found = toy.convert(tmp_path / "out", [toy.write_bigwig(tmp_path / "plus.bw", signal)], [file])
    same(toy.read(found), signal)


@pytest.mark.parametrize("first", [1, -1])
@pytest.mark.parametrize("block", [100, 10_000])
def test_both_signs_in_one_file_are_refused(
    first: int, block: int, tmp_path: Path, minus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_blocks(monkeypatch, block)
    file = tmp_path / "mixed.bedGraph"
    file.write_text(f"I 5 6 {first}\nI 2000 2001 {-first}\n")
    with pytest.raises(BadInput, match=r"mixed.bedGraph: I:(6|2001): holds values of both signs"):
        toy.convert(tmp_path / "out", [minus], [file])


def test_a_negative_plus_file_is_refused(tmp_path: Path, minus: Path) -> None:
    file = tmp_path / "plus.bedGraph"
    file.write_text("I 5 6 -1\n")
    with pytest.raises(BadInput, match="I:6: holds negative values, but is declared as the plus strand"):
        toy.convert(tmp_path / "out", [file], [minus])


@pytest.mark.parametrize(
    ("protocol", "file_strand", "exchanged"),
    [
        ("netseq", "rna", False),
        ("netseq", "read", True),
        ("proseq", "read", True),
        ("mnetseq", "read", True),
        ("groseq", "read", False),
        ("procap", "read", False),
    ],
)
def test_files_named_after_the_read_are_turned_where_the_rna_is_opposite(
    protocol: str, file_strand: str, exchanged: bool, tmp_path: Path
) -> None:
    signals = toy.random_signal(1), toy.random_signal(2)
    files = [toy.write_bigwig(tmp_path / f"{number}.bw", signal) for number, signal in enumerate(signals)]
    found = toy.convert(tmp_path / "out", files[:1], files[1:], protocol=protocol, file_strand=file_strand)
    for path, signal in zip(found, reversed(signals) if exchanged else signals, strict=True):
        same(toy.read(path), signal)


def test_other_spellings_of_chromosomes_are_understood(tmp_path: Path, minus: Path) -> None:
    lengths = {"I": 300, "22": 200, "X": 200, "MT": 100, "KI270302.1": 90, "GL000009.2": 90, "GL000191": 80}
    spelled = {
        "I": "chrI",
        "22": "chr22",
        "X": "ChrX",
        "MT": "chrM",
        "KI270302.1": "chrUn_KI270302v1",
        "GL000009.2": "chr14_GL000009v2_random",
        "GL000191": "chr1_gl000191_random",
    }
    signal = toy.random_signal(1, lengths)
    for name, write in toy.WRITERS.items():
        file = write(tmp_path / f"spelled.{name}", signal, spelled)
        folder = tmp_path / name.replace(".", "_")
        same(toy.read(toy.convert(folder, [file], [file], lengths)[0]), signal)
    back = {old: new for new, old in spelled.items()}
    signal = {spelled[name]: values for name, values in signal.items()}
    file = toy.write_bigwig(tmp_path / "back.bw", signal, back)
    lengths = {spelled[name]: length for name, length in lengths.items()}
    same(toy.read(toy.convert(tmp_path / "back", [file], [file], lengths)[0]), signal)


ALIASES = {"chr01": "I", "NC_2.1": "II", "chr2": "II", "M_x": "Mito"}


@pytest.mark.parametrize("name", toy.WRITERS)
def test_published_files_of_other_spellings_enter_by_aliases(name: str, tmp_path: Path) -> None:
    """Each file in its own spelling, by aliases or without; so they are summed."""
    one, other = toy.random_signal(1), toy.random_signal(2)
    files = [
        toy.WRITERS[name](tmp_path / f"1.{name}", one, {"I": "chr01", "II": "NC_2.1", "Mito": "M_x"}),
        toy.WRITERS[name](tmp_path / f"2.{name}", other, {"I": "chrI", "II": "2", "Mito": "chrM"}),
    ]
    plus, _ = toy.convert(tmp_path / "out", files, files[:1], aliases=ALIASES)
    same(toy.read(plus), {chrom: np.nan_to_num(one[chrom]) + np.nan_to_num(other[chrom]) for chrom in toy.LENGTHS})


@pytest.mark.parametrize("name", toy.WRITERS)
def test_two_spellings_of_one_chromosome_in_a_file_are_refused(name: str, tmp_path: Path) -> None:
    signal = toy.random_signal(1, {"II": 2000, "chr2": 2000})
    file = toy.WRITERS[name](tmp_path / name, signal)
    with pytest.raises(BadInput, match=r"'(II|chr2)'?: is also called '(II|chr2)' in the same file. Give it one name"):
        toy.convert(tmp_path / "out", [file], [file], aliases=ALIASES)


def test_a_bigwig_whose_aliased_chromosome_has_another_length_is_refused(tmp_path: Path) -> None:
    file = toy.write_bigwig(tmp_path / "plus.bw", toy.random_signal(1, {"chr01": 2999}))
    with pytest.raises(BadInput, match="plus.bw: chromosome 'chr01': has 2999 bp, the genome's 'I' 3000. Take the"):
        toy.convert(tmp_path / "out", [file], [file], aliases=ALIASES)


def test_a_spelling_that_fits_two_chromosomes_is_not_guessed(tmp_path: Path) -> None:
    lengths = {"chrM": 100, "MT": 100}  # two versions of the sequence, as in UCSC's hg19
    file = tmp_path / "plus.bedGraph"
    file.write_text("MT 0 1 1\n")
    plus, _ = toy.convert(tmp_path / "exact", [file], [file], lengths)
    assert np.nansum(toy.read(plus)["MT"]) == 1
    file.write_text("M 0 1 1\n")
    with pytest.raises(BadInput, match="chromosome 'M': is not in the genome"):
        toy.convert(tmp_path / "guess", [file], [file], lengths)


@pytest.mark.parametrize("foreign", ["dm6_chr4", "chr4_dm6"])
@pytest.mark.parametrize("name", toy.WRITERS)
def test_an_unknown_chromosome_is_refused_unless_it_is_listed(
    name: str, foreign: str, tmp_path: Path, minus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lengths = {**toy.LENGTHS, foreign: 100}
    signal = toy.random_signal(1, lengths)
    file = toy.WRITERS[name](tmp_path / name, signal)
    with pytest.raises(BadInput, match=rf"{name}: chromosome '{foreign}': is not in the genome, which has I, II"):
        toy.convert(tmp_path / "refused", [file], [minus])
    plus, _ = toy.convert(tmp_path / "taken", [file], [minus], drop_chromosomes=[foreign])
    assert set(toy.read(plus)) == set(toy.LENGTHS)
    assert f"chromosome {foreign} dropped, signal {np.nansum(signal[foreign]):.6g}" in caplog.text


@pytest.mark.parametrize("name", ["plus.bw", "plus.bedGraph"])
def test_the_first_unknown_chromosome_of_the_file_is_named(name: str, tmp_path: Path, minus: Path) -> None:
    foreign = [f"foreign{number * 7 % 40}" for number in range(40)]
    signal = toy.random_signal(1, {"I": 3000, **dict.fromkeys(foreign, 50)})
    if name == "plus.bedGraph":  # where the toy writes the last chromosome first
        signal = dict(reversed(signal.items()))
    file = toy.WRITERS[name](tmp_path / name, signal)
    for dropped in range(3):
        with pytest.raises(BadInput, match=f"chromosome '{foreign[dropped]}': is not in the genome"):
            toy.convert(tmp_path / "out", [file], [minus], drop_chromosomes=foreign[:dropped])


def test_the_configuration_drops_a_spike_in(tmp_path: Path) -> None:
    """Chromosomes are no files: neither sought in the sheet of files nor fetched."""
    lengths = {**toy.LENGTHS, "spike_in": 100}
    file = toy.write_bigwig(tmp_path / "plus.bw", toy.random_signal(1, lengths))
    config, _ = demo()
    track = config["tracks"]["sets"]["netseq"]["tracks"]["netseq"]
    track |= {"drop_chromosomes": ["spike_in", "plasmid/2"], "plus": [str(file)], "minus": [str(file)]}
    told, wildcards = Settings(config, str(ROOT / "config/datasets.tsv")), {"set": "netseq", "track": "netseq"}
    spec = json.loads(told.spec("tracks/sets/{set}/tracks/{track}", without="values")(wildcards))
    assert not any("spike_in" in path for path in told.provenance())
    convert_track(
        plus_files=[Path(path) for path in told.resource("tracks/sets/{set}/tracks/{track}/plus")(wildcards)],
        minus_files=[file],
        chromosomes=toy.write_chromosomes(tmp_path / "chromosomes.parquet"),
        plus=tmp_path / "a.plus.bw",
        minus=tmp_path / "a.minus.bw",
        spec=spec,
    )
    same(toy.read(tmp_path / "a.plus.bw"), toy.random_signal(1))


@pytest.mark.parametrize("dropped", [["a", "a"], [""], "a", [1]])
def test_chromosomes_to_drop_are_a_list_of_different_names(dropped: object) -> None:
    config, _ = demo()
    config["tracks"]["sets"]["netseq"]["tracks"]["netseq"]["drop_chromosomes"] = dropped
    with pytest.raises(BadConfiguration, match="tracks/sets/netseq/tracks/netseq/drop_chromosomes"):
        Settings(config, str(ROOT / "config/datasets.tsv"))


def test_unplaced_sequences_that_the_genome_lacks_are_dropped_and_counted(
    tmp_path: Path, minus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "plus.bedGraph"
    file.write_text("chrI 0 1 1\nchrUn_KI270302v1 3 5 2\n")
    toy.convert(tmp_path / "out", [file], [minus])
    assert "chromosome chrUn_KI270302v1 dropped, signal 4" in caplog.text


def test_signal_that_is_dropped_is_counted_whatever_its_sign(
    tmp_path: Path, minus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Files of the minus strand may have negative values, and a careless one has both."""
    (tmp_path / "minus.bedGraph").write_text("I 0 10 -1\nEBV 0 10 -2\nEBV 10 14 -1\n")
    plus = toy.write_bigwig(tmp_path / "plus.bw", toy.random_signal(1))
    toy.convert(tmp_path / "out", [plus], [tmp_path / "minus.bedGraph"], drop_chromosomes=["EBV"])
    assert "chromosome EBV dropped, signal 24" in caplog.text


def test_a_chromosome_without_signal_may_be_unknown(tmp_path: Path, minus: Path) -> None:
    signal = {**toy.random_signal(1), "chrEBV": np.full(100, np.nan)}
    toy.convert(tmp_path / "out", [toy.write_bigwig(tmp_path / "plus.bw", signal)], [minus])


@pytest.mark.parametrize("length", [2999, 3001])
def test_a_bigwig_of_another_assembly_is_refused(length: int, tmp_path: Path, minus: Path) -> None:
    signal = toy.random_signal(1, {"chrI": length})
    with pytest.raises(BadInput, match=rf"plus.bw: chromosome 'chrI': has {length} bp, the genome's 'I' 3000"):
        toy.convert(tmp_path / "out", [toy.write_bigwig(tmp_path / "plus.bw", signal)], [minus])


@pytest.mark.parametrize("name", ["plus.bw", "plus.bedGraph"])
def test_two_names_of_one_chromosome_in_a_file_are_refused(name: str, tmp_path: Path, minus: Path) -> None:
    signal = {**toy.random_signal(1, {"chrI": 3000}), **toy.random_signal(2, {"I": 3000})}
    with pytest.raises(BadInput, match="is also called"):
        toy.convert(tmp_path / "out", [toy.WRITERS[name](tmp_path / name, signal)], [minus])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("I 0 10 1\nI ten 20 1\n", "line 2: is not a line of a wig or bedGraph file"),
        ("I 0 10 1\nI 10 20\n", "line 2: is not a line"),
        ("I 0 10 1\n\n# c\nI 10 20 1 +\n", "line 4: is not a line"),
        ("<html>404</html>\n", "line 1: is not a line"),
        ("variableStep chrom=I\n5 1\n6\n", "line 3: is not a line"),
        ("variableStep chrom=I\n5 1\nI 7 8 1\n", "line 3: is not a line"),
        ("variableStep span=2\n", "line 1: is not a line"),
        ("variableStep chrom=I span=0\n", "line 1: is not a line"),
        ("variableStep chrom=I colour=red\n", "line 1: is not a line"),
        ("fixedStep chrom=I\n1\n", "line 1: is not a line"),
        ("fixedStep chrom=I start=1 step=1\n1 2\n", "line 2: is not a line"),
        ("fixedStep chrom=I start=0 step=1\n1\n", "line 2, I:0-0: is not an interval"),
        ("fixedStep chrom=I start=1 step=1 span=2\n1\n1\n", "line 3, I:2-3: overlaps an earlier line"),
        ("variableStep chrom=I\n0 1\n", "line 2, I:0-0: is not an interval"),
        ("variableStep chrom=I\n3000 1\n3001 1\n", "line 3, I:3001-3001: lies beyond the chromosome's 3000 bp"),
        ("I 0 10 1\nI 9 20 1\n", "line 2, I:10-20: overlaps an earlier line"),
        ("I 10 20 1\nII 0 1 1\nI 0 5 1\n", "line 3, I:1-5: overlaps an earlier line or stands before it"),
        ("I 10 10 1\n", "line 1, I:11-10: is not an interval"),
        ("I 0 10 nan\n", "line 1, I:1-10: the value nan is not a number"),
        ("I 0 10 1\nI 10 20 1e300\n", "line 2, I:11-20: the value 1e+300 is more than a bigWig can hold"),
        ("I 0 10 1\nI 10 20 -1e300\n", "line 2, I:11-20: the value -1e+300 is more than a bigWig can hold"),
        ("I 0 10 inf\n", "line 1, I:1-10: the value inf is not a number"),
        ("", "holds no signal"),
        ("I 0 10 0\n", "holds no signal"),
    ],
)
def test_a_bad_line_is_named_by_its_number(text: str, line: str, tmp_path: Path, minus: Path) -> None:
    file = tmp_path / "bad.wig"
    file.write_text(text)
    with pytest.raises(BadInput) as caught:
        toy.convert(tmp_path / "out", [file], [minus])
    assert f"bad.wig: {line}" in str(caught.value)


def test_wig_counts_from_one_and_bedgraph_from_zero(tmp_path: Path, minus: Path) -> None:
    texts = ["variableStep chrom=I\n11 3\n", "fixedStep chrom=I start=11 step=5\n3\n", "I 10 11 3\n"]
    for number, text in enumerate(texts):
        file = tmp_path / f"{number}.txt"
        file.write_text(text)
        plus, _ = toy.convert(tmp_path / str(number), [file], [minus])
        assert pyBigWig.open(str(plus)).intervals("I") == ((10, 11, 3.0),)


@pytest.mark.parametrize("name", ["plus.bedGraph", "plus.bedGraph.gz"])
def test_a_file_cut_within_its_last_number_is_an_error(name: str, tmp_path: Path, minus: Path) -> None:
    """1337 would become 13; of a compressed file, what was cut before it was compressed."""
    file = tmp_path / name
    write = gzip.compress if name.endswith(".gz") else bytes
    file.write_bytes(write(b"I 0 10 1\nI 10 20 1337\n"[:-3]))
    with pytest.raises(BadInput, match=f"{name}: line 2: the file is cut short: its last line has no end"):
        toy.convert(tmp_path / "out", [file], [minus])
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("*.bw"))


def test_a_sealed_track_is_a_source_like_any_other(tmp_path: Path) -> None:
    signal = toy.random_signal(1)
    first = toy.convert(
        tmp_path / "first",
        [toy.write_bigwig(tmp_path / "a.bw", signal)] * 2,
        [toy.write_bigwig(tmp_path / "b.bw", signal)],
    )
    again = toy.convert(tmp_path / "again", [first[0]], [first[1]])
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in first]
    first[0].write_bytes(first[0].read_bytes()[:-1])
    with pytest.raises(BadInput, match="it was cut short"):
        toy.convert(tmp_path / "short", [first[0]], [first[1]])


@pytest.fixture(scope="module")
def many_blocks(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A bigWig of many blocks of data."""
    signal = toy.random_signal(1, {"I": 200_000, "II": 150_000})
    return toy.write_bigwig(tmp_path_factory.mktemp("bigwig") / "plus.bw", signal).read_bytes()


@pytest.fixture
def bigwig(many_blocks: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "plus.bw"
    file.write_bytes(many_blocks)
    return file


def refused(bigwig: Path, folder: Path) -> str:
    lengths = {"I": 200_000, "II": 150_000}
    with pytest.raises(BadInput) as caught:
        toy.convert(folder, [bigwig], [bigwig], lengths)
    return str(caught.value)


@pytest.mark.parametrize("share", [0.0005, 0.3, 0.9, 0.9999])
def test_a_truncated_bigwig_is_an_error(share: float, bigwig: Path, tmp_path: Path) -> None:
    data = bigwig.read_bytes()
    bigwig.write_bytes(data[: int(share * len(data))])
    assert "plus.bw: damaged or not a bigWig file" in refused(bigwig, tmp_path / "out")


def test_a_damaged_block_of_data_is_an_error(bigwig: Path, tmp_path: Path) -> None:
    data = bytearray(bigwig.read_bytes())
    first = struct.unpack("<Q", data[16:24])[0] + 8  # where the data begin, after their count
    for at in range(first + 200, first + 216):
        data[at] ^= 0xFF
    bigwig.write_bytes(data)
    assert "plus.bw: damaged or not a bigWig file" in refused(bigwig, tmp_path / "out")


def test_blocks_that_a_damaged_index_hides_are_an_error_not_zeros(bigwig: Path, tmp_path: Path) -> None:
    data = bytearray(bigwig.read_bytes())
    node = struct.unpack("<Q", data[24:32])[0] + 48  # the root of the index, after its header
    leaf, _, children = struct.unpack("<BBH", data[node : node + 4])
    data[node + 2 : node + 4] = struct.pack("<H", children - 1)
    bigwig.write_bytes(data)
    assert children > 3
    hidden = {name: values for name, values in toy.read(bigwig).items() if np.isnan(values[-1000:]).all()}
    assert hidden, "libBigWig reads such a file without an error"
    assert "could be read" in refused(bigwig, tmp_path / "out")


def covered_bases_at(data: bytes) -> int:
    """Where the summary of a bigWig counts its covered bases."""
    return struct.unpack_from("<Q", data, 44)[0]


def root_at(data: bytes) -> int:
    """Where the index of a bigWig has its root, behind a header."""
    return struct.unpack_from("<Q", data, 24)[0] + 48


def kinds_of_blocks(path: Path) -> toy.Signal:
    """Write a bigWig with a block of each kind: bedGraph, variableStep, fixedStep; return its signal."""
    file = pyBigWig.open(str(path), "w")
    file.addHeader(list(toy.LENGTHS.items()))
    file.addEntries(["I", "I"], [10, 40], ends=[30, 50], values=[1.0, 2.0])
    file.addEntries("I", [100, 130, 2990], values=[3.0, 4.0, 5.0], span=9)
    file.addEntries("II", 20, values=[6.0, 7.0], span=5, step=15)
    file.close()
    signal = toy.empty()
    for chrom, start, end, value in (
        ("I", 10, 30, 1),
        ("I", 40, 50, 2),
        ("I", 100, 109, 3),
        ("I", 130, 139, 4),
        ("I", 2990, 2999, 5),
        ("II", 20, 25, 6),
        ("II", 35, 40, 7),
    ):
        signal[chrom][start:end] = value
    return signal


@pytest.mark.parametrize("stated", [0, 66, 69, 10**6])
def test_a_whole_bigwig_is_read_where_its_header_counts_other_bases(
    stated: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Such files are published: header 38,675 bases, data 38,672."""
    bigwig = tmp_path / "plus.bw"
    signal = kinds_of_blocks(bigwig)
    data = bytearray(bigwig.read_bytes())
    at = covered_bases_at(data)
    assert struct.unpack_from("<Q", data, at) == (67,)  # 30 + 27 + 10
    struct.pack_into("<Q", data, at, stated)
    bigwig.write_bytes(data)
    same(toy.read(toy.convert(tmp_path / "out", [bigwig], [bigwig])[0]), signal)
    assert re.search(
        rf"plus.bw: its header counts {stated} covered bases, all of its . blocks of data hold 67", caplog.text
    )


def test_a_header_that_counts_right_is_not_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kinds_of_blocks(tmp_path / "plus.bw")
    toy.convert(tmp_path / "out", [tmp_path / "plus.bw"], [tmp_path / "plus.bw"])
    assert "its header counts" not in caplog.text


def test_items_beyond_their_chromosome_are_not_counted(tmp_path: Path) -> None:
    file = pyBigWig.open(str(tmp_path / "plus.bw"), "w")
    file.addHeader(list(toy.LENGTHS.items()))
    file.addEntries("I", [2980, 2995], values=[1.0, 2.0], span=9, validate=False)
    file.addEntries("II", 1990, values=[1.0, 2.0], span=8, step=15, validate=False)
    file.close()
    assert read_blocks(tmp_path / "plus.bw", list(toy.LENGTHS.values())).bases == 9 + 5 + 8


def test_blocks_of_early_files_are_counted(tmp_path: Path) -> None:
    """A count of 4 bytes before the data; blocks that are not compressed; items beyond the chromosome are cut."""
    file = pyBigWig.open(str(tmp_path / "plus.bw"), "w")
    file.addHeader(list(toy.LENGTHS.items()))
    file.addEntries(["II", "II", "II"], [0, 1990, 2001], ends=[7, 2003, 2002], values=[1.0, 2.0, 3.0], validate=False)
    file.close()
    data = bytearray((tmp_path / "plus.bw").read_bytes())
    data_at = struct.unpack_from("<Q", data, 16)[0]
    struct.pack_into("<Q", data, 16, data_at + 4)
    struct.pack_into("<I", data, data_at + 4, 1)
    (tmp_path / "short.bw").write_bytes(data)
    lengths = list(toy.LENGTHS.values())
    assert read_blocks(tmp_path / "short.bw", lengths) == (1, 1, 17)
    assert read_blocks(tmp_path / "plus.bw", lengths) == (1, 1, 17)
    place, size = struct.unpack_from("<QQ", data, root_at(data) + 20)
    struct.pack_into("<Q", data, 16, data_at)
    struct.pack_into("<Q", data, data_at, 1)
    block = zlib.decompress(data[place : place + size])
    struct.pack_into("<QQ", data, root_at(data) + 20, len(data), len(block))
    struct.pack_into("<I", data, 52, 0)
    (tmp_path / "plain.bw").write_bytes(data + block)
    assert read_blocks(tmp_path / "plain.bw", lengths) == (1, 1, 17)


@pytest.mark.parametrize("damage", ["hidden", "astray", "count"])
def test_a_wrong_header_does_not_excuse_a_damaged_index(damage: str, bigwig: Path, tmp_path: Path) -> None:
    data = bytearray(bigwig.read_bytes())
    root = root_at(data)
    leaf, _, children = struct.unpack_from("<BBH", data, root)
    assert leaf and children > 3
    struct.pack_into("<Q", data, covered_bases_at(data), 5)
    if damage == "hidden":
        struct.pack_into("<H", data, root + 2, children - 1)
    elif damage == "astray":  # said to lie on a chromosome that there is not, where it is never looked for
        struct.pack_into("<IIII", data, root + 4, 9, 0, 9, 1)
    else:
        struct.pack_into("<Q", data, struct.unpack_from("<Q", data, 16)[0], children + 1)
    bigwig.write_bytes(data)
    assert "plus.bw: damaged or not a bigWig file" in refused(bigwig, tmp_path / "out")


def test_an_index_that_runs_in_a_circle_is_an_error(bigwig: Path) -> None:
    data = bytearray(bigwig.read_bytes())
    root = root_at(data)
    struct.pack_into("<BBHIIIIQ", data, root, 0, 0, 1, 0, 0, 1, 1, root)
    bigwig.write_bytes(data)
    with pytest.raises(ValueError, match="two places of the index lead to one"):
        read_blocks(bigwig, [200_000, 150_000])


def test_overlapping_intervals_of_a_bigwig_are_an_error(tmp_path: Path, minus: Path) -> None:
    file = pyBigWig.open(str(tmp_path / "plus.bw"), "w")
    file.addHeader(list(toy.LENGTHS.items()))
    file.addEntries(["I", "I"], [10, 15], ends=[20, 25], values=[1.0, 2.0], validate=False)
    file.close()
    with pytest.raises(BadInput, match="plus.bw: I:16-25: overlapping intervals"):
        toy.convert(tmp_path / "out", [tmp_path / "plus.bw"], [minus])


def test_a_truncated_gzip_file_is_an_error(tmp_path: Path, minus: Path) -> None:
    file = toy.write_bedgraph(tmp_path / "plus.bedGraph.gz", toy.random_signal(1))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(BadInput, match="plus.bedGraph.gz: after line [0-9]+: truncated or damaged"):
        toy.convert(tmp_path / "out", [file], [minus])


def test_damaged_gzip_data_are_an_error(tmp_path: Path, minus: Path) -> None:
    data = bytearray(gzip.compress(b"I 0 10 1\n" * 20))
    data[-6] ^= 0xFF  # of the checksum
    file = tmp_path / "plus.bedGraph.gz"
    file.write_bytes(data)
    with pytest.raises(BadInput):
        toy.convert(tmp_path / "out", [file], [minus])


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    good = toy.write_bigwig(tmp_path / "plus.bw", toy.random_signal(1))
    bad = tmp_path / "minus.bedGraph"
    bad.write_text("I 0 10 1\nI 5 6 1\n")
    with pytest.raises(BadInput):
        toy.convert(tmp_path / "out", [good], [bad])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"chromosomes.parquet"}


@settings(max_examples=60, deadline=None)
@given(
    strategies.lists(
        strategies.lists(strategies.tuples(strategies.integers(1, 9), strategies.integers(0, 3)), max_size=8),
        min_size=1,
        max_size=3,
    )
)
def test_runs_add_up_like_dense_arrays(drawn: list[list[tuple[int, int]]]) -> None:
    parts, dense = [], np.zeros(200)
    for steps in drawn:
        edges = np.cumsum([0, *(length for length, _ in steps)])
        values = np.array([value for _, value in steps], float)
        parts.append(runs.Runs(edges[:-1], edges[1:], values))
        for start, end, value in zip(edges[:-1], edges[1:], values, strict=True):
            dense[start:end] += value
    total = runs.join(runs.add(parts))
    assert (total.value > 0).all()
    assert not ((total.start[1:] == total.end[:-1]) & (total.value[1:] == total.value[:-1])).any()
    back = np.zeros(200)
    for start, end, value in zip(*total, strict=True):
        back[start:end] = value
    np.testing.assert_array_equal(back, dense)
