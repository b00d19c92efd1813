"""Lessons for tests, and a learner who talks to their tutor."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from tutor_widget.server.tutors.lesson.steps import Lesson, Step
from tutor_widget.server.tutors.lesson.teaching import Message, Said, Teaching

LESSON: Final = """\
title = "Small"
[[steps]]
question = "One?"
answers = ["yes"]
hints = ["first hint", "second hint"]
explanation = "Because."
[[steps]]
question = "Two?"
choices = ["red", "blue"]
correct = "B"
hints = ["not red"]
explanation = "Blue it is."
"""
NEWEST: Final = -1


def lesson_of(*answers: str, name: str = "animals", title: str = "Animals", **more: Any) -> Lesson:
    """A lesson with a step for each answer, which has two hints, and what ``more`` says."""
    plain = Step("", ("first hint", "second hint"), "", **more)
    steps = [
        replace(
            plain, question=f"Say {answer}!", explanation=f"So {answer} it is.", answers=(answer,)
        )
        for answer in answers
    ]
    return Lesson(name, title, "", tuple(steps))


class Pupil:
    """Talks to the tutor of these lessons. What a reply leaves is stored as JSON.

    ``lessons`` may change between messages. ``rev`` is the revision of the state, as at a server.
    """

    def __init__(
        self,
        *lessons: Lesson,
        state: dict[str, Any] | None = None,
        lang: str = "en",
        has_voice: bool = False,
    ) -> None:
        self.lang = lang
        self.has_voice = has_voice
        self.rev = 1
        self.knows_errors = True
        self.state: dict[str, Any] = {} if state is None else state
        self.record: dict[str, Any] = {}
        self.said = Said()
        """The last reply in parts."""
        self.change(*lessons)
        if state is None:
            self._teaching().greet()

    def change(self, *lessons: Lesson) -> None:
        """The teacher's folder holds these lessons now."""
        self.lessons = {lesson.name: lesson for lesson in lessons}

    def says(self, text: str, *, seen: int | None = NEWEST, about: str = "") -> str:
        """The reply. ``seen`` is the revision that the pupil saw, or None if it is not told."""
        rev = self.rev if seen == NEWEST else seen
        self.record = {}
        message = Message(text, about, bool(about), rev, self.rev)
        self.said = self._teaching().reply(message)
        self.rev += 1
        return self.said.text

    def speak(self) -> None:
        """Let a model speak in place of the engine in the last reply."""
        self._teaching().voiced()

    def _teaching(self) -> Teaching:
        self.state = json.loads(json.dumps(self.state))
        return Teaching(
            self.lessons,
            self.state,
            self.record,
            self.lang,
            self._explained,
            has_voice=self.has_voice,
        )

    def _explained(self, *_: str) -> str:
        return "explained" if self.knows_errors else ""
