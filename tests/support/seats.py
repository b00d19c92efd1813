"""A class at a lesson, without a tutor: what a store would hold of it, and the truth of it.

Each action of a learner adds events with records, and changes the state, as a lesson's tutor does.
`Pupil` and a real tutor are in tests/dashboard/figures/test_conversation.py.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tutor_widget.server.store import Entry, Head, Listed
from tutor_widget.server.tutors.lesson.steps import Lesson, Mistake, Step
from tutor_widget.wire import Event

__all__ = ["LESSON", "LESSONS", "SECRET", "WRONG", "Seat"]

SECRET: Final = bytes(range(32))


def _step(question: str, **more: Any) -> Step:
    return Step(question, ("Think.", "Think again."), "So it is.", **more)


LESSON: Final = Lesson(
    "loops",
    "Loops",
    "",
    (
        _step("How many?", number=4, mistakes=(Mistake(("5",), "No."),), concept="counting"),
        _step("Which one?", choices=("this", "that"), correct="B", concept="choosing"),
        _step("Say stop!", answers=("stop",), concept="counting", unassisted=True),
    ),
)
LESSONS: Final = {LESSON.name: LESSON}
WRONG: Final = (("5", "6", "it is 5", "7"), ("A", "this", "A)"), ("halt", "Halt!", "end"))
"""Wrong answers to each step."""


@dataclass
class Seat:
    """One conversation. ``clock`` is in ms, and moves by what `act` is given."""

    key: int
    account: str
    groups: frozenset[str]
    clock: int = 1_000_000
    entries: list[Entry] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    lesson: Lesson = LESSON

    def __post_init__(self) -> None:
        self.began = self.clock
        self.held: tuple[str, str] | None = None
        """The action whose answer waits for a person, and the message."""
        self.restart()
        self._say("tutor", "Welcome.", {})

    @property
    def listed(self) -> Listed:
        return Listed(self.key, self.account, f"s{self.key}", self.groups, self.began, self.clock)

    @property
    def head(self) -> Head:
        return Head(self.key, "e", len(self.entries), dict(self.state), len(self.entries))

    @property
    def is_done(self) -> bool:
        return self.state["done"] is True

    def copy(self) -> Seat:
        """The conversation as it is now."""
        seat = copy.copy(self)
        seat.entries = list(self.entries)
        seat.state = {k: list(v) if isinstance(v, list) else v for k, v in self.state.items()}
        return seat

    def restart(self) -> None:
        """Begin the lesson anew."""
        self.state = {"lesson": self.lesson.name, "solved": [], "missed": []}
        self._ask(1)

    def act(
        self,
        action: Literal["right", "wrong", "skip", "talk", "fail", "restart"],
        text: str = "…",
        *,
        error: str = "",
        ms: int = 1_000,
        held: bool = False,
    ) -> None:
        """The learner writes a message, and gets its answer; a held one with `release`."""
        context = {"error": {"name": error, "message": "", "traceback": ""}} if error else {}
        asked = self._say("learner", text, {}, context=context)
        self.clock += ms
        if held:
            self.held = action, asked
        else:
            self._answer(action, asked)

    def release(self) -> None:
        """The answer that waits goes out now."""
        assert self.held is not None
        (action, asked), self.held = self.held, None
        self._answer(action, asked)

    def _answer(self, action: str, asked: str) -> None:
        record = self._record(action)
        status: Literal["complete", "failed"] = "complete"
        if action == "fail":
            record, status = {}, "failed"
        elif action in ("right", "skip"):
            passed = self.state["solved" if action == "right" else "missed"]
            passed.append(self.state["question"])
            self._ask(self.state["step"] + 1)
        elif action == "wrong":
            self.state["attempts"] += 1
            self.state["hints"] = min(self.state["hints"] + 1, 2)
        elif action == "restart":
            self.restart()
        self._say("tutor", "…", record, re=asked, status=status)

    def _record(self, action: str) -> dict[str, Any]:
        place = {key: self.state[key] for key in ("lesson", "step", "question", "hints")}
        place["attempts"] = self.state["attempts"]
        if action in ("right", "wrong"):
            return place | {"kind": "answer", "right": action == "right"}
        return place | ({"kind": "talk"} if action == "talk" else _command(action))

    def _ask(self, number: int) -> None:
        of = len(self.lesson.steps)
        is_done = number > of
        step = min(number, of)
        self.state |= {"step": step, "of": of, "question": self.lesson.digests[step - 1]}
        self.state |= {"attempts": 0, "hints": 0, "done": is_done}

    def _say(
        self,
        role: Literal["learner", "tutor"],
        text: str,
        record: dict[str, Any],
        *,
        context: dict[str, Any] | None = None,
        re: str | None = None,
        status: Literal["complete", "failed"] = "complete",
    ) -> str:
        seq = len(self.entries) + 1
        id_ = f"m{seq}"
        event = Event(seq, id_, role, text, self.clock, status, re)
        self.entries.append(Entry(event, context or {}, record))
        return id_


def _command(name: str) -> dict[str, Any]:
    return {"kind": "command", "command": name}
