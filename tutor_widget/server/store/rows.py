"""What the engines have in common: how records are written in rows, and when a lease is free."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from tutor_widget.wire import Event

from .lease_owner import is_gone
from .records import Answer, Entry, Listed, Report, SessionKey

__all__ = [
    "EVENT",
    "REPORT",
    "Lease",
    "approved",
    "entry_of",
    "event_of",
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
    for column in ("reason", "at")
)
"""Beside the columns of an event: reason and time of its report."""
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


def entry_of(
    key: SessionKey,
    event: Event,
    context: str | None,
    record: str | None,
    reason: str | None,
    reported_at: int | None,
) -> Entry:
    """The event with its columns ``context``, ``record`` and `REPORT`."""
    report = None if reported_at is None else Report(key, event.id, reason, reported_at)
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


def approved(stored: str, re: str, is_stopped: bool, text: str | None) -> Answer:
    """The answer to ``re`` that is written when a person approves the held one.

    ``stored`` is the held answer as JSON, ``text`` the person's own text, if there is one.
    """
    held = msgspec.json.decode(stored, type=Answer)
    if is_stopped:
        return Answer(held.id, re, "", "stopped", record=held.record)
    if text is None:
        return held
    return Answer(held.id, re, text, held.status, held.state, held.record)


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
