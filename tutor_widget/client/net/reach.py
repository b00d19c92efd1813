"""How a computer is reached: which address is dialled first, with which TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Any, Final
from urllib.parse import urlsplit

from .address import is_local

EYEBALLS: Final[dict[str, Any]] = {"happy_eyeballs_delay": 0.25}
"""For `loop.create_connection`: a name may have several addresses, and each that does not answer
within so many seconds is tried beside the next (RFC 8305)."""
_NO_TLS: Final = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG"}
)
"""What OpenSSL says of an answer that is no TLS."""
PLAIN_WITHIN: Final = 2.0
"""Seconds for the answer of a server that is asked whether it speaks plain HTTP."""


async def connect(
    url: str, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the URL's computer, past any proxy. Raises OSError."""
    host, port = place(url)
    where: dict[str, Any] = {"host": host, "port": port} | host_to_dial(url)
    return await asyncio.open_connection(ssl=tls, **where, **EYEBALLS)


def place(url: str) -> tuple[str, int]:
    """Host and port of a ``ws://`` or ``wss://`` URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)


def host_to_dial(url: str) -> dict[str, Any]:
    """For `loop.create_connection`: ``host`` to dial in place of the URL's, if need be.

    Each name below ``localhost`` is this machine (RFC 6761 §6.3), and is trusted as that. Not every
    resolver knows it, so none is asked.
    """
    host = urlsplit(url).hostname or ""
    return {"host": "localhost"} if is_local(url) and host.endswith(".localhost") else {}


async def tls_for(url: str) -> ssl.SSLContext | None:
    """What a ``wss://`` URL needs. Made anew for each attempt, because certificates are renewed; on
    a thread, because it reads their files."""
    if not url.startswith("wss:"):
        return None
    return await asyncio.to_thread(ssl.create_default_context)


async def is_no_tls(error: Exception, url: str | None) -> bool:
    """Whether an attempt at TLS raised this because the server speaks plain HTTP.

    Some servers answer in plain, and OpenSSL says so. Others hang up or wait: they are asked,
    at this URL. None: they cannot be asked, since a proxy is between.
    """
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return error.reason in _NO_TLS
    may_be = isinstance(error, ConnectionError | TimeoutError | ssl.SSLEOFError)
    return may_be and url is not None and await answers_in_plain(url)


async def answers_in_plain(url: str) -> bool:
    """Whether plain HTTP is spoken where a ``wss://`` URL leads. The question holds no token and no
    path."""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(PLAIN_WITHIN):
            reader, writer = await connect(url, None)
            try:
                writer.write(b"HEAD / HTTP/1.1\r\nHost: %s\r\n\r\n" % place(url)[0].encode("idna"))
                return await reader.readexactly(5) == b"HTTP/"
            finally:
                writer.transport.abort()
    return False
