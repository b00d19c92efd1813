"""What the engines have in common: how records are written in rows, and when a lease is free."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from tutor_widget.wire import Event

from .lease_owner import is_gone
from .records import Answer, Entry, HeldAnswer, Listed, Report, ReportState, SessionKey

__all__ = [
    "EVENT",
    "HELD",
    "REPORT",
    "HeldRow",
    "Lease",
    "Owner",
    "approved",
    "deadline",
    "entry_of",
    "event_of",
    "held_answer",
    "is_free",
    "listed",
    "page",
    "size",
    "to_json",
    "to_object",
]

EVENT: Final = "seq, id, role, text, at, status, re, author"
"""The columns of an `Event`, in the order of its fields."""
REPORT: Final = ", ".join(
    f"(SELECT reports.{column} FROM reports WHERE reports.session = events.session"  # noqa: S608
    " AND reports.event = events.id)"
    for column in ("reason", "at", "state", "shared")
)
"""Beside the columns of an event: those of its report."""
HELD: Final = "held, stopped, held_until, otherwise"
"""The columns of a `HeldRow`, in the order of its fields."""
_MOST_ESCAPED: Final = 6
"""Bytes that one code point may take in JSON, such as ``\\u0000``."""
_MOST_AROUND: Final = 1024
"""Bytes that an event may take in JSON beside its text."""
_LISTED_AT_ONCE: Final = 500
"""Sessions that one read lists at most."""
_objects: Final = msgspec.json.Decoder(dict[str, Any])


def to_json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def to_object(text: str | None) -> dict[str, Any]:
    return _objects.decode(text) if text else {}


def size(text: str, context: str | None) -> int:
    """Bytes of UTF-8 that count for the account."""
    return len(text.encode()) + len((context or "").encode())


def event_of(seq: int, at: int, columns: Mapping[str, Any]) -> Event:
    """The event that these columns of its row, and its number and time, make."""
    return Event(
        seq,
        columns["id"],
        columns["role"],
        columns["text"],
        at,
        columns["status"],
        columns.get("re"),
        columns.get("author"),
    )


class Owner(NamedTuple):
    """Whose a session is: its account, and the groups that this was in when it began."""

    account: str
    groups: frozenset[str]


def entry_of(
    key: SessionKey,
    owner: Owner,
    event: Event,
    context: str | None,
    record: str | None,
    reason: str | None,
    reported_at: int | None,
    state: ReportState,
    shared: bool,
) -> Entry:
    """The event with its columns ``context``, ``record`` and `REPORT`."""
    report = None
    if reported_at is not None:
        report = Report(key, event.id, reason, reported_at, state, bool(shared), *owner)
    return Entry(event, to_object(context), to_object(record), report)


def page(rows: Iterable[Iterable[Any]], most: int) -> list[Event]:
    """The events of the rows, up to the one with which they exceed ``most`` bytes of JSON.

    Each is encoded again when it is sent. So none is encoded here while a bound says that they fit.
    """
    events: list[Event] = []
    at_least = left = most
    for row in rows:
        event = Event(*row)
        events.append(event)
        if at_least > 0:
            at_least -= _MOST_ESCAPED * len(event.text) + _MOST_AROUND
            if at_least > 0:
                continue
            left -= sum(map(_json_size, events))
        else:
            left -= _json_size(event)
        if left <= 0:
            break
    return events


def _json_size(event: Event) -> int:
    return len(msgspec.json.encode(event)) + 1


class HeldRow(NamedTuple):
    """The columns of a held answer in ``waiting``: `HELD`."""

    held: str
    """The answer as JSON."""
    is_stopped: bool
    until: int | None
    otherwise: str | None

    def text_for(self, by: str | None, now: int) -> str | None:
        """The text for an approval without one; None for the held text."""
        is_over = self.until is not None and self.until <= now
        return self.otherwise if by is None and is_over else None


def approved(row: HeldRow, re: str, text: str | None, by: str | None, now: int) -> Answer:
    """The answer to ``re`` that is written when the held one is approved at the time ``now``.

    ``text`` is the person's own text, if there is one, and ``by`` the person.
    """
    held = msgspec.json.decode(row.held, type=Answer)
    if row.is_stopped:
        return Answer(held.id, re, "", "stopped", record=held.record)
    if text is None:
        text = row.text_for(by, now)
    is_edited = text is not None and text != held.text
    record = {**held.record, "approved": {"by": by, "edited": is_edited}}
    text = held.text if text is None else text
    return Answer(held.id, re, text, held.status, held.state, record)


def held_answer(
    key: SessionKey,
    name: str,
    owner: Owner,
    re: str,
    question: str,
    stored: str,
    at: int,
    until: int | None,
) -> HeldAnswer:
    """The held answer ``stored``, as JSON, with what is kept beside it."""
    held = msgspec.json.decode(stored, type=Answer)
    return HeldAnswer(
        key, owner.account, name, owner.groups, re, question, held.text, held.record, at, until
    )


def deadline(now: int, seconds: float | None) -> int | None:
    """The time so many seconds after ``now``; None: never."""
    return None if seconds is None else now + round(seconds * 1000)


class Lease(msgspec.Struct, frozen=True):
    """What a node writes for a lease that it takes: its name, and for how long (ms)."""

    owner: str
    duration: int

    def values(self, now: int) -> tuple[str, int]:
        """Owner and end of the lease if it is taken at the time ``now``."""
        return self.owner, now + self.duration


def is_free(owner: str | None, until: int, now: int) -> bool:
    """Whether nobody has the lease: it has expired, or its owner's process has ended."""
    return owner is None or until <= now or is_gone(owner)


async def listed(
    read: Callable[[int, int], Awaitable[Sequence[Listed]]],
) -> AsyncIterator[Listed]:
    """Yield all sessions in the order of their keys. ``read(after, limit)`` reads some of them."""
    after = 0
    while True:
        found = await read(after, _LISTED_AT_ONCE)
        for session in found:
            yield session
        if len(found) < _LISTED_AT_ONCE:
            return
        after = found[-1].key
