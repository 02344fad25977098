"""A run as an RO-Crate: JSON-LD after Provenance Run Crate 0.5, of the records that its jobs left.

https://www.researchobject.org/workflow-run-crate/profiles/provenance_run_crate. The root of the crate is the folder of
the results; what lies outside it goes by its public address, a user's own file by `file://`.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
from pathlib import Path
from typing import Any

from workflow_scripts.contracts import provenance as provenances
from workflow_scripts.io.attested import SUFFIX, beside
from workflow_scripts.report.jobs import Job

NAME = "ro-crate-metadata.json"
VERSION = "0.1.0"  # as in CITATION.cff
KINDS = {
    ".parquet": "application/vnd.apache.parquet",
    ".h5ad": "application/x-hdf5",
    ".h5": "application/x-hdf5",
    ".yaml": "application/yaml",
    ".fa": "text/x-fasta",
}
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
TERMS = "https://w3id.org/ro/terms/workflow-run#"
CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    {name: f"{TERMS}{name}" for name in ("sha256", "resourceUsage", "environment", "containerImage")},
]
SNAKEMAKE = "https://snakemake.github.io"
BENCHMARK = "https://snakemake.readthedocs.io/en/stable/tutorial/additional_features.html#benchmarking"
# What Snakemake measures of a job: {key: (name, unit)}.
USAGE = {
    "s": ("wall time", "http://qudt.org/vocab/unit/SEC"),
    "cpu_time": ("CPU time", "http://qudt.org/vocab/unit/SEC"),
    "max_rss": ("largest memory", "http://qudt.org/vocab/unit/MebiBYTE"),
}


class Crate:
    """The entities of a crate, by their `@id`."""

    def __init__(self, root: Path, name: str, configuration: Path) -> None:
        self.root, self.name, self.configuration = root, name, configuration
        self.entities: dict[str, dict[str, Any]] = {}

    def describe(self, jobs: list[Job], made: list[str]) -> str:
        """The text of the metadata file. jobs: those of the run; made: the files that it was to make."""
        files = {file: sha for job in jobs for part in ("inputs", "outputs") for file, sha in job.record[part].items()}
        written = {file for job in jobs for file in job.record["outputs"]}
        ids = {file: self.add_file(file, sha256) for file, sha256 in sorted(files.items())}
        given = sorted({ids[file] for file in files if file not in written})
        asked = self.add_file(str(self.configuration), None)
        for job in jobs:
            self.add_job(job, ids)
        self.add_workflow(jobs, [*given, asked])
        began, ended = min(job.record["started"] for job in jobs), max(job.record["ended"] for job in jobs)
        run = {
            "name": f"Run of {self.name}",
            "description": "All jobs that the results stand on, each as it ran last.",
            "instrument": ref("workflow/Snakefile"),
            "object": refs([asked, *given]),
            "result": refs(sorted({ids[file] for file in made})),
            "startTime": began,
            "endTime": ended,
        }
        self.add("#run", "CreateAction", **run)
        steps = [f"#control/{job.name}" for job in jobs]
        organized = {"instrument": ref(SNAKEMAKE), "object": refs(steps), "result": ref("#run")}
        self.add("#organize", "OrganizeAction", name="Snakemake", startTime=began, endTime=ended, **organized)
        parts = [entity for entity, content in self.entities.items() if "File" in listed(content["@type"])]
        self.add_root([*parts, "workflow/"], ["#run", "#organize", *(f"#job/{job.name}" for job in jobs)], ended)
        graph = [self.entities[entity] for entity in sorted(self.entities)]
        return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def add(self, entity: str, kind: str | list[str], **content: Any) -> str:
        self.entities[entity] = {"@id": entity, "@type": kind, **content}
        return entity

    def add_file(self, file: str, sha256: str | None) -> str:
        """A file at its place below the root, or elsewhere; returns its `@id`."""
        path = Path(file)
        kind = mimetypes.guess_type(path.name)[0] or KINDS.get(path.suffix, "application/octet-stream")
        about: dict[str, Any] = {"name": path.name, "encodingFormat": kind} | ({"sha256": sha256} if sha256 else {})
        if path.exists():
            about["contentSize"] = str(path.stat().st_size)
        if path.is_relative_to(self.root):
            return self.add(str(path.relative_to(self.root)), "File", **about)
        told = provenances.read(beside(path)) if beside(path).is_file() else {}
        if told:
            about |= {"license": told["licence"], "version": told["release"], "description": told["note"]}
        if path.name.endswith(SUFFIX) or not told.get("url", "").startswith("http"):
            return self.add(path.absolute().as_uri(), "File", **about)
        return self.add(told["url"], "File", **about, contentUrl=told["url"])

    def add_job(self, job: Job, ids: dict[str, str]) -> None:
        record = job.record
        params = [f"#job/{job.name}/{name}" for name in record["params"]]
        for entity, (name, value) in zip(params, record["params"].items(), strict=True):
            self.add(entity, "PropertyValue", name=name, value=value)
        used = {key: float(job.usage[key]) for key in USAGE if job.usage.get(key) not in (None, "NA")}
        for key, value in used.items():
            name, unit = USAGE[key]
            self.add(
                f"#usage/{job.name}/{key}", "PropertyValue", name=name, propertyID=BENCHMARK, unitCode=unit, value=value
            )
        imported = json.dumps(record["versions"], sort_keys=True)
        software = f"#software/{hashlib.sha256(imported.encode()).hexdigest()[:16]}"
        versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
        self.add(software, "PropertyValue", name="Python and the packages that were imported", value=versions)
        action = {
            "name": job.name,
            "description": f"{record['threads']} threads, {record['environment']}",
            "environment": ref(software),
            "instrument": ref(job.tool),
            "object": refs([*(ids[file] for file in record["inputs"]), *params]),
            "result": refs([ids[file] for file in record["outputs"]]),
            "startTime": record["started"],
            "endTime": record["ended"],
            "resourceUsage": refs([f"#usage/{job.name}/{key}" for key in used]),
            "actionStatus": "http://schema.org/CompletedActionStatus",
        }
        if record["container"]:
            action["containerImage"] = record["container"]
        self.add(f"#job/{job.name}", "CreateAction", **action)
        step = {"instrument": ref(f"#step/{record['rule']}"), "object": ref(f"#job/{job.name}")}
        self.add(f"#control/{job.name}", "ControlAction", name=job.name, **step)

    def add_workflow(self, jobs: list[Job], given: list[str]) -> None:
        """The workflow, its steps and its tools; given: the files that it takes."""
        tools = {job.record["rule"]: job.tool for job in jobs}
        for number, (rule, tool) in enumerate(tools.items(), start=1):
            self.add(f"#step/{rule}", "HowToStep", name=rule, position=str(number), workExample=ref(tool))
            env = self.add_file(str(self.root / f"workflow/envs/{tool.split('/')[2]}.yaml"), None)
            about = {"name": rule, "programmingLanguage": "Python", "encodingFormat": "text/x-python"}
            about |= {"softwareRequirements": ref(env), "version": VERSION}
            self.add(tool, ["File", "SoftwareSourceCode"], **about)
        for number, file in enumerate(given):
            self.add(f"#input/{number}", "FormalParameter", name=file, additionalType="File", workExample=ref(file))
            self.entities[file]["exampleOfWork"] = ref(f"#input/{number}")
        about = {
            "name": "GeneLM",
            "programmingLanguage": ref(SNAKEMAKE),
            "hasPart": refs(list(tools.values())),
            "step": refs([f"#step/{rule}" for rule in tools]),
            "input": refs([f"#input/{number}" for number in range(len(given))]),
            "version": VERSION,
        }
        self.add("workflow/Snakefile", ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"], **about)
        self.add("workflow/", "Dataset", name="The workflow as it ran")
        kinds = ["SoftwareApplication", "ComputerLanguage"]
        about = {"name": "Snakemake", "url": ref(SNAKEMAKE), "identifier": ref(SNAKEMAKE)}
        self.add(SNAKEMAKE, kinds, **about, softwareVersion=jobs[0].record["versions"].get("snakemake", "unknown"))

    def add_root(self, parts: list[str], actions: list[str], ended: str) -> None:
        for profile, name in PROFILES.items():
            self.add(profile, "CreativeWork", name=name, version=profile.rpartition("/")[2])
        licence = {"name": "As the inputs", "description": "Each input has its own licence: see report/sources.tsv."}
        self.add("#licence", "CreativeWork", **licence)
        root = {
            "name": f"GeneLM: {self.name}",
            "description": f"Results of the workflow GeneLM by the configuration {self.name}, and how they were made.",
            "datePublished": ended,
            "license": ref("#licence"),
            "conformsTo": refs(list(PROFILES)),
            "mainEntity": ref("workflow/Snakefile"),
            "hasPart": refs(sorted(set(parts))),
            "mentions": refs(actions),
        }
        self.add("./", "Dataset", **root)
        standard = [ref("https://w3id.org/ro/crate/1.1"), ref("https://w3id.org/workflowhub/workflow-ro-crate/1.0")]
        self.add(NAME, "CreativeWork", about=ref("./"), conformsTo=standard)


def ref(entity: str) -> dict[str, str]:
    return {"@id": entity}


def refs(entities: list[str]) -> list[dict[str, str]] | dict[str, str]:
    """References, of which a single one stands alone."""
    return ref(entities[0]) if len(entities) == 1 else [ref(entity) for entity in entities]


def listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
