"""The lesson tutor: asks questions, judges answers, gives hints. No network and no AI.

reading, judge, numbers, normal   what a message is, and whether an answer is right
code                              answers that are code
teaching                          what is replied, and what becomes of the learner's place
errors                            Python's errors in plain words
steps                             lessons and their steps
catalogue                         the lessons, from files that may change
closed                            what is said in the closed hours of a course
phrases                           what the tutor says and understands, in each language
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tutor_widget.server.tutors import Turn
from tutor_widget.server.tutors.course import Course
from tutor_widget.server.tutors.pace import at_pace
from tutor_widget.server.tutors.watched import Watched
from tutor_widget.server.tutors.watched_course import watch_course

from .catalogue import BUILT_IN, Lesson, load_lessons
from .closed import closed_sentence
from .errors import Entry, built_in, explain, load_entries
from .phrases import Phrases, language_of, phrases_in, vocabulary
from .teaching import Message, Said, Teaching

__all__ = ["LessonTutor"]

_Explaining = Callable[..., str]
"""Explains an error by its name, its message and, if it is known, its traceback. Or ""."""


class LessonTutor:
    """Teaches the lessons of a folder, by default the built-in ones, and explains errors.

    ``errors`` is a file of explanations, which take precedence over the built-in ones. ``pace`` is
    in characters a second; 0: all at once. Raises BadSetting for a mistake in a lesson or an
    explanation; its text names file, step or entry, and key. Changed files take effect with the
    next message (`watched`). ``course`` is the course's file (`watch_course`), or a course; in its
    closed hours every message is answered with a sentence, and changes nothing. ``now`` returns
    the time (aware). With ``has_voice`` it is the engine behind a model, and introduces itself so.
    """

    def __init__(
        self,
        lessons: Path | str | None = None,
        pace: float = 0,
        errors: Path | str | None = None,
        course: Path | str | Course | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        has_voice: bool = False,
    ) -> None:
        def load() -> tuple[dict[str, Lesson], tuple[Entry, ...]]:
            own = load_entries(Path(errors)) if errors else ()
            return load_lessons(Path(lessons or BUILT_IN)), own

        places = [Path(place) for place in (lessons, errors) if place]
        self._files = Watched(load, places, "lessons")
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self.course = watch_course(course, lessons)
        """The course, read anew when its file changes."""
        self._now = now
        self._pace = pace
        self._has_voice = has_voice
        vocabulary()  # reads its files now: no reply waits for a disk

    async def greeting(self, state: dict[str, Any], lang: str | None = None) -> str:
        """Introduces itself and asks the first question of the first lesson."""
        course = await self.course.current()
        if closed := closed_sentence(course, self._now(), lang):
            return closed
        lang = lang or course.language or None
        lessons, explaining = await self._materials(lang)
        return Teaching(lessons, state, {}, lang, explaining, has_voice=self._has_voice).greet()

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        """Explains what is attached, judges the answer, or obeys the command."""
        course = await self.course.current()
        if closed := closed_sentence(course, self._now(), turn.lang):
            turn.record["kind"] = "closed"
            yield closed
            return
        said, _ = await self.teach(turn, turn.lang or course.language or None)
        async for piece in at_pace(said.text, self._pace):
            yield piece

    async def teach(self, turn: Turn, lang: str | None) -> tuple[Said, Teaching]:
        """What is said to a message, in parts; the state has changed. For a tutor with a voice.

        It does not look at the course's hours.
        """
        lessons, explaining = await self._materials(lang)
        teaching = Teaching(
            lessons, turn.state, turn.record, lang, explaining, has_voice=self._has_voice
        )
        message = Message(
            turn.message,
            _about(turn.context, explaining, phrases_in(lang)),
            "error" in turn.context,
            turn.rev,
            turn.state_rev,
        )
        return teaching.reply(message), teaching

    async def _materials(self, lang: str | None) -> tuple[dict[str, Lesson], _Explaining]:
        """The lessons, and what explains an error in this language."""
        lessons, own = await self._files.current()
        language = language_of(lang)
        if language not in self._entries:  # its file is read now, on another thread
            self._entries[language] = await asyncio.to_thread(built_in, language)
        return lessons, partial(_explained, (*own, *self._entries[language]), lang)


def _about(context: Mapping[str, Any], explaining: _Explaining, phrases: Phrases) -> str:
    """What is said to what the learner attached, or "" if nothing is attached."""
    if error := context.get("error"):
        name = error["name"]
        known = explaining(name, error["message"], error.get("traceback") or "")
        return known or phrases.say("unknown_error", name=name)
    return phrases.say("cell") if context.get("cell") else ""


def _explained(
    entries: Iterable[Entry], lang: str | None, name: str, message: str, traceback: str = ""
) -> str:
    known = explain(entries, name, message, traceback, lang)
    return f"### {name}\n\n{known}" if known else ""
