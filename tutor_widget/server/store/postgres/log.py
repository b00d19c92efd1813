"""The log of a session: its events, the learner's messages, and the ids that are never written.

Functions that take a `Transaction` write, those that take a connection only read. A session that
does not exist is `Erased`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from tutor_widget.server.store.records import Claim, Erased, Kept, Message, Outcome, SessionKey
from tutor_widget.server.store.rows import EVENT, Lease, event_of, page, size, to_json, to_object
from tutor_widget.wire import Event

from .connections import Reads
from .known import Known
from .transaction import Session, Transaction, columns

__all__ = [
    "Append",
    "append_all",
    "exists",
    "find",
    "read",
    "read_before",
    "withdraw",
    "write_event",
    "write_notice",
    "write_stop",
]

_E: Final = "e.seq, e.id, e.role, e.text, e.at, e.status, e.re, e.author"
_FIND: Final = (
    f"SELECT {_E}, w.id IS NOT NULL FROM sessions AS s"  # noqa: S608
    " LEFT JOIN events AS e ON e.session = s.key AND e.id = $2"
    " LEFT JOIN withdrawn AS w ON w.session = s.key AND w.id = $2 WHERE s.key = $1"
)
_PAGE: Final = (
    f"SELECT {EVENT} FROM (SELECT *, sum(octet_length(text)) OVER (ORDER BY seq {{order}})"  # noqa: S608
    " - octet_length(text) AS before FROM (SELECT * FROM events WHERE session = $1 AND {range}"
    " ORDER BY seq {order} LIMIT $3) AS found) AS summed WHERE before < $4 ORDER BY seq {order}"
)
"""As many rows as JSON of ``$4`` bytes can hold, so that no more is sent than a page needs."""
_EVENTS: Final = (
    "session",
    "seq",
    "id",
    "role",
    "text",
    "at",
    "status",
    "re",
    "author",
    "context",
    "shown_rev",
    "lang",
    "record",
)


class Append(Struct, frozen=True):
    """A call of `Store.append`."""

    key: SessionKey
    message: Message
    most_bytes: int
    behind: str | None
    lease: Lease | None

    def ids(self) -> Iterator[tuple[SessionKey, str]]:
        """What has to be known of: the message, and the one that it must not overtake."""
        yield self.key, self.message.id
        if self.behind is not None:
            yield self.key, self.behind


def append_all(tx: Transaction, known: Known, calls: Sequence[Append]) -> list[Outcome | Erased]:
    """Write the messages in the order of the calls. Their sessions are loaded, their ids known."""
    appends = _Appends(tx, known)
    outcomes = [appends.decide(call) for call in calls]
    appends.write()
    return outcomes


class _Appends:
    """Decides what becomes of each message, by what is known of the sessions."""

    def __init__(self, tx: Transaction, known: Known) -> None:
        self._tx = tx
        self._known = known
        self._events: list[tuple[Any, ...]] = []
        self._waits: list[tuple[SessionKey, int, str, int]] = []

    def decide(self, call: Append) -> Outcome | Erased:
        message, tx = call.message, self._tx
        if (session := tx.sessions.get(call.key)) is None:
            return Erased()
        if (event := self._known.events.get((call.key, message.id))) is not None:
            return Kept(event, fresh=False) if event.text == message.text else "conflict"
        if (call.key, message.id) in self._known.withdrawn:
            return "withdrawn"
        # Whatever the size of the message: else a shorter one might overtake one that was refused.
        stored = tx.stored.get(session.account, 0) + tx.growth(session.account)
        if call.most_bytes and stored >= call.most_bytes:
            return "full"
        if call.behind is not None and not self._known.is_settled(call.key, call.behind):
            return "full"
        return self._keep(session, call)

    def write(self) -> None:
        if not self._events:
            return
        self._tx.defer(
            "INSERT INTO events (session, seq, id, role, text, at, status, context, shown_rev,"
            " lang) SELECT session, seq, id, 'learner', text, at, 'complete', context, shown_rev,"
            " lang FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[],"
            " $6::text[], $7::bigint[], $8::text[])"
            " AS n (session, seq, id, text, at, context, shown_rev, lang)",
            *columns(self._events),
        )
        self._tx.defer(
            "INSERT INTO waiting (session, seq, id, attempts)"
            " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::integer[])",
            *columns(self._waits),
        )

    def _keep(self, session: Session, call: Append) -> Kept:
        tx, key, message = self._tx, call.key, call.message
        context = to_json(message.context) if message.context else None
        more = size(message.text, context)
        seq = session.advance(tx.now, more)
        tx.grow(session.account, more)
        tx.changed(key)
        event = Event(seq, message.id, "learner", message.text, tx.now, "complete")
        self._known.events[key, message.id] = event
        row = (key, seq, message.id, message.text, tx.now, context, message.rev, message.lang)
        self._events.append(row)
        # Where no message waits, nobody has the lease.
        lease = None if key in self._known.sessions else call.lease
        self._known.sessions.add(key)
        self._waits.append((key, seq, message.id, 0 if lease is None else 1))
        if lease is None:
            return Kept(event, fresh=True)
        session.take(lease, tx.now)
        state = to_object(session.state)
        claim = Claim(key, session.fence, message, event, 1, False, state, session.rev)
        return Kept(event, fresh=True, claim=claim)


async def withdraw(tx: Transaction, key: SessionKey, message_id: str) -> Outcome | Erased:
    if (known := await find(tx.db, key, message_id)) is not None:
        return known
    await tx.db.execute("INSERT INTO withdrawn VALUES ($1, $2)", key, message_id)
    tx.changed(key)
    return "withdrawn"


async def write_stop(tx: Transaction, key: SessionKey, message_id: str) -> bool | Erased:
    if key not in tx.sessions:
        return Erased()
    update = "UPDATE waiting SET stopped = true WHERE session = $1 AND id = $2"
    if await tx.db.execute(update, key, message_id) == "UPDATE 0":
        return False
    tx.changed(key)
    return True


async def write_notice(
    tx: Transaction,
    key: SessionKey,
    notice_id: str,
    by: str | None,
    text: str,
    answers: str | None,
) -> Kept | Erased:
    if (session := tx.sessions.get(key)) is None:
        return Erased()
    query = f"SELECT {EVENT} FROM events WHERE session = $1 AND id = $2"  # noqa: S608
    if (row := await tx.db.fetchrow(query, key, notice_id)) is not None:
        return Kept(Event(*row), fresh=False)
    if answers is not None:
        update = "UPDATE reports SET state = 'answered' WHERE session = $1 AND event = $2"
        await tx.db.execute(update, key, answers)
    notice = {"id": notice_id, "role": "notice", "text": text, "status": "complete", "author": by}
    return Kept(await write_event(tx, session, notice), fresh=True)


async def write_event(tx: Transaction, session: Session, given: Mapping[str, Any]) -> Event:
    """Append to the log of the session.

    ``given`` are the columns of the event, beside its session, number and time.
    """
    more = size(given["text"], given.get("context"))
    seq = session.advance(tx.now, more)
    tx.grow(session.account, more)
    row = {**given, "session": session.key, "seq": seq, "at": tx.now}
    await tx.db.execute(_INSERT, *(row.get(name) for name in _EVENTS))
    tx.changed(session.key)
    return event_of(seq, tx.now, given)


_INSERT: Final = (
    f"INSERT INTO events ({', '.join(_EVENTS)})"  # noqa: S608
    f" VALUES ({', '.join(f'${number}' for number in range(1, len(_EVENTS) + 1))})"
)


async def find(
    db: Reads, key: SessionKey, message_id: str, text: str | None = None
) -> Outcome | Erased | None:
    if (row := await db.fetchrow(_FIND, key, message_id)) is None:
        return Erased()
    *event, is_withdrawn = row
    if event[0] is not None:
        known = Event(*event)
        return Kept(known, fresh=False) if text in (None, known.text) else "conflict"
    return "withdrawn" if is_withdrawn else None


async def read(
    db: Reads, key: SessionKey, after: int, limit: int, most: int
) -> Sequence[Event] | Erased:
    query = _PAGE.format(order="ASC", range="seq > $2")
    events = page(await db.fetch(query, key, after, limit, most), most)
    return events if events or await exists(db, key) else Erased()


async def read_before(
    db: Reads, key: SessionKey, before: int, limit: int, most: int
) -> Sequence[Event] | Erased:
    query = _PAGE.format(order="DESC", range="seq < $2")
    newest_first = page(await db.fetch(query, key, before, limit, most), most)
    return newest_first[::-1] if newest_first or await exists(db, key) else Erased()


async def exists(db: Reads, key: SessionKey) -> bool:
    return await db.fetchval("SELECT 1 FROM sessions WHERE key = $1", key) is not None
