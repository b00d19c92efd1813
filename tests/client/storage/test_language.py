"""The language of the user's pages on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutor_widget.client.storage.language import recall_language, remember_language


def test_the_language_that_was_told_last_is_remembered(tmp_path: Path) -> None:
    """It replaces the one before, and leaves no draft."""
    assert recall_language(tmp_path) is None
    for tag in ("de", "pt-BR"):
        remember_language(tag, tmp_path)
        assert recall_language(tmp_path) == tag
    assert [path.name for path in tmp_path.iterdir()] == ["language"]


@pytest.mark.parametrize("content", [b"", b"no language", b"\xff\xfe", b"d" * 10_000])
def test_a_file_that_holds_no_language_is_none(tmp_path: Path, content: bytes) -> None:
    """Whatever somebody else has written there."""
    (tmp_path / "language").write_bytes(content)
    assert recall_language(tmp_path) is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """The next chat learns the language from its page."""
    (tmp_path / "file").write_text("")
    remember_language("de", tmp_path / "file")
    assert recall_language(tmp_path / "file") is None
