"""What the package's parser is given of an event stream: so much, and only lines with data.

The parser has no bound of its own, and an event without data (``retry: 3000``, ``event: ping``,
``data:``) is a fault to it. So the lines are read here first (WHATWG HTML §9.2.6). Pure, and
linear: each byte is copied once.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["LONGEST_BODY", "LONGEST_EVENT", "DataLines", "TooMuch"]

LONGEST_EVENT: Final = 1 << 20
"""Bytes of an event, and so of a line."""
LONGEST_BODY: Final = 8 << 20
"""Bytes of an answer, comments included."""
_LINE_END: Final = re.compile(rb"\r\n?|\n")
_DATA: Final = re.compile(rb"data:\s*\S")


class TooMuch(Exception):
    """The endpoint sends more than an answer can have."""


class DataLines:
    """Keeps the lines of data, and the line that ends an event; a line waits until it is whole."""

    def __init__(self, event: int = LONGEST_EVENT, body: int = LONGEST_BODY) -> None:
        self._most_event = event
        self._most_body = body
        self._body = 0
        self._event = 0  # bytes of the event's lines that are whole
        self._line = bytearray()
        self._after_cr = False  # the line feed of a CRLF that was cut ends no second line

    def take(self, data: bytes) -> bytes:
        """The lines that these bytes complete, as far as they matter. Raises TooMuch."""
        if not data:
            return b""
        self._body += len(data)
        if self._body > self._most_body:
            raise TooMuch
        if self._after_cr:
            data = data.removeprefix(b"\n")
        self._after_cr = data.endswith(b"\r")
        first, *others = _LINE_END.split(data)
        kept = bytearray()
        self._extend(first)
        for part in others:
            kept += self._end_line()
            self._extend(part)
        return bytes(kept)

    def _extend(self, part: bytes) -> None:
        self._line += part
        if self._event + len(self._line) > self._most_event:
            raise TooMuch

    def _end_line(self) -> bytes:
        line = bytes(self._line)
        self._line.clear()
        if _DATA.match(line):
            self._event += len(line)
            return line + b"\n"
        if line or not self._event:
            return b""
        self._event = 0
        return b"\n"
