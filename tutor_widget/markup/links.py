"""Where a link leads."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from .code import visible


def is_safe(address: str) -> bool:
    """Whether a link may have this address."""
    return re.match(r"(?:https?:|mailto:)", address, re.IGNORECASE) is not None


_DOTS: Final = re.compile("[\u2024\u3002\ua4f8\ufe52\uff0e\uff61]")
"""What looks like the dot in a host's name; some are read as one (UTS 46)."""
_NAME: Final = re.compile(r"[^\W_](?:[\w.-])*")
_HOST: Final = re.compile(r"\d+(?:\.\d+){3}|.*\.[^\W\d_][\w-]+")
_LONGEST_HOST: Final = 253


def misnamed(text: str, href: str) -> str | None:
    """The host or mail address of `href`, if the link's text names another host; else None."""
    try:
        url = urlsplit(href)
        is_mail = url.scheme == "mailto"
        own = url.path.rpartition("@")[2] if is_mail else url.hostname or ""
    except ValueError:
        return None
    if text == href and "@" not in url.netloc:
        return None
    seen = _DOTS.sub(".", visible(text))
    names = (name for word in seen.split() for name in _hosts(word))
    if all(_looked_up(name) == _looked_up(own) for name in names):
        return None
    return url.path if is_mail else url.netloc.rpartition("@")[2]


def _hosts(word: str) -> list[str]:
    """The hosts that a word names, but for what is behind the first: a path."""
    for piece in re.split(r"[/?#\\]", word):
        names = [name.rstrip(".-") for name in _NAME.findall(piece)]
        if hosts := [n for n in names if len(n) <= _LONGEST_HOST and _HOST.fullmatch(n)]:
            return hosts
    return []


def _looked_up(host: str) -> str:
    name = host.lower().removeprefix("www.")
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name
