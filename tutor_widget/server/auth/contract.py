"""What the server needs of an authenticator."""

from __future__ import annotations

from typing import Final, Protocol

__all__ = ["SHARED", "Authenticator"]

SHARED: Final = ""
"""The account of everyone where there are no accounts."""


class Authenticator(Protocol):
    """Maps the credentials of a handshake to an account."""

    @property
    def has_accounts(self) -> bool:
        """Whether accounts tell learners apart; else only the session's id does."""

    def account(self, authorization: str | None) -> str | None:
        """The account that the header ``Authorization`` proves, or None to answer 401.

        An exception is answered 503: a failure here is the server's fault, not the client's.
        """
