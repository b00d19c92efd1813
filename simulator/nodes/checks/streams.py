"""What must hold while a reply goes on and nothing disturbs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from simulator.nodes.checks.attempts import Attempts
from simulator.nodes.learner import Learner

__all__ = ["StreamChecks"]


class StreamChecks:
    """Checks the reply to one message, for the learners of its session."""

    SOON: ClassVar[float] = 6.0
    """Seconds in which what was written arrives everywhere: a connection, a sign of life, a way."""

    def __init__(self, attempts: Attempts, message_id: str, group: Sequence[Learner]) -> None:
        self._attempts = attempts
        self._message_id = message_id
        self._group = group
        self._written = 0
        self._dials: dict[str, int] = {}

    def has_begun(self) -> bool:
        return bool(self._text())

    def look(self) -> None:
        """So much of the reply is written now."""
        self._written = len(self._text())
        self._dials = {one.name: one.dials for one in self._group}

    def check(self) -> None:
        """What was written at the last look has arrived at everybody who is connected.

        But for those whom the session has no room for: they come again and again, and may have
        been welcomed a moment ago. And but for those whose connection still stalls.
        """
        text = self._text()
        for learner in self._group:
            if learner.link is None or learner.welcome is None or learner.link.is_stalled:
                continue
            arrived = learner.streams.get(self._message_id, "")
            assert text.startswith(arrived), f"{learner.name} reads another reply"
            if learner.ended_with == 4429 and learner.dials != self._dials[learner.name]:
                continue
            assert len(arrived) >= self._written, f"{learner.name} does not see the reply grow"

    def _text(self) -> str:
        newest = self._attempts.newest(self._message_id)
        return newest.text if newest else ""
