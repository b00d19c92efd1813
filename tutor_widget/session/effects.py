"""What a session returns from a step.

The shell performs every `Command`. A `Change` names what changed in the session.
"""

from __future__ import annotations

from dataclasses import dataclass

from tutor_widget.wire import ClientFrame, Event

from .message import Entry


@dataclass(frozen=True, slots=True)
class Dial:
    """Open connection number ``dial``; answer with `Opened` or `Dropped`."""

    dial: int


@dataclass(frozen=True, slots=True)
class Transmit:
    """Write a frame to the present connection, in order."""

    frame: ClientFrame


@dataclass(frozen=True, slots=True)
class Ping:
    """Write a ping to the present connection; answer with `Pinged`."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the present connection with a close frame."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Abort:
    """Drop the present connection or attempt without a close frame."""


@dataclass(frozen=True, slots=True)
class Renew:
    """Ask the source of the token for another: that of this dial was refused.

    Answer with `Renewed` within 10 s.
    """

    dial: int


@dataclass(frozen=True, slots=True)
class Save:
    """Put the entry, as it is now, into the journal; answer with `Saved` once it is durable."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Forget:
    """The entry is settled: remove it from the journal."""

    id: str


@dataclass(frozen=True, slots=True)
class RememberAccount:
    """A server welcomed this account: `AccountRecalled` names it to the next process.

    None: the server names none. The disk must have it before what is saved after it.
    """

    account: str | None


@dataclass(frozen=True, slots=True)
class Erased:
    """The account's conversation was erased: erase its journal and the remembered id too.

    What belongs to no account goes with it; what is another's stays. None: the account is not
    known.
    """

    account: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """`Session.connection_status` returns something new."""


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """Messages were added to `Session.outgoing`, or changed."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A message left the queue and will never be committed."""

    id: str


@dataclass(frozen=True, slots=True)
class MovedAway:
    """A message of another account left the queue: that account's client has it now."""

    id: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A message left the queue: it is in the log, before the events that are held."""

    id: str


@dataclass(frozen=True, slots=True)
class Committed:
    """The log grew by this event; a queued message of the same id left the queue."""

    event: Event


@dataclass(frozen=True, slots=True)
class HistoryReplaced:
    """The held events were dropped; events up to ``last`` follow as `Committed`."""

    last: int


@dataclass(frozen=True, slots=True)
class OlderArrived:
    """These events were put before the first one held."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class OlderRead:
    """These events were asked for only to be read. ``more``: the server has events before them."""

    events: tuple[Event, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class ReplyChanged:
    """The reply under way began, grew or ended."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The session's state changed."""


@dataclass(frozen=True, slots=True)
class RequestsChanged:
    """`Session.requests` changed, or what the server offers."""


Command = Dial | Transmit | Ping | Close | Abort | Renew | Save | Forget | RememberAccount | Erased
Change = (
    ConnectionChanged
    | QueueChanged
    | TakenBack
    | MovedAway
    | Acknowledged
    | Committed
    | HistoryReplaced
    | OlderArrived
    | OlderRead
    | ReplyChanged
    | StateChanged
    | RequestsChanged
)
Effect = Command | Change
