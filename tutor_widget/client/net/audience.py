"""Where a token may go. Each has an audience, and goes nowhere else.

token                   audience
an explicit one         the URL that it was passed with
``TUTOR_CHAT_TOKEN``    ``$TUTOR_CHAT_URL`` and below
``JUPYTERHUB_API_TOKEN``  below the hub's ``/services/``, because other paths of a hub are other
                        users' servers; and ``$TUTOR_CHAT_URL`` and below, if the operator sets
                        ``TUTOR_CHAT_HUB_TOKEN=1``

No token goes along a redirect to another origin or out of the path. No token goes over ``ws://`` to
another machine, except the tutor's own to where ``$TUTOR_CHAT_URL`` says so; the hub's never does.

Paths are compared decoded, because a proxy may decode them before it looks. What proxies read in
different ways belongs to no audience: dot segments, ``;``, backslashes, encoded dots and slashes.
"""

from __future__ import annotations

import os
import re
from typing import Final
from urllib.parse import SplitResult, unquote_to_bytes, urljoin, urlsplit

from tutor_widget.errors import InvalidURL

from .address import is_local, is_plain, parse

LAYERS: Final = 5
"""How often a path may be percent-encoded: more is no honest path."""
_AMBIGUOUS: Final = re.compile(rb"[;\\]|%(?:2[ef]|5c)", re.IGNORECASE)
_HUB_VARIABLES: Final = (
    "JUPYTERHUB_PUBLIC_URL",
    "JUPYTERHUB_PUBLIC_HUB_URL",
    "JUPYTERHUB_API_URL",
)


def environment_token(url: str) -> str | None:
    """The token that the environment holds for this URL, or None."""
    operators = is_operators(url)
    if operators and (token := os.environ.get("TUTOR_CHAT_TOKEN")):
        return token
    if is_plain(url):
        return None
    if (operators and os.environ.get("TUTOR_CHAT_HUB_TOKEN") == "1") or _is_hub_service(url):
        return os.environ.get("JUPYTERHUB_API_TOKEN") or None
    return None


def may_send(url: str) -> bool:
    """Whether an explicit token may go to this URL, with which the program passed it."""
    return not is_plain(url) or is_operators(url)


def redirected(url: str, location: str) -> str | None:
    """Where a redirect from the URL leads; None if its token may not go along."""
    try:
        there = parse(urljoin(url, location))
    except ValueError:
        return None
    return there if is_below(there, url) else None


def is_operators(url: str) -> bool:
    """Whether the URL is ``$TUTOR_CHAT_URL`` or below it."""
    base = _address("TUTOR_CHAT_URL")
    return base is not None and is_below(url, base)


def is_below(url: str, base: str) -> bool:
    """Whether the URL is the base or a path below it, on the same origin."""
    one, other = urlsplit(url), urlsplit(base)
    return _origin(one) == _origin(other) and _is_path_below(one.path, other.path)


def _is_hub_service(url: str) -> bool:
    there = urlsplit(url)
    services = os.environ.get("JUPYTERHUB_BASE_URL", "/").rstrip("/") + "/services/"
    if not _is_path_below(there.path, services) or _is_path_below(services, there.path):
        return False
    hubs = [urlsplit(hub) for name in _HUB_VARIABLES if (hub := _address(name)) is not None]
    if is_local(url):
        # Other users of this machine may listen on its other ports.
        return any(_origin(hub) == _origin(there) for hub in hubs)
    return any(hub.hostname == there.hostname for hub in hubs)


def _address(variable: str) -> str | None:
    """The URL that an environment variable holds; None if it holds none."""
    try:
        return parse(os.environ.get(variable, ""))
    except InvalidURL:
        return None


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    default = 443 if parts.scheme == "wss" else 80
    return parts.scheme, parts.hostname or "", default if parts.port is None else parts.port


def _is_path_below(path: str, base: str) -> bool:
    segments, above = _segments(path), _segments(base)
    return segments is not None and above is not None and segments[: len(above)] == above


def _segments(path: str) -> list[bytes] | None:
    """The names in the path, decoded until nothing changes; None if it is ambiguous.

    A slash at the end adds none.
    """
    try:
        encoded = path.encode()
    except UnicodeEncodeError:  # half a character: bytes of the environment that are no text
        return None
    for _ in range(LAYERS):
        if _AMBIGUOUS.search(encoded):
            return None
        decoded = unquote_to_bytes(encoded)
        if decoded == encoded:
            segments = decoded.rstrip(b"/").split(b"/")
            return None if {b".", b".."} & set(segments) else segments
        encoded = decoded
    return None
