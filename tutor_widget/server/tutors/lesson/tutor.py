"""The lesson tutor: asks questions, judges answers, gives hints. No network and no AI.

reading, judge, numbers, normal   what a message is, and whether an answer is right
code                              answers that are code
teaching                          what is replied, and what becomes of the learner's place
errors                            Python's errors in plain words
steps                             lessons and their steps
catalogue, tables, watched        the lessons, from files that may change
phrases                           what the tutor says and understands, in each language
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tutor_widget.server.tutors import Turn
from tutor_widget.server.tutors.pace import at_pace

from .catalogue import BUILT_IN, Lesson, load_lessons
from .errors import Entry, built_in, explain, load_entries
from .phrases import Phrases, language_of, phrases_in, vocabulary
from .teaching import Message, Teaching
from .watched import Watched

__all__ = ["LessonTutor"]

_Explaining = Callable[..., str]
"""Explains an error by its name, its message and, if it is known, its traceback. Or ""."""


class LessonTutor:
    """Teaches the lessons of a folder, by default the built-in ones, and explains errors.

    ``errors`` is a file of explanations, which take precedence over the built-in ones. ``pace`` is
    in characters a second; 0: all at once. Raises BadSetting for a mistake in a lesson or an
    explanation; its text names file, step or entry, and key. Changed files take effect with the
    next message (`watched`).
    """

    def __init__(
        self,
        lessons: Path | str | None = None,
        pace: float = 0,
        errors: Path | str | None = None,
    ) -> None:
        def load() -> tuple[dict[str, Lesson], tuple[Entry, ...]]:
            own = load_entries(Path(errors)) if errors else ()
            return load_lessons(Path(lessons or BUILT_IN)), own

        self._files = Watched(load, [Path(place) for place in (lessons, errors) if place])
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._pace = pace
        vocabulary()  # reads its files now: no reply waits for a disk

    async def greeting(self, state: dict[str, Any], lang: str | None = None) -> str:
        """Introduces itself and asks the first question of the first lesson."""
        lessons, explaining = await self._materials(lang)
        return Teaching(lessons, state, {}, lang, explaining).greet()

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        """Explains what is attached, judges the answer, or obeys the command."""
        lessons, explaining = await self._materials(turn.lang)
        teaching = Teaching(lessons, turn.state, turn.record, turn.lang, explaining)
        message = Message(
            turn.message,
            _about(turn.context, explaining, phrases_in(turn.lang)),
            "error" in turn.context,
            turn.rev,
            turn.state_rev,
        )
        async for piece in at_pace(teaching.reply(message), self._pace):
            yield piece

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
    if cell := context.get("cell"):
        return phrases.say("cell", lines=len(cell.splitlines()))
    return ""


def _explained(
    entries: Iterable[Entry], lang: str | None, name: str, message: str, traceback: str = ""
) -> str:
    known = explain(entries, name, message, traceback, lang)
    return f"### {name}\n\n{known}" if known else ""
