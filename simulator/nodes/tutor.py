"""A tutor that does what its message says, and checks what it is given.

The first word of a message is what happens: it is answered in pieces, slowly, never to the end, or
not at all; the tutor ignores that it is cancelled, reads the history first, or wants its answer to
be approved by a person. A deadly one ends the process that answers it, and a sleepy one makes it
stand still before its first word, while others may take its lease.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from random import Random
from typing import Any, Final

from simulator.nodes.checks.attempts import Attempts
from simulator.nodes.checks.verdict import Verdict
from simulator.nodes.memory.database import Database
from simulator.nodes.memory.store import MemoryStore
from tutor_widget.server.tutors import CannotAnswer, Turn
from tutor_widget.wire import Event

__all__ = ["KINDS", "STREAM", "GreetingTutor", "SimulatedTutor"]

KINDS: Final = (
    "plain",
    "slow",
    "slow",
    "fails",
    "cannot",
    "endless",
    "stubborn",
    "history",
    "silent",
    "held",
    "deadly",
    "sleepy",
)
STREAM: Final = "stream"
"""One more, which is answered until `SimulatedTutor.ends_streams`."""
_MOMENT: Final = 0.1
"""Seconds in which a process stands still that is to."""
_FLOW: Final = 0.25
"""Seconds between two pieces of a stream."""


class SimulatedTutor:
    """Answers on all nodes. ``pace``: seconds between two pieces."""

    def __init__(self, database: Database, verdict: Verdict, random: Random, pace: float) -> None:
        self.attempts = Attempts()
        """What was written."""
        self.store: Callable[[], MemoryStore]
        """Returns that of the process that runs. Set by the world."""
        self.on_deadly: Callable[[], None] = lambda: None
        """Called by a reply to a deadly message."""
        self.on_sleepy: Callable[[], None] = lambda: None
        """Called by the first reply to a sleepy message."""
        self.is_quick = False
        """The faults are over: every reply ends at once, but a stream."""
        self.ends_streams = False
        self._database = database
        self._verdict = verdict
        self._random = random
        self._pace = pace

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        kind, _, message_id = turn.message.partition(" ")
        with self._verdict.judging():
            self._check(message_id, turn)
        store = self.store()
        attempt, earlier = self.attempts.begin(
            message_id, store.owner, store.newest_fence(message_id)
        )
        turn.state["answers"] = turn.state.get("answers", 0) + 1
        turn.hold = kind == "held"
        turn.record |= {"counted": True, "held": turn.hold}
        if kind == "deadly" and not self.is_quick:
            self.on_deadly()
        if kind == "sleepy" and not earlier and not self.is_quick:
            self.on_sleepy()
            await asyncio.sleep(_MOMENT)
        if kind == "history":
            await self._read_history(message_id, turn)
        yield attempt.write(f"{earlier:02} {kind}: ")
        for number in range(self._pieces(kind)):
            await self._wait(kind)
            yield attempt.write(f"{number} ")
            if kind == "fails" and number == 2:
                raise RuntimeError("the tutor fails on purpose")
            if kind == "cannot" and number == 2:
                raise CannotAnswer("I can't answer this.")
            if self.ends_streams if kind == STREAM else self.is_quick:
                return

    def _pieces(self, kind: str) -> int:
        endless = {"endless": 1_000_000, STREAM: 1_000_000}
        return {"plain": 3, "slow": 12, "sleepy": 12, "silent": 0, **endless}.get(kind, 5)

    async def _wait(self, kind: str) -> None:
        if kind == STREAM:
            await asyncio.sleep(_FLOW)
            return
        if self.is_quick:
            return
        pace = self._pace * (10 if kind in ("slow", "sleepy", "endless") else 1)
        try:
            await asyncio.sleep(pace * self._random.random())
        except asyncio.CancelledError:
            if kind != "stubborn":
                raise
            await asyncio.sleep(self._random.random() * 4)

    def _check(self, message_id: str, turn: Turn) -> None:
        """It gets what the learner sent, and the attempt is counted before it begins."""
        for session in self._database.sessions.values():
            if (message := session.messages.get(message_id)) is None:
                continue
            assert message.text == turn.message
            assert message.context == turn.context, "the context is not kept with the message"
            if (waiting := session.waiting.get(message_id)) is not None:
                assert waiting.attempts >= 1, "an attempt is not counted before it begins"
                assert waiting.attempts <= 3, "begun once more after three attempts"
                assert next(iter(session.waiting)) == message_id, "answered out of order"
                assert turn.state == session.states[-1], "the state is not that of the session"
            return

    async def _read_history(self, message_id: str, turn: Turn) -> None:
        events = await turn.history(5)
        with self._verdict.judging():
            self._check_history(message_id, events)

    def _check_history(self, message_id: str, events: Sequence[Event]) -> None:
        for session in self._database.sessions.values():
            if message_id in session.at:
                seq = session.at[message_id].seq
                assert all(session.at[event.id] == event for event in events)
                asked = [event for event in events if event.role == "learner"]
                assert all(event.seq < seq for event in asked), "a history of what came later"


class GreetingTutor(SimulatedTutor):
    """It begins a conversation by itself."""

    async def greeting(self, state: dict[str, Any]) -> str:
        await asyncio.sleep(self._pace * self._random.random())
        state["answers"] = 0
        return "Welcome."
