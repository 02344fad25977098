from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from tests.report.looking import ODD
from workflow_scripts.contracts import gene_embedding, provenance, sample_embedding

SPEC = {"seed": 1, "neighbors": 15, "perplexity": 30, "max_samples": 20000}


@pytest.fixture
def write_provenance(tmp_path: Path) -> Callable[..., Path]:
    """Write the provenance of one file; what is not given is that of a public original."""

    def write(dataset: str, **given: object) -> Path:
        address = f"https://example.org/{dataset}"
        found = {
            "dataset": dataset,
            "release": "107",
            "url": address,
            "source": address,
            "sha256": "d" * 64,
            "bytes": 12,
            "checksum": "sha256:" + "d" * 64,
            "licence": "CC BY 4.0",
            "simulated": False,
            "note": "",
            "retrieved": "2026-01-01T00:00:00+00:00",
        }
        path = tmp_path / f"{len(list(tmp_path.glob('*.provenance.json')))}.provenance.json"
        provenance.write(found | given, path)
        return path

    return write


@pytest.fixture
def write_gene_embedding(tmp_path: Path) -> Callable[..., Path]:
    def write(origin: str | bool, model: str = "esm2_t6_8M_UR50D") -> Path:
        """Of weights of `origin`; True is short for simulated, False for published."""
        origin = {True: "simulated", False: "published"}.get(origin, origin)
        path = tmp_path / f"{model}.h5ad"
        obs = pd.DataFrame(
            {"symbol": ["S1", "S2"], "length": [1, 2], "windows": 1, "missing": False}, index=["g1", "g2"]
        )
        about = {"architecture": "ESM2, 6 layers of 320", "licence": "MIT"}
        about |= {"revision": "r1", "weights_sha256": "b" * 64}
        gene_embedding.write(np.ones((2, 3)), obs, path, model=model, origin=origin, **about)
        return path

    return write


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are written to files while the test runs."""
    figures, write = [], Figure.savefig

    def savefig(figure: Figure, *to: object, **options: object) -> None:
        figures.append(figure)
        write(figure, *to, **options)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return figures


@pytest.fixture
def files(write_provenance) -> Callable[..., list[Path]]:
    """Provenance of the files behind a figure, simulated or not."""
    return lambda simulated: [write_provenance("counts.h5", simulated=simulated)]


@pytest.fixture
def origin(files, write_gene_embedding) -> Callable[..., dict[str, object]]:
    """What tells a figure of one run what is simulated: its files and gene embedding, or neither is."""
    return lambda simulated: {"provenance": files(simulated), "gene_embedding": write_gene_embedding(simulated)}


@pytest.fixture
def write_samples(tmp_path: Path) -> Callable[..., Path]:
    """A SampleEmbedding of `count` samples in so many labels, one of them with odd characters."""

    def write(count: int, labels: int, unlabelled: float = 0.2, vary: float = 1.0) -> Path:
        rng = np.random.default_rng(count)
        names = np.array([ODD, "_hidden", *(f"tissue {index}" for index in range(labels))][: max(labels, 1)])
        of = rng.integers(0, len(names), count)
        x = 4 * rng.normal(size=(len(names), 8))[of] + vary * rng.normal(size=(count, 8))
        known = rng.random(count) >= (unlabelled if labels else 1)
        obs = pd.DataFrame(
            {
                "corpus": rng.choice(["archs4", "tcga"], count),
                "group": [f"g{index // 2}" for index in range(count)],
                "label": np.where(known, names[of], ""),
                "split": rng.choice(["train", "validation", "test"], count),
            },
            index=[f"s{index}" for index in range(count)],
        )
        path = tmp_path / f"embeddings_{count}_{labels}.h5ad"
        sample_embedding.write(x * (vary > 0), obs, path, run="small", gene_order="o" * 64)
        return path

    return write
