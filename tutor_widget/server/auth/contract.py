"""What the server needs of an authenticator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

__all__ = ["Account", "Authenticator", "Closer", "Denied"]


@dataclass(frozen=True, slots=True)
class Account:
    """The learner that credentials prove. ``name`` is ``""`` where there are no accounts."""

    name: str
    groups: frozenset[str] = frozenset()
    until: float | None = None
    """When the credentials expire, in seconds as of ``time.time()``: then the server closes the
    connection with 4401, and the client asks for new ones. None if they do not expire."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The handshake is refused with this HTTP status.

    ``reason`` is a sentence for people. It is sent to the client, so it holds no secret.
    ``retry_after`` is in seconds; None if a later attempt is no better.
    """

    status: int
    reason: str
    retry_after: float | None = None


class Authenticator(Protocol):
    """Maps the credentials of a handshake to an account."""

    @property
    def has_accounts(self) -> bool:
        """Whether accounts tell learners apart; else only the session's id does.

        It stays the same while the server runs.
        """

    async def authenticate(self, headers: Mapping[str, str]) -> Account | Denied:
        """The account that the headers of a handshake prove, or why it is refused.

        The mapping ignores the case of names. A header that occurs several times is one value, with
        commas (RFC 9110 §5.3). An exception is answered 503 with ``Retry-After``: a failure here is
        the server's fault, not the client's. The handshake ends after 10 s in any case.
        """


@runtime_checkable
class Closer(Protocol):
    """An authenticator that has something to give back."""

    async def close(self) -> None:
        """Called once, when the server begins no more handshakes. Those under way should end."""
