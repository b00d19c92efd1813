"""Where the model's endpoint is, and how long it may take: checked when the server starts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import Final
from urllib.parse import SplitResult, urlsplit

from tutor_widget.network import is_loopback
from tutor_widget.secret import Secret
from tutor_widget.server.settings import BadSetting

__all__ = ["EndpointSettings"]

_KEY: Final = re.compile(r"[!-~]+")
_IN_NO_URL: Final = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_MODEL: Final = 200
_DURATIONS: Final = (
    "connect_timeout",
    "first_token_timeout",
    "token_timeout",
    "total_timeout",
    "breaker_seconds",
)


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Durations are in seconds. Raises BadSetting; its text quotes neither the key nor the URL.

    A token is a piece of content or of reasoning; what else the endpoint sends extends nothing.
    """

    model: str
    """The model's name, as the endpoint knows it."""
    url: str
    """The base URL, such as ``http://127.0.0.1:8000/v1``; ``/chat/completions`` is added."""
    api_key: Secret | None = None
    """None sends a placeholder. Spaces and line ends around the key are removed."""
    connect_timeout: float = 5.0
    """For a connection, TLS included."""
    first_token_timeout: float = 30.0
    """From a request to its first token; each try has it anew."""
    token_timeout: float = 30.0
    """From a token to the next."""
    total_timeout: float = 120.0
    """For the whole answer, over all tries and the waits between them."""
    breaker_failures: int = 5
    """So many answers in a row that the endpoint fails, and it is left alone …"""
    breaker_seconds: float = 30.0
    """… for so long."""

    def __post_init__(self) -> None:
        _check_model(self.model)
        _check_url(self.url)
        if self.key is not None and not _KEY.fullmatch(self.key.reveal()):
            raise BadSetting(
                "The key of the model's endpoint holds a space, a line end or another character "
                "that no key has. Look at $OPENAI_API_KEY, or at the file of the key."
            )
        for name in _DURATIONS:
            value = getattr(self, name)
            if not (_is_number(value) and isfinite(value) and value > 0):
                raise BadSetting(f"{name} is {value!r}: seconds, more than 0, are expected.")
        if type(self.breaker_failures) is not int or self.breaker_failures < 1:
            raise BadSetting(
                f"breaker_failures is {self.breaker_failures!r}: a whole number from 1 is expected."
            )

    @property
    def key(self) -> Secret | None:
        """The key as it is sent, or None if there is none."""
        text = self.api_key.reveal().strip() if self.api_key is not None else ""
        return Secret(text) if text else None

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine. Then no proxy is between."""
        return is_loopback(urlsplit(self.url).hostname or "")


def _check_model(model: str) -> None:
    if not model.strip() or len(model) > _LONGEST_MODEL or not model.isprintable():
        raise BadSetting(
            "The model's name is missing or is none: --model NAME, as the endpoint knows it."
        )


def _check_url(url: str) -> None:
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSetting(
            "The address of the model's endpoint is not one that begins with http:// or https://, "
            "as http://127.0.0.1:8000/v1 does. Look at --model-url, or at $OPENAI_BASE_URL."
        )
    if "@" in parts.netloc:
        raise BadSetting(
            "The address of the model's endpoint must hold no user and no password: they would "
            "take the key's place. Put the key into $OPENAI_API_KEY or into a file."
        )
    if parts.query or parts.fragment:
        raise BadSetting(
            "The address of the model's endpoint must end with its path, as /v1: nothing from a "
            "? or # on is sent."
        )


def _split(url: str) -> SplitResult | None:
    """The parts of a URL with a port that there can be, or None."""
    if _IN_NO_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
