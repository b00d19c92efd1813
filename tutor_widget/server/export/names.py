"""What stands for a learner in an export: pseudonyms, or the real names."""

from __future__ import annotations

from typing import Any

from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.store import Listed

__all__ = ["Names"]


class Names:
    """Pseudonyms, the same as in the log; with ``real`` accounts, ids of sessions and authors."""

    def __init__(self, pseudonyms: Pseudonyms, *, real: bool = False) -> None:
        self._pseudonyms = pseudonyms
        self._real = real

    def account(self, session: Listed) -> str | None:
        """None where there are no accounts."""
        if self._real:
            return session.account or None
        return self._pseudonyms.of_account(session.account)

    def session(self, session: Listed) -> str:
        """The id, which may be all that protects the session, or what stands for it in the log."""
        if self._real:
            return session.name
        return self._pseudonyms.of_session(session.account, session.name)

    def author(self, by: str | None) -> str | None:
        """The person who wrote a notice. Without real names nobody."""
        return by if self._real else None

    def record(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record of an answer. Without real names a pseudonym says who has approved it."""
        approved = record.get("approved")
        if self._real or not isinstance(approved, dict) or not (by := approved.get("by")):
            return record
        return {**record, "approved": {**approved, "by": self._pseudonyms.of_account(by)}}
