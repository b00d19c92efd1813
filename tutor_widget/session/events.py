"""What can happen to a session, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from tutor_widget.wire import ServerFrame

from .endings import Ending
from .message import Message
from .outgoing import Outgoing


class Nudge(Enum):
    """Who thinks that now is a good time to try."""

    BUTTON = "the learner pressed Reconnect now, or the program asked"
    MESSAGE = "the learner sent a message"
    BROWSER = "the browser came online or visible"
    WAKE = "the machine woke from sleep"


# --- the program and the learner ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The program wants a connection."""


@dataclass(frozen=True, slots=True)
class Left:
    """The program wants none."""


@dataclass(frozen=True, slots=True)
class Nudged:
    """Something suggests that a try may succeed now."""

    by: Nudge


@dataclass(frozen=True, slots=True)
class Typed:
    """A message for the tutor; ``at`` in Unix ms. Its text holds no lone surrogate."""

    id: str
    text: str
    at: int
    context: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Discarded:
    """A message is taken back."""

    id: str


@dataclass(frozen=True, slots=True)
class Retried:
    """A failed message is to be sent again."""

    id: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The reply to ``re`` is to stop; None: the one under way."""

    re: str | None = None


@dataclass(frozen=True, slots=True)
class OlderWanted:
    """Up to ``limit`` older events are wanted."""

    limit: int


# --- the journal --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loaded:
    """Messages of an earlier life were found, oldest first."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Inherited:
    """Another client of the same process had this for the account."""

    queue: Outgoing


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The client of their account has these messages, in its journal too."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """What was to be saved of these messages is as durable as it will get."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Orphaned:
    """The journal lay untouched so long that another process may have adopted it."""


# --- time, tokens -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ticked:
    """It may be `Session.wake_at`; early or late does no harm."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """The source of the token was asked: a new one, none, the source is unreachable, or what it
    returned is no token."""

    outcome: Literal["new", "none", "unreachable", "rubbish"]


# --- a connection, by the number of its dial ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class _OfDial:
    """What a connection did. Events of an earlier dial are late and ignored."""

    dial: int


@dataclass(frozen=True, slots=True)
class Located(_OfDial):
    """URL and token are known; from now on it is the server that we wait for."""


@dataclass(frozen=True, slots=True)
class Opened(_OfDial):
    """The handshake succeeded and the server selected the subprotocol."""


@dataclass(frozen=True, slots=True)
class Received(_OfDial):
    """A frame came."""

    frame: ServerFrame


@dataclass(frozen=True, slots=True)
class Heard(_OfDial):
    """Bytes came that are no frame yet, or never: part of one, a pong."""


@dataclass(frozen=True, slots=True)
class Pinged(_OfDial):
    """The ping asked for was written, behind ``backlog`` bytes still in the buffer."""

    backlog: int


@dataclass(frozen=True, slots=True)
class Dropped(_OfDial):
    """The connection, or the try, is over."""

    ending: Ending


OfDial = Located | Opened | Received | Heard | Pinged | Dropped
Happened = (
    Started
    | Left
    | Nudged
    | Typed
    | Discarded
    | Retried
    | Stopped
    | OlderWanted
    | Loaded
    | Inherited
    | HandedOver
    | Orphaned
    | Saved
    | Ticked
    | Renewed
    | OfDial
)
