"""How Chromium is started for tests and benchmarks."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["SWITCHES"]

SWITCHES: Final = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Root cannot use Chromium's sandbox. All pages are ours.
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
]
