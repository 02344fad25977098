"""What every dry run reads alike, read once: imported by the server of `dry_runs`, from which each of them is forked."""

from workflow_scripts.rule import PACKAGE, code
from workflow_scripts.settings.schema import load_schema

load_schema()
for path in PACKAGE.glob("*/*.py"):
    code(f"{path.parent.name}/{path.stem}")
