"""What a lesson's tutor takes a message for, seen from outside.

For authors (`tutor-widget lesson --messages`) and for the benchmark: a message is said, and the
reply, the record and the change of the state tell what it was taken for.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tutor_widget.server.settings import BadSetting
from tutor_widget.server.tutors import Turn

from .tutor import LessonTutor

__all__ = ["Reading", "Trial"]

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """One message: what it was taken for, what was replied, and the state after it."""

    kind: str
    """``right``, ``wrong``, ``command:hint``, ``command:skip``, ``command:again`` or
    ``command:lessons``. What else costs nothing is ``talk``, with commands such as *help*."""
    reply: str
    state: State


class Trial:
    """One tutor and its first lesson. Each session is as long as its caller wants.

    ``lang`` is the language of the learner's interface.
    """

    def __init__(self, tutor: LessonTutor, lang: str | None = None) -> None:
        self._tutor = tutor
        self._lang = lang
        self._begun: dict[int, tuple[str, State]] = {}

    async def begin(self, step: int = 1) -> tuple[str, State]:
        """A new session at a step, from 1: what the tutor said last, and the state.

        Raises BadSetting if the lesson has no such step.
        """
        if not self._begun:
            state: State = {}
            self._begun[1] = await self._tutor.greeting(state, self._lang), state
        of = self._begun[1][1]["of"]
        if not 1 <= step <= of:
            raise BadSetting(f"There is no step {step}: the lesson has {of}.")
        for before in range(max(n for n in self._begun if n <= step), step):
            state = copy.deepcopy(self._begun[before][1])
            text = await self.say("skip", state)
            if state["step"] == before:  # a check: as if a teacher had put it there afterwards
                state |= {"step": before + 1, "question": ""}
                text = await self.say("again", state)
            if state["step"] != before + 1:
                raise BadSetting(f"Step {before} cannot be skipped, so step {step} cannot be.")
            self._begun[before + 1] = text, state
        return copy.deepcopy(self._begun[step])

    async def say(self, message: str, state: State, record: State | None = None) -> str:
        """Say it in this session; returns the reply. Changes the state, and fills ``record``."""
        turn = Turn(message, state=state, lang=self._lang)
        turn.record = {} if record is None else record
        return "".join([piece async for piece in self._tutor.reply(turn)])

    async def read(self, message: str, state: State) -> Reading:
        """What the message is taken for in this session, which stays as it is."""
        after, record = copy.deepcopy(state), dict[str, Any]()
        reply = await self.say(message, after, record)
        kind = _recorded(record) or _counted(state, after) or await self._repeated(reply, state)
        return Reading(kind, reply, after)

    async def _repeated(self, reply: str, state: State) -> str:
        """The command whose reply this is, of those that change no count; else it is talk."""
        for command in ("again", "lessons"):
            if reply == await self.say(command, copy.deepcopy(state)):
                return f"command:{command}"
        return "talk"


def _recorded(record: Mapping[str, Any]) -> str | None:
    """What the tutor noted of an answer, of talk, or of a skip, which it may refuse."""
    match record.get("kind"):
        case "answer":
            return "right" if record.get("right") else "wrong"
        case "talk":
            return "talk"
        case "command" if record.get("command") == "skip":
            return "command:skip"
        case _:
            return None


def _counted(before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    """What the change of the counts shows."""
    grown = [
        key for key in ("score", "attempts", "hints") if after.get(key, 0) > before.get(key, 0)
    ]
    if grown:
        return {"score": "right", "attempts": "wrong", "hints": "command:hint"}[grown[0]]
    moved = any(after.get(key) != before.get(key) for key in ("step", "done"))
    return "command:skip" if moved else None
