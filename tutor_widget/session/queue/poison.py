"""Poison detection: which message makes the server break the connection (protocol section 6).

When a connection ends within `POISON_WITHIN` seconds after a message was sent, every message in
flight gets a strike. Endings with a close frame of `POISON_CODES` weigh more than endings without
one, since a lost network looks the same. Messages with enough strikes become suspects: then the
queue sends one message at a time, so that the next ending shows which one it is. That one is set
aside as failed, and the others go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from typing import Final, Literal, NamedTuple, get_args

from tutor_widget.session.endings import POISON_CODES, Ending, Kind

POISON_WITHIN: Final = 2.0
"""Seconds after sending within which an ending counts against what was sent."""
SET_ASIDE_AT: Final = 2
"""Strikes by close frames at which a message that was alone in flight is set aside."""
SET_ASIDE_AT_FRAMELESS: Final = 5
"""The same for endings without a close frame; these must follow each other."""

_Way = Literal["by a close frame", "alone", "among others"]


class Strike(NamedTuple):
    """What an ending means for the messages in flight.

    ``by_close_frame``: the server's close frame counts against them, not against the protocol.
    ``set_aside``: the ids of messages to set aside as failed.
    """

    by_close_frame: bool
    set_aside: list[str]


class PoisonDetector:
    """The strikes and suspects of one queue."""

    def __init__(self) -> None:
        self._suspects: set[str] = set()
        self._strikes: Counter[tuple[str, _Way]] = Counter()

    def is_suspect(self, id: str) -> bool:
        """Whether the message must be sent alone."""
        return id in self._suspects

    def strike(
        self, ending: Ending, flight: Mapping[str, float], now: float, withdrawing: Set[str]
    ) -> Strike:
        """Count an ending against the messages in flight.

        ``flight``: by id, when each was sent, in seconds. ``withdrawing``: those of them that the
        learner takes back; they are never set aside.
        """
        coded = ending.kind is Kind.CLOSED and ending.code in POISON_CODES
        if not flight or not (coded or ending.kind is Kind.LOST):
            return Strike(by_close_frame=False, set_aside=[])
        # "Too big" comes only once all of it has arrived, however long that took.
        too_big = coded and ending.code == 1009
        if not too_big and now - max(flight.values()) > POISON_WITHIN:
            for id in flight:
                self._strikes.pop((id, "alone"), None)
                self._strikes.pop((id, "among others"), None)
            return Strike(by_close_frame=False, set_aside=[])
        alone = len(flight) == 1
        way: _Way = "by a close frame" if coded else "alone" if alone else "among others"
        for id in flight:
            self._strikes[id, way] += 1
        most = max(self._strikes[id, way] for id in flight)
        if alone and most >= (SET_ASIDE_AT if coded else SET_ASIDE_AT_FRAMELESS):
            (id,) = flight
            if id not in withdrawing:
                self._suspects.discard(id)
                return Strike(coded, [id])
        if coded or most >= SET_ASIDE_AT:
            self._suspects.update(flight)
        return Strike(coded, [])

    def clear(self, id: str) -> None:
        """Forget the strikes of a message: it was taken, refused, or is to be sent again."""
        self._suspects.discard(id)
        for way in get_args(_Way):
            self._strikes.pop((id, way), None)

    def inherit(self, other: PoisonDetector, ids: Set[str]) -> None:
        """Take over what another detector knows of these messages."""
        self._suspects |= other._suspects & ids
        self._strikes.update({key: n for key, n in other._strikes.items() if key[0] in ids})
