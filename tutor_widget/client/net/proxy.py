"""The proxy on the way to a tutor: which one the environment names, and whether it can be used.

`websockets` chooses one likewise, but says of a value that it cannot use neither the variable nor
the fault, and ignores ``ALL_PROXY``. A value may hold a password: no error quotes it.
"""

from __future__ import annotations

import importlib.util
import os
import urllib.request
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from tutor_widget.codes import Code
from tutor_widget.errors import Refused
from tutor_widget.secret import Secret

from .address import ascii_host

_HTTP: Final = ("http", "https")
_SOCKS: Final = ("socks5h", "socks5", "socks4a", "socks4")
_SYSTEM: Final = "the system's settings"


@dataclass(frozen=True)
class Proxy:
    """A proxy, and which variable of the environment names it."""

    variable: str
    url: Secret
    name: str
    """Of its computer."""
    host: str
    """The same with the port, for people: without a password."""


def proxy_for(url: str) -> Proxy | None:
    """The proxy to use for this ``ws://`` or ``wss://`` URL, or None.

    Raises Refused, which names the variable and what is wrong with its value.
    """
    there = urlsplit(url)
    is_secure = there.scheme == "wss"
    port = there.port or (443 if is_secure else 80)
    if urllib.request.proxy_bypass(f"{there.hostname}:{port}"):
        return None
    proxies = urllib.request.getproxies()
    wanted = ("wss", "socks", "https") if is_secure else ("ws", "socks", "https", "http")
    for scheme in (*wanted, "all"):
        if value := proxies.get(scheme):
            if scheme == "socks" and value.startswith("http://"):  # so the system writes it
                value = "socks5h://" + value.removeprefix("http://")
            return _checked(_variable(scheme), Secret(value))
    return None


def _variable(scheme: str) -> str:
    """The variable's name as it is written: lower case goes first, as in `urllib.request`."""
    name = f"{scheme}_proxy"
    found = [variable for variable in os.environ if variable.lower() == name]
    return name if name in found else found[0] if found else _SYSTEM


def _checked(variable: str, url: Secret) -> Proxy:
    fault, parts = _fault(url)
    if fault is not None:
        raise Refused(code=fault, variable=variable)
    return Proxy(variable, url, parts.hostname or "", parts.netloc.rpartition("@")[2])


def _fault(url: Secret) -> tuple[Code | None, SplitResult]:
    """What is wrong with the value, and its parts."""
    try:
        parts = urlsplit(url.reveal())
        _ = parts.port  # raises for what is no port
    except ValueError:
        return "proxy_malformed", urlsplit("")
    if "://" not in url.reveal():
        return "proxy_without_scheme", parts
    if parts.scheme in _SOCKS and importlib.util.find_spec("python_socks") is None:
        return "proxy_needs_socks", parts
    if parts.scheme not in (*_HTTP, *_SOCKS):
        return "proxy_scheme", parts
    is_more = parts.path not in ("", "/") or parts.query or parts.fragment
    if ascii_host(parts) is None or is_more or (parts.username is None) != (parts.password is None):
        return "proxy_malformed", parts
    return None, parts
