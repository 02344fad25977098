"""The mirror of real public data, where a checkout has one beside it."""

from pathlib import Path

import pytest

_MIRROR = Path(__file__).resolve().parents[3] / "shared/mirror"
REAL_MIRROR: Path | None = _MIRROR if (_MIRROR / "MANIFEST.tsv").is_file() else None
needs_real_data = pytest.mark.skipif(REAL_MIRROR is None, reason="no mirror of real data at ../shared/mirror")
