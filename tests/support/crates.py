"""roc-validator without a network: it is given a stand-in of the one document that it would fetch.

The stand-in of RO-Crate's JSON-LD context 1.1 holds the terms of the crate alone, as that context defines them:
schema.org's but for SPECIAL. The checks are roc-validator's own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

import requests
from rocrate_validator import models, services

from workflow_scripts.report.crate import listed

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
WORKFLOW = "https://bioschemas.org/ComputationalWorkflow"
SPECIAL = {
    "File": "http://schema.org/MediaObject",
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
    "ComputationalWorkflow": WORKFLOW,
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "input": f"{WORKFLOW}#input",
    "output": f"{WORKFLOW}#output",
}


def validated(crate: Path) -> models.ValidationResult:
    """What the required checks of provenance-run-crate, and of the profiles that it builds on, find."""
    settings = services.ValidationSettings(
        rocrate_uri=str(crate), profile_identifier="provenance-run-crate", no_cache=True
    )
    stand_in = stand_in_context(crate / "ro-crate-metadata.json")

    def answer(session: requests.Session, method: str, url: str, **_: Any) -> requests.Response:
        if url != CONTEXT:
            raise requests.ConnectionError(f"no network: {url}")
        response = requests.Response()
        response.status_code, response.url = 200, url
        response.headers["Content-Type"] = "application/ld+json"
        response._content = stand_in.encode()
        return response

    with mock.patch.object(requests.Session, "request", answer):
        return services.validate(settings)


def stand_in_context(metadata: Path) -> str:
    entities = json.loads(metadata.read_text(encoding="utf-8"))["@graph"]
    terms = {key for entity in entities for key in entity if not key.startswith("@")}
    terms |= {kind for entity in entities for kind in listed(entity["@type"])}
    return json.dumps({"@context": {term: SPECIAL.get(term, f"http://schema.org/{term}") for term in terms}})
