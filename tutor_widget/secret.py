"""Secrets: tokens, and what may hold one, in a type that shows nothing."""

from __future__ import annotations

import hmac
from typing import Any, NoReturn, TypeVar, overload

T = TypeVar("T")

__all__ = ["Secret", "sealed"]


class Secret:
    """A text that no repr, traceback, copy or pickle shows. `reveal` returns it.

    It is equal to another of the same text, and to that text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text: only for where it is used."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        text = other._text if isinstance(other, Secret) else other
        if not isinstance(text, str):
            return NotImplemented
        ours, theirs = (one.encode("utf-8", "surrogatepass") for one in (self._text, text))
        return hmac.compare_digest(ours, theirs)

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise TypeError("A secret cannot be copied or pickled.")


@overload
def sealed(value: str | Secret) -> Secret: ...
@overload
def sealed(value: T) -> T | Secret: ...
def sealed(value: Any) -> Any:
    """A text as a secret; anything else as it is."""
    return Secret(value) if isinstance(value, str) else value
