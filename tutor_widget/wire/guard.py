"""Bounds against hostile input: what is checked before a frame is decoded."""

from __future__ import annotations

import codecs
import itertools
import re
from typing import Final

from .frames import MAX_CLIENT_FRAME

MAX_VALUES: Final = 1 << 17
"""Values that one frame may hold: an empty list of two bytes takes ninety in memory."""


_PIECE: Final = 1 << 16


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are valid UTF-8.

    They are decoded in pieces: decoded at once, the text could take four times their size.
    """
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _PIECE):
            decoder.decode(data[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_MAX_RUN: Final = 4 * MAX_CLIENT_FRAME
"""Bytes that a `Text` may have."""
_RUNS: Final = re.compile(rb'"[^"]*+')
_SIGNS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{,]', re.DOTALL)


def holds_too_much(text: str | bytes) -> bool:
    """Whether a text holds more than `MAX_VALUES` values, or one too long. Nothing is decoded."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if len(data) > _MAX_RUN and any(
        run.end() - run.start() > _MAX_RUN for run in _RUNS.finditer(data)
    ):
        return True
    if sum(map(data.count, (b",", b"[", b"{"))) <= MAX_VALUES:
        return False
    # Count only those outside of strings. One at a time: a list of them would take memory too.
    found = (sign for sign in _SIGNS.finditer(data) if data[sign.start()] != ord('"'))
    return next(itertools.islice(found, MAX_VALUES, None), None) is not None
