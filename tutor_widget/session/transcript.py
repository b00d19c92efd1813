"""The part of the session's log that this client holds, with the state and the reply under way.

The server's log is the truth; this is a view of it that is either right or empty. A frame that does
not fit the held events raises `Contradiction`, and the session reconnects without a prefix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from tutor_widget.wire import MAX_REPLY, Answering, Delta, Event, Older, Page, Welcome

MAX_HELD: Final = 16 << 20
"""Bytes of text that are held at most, whatever the number of events."""


Fault = Literal[
    "early_frame",  # before the welcome
    "second_welcome",
    "other_session",
    "other_account",  # resumed the log of another account
    "other_place",  # resumed at another place than requested
    "shorter_log",  # than what the server sent before
    "first_behind_last",
    "other_event",  # under a known number
    "hole",  # between two events
    "repeated_event",  # one id under two numbers
    "page_too_long",
    "page_misfit",  # older events that do not fit before the first one held
    "reply_middle",  # without its beginning
    "reply_endless",
]
"""What does not fit, for the argument ``fault`` of the code ``log_mismatch``."""


class Contradiction(Exception):
    """The server sent what cannot be true of the held log."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Final = fault


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply under way. ``place``: while its message waits, its position in the queue. ``held``:
    it is written, and waits for a person's approval."""

    re: str
    id: str = ""
    text: str = ""
    place: int | None = None
    held: bool = False

    @property
    def is_under_way(self) -> bool:
        """Whether the tutor writes it now: it neither waits for its turn nor for approval."""
        return self.place is None and not self.held


class Transcript:
    """Events without holes, the session's state, and the reply under way."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.epoch: str | None = None
        self.account: str | None = None
        """The account that the log belongs to; None: the server named none."""
        self.events: list[Event] = []
        self.more = False  # the server has events before the first held
        self.state: dict[str, Any] = {}
        self.rev: int | None = None
        """The revision of the state; None: no server has sent one."""
        self.reply: Reply | None = None
        self._held = 0  # bytes of the events' texts
        self._limit = 0  # of the requested page
        self._asked: int | None = None  # events before this one were requested
        self._is_reading = False  # … to be read, and not held
        self._last = 0  # seq of the newest event held, or of the one before the first expected
        self._seq_of: dict[str, int] = {}

    @property
    def last(self) -> int:
        """The newest ``seq`` held."""
        return self._last

    @property
    def _first(self) -> int:
        return self._last + 1 - len(self.events)

    def holds(self, id: str) -> bool:
        """Whether an event of this id is held."""
        return id in self._seq_of

    def find(self, id: str) -> Event | None:
        """The event of this id, if it is held."""
        seq = self._seq_of.get(id)
        return None if seq is None else self.events[seq - self._first]

    def is_before(self, seq: int) -> bool:
        """Whether an event of this number would stand before those held."""
        return seq < self._first

    def answers(self, re: str) -> bool:
        """Whether the answer to ``re`` is held."""
        return any(event.re == re for event in self.events)

    def offer(self) -> tuple[str | None, int | None, str | None]:
        """``epoch``, ``after``, ``last`` for a hello: the prefix held, or three times None."""
        if self.epoch is None or (self._last and not self.events):
            return None, None, None
        return self.epoch, self._last, self.events[-1].id if self.events else None

    def distrust(self) -> None:
        """Keep the held events on show, but never offer them to a server again."""
        self.epoch = None

    def welcomed(self, welcome: Welcome, *, resumed: bool) -> None:
        """Take a welcome. It resumes the offered prefix, or drops it. Raises Contradiction."""
        if resumed:
            if welcome.epoch != self.epoch or welcome.first != self._last + 1:
                raise Contradiction("other_place")
            if welcome.seq < self._last or welcome.rev < (self.rev or 0):
                raise Contradiction("shorter_log")
        elif welcome.first > welcome.seq + 1:
            raise Contradiction("first_behind_last")
        else:
            self.events, self._seq_of, self._held = [], {}, 0
            self._last = welcome.first - 1
            self.more = welcome.first > 1
        self.epoch, self.account = welcome.epoch, welcome.account
        self.state, self.rev = welcome.state, welcome.rev
        if welcome.answering is None:
            self.reply = None
        elif self.reply is None or self.reply.re != welcome.answering:
            self.reply = Reply(welcome.answering)

    def add(self, event: Event) -> bool:
        """Take an event; False if it was known already. Raises Contradiction."""
        if event.seq <= self._last:
            held = event.seq - self._first
            if held >= 0 and self.events[held].id != event.id:
                raise Contradiction("other_event")
            return False
        if event.seq != self._last + 1:
            raise Contradiction("hole")
        if event.id in self._seq_of:
            raise Contradiction("repeated_event")
        self.events.append(event)
        self._held += size_of(event)
        self._seq_of[event.id] = self._last = event.seq
        if self.reply is not None and self.reply.re == event.re:
            self.reply = None
        self._trim()
        return True

    def _trim(self) -> None:
        surplus = max(0, len(self.events) - self.bound)
        excess = self._held - MAX_HELD - sum(map(size_of, self.events[:surplus]))
        while excess > 0 and surplus < len(self.events) - 1:
            excess -= size_of(self.events[surplus])
            surplus += 1
        if surplus > 0:
            for event in self.events[:surplus]:
                del self._seq_of[event.id]
                self._held -= size_of(event)
            del self.events[:surplus]
            self.more = True

    def ask_older(self, limit: int, before: int | None = None) -> Older:
        """The request whose answer `add_page` takes; with ``before``, `read_page`."""
        self._is_reading = before is not None
        self._asked, self._limit = self._first if before is None else before, limit
        return Older(self._asked, limit)

    def is_read_only(self, page: Page) -> bool:
        """Whether this page is the answer that `read_page` takes."""
        return self._is_reading and page.before == self._asked

    def read_page(self, page: Page) -> tuple[tuple[Event, ...], bool]:
        """The events of a page, which are not held, and whether there are some before them.

        Raises Contradiction.
        """
        self._check_page(page)
        return tuple(page.events), page.more and bool(page.events)

    def add_page(self, page: Page) -> list[Event] | None:
        """Put older events before the first one held; return those kept.

        None if they were not requested. Raises Contradiction.
        """
        first = self._first
        if self._is_reading or not page.before == self._asked == first:
            return None  # requested before a reset, or twice
        older = self._check_page(page)
        self.events[:0] = page.events
        self._seq_of |= older
        self._held += sum(map(size_of, page.events))
        self.bound = max(self.bound, len(self.events))
        self.more = page.more and bool(older)
        first -= len(older)
        self._trim()
        return page.events[self._first - first :]

    def _check_page(self, page: Page) -> dict[str, int]:
        """The ``seq`` by id of a page that was requested, once. Raises Contradiction."""
        self._asked = None
        if len(page.events) > max(1, self._limit):
            raise Contradiction("page_too_long")
        older = {event.id: event.seq for event in page.events}
        expected = range(page.before - len(page.events), page.before)
        if list(older.values()) != list(expected) or not older.keys().isdisjoint(self._seq_of):
            raise Contradiction("page_misfit")
        return older

    def set_state(self, rev: int, state: dict[str, Any]) -> bool:
        """Take a state; False if it is not newer than the one held."""
        if self.rev is not None and rev <= self.rev:
            return False
        self.rev, self.state = rev, state
        return True

    def answering(self, frame: Answering) -> None:
        """The reply to ``re`` has begun, or waits in the server's queue."""
        reply, new = self.reply, Reply(frame.re, place=frame.place, held=bool(frame.held))
        if reply is not None:
            waits_behind = new.re != reply.re and new.place is not None and reply.place is None
            known = (new.re, new.place, new.held) == (reply.re, reply.place, reply.held)
            if waits_behind or known:
                return
        self.reply = new

    def extend(self, delta: Delta) -> None:
        """Take a piece of the reply under way. Raises Contradiction."""
        reply = self.reply
        if delta.from_ == 0:
            text = delta.text
        elif (
            reply is None
            or (reply.id, reply.re) != (delta.id, delta.re)
            or delta.from_ > len(reply.text)
        ):
            raise Contradiction("reply_middle")
        else:
            text = reply.text[: delta.from_] + delta.text
        if len(text) > MAX_REPLY:
            raise Contradiction("reply_endless")
        self.reply = Reply(delta.re, delta.id, text)


def size_of(event: Event) -> int:
    """Bytes of an event's text in memory."""
    return event.text.__sizeof__()
