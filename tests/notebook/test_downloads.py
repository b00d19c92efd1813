"""Files that pages fetch piece by piece."""

from __future__ import annotations

import pytest

from tutor_widget.notebook import downloads
from tutor_widget.notebook.downloads import Downloads


async def test_the_last_piece_is_not_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of exactly two pieces has two, and then the end, whose answer can be repeated."""
    monkeypatch.setattr(downloads, "PIECE", 3)
    files = Downloads()
    first = files.begin("abcdef")
    last = files.resume(first["next"])
    assert (first["text"], last["text"]) == ("abc", "def")
    assert last["next"].endswith("-end")
    for _ in range(2):
        assert files.resume(last["next"]) == {"text": "", "next": None}
    assert len(files) == 0
