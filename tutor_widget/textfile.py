"""Text files that people write: lessons, errors, tokens, class lists.

They must be UTF-8. Editors save otherwise, too: Notepad with a byte order mark, CRLF, UTF-16 or
ANSI. A mark and line ends make no difference. Another encoding is named, because a guess at it
could change words or tokens unnoticed.
"""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path
from typing import Final

from .errors import TutorError

__all__ = ["UnreadableFile", "decode", "read_text"]

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
"""Byte order marks. That of UTF-16 LE begins that of UTF-32 LE, so it comes later."""
_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Flags of `os.open`: it waits for nothing, and changes no byte on Windows."""


class UnreadableFile(TutorError, ValueError):
    """A file that is not there, or is not UTF-8. The text begins with its path."""


def read_text(path: Path, most: int | None = None) -> str:
    """The text of a UTF-8 file, without byte order mark, with ``\\n`` as the end of a line.

    With ``most`` it must be a regular file of at most so many bytes: nothing waits for a pipe.
    Raises UnreadableFile; its text names the file, the encoding it seems to have, and what to do.
    """
    try:
        data = path.read_bytes() if most is None else _read_regular(path, most)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}.") from None
    return decode(path, data)


def _read_regular(path: Path, most: int) -> bytes:
    # Opening a pipe without a writer would wait for one.
    fd = os.open(path, os.O_RDONLY | _AT_ONCE)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise UnreadableFile(f"{path} is no file, but a folder, a pipe or a device.")
    with os.fdopen(fd, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise UnreadableFile(f"{path} has more than {most:,} bytes. Split it into several files.")
    return data


def decode(path: Path, data: bytes) -> str:
    """The text of a file that holds these bytes. See `read_text`."""
    if (encoding := _other_encoding(data)) is not None:
        raise UnreadableFile(f"{path} is not UTF-8: it seems to be {encoding}. Save it as UTF-8.")
    text = data.decode("utf-8-sig")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UnreadableFile(
            f"{path} has a NUL character in line {line}: it is damaged, or not a text. "
            "Remove it and save the file as UTF-8."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _other_encoding(data: bytes) -> str | None:
    """The encoding that the bytes seem to have, or None if they are UTF-8."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    # Without a mark: most characters of UTF-16 have a byte 0, in every language's punctuation too.
    if marked is not None or data.count(0) * 5 > len(data):
        return marked or "UTF-16 without a byte order mark"
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"ANSI (such as Windows-1252, see line {line})"
    return None
