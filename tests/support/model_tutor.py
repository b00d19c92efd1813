"""A tutor with a model behind a scripted endpoint, asked without a server; and a lesson for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tests.support.servers.endpoint import Script, ScriptedEndpoint
from tutor_widget.server import Turn
from tutor_widget.server.store import Spent
from tutor_widget.server.tutors.course import Course
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.model import OpenAITutor

QUICK: Final[dict[str, Any]] = {"first_token_timeout": 1.0, "token_timeout": 1.0}
Asked = tuple[OpenAITutor, ScriptedEndpoint]
LESSON: Final = """
title = "Loops"

[glossary]
body = "The lines that a loop repeats."

[[steps]]
question = "Which keyword leaves a loop at once?"
answers = ["break"]
hints = ["It is an English word for a fracture.", "It begins with a b."]
explanation = "break ends the innermost loop."
mistakes = [{ answers = ["continue"], say = "That one goes on with the next turn." }]
also = "Inside of a loop, what do you write to get out?"

[[steps]]
question = "What does `len('abc')` give?"
number = 3
hints = ["Count the letters."]
explanation = "It counts characters."
unassisted = true
"""


def lesson_file(folder: Path) -> Path:
    """The file of a lesson: a question for a keyword, then a check for a number."""
    path = folder / "loops.toml"
    path.write_text(LESSON, encoding="utf-8")
    return path


def tutor_on(
    url: str, lessons: Path | None = None, course: Course | None = None, **options: Any
) -> OpenAITutor:
    """A tutor that has not started, with an endpoint's URL. ``lessons``: a lesson's file."""
    engine = LessonTutor(lessons, course=course, has_voice=True) if lessons else None
    return OpenAITutor(engine, course, **{"model": "m", "url": url, **QUICK, **options})


@asynccontextmanager
async def model_tutor(*scripts: Script, **options: Any) -> AsyncIterator[Asked]:
    """A tutor that has started, and its endpoint, which follows the scripts. See `tutor_on`."""
    async with ScriptedEndpoint(*scripts) as endpoint:
        tutor = tutor_on(endpoint.url, **options)
        await tutor.start()
        try:
            yield tutor, endpoint
        finally:
            await tutor.close()


async def asked(endpoint: ScriptedEndpoint, times: int) -> None:
    """Wait until the endpoint was asked so often."""
    await endpoint.until(lambda: len(endpoint.requests) == times)


class Pupil:
    """Talks with a tutor as a session does: with a state, and the tokens that were used."""

    def __init__(self, tutor: OpenAITutor, lang: str = "en", groups: tuple[str, ...] = ()) -> None:
        self.state: dict[str, Any] = {}
        self.spent = 0
        self.has_report = False
        """Whether a report of the conversation is open."""
        self.turn = Turn("")
        """The last one."""
        self.heard = ""
        """What came of the reply to it."""
        self._tutor = tutor
        self._lang = lang
        self._groups = frozenset(groups)

    async def begin(self) -> str:
        """Open the conversation; returns the greeting."""
        return await self._tutor.greeting(self.state, self._lang)

    async def says(self, text: str, **context: Mapping[str, str] | str) -> str:
        """The reply. If that raises, the state stays as it was."""
        async for _ in self.asks(text, **context):
            pass
        return self.heard

    async def asks(self, text: str, **context: Mapping[str, str] | str) -> AsyncIterator[str]:
        """The reply in pieces."""
        self.turn = turn = Turn(
            text, context, {**self.state}, lang=self._lang, load_spent=self._load_spent,
            load_reported=self._load_reported, account="pseudonym",
        )  # fmt: skip
        self.heard = ""
        try:
            async for piece in self._tutor.reply(turn):
                self.heard += piece
                yield piece
            self.state = turn.state
        finally:
            self.spent += turn.prompt_tokens + turn.completion_tokens

    async def _load_reported(self) -> bool:
        return self.has_report

    async def _load_spent(self) -> Spent:
        return Spent(self.spent, self._groups)
