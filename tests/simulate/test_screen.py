"""A simulated screen: a table as it is published, whose pairs follow the rule that its truth tells."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from tests.simulate.organisms import Organism
from workflow_scripts.circuit.pairs import read_pairs
from workflow_scripts.contracts import truth as contract
from workflow_scripts.settings.schema import complete, load_schema
from workflow_scripts.simulate import screen as module
from workflow_scripts.simulate.screen import draw_elements, shares
from workflow_scripts.simulate.simulate_enhancers import simulate_enhancers

KEYS = ["chrom", "start", "end", "gene"]


class Screen(NamedTuple):
    folder: Path
    table: pd.DataFrame  # as text
    truth: pd.DataFrame


def make(folder: Path, organism: Organism | None, **changes: object) -> Screen:
    schema = load_schema("simulate")["properties"]["enhancers"]["additionalProperties"]
    spec = complete({"genes": 80, **changes}, schema)
    files = {"pairs": folder / "pairs.tsv", "truth": folder / "truth/enhancers.tsv"}
    simulate_enhancers(organism=organism and organism.truth, **files, spec=spec)
    table = pd.read_csv(files["pairs"], sep="\t", dtype=str, keep_default_na=False)
    return Screen(folder, table, contract.read("enhancers", folder / "truth"))


@pytest.fixture(scope="module")
def screen(organism: Organism, tmp_path_factory: pytest.TempPathFactory) -> Screen:
    return make(tmp_path_factory.mktemp("screen"), organism)


def test_it_is_read_as_the_published_table_is_with_the_defaults_of_the_schema(screen: Screen) -> None:
    section = complete({"made": {"table": "x"}}, load_schema("circuit.enhancers"))["made"]
    pairs = read_pairs(screen.folder / "pairs.tsv", section)
    assert len(pairs) == len(screen.table) == len(screen.truth) > 300
    assert pairs["regulated"].notna().all() and 0.02 < pairs["regulated"].mean() < 0.25
    assert pairs.filter(like="feature:").notna().all(axis=None)
    together = pairs.merge(screen.truth, on=KEYS, validate="one_to_one")
    assert len(together) == len(pairs)


def test_genes_places_and_distances_are_those_of_the_organism(screen: Screen, organism: Organism) -> None:
    known = {row["symbol"]: row for row in organism.table("genes")}
    starts: dict[str, list[int]] = {}
    for row in known.values():
        starts.setdefault(f"chr{row['chrom']}", []).append(int(row["tss"]))
    for row in screen.table.to_dict("records"):
        gene, middle = known[row["measuredGeneSymbol"]], (int(row["chromStart"]) + int(row["chromEnd"])) // 2
        assert row["chrom"] == row["chrTSS"] == f"chr{gene['chrom']}" and row["startTSS"] == gene["tss"]
        assert row["measuredGeneEnsemblId"] == gene["gene_id"]
        assert int(row["distanceToTSS"]) == abs(middle - int(gene["tss"])) <= 1_000_000
        assert min(abs(middle - at) for at in starts[row["chrom"]]) > 1_000  # no element is a promoter
    places = screen.table[["chrom", "chromStart", "chromEnd"]].drop_duplicates().astype({"chromStart": int})
    for _, of in places.groupby("chrom"):
        assert (np.diff(np.sort(of["chromStart"])) >= 500).all()  # nor do two overlap


def test_what_silencing_takes_is_a_share_of_activity_by_contact_and_of_the_promoter() -> None:
    activity, contact, promoter = np.array([2.0, 1.0, 4.0]), np.array([[3, 1], [2, 0], [1, 5.0]]), np.array([4.0, 0])
    first = [6 / (4 + 6 + 2 + 4), 2 / 16, 4 / 16]
    second = [2 / (2 + 20), 0, 20 / 22]
    np.testing.assert_allclose(shares(activity, contact, promoter), np.transpose([first, second]))
    more = shares(activity * [1, 1, 3], contact, promoter)
    assert (more[:2] <= shares(activity, contact, promoter)[:2]).all()  # one element's gain is the others' loss


def test_elements_of_a_gene_share_less_than_all_of_it_and_near_active_ones_have_most(screen: Screen) -> None:
    told = screen.truth
    assert (told.groupby("gene")["share"].sum() < 1).all() and (told["share"] > 0).all()
    np.testing.assert_allclose(told["effect"], -0.9 * told["share"], rtol=1e-4)
    assert (told["regulates"] == (told["effect"] <= -0.05)).mean() > 0.999  # of six digits
    distance = screen.table["distanceToTSS"].astype(float)
    signal = screen.table["DHS.RPM"].astype(float) * screen.table["H3K27ac.RPM.expandedRegion"].astype(float)
    assert spearmanr(distance, told["share"]).statistic < -0.3
    assert spearmanr(signal, told["share"]).statistic > 0.3


def test_signals_follow_one_another_as_in_k562() -> None:
    """log1p of DHS and H3K27ac correlate by 0.70 there, H3K27ac and that of the wider region by 0.99."""
    signals = np.log1p(draw_elements(np.random.default_rng(0), np.arange(0, 40_000_000, 150_000)).signals)
    found = signals.corr()
    assert found.loc["DHS.RPM", "H3K27ac.RPM"] == pytest.approx(0.7, abs=0.07)
    assert found.loc["H3K27ac.RPM", "H3K27ac.RPM.expandedRegion"] == pytest.approx(0.985, abs=0.015)
    assert abs(found.loc["H3K27me3.RPM", "DHS.RPM"]) < 0.1


def test_noise_hides_regulation_and_what_is_said_is_mostly_there(organism: Organism, tmp_path: Path) -> None:
    missed = {}
    for noise in (0.005, 0.03, 0.2):
        made = make(tmp_path / str(noise), organism, noise=noise)
        said = (made.table["Regulated"] == "TRUE").to_numpy()
        true = made.truth["regulates"].to_numpy(bool)
        missed[noise] = (true & ~said).sum() / true.sum()
        effect = made.table["EffectSize"].astype(float)
        assert (effect[said] < 0).all() and (made.table["Significant"][said] == "TRUE").all()
        assert (made.table["pValueAdjusted"][said].astype(float) < 0.05).all()
        if said.any():
            assert (made.truth["effect"][said] < -0.005).mean() > 0.9
    assert missed[0.005] < 0.05 < missed[0.03] < 0.8 < missed[0.2]


def test_p_values_are_adjusted_over_all_pairs_by_benjamini_and_hochberg(screen: Screen) -> None:
    effect, sd = screen.table["EffectSize"].astype(float), screen.truth["sd"]
    p = np.array([2 * NormalDist().cdf(-abs(one) / of) for one, of in zip(effect, sd, strict=True)])
    order, number = np.argsort(p), len(p)
    adjusted = np.empty(number)
    adjusted[order] = np.minimum.accumulate((p[order] * number / np.arange(1, number + 1))[::-1])[::-1]
    np.testing.assert_allclose(screen.table["pValueAdjusted"].astype(float), adjusted, rtol=0.02, atol=1e-6)


def test_power_is_that_of_the_noise_of_a_gene(screen: Screen) -> None:
    for row, told in zip(screen.table.to_dict("records"), screen.truth.to_dict("records"), strict=True):
        for percent in (10, 50):
            power = 1 - NormalDist(percent / 100, told["sd"]).cdf(1.959964 * told["sd"])
            assert float(row[f"PowerAtEffectSize{percent}"]) == pytest.approx(power, abs=2e-4)


def test_the_same_again_from_the_same_seed_and_something_else_from_another(
    screen: Screen, organism: Organism, tmp_path: Path
) -> None:
    again, other = make(tmp_path / "again", organism), make(tmp_path / "other", organism, seed=2)
    for name in ("pairs.tsv", "truth/enhancers.tsv"):
        assert (again.folder / name).read_bytes() == (screen.folder / name).read_bytes()
        assert (other.folder / name).read_bytes() != (screen.folder / name).read_bytes()


def test_as_many_genes_and_elements_as_asked_for(organism: Organism, tmp_path: Path) -> None:
    made = make(tmp_path, organism, genes=30, elements=4)
    numbers = made.table.groupby("measuredGeneSymbol").size()
    assert len(numbers) == 30 and 2.5 < numbers.mean() < 6 and numbers.min() >= 1


def test_without_an_organism_genes_lie_as_in_the_human_genome_and_screens_reach_a_megabase(tmp_path: Path) -> None:
    made = make(tmp_path, None, genes=200, elements=10)
    genes = made.table.drop_duplicates("measuredGeneSymbol").astype({"startTSS": int})
    assert len(genes) == 200 and genes["chrom"].nunique() == 8
    apart = genes.sort_values(["chrom", "startTSS"]).groupby("chrom")["startTSS"].diff().mean()
    assert 120_000 < apart < 190_000
    distance = made.table["distanceToTSS"].astype(int)
    assert 600_000 < distance.max() <= 1_000_000
    before = made.table["chromStart"].astype(int) < made.table["startTSS"].astype(int)
    assert 0.3 < before.mean() < 0.7  # elements lie on both sides


def test_what_is_farther_than_a_megabase_drives_no_gene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    monkeypatch.setattr(module, "shares", lambda *arguments: given.append(arguments[1]) or shares(*arguments))
    make(tmp_path, None, genes=200)
    for contact in given:
        reached = (contact > 0).sum(0)
        assert (reached > 0).all() and reached.max() < 2_000_000 / 12_000 * 1.5 < len(contact)


def test_it_says_that_it_is_simulated(screen: Screen) -> None:
    for name in ("pairs.tsv", "truth/enhancers.tsv"):
        record = json.loads((screen.folder / f"{name}.provenance.json").read_text())
        assert record["simulated"] is True and "SIMULATED: a screen of " in record["note"]
    with (screen.folder / "pairs.tsv").open(newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert {row["Dataset"] for row in rows} == {row["Reference"] for row in rows} == {"simulated"}
