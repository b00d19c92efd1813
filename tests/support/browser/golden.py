"""Texts that must be exact: `tests/golden/` holds what they were at their last review."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.support.paths import GOLDEN

__all__ = ["assert_golden"]

ACTUAL: Final = Path("test-results")


def assert_golden(name: str, text: str) -> None:
    """`text` is what `tests/golden/{name}` holds; else it lies in test-results/, to compare.

    A change that is meant: read it, then copy that file over.
    """
    golden = GOLDEN / name
    held = golden.read_text("utf-8") if golden.exists() else ""
    (ACTUAL / name).unlink(missing_ok=True)
    if text != held:
        ACTUAL.mkdir(exist_ok=True)
        (ACTUAL / name).write_text(text, "utf-8")
    assert text == held
