"""The frames of ``tutor.v1``: frozen structs whose fields are the keys of the wire.

Their order is that of `docs/protocol.md`. Times are Unix milliseconds (int), durations seconds
(float), text lengths Unicode code points.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar

from msgspec import Meta, Struct, field

from tutor_widget.markup.plain import printable

SUBPROTOCOL: Final = "tutor.v1"
MAX_CLIENT_FRAME: Final = 1 << 20
MAX_SERVER_FRAME: Final = 8 << 20
MAX_CONTEXT: Final = 16 << 10
"""Bytes of UTF-8 that one entry of a message's context may have."""
MAX_REPLY: Final = 256 << 10
"""Code points at which a tutor's text ends."""

_MAX_INT: Final = 2**53 - 1
# `\A…\Z` and not `^…$`: "$" would let a trailing newline through.
Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
LearnerId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-][A-Za-z0-9_-]{0,63}\Z")]
Count = Annotated[int, Meta(ge=0, le=_MAX_INT)]
Ordinal = Annotated[int, Meta(ge=1, le=_MAX_INT)]
Whole = Annotated[int, Meta(ge=-_MAX_INT, le=_MAX_INT)]
# JSON can hold 1e999: no clock can wait for infinity.
Duration = Annotated[float, Meta(le=_MAX_INT)]
# At most what fits into a client's frame: a client wrote it, or has to repeat it.
Text = Annotated[str, Meta(max_length=MAX_CLIENT_FRAME)]
Account = Annotated[str, Meta(max_length=64)]
"""A pseudonym, as opaque as an epoch."""
MAX_REASON: Final = 2000
"""Code points of the reason of a report."""
Reason = Annotated[str, Meta(max_length=MAX_REASON)]
MAX_NAME: Final = 80
"""Code points of the name of a person."""
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
"""A person's name, as people write it."""
Object = dict[str, Any]
_SHOWN: Final = 60
"""Characters of an event's text in its `repr`."""


class _Frame(Struct, frozen=True, tag_field="type", omit_defaults=True, gc=False):
    # Not tracked by the garbage collector: what was decoded holds no cycle.
    pass


# --- what a client sends ------------------------------------------------------------------------


class Hello(_Frame, frozen=True, tag="hello", kw_only=True):
    """The first frame: which client this is, and which prefix of the log it holds."""

    session: Id
    instance: Id
    dial: Ordinal
    epoch: str | None = None
    after: Count | None = None
    last: Id | None = None
    client: str
    lang: str | None = None
    """The language of the learner's interface (BCP 47)."""

    def __post_init__(self) -> None:
        if self.epoch is not None and self.after is None:
            raise ValueError("after: is required beside epoch")
        if self.after and self.last is None:
            raise ValueError("last: is required beside after")


class Send(_Frame, frozen=True, tag="send"):
    """A learner's message. ``context`` is judged by `context_fault`, not by decoding.

    ``rev`` is the revision of the state that was shown when it was written.
    """

    id: LearnerId
    text: str
    context: Object | None = None
    rev: Count | None = None


class Withdraw(_Frame, frozen=True, tag="withdraw"):
    """Take an unacknowledged message back."""

    id: LearnerId


class Stop(_Frame, frozen=True, tag="stop"):
    """Stop answering the message ``re``."""

    re: Id


class Older(_Frame, frozen=True, tag="older"):
    """Ask for events before ``before``; ``limit`` is taken as 1 to 200."""

    before: Whole
    limit: Whole


class Report(_Frame, frozen=True, tag="report"):
    """The learner reports the tutor's message ``id``.

    ``share``: teachers may read the conversation around it. Without it they may not.
    """

    id: Id
    reason: Reason | None = None
    share: bool | None = None


class Erase(_Frame, frozen=True, tag="erase"):
    """The learner deletes this conversation."""


# --- what a server sends ------------------------------------------------------------------------


class Event(_Frame, frozen=True, tag="event"):
    """One entry of the log, committed. Its number never changes."""

    seq: Ordinal
    id: Id
    role: Literal["learner", "tutor", "notice"]
    text: Text
    at: Count
    status: Literal["complete", "stopped", "failed"]
    re: Id | None = None
    by: Name | None = None
    """Who wrote a notice, if a person did."""

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}…"
        return f"Event(seq={self.seq}, role={self.role!r}, text={text!r}, status={self.status!r})"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """What a notebook shows of it: the text, with the tutor's Markdown drawn."""
        bundle = {"text/plain": printable(self.text)}
        if self.role != "learner":  # whose text is no Markdown
            from tutor_widget.markup.html import html  # its parser is loaded for the first one only

            bundle["text/html"] = html(self.text)
        return bundle


class Limits(Struct, frozen=True):
    """``text``: code points of one message; ``unacked``: messages outstanding at once."""

    text: Ordinal
    unacked: Ordinal


class Welcome(_Frame, frozen=True, tag="welcome"):
    """The answer to a hello. Events from ``first`` to ``seq`` follow."""

    session: Id
    epoch: Text
    seq: Count
    reset: bool
    first: Ordinal
    state: Object
    rev: Count
    answering: Id | None
    limits: Limits
    spread: Duration
    server: str
    account: Account | None = None
    offers: list[str] | None = None
    """What else the server takes on this connection: ``report``, ``erase``."""


class Page(_Frame, frozen=True, tag="page"):
    """Older events, ascending, the newest of them just before ``before``."""

    before: Whole
    events: list[Event]
    more: bool


class Refused(_Frame, frozen=True, tag="refused"):
    """Message ``id`` was not taken; with ``retry_after`` (s) it may come again then."""

    id: Id
    code: str
    reason: str
    retry_after: Duration | None = None


class Answering(_Frame, frozen=True, tag="answering"):
    """The tutor begins to answer ``re``, or ``re`` waits.

    It waits as the ``place``-th in a queue, or, if ``held``, for a person's approval of its answer.
    """

    re: Id
    place: Ordinal | None = None
    held: bool | None = None


class Reported(_Frame, frozen=True, tag="reported"):
    """The report of the tutor's message ``id`` is durable."""

    id: Id


class Delta(_Frame, frozen=True, tag="delta"):
    """A piece of reply ``id`` to ``re`` from code point ``from_`` on; 0 starts afresh."""

    id: Id
    re: Id
    from_: Count = field(name="from")
    text: str


class State(_Frame, frozen=True, tag="state"):
    """The session's new state, whole."""

    rev: Count
    state: Object


class Bye(_Frame, frozen=True, tag="bye"):
    """This server is about to close: come back after ``retry_after`` s, spread over ``spread``."""

    reason: str
    retry_after: Duration
    spread: Duration


ClientFrame = Hello | Send | Withdraw | Stop | Older | Report | Erase
ServerFrame = Welcome | Event | Page | Refused | Answering | Reported | Delta | State | Bye
Frame = ClientFrame | ServerFrame
F = TypeVar("F", ClientFrame, ServerFrame)
