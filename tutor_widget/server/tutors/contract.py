"""The contract of a tutor: the one interface that a teacher's own program implements.

    class Parrot:
        async def reply(self, turn):
            yield f"You said: {turn.message}"

That is a whole tutor: ``--tutor mymodule:Parrot`` runs it. See docs/tutors.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from tutor_widget.wire import Event

__all__ = ["Greeter", "Turn", "Tutor"]


@dataclass(slots=True)
class Turn:
    """One message of a learner, and what a tutor may read and change while it answers."""

    message: str
    """The learner's text: Markdown, never blank."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """What the learner chose to share: ``cell`` (source), ``error`` (name, message, traceback)."""
    state: dict[str, Any] = field(default_factory=dict)
    """The session's state. Change it in place. It is committed together with the answer or not at
    all, so an answer that is generated twice counts once. Must be JSON of at most 256 KiB."""
    load_history: Callable[[int], Awaitable[Sequence[Event]]] | None = None

    async def history(self, limit: int = 100) -> Sequence[Event]:
        """The conversation before this message: the newest ``limit`` events, oldest first.

        Each answer follows the message that it answers, also if others were sent in between.
        """
        return await self.load_history(limit) if self.load_history else []


@runtime_checkable
class Tutor(Protocol):
    """Anything with a ``reply`` that yields text.

    One object serves all sessions, many at the same time: keep what belongs to a conversation in
    ``turn.state``. An exception ends the answer as *failed*, and the learner sees no traceback.
    When the learner presses Stop, the generator is cancelled where it awaits.
    """

    def reply(self, turn: Turn) -> AsyncIterator[str]:
        """Yields the answer in pieces of Markdown."""


@runtime_checkable
class Greeter(Protocol):
    """A tutor that begins a new conversation with a message of its own."""

    async def greeting(self, state: dict[str, Any]) -> str:
        """Returns the first message of a new session, or ``""`` for none. May change the state."""
