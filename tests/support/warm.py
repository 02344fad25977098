"""What every dry run reads alike, read once: the server of `dry_runs` imports it, and each of them is its fork."""

from workflow_scripts.rule import PACKAGE, digest

from workflow_scripts.settings.schema import load_schema

load_schema()
for path in PACKAGE.glob("*/*.py"):
    digest(f"{path.parent.name}/{path.stem}")
