"""A mirror stands for the public hosts, and its manifest for their checksums; licences stop a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.download.conftest import BODY
from tests.download.servers import Site, serving
from tests.download.test_transfer import MIB, assert_nothing_at, part_of
from tests.support.real_data import REAL_MIRROR, needs_real_data
from workflow_scripts.download import rate_limit
from workflow_scripts.download.fetch_dataset import fetch_dataset
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.settings.datasets import load_datasets

ROOT = Path(__file__).resolve().parents[2]
URL = "https://host.example/a%20folder/data.bin"
HEADER = "dataset\turl\tsha256\tbytes\tlicence\twhat\tfacts\n"
SHA256 = hashlib.sha256(BODY).hexdigest()
NOT_THESE_BYTES = f"sha256:{'0' * 64}"


def line(url: str = URL, sha256: str = SHA256, size: int = len(BODY), licence: str = "CC0-1.0", what: str = "") -> str:
    return f"a\t{url}\t{sha256}\t{size}\t{licence}\t{what}\t\n"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    root = tmp_path / "a mirror"
    held = root / "host.example/a folder/data.bin"
    held.parent.mkdir(parents=True)
    held.write_bytes(BODY)
    (root / "MANIFEST.tsv").write_text(HEADER + line())
    return root


def test_a_folder_is_a_mirror(fetch, file, mirror, site):
    written = fetch(url=URL, checksum=NOT_THESE_BYTES, spec={"mirror": str(mirror)})
    assert file.read_bytes() == BODY and site.requests == []
    assert written["url"] == URL and written["source"] == str(mirror / "host.example/a folder/data.bin")
    assert written["checksum"] == f"sha256:{SHA256} (MANIFEST.tsv)"


def test_a_web_server_is_a_mirror(fetch, file, mirror):
    held = {"/MANIFEST.tsv": HEADER + line(), "/host.example/a%20folder/data.bin": BODY}
    web = Site(files={name: text.encode() if isinstance(text, str) else text for name, text in held.items()})
    with serving(web):
        for address in (web.address, web.address + "/"):
            written = fetch(url=URL, checksum=NOT_THESE_BYTES, spec={"mirror": address})
            assert written["source"] == f"{web.address}/host.example/a%20folder/data.bin"
    assert file.read_bytes() == BODY


def test_a_file_of_the_simulated_mirror_says_that_it_is_simulated(fetch, file, mirror):
    (mirror / "MANIFEST.tsv").write_text(HEADER + line(what="SIMULATED, not the original", licence="Apache-2.0"))
    seal_beside(mirror / "MANIFEST.tsv")
    written = fetch(url=URL, mirror=mirror, spec={"mirror": "simulate"})
    assert written["simulated"] is True and written["note"] == "SIMULATED, not the original"
    assert written["licence"] == "Apache-2.0"
    (mirror / "MANIFEST.tsv").write_text(HEADER + line(what="SIMULATEE, not the original"))
    with pytest.raises(BadInput, match="MANIFEST.tsv: is damaged, cut short or was edited"):
        fetch(url=URL, mirror=mirror, spec={"mirror": "simulate"})


def test_a_copy_cut_short_in_a_mirror_folder_is_continued(fetch, file, mirror, monkeypatch):
    from workflow_scripts.download import transfer

    real = transfer._blocks

    def killed(stream, limit):
        yield next(real(stream, limit))
        raise KeyboardInterrupt

    monkeypatch.setattr(transfer, "_blocks", killed)
    monkeypatch.setattr(transfer, "read_text", lambda address: HEADER + line())
    with pytest.raises(KeyboardInterrupt):
        fetch(url=URL, spec={"mirror": str(mirror)})
    assert_nothing_at(file)
    assert part_of(file).stat().st_size == MIB
    sizes = []
    monkeypatch.setattr(transfer, "_blocks", lambda stream, limit: (sizes.append(limit), real(stream, limit))[1])
    fetch(url=URL, spec={"mirror": str(mirror)})
    assert file.read_bytes() == BODY and sizes == [len(BODY) - MIB]


def test_a_wrong_byte_in_a_mirror_is_refused(fetch, file, mirror):
    (mirror / "host.example/a folder/data.bin").write_bytes(b"x" + BODY[1:])
    with pytest.raises(BadInput, match=f"data.bin: sha256 is .*, expected {SHA256}"):
        fetch(url=URL, spec={"mirror": str(mirror)})
    assert not file.exists() and not part_of(file).exists()


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (HEADER, f"the mirror does not hold {URL}"),
        (HEADER + line(sha256="0" * 64) + line(), "listed with different contents"),
        ("dataset\turl\n", "sha256: the column is missing"),
        (HEADER + line(sha256=""), "has no sha256 or no size"),
        (HEADER + line(size=5), f"holds {len(BODY)} bytes, expected 5"),
        (None, "MANIFEST.tsv: there is no such file"),
    ],
)
def test_a_mirror_that_cannot_vouch_for_a_file_is_refused_in_one_line(fetch, file, mirror, manifest, says):
    (mirror / "MANIFEST.tsv").unlink()
    if manifest is not None:
        (mirror / "MANIFEST.tsv").write_text(manifest)
    with pytest.raises(BadInput, match=says) as error:
        fetch(url=URL, spec={"mirror": str(mirror)})
    assert "\n" not in str(error.value) and "a mirror" in str(error.value)
    assert_nothing_at(file)


def test_a_file_listed_but_not_there_is_named(fetch, file, mirror):
    (mirror / "host.example/a folder/data.bin").unlink()
    with pytest.raises(BadInput, match="host.example/a folder/data.bin: there is no such file"):
        fetch(url=URL, spec={"mirror": str(mirror)})
    assert_nothing_at(file)


def test_a_derived_file_is_not_fetched_from_the_public_address(fetch, file, site):
    with pytest.raises(BadInput, match="data.bin: exists only in a mirror") as error:
        fetch(requires_mirror="yes")
    assert "\n" not in str(error.value) and site.requests == []
    assert_nothing_at(file)


def test_a_derived_file_is_held_against_its_row_too(fetch, file, mirror):
    """So that a mirror with the original under the same address does not pass for the derived file."""
    spec = {"mirror": str(mirror)}
    assert fetch(url=URL, requires_mirror="yes", checksum=f"sha256:{SHA256}", spec=spec)
    assert fetch(url=URL, requires_mirror="yes", checksum="mirror", spec=spec)
    file.unlink()
    with pytest.raises(BadInput, match=r"expected 0{64} \(config/datasets.tsv\)"):
        fetch(url=URL, requires_mirror="yes", checksum=NOT_THESE_BYTES, spec=spec)
    assert not file.exists()


def test_a_file_of_ones_own_is_fetched_with_and_without_a_mirror(fetch, file, mirror, tmp_path):
    own = tmp_path / "my own.bin"
    own.write_bytes(b"mine")
    for spec in ({"mirror": None}, {"mirror": str(mirror)}):
        written = fetch(url=own.as_uri(), checksum="first-use", spec=spec)
        assert file.read_bytes() == b"mine" and written["source"] == str(own)
    own.unlink()
    with pytest.raises(BadInput, match="my own.bin: there is no such file"):
        fetch(url=own.as_uri(), checksum="first-use")


@pytest.mark.parametrize("licence", ["CC BY-NC 4.0", "cc by-nc 4.0"])
def test_a_refused_licence_stops_the_file(fetch, file, site, licence):
    with pytest.raises(BadInput, match="data.bin: licence .* is in download.refused_licences"):
        fetch(licence=licence, spec={"refused_licences": ["MIT", "CC BY-NC 4.0"]})
    assert site.requests == []
    assert_nothing_at(file)


def test_a_licence_that_a_mirror_gives_is_refused_too(fetch, file, mirror):
    (mirror / "MANIFEST.tsv").write_text(HEADER + line(licence="GPL-3"))
    with pytest.raises(BadInput, match="licence 'GPL-3'"):
        fetch(url=URL, spec={"mirror": str(mirror), "refused_licences": ["GPL-3"]})
    assert_nothing_at(file)


def test_a_file_without_a_licence_is_not_fetched(fetch, file, site):
    with pytest.raises(BadInput, match="gives no licence"):
        fetch(licence=" ")
    assert site.requests == []


def test_a_file_that_no_row_declares_is_named(tmp_path):
    file = tmp_path / "unknown.bin"
    spec = {"mirror": None, "public_fallback": False, "refused_licences": []}
    with pytest.raises(BadInput, match="unknown.bin: there is no such row"):
        fetch_dataset(mirror=None, file=file, provenance=tmp_path / "p.json", row=None, spec=spec, policy=spec)


def test_no_more_than_two_jobs_draw_from_one_host(tmp_path):
    """A third waits until one is done; another host, and files, do not wait."""
    waits = []

    def end_one(_: float) -> None:
        waits.append(1)
        first.__exit__(None, None, None)

    url = "https://host.example/a"
    first, second = rate_limit.turn(url, tmp_path), rate_limit.turn(url, tmp_path)
    first.__enter__()
    with second, rate_limit.turn("https://other.example/a", tmp_path), rate_limit.turn("file:///a", tmp_path):
        assert waits == []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rate_limit, "sleep", end_one)
            with rate_limit.turn(url, tmp_path):
                assert waits == [1]


def test_a_file_system_without_locks_does_not_stop_a_download(tmp_path, monkeypatch, caplog):
    def unsupported(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(rate_limit.fcntl, "flock", unsupported)
    with rate_limit.turn("https://host.example/a", tmp_path):
        assert "not limited" in caplog.text


@needs_real_data
@pytest.mark.parametrize("name", ["human_mini.TCGA-CHOL.star_counts.tsv.gz", "yeast.pep.all.fa.gz"])
def test_rows_of_the_sheet_are_fetched_from_the_real_mirror(tmp_path, name):
    row = load_datasets(ROOT / "config/datasets.tsv")[name]
    file, written = tmp_path / name, tmp_path / f"{name}.provenance.json"
    spec = {"mirror": str(REAL_MIRROR), "public_fallback": False, "refused_licences": []}
    fetch_dataset(mirror=None, file=file, provenance=written, row=row, spec=spec, policy=spec)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == row["checksum"].removeprefix("sha256:")


def test_without_its_folder_a_mirror_stops_or_falls_back_as_configured(fetch, file, site, tmp_path):
    absent = str(tmp_path / "absent")
    with pytest.raises(BadInput, match="absent/MANIFEST.tsv: there is no such file"):
        fetch(spec={"mirror": absent})
    assert_nothing_at(file)
    written = fetch(spec={"mirror": absent, "public_fallback": True})
    assert file.read_bytes() == BODY and written["source"] == written["url"]
