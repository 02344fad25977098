"""The Markdown of the project as a site (`make site`), by the settings in mkdocs.yml.

Links between the pages are those of the repository; one that leads nowhere ends the build.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from mkdocs.commands import build as mkdocs
from mkdocs.config import load_config

from workflow_scripts.docs.rules import ROOT

SETTINGS = Path(__file__).with_name("mkdocs.yml")


def build(site: Path, root: Path = ROOT) -> None:
    """Write the site of the Markdown below `root` to the folder `site`."""
    with tempfile.TemporaryDirectory() as pages:
        config = load_config(str(SETTINGS), docs_dir=pages, site_dir=str(site.absolute()))
        for file in (file for page in config["nav"] for file in page.values()):
            page = Path(pages, file)
            page.parent.mkdir(exist_ok=True)
            page.write_text(_for_mkdocs((root / file).read_text(encoding="utf-8")), encoding="utf-8")
        mkdocs.build(config)


def _for_mkdocs(text: str) -> str:
    """Markdown within HTML is read only where it is asked for."""
    return re.sub(r"^<details>", '<details markdown="1">', text, flags=re.MULTILINE)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
