"""Whatever happens to a run or its files: it ends in one line or goes on to the same bytes, and nothing is silent."""

from __future__ import annotations

import contextlib
import copy
import functools
import gzip
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.download.servers import Site, serving
from tests.support.disks import small_disk
from tests.support.examples import EXAMPLES
from tests.support.faults import number, tally
from tests.support.workflow import DEMO, RESULTS, ROOT, TINY, snakemake, succeeded
from workflow_scripts.contracts import gene_table, model_bundle, predicted_tracks, proteins, track_store, truth
from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.docs.reruns import demo as demo_configuration
from workflow_scripts.download import transfer
from workflow_scripts.download.fetch_dataset import fetch_dataset
from workflow_scripts.io import job_record
from workflow_scripts.io.attested import beside as provenance_beside
from workflow_scripts.io.attested import require_attested
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest
from workflow_scripts.io.seal import require_intact_beside
from workflow_scripts.prebulk import duplicates, sample_list, sketch
from workflow_scripts.report.repeat_crate import TELLING
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.settings import Settings
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig
from workflow_scripts.tracks.strand_gate import read_assays

AGAIN = ("--cores", "2", "--nolock", "--rerun-incomplete")
GENES = "reference/genes.parquet"


# One wrong bit in what one job hands to another


# {files: the example of their contract}
LIKE = {
    GENES: "gene_table",
    "reference/gene_bodies.parquet": "gene_bodies",
    "prebulk/expression/*/*.h5ad": "expression",
    "prebulk/samples/*/*.parquet": "samples: shard",
    "prebulk/mapping/*/*.parquet": "gene_mapping: rows",
    "prebulk/splits.parquet": "splits",
    "prebulk/standardizer.parquet": "standardizer",
    "prebulk/samples.parquet": "samples",
    "prebulk/mapping.parquet": "gene_mapping",
    "esm2/*.h5ad": "gene_embedding",
    "tracks/*/polymerase.parquet": "polymerase",
    "tracks/*/metagene.parquet": "metagene",
    "reference/annotated_genes.parquet": "annotated_genes",
    "seq2track/*/*/history.tsv": "history",
    "seq2track/*/metrics.parquet": "metrics",
    "seq2track/*/comparisons.parquet": "comparisons",
    "seq2track/attributions/*/attributions.h5": "attributions",
    "seq2track/attributions/*/seqlets.parquet": "seqlets",
    "seq2track/attributions/*/enrichment.parquet": "word_enrichment",
    "seq2track/*/start_metrics.parquet": "metrics",
    "seq2track/*/start_comparisons.parquet": "comparisons",
    "seq2track/*/region_metrics.parquet": "metrics",
    "seq2track/*/region_comparisons.parquet": "comparisons",
    "bulk/*/history.tsv": "history",
    "bulk/*/selection.tsv": "selection",
    "bulk/*/separation.tsv": "separation",
    "bulk/*/embeddings.h5ad": "sample_embedding",
    "bulk/*/imputation.parquet": "metrics: replicates",
    "bulk/*/classification.parquet": "metrics: replicates",
    "bulk/*/representation.parquet": "metrics: replicates",
    "bulk/*/metrics.parquet": "metrics",
    "bulk/*/comparisons.parquet": "comparisons",
    "bulk/*/predictions.parquet": "predictions",
    "bulk/*/probe.npz": "probe",
    "bulk/*/conditions.npz": "conditions",
    "circuit/*/experiments.h5ad": "experiments",
    "circuit/*/outcomes.h5ad": "experiments",
    "circuit/*/truth.parquet": "edge_truth",
    "circuit/*/candidates.parquet": "candidates",
    "circuit/*/baselines/edges.parquet": "edges: methods",
    "circuit/enhancers/*/pairs.parquet": "enhancer_pairs",
    "circuit/enhancers/*/links/*.parquet": "enhancer_links",
    "circuit/*/*/edges.parquet": "edges",
    "circuit/*/*/selection.tsv": "penalties",
    "circuit/*/*/history.tsv": "history",
    "circuit/*/*/predicted.h5ad": "responses",
    "circuit/*/*/screens/*.tsv": "screen",
    "circuit/*/*/metrics.parquet": "metrics",
    "circuit/*/*/comparisons.parquet": "comparisons",
    "circuit/perturb_seq/*/effects.h5ad": "effects",
    "circuit/perturb_seq/*/coexpression.h5ad": "gene_embedding",
    "circuit/perturb_seq/*/predicted/*.h5ad": "predicted_effects",
    "*/*.provenance.json": "provenance",
}


def readers(results: Path) -> dict[str, Callable[[Path], Any]]:
    """How each file that one job hands to another is read, by pattern."""
    genes, _ = gene_table.read(results / GENES)
    return {
        **{pattern: EXAMPLES[name].read for pattern, name in LIKE.items()},
        "reference/genome.fa.fai": genome_contract.read_index,
        "reference/chromosomes.parquet": genome_contract.read,
        "reference/genome.fa": require_intact_beside,
        "reference/proteins.fa": lambda path: proteins.read(path, genes["gene_id"].tolist()),
        "prebulk/searches/*/*.parquet": sample_list.read,
        "prebulk/sketch/*/*.npz": sketch.read,
        "prebulk/duplicates.parquet": duplicates.read,
        "tracks/*/signal/*.bw": SealedBigWig,
        "tracks/*/strands/*.parquet": lambda path: read_assays([path]),
        "tracks/*/windows.parquet": track_store.read_windows,
        "tracks/*/targets.h5": lambda path: track_store.read_targets(
            path, track_store.read_windows(path.with_name("windows.parquet"))
        ),
        "bulk/*/model/*": lambda path: model_bundle.read(path.parent),
        "seq2track/*/*/model/*": lambda path: model_bundle.read(path.parent),
        "seq2track/*/*/predicted.h5": lambda path: predicted_of(path, results),
        "seq2track/baselines/*/*.h5": lambda path: predicted_of(path, results),
        "circuit/*/*/model/*": lambda path: model_bundle.read(path.parent),
        "simulate/truth/*.tsv": lambda path: truth.read(path.stem, path.parent),
        "simulate/mirror/MANIFEST.tsv": require_intact_beside,
        "simulate/esm2_random.pt": attested,
        "simulate/circuits/*/*.tsv": attested,
        "simulate/circuits/*/cells.h5ad": attested,
        "simulate/circuits/*/truth/*.tsv": attested,
        "simulate/enhancers/*/*.tsv": attested,
        "simulate/enhancers/*/truth/*.tsv": attested,
        "resources/*": attested,
        "logs/*/*.json": job_record.read,
    }


def predicted_of(path: Path, results: Path) -> predicted_tracks.Predicted:
    """What is predicted of the one set of tracks that the demo has."""
    (windows,) = results.glob("tracks/*/windows.parquet")
    return predicted_tracks.read(path, track_store.read_windows(windows))


def attested(path: Path) -> None:
    require_attested([str(path), str(provenance_beside(path))])


def handed_over(results: Path) -> dict[Path, Callable[[Path], Any]]:
    """{file: how it is read} of every file that one job of the demo writes and another reads, and of their records."""
    graph = json.loads((results / "ro-crate-metadata.json").read_text())["@graph"]
    jobs = [
        entity for entity in graph if re.match("#job/[^/]+/(?!summarize_costs|summarize_results)[^/]+$", entity["@id"])
    ]

    def files(kind: str) -> set[str]:
        parts = (job[kind] if isinstance(job[kind], list) else [job[kind]] for job in jobs)
        return {part["@id"] for each in parts for part in each}

    records = {str(path.relative_to(results)) for path in results.glob("logs/*/*.json")}
    names = sorted(files("object") & files("result") | records)
    known = readers(results)
    found = {}
    for name in names:
        sealed = name.removesuffix(".sha256")  # a seal is read with its file
        reader = next((read for pattern, read in known.items() if Path(sealed).match(pattern)), None)
        if reader:
            found[results / name] = lambda path, read=reader: read(path.with_name(path.name.removesuffix(".sha256")))
        elif not is_verified_elsewhere(name):
            raise AssertionError(f"{name} is handed over, and no reader of it is known here")
    return found


def is_verified_elsewhere(name: str) -> bool:
    """Files of the simulated mirror, which are held against its manifest when they are fetched; pictures and pages."""
    return name.startswith("simulate/mirror/") or name.startswith("report/")


def test_no_wrong_bit_of_a_file_that_is_handed_over_is_silent(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = Path(shutil.copytree(demo / RESULTS, tmp_path / "results"))
    monkeypatch.chdir(tmp_path)
    files = handed_over(results)
    assert len(files) > 100
    places = random.Random(1)
    each = -(-number(400, 24_000) // len(files))
    silent, tried = [], 0
    for path, read in files.items():
        read(path)
        whole, time_ns = path.read_bytes(), path.stat().st_mtime_ns
        for turn in range(1, each + 1):
            place = places.randrange(len(whole))
            with path.open("r+b") as handle:
                handle.seek(place)
                handle.write(bytes([whole[place] ^ 1 << places.randrange(8)]))
            os.utime(path, ns=(time_ns, time_ns + turn * 1000))
            tried += 1
            try:
                read(path)
                silent.append(f"{path.relative_to(results)}: byte {place}")
            except BadInput as fault:
                assert "\n" not in str(fault)
            with path.open("r+b") as handle:
                handle.seek(place)
                handle.write(whole[place : place + 1])
        os.utime(path, ns=(time_ns, time_ns))
    assert not silent
    tally("one wrong bit in a file that one job hands to another", tried, "the file, “is damaged”, and what to do")


# Kills, and a full disk


def tables(results: Path) -> dict[str, str]:
    """{file: checksum} of what a run makes, but for what tells times."""
    made = (path for path in sorted(results.rglob("*")) if path.suffix in (".parquet", ".h5ad", ".fa", ".npz"))
    return {str(path.relative_to(results)): digest(path) for path in made if not any(map(path.match, TELLING))}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run of prebulk and all before it."""
    directory = tmp_path_factory.mktemp("undisturbed")
    assert succeeded(prebulk(directory))
    return directory


def prebulk(directory: Path) -> subprocess.CompletedProcess[str]:
    """Run prebulk and all before it, or go on with it."""
    return snakemake("prebulk", *AGAIN, directory=directory, configs=(DEMO, TINY))


def test_a_run_that_is_killed_again_and_again_ends_at_the_same_bytes(undisturbed: Path, tmp_path: Path) -> None:
    """All its processes at once, as when a machine is switched off."""
    pauses, kills, wanted = random.Random(2), 0, number(3, 24)
    command = [sys.executable, "-m", "snakemake", "prebulk", *AGAIN, "--directory", str(tmp_path)]
    command += ["--configfile", str(DEMO), str(TINY)]
    while kills < wanted:
        with (tmp_path / "printed").open("w") as printed:
            run = subprocess.Popen(command, cwd=ROOT, stdout=printed, stderr=printed, start_new_session=True)
            time.sleep(pauses.uniform(2, 9))
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
                kills += 1
            elif run.returncode == 0:
                shutil.rmtree(tmp_path / "results")  # it was done before: from the beginning
            run.wait()
        assert run.returncode in (0, -signal.SIGKILL), (tmp_path / "printed").read_text()[-3000:]
    assert succeeded(prebulk(tmp_path))
    assert tables(tmp_path / RESULTS) == tables(undisturbed / RESULTS)
    assert not [path for path in (tmp_path / RESULTS).rglob(".*.unfinished")]
    tally("a run killed at a random moment", kills, "nothing: the same command goes on, to the same bytes")


def test_a_full_disk_ends_a_run_in_one_line_and_it_goes_on_with_more_space(undisturbed: Path, tmp_path: Path) -> None:
    need = sum(path.stat().st_size for path in undisturbed.rglob("*") if path.is_file())
    sizes = number(2, 12)
    with small_disk(tmp_path / "disk", f"{need // 8}") as disk:
        for part in range(1, sizes + 1):
            size = need * part // (sizes + 1) + (256 << 10)
            subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)
            full = prebulk(disk)
            assert full.returncode, f"{size} of {need} bytes were enough"
            assert "No space left on device" in full.stderr
        subprocess.run(["mount", "-o", f"remount,size={need * 3}", disk], check=True)
        assert succeeded(prebulk(disk))
        assert tables(disk / RESULTS) == tables(undisturbed / RESULTS)
    tally("a disk that is full", sizes, "“No space left on device”; with more space the same command goes on")


# Configurations

VALUES = [
    None,
    True,
    -1,
    0,
    10**30,
    1.5,
    float("inf"),
    "",
    "x",
    "a b",
    "../x",
    "ü",
    "-",
    "$(id)",
    "a\nb",
    "{x}",
    [],
    [[]],
    {},
]


def mutated(config: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The demo's configuration with one to three things removed, renamed, doubled or put in another's place."""
    config = copy.deepcopy(config)
    for _ in range(chance.randint(1, 3)):
        part: Any = config
        while isinstance(part, (dict, list)) and part:
            key = chance.choice(list(part) if isinstance(part, dict) else range(len(part)))
            inside = part[key]
            if not (isinstance(inside, (dict, list)) and inside) or chance.random() < 0.2:
                break
            part = inside
        act = chance.choice(["replace", "remove", "rename"])
        if act == "replace" or not isinstance(part, dict):
            part[key] = copy.deepcopy(chance.choice(VALUES))
        elif act == "remove":
            del part[key]
        else:
            part[str(chance.choice(VALUES))] = part.pop(key)
    return config


def test_a_wrong_configuration_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chance, base = random.Random(3), demo_configuration()[0]
    tried, refused = number(150, 3000), 0
    for _ in range(tried):
        config = mutated(base, chance)
        shown = yaml.safe_dump(config, allow_unicode=True)
        try:
            Settings(copy.deepcopy(config), str(ROOT / "config/datasets.tsv"))
        except BadConfiguration as fault:
            refused += 1
            assert "\n" not in str(fault) and len(str(fault)) < 1000, shown
        except Exception as fault:
            raise AssertionError(shown) from fault
    assert tried / 2 < refused < tried
    tally("a configuration with one to three faults", tried, "the key, what was given, what is allowed; some are valid")


# Names and downloads

NAMES = ["", " ", "a b", "a/b", "..", "../x", "-rf", "$(id)", "`id`", "a;b", "a|b", "a&b", "a'b", 'a"b', "a\nb", "a\tb"]
NAMES += [
    "a\0b",
    "*",
    "?",
    "[a]",
    "{x}",
    "{",
    "<x>",
    "%s",
    "~",
    "#",
    "!",
    "ü",
    "日本",
    "\u202e",
    "\ud800",
    "a" * 300,
    "CON",
]
GIVEN = ("prebulk/corpora/archs4", "esm2/models/esm2_t6_8M_UR50D", "tracks/sets/netseq", "bulk/runs/small")
GIVEN += ("circuit/networks/planted", "circuit/runs/ensemble", "circuit/enhancers/planted")
GIVEN += ("circuit/screens/programme", "circuit/perturb_seq/planted", "seq2track/runs/strands")
GIVEN += ("seq2track/attributions/starts",)


def test_a_hostile_name_is_refused_in_one_line_or_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what a user gives a name to, and of the user's own files, which are there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "files").mkdir()
    base, tried, taken = demo_configuration()[0], 0, []
    for name in NAMES:
        for place in GIVEN:
            config = copy.deepcopy(base)
            *path, last = place.split("/")
            part = functools.reduce(dict.__getitem__, path, config)
            part[name] = part.pop(last)
            tried += 1
            if accepted(config):
                taken.append(name)
        config = copy.deepcopy(base)
        config["reference"]["gtf"] = f"files/{name}"
        with contextlib.suppress(OSError, ValueError):
            (tmp_path / "files" / name).touch()
        tried += 1
        accepted(config)
    assert set(taken) <= {"CON", "-rf"}, "names of parts are letters, digits, _ and -, below a folder"
    tally("a hostile name of a part or of a file", tried, "the key, what was given, what is allowed; or it is a name")


def accepted(config: dict[str, Any]) -> bool:
    """Whether a configuration is taken; a refusal has to be one line."""
    try:
        Settings(copy.deepcopy(config), str(ROOT / "config/datasets.tsv"))
    except BadConfiguration as fault:
        assert "\n" not in str(fault)
        return False
    return True


def test_a_file_of_a_hostile_name_is_read_and_nothing_else_happens(demo: Path, tmp_path: Path) -> None:
    directory = tmp_path / "a b $(touch x) 'q'"
    directory.mkdir()
    files = {"gtf": "Homo_sapiens.GRCh38.107.gtf.gz", "proteome": "Homo_sapiens.GRCh38.pep.all.fa.gz"}
    for key, name in files.items():
        shutil.copy(demo / RESULTS / "resources" / name, directory / f"{key} $(touch x); 'a' \"b\" & ü.gz")
    reference = {key: f"./{key} $(touch x); 'a' \"b\" & ü.gz" for key in files}
    config = directory / "own.yaml"
    config.write_text(yaml.safe_dump({"reference": reference | {"assembly": "GRCh38"}}))
    made = snakemake("results/own/reference/genes.parquet", "--cores", "1", directory=directory, configs=(config,))
    assert succeeded(made)
    assert gene_table.read(directory / "results/own" / GENES)[1] == gene_table.read(demo / RESULTS / GENES)[1]
    assert not list(tmp_path.rglob("x")) and not (ROOT / "x").exists()


@pytest.mark.usefixtures("own_ledger")
def test_a_damaged_download_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut short, one bit wrong, a page in its place, with a checksum or without; nothing is left under its name."""
    monkeypatch.setattr(transfer, "sleep", lambda seconds: None)
    chance, tried = random.Random(4), number(60, 2000)
    whole = gzip.compress(random.Random(5).randbytes(5000))
    for turn in range(tried):
        kind = chance.choice(["cut", "flipped", "page", "empty"])
        place = chance.randrange(1, len(whole))
        body = {
            "cut": whole[:place],
            "flipped": whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :],
            "page": b"<!DOCTYPE html><html><body>Log in</body></html>",
            "empty": b"",
        }[kind]
        declared = kind == "flipped" or chance.random() < 0.5
        row = dict(name="a.bin.gz", release="1", bytes="", licence="CC0-1.0", requires_mirror="no")
        row["checksum"] = f"sha256:{hashlib.sha256(whole).hexdigest()}" if declared else "first-use"
        file = tmp_path / f"{turn}/a.bin.gz"
        policy = {"mirror": None, "public_fallback": False, "refused_licences": []}
        with serving(Site(files={"/a.bin.gz": body})) as site, pytest.raises(BadInput) as fault:
            row["url"] = f"{site.address}/a.bin.gz"
            given = {"file": file, "provenance": provenance_beside(file), "row": row}
            fetch_dataset(mirror=None, spec=policy, policy=policy, **given)
        assert "\n" not in str(fault.value)
        assert not file.exists() and not (file.parent / ".first-use").exists()
    tally("a damaged download", tried, "the address, what is wrong with its bytes, and what to do")
