"""What is read from an HTTP request. What breaks the rules raises `FaultyRequestError`."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from websockets.datastructures import Headers, MultipleValuesError
from websockets.exceptions import InvalidHeader
from websockets.headers import parse_subprotocol

from tutor_widget.network import is_loopback

__all__ = [
    "FaultyRequestError",
    "check_size",
    "host_of",
    "is_forwarded",
    "joined",
    "only_value",
    "path_of",
    "subprotocols",
    "trace_of",
]

# RFC 3986 §3.3 and RFC 9112 §3.2. In a query more is common than is allowed.
_PATH: Final = re.compile(r"((?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)(?:\?[!-~]*)?")
# W3C Trace Context §3.2: neither id is zero, version ff is none, and only later versions have more.
_TRACEPARENT: Final = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})"
    r"-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?P<more>-[!-~]*)?"
)
MOST_FIELDS: Final = 32
MOST_HEADERS: Final = 8 << 10
"""Bytes of all headers together."""
_ADDED_BY_PROXIES: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_SCHEMES: Final = frozenset({"http", "https", "ws", "wss"})


class FaultyRequestError(Exception):
    """The request is faulty. ``fault`` says how, and quotes nothing of the request."""

    def __init__(self, fault: str, status: int = 400) -> None:
        super().__init__(fault)
        self.fault = fault
        self.status = status


def path_of(target: str) -> str:
    """The path of a request's target, in origin-form or absolute-form (RFC 9112 §3.2)."""
    if not target.startswith("/"):
        try:
            parts = urlsplit(target)
        except ValueError:
            raise FaultyRequestError("its target is no address") from None
        if parts.scheme not in _SCHEMES or not parts.netloc or not target.isprintable():
            raise FaultyRequestError("its target is no address")
        target = target[target.index("//") + 2 + len(parts.netloc) :] or "/"
    if (found := _PATH.fullmatch(target)) is None:
        raise FaultyRequestError("its target is no address")
    return found[1] or "/"


def check_size(headers: Headers) -> None:
    """Raise if the headers are too many, or too large together (RFC 6585 §5)."""
    fields = list(headers.raw_items())
    size = sum(len(name) + len(value) + len(": \r\n") for name, value in fields)
    if len(fields) > MOST_FIELDS:
        raise FaultyRequestError(f"it has more than {MOST_FIELDS} headers", 431)
    if size > MOST_HEADERS:
        raise FaultyRequestError(f"its headers have more than {MOST_HEADERS} bytes", 431)


def joined(headers: Headers) -> Headers:
    """The same headers with each name once (RFC 9110 §5.3)."""
    return Headers({name: ", ".join(headers.get_all(name)) for name in headers})


def only_value(headers: Headers, name: str) -> str | None:
    """The value of a header that may occur once, or None if it is absent."""
    try:
        return headers.get(name)
    except MultipleValuesError:
        raise FaultyRequestError(f"it has more than one {name}") from None


def host_of(headers: Headers) -> str | None:
    """The name that the client calls this server by, without a port; None if it says none."""
    if (value := only_value(headers, "Host")) is None:
        return None
    try:
        return (urlsplit(f"//{value}").hostname or "").removesuffix(".")
    except ValueError:
        raise FaultyRequestError("its Host is no name and no address") from None


def is_forwarded(headers: Headers) -> bool:
    """Whether a proxy has passed the request on for somebody on another machine, as far as its
    headers tell: those that proxies add, and a name that is not this machine's.
    """
    if any(name in headers for name in _ADDED_BY_PROXIES):
        return True
    host = host_of(headers)
    return host is not None and not is_loopback(host)


def subprotocols(headers: Headers) -> list[str]:
    """The names in ``Sec-WebSocket-Protocol`` (RFC 6455 §11.3.4), in order."""
    try:
        return [
            name
            for header in headers.get_all("Sec-WebSocket-Protocol")
            for name in parse_subprotocol(header)
        ]
    except InvalidHeader:
        raise FaultyRequestError("its Sec-WebSocket-Protocol is no list of names") from None


def trace_of(headers: Headers) -> str | None:
    """The id of the trace that ``traceparent`` names. None if that is absent or malformed."""
    values = headers.get_all("traceparent")
    found = _TRACEPARENT.fullmatch(values[0]) if len(values) == 1 else None
    if found is None or (found["version"] == "00" and found["more"] is not None):
        return None
    return found["trace"]
