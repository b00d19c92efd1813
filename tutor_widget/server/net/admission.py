"""Which session a client may open, how much it may do there, and how it is turned away.

Without accounts the id of a session is the key to it, so it must not be guessable.
"""

from __future__ import annotations

from typing import Final

from tutor_widget.server.limits import AccountLimits
from tutor_widget.server.sessions.listener import Dropped
from tutor_widget.server.sessions.registry import NotAdmitted
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import Erased, Full

__all__ = ["ERASED", "Admission", "Refusal", "refusal_of"]

_UNGUESSABLE: Final = 22
"""Characters of 128 random bits in base64url: the least length of an id without accounts."""


Refusal = tuple[int, str]
"""The code and the reason with which a connection is closed. A reason has at most 123 bytes."""
ERASED: Final[Refusal] = (4410, "this conversation was deleted")


class Admission:
    """The rules for all connections of one server."""

    def __init__(self, settings: Settings, *, has_accounts: bool) -> None:
        self.limits = AccountLimits(settings.rate, settings.new_sessions, has_accounts=has_accounts)
        self._least_id = 1 if has_accounts or settings.single_user else _UNGUESSABLE

    def refusal(self, session: str) -> Refusal | None:
        """Why the id of a session is refused, or None. What the client shows is this sentence."""
        if len(session) >= self._least_id:
            return None
        return 4403, (
            f"session ids need {_UNGUESSABLE} characters here: leave session= out, or serve with "
            "accounts or --single-user"
        )


def refusal_of(outcome: Erased | Full | NotAdmitted | Dropped) -> Refusal:
    """How a connection is closed that gets no session, or whose session has dropped it."""
    match outcome:
        case Erased() | Dropped.ERASED:
            return ERASED
        case Dropped.EXPIRED:
            return 1012, "this conversation was not used for long, and begins anew"
        case Dropped.REPLACED:
            return 4409, "a newer connection of this client has taken over"
        case Dropped.CROWDED:
            return 4429, "too many connections share this session"
        case Full():
            return 4429, "this account has as many conversations as it may have: delete one first"
        case NotAdmitted():
            return 4429, "too many new conversations at once: try again in a few minutes"
