"""The address of a tutor: its one form, and what it says about the way there."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from tutor_widget.errors import InvalidURL
from tutor_widget.network import is_loopback

_SCHEMES: Final = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}


def parse(url: str) -> str:
    """The URL as ``ws://`` or ``wss://``, normalised. Raises InvalidURL."""
    if not isinstance(url, str):
        raise InvalidURL(f"The tutor's address must be a string, not {type(url).__name__}.")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise InvalidURL(f"The tutor's address is not a URL: {error}.") from None
    if parts.scheme.lower() not in _SCHEMES:
        raise InvalidURL("The tutor's address must begin with ws://, wss://, http:// or https://.")
    if not parts.hostname or re.search(r"\s", url.strip()):
        raise InvalidURL("The tutor's address names no computer, as wss://example.org/ does.")
    if parts.username is not None or parts.password is not None:
        raise InvalidURL("The tutor's address must hold no password: pass token=… instead.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    try:
        host.encode("idna" if not host.isascii() else "ascii")
    except UnicodeError:
        raise InvalidURL("The tutor's address names no possible computer.") from None
    netloc = host if port is None else f"{host}:{port}"
    scheme = _SCHEMES[parts.scheme.lower()]
    return urlunsplit((scheme, netloc, parts.path or "/", parts.query, ""))


def is_local(url: str) -> bool:
    """Whether the URL's host is this machine."""
    return is_loopback(urlsplit(url).hostname or "")


def is_plain(url: str) -> bool:
    """Whether others on the way can read what is sent: ``ws://``, to another machine."""
    return url.startswith("ws://") and not is_local(url)
