"""How many faults are tried, and the table of what became of them.

`make test` tries a few of each kind, `make faults` many (FAULTS=large), and writes the table of README.md.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from workflow_scripts.docs.readmes import filled

ROOT = Path(__file__).resolve().parents[2]
LARGE = os.environ.get("FAULTS") == "large"
TALLY = ROOT / "results/faults"


def number(small: int, large: int) -> int:
    """How many faults of a kind this run tries."""
    return large if LARGE else small


def tally(kind: str, tried: int, seen: str) -> None:
    """Enter that all of `tried` faults were survived; `seen` is what a user sees of them."""
    if LARGE:
        TALLY.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"kind": kind, "tried": tried, "seen": seen})
        (TALLY / f"{kind.replace(' ', '_')}.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Write the table of README.md."""
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(TALLY.glob("*.json"))]
    lines = ["| fault | tried | silent or lost | what a user sees |", "|---|---|---|---|"]
    lines += [f"| {row['kind']} | {row['tried']:,} | 0 | {row['seen']} |" for row in rows]
    readme = ROOT / "README.md"
    readme.write_text(filled(readme.read_text(encoding="utf-8"), "faults", lambda: lines), encoding="utf-8")


if __name__ == "__main__":
    main()
