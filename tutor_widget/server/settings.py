"""All settings of a server. Durations are in seconds, sizes in bytes."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from tutor_widget.errors import TutorError
from tutor_widget.wire import Limits

__all__ = ["MAX_SPREAD", "BadSetting", "Settings"]

MAX_SPREAD: Final = 300.0
"""Seconds; a client takes more as this (protocol.md §3)."""


class BadSetting(TutorError, ValueError):
    """A mistake of the operator or the teacher. The text is a sentence that says where it is."""


_HEARD: Final = 60 / 86_400
"""Days after which every node has heard of an erasure, or has been closed for a stalled store."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the protocol leaves to the server, and the protocol's own numbers.

    Only tests change the protocol's numbers, to be quick.
    """

    base_url: str = "/"
    """The path under which the server is reached; ends with a slash."""
    origins: tuple[str, ...] = ()
    """Origins that may connect, such as ``https://hub.example.edu``; ``*`` for all. A client that
    sends no ``Origin`` (every client but a browser) may always connect."""
    single_user: bool = False
    """The server serves one person. Then an id of a session may be short without accounts."""
    insecure_no_auth: bool = False
    """Without authentication other machines may connect, too."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Proxies whose ``X-Forwarded-For`` says the address of the client."""
    rate: float = 60.0
    """Messages a minute and account. This and the next three: 0 for no limit, and 50 times as much
    for each address (in the store: for all together) where there are no accounts."""
    new_sessions: float = 60.0
    """New sessions an hour and account. Each costs a message, too."""
    sessions: int = 1000
    """Sessions of an account in the store."""
    stored: int = 256 << 20
    """Bytes of an account's texts and contexts in the store."""
    handshakes: int = 200
    """Handshakes whose credentials are checked at the same time; 0 for no limit."""
    connections: int = 0
    """Connections open at the same time; 0 for no limit."""
    limits: Limits = Limits(text=32768, unacked=64)
    spread: float | None = None
    """Over how many seconds clients reconnect after an outage; None: learners ÷ what the nodes take
    (`welcomes`)."""
    welcomes: float = 800.0
    """Learners a second that a node takes back after an outage."""
    retry_after: float = 2.0
    """When clients of a server that closes reconnect, and the value of ``Retry-After``."""

    hello: float = 10.0
    """A connection that has sent no hello by then is closed (4408)."""
    ping: float = 20.0
    """Silence after which the server pings."""
    silence: float = 60.0
    """Silence after which the server drops the connection."""
    stuck: float = 60.0
    """A client that takes nothing of what waits for it for so long is dropped."""
    backlog: int = 8 << 20
    """A client for which more than this waits is dropped (1008)."""
    closing: float = 5.0
    """How long a closing handshake may take. After that the connection is cut."""

    erased_days: float = 30.0
    """Days for which the id of a conversation that its learner deleted is closed with 4410."""
    keep_days: float = 0.0
    """Days after its last event for which a session is kept; 0 for no end."""
    keep_context_days: float = 0.0
    """Days for which the contexts of answered messages are kept; 0 for as long as the session."""
    readable_by_teachers: str = ""
    """Markdown that tells learners that teachers can read what they write: a notice in each
    session. Empty for none."""

    unready: float = 2.0
    """A write that waits for so long makes the server not ready (``/readyz`` says 503) …"""
    stalled: float = 10.0
    """… and one that waits for so long closes its connections (1013)."""
    drain: float = 8.0
    """How long replies may continue after SIGTERM. Handing one over takes up to 2 s more."""
    tick: float = 1.0
    """The interval at which connections are checked for silence and for a full queue."""
    linger: float = 60.0
    """How long a session without listeners stays in memory."""

    instances: int = 8
    """Client instances that may share a session."""
    replay: int = 500
    """Events that are replayed at most. For a larger gap the newest so many are sent (a reset)."""
    attempts: int = 3
    """Attempts at an answer. After the last has died the message is answered ``failed``."""

    @property
    def mark_days(self) -> float:
        """Days for which the mark of an erasure stays, at least until every node has heard of it.

        Else a node would take the erased session for one whose retention has ended.
        """
        return max(self.erased_days, _HEARD)

    def spread_of(self, learners: int, nodes: int = 1) -> float:
        """Over how many seconds so many learners are to come back to so many nodes."""
        if self.spread is not None:
            return self.spread
        return round(min(MAX_SPREAD, learners / (self.welcomes * nodes)), 3)
