"""What the circuits hold, for rules."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from workflow_scripts.circuit.cell_checks import TAKEN
from workflow_scripts.settings import searches
from workflow_scripts.settings.ablations import complete_variants, names_of_variants
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.schema import load_schema
from workflow_scripts.settings.settings import Settings

NOT_SEARCHED = {"seed", "members", "search"}  # with other folds, other experiments are held out


def schema_of_run() -> dict[str, Any]:
    """The schema of one of `circuit/runs`."""
    return load_schema("circuit")["properties"]["runs"]["additionalProperties"]


def searchable(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """{key path: its schema} of all that a search of this run, which is completed, may try."""
    return searches.searchable(run, run.keys() - NOT_SEARCHED, schema_of_run())


def complete(settings: Settings) -> None:
    """Complete searches; let variants of ablations stand beside the runs, and networks with levels missing likewise."""
    if settings.section("circuit") is None:
        return
    for name in searched_circuits(settings):
        run = settings.section(f"circuit/runs/{name}")
        searches.complete_search(run["search"], searchable(run))
    complete_variants(settings, "circuit")
    missing, networks = settings.section("circuit/missing"), settings.section("circuit/networks")
    for name in missing["networks"]:
        if name not in networks:
            given = f"given {name!r}; allowed: {', '.join(networks) or 'none, as there is no network'}"
            raise BadConfiguration(f"configuration: circuit/missing/networks: {given}")
        for percent in missing["percents"]:
            settings.derive(f"circuit/networks/{name}+{percent}", networks[name], f"circuit/networks/{name}")


def with_missing(settings: Settings) -> list[str]:
    """Networks with levels missing, `name+percent`; a plus stands in no name that a user gives."""
    missing = settings.section("circuit/missing") or {"networks": [], "percents": []}
    return [f"{name}+{percent}" for name in missing["networks"] for percent in missing["percents"]]


def all_networks(settings: Settings) -> list[str]:
    return settings.names("circuit/networks") + with_missing(settings)


def all_circuit_runs(settings: Settings) -> list[str]:
    """Runs, and the variants of ablations."""
    return settings.names("circuit/runs") + names_of_variants(settings, "circuit")


def searched_circuits(settings: Settings) -> list[str]:
    """The runs that are the best of several trials."""
    return [run for run in settings.names("circuit/runs") if "search" in settings.section(f"circuit/runs/{run}")]


def taken_circuit(settings: Settings, file: str) -> Callable[..., list[str]]:
    """For a rule's input: `file` of one {run}, if it is searched."""
    return lambda wildcards: [file] if settings.section(f"circuit/runs/{wildcards.run}/search") else []


def unsearched_circuits(settings: Settings) -> list[str]:
    """The runs that are one training, variants among them."""
    return [run for run in all_circuit_runs(settings) if run not in searched_circuits(settings)]


def circuit_suggestion(settings: Settings) -> Callable[..., str]:
    """For a rule's params: what the settings of one {trial} of one {run} follow from."""
    return lambda wildcards: searches.suggested_by(
        settings.section(f"circuit/runs/{wildcards.run}/search"), wildcards.trial
    )


def earlier_circuit_trials(settings: Settings, file: str) -> Callable[..., list[str]]:
    """For a rule's input: `file` of each trial that one {trial} of one {run} learns from: those of earlier waves."""

    def found(wildcards: Any) -> list[str]:
        search = settings.section(f"circuit/runs/{wildcards.run}/search")
        return searches.of_trials((file,), wildcards, searches.before(search, wildcards.trial))

    return found


def all_circuit_trials(settings: Settings, *files: str) -> Callable[..., list[str]]:
    """For a rule's input: `files` of each trial of one {run}."""
    return lambda wildcards: searches.of_trials(
        files, wildcards, searches.number_of_trials(settings.section(f"circuit/runs/{wildcards.run}/search"))
    )


def telling(settings: Settings, key: str) -> list[str]:
    """The networks that give something at `key`, in order of name."""
    return [name for name in settings.names("circuit/networks") if key in settings.section("circuit/networks")[name]]


def limiting(settings: Settings) -> list[str]:
    """The networks that say which edges may be, in order of name."""
    return sorted({*telling(settings, "regulators"), *telling(settings, "possible_edges")})


def told(settings: Settings, key: str, file: str) -> Callable[..., list[str]]:
    """For a rule's input: the file that is made of what a network gives at `key`, where it gives it."""
    return lambda wildcards: [file] if settings.section(f"circuit/networks/{wildcards.network}/{key}") else []


def edges_that_may_be(settings: Settings, file: str) -> Callable[..., list[str]]:
    """For a rule's input: the Candidates of one {network}, where it says which edges may be."""

    def found(wildcards: Any) -> list[str]:
        regulators = settings.section(f"circuit/networks/{wildcards.network}/regulators")
        edges = settings.section(f"circuit/networks/{wildcards.network}/possible_edges")
        return [file] if regulators or edges else []

    return found


def of_circuit_variants(settings: Settings, file: str) -> Callable[..., list[str]]:
    """For a rule's input: `file` of every variant of one {ablation}, on every network."""

    def found(wildcards: Any) -> list[str]:
        names = names_of_variants(settings, "circuit", wildcards.ablation)
        return [
            file.format(network=network, run=name) for network in settings.names("circuit/networks") for name in names
        ]

    return found


def of_circuits(settings: Settings, file: str) -> list[str]:
    """`file` of every run on every network, of every table of enhancers, and of every set of cells."""
    folders = [
        f"{network}/{run}" for network in settings.names("circuit/networks") for run in settings.names("circuit/runs")
    ]
    folders += [f"{kind}/{name}" for kind in ("enhancers", "perturb_seq") for name in settings.names(f"circuit/{kind}")]
    return [f"<results>/circuit/{folder}/{file}" for folder in folders]


def of_missing(settings: Settings, file: str, whole: bool = False) -> Callable[..., list[str]]:
    """For a rule's input: `file` of every run on the {complete} network with levels missing, and on it `whole`."""

    def found(wildcards: Any) -> list[str]:
        networks = [name for name in with_missing(settings) if name.startswith(f"{wildcards.complete}+")]
        networks = [wildcards.complete, *networks] if whole else networks
        files = [
            file.format(network=network, run=run) for network in networks for run in settings.names("circuit/runs")
        ]
        return list(dict.fromkeys(files))

    return found


def of_screens(settings: Settings, file: str) -> list[str]:
    """`file` of every screen by every run, with {network}, {run} and {screen} filled in."""
    screens, networks = settings.section("circuit/screens") or {}, settings.names("circuit/networks")
    return [
        file.format(network=network, run=run, screen=screen)
        for screen in sorted(screens)
        for network in ([screens[screen]["network"]] if "network" in screens[screen] else networks)
        for run in settings.names("circuit/runs")
    ]


def place_of_circuit(settings: Settings) -> Callable[..., int]:
    """For a rule's params: the place of one {run} among all, in order of name, which its colour in figures follows."""
    return lambda wildcards: settings.names("circuit/runs").index(wildcards.run)


def vectors_of(settings: Settings) -> Callable[..., list[str]]:
    """For a rule's input: the GeneEmbedding that one {embedding} of {cells} is; of `none` there is none."""

    def file(wildcards: Any) -> list[str]:
        if wildcards.embedding == "none":
            return []
        if wildcards.embedding == "coexpression":
            return [f"<results>/circuit/perturb_seq/{wildcards.cells}/coexpression.h5ad"]
        embedding = settings.section(f"circuit/perturb_seq/{wildcards.cells}/embeddings/{wildcards.embedding}")
        stage, name = embedding.split("/")
        return [f"<results>/circuit/interactomes/{name}.h5ad" if stage == "circuit" else f"<results>/{embedding}.h5ad"]

    return file


def named_vectors(settings: Settings) -> Callable[..., list[str]]:
    """For a rule's input: the GeneEmbeddings that are configured for one set of {cells}; not that of its own cells."""

    def files(wildcards: Any) -> list[str]:
        of = vectors_of(settings)
        named = settings.names(f"circuit/perturb_seq/{wildcards.cells}/embeddings")
        found = (of(SimpleNamespace(cells=wildcards.cells, embedding=name)) for name in named)
        return sorted({file for each in found for file in each})

    return files


def predicted_effects(settings: Settings) -> Callable[..., list[str]]:
    """For a rule's input: what is predicted of one set of {cells} by each of its embeddings."""
    return lambda wildcards: [
        f"<results>/circuit/perturb_seq/{wildcards.cells}/predicted/{name}.h5ad"
        for name in embeddings(settings, wildcards.cells)
    ]


def all_predicted_effects(settings: Settings) -> list[str]:
    """What is predicted of every set of cells by each of its embeddings."""
    of = predicted_effects(settings)
    return [file for cells in settings.names("circuit/perturb_seq") for file in of(SimpleNamespace(cells=cells))]


def embeddings(settings: Settings, cells: str) -> list[str]:
    """The vectors of genes that models of one set of cells take, by name."""
    return [*TAKEN, *settings.names(f"circuit/perturb_seq/{cells}/embeddings")]


def job_names(settings: Settings) -> list[str]:
    """What jobs of a run on a network, of a screen by a run, and of the vectors of perturbed cells are named after."""
    networks, missing = all_networks(settings), with_missing(settings)
    runs = [f"{network}.{run}" for network in networks for run in all_circuit_runs(settings)]
    for run in searched_circuits(settings):
        trials = range(1, searches.number_of_trials(settings.section(f"circuit/runs/{run}/search")) + 1)
        runs += [f"{network}.{run}.{trial:03d}" for network in networks for trial in trials]
    screens = of_screens(settings, "{network}.{run}.{screen}")
    cells = [f"{of}.{name}" for of in settings.names("circuit/perturb_seq") for name in embeddings(settings, of)]
    return [*missing, *names_of_variants(settings, "circuit"), *runs, *screens, *cells]
