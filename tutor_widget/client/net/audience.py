"""Where a token may go. Each has an audience, and goes nowhere else.

token                   audience
an explicit one         the URL that it was passed with
``TUTOR_CHAT_TOKEN``    ``$TUTOR_CHAT_URL`` and below
``JUPYTERHUB_API_TOKEN``  below the hub's ``/services/``, because other paths of a hub are other
                        users' servers; and ``$TUTOR_CHAT_URL`` and below, if the operator sets
                        ``TUTOR_CHAT_HUB_TOKEN=1``

No token goes along a redirect to another origin or out of the path. No token goes over ``ws://`` to
another machine, except the tutor's own to where ``$TUTOR_CHAT_URL`` says so; the hub's never does.

Hosts are compared as they are looked up. Paths are compared decoded, because a proxy may decode
them before it looks. What proxies read in different ways belongs to no audience: dot segments,
``;``, backslashes, encoded dots, slashes and question marks, control characters, ``%u``, bytes that
are no UTF-8, and characters that become one of these in another normal form of Unicode.
"""

from __future__ import annotations

import os
import re
import unicodedata
from typing import Final
from urllib.parse import SplitResult, unquote_to_bytes, urljoin, urlsplit

from tutor_widget.errors import InvalidURL
from tutor_widget.secret import Secret

from .address import ascii_host, is_local, is_plain, parse

LAYERS: Final = 5
"""How often a path may be percent-encoded: more is no honest path."""
_AMBIGUOUS: Final = re.compile(r"[;\\\x00-\x1f\x7f]|%(?:2[ef3]|3[bf]|5c|u)", re.IGNORECASE)
_TELLING: Final = frozenset("./\\;%?#")
_SLASHES: Final = frozenset("\u2044\u2215\u29f8")
"""Characters that a server with an old character set may take for a slash."""
_PUBLIC_VARIABLES: Final = ("JUPYTERHUB_PUBLIC_URL", "JUPYTERHUB_PUBLIC_HUB_URL")
"""How people reach the hub."""
_API_VARIABLE: Final = "JUPYTERHUB_API_URL"
"""How programs do: at the same host, often at another port."""


def environment_token(url: str) -> Secret | None:
    """The token that the environment holds for this URL, or None."""
    operators = is_operators(url)
    if operators and (token := os.environ.get("TUTOR_CHAT_TOKEN")):
        return Secret(token)
    if is_plain(url):
        return None
    if (operators and os.environ.get("TUTOR_CHAT_HUB_TOKEN") == "1") or _is_hub_service(url):
        token = os.environ.get("JUPYTERHUB_API_TOKEN")
        return Secret(token) if token else None
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
    public = [urlsplit(hub) for name in _PUBLIC_VARIABLES if (hub := _address(name)) is not None]
    api = _address(_API_VARIABLE)
    hubs = public if api is None else [*public, urlsplit(api)]
    if public or is_local(url):
        # Others may listen on the machine's other ports.
        return any(_origin(hub) == _origin(there) for hub in hubs)
    return any(ascii_host(hub) == ascii_host(there) for hub in hubs)


def _address(variable: str) -> str | None:
    """The URL that an environment variable holds; None if it holds none."""
    try:
        return parse(os.environ.get(variable, ""))
    except InvalidURL:
        return None


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    default = 443 if parts.scheme == "wss" else 80
    return parts.scheme, ascii_host(parts) or "", default if parts.port is None else parts.port


def _is_path_below(path: str, base: str) -> bool:
    segments, above = _segments(path), _segments(base)
    return segments is not None and above is not None and segments[: len(above)] == above


def _segments(path: str) -> list[str] | None:
    """The names in the path, decoded until nothing changes; None if it is ambiguous.

    A slash at the end adds none.
    """
    for _ in range(LAYERS):
        if _is_ambiguous(path):
            return None
        try:
            # Half a character, as in bytes of the environment that are no text, raises as well.
            decoded = unquote_to_bytes(path).decode()
        except UnicodeError:
            return None
        if decoded == path:
            segments = path.rstrip("/").split("/")
            # Some systems leave out dots and spaces at the end of a name.
            return None if any(name and not name.strip(" .") for name in segments) else segments
        path = decoded
    return None


def _is_ambiguous(text: str) -> bool:
    if text.isascii():
        return _AMBIGUOUS.search(text) is not None
    others = {character for character in text if not character.isascii()}
    normal = {part for one in others for part in unicodedata.normalize("NFKC", one)}
    return bool(others & _SLASHES or normal & _TELLING or _AMBIGUOUS.search(text))
