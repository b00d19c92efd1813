"""What a store keeps and returns, as frozen records. Times are Unix milliseconds (int).

They are structs, because a message makes eight of them, and a frozen dataclass takes ten times as
long to make.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import Struct, field

from tutor_widget.wire import Event

__all__ = [
    "ALL",
    "All",
    "Answer",
    "Answered",
    "Busy",
    "Claim",
    "Entry",
    "Erased",
    "Full",
    "Head",
    "Held",
    "HeldAnswer",
    "Kept",
    "Listed",
    "Message",
    "Outcome",
    "Publication",
    "Report",
    "ReportState",
    "SessionKey",
    "Spent",
    "Usage",
]

SessionKey = int
"""The number of a session in its store. Never used again, also after the session was erased."""


class _Record(Struct, frozen=True, gc=False):
    # Not tracked by the garbage collector: what a store reads holds no cycle.
    pass


class Erased(_Record, frozen=True):
    """The session does not exist any more: it was erased, or its retention ended."""


class Full(_Record, frozen=True):
    """The account has as many sessions as it may have. Nothing was written."""


class Head(_Record, frozen=True):
    """The head of a session: the last ``seq`` of its log, its state, and what waits in it."""

    key: SessionKey
    epoch: str
    seq: int
    state: dict[str, Any]
    rev: int
    waiting: tuple[str, ...] = ()
    """Ids of the learner's messages without an answer, oldest first."""
    stopped: frozenset[str] = frozenset()
    """Those of them for which the learner pressed Stop."""
    held: str | None = None
    """The oldest of them, if its answer is written and waits for a person's approval."""


class Message(_Record, frozen=True):
    """A learner's message. All of it is kept, for an answer that is generated again."""

    id: str
    text: str
    context: dict[str, Any] = field(default_factory=dict)
    rev: int | None = None
    """The revision of the state that was shown when it was written (`Send.rev`)."""
    lang: str | None = None
    """The language of the learner's interface, BCP 47 (`Hello.lang`)."""


class Claim(_Record, frozen=True):
    """The oldest message without an answer. The lease of its session was taken to answer it."""

    key: SessionKey
    fence: int
    """Grows with each claim in the session. An older claim can write nothing any more, nor can one
    that has given its lease back."""
    message: Message
    event: Event
    attempt: int
    """1 for the first. Counted durably, so that a message that kills its server is given up."""
    stopped: bool
    """Whether the learner pressed Stop before the answer began."""
    state: dict[str, Any]
    rev: int


class Kept(_Record, frozen=True):
    """The message is in the log as ``event``. ``fresh``: this call wrote it."""

    event: Event
    fresh: bool
    claim: Claim | None = None
    """The claim that was taken with it, if one was asked for and could be taken."""


Outcome = Kept | Literal["conflict", "withdrawn", "full"]
"""The outcome of an append or a withdrawal. ``conflict``: another text has this id. ``full``: the
account's storage is used up, and nothing was written."""


class Busy(_Record, frozen=True):
    """A claim has the lease of this session. Claim again after ``seconds`` at the latest."""

    seconds: float


class Held(_Record, frozen=True):
    """The answer to the oldest waiting message ``re`` waits for a person's approval."""

    re: str


class HeldAnswer(_Record, frozen=True):
    """An answer that is written, and waits for a person's approval."""

    key: SessionKey
    account: str
    name: str
    groups: frozenset[str]
    re: str
    """The id of the learner's message that it answers."""
    question: str
    """The text of that message."""
    text: str
    record: dict[str, Any]
    at: int
    """When it was held."""
    until: int | None
    """When it goes out by itself. None: it waits without end."""


class Usage(_Record, frozen=True):
    """Tokens that an answer has used. ``day`` is a UTC date, such as ``2026-11-29``."""

    day: str
    prompt: int = 0
    completion: int = 0


class Spent(_Record, frozen=True):
    """The tokens that an account has used on a day, and the groups that it is in."""

    tokens: int = 0
    groups: frozenset[str] = frozenset()


class Answer(_Record, frozen=True):
    """A tutor's message to be written. ``state`` is the session's new state, None if unchanged."""

    id: str
    re: str
    text: str
    status: Literal["complete", "stopped", "failed"]
    state: dict[str, Any] | None = None
    record: dict[str, Any] = field(default_factory=dict)
    """What is known of how it came about (step, hints, tokens, model …). Never on the wire."""
    usage: Usage | None = None
    """Added to the account's usage in the same transaction; without accounts, to the session's."""


class Answered(_Record, frozen=True):
    """The event that was written, and the revision of the state after it."""

    event: Event
    rev: int


ReportState = Literal["open", "answered", "closed"]
"""What people made of a report. ``answered``: a notice answers it. ``closed``: nothing is to be
done."""


class Report(_Record, frozen=True):
    """A learner's report of the tutor's message ``event_id``."""

    key: SessionKey
    event_id: str
    reason: str | None
    at: int
    state: ReportState = "open"
    shared: bool = False
    """Whether the learner agrees that teachers read the conversation around the message."""
    account: str = ""
    """The account of the session …"""
    groups: frozenset[str] = frozenset()
    """… and the groups that it was in when the session began."""


class Listed(_Record, frozen=True):
    """A session as `Store.list_sessions` lists it."""

    key: SessionKey
    account: str
    name: str
    groups: frozenset[str]
    began: int
    active: int
    """When something was written to it last."""


class Entry(_Record, frozen=True):
    """One event of an export, with what the store keeps beside it."""

    event: Event
    context: dict[str, Any]
    record: dict[str, Any]
    report: Report | None = None
    """The learner's report of it, if it is a tutor's message that was reported."""


class Publication(_Record, frozen=True):
    """What is published in a cell: ``data``, and how often it was replaced."""

    number: int
    """1 for the first; 0 if nothing was published, with empty ``data``."""
    data: str


class All:
    """Any session may have changed."""


ALL: Final = All()
