"""The search of an ARCHS4 file finds what the file says, or stops with one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import archs4py.meta
import h5py
import numpy as np
import pytest

from tests.prebulk.sources import write_archs4
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk import metadata_search, sample_list
from workflow_scripts.prebulk.search_samples import search_samples

SAMPLES = 7
SPEC = {"term": "liver", "fields": ["source_name_ch1", "title"], "remove_singlecell": False}
FIELDS = {
    "source_name_ch1": ["Liver", "lung", "lung", "hepatocyte", "lung", "liver tumour", "lung"],
    "title": ["a liver", "b", "normal LIVER", "d", "e", "f", "deliverance"],
    "singlecellprobability": [0.1, 0.1, 0.5, 0.1, 0.1, np.nan, 0.49],
}


def archs4(folder: Path, **changes) -> Path:
    counts = np.arange(3 * SAMPLES).reshape(3, SAMPLES)
    return write_archs4(folder / "a.h5", counts, chunks=(3, 1), fields=FIELDS | changes)


def found(path: Path, **changes) -> dict[str, str]:
    """Run the door; the matched fields by sample."""
    out = path.with_suffix(".parquet")
    search_samples(counts=path, found=out, spec=SPEC | changes)
    return dict(sample_list.read(out).itertuples(index=False))


def test_the_list_holds_every_sample_with_the_term_in_a_field_and_says_in_which(tmp_path):
    path = archs4(tmp_path)
    both = {"GSM0": "source_name_ch1,title", "GSM2": "title", "GSM5": "source_name_ch1", "GSM6": "title"}
    assert found(path) == both
    assert found(path, fields=["source_name_ch1"]) == {"GSM0": "source_name_ch1", "GSM5": "source_name_ch1"}
    assert list(found(path, term=r"\bliver\b|hepat")) == ["GSM0", "GSM2", "GSM3", "GSM5"]


def test_single_cells_are_left_out_where_the_search_says_so(tmp_path):
    assert list(found(archs4(tmp_path), remove_singlecell=True)) == ["GSM0", "GSM6"]


def test_a_file_is_read_part_by_part(tmp_path, monkeypatch):
    whole = found(archs4(tmp_path))
    monkeypatch.setattr(metadata_search, "BLOCK", 2)
    assert found(archs4(tmp_path)) == whole


def test_a_search_that_finds_nothing_is_one_clear_line(tmp_path):
    path = archs4(tmp_path)
    with pytest.raises(BadInput) as error:
        found(path, term="kidney")
    assert str(error.value) == (
        f"{path}: search 'kidney': stands in none of source_name_ch1, title. "
        "Change the term or the fields of the search, or leave the file out."
    )
    assert not path.with_suffix(".parquet").exists()


def test_a_field_that_archs4py_would_pass_over_is_an_error(tmp_path):
    with pytest.raises(BadInput, match="meta/samples/tissue: is missing; beside it: alignedreads, geo_accession"):
        found(archs4(tmp_path), fields=["title", "tissue"])
    with pytest.raises(BadInput, match="meta/samples/alignedreads: holds no text"):
        found(archs4(tmp_path), fields=["title", "alignedreads"])
    latin = [f"{name} \xe9".encode("latin-1") for name in FIELDS["title"]]
    with pytest.raises(BadInput, match="meta/samples/title: is no UTF-8, and archs4py does not search it"):
        found(archs4(tmp_path, title=latin))


def test_single_cells_cannot_be_left_out_of_a_file_that_does_not_know_them(tmp_path):
    path = archs4(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["meta/samples/singlecellprobability"]
    assert len(found(path)) == 4
    with pytest.raises(BadInput, match="meta/samples/singlecellprobability: is missing"):
        found(path, remove_singlecell=True)


def test_a_damaged_or_cut_file_is_an_error(tmp_path):
    path = archs4(tmp_path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(BadInput, match="not a readable HDF5 file"):
        found(path)


def test_a_sample_that_stands_twice_is_an_error(tmp_path):
    with pytest.raises(BadInput, match="sample 'GSM0': stands twice"):
        found(archs4(tmp_path, geo_accession=["GSM0", "GSM1", "GSM2", "GSM3", "GSM4", "GSM0", "GSM6"]))


@pytest.mark.parametrize("lost", [0, 2])
def test_an_answer_of_archs4py_that_is_not_what_the_file_says_is_an_error(tmp_path, monkeypatch, lost):
    """archs4py cannot be had with such a fault: its answer is cut here."""
    answer = archs4py.meta.meta
    monkeypatch.setattr(archs4py.meta, "meta", lambda *args, **more: answer(*args, **more).drop(index=f"GSM{lost}"))
    with pytest.raises(BadInput, match=rf"search 'liver': archs4py and the file differ in 1 samples \(GSM{lost}\)"):
        found(archs4(tmp_path))


def test_nothing_is_printed(tmp_path, capfd):
    found(archs4(tmp_path))
    assert capfd.readouterr() == ("", "")


def test_no_network_is_asked_and_no_process_started(tmp_path):
    path = archs4(tmp_path)
    program = f"""
import sys
def stop(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "os.fork", "subprocess.Popen"):
        raise SystemExit(event)
import workflow_scripts.prebulk.metadata_search as search
from pathlib import Path
sys.addaudithook(stop)
print(len(search.search(Path({str(path)!r}), "liver", ["title"], False)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("3\n", 0), done.stderr
