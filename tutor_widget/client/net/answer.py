"""What a server answers to the handshake, in the one shape that `websockets` reads.

The library takes an answer of another shape for no HTTP at all, and reads a body to its end before
it tells the status. Gateways answer in many shapes: HTTP/1.0, no reason phrase, a body of any size
and coding, headers of 20 kB, a 103 before the answer. An `Answer` stands before the library. It
reads the head of the answer itself, leaves out interim answers (RFC 9110 §15.2), and passes on:

    101            the status and the headers of the handshake; then all that follows, unchanged
    other status   the status alone, as soon as the head is complete
    no HTTP        a line that is no HTTP, at once

The rest of a head that never ends, or the connection's end, changes nothing: the status is known.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 256 << 10
"""Bytes of the answer and of the interim answers before it that are read."""
SWITCHING: Final = 101
_STATUS: Final = re.compile(rb"HTTP/\d(?:\.\d)? {1,4}(\d{3})[ \r\n]")
_STATUS_WITHIN: Final = 24
"""Bytes in which a status stands, if any does."""
_END: Final = re.compile(rb"\n\r?\n")
_OF_HANDSHAKE: Final = re.compile(
    rb"^(?:connection|upgrade|sec-websocket-[a-z]+):[^\r\n]*", re.IGNORECASE | re.MULTILINE
)
_STATUS_LINE: Final = b"HTTP/1.1 %d \r\n"
_NO_HTTP: Final = b"no HTTP\r\n"
_TLS: Final = re.compile(rb"[\x15\x16]\x03")
"""How an alert or a handshake of TLS begins (RFC 8446 §5.1)."""


class Answer:
    """See the module. One for each connection."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._left_out = 0
        self._passes: bool | None = None  # what follows the head; None: it is not complete

    @property
    def status(self) -> int | None:
        """The status, also of a head that is not complete, or None."""
        found = _STATUS.match(self._head)
        return None if found is None else int(found[1])

    @property
    def refusal(self) -> int | None:
        """The status, if it is one that opens no WebSocket, nor promises another answer."""
        status = self.status
        return None if status is None or 100 <= status < 200 else status

    @property
    def is_tls(self) -> bool:
        """Whether the server answered in TLS, of which nobody had asked it."""
        return _TLS.match(self._head) is not None

    def header(self, name: str) -> str | None:
        """The first header of this name, or None."""
        pattern = rb"^%s:[ \t]*([^\r\n]*)" % re.escape(name.encode())
        found = re.search(pattern, self._head, re.IGNORECASE | re.MULTILINE)
        return None if found is None else found[1].decode(errors="replace").rstrip()

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the server; returns those that the library is to read."""
        if self._passes is not None:
            return data if self._passes else b""
        start = max(0, len(self._head) - 2)
        self._head += data
        while self._may_be_http():
            end = _END.search(self._head, start)
            if end is None and self._left_out + len(self._head) <= LONGEST:
                return b""
            if end is None or self.status == SWITCHING or self.refusal is not None:
                return self._settle(0 if end is None else end.end())
            self._left_out += end.end()
            del self._head[: end.end()]
            start = 0
        return self._settle(0)

    def _may_be_http(self) -> bool:
        beginning = bytes(self._head[:_STATUS_WITHIN])
        if self.status is not None:
            return True
        could = b"HTTP/".startswith(beginning[:5]) and b"\n" not in beginning
        return could and len(beginning) < _STATUS_WITHIN

    def _settle(self, end: int) -> bytes:
        """The head is complete, up to ``end``; 0: nothing more of it is to be read."""
        self._passes = self.status == SWITCHING and end > 0
        if self._passes:
            head, rest = bytes(self._head[:end]), bytes(self._head[end:])
            self._head = bytearray(_STATUS_LINE % SWITCHING)
            lines = [line + b"\r\n" for line in _OF_HANDSHAKE.findall(head)]
            return b"".join((self._head, *lines, b"\r\n", rest))
        if self.refusal is not None:
            return _STATUS_LINE % self.refusal + b"Content-Length: 0\r\n\r\n"
        return _NO_HTTP
