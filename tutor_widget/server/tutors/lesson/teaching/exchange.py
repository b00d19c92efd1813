"""A message and the reply to it, in the making: what both need, and what any reply may do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..blocks import joined
from ..reading import Subject
from ..steps import Lesson, Step
from .kept import MOST
from .learner import Learner
from .place import Place
from .said import Said
from .speech import Speech

__all__ = ["Exchange", "Message", "digest"]


@dataclass(frozen=True, slots=True)
class Message:
    """A learner's message: its text, what was attached, and the state that its author saw.

    ``about`` explains the attached error or cell, "" if nothing is attached. ``rev`` and
    ``state_rev``: see `Turn`.
    """

    text: str
    about: str = ""
    has_error: bool = False
    rev: int | None = None
    state_rev: int = 0

    def is_before(self, revision: int) -> bool:
        """Whether its author had not seen this revision. Unknown: it counts as seen."""
        return self.rev is not None and self.rev < revision


@dataclass(slots=True)
class Exchange:
    """``record`` is noted with the answer; ``explain`` explains an error by name and message,
    and has "" for one that is not known."""

    message: Message
    lessons: Mapping[str, Lesson]
    learner: Learner
    record: dict[str, Any]
    speech: Speech
    explain: Callable[[str, str], str]

    @property
    def place(self) -> Place:
        """The learner's place. There is none before the first lesson."""
        assert self.learner.place is not None
        return self.learner.place

    @property
    def step(self) -> Step:
        """The step, in the learner's language."""
        return self.speech.step(self.place)

    @property
    def next_rev(self) -> int:
        """The revision of the state with which the reply will be shown."""
        return self.message.state_rev + 1

    def say(self, key: str, **values: object) -> str:
        return self.speech.say(key, **values)

    def chat(self, subject: Subject) -> str:
        """A friendly line to small talk."""
        turn = self.learner.chats
        self.learner.chats = (turn + 1) % MOST
        return self.speech.chat(subject, turn)

    def note(self, kind: str, **more: object) -> None:
        """Note what the message is taken for. Called before the place changes."""
        place = self.place
        self.record.update(
            lesson=place.lesson.name,
            step=place.number,
            question=place.digest,
            concept=place.step.concept,
            kind=kind,
            hints=place.hints,
            attempts=place.attempts,
            unassisted=place.step.unassisted,
            **more,
        )

    def is_said_again(self, what: str) -> bool:
        """Whether it was written before the reply to the same was shown. If not: it is said now."""
        acted = self.learner.acted
        if self.message.is_before(acted.get(what, 0)):
            return True
        acted[what] = self.next_rev
        return False

    def next_step(self) -> str:
        """The step that is asked now, or the end."""
        place = self.place
        return self.speech.end(place) if place.done else self.speech.question(place)

    def next_lesson(self) -> Lesson:
        """The first lesson that the learner has not finished."""
        lessons = list(self.lessons.values())
        return next((one for one in lessons if not self.learner.is_done(one)), lessons[0])

    def contents(self) -> str:
        """The list of lessons. The next message may choose one."""
        self.learner.listed = self.next_rev
        return self.speech.contents(self.lessons.values())

    def begin(self, lesson: Lesson) -> str:
        """Open a lesson, at the place where the learner left it."""
        place = self.learner.open(lesson)
        question = self.changed() if place.is_lost else self.speech.question(place)
        return joined(self.speech.title(lesson), question)

    def changed(self) -> str:
        """The question that was asked is gone."""
        key = "no_step" if self.place.done else "changed"
        return joined(self.say(key), self.next_step())

    def different(self, said: Said) -> Said:
        """The reply, in other words than the last one."""
        text = said.text
        if digest(text) == self.learner.said:
            said = replace(said, again=self.say("once_more"))
            text = said.text
        self.learner.said = digest(text)
        return said


def digest(text: str) -> str:
    """A short one, to see whether a text comes again."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]
