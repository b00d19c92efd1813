"""The address of a tutor: its one form, and what it says about the way there.

An address may hold a password. So no error quotes one.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from tutor_widget.errors import InvalidURL
from tutor_widget.network import is_loopback

LONGEST_SHOWN: Final = 200
"""Characters of a foreign address that people are shown."""
_SCHEMES: Final = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
_HOST: Final = re.compile(r"[a-z0-9_.-]+")
_IN_NO_URL: Final = re.compile(r"[\s\x00-\x1f\x7f]")


def parse(url: str) -> str:
    """The URL as ``ws://`` or ``wss://``, normalised. Raises InvalidURL."""
    if not isinstance(url, str):
        raise InvalidURL(f"The tutor's address must be a string, not {type(url).__name__}.")
    parts = _split(url.strip())
    if parts is None or _IN_NO_URL.search(url.strip()):
        raise InvalidURL("The tutor's address is not a URL, as wss://example.org/ is.")
    if parts.scheme.lower() not in _SCHEMES:
        raise InvalidURL("The tutor's address must begin with ws://, wss://, http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise InvalidURL("The tutor's address must hold no password: pass token=… instead.")
    if ascii_host(parts) is None:
        raise InvalidURL("The tutor's address names no computer, as wss://example.org/ does.")
    scheme = _SCHEMES[parts.scheme.lower()]
    netloc = _netloc(parts.hostname or "", parts.port)
    return urlunsplit((scheme, netloc, parts.path or "/", parts.query, ""))


def ascii_host(parts: SplitResult) -> str | None:
    """The host in the form in which it is looked up, or None if it can be no host."""
    host = parts.hostname or ""
    try:
        if ":" in host:
            return str(ipaddress.ip_address(host))
        name = host.encode("idna").decode()
    except ValueError:  # UnicodeError is one
        return None
    return name if _HOST.fullmatch(name) else None


def shown(url: str, location: str) -> str | None:
    """Where a redirect of the URL leads, for people: no password, no query, nothing that misleads.

    None if it is no address of the web.
    """
    try:
        parts = _split(urljoin(url, location))
    except ValueError:
        return None
    if parts is None or parts.scheme.lower() not in _SCHEMES:
        return None
    if (host := ascii_host(parts)) is None:
        return None
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    return f"{parts.scheme.lower()}://{_netloc(host, parts.port)}{path}"[:LONGEST_SHOWN]


def is_local(url: str) -> bool:
    """Whether the URL's host is this machine."""
    return is_loopback(urlsplit(url).hostname or "")


def is_plain(url: str) -> bool:
    """Whether others on the way can read what is sent: ``ws://``, to another machine."""
    return url.startswith("ws://") and not is_local(url)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no port
    except ValueError:
        return None
    return parts


def _netloc(host: str, port: int | None) -> str:
    host = f"[{host}]" if ":" in host else host
    return host if port is None else f"{host}:{port}"
