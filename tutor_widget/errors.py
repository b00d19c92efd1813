"""Everything this package raises on purpose.

::

    TutorError
    ├── Refused          trying again cannot help: change something first
    │   ├── InvalidURL       … the address (also a ValueError)
    │   ├── QueueFull        … wait for the queue to empty, nothing was dropped
    │   └── NotFound         … the id: no such message waits here (also a KeyError)
    ├── Unreachable      the tutor is away: the client goes on trying by itself
    ├── Closed           this chat was closed: make a new one
    ├── ProtocolError    the other side broke the wire protocol (names the key)
    └── Misuse           a mistake in the calling program, never the learner's

Each class is a way to recover, not a cause. Messages are sentences for people: what happened,
what it means, what to do. An error that a learner may see has a code too, which says the same to
programs and in other languages (`tutor_widget.codes`). No message holds a token, or a session id
that serves as a key.
"""

from __future__ import annotations

import os
from typing import Final, Literal

from .codes import Args, Code
from .words import advice, sentence

__all__ = [
    "Closed",
    "InvalidURL",
    "Misuse",
    "NotFound",
    "ProtocolError",
    "QueueFull",
    "Refused",
    "TutorError",
    "Unreachable",
    "close_reason",
    "kind_of",
]


MAX_CLOSE_REASON: Final = 123
"""Bytes of UTF-8 that the reason in a close frame may have (RFC 6455 §5.5)."""


def close_reason(text: str) -> str:
    """As much of the text as a close frame holds, cut between two characters."""
    return text.encode(errors="replace")[:MAX_CLOSE_REASON].decode(errors="ignore")


def kind_of(error: BaseException) -> str:
    """What kind of error it is, for those who see the notebook.

    Not its text, which is for the log: that may hold a path of this machine, or a secret.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    return type(error).__name__


class TutorError(Exception):
    """The root of the tree.

    ``code`` says what happened, ``""`` where only a program can be told; ``params`` are the code's
    arguments (`Exception.args` is Python's own). Without a text of its own, ``str()`` is what the
    code says in English: what happened, and what to do.
    """

    def __init__(self, text: str = "", *, code: Code | Literal[""] = "", **params: object) -> None:
        self.code: Final = code
        self.params: Args = params
        super().__init__(text or f"{sentence(code, params)} {advice(code)}".strip())


class Refused(TutorError):
    """Not taken, and the same again would not be taken either."""


class InvalidURL(Refused, ValueError):
    """The address of the tutor is not one."""


class QueueFull(Refused):
    """Too much waits already; this message was not queued and nothing else was dropped."""


class NotFound(Refused, KeyError):
    """No message of that id waits here."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show its repr


class Unreachable(TutorError):
    """The tutor cannot be reached now; the client keeps trying."""


class Closed(TutorError):
    """The chat was closed by this program."""


class ProtocolError(TutorError):
    """A frame broke the protocol.

    ``key`` is the offending key ("" for the frame as a whole); ``str()`` is cut to what fits into
    a close frame (see `close_reason`).
    """

    def __init__(self, key: str, problem: str) -> None:
        self.key = key
        super().__init__(close_reason(f"{key}: {problem}" if key else problem))


class Misuse(TutorError):
    """A mistake of the calling program: a wrong order of calls, thread or argument."""
