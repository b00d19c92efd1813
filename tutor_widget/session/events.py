"""What happened, as the shell tells it to a session."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from tutor_widget.wire import ServerFrame

from .endings import Ending
from .message import Entry, Request
from .queue.outgoing import Outgoing


class Nudge(Enum):
    """The reason why an attempt may succeed now."""

    BUTTON = "the learner pressed Reconnect now, or the program asked"
    MESSAGE = "the learner sent a message"
    BROWSER = "the browser came online or visible"
    WAKE = "the machine woke from sleep"


# --- the program and the learner ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The program asks for a connection."""


@dataclass(frozen=True, slots=True)
class Left:
    """The program asks to disconnect."""


@dataclass(frozen=True, slots=True)
class Nudged:
    """Something suggests that an attempt may succeed now."""

    by: Nudge


@dataclass(frozen=True, slots=True)
class Typed:
    """A message for the tutor; ``at`` in Unix ms. Its text holds no lone surrogate."""

    id: str
    text: str
    at: int
    context: dict[str, Any] | None = None
    rev: int | None = None
    """The revision of the state that was shown when it was written."""


@dataclass(frozen=True, slots=True)
class Discarded:
    """The learner withdraws a message."""

    id: str


@dataclass(frozen=True, slots=True)
class Retried:
    """The learner sends a failed message again."""

    id: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The learner stops the reply to ``re``; None: the one under way."""

    re: str | None = None


@dataclass(frozen=True, slots=True)
class OlderRequested:
    """Up to ``limit`` older events are requested.

    ``before``: those before this ``seq``, to be read and not held; None: those before the first
    held, to be held with it.
    """

    limit: int
    before: int | None = None


@dataclass(frozen=True, slots=True)
class ReportRequested:
    """The learner reports the tutor's message ``event``; ``reason`` is "" if there is none.

    ``id`` names the request, ``at`` is in Unix ms. ``share``: teachers may read the conversation
    around the message.
    """

    id: str
    event: str
    reason: str
    at: int
    share: bool = False


@dataclass(frozen=True, slots=True)
class ErasureRequested:
    """The learner deletes the conversation. ``id`` names the request, ``at`` is in Unix ms."""

    id: str
    at: int


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """The learner's interface speaks this language (BCP 47); the next hello says so."""

    lang: str


# --- the journal --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountRecalled:
    """An earlier process with the same credentials was welcomed as this account last; None: as
    none, or nobody knows."""

    account: str | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an earlier process left was found in a journal, oldest first."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Inherited:
    """Another client of the same process had this queue, and these requests, for the account."""

    queue: Outgoing
    requests: tuple[Request, ...] = ()
    reported: tuple[str, ...] = ()
    """The answers whose reports a server has confirmed to it."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The client of their account has these messages and requests, and has saved them."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """The journal has tried to write these entries. If that failed, they are in memory only, and
    the chat says so."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Orphaned:
    """The journal was untouched for so long that another process may have adopted it."""


# --- time ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ticked:
    """`Session.wake_at` may have come; early or late does no harm."""


# --- a connection, by the number of its dial ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class _OfDial:
    """What came of a dial. Events of an earlier dial are late and ignored."""

    dial: int


@dataclass(frozen=True, slots=True)
class Located(_OfDial):
    """URL and token are known; from now on the wait is for the server."""


@dataclass(frozen=True, slots=True)
class Opened(_OfDial):
    """The handshake succeeded and the server selected the subprotocol."""


@dataclass(frozen=True, slots=True)
class Received(_OfDial):
    """A frame came."""

    frame: ServerFrame


@dataclass(frozen=True, slots=True)
class Heard(_OfDial):
    """Bytes came: part of a frame, or a pong."""


@dataclass(frozen=True, slots=True)
class Pinged(_OfDial):
    """The ping was written behind ``backlog`` bytes still in the buffer."""

    backlog: int


@dataclass(frozen=True, slots=True)
class Dropped(_OfDial):
    """The connection, or the attempt, is over."""

    ending: Ending


@dataclass(frozen=True, slots=True)
class Renewed(_OfDial):
    """The server refused the token of this dial and its source was asked: it has a new one, none,
    is unreachable, or returned what is no token."""

    outcome: Literal["new", "none", "unreachable", "rubbish"]


OfDial = Located | Opened | Received | Heard | Pinged | Dropped
Happened = (
    Started
    | Left
    | Nudged
    | Typed
    | Discarded
    | Retried
    | Stopped
    | OlderRequested
    | ReportRequested
    | ErasureRequested
    | LanguageChosen
    | AccountRecalled
    | Loaded
    | Inherited
    | HandedOver
    | Orphaned
    | Saved
    | Ticked
    | Renewed
    | OfDial
)
