"""How much an endpoint may send: counted below the package's parser, which has no bound.

Pure and linear: `Bounds.take` sees each byte once.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["LONGEST_BODY", "LONGEST_EVENT", "Bounds", "TooMuch"]

LONGEST_EVENT: Final = 1 << 20
"""Bytes of an event, and so of a line."""
LONGEST_BODY: Final = 8 << 20
"""Bytes of an answer."""
_LINE_END: Final = re.compile(rb"\r\n?|\n")
_COMMENT: Final = ord(":")


class TooMuch(Exception):
    """The endpoint sends more than an answer can have."""


class Bounds:
    """Counts an event stream as its bytes come. Comments count for their line and for the whole."""

    def __init__(self, event: int = LONGEST_EVENT, body: int = LONGEST_BODY) -> None:
        self._most_event = event
        self._most_body = body
        self._body = 0
        self._event = 0  # bytes of the event's lines that are whole
        self._line = 0  # bytes of the line that has begun
        self._is_comment = False
        self._after_cr = False  # the line feed of a CRLF that was cut ends no second line

    def take(self, data: bytes) -> None:
        """Count these bytes. Raises TooMuch."""
        self._body += len(data)
        if self._body > self._most_body:
            raise TooMuch
        start = 1 if self._after_cr and data.startswith(b"\n") else 0
        self._after_cr = data.endswith(b"\r")
        for match in _LINE_END.finditer(data, start):
            self._extend(data, start, match.start())
            self._end_line()
            start = match.end()
        self._extend(data, start, len(data))

    def _extend(self, data: bytes, start: int, end: int) -> None:
        if start == end:
            return
        if self._line == 0:
            self._is_comment = data[start] == _COMMENT
        self._line += end - start
        if self._event + self._line > self._most_event:
            raise TooMuch

    def _end_line(self) -> None:
        """A blank line ends the event."""
        if self._line == 0:
            self._event = 0
        elif not self._is_comment:
            self._event += self._line
        self._line = 0
