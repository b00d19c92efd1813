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

from tutor_widget.server.store import Spent
from tutor_widget.wire import Event

__all__ = ["CannotAnswer", "Closer", "Greeter", "Starter", "Turn", "Tutor"]


class CannotAnswer(Exception):
    """Raised by a tutor: this answer ends here, *failed*, with a sentence for the learner.

    The sentence is Markdown. It follows what the tutor has yielded before.
    """


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
    load_spent: Callable[[], Awaitable[Spent]] | None = None
    load_reported: Callable[[], Awaitable[bool]] | None = None
    account: str | None = None
    """A pseudonym of the learner's account, stable on this server; None without accounts."""
    lang: str | None = None
    """The language of the learner's interface (BCP 47), if the client told it."""
    rev: int | None = None
    """The revision of the state that the learner saw when writing, if the client told it …"""
    state_rev: int = 0
    """… and that of ``state``. If they differ, the message may be meant for an earlier step."""
    record: dict[str, Any] = field(default_factory=dict)
    """What the tutor notes about its answer (step, hints, model …): stored with it, and never shown
    to the learner. JSON of at most 64 KiB; a record that is none is dropped, and the answer
    stays."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    """What a model has read and written for this reply, so far. The tutor adds to both. They count
    for the account on this day, also if the answer fails or is stopped."""
    hold: bool = False
    """While it is True, nothing that the tutor yields is shown; what was yielded then is shown with
    the next piece after it became False. If it is True at the end, the answer waits for a person's
    approval. A tutor that decides at the end gathers its text, sets this, and then yields."""
    hold_seconds: float | None = None
    """Seconds that a held answer waits; then it goes out. None: it waits without end."""
    hold_otherwise: str | None = None
    """What goes out then in its place. None: the answer as it is."""

    async def history(self, limit: int = 100) -> Sequence[Event]:
        """The conversation before this message: the newest ``limit`` events, oldest first.

        Each answer follows the message that it answers, also if others were sent in between.
        """
        return await self.load_history(limit) if self.load_history else []

    async def spent(self) -> Spent:
        """The tokens that the learner's account has used on this UTC day, and its groups.

        Where there are no accounts, what the session has used.
        """
        return await self.load_spent() if self.load_spent else Spent()

    async def reported(self) -> bool:
        """Whether the learner has reported an answer of this conversation, and nobody has answered
        or closed the report yet."""
        return await self.load_reported() if self.load_reported else False


@runtime_checkable
class Tutor(Protocol):
    """Anything with a ``reply`` that yields text.

    One object serves all sessions, many at the same time: keep what belongs to a conversation in
    ``turn.state``. An exception ends the answer as *failed*, and the learner sees no traceback; a
    `CannotAnswer` has the sentence to show. When the learner presses Stop, the generator is
    cancelled where it awaits.

    An attribute ``parallel`` says how many replies it makes at once on one server. Others wait in a
    queue that is fair over accounts. Without it, or with None, there is no limit.
    """

    def reply(self, turn: Turn) -> AsyncIterator[str]:
        """Yields the answer in pieces of Markdown."""


@runtime_checkable
class Greeter(Protocol):
    """A tutor that begins a new conversation with a message of its own."""

    async def greeting(self, state: dict[str, Any], lang: str | None = None) -> str:
        """Returns the first message of a new session, or ``""`` for none. May change the state.

        ``lang`` is the language of the learner's interface (BCP 47), if it is known already. A
        tutor may leave out this parameter.
        """


@runtime_checkable
class Starter(Protocol):
    """A tutor that has something to prepare, such as connections."""

    async def start(self) -> None:
        """Called once, before the server listens. An exception ends the start of the server."""


@runtime_checkable
class Closer(Protocol):
    """A tutor that has something to give back."""

    async def close(self) -> None:
        """Called once, after the last reply has ended.

        It may take 5 s, or less: what the last replies have left of the 10 s in which a server
        stops.
        """
