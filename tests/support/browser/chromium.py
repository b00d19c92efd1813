"""Which Chromium tests and benchmarks start, and how."""

from __future__ import annotations

import os
import shutil
from typing import Final

__all__ = ["SWITCHES", "program"]

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


def program() -> str | None:
    """The machine's Chromium; None: Playwright's own, if there is one.

    The shell without windows comes first, as it does with Playwright: it draws only pages.
    """
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")
