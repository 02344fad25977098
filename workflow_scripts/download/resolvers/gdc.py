"""Projects of the Genomic Data Commons (TCGA-CHOL, ...): open counts of STAR, a file a sample.

It answers by pages, with the MD5 of every file. Interface: https://docs.gdc.cancer.gov/API/Users_Guide/Search_and_Retrieval/
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from workflow_scripts.download.resolvers.registry import Resolved
from workflow_scripts.download.transfer import read_text
from workflow_scripts.io.errors import BadInput

PAGE = 1000  # files a request
LICENCE = "GDC open access (NIH Genomic Data Sharing Policy)"
WANTED = {
    "data_type": "Gene Expression Quantification",
    "experimental_strategy": "RNA-Seq",
    "analysis.workflow_type": "STAR - Counts",
    "data_format": "TSV",
    "access": "open",
}
FIELDS = [
    "file_id",
    "file_name",
    "file_size",
    "md5sum",
    "associated_entities.entity_submitter_id",
    "cases.submitter_id",
    "cases.project.project_id",
    "cases.samples.sample_type",
]


def resolve(project: str, server: str) -> Resolved:
    """Rows and a sample sheet of all samples of a project, sorted by name.

    `sample` is the barcode of the aliquot, `group` that of the patient (the case), `label` project and type of sample;
    the two stand in columns of their own too. Raises BadInput where the project has no such files, or the archive
    answers with something else.
    """
    status = _answer(f"{server}/status", "status")
    release = status.get("data_release") or f"API {status.get('tag')}"
    files = sorted(_files(project, server), key=lambda file: _sample(file)["sample"])
    if not files:
        remedy = "Give a project of https://portal.gdc.cancer.gov that has RNA-seq."
        raise BadInput(project, "", f"{server} has no open counts of STAR under it", remedy)
    rows = [
        {
            "name": file["file_name"],
            "release": f"GDC, {release}",
            "url": f"{server}/data/{file['file_id']}",
            "checksum": f"md5:{file['md5sum']}",
            "bytes": str(file["file_size"]),
            "licence": LICENCE,
            "requires_mirror": "no",
        }
        for file in files
    ]
    size = sum(int(row["bytes"]) for row in rows) / 1e6
    return Resolved(rows, [_sample(file) for file in files], f"{project}: {len(rows)} files, {size:,.0f} MB, {release}")


def _files(project: str, server: str) -> list[dict[str, Any]]:
    """Every file of the project, page by page."""
    filters = [{"op": "in", "content": {"field": field, "value": [value]}} for field, value in WANTED.items()]
    filters.append({"op": "in", "content": {"field": "cases.project.project_id", "value": [project]}})
    asked = {"filters": json.dumps({"op": "and", "content": filters}), "fields": ",".join(FIELDS), "format": "json"}
    found: list[dict[str, Any]] = []
    while True:
        page = {"sort": "file_id:asc", "size": str(PAGE), "from": str(len(found))}
        answer = _answer(f"{server}/files?{urlencode(asked | page)}", "data")["data"]
        found += answer["hits"]
        if not answer["hits"] or len(found) >= answer["pagination"]["total"]:
            return found


def _sample(file: dict[str, Any]) -> dict[str, str]:
    """The line of the sample sheet of one file."""
    try:
        (case,), (entity,) = file["cases"], file["associated_entities"]
        project, (sample,) = case["project"]["project_id"], case["samples"]
        return {
            "sample": entity["entity_submitter_id"],
            "file": file["file_name"],
            "group": case["submitter_id"],
            "label": f"{project} {sample['sample_type']}",
            "project": project,
            "sample_type": sample["sample_type"],
        }
    except (KeyError, TypeError, ValueError) as error:
        reason = f"is not described as one sample of one case ({type(error).__name__}: {error})"
        remedy = "Tell the archive, or declare its files by hand."
        raise BadInput(str(file.get("file_name")), "", reason, remedy) from error


def _answer(url: str, key: str) -> dict[str, Any]:
    """What the archive answers, which has to have this key."""
    try:
        answer = json.loads(read_text(url))
    except ValueError as error:
        raise BadInput(url, "", f"answers with no JSON ({error})", "Run again later.") from error
    if not isinstance(answer, dict) or key not in answer:
        raise BadInput(url, "", f"answers without `{key}`", "Run again later.")
    return answer
