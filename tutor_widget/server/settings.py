"""The numbers of a server, all in one place. Durations are seconds, sizes bytes."""

from __future__ import annotations

from dataclasses import dataclass

from tutor_widget.errors import TutorError
from tutor_widget.wire import Limits

__all__ = ["BadSetting", "Settings"]


class BadSetting(TutorError, ValueError):
    """The operator's or the teacher's mistake, as a sentence that says where it is."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the protocol leaves to the server, and the protocol's own numbers (for quick tests)."""

    base_url: str = "/"
    """The path under which the server is reached; ends with a slash."""
    origins: tuple[str, ...] = ()
    """Origins that may connect, such as ``https://hub.example.edu``; ``*`` for all. A client that
    sends no ``Origin`` (any but a browser) is always fine."""
    rate: float = 60.0
    """Messages a minute and session; 0 for no limit."""
    limits: Limits = Limits(text=32768, unacked=64)
    spread: float | None = None
    """Over how many seconds clients shall come back; None: their number ÷ 800 per second."""
    retry_after: float = 2.0
    """When to come back to a server that is closing."""

    hello: float = 10.0
    """A connection that has said nothing by then is closed (4408)."""
    ping: float = 20.0
    """Silence after which the server pings."""
    silence: float = 60.0
    """Silence after which it gives a connection up."""
    stuck: float = 60.0
    """How long a client may take nothing of what waits for it."""
    backlog: int = 8 << 20
    """How much may wait for one client."""
    closing: float = 5.0
    """How long a closing handshake may take."""

    unready: float = 2.0
    """A write waiting for so long makes the server not ready …"""
    stalled: float = 10.0
    """… and for so long closes its connections (1013)."""
    drain: float = 8.0
    """How long replies under way may go on after SIGTERM; handing over may take 2 s more."""
    tick: float = 1.0
    """How often connections are looked after."""
    linger: float = 60.0
    """How long a session that nobody listens to stays in memory."""

    instances: int = 8
    """Connections that may share a session."""
    replay: int = 500
    """A larger gap is not replayed; the newest so many events are sent instead."""
    attempts: int = 3
    """Answers begun and not ended, after which a message is answered ``failed``."""
