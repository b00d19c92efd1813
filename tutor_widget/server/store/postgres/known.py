"""What the log has of the ids that a batch asks for, read at once for all its frequent calls.

Only of sessions that the transaction has locked, so nobody else changes it meanwhile. Each call
notes what it changes, for those behind it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from tutor_widget.server.store.records import SessionKey
from tutor_widget.wire import Event

from .connections import escape
from .transaction import Transaction, columns

__all__ = ["Known", "read_known"]

_NOBODY: Final = (0, "", True)  # `columns` needs a row
_KNOWN: Final = (
    "SELECT n.session, n.id, EXISTS (SELECT FROM waiting WHERE waiting.session = n.session),"
    " EXISTS (SELECT FROM waiting WHERE waiting.session = n.session AND waiting.id = n.id),"
    " w.id IS NOT NULL, e.seq, e.id, e.role, e.text, e.at, e.status, e.re, e.author"
    " FROM unnest($1::bigint[], $2::text[], $3::boolean[]) AS n (session, id, is_answered)"
    " LEFT JOIN events AS e ON NOT n.is_answered AND e.session = n.session AND e.id = n.id"
    " LEFT JOIN withdrawn AS w ON NOT n.is_answered AND w.session = n.session AND w.id = n.id"
    " UNION ALL SELECT NULL, name, false, false, false, sum(bytes)::bigint,"
    " NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM accounts WHERE name = ANY($4) GROUP BY name"
)
"""A row for each id, and one without a session for each account that stores something."""


class Known:
    """What is known of some ids, each of a session."""

    def __init__(self) -> None:
        self.events: dict[tuple[SessionKey, str], Event] = {}
        self.withdrawn: set[tuple[SessionKey, str]] = set()
        self.waiting: set[tuple[SessionKey, str]] = set()
        """Messages that wait for an answer."""
        self.sessions: set[SessionKey] = set()
        """Sessions in which some message waits."""

    def is_settled(self, key: SessionKey, message_id: str) -> bool:
        """Whether the message is in the log, or never will be."""
        return (key, message_id) in self.events or (key, message_id) in self.withdrawn


async def read_known(
    tx: Transaction,
    sent: Collection[tuple[SessionKey, str]],
    answered: Collection[tuple[SessionKey, str]],
    accounts: Collection[str] = (),
) -> Known:
    """Read what the log has of ids that are sent, and whether those to be answered wait.

    How many bytes the ``accounts`` store becomes `Transaction.stored`, in the same round trip.
    """
    known = Known()
    tx.stored |= dict.fromkeys(accounts, 0)
    ids = [(*one, False) for one in sent] + [(*one, True) for one in answered]
    if not ids and not accounts:
        return known
    names = list(map(escape, accounts))
    rows = await tx.db.fetch(_KNOWN, *columns(ids or [_NOBODY]), names)
    for key, name, session_waits, waits, is_withdrawn, seq, *event in rows:
        if key is None:
            tx.stored[name] = seq
            continue
        if session_waits:
            known.sessions.add(key)
        if waits:
            known.waiting.add((key, name))
        if is_withdrawn:
            known.withdrawn.add((key, name))
        if seq is not None:
            known.events[key, name] = Event(seq, *event)
    return known
