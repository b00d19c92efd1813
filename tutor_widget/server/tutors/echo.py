"""The tutor that answers with the message itself, for diagnosis and load tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

from .contract import Turn
from .pace import at_pace

__all__ = ["EchoTutor"]


class EchoTutor:
    """Answers with the message itself, at ``pace`` characters a second; 0: all at once."""

    def __init__(self, pace: float = 0) -> None:
        self._pace = pace

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        async for piece in at_pace(turn.message, self._pace):
            yield piece
