"""Where things lie in the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
GOLDEN: Final = ROOT / "tests" / "golden"
SCRIPTS: Final = ROOT / "tests" / "support" / "browser"
"""The scripts that tests run in a page."""
