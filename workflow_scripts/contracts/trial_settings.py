"""TrialSettings: the settings of one trial of a search, which are laid over those of its run.

`results/bulk/{run}/trials/{trial}/settings.json`, and of the trial that was taken `results/bulk/{run}/settings.json`,
sealed within: {"settings": {key path in the run: value}}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import sealed, unsealed

REMEDY = "Remove it and run its rule again."


def write(settings: dict[str, Any], path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text(sealed({"settings": settings}), encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """Read the settings of a trial; damaged ones raise BadInput."""
    content = unsealed(path, REMEDY)
    if not isinstance(content.get("settings"), dict):
        raise BadInput(path, "settings", "is missing", REMEDY)
    return content["settings"]
