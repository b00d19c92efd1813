"""The language of the user's pages: a chat greets in it before its own page has told it.

One file in the data folder, ``language``, holds the tag (BCP 47) that a page told last. If the disk
cannot be read or written, nothing is remembered. The functions block on the disk.
"""

from __future__ import annotations

from pathlib import Path

from tutor_widget.wire import is_language

from .files import write_whole
from .folders import data_folder

__all__ = ["recall_language", "remember_language"]


def recall_language(folder: Path | None = None) -> str | None:
    """The language that was remembered last; None if none was."""
    try:
        with _file(folder).open(encoding="ascii") as file:
            tag = file.read(100)  # a file that somebody else wrote may be of any length
    except (OSError, UnicodeDecodeError):
        return None
    return tag if is_language(tag) else None


def remember_language(tag: str, folder: Path | None = None) -> None:
    """Remember the language for the chats to come."""
    write_whole(_file(folder), tag.encode("ascii"))


def _file(folder: Path | None) -> Path:
    return (folder or data_folder()) / "language"
